import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLatencyCsv, openRunBody, useService } from '../support/service.ts';

const service = useService();
const REGIONS = ['offload/submit', 'offload/copy', 'offload/kernel', 'host/checksum'];

async function createToken(scopes: readonly string[], projects: readonly string[] = ['accelerators']): Promise<string> {
  const { status, body } = await service.call('POST', '/v1/tokens', { json: { scopes, projects } });
  assert.equal(status, 201);
  return body.token;
}

async function recordRun(
  seed: number,
  changes: Parameters<typeof openRunBody>[0] & { readonly scale?: Record<string, number>; readonly tail?: Record<string, number> } = {},
) {
  const opened = await service.call('POST', '/v1/runs', { json: openRunBody(changes) });
  assert.equal(opened.status, 201, opened.text);
  const { runId } = opened.body;
  const receipts: string[] = [];
  for (const repetition of [1, 2, 3]) {
    const body = makeLatencyCsv({
      seed: seed * 10 + repetition,
      count: 600,
      regions: REGIONS,
      scale: changes.scale ?? {},
      tail: changes.tail ?? {},
    });
    const pushed = await service.call('POST', `/v1/runs/${runId}/samples?format=csv&repetition=${repetition}`, { body });
    assert.equal(pushed.status, 201, pushed.text);
    assert.equal(pushed.body.samples, 600 * REGIONS.length);
    receipts.push(pushed.body.receiptId);
  }
  return { runId, receipts };
}

async function seal(runId: string, receipts: readonly string[] = []) {
  return await service.call('POST', `/v1/runs/${runId}/seal?wait=60s`, { json: { receipts } });
}

test('the whole walk: golden runs, a baseline approved by another token, a regressed candidate, and a gate that refuses it', async () => {
  const golden: string[] = [];
  for (const night of [1, 2, 3]) {
    const { runId, receipts } = await recordRun(night, { version: '2.4.0' });
    const sealed = await seal(runId, receipts);
    assert.equal(sealed.status, 200, sealed.text);
    assert.equal(sealed.body.status, 'inconclusive');
    assert.deepEqual(
      sealed.body.reasons.map((reason: { code: string }) => reason.code),
      ['no_baseline'],
    );
    golden.push(runId);
  }

  const proposer = await createToken(['baseline:propose', 'read']);
  const approver = await createToken(['baseline:approve', 'read']);
  const proposal = { project: 'accelerators', suite: 'offload-bench', name: 'golden', runIds: golden, reason: 'three clean nights' };
  const forbidden = await service.call('POST', '/v1/baselines', { token: approver, json: proposal });
  assert.equal(forbidden.status, 403);
  const proposed = await service.call('POST', '/v1/baselines', { token: proposer, json: proposal });
  assert.equal(proposed.status, 201, proposed.text);
  assert.equal(proposed.body.status, 'proposed');
  const own = await service.call('POST', `/v1/baselines/${proposed.body.baselineId}/approve`, {
    token: proposer,
    json: { reason: 'mine' },
  });
  assert.equal(own.status, 403);
  const approved = await service.call('POST', `/v1/baselines/${proposed.body.baselineId}/approve`, {
    token: approver,
    json: { reason: 'looked at them' },
  });
  assert.equal(approved.status, 200, approved.text);
  assert.equal(approved.body.status, 'active');
  assert.equal(approved.body.selfApproved, false);

  const clean = await recordRun(7, { version: '2.4.1' });
  const cleanVerdict = await seal(clean.runId);
  assert.equal(cleanVerdict.body.status, 'pass', JSON.stringify(cleanVerdict.body.reasons));
  assert.equal(cleanVerdict.body.comparability.status, 'comparable');
  assert.equal(cleanVerdict.body.baseline.digest, approved.body.digest);

  const slow = await recordRun(8, {
    version: '2.5.0',
    commit: 'abc123',
    environment: { firmware: { board: 'fwB100.r13.20261101' } },
    tail: { 'offload/copy': 1.9 },
  });
  const slowVerdict = await seal(slow.runId);
  assert.equal(slowVerdict.body.status, 'regression', JSON.stringify(slowVerdict.body.reasons));
  const worse = slowVerdict.body.findings.filter((finding: { status: string }) => finding.status === 'regression');
  assert.deepEqual([...new Set(worse.map((finding: { region: string }) => finding.region))], ['offload/copy']);
  assert.deepEqual(
    slowVerdict.body.comparability.differing.map((key: { key: string }) => key.key),
    ['firmware.board'],
  );
  assert.match(slowVerdict.body.attribution[0].cause, /firmware\.board/);

  for (const [subject, status] of [
    ['2.4.1', 200],
    ['2.5.0', 412],
    ['abc123', 412],
    ['9.9.9', 404],
  ] as const) {
    const gate = await service.call('GET', `/v1/gates/accelerators/default?subject=${subject}`);
    assert.equal(gate.status, status, gate.text);
    const posted = await service.call('POST', `/v1/gates/accelerators/default?subject=${subject}&status=200`);
    assert.equal(posted.status, 200);
    assert.equal(posted.body.data.status, gate.body.data.status);
  }
  const baselineOfRegressed = await service.call('POST', '/v1/baselines', { json: { ...proposal, runIds: [...golden, slow.runId] } });
  assert.equal(baselineOfRegressed.status, 201, baselineOfRegressed.text);
  const refused = await service.call('POST', `/v1/baselines/${baselineOfRegressed.body.baselineId}/approve`, { json: { reason: 'hurry' } });
  assert.equal(refused.status, 409);
  const overridden = await service.call('POST', `/v1/baselines/${baselineOfRegressed.body.baselineId}/approve`, {
    json: { reason: 'new normal', overrides: [...golden, slow.runId].map((runId) => ({ runId, reason: 'accepted by the board team' })) },
  });
  assert.equal(overridden.status, 200, overridden.text);
  assert.equal(overridden.body.selfApproved, true);
  const superseded = await service.call('GET', `/v1/baselines/${proposed.body.baselineId}`);
  assert.equal(superseded.body.status, 'superseded');
  const again = await service.call('GET', `/v1/runs/${slow.runId}/verdict`);
  assert.deepEqual(again.body, slowVerdict.body, 'a verdict never changes once it is given');
});

