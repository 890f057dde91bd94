import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sealRun } from '../../ingest/index.ts';
import type { Service } from '../../service/index.ts';
import { computeVerdict, createJudge } from '../../service/judge.ts';
import { createMetrics } from '../../service/metrics.ts';
import {
  appendSealIntent,
  connectStore,
  openAuditTrail,
  readRun,
  readSeal,
  readVerdict,
  type Store,
  type StoredRun,
} from '../../store/index.ts';
import type { Verdict } from '../../wire/verdict.ts';
import { useEmbeddedStore, withTemporaryFolder } from '../support/embedded-store.ts';
import { callService, makeLatencyCsv, openRunBody } from '../support/service.ts';
import { buildTestServices } from '../support/side-by-side.ts';

const embedded = useEmbeddedStore();
let store: Store;

const sleep = async (ms: number) => {
  await delay(ms);
};
const sealPorts = () => ({ store, nowMs: Date.now, newId: randomUUID, sleep });

/** Runs a body with a service on the store of this file, and stops it as soon as the body ends. */
async function withService<Result>(body: (service: Service) => Promise<Result>): Promise<Result> {
  return await withTemporaryFolder(async (folder) => {
    const service = await buildTestServices(join(folder, 'data'), embedded.store());
    try {
      return await body(service);
    } finally {
      await service.stop();
    }
  });
}

async function pushRun(
  service: Service,
  seed: number,
  changes: Parameters<typeof openRunBody>[0] & { readonly tail?: number } = {},
): Promise<string> {
  const call = (path: string, options: Parameters<typeof callService>[4]) =>
    callService(service.url, service.adminToken, 'POST', path, options);
  const { tail = 1, ...open } = changes;
  const opened = await call('/v1/runs', { json: openRunBody(open) });
  assert.equal(opened.status, 201, opened.text);
  for (const repetition of [1, 2, 3]) {
    const body = makeLatencyCsv({ seed: seed * 10 + repetition, count: 300, regions: ['copy', 'kernel'], tail: { copy: tail } });
    const pushed = await call(`/v1/runs/${opened.body.runId}/samples?format=csv&repetition=${repetition}`, { body });
    assert.equal(pushed.status, 201, pushed.text);
  }
  return opened.body.runId;
}

async function requireRun(runId: string): Promise<StoredRun> {
  const run = await readRun(store, runId);
  assert.ok(run);
  return run;
}

/** The verdict of a run once a sweep has given it; a service sweeps as soon as it starts. */
async function awaitVerdict(runId: string): Promise<Verdict> {
  for (const startedAtMs = Date.now(); Date.now() - startedAtMs < 8_000; ) {
    const verdict = await readVerdict(store, runId);
    if (verdict !== undefined) return verdict;
    await delay(50);
  }
  throw new assert.AssertionError({ message: `run ${runId} was not judged` });
}

const createJudgePorts = (changes: { readonly nowMs?: () => number; readonly url?: string } = {}) => {
  const nowMs = changes.nowMs ?? Date.now;
  const audit = openAuditTrail(store, { writerId: randomUUID(), nowMs });
  return { store, audit, nowMs, newId: () => randomUUID(), metrics: createMetrics(), publicUrl: () => changes.url ?? 'http://localhost' };
};

/** A verdict without what may differ when it is judged again. */
function toText(verdict: Verdict): string {
  const { id: _id, computedAt: _computedAt, reportUrl: _reportUrl, ...rest } = verdict;
  return JSON.stringify(rest);
}

