import { startEmbeddedStore, connectStore, readMeasurements } from '../../store/index.ts';
import { readFileSync } from 'node:fs';
const ids = JSON.parse(readFileSync('/tmp/pl-sql-ids.json', 'utf8'));
const emb = await startEmbeddedStore({ dataDir: '/tmp/pl-sql' });
try {
const inner = connectStore(emb);
const log: string[] = [];
const store = { ...inner, query: async (sql: string, p: any) => { const t = performance.now(); const r = await (serial = serial.then(() => 0), inner.query<any>(sql, p)); log.push(`${(performance.now() - t).toFixed(0)} ms ${sql.slice(0, 50).replace(/\s+/g, ' ')} ${sql.length}`); return r; } } as any;
let serial: Promise<any> = Promise.resolve();
for (const which of ['cand', 'golden', 'many']) {
  for (let i = 0; i < 3; i++) { log.length = 0; const t = performance.now(); const m = await readMeasurements(store, [ids[which]]); console.log(which, (performance.now() - t).toFixed(0), m.length, m[0]?.samples.length); }
  console.log(log.join('\n'));
}
for (let i = 0; i < 3; i++) { const t = performance.now(); await inner.query('SELECT sum(arraySum(sample_values)) AS t FROM samples WHERE run_id={r:UUID}', { r: ids.many }); console.log('scan', (performance.now() - t).toFixed(0)); }
await inner.close();
} finally { await emb.stop(); }
