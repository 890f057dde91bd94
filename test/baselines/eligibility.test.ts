import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Candidate, type CandidateRun, checkEligibility, type EligibilityInput } from '../../baselines/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { ReasonCode, Verdict, VerdictStatus } from '../../wire/verdict.ts';
import { exampleReasons, exampleVerdict } from './examples.ts';

function candidate(runId: string, verdict: Partial<Verdict> | null = {}, run: Partial<CandidateRun> = {}): Candidate {
  return {
    run: { runId, project: 'acme', suite: 'nightly', sealed: true, withdrawn: false, classDigest: 'sha256:a', emulated: false, ...run },
    verdict: verdict === null ? null : exampleVerdict({ runId, ...verdict }),
  };
}

function check(candidates: readonly Candidate[], more: Partial<EligibilityInput> = {}) {
  return checkEligibility({ project: 'acme', suite: 'nightly', candidates, activeInClass: true, overrides: [], ...more });
}

function codes(answer: ReturnType<typeof check>): readonly string[] {
  return answer.refusals.map((refusal) => refusal.code);
}

const BY_VERDICT: readonly {
  readonly status: VerdictStatus;
  readonly reasons?: readonly ReasonCode[];
  readonly active: boolean;
  readonly refused: readonly string[];
}[] = [
  { status: 'pass', active: true, refused: [] },
  { status: 'improvement', active: true, refused: [] },
  { status: 'regression', active: true, refused: ['regression'] },
  { status: 'regression', active: false, refused: ['regression'] },
  { status: 'drift', active: true, refused: [] },
  { status: 'drift', reasons: ['provisional'], active: false, refused: [] },
  { status: 'inconclusive', reasons: ['no_baseline'], active: false, refused: [] },
  { status: 'inconclusive', reasons: ['provisional'], active: false, refused: [] },
  { status: 'inconclusive', reasons: ['no_baseline', 'provisional'], active: false, refused: [] },
  { status: 'inconclusive', reasons: ['no_baseline'], active: true, refused: ['inconclusive'] },
  { status: 'inconclusive', reasons: ['no_baseline', 'too_few_repetitions'], active: false, refused: ['inconclusive'] },
  { status: 'inconclusive', reasons: [], active: false, refused: ['inconclusive'] },
];

for (const { status, reasons = [], active, refused } of BY_VERDICT)
  test(`a run judged ${status} (${reasons.join(', ') || 'no reasons'}) with ${active ? 'an' : 'no'} active baseline is ${refused.length === 0 ? 'eligible' : 'refused'}`, () => {
    const answer = check([candidate('r1', { status, reasons: exampleReasons(...reasons) })], { activeInClass: active });
    assert.deepEqual(codes(answer), refused);
    assert.equal(answer.eligible, refused.length === 0);
  });

for (const status of ['regression', 'inconclusive'] as const)
  test(`an override that names the run and a reason takes a ${status} in, and is recorded with what it lifted`, () => {
    const answer = check([candidate('r1', { status }), candidate('r2')], { overrides: [{ runId: 'r1', reason: ' known board fault ' }] });
    assert.equal(answer.eligible, true);
    assert.deepEqual(answer.overridden, [{ runId: 'r1', reason: 'known board fault', code: status }]);
  });

test('an override of one failing run lifts nothing from another', () => {
  const answer = check([candidate('r1', { status: 'regression' }), candidate('r2', { status: 'regression' })], {
    overrides: [{ runId: 'r1', reason: 'accepted' }],
  });
  assert.deepEqual(
    answer.refusals.map(({ code, runId }) => [code, runId]),
    [['regression', 'r2']],
  );
});

test('an override without a reason lifts nothing', () => {
  const answer = check([candidate('r1', { status: 'regression' })], { overrides: [{ runId: 'r1', reason: ' \n ' }] });
  assert.deepEqual(codes(answer), ['override_without_reason', 'regression']);
});

test('an override of a run that is not in the proposal is refused, so that a typing error is seen', () => {
  assert.deepEqual(codes(check([candidate('r1')], { overrides: [{ runId: 'r9', reason: 'x' }] })), ['override_unknown_run']);
});

test('two overrides of one run are refused', () => {
  const overrides = [
    { runId: 'r1', reason: 'x' },
    { runId: 'r1', reason: 'y' },
  ];
  assert.deepEqual(codes(check([candidate('r1', { status: 'regression' })], { overrides })), ['override_twice']);
});

test('an override of a passing run is let be and not recorded', () => {
  const answer = check([candidate('r1')], { overrides: [{ runId: 'r1', reason: 'to be safe' }] });
  assert.equal(answer.eligible, true);
  assert.deepEqual(answer.overridden, []);
});

const NEVER: readonly { readonly name: string; readonly candidate: Candidate; readonly code: string }[] = [
  { name: 'an unsealed run', candidate: candidate('r1', {}, { sealed: false }), code: 'unsealed' },
  { name: 'a withdrawn run', candidate: candidate('r1', {}, { withdrawn: true }), code: 'withdrawn' },
  { name: 'an unjudged run', candidate: candidate('r1', null), code: 'unjudged' },
  { name: 'a run of another project', candidate: candidate('r1', {}, { project: 'rival' }), code: 'other_suite' },
  { name: 'a run of another suite', candidate: candidate('r1', {}, { suite: 'weekly' }), code: 'other_suite' },
];
for (const { name, candidate: refused, code } of NEVER)
  test(`${name} is refused, and an override does not help`, () => {
    const answer = check([refused], { activeInClass: false, overrides: [{ runId: 'r1', reason: 'please' }] });
    assert.deepEqual(codes(answer), [code]);
    assert.equal(answer.eligible, false);
  });

test('runs of two comparability classes are refused together', () => {
  assert.deepEqual(codes(check([candidate('r1'), candidate('r2', {}, { classDigest: 'sha256:b' })])), ['mixed_class']);
});

test('an emulated run beside hardware is refused even in one class', () => {
  assert.deepEqual(codes(check([candidate('r1'), candidate('r2', {}, { emulated: true })])), ['mixed_emulated']);
});

test('runs that are all emulated may form a baseline', () => {
  assert.equal(check([candidate('r1', {}, { emulated: true }), candidate('r2', {}, { emulated: true })]).eligible, true);
});

test('a run named twice is refused once', () => {
  assert.deepEqual(codes(check([candidate('r1'), candidate('r1'), candidate('r1')])), ['duplicate_run']);
});

test('a baseline without runs is refused', () => {
  assert.deepEqual(codes(check([])), ['no_runs']);
});

test('a baseline holds as many runs as the limit and not one more', () => {
  const many = Array.from({ length: LIMITS.runsPerBaseline + 1 }, (_, i) => candidate(`r${i}`));
  assert.equal(check(many.slice(1)).eligible, true);
  assert.deepEqual(codes(check(many)), ['too_many_runs']);
});

test('every refusal is a sentence that names its run', () => {
  for (const refusal of check([candidate('r-77', { status: 'regression' }), candidate('r-77', null)]).refusals) {
    assert.match(refusal.detail, /^[A-Z].*\.$/);
    assert.match(refusal.detail, /r-77/);
  }
});

test('a verdict of another run is a broken precondition', () => {
  assert.throws(() => check([{ run: candidate('r1').run, verdict: exampleVerdict({ runId: 'r2' }) }]), RangeError);
});
