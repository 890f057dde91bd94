import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRun } from '../../../analysis/judge-run.ts';
import type { Finding, Verdict } from '../../../wire/verdict.ts';
import { createInput, createRun } from '../support/judge-input.ts';
import { judgeNights, measureNight, type Night, toHistoryRun } from '../support/nights.ts';
import { createRandom, drawNormal } from '../support/random.ts';

/** Nights on a machine whose runs all move together by `sd`. */
function judge(last: Night, sd: number, count = 12): Verdict {
  const random = createRandom(11);
  const draw = (runId: string, night: Night = {}) =>
    measureNight(runId, random, { ...night, shift: (night.shift ?? 0) + sd * drawNormal(random) });
  const golden = ['g1', 'g2', 'g3'].flatMap((runId) => draw(runId));
  const nights = Array.from({ length: count }, (_, i) => draw(`night-${i + 1}`));
  const history = judgeNights(golden, nights).map((verdict, i) => toHistoryRun(verdict, nights[i] ?? [], i));
  return judgeRun(createInput(golden, measureNight('night', random, last), { history }));
}
const shiftOf = (verdict: Verdict): Finding | undefined => verdict.findings.find((finding) => finding.metric === 'suite.shift');
const kernelsOf = (verdict: Verdict): readonly Finding[] => verdict.findings.filter((finding) => finding.metric === 'time');

test('on a machine that moves as a whole, a kernel is judged without that motion', () => {
  const verdict = judge({ factor: 1.04, shift: 0.02 }, 0.02);
  assert.ok(shiftOf(verdict) !== undefined);
  const raised = kernelsOf(verdict).filter((finding) => finding.status === 'drift' || finding.status === 'regression');
  assert.deepEqual(
    raised.map((finding) => finding.region),
    ['k00'],
  );
  assert.ok(Math.abs((raised[0]?.delta ?? 0) - 0.04) < 0.01);
  assert.equal(raised[0]?.evidence['commonModeRemoved'], true);
});

test('what every night does is no shift of the suite', () => {
  assert.equal(shiftOf(judge({ shift: 0.01 }, 0.02))?.status === 'regression', false);
});

test('a suite that is slower by a quarter regresses as a whole: no regression hides in the common mode', () => {
  const verdict = judge({ shift: Math.log(1.25) }, 0.02);
  assert.equal(shiftOf(verdict)?.status, 'regression');
  assert.equal(verdict.status, 'regression');
  assert.ok(verdict.reasons.some((reason) => reason.code === 'suite_shift'));
  assert.ok(shiftOf(verdict)?.gated);
});

test('where runs do not move together every kernel shows a global change itself', () => {
  const verdict = judge({ shift: Math.log(1.08) }, 0);
  assert.equal(shiftOf(verdict), undefined);
  assert.ok(kernelsOf(verdict).every((finding) => finding.status === 'regression'));
});

test('a run in which the whole suite regressed is no history, neither of the suite nor of its kernels', () => {
  const random = createRandom(12);
  const draw = (runId: string, shift = 0) => measureNight(runId, random, { shift: shift + 0.02 * drawNormal(random) });
  const golden = ['g1', 'g2', 'g3'].flatMap((runId) => draw(runId));
  const nights = [...Array.from({ length: 8 }, (_, i) => draw(`night-${i + 1}`)), draw('night-9', Math.log(1.3)), draw('night-10')];
  const verdicts = judgeNights(golden, nights);
  assert.equal(verdicts[8]?.status, 'regression');
  const history = verdicts.map((verdict, i) => toHistoryRun(verdict, nights[i] ?? [], i));
  const verdict = judgeRun(createInput(golden, draw('night-11'), { history, run: createRun('night-11') }));
  for (const finding of [shiftOf(verdict), kernelsOf(verdict)[0]]) {
    const used = finding?.evidence['history'];
    assert.ok(Array.isArray(used) && used.length >= 5);
    assert.ok(!used.some((one: { runId: string }) => one.runId === 'night-9'));
  }
});
