import { startEmbeddedStore, connectStore, migrate } from '../../store/index.ts';
import { TABLES } from '../../store/tables.ts';
import { randomUUID } from 'node:crypto';
import { createRandom } from '../support/samples.ts';
import { writeFileSync } from 'node:fs';
const emb = await startEmbeddedStore({ dataDir: '/tmp/pl-sql' });
try {
const store = connectStore(emb);
await migrate(store);
const ids: any = {};
const random = createRandom();
const gauss = () => random() + random() + random() + random() + random() + random() - 3;
for (const [name, reps] of [['golden', 5], ['cand', 3], ['many', 50]] as const) {
  const runId = randomUUID(); ids[name] = runId;
  const payloads: string[] = [];
  for (let rep = 1; rep <= reps; rep++) {
    const payloadId = randomUUID(); payloads.push(payloadId);
    const common = { run_id: runId, payload_id: payloadId, received_at: Date.now() };
    const sid = (s: number) => `61f0c404-5cb3-11e7-907b-${String(s).padStart(12, '0')}`;
    const rows = Array.from({ length: 200 }, (_, s) => { const level = 10000 * Math.exp(0.003 * gauss());
      return { ...common, series_id: sid(s), repetition: rep, ordinal: s + 1, line: 1, quality: [], at_ns: [], paths: [], inputs: [], sample_values: Array.from({ length: 1000 }, () => Math.round(level * Math.exp(0.05 * gauss()) * 10) / 10) }; });
    await store.append('samples', rows as any);
    await store.append('series', Array.from({ length: 200 }, (_, s) => ({ ...common, series_id: sid(s), region: `kernel-${s}`, metric: 'latency', native_metric: 'latency', unit: 'ns', better: 'lower', assume: 'sampled', judged_as: 'center', value_kind: 'samples', labels: {}, attributes: {} })) as any);
  }
  await store.append('seals', [{ run_id: runId, seal_id: randomUUID(), project: 'p', suite: 's', sealed_at: Date.now(), sealed_by: 'x', receipt_ids: payloads, payload_ids: payloads, digest: 'd' }]);
}
writeFileSync('/tmp/pl-sql-ids.json', JSON.stringify(ids));
await store.close();
} finally { await emb.stop(); }