test('a run of another class is not compared, and says which key stands in the way', async () => {
  const { runId } = await recordRun(20, { version: '3.0.0', environment: { isa: 'x86_64' } });
  const sealed = await seal(runId);
  assert.equal(sealed.body.status, 'inconclusive');
  assert.equal(sealed.body.comparability.status, 'incomparable');
  assert.ok(sealed.body.comparability.differing.some((key: { key: string; class: string }) => key.key === 'isa' && key.class === 'class'));
  const gate = await service.call('GET', '/v1/gates/accelerators/default?subject=3.0.0');
  assert.equal(gate.status, 409);
});

test('the same payload again answers the first receipt, and a sealed run takes nothing new', async () => {
  const opened = await service.call('POST', '/v1/runs', { json: openRunBody() });
  const path = `/v1/runs/${opened.body.runId}/samples?region=r&metric=latency&unit=us`;
  const first = await service.call('POST', path, { body: 'value\n1\n2\n3\n' });
  assert.equal(first.status, 201, first.text);
  assert.equal(first.body.duplicate, false);
  const second = await service.call('POST', path, { body: 'value\n1\n2\n3\n' });
  assert.equal(second.status, 200);
  assert.equal(second.body.duplicate, true);
  assert.equal(second.body.receiptId, first.body.receiptId);
  const told = await service.call('POST', `${path}&sequence=2`, { body: 'value\n1\n2\n3\n' });
  assert.equal(told.status, 201);
  assert.notEqual(told.body.receiptId, first.body.receiptId);

  const missing = await seal(opened.body.runId, [first.body.receiptId, 'sha256:nowhere']);
  assert.equal(missing.status, 409);
  assert.deepEqual(
    missing.body.missing.map((place: { receiptId: string }) => place.receiptId),
    ['sha256:nowhere'],
  );
  const stillOpen = await service.call('POST', `${path}&sequence=3`, { body: 'value\n1\n2\n3\n' });
  assert.equal(stillOpen.status, 201, 'a refused seal leaves the run open');
  assert.equal((await seal(opened.body.runId, [first.body.receiptId])).status, 200);
  const late = await service.call('POST', `${path}&sequence=9`, { body: 'value\n4\n' });
  assert.equal(late.status, 409);
  assert.equal(late.body.type, 'urn:plumbline:problem:run-sealed');
  const known = await service.call('POST', path, { body: 'value\n1\n2\n3\n' });
  assert.equal(known.status, 200);
  assert.equal(known.body.duplicate, true);

  const series = await service.call('GET', `/v1/runs/${opened.body.runId}/series`);
  assert.equal(series.body.data.length, 1);
  assert.equal(series.body.data[0].count, 9);
  assert.equal(series.body.data[0].unit, 'ns');
  assert.equal(series.body.data[0].max, 3000);
  const values = await service.call('GET', `/v1/runs/${opened.body.runId}/series/${series.body.data[0].seriesId}/values`);
  assert.equal(values.text.trim().split('\n').length, 10);
});