describe('what a dead process left half-done', () => {
  let slowRunId = '';

  before(async () => {
    store = connectStore(embedded.store());
    await withService(async (service) => {
      const call = (path: string, json: object) => callService(service.url, service.adminToken, 'POST', path, { json });
      const runIds: string[] = [];
      for (const night of [1, 2, 3]) {
        const runId = await pushRun(service, night, { version: '1.0.0' });
        assert.equal((await call(`/v1/runs/${runId}/seal?wait=60s`, {})).status, 200);
        runIds.push(runId);
      }
      const proposal = { project: 'accelerators', suite: 'offload-bench', name: 'golden', runIds, reason: 'clean nights' };
      const proposed = await call('/v1/baselines', proposal);
      assert.equal(proposed.status, 201, proposed.text);
      assert.equal((await call(`/v1/baselines/${proposed.body.baselineId}/approve`, { reason: 'ok' })).status, 200);
      slowRunId = await pushRun(service, 4, { version: '2.0.0', tail: 2 });
    });
  });
  after(() => store.close());

  test('a run that was sealed and not judged gets its verdict from a service that starts later', async () => {
    await sealRun(sealPorts(), await requireRun(slowRunId), [], 'a judge that died');
    assert.equal((await requireRun(slowRunId)).state, 'sealed');
    const verdict = await withService(async (service) => {
      const found = await awaitVerdict(slowRunId);
      const { body } = await callService(service.url, service.adminToken, 'GET', `/v1/runs/${slowRunId}/verdict`);
      assert.deepEqual(body, found);
      return found;
    });
    assert.equal(verdict.status, 'regression', JSON.stringify(verdict.reasons));
    assert.ok(verdict.baseline);
    assert.equal((await requireRun(slowRunId)).state, 'judged');
  });

  test('a verdict judged again from the same data is equal byte for byte but for id, computedAt and reportUrl', async () => {
    const stored = await readVerdict(store, slowRunId);
    assert.ok(stored);
    assert.ok(stored.findings.length > 4);
    const run = await requireRun(slowRunId);
    const later = createJudgePorts({ nowMs: () => Date.now() + 3_600_000, url: 'https://elsewhere.example' });
    const again = [await computeVerdict(createJudgePorts(), run), await computeVerdict(later, run)];
    // The first reading of the data after ClickHouse has merged its parts must not differ either.
    for (const table of ['series', 'samples']) await store.command(`OPTIMIZE TABLE ${table} FINAL`);
    again.push(await computeVerdict(createJudgePorts(), run));
    for (const verdict of again) {
      assert.equal(toText(verdict), toText(stored));
      assert.notEqual(verdict.id, stored.id);
    }
    assert.equal(again[1]?.reportUrl, `https://elsewhere.example/v1/runs/${slowRunId}/report`);
  });

  test('a verdict is judged again on its own grounds after another baseline and another policy took over', async () => {
    const stored = await readVerdict(store, slowRunId);
    assert.ok(stored?.baseline);
    await withService(async (service) => {
      const call = (method: string, path: string, json?: unknown, body?: string) =>
        callService(service.url, service.adminToken, method, path, {
          ...(json === undefined ? {} : { json }),
          ...(body === undefined ? {} : { body }),
        });
      const run = await requireRun(slowRunId);
      const proposal = { project: run.project, suite: run.suite, name: 'slow', runIds: [slowRunId], reason: 'test' };
      const proposed = await call('POST', '/v1/baselines', proposal);
      const overrides = [{ runId: slowRunId, reason: 'test' }];
      const approved = await call('POST', `/v1/baselines/${proposed.body.baselineId}/approve`, { reason: 'test', overrides });
      assert.equal(approved.status, 200, approved.text);
      const policy = 'version: 1\ntolerances:\n  - { metric: latency, drift: 0.9, regression: 1.8 }\n';
      assert.equal((await call('PUT', `/v1/gates/${run.project}/default`, undefined, policy)).status, 200);
    });
    const run = await requireRun(slowRunId);
    assert.notEqual(toText(await computeVerdict(createJudgePorts(), run)), toText(stored), 'today it would be another verdict');
    assert.equal(toText(await computeVerdict(createJudgePorts(), run, stored)), toText(stored));
  });

  test('a verdict that was given on history is judged again on that history, though more nights followed and one of them was withdrawn', async () => {
    const [earlier, run, later] = await withService(async (service) => {
      const call = (path: string, json: object) => callService(service.url, service.adminToken, 'POST', path, { json });
      const runIds: string[] = [];
      for (const night of [61, 62, 63]) {
        const runId = await pushRun(service, night, { version: `2.${night}` });
        assert.equal((await call(`/v1/runs/${runId}/seal?wait=60s`, {})).status, 200);
        runIds.push(runId);
      }
      const [withdrawn = ''] = runIds;
      assert.equal((await call(`/v1/runs/${withdrawn}/withdraw`, { reason: 'wrong board' })).status, 200);
      return runIds;
    });
    const stored = await readVerdict(store, run ?? '');
    assert.ok(stored && earlier !== undefined && later !== undefined);
    assert.ok(stored.references.includes(earlier) && !stored.references.includes(later));
    const judged = await requireRun(stored.runId);
    assert.equal(toText(await computeVerdict(createJudgePorts(), judged, stored)), toText(stored));
    assert.ok(!(await computeVerdict(createJudgePorts(), judged)).references.includes(earlier), 'a withdrawn night is no history today');
  });

  test('ten judges at once, in several processes, give one verdict', async () => {
    const runId = await withService((service) => pushRun(service, 5, { version: '3.0.0' }));
    await sealRun(sealPorts(), await requireRun(runId), [], 'test');
    const judges = Array.from({ length: 5 }, () => createJudge(createJudgePorts()));
    const verdicts = await Promise.all([...judges, ...judges].map((judge) => judge.judge(runId)));
    assert.equal(new Set(verdicts.map((verdict) => verdict.id)).size, 1);
    assert.deepEqual(await readVerdict(store, runId), verdicts[0]);
    await Promise.all(judges.map((judge) => judge.drain()));
  });

  test('a seal that was announced and never written is finished and judged; runs that cannot be do not hold it up', async () => {
    const longAgoMs = Date.now() - 60_000;
    const [whole, broken] = await withService(
      async (service) => [await pushRun(service, 6, { version: '4.0.0' }), await pushRun(service, 7, { version: '5.0.0' })] as const,
    );
    // Rows that ClickHouse lost: this run can never be sealed. And a seal of a run that is gone: it can never be judged.
    await store.command('DELETE FROM samples WHERE run_id = {broken:UUID}', { broken });
    const gone = randomUUID();
    await store.append('seals', [
      {
        run_id: gone,
        seal_id: randomUUID(),
        project: 'p',
        suite: 's',
        sealed_at: longAgoMs,
        sealed_by: '',
        receipt_ids: [],
        payload_ids: [],
        digest: 'sha256:gone',
        environment_generation: 0,
      },
    ]);
    for (const runId of [broken, whole]) await appendSealIntent(store, { run_id: runId, intended_at: longAgoMs, intended_by: 'dead' });
    await withService(async (service) => {
      const verdict = await awaitVerdict(whole);
      assert.equal(verdict.runId, whole);
      const { status, body } = await callService(service.url, service.adminToken, 'GET', `/v1/runs/${broken}`);
      assert.deepEqual([status, body.state], [200, 'sealing']);
      const refused = await callService(service.url, service.adminToken, 'POST', `/v1/runs/${broken}/seal`);
      assert.deepEqual([refused.status, refused.body.type], [409, 'urn:plumbline:problem:run-incomplete']);
    });
    assert.equal((await readSeal(store, whole))?.receiptIds.length, 3);
    assert.equal(await readSeal(store, broken), undefined);
  });
});
