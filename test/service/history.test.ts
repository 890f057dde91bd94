import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLatencyCsv, openRunBody, useService } from '../support/service.ts';

const REGIONS = Array.from({ length: 12 }, (_, index) => `kernel_${index}`);
const nights: string[] = [];
let slow: any;
let lastSlow = '';

const service = useService(async (service) => {
  const golden: string[] = [];
  for (const seed of [1, 2, 3]) golden.push((await measure(seed, '1.0.0')).runId);
  const proposal = { project: 'accelerators', suite: 'offload-bench', name: 'golden', runIds: golden, reason: 'clean nights' };
  const { body } = await service.call('POST', '/v1/baselines', { json: proposal });
  assert.equal((await service.call('POST', `/v1/baselines/${body.baselineId}/approve`, { json: { reason: 'ok' } })).status, 200);
  for (const seed of [11, 12, 13, 14, 15, 16]) nights.push((await measure(seed, `1.0.${seed}`)).runId);
  await measure(20, '1.1.0', { kernel_3: 1.5 });
  slow = await measure(21, '1.1.1', { kernel_3: 1.5 });
  lastSlow = (await measure(22, '1.1.2', { kernel_3: 1.5 })).runId;
  await measure(30, '9.9.9', {}, 'pr');
});

/** A sealed and judged run of twelve kernels. @param slower factor of single kernels */
async function measure(seed: number, version: string, slower: Readonly<Record<string, number>> = {}, kind = 'nightly') {
  const opened = await service.call('POST', '/v1/runs', { json: openRunBody({ version, kind }) });
  assert.equal(opened.status, 201, opened.text);
  const { runId } = opened.body;
  for (const repetition of [1, 2, 3]) {
    const body = makeLatencyCsv({ seed: seed * 10 + repetition, count: 200, regions: REGIONS, scale: slower });
    const pushed = await service.call('POST', `/v1/runs/${runId}/samples?format=csv&repetition=${repetition}`, { body });
    assert.equal(pushed.status, 201, pushed.text);
  }
  const sealed = await service.call('POST', `/v1/runs/${runId}/seal?wait=60s`, { json: {} });
  assert.equal(sealed.status, 200, sealed.text);
  return { runId, verdict: sealed.body };
}

const verdictOf = async (runId: string) => (await service.call('GET', `/v1/runs/${runId}/verdict`)).body;
const centreOf = (verdict: any, region: string) =>
  verdict.findings.find((finding: any) => finding.region === region && finding.statistic === 'centre');

test('nights after the promotion are history, oldest first; golden runs and pull requests are none', async () => {
  const [first = '', second = ''] = nights;
  assert.deepEqual((await verdictOf(first)).references, []);
  assert.deepEqual((await verdictOf(second)).references, [first]);
  assert.deepEqual((await verdictOf(nights[5] ?? '')).references, nights.slice(0, 5));
  assert.equal((await verdictOf(first)).historyDigest, null);
  assert.match((await verdictOf(second)).historyDigest, /^sha256:[0-9a-f]{64}$/);
});

test('five accepted nights end the provisional time, and the reference rolls', async () => {
  const early = centreOf(await verdictOf(nights[0] ?? ''), 'kernel_3');
  const late = centreOf(await verdictOf(nights[5] ?? ''), 'kernel_3');
  assert.deepEqual([early.evidence.mode, early.evidence.provisional], ['golden', true]);
  assert.deepEqual([late.evidence.mode, late.evidence.provisional], ['rolling', false]);
  assert.equal(late.status, 'pass');
});

test('a regression is raised once, goes on since then, and never becomes history', async () => {
  const finding = centreOf(slow.verdict, 'kernel_3');
  const raisedBy = slow.verdict.references.at(-1);
  assert.equal(slow.verdict.status, 'regression');
  assert.deepEqual([finding.status, finding.ongoing, finding.since], ['regression', true, raisedBy]);
  assert.ok(finding.change > 0.45, 'the first slow night did not move the reference');
});

test('the probability of being worse than tolerated is near 1 for the regression and near 0 for what passes', () => {
  assert.ok(centreOf(slow.verdict, 'kernel_3').evidence.pBeyondTolerance > 0.999);
  const passing = centreOf(slow.verdict, 'kernel_5');
  assert.ok(passing.status === 'pass' && passing.evidence.pBeyondTolerance < 0.05);
});

test('the change point of the series lies between the last night before and the first after, and names what changed', async () => {
  const { status, body, text } = await service.call('GET', `/v1/runs/${lastSlow}/history`);
  assert.equal(status, 200, text);
  assert.deepEqual([body.runs.length, body.seriesCount, body.leftOut], [12, 12, []]);
  const [change, ...others] = body.changes;
  assert.deepEqual(others, []);
  assert.deepEqual([change.region, change.direction, change.lastBefore], ['kernel_3', 'worse', nights[5]]);
  assert.equal(change.firstAfter, slow.verdict.references.at(-1));
  assert.ok(
    change.changed.some(({ key }: { key: string }) => key.startsWith('subject.')),
    JSON.stringify(change.changed),
  );
  assert.equal(body.events.length, 1);
});

test('a run that is not sealed has no history yet', async () => {
  const opened = await service.call('POST', '/v1/runs', { json: openRunBody() });
  assert.equal((await service.call('GET', `/v1/runs/${opened.body.runId}/history`)).status, 409);
});