test('an Idempotency-Key opens one run, and is refused for another body', async () => {
  const headers = { 'idempotency-key': 'night-42' };
  const first = await service.call('POST', '/v1/runs', { json: openRunBody(), headers });
  const again = await service.call('POST', '/v1/runs', { json: openRunBody(), headers });
  assert.equal(again.body.runId, first.body.runId);
  const other = await service.call('POST', '/v1/runs', { json: openRunBody({ version: '9' }), headers });
  assert.equal(other.status, 409);
  assert.equal(other.body.type, 'urn:plumbline:problem:idempotency-conflict');
});

test('an empty run cannot be sealed, and a withdrawn one leaves the gate', async () => {
  const opened = await service.call('POST', '/v1/runs', { json: openRunBody({ version: '7.7.7' }) });
  const empty = await seal(opened.body.runId);
  assert.equal(empty.status, 409);
  assert.equal(empty.body.type, 'urn:plumbline:problem:run-incomplete');
  assert.equal((await service.call('GET', '/v1/gates/accelerators/default?subject=7.7.7')).status, 409);
  const withdrawn = await service.call('POST', `/v1/runs/${opened.body.runId}/withdraw`, { json: { reason: 'wrong machine' } });
  assert.equal(withdrawn.status, 200, withdrawn.text);
  assert.equal((await service.call('GET', '/v1/gates/accelerators/default?subject=7.7.7')).status, 404);
});

test('the audit trail chains every act of this process', async () => {
  const { body } = await service.call('GET', '/v1/audit');
  const acts = [...body.data].reverse();
  assert.ok(acts.length > 3);
  acts.forEach((act: { sequence: number; previousDigest: string }, index: number) => {
    assert.equal(act.sequence, index);
    assert.equal(act.previousDigest, index === 0 ? '' : acts[index - 1].digest);
  });
});

test('a verdict is answered as JSON, Markdown or text', async () => {
  const { body } = await service.call('GET', '/v1/runs?limit=100');
  const judged = body.data.find((run: { verdict: unknown }) => run.verdict !== null);
  const markdown = await service.call('GET', `/v1/runs/${judged.runId}/verdict`, { headers: { accept: 'text/markdown' } });
  assert.match(markdown.headers.get('content-type') ?? '', /markdown/);
  const text = await service.call('GET', `/v1/runs/${judged.runId}/report`);
  assert.match(text.headers.get('content-type') ?? '', /text\/plain/);
  const byId = await service.call('GET', `/v1/verdicts/${judged.verdict.id}`);
  assert.equal(byId.body.runId, judged.runId);
});

test('liveness, readiness, metrics and the contract are served', async () => {
  assert.equal((await service.call('GET', '/livez', { token: null })).status, 200);
  assert.equal((await service.call('GET', '/readyz', { token: null })).status, 200);
  const metrics = await service.call('GET', '/metrics', { token: null });
  assert.ok(
    /plumbline_payloads_total\{kind="samples",format="csv",outcome="stored"\} \d+/.test(metrics.text),
    'stored payloads are counted',
  );
  const contract = await service.call('GET', '/openapi.json', { token: null });
  assert.equal(contract.body.openapi, '3.1.0');
  for (const path of [
    '/v1/runs',
    '/v1/runs/{runId}/samples',
    '/v1/runs/{runId}/seal',
    '/v1/gates/{project}/{gate}',
    '/v1/baselines/{baselineId}/approve',
  ]) {
    assert.ok(contract.body.paths[path], path);
  }
});
