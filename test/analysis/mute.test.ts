import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { judgeRun } from '../../analysis/judge-run.ts';
import { Policy } from '../../wire/policy.ts';
import type { Verdict } from '../../wire/verdict.ts';
import { createInput } from './support/judge-input.ts';
import { measureNight } from './support/nights.ts';
import { createRandom } from './support/random.ts';

const UNTIL = '2026-12-31T00:00:00Z';
const mute = { metric: 'time', region: 'k00', until: UNTIL, reason: 'known, PLB-7' };

function judge(policy: Partial<Policy>, nowMs: number | undefined): Verdict {
  const random = createRandom(1);
  const golden = ['g1', 'g2', 'g3'].flatMap((runId) => measureNight(runId, random));
  const night = measureNight('night', random, { factor: 1.3 });
  return judgeRun(createInput(golden, night, { policy: { version: 1, ...policy }, ...(nowMs === undefined ? {} : { nowMs }) }));
}

test('a muted regression is shown with its reason and does not gate', () => {
  const verdict = judge({ mutes: [mute] }, Date.parse(UNTIL) - 1);
  const finding = verdict.findings.find((one) => one.region === 'k00');
  assert.equal(finding?.status, 'regression');
  assert.equal(finding?.gated, false);
  assert.deepEqual(finding?.evidence['muted'], { until: UNTIL, reason: 'known, PLB-7' });
  assert.equal(verdict.status, 'pass');
  assert.ok(verdict.reasons.some((reason) => reason.code === 'muted'));
});

const inert = [
  { name: 'a mute that has just expired does nothing', nowMs: Date.parse(UNTIL), mutes: [mute] },
  { name: 'without a time no mute holds', nowMs: undefined, mutes: [mute] },
  { name: 'a mute of another region does nothing', nowMs: 0, mutes: [{ ...mute, region: 'k01' }] },
  { name: 'a mute of another suite does nothing', nowMs: 0, mutes: [{ ...mute, suite: 'weekly' }] },
  { name: 'a mute of another statistic does nothing', nowMs: 0, mutes: [{ ...mute, statistic: 'p99' as const }] },
] as const;
for (const { name, nowMs, mutes } of inert) {
  test(name, () => assert.equal(judge({ mutes: [...mutes] }, nowMs).status, 'regression'));
}

test('a required metric that is muted is there, and does not block', () => {
  const verdict = judge({ mutes: [{ ...mute }], required: [{ metric: 'time', region: 'k00' }] }, 0);
  assert.equal(verdict.status, 'pass');
});

test('a mute names a metric, ends at a time and has a reason', () => {
  assert.ok(Value.Check(Policy, { version: 1, mutes: [mute] }));
  for (const wrong of [
    { ...mute, metric: undefined },
    { ...mute, until: 'never' },
    { ...mute, until: '2026-13-01T00:00:00Z' },
    { ...mute, reason: '' },
    { ...mute, forever: true },
  ]) {
    assert.ok(!Value.Check(Policy, { version: 1, mutes: [JSON.parse(JSON.stringify(wrong))] }), JSON.stringify(wrong));
  }
});
