import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Observation, toObservations } from '../../../analysis/history/observations.ts';
import { type CauseQuestion, rankCauses, toAttributions } from '../../../analysis/history/rank-causes.ts';
import type { DifferingKey } from '../../../wire/verdict.ts';
import { assertClose } from '../support/assert-close.ts';
import { createHistoryRun } from './support.ts';

const differ = (key: string, className: DifferingKey['class'] = 'change'): DifferingKey => ({
  key,
  baseline: 'old',
  candidate: 'new',
  class: className,
});
const KERNEL = differ('kernel');
const TOOLCHAIN = differ('toolchain.version');
const COMMIT = differ('subject.commit');

/** Observations from lines such as `worse kernel subject.commit`. */
const observe = (...lines: readonly string[]): readonly Observation[] =>
  lines.map((line, i) => {
    const [outcome, ...changedKeys] = line.split(' ');
    return { id: `o${i}`, outcome: outcome === 'worse' || outcome === 'better' ? outcome : 'quiet', changedKeys };
  });

const ask = (overrides: Partial<CauseQuestion>): CauseQuestion => ({
  direction: 'worse',
  differing: [],
  past: [],
  others: [],
  ...overrides,
});

test('a key that alone differs is the cause, and conditions do not count against it', () => {
  assert.deepEqual(rankCauses(ask({ differing: [KERNEL] })), [
    { cause: 'kernel', score: 0, weight: 1, alone: true, confoundedWith: [], evidence: ['kernel: old became new', 'nothing else differs'] },
  ]);
  const [cause, ...others] = rankCauses(ask({ differing: [KERNEL, differ('conditions.load', 'condition')] }));
  assert.deepEqual(others, []);
  assert.deepEqual(cause?.evidence, ['kernel: old became new', 'nothing else but conditions differs']);
});

test('members of the subject are one cause', () => {
  const [cause, ...others] = rankCauses(ask({ differing: [COMMIT, differ('subject.version')] }));
  assert.deepEqual(others, []);
  assert.deepEqual(cause?.evidence, ['subject.commit: old became new', 'subject.version: old became new', 'nothing else differs']);
});

test('the key that changed at earlier changes for the worse comes before the one that changes every night', () => {
  const past = observe('worse kernel subject.commit', ...Array.from({ length: 8 }, () => 'quiet subject.commit'));
  const [first, second] = rankCauses(ask({ differing: [COMMIT, KERNEL], past }));
  assert.equal(first?.cause, 'kernel');
  // By hand: kernel (1 + 1) / (1 + 2) over (0 + 1) / (8 + 2) = 20 / 3; commit 2 / 3 over 9 / 10 = 20 / 27. Weights 9 : 1.
  assertClose(first?.score ?? 0, Math.log(20 / 3), 1e-12);
  assertClose(second?.score ?? 0, Math.log(20 / 27), 1e-12);
  assertClose(first?.weight ?? 0, 0.9, 1e-12);
  assert.deepEqual(first?.evidence, [
    'kernel: old became new',
    'changed at 1 of 1 earlier changes for the worse, and at 0 of 8 other steps',
  ]);
  assert.deepEqual(first?.confoundedWith, []);
});

test('a key shared by other regressed hosts and absent from clean ones comes first', () => {
  const others = observe('worse kernel', 'worse kernel', 'quiet toolchain.version', 'better toolchain.version', 'quiet');
  const [first, second] = rankCauses(ask({ differing: [TOOLCHAIN, KERNEL], others }));
  assert.equal(first?.cause, 'kernel');
  // By hand: 3 / 4 over 1 / 5, and 1 / 4 over 3 / 5.
  assertClose(first?.score ?? 0, Math.log(15 / 4), 1e-12);
  assertClose(second?.score ?? 0, Math.log(5 / 12), 1e-12);
  assert.equal(first?.evidence[1], 'changed in 2 of 2 other suites or hosts that regressed, and in 0 of 3 that did not');
});

test('changes of the other direction speak against a key', () => {
  const past = observe('better kernel', 'worse toolchain.version', 'quiet');
  assert.deepEqual(
    rankCauses(ask({ differing: [KERNEL, TOOLCHAIN], past })).map((cause) => cause.cause),
    ['toolchain.version', 'kernel'],
  );
  assert.deepEqual(
    rankCauses(ask({ direction: 'better', differing: [KERNEL, TOOLCHAIN], past })).map((cause) => cause.cause),
    ['kernel', 'toolchain.version'],
  );
});

