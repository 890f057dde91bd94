import assert from 'node:assert/strict';
import { callService, makeLatencyCsv, openRunBody } from './service.ts';

/** Drives runs against a service that may die at any moment: every request is repeated until it is answered. */
export type Driver = { readonly url: () => string; readonly token: () => string };

export type PushedRun = { readonly runId: string; readonly receipts: readonly string[]; readonly attempts: number };

const REGIONS = ['offload/submit', 'offload/copy', 'offload/kernel', 'host/checksum'];
const COUNT = 250;

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

const isRetryable = (status: number) => status === 429 || status >= 500;

/** Repeats a request until it is answered with something that is not worth repeating. */
export async function callUntilAnswered(driver: Driver, method: string, path: string, options: Parameters<typeof callService>[4] = {}) {
  for (let attempt = 1; attempt <= 600; attempt += 1) {
    try {
      const answer = await callService(driver.url(), driver.token(), method, path, options);
      if (!isRetryable(answer.status)) return { answer, attempt };
    } catch {
      // The connection broke: nobody knows whether it counted, so the same request goes out again.
    }
    await sleep(50);
  }
  throw new Error(`${method} ${path} was never answered`);
}

/** The bodies of a run: for each repetition four payloads, so that concurrent ones share inserts. */
export function makeBodies(
  seed: number,
  changes: { readonly tail?: Readonly<Record<string, number>> } = {},
): readonly { readonly query: string; readonly body: string; readonly values: number }[] {
  return [1, 2, 3].flatMap((repetition) =>
    REGIONS.flatMap((region, index) =>
      [1, 2].map((part) => ({
        query: `format=csv&repetition=${repetition}&sequence=${part}`,
        values: COUNT,
        body: makeLatencyCsv({ seed: seed * 1000 + repetition * 100 + index * 10 + part, count: COUNT, regions: [region], ...changes }),
      })),
    ),
  );
}

/** Opens a run and pushes bodies, four at a time; `between` runs after each acknowledgement. */
export async function pushRun(
  driver: Driver,
  bodies: ReturnType<typeof makeBodies>,
  changes: Parameters<typeof openRunBody>[0],
  pauseMs = 0,
): Promise<PushedRun> {
  const key = `run-${Math.random()}`;
  const opened = await callUntilAnswered(driver, 'POST', '/v1/runs', { json: openRunBody(changes), headers: { 'idempotency-key': key } });
  assert.equal(opened.answer.status, 201, opened.answer.text);
  const { runId } = opened.answer.body;
  const receipts: string[] = [];
  let attempts = 0;
  const queue = [...bodies];
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { answer, attempt } = await callUntilAnswered(driver, 'POST', `/v1/runs/${runId}/samples?${next.query}`, { body: next.body });
        assert.ok(answer.status === 201 || answer.status === 200, answer.text);
        receipts.push(answer.body.receiptId);
        attempts += attempt;
        if (pauseMs > 0) await sleep(pauseMs);
      }
    }),
  );
  return { runId, receipts, attempts };
}

/** Seals and returns the verdict, asking again while it is being judged. */
export async function sealRun(driver: Driver, run: PushedRun): Promise<any> {
  for (let poll = 0; poll < 100; poll += 1) {
    const { answer } = await callUntilAnswered(driver, 'POST', `/v1/runs/${run.runId}/seal?wait=20s`, { json: { receipts: run.receipts } });
    if (answer.status === 200) return answer.body;
    assert.equal(answer.status, 202, answer.text);
    await sleep(200);
  }
  throw new Error('never judged');
}

/** Three golden nights, proposed and approved by the admin. */
export async function makeBaseline(driver: Driver): Promise<void> {
  const runIds: string[] = [];
  for (const night of [1, 2, 3]) {
    const run = await pushRun(driver, makeBodies(night), { version: '1.0.0' });
    await sealRun(driver, run);
    runIds.push(run.runId);
  }
  const json = { project: 'accelerators', suite: 'offload-bench', name: 'golden', runIds, reason: 'clean nights' };
  const proposed = await callUntilAnswered(driver, 'POST', '/v1/baselines', { json });
  assert.equal(proposed.answer.status, 201, proposed.answer.text);
  const approved = await callUntilAnswered(driver, 'POST', `/v1/baselines/${proposed.answer.body.baselineId}/approve`, {
    json: { reason: 'ok' },
  });
  assert.equal(approved.answer.status, 200, approved.answer.text);
}

/** Every acknowledged payload once, nothing twice: the stored values per series are exactly those sent. */
export async function assertExactlyOnce(driver: Driver, run: PushedRun, bodies: ReturnType<typeof makeBodies>): Promise<void> {
  assert.equal(new Set(run.receipts).size, bodies.length, 'as many receipts as payloads');
  const { answer } = await callUntilAnswered(driver, 'GET', `/v1/runs/${run.runId}/series`);
  const sent = new Map<string, number[]>();
  for (const { body } of bodies) {
    for (const line of body.trim().split('\n').slice(1)) {
      const [region = '', , , value = ''] = line.split(',');
      sent.set(region, [...(sent.get(region) ?? []), Number(value)]);
    }
  }
  assert.equal(answer.body.data.length, sent.size);
  for (const series of answer.body.data) {
    const values = await callUntilAnswered(driver, 'GET', `/v1/runs/${run.runId}/series/${series.seriesId}/values`);
    const stored = values.answer.text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[2]));
    const expected = sent.get(series.region) ?? [];
    assert.deepEqual(
      stored.toSorted((a, b) => a - b),
      expected.toSorted((a, b) => a - b),
      series.region,
    );
  }
}

/** What must be equal between the verdicts of two runs with the same content. */
export function stripVerdict(verdict: any): unknown {
  const { id, computedAt, reportUrl, attribution, ...rest } = verdict;
  return JSON.parse(JSON.stringify(rest).replaceAll(verdict.runId, 'this run'));
}