test('keys that always changed together are confounded, and say so', () => {
  const past = observe('worse kernel toolchain.version', 'quiet subject.commit', 'quiet subject.commit');
  const causes = rankCauses(ask({ differing: [KERNEL, TOOLCHAIN, COMMIT], past }));
  assert.deepEqual(
    causes.map(({ cause, confoundedWith }) => ({ cause, confoundedWith })),
    [
      { cause: 'kernel', confoundedWith: ['toolchain.version'] },
      { cause: 'toolchain.version', confoundedWith: ['kernel'] },
      { cause: 'subject', confoundedWith: [] },
    ],
  );
  assert.equal(causes[0]?.score, causes[1]?.score);
  assert.equal(causes[0]?.evidence[2], 'never seen apart from toolchain.version: this data cannot tell them apart');
});

test('without any observation all keys are confounded, changes before hosts, in the order of their names', () => {
  const causes = rankCauses(
    ask({ differing: [differ('hostname', 'identity'), TOOLCHAIN, KERNEL, differ('conditions.load', 'condition')] }),
  );
  assert.deepEqual(
    causes.map((cause) => cause.cause),
    ['kernel', 'toolchain.version', 'hostname'],
  );
  assert.deepEqual(causes[2]?.confoundedWith, ['kernel', 'toolchain.version']);
  for (const cause of causes) assertClose(cause.weight, 1 / 3, 1e-12);
});

test('a condition is ranked when there is evidence for it', () => {
  const past = observe('worse conditions.load', 'worse conditions.load', 'quiet', 'quiet');
  assert.equal(rankCauses(ask({ differing: [KERNEL, differ('conditions.load', 'condition')], past }))[0]?.cause, 'conditions.load');
});

test('nothing differs: no causes; and attributions carry no share', () => {
  assert.deepEqual(rankCauses(ask({})), []);
  assert.deepEqual(toAttributions(rankCauses(ask({ differing: [KERNEL, TOOLCHAIN] })), 1), [
    {
      cause: 'kernel',
      evidence: 'kernel: old became new; never seen apart from toolchain.version: this data cannot tell them apart',
      share: null,
    },
  ]);
});

test('weights add up to one, and the order in which anything is given does not matter', () => {
  const keys = ['kernel', 'toolchain.version', 'os', 'hostname', 'subject.commit'];
  const observation = fc.record({
    id: fc.constant('o'),
    changedKeys: fc.subarray(keys),
    outcome: fc.constantFrom('worse' as const, 'better' as const, 'quiet' as const),
  });
  fc.assert(
    fc.property(
      fc.subarray(keys, { minLength: 1 }),
      fc.array(observation, { maxLength: 20 }),
      fc.array(observation, { maxLength: 5 }),
      (names, past, others) => {
        const differing = names.map((name) => differ(name, name === 'hostname' ? 'identity' : 'change'));
        const causes = rankCauses(ask({ differing, past, others }));
        assertClose(
          causes.reduce((sum, cause) => sum + cause.weight, 0),
          1,
          1e-9,
        );
        const turned = ask({ differing: differing.toReversed(), past: past.toReversed(), others: others.toReversed() });
        assert.deepEqual(rankCauses(turned), causes);
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});

test('steps of a history become observations; an event over several steps is one', () => {
  const runs = [0, 1, 2, 3, 4].map((i) => createHistoryRun(i, { kernel: i < 3 ? '6.12.1' : '6.12.9' }));
  assert.deepEqual(toObservations(runs, [{ lastBefore: 'r001', firstAfter: 'r003', direction: 'mixed' }]), [
    { id: 'r001', changedKeys: ['subject.commit'], outcome: 'quiet' },
    { id: 'r003', changedKeys: ['kernel', 'subject.commit'], outcome: 'worse' },
    { id: 'r004', changedKeys: ['subject.commit'], outcome: 'quiet' },
  ]);
  assert.throws(() => toObservations(runs, [{ lastBefore: 'r001', firstAfter: 'r009', direction: 'worse' }]), RangeError);
  assert.deepEqual(toObservations([], []), []);
});
