import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { at } from '../../../analysis/compare/at.ts';
import { adjustBenjaminiHochberg } from '../../../analysis/compare/benjamini-hochberg.ts';
import { type Comparison, compareSeries } from '../../../analysis/compare/compare-series.ts';
import { type Decision, decide } from '../../../analysis/compare/decide.ts';
import { computePooledVariance, moderateVariances } from '../../../analysis/compare/moderated-variance.ts';
import type { LogLimits } from '../../../analysis/compare/tolerances.ts';
import { assertClose } from '../support/assert-close.ts';

/** Expected numbers: the reference engine's vectors (VERDICTS 12), test/fixtures/vectors. */
type Expected = {
  readonly delta: number[];
  readonly se: number[];
  readonly df: number[];
  readonly pw: number[];
  readonly pb: number[];
  readonly qw: number[];
  readonly pni: number[];
  readonly s2: number[];
  readonly s2n: number;
  readonly verdict: string[];
  readonly guard?: number[];
};
type NoHistory = { readonly d0: number; readonly s02: number[]; readonly s2: number[]; readonly df: number };
type Center = {
  readonly Tb: number[][];
  readonly Tc: number[][];
  readonly Vb: number[];
  readonly Vc: number[];
  readonly hist: number[][][];
  readonly expected: { readonly golden: Expected; readonly rolling: Expected; readonly eb_no_history: NoHistory };
};
type Online = {
  readonly golden: number[][][];
  readonly candidate: number[][];
  readonly V: number[];
  readonly history: number[][][];
  readonly accepted: number[][];
  readonly expected: { readonly golden_only: Expected; readonly rolling: Expected };
};

const center: Center = JSON.parse(readFileSync(new URL('../../fixtures/vectors/engine_center.json', import.meta.url), 'utf8'));
const online: Online = JSON.parse(readFileSync(new URL('../../fixtures/vectors/engine_online.json', import.meta.url), 'utf8'));
const STATUS: Readonly<Record<string, string>> = { warn: 'drift', fail: 'regression', improved: 'improvement' };
const OPTIONS = { fallbackSd: 0.01 } as const;

const centerSet = center.Tb.map((values, i) => ({
  golden: [values],
  history: [],
  candidate: at(center.Tc, i),
  batchVariance: (5 * at(center.Vb, i) + 3 * at(center.Vc, i)) / 8,
}));
const onlineSet = online.candidate.map((candidate, i) => ({
  golden: online.golden.map((run) => at(run, i)),
  history: [],
  candidate,
  batchVariance: at(online.V, i),
}));

const centerRolling = centerSet.map((series, i) => ({ ...series, history: at(center.hist, i) }));
const onlineRolling = onlineSet.map((series, i) => ({
  ...series,
  history: online.history.map((run) => at(run, i)).filter((_, run) => at(at(online.accepted, i), run) === 1),
}));

// engine_center holds its limits as logs (0.01, 0.05), engine_online as fractions of the baseline (15.4).
const cases = [
  { name: 'engine_center, golden', set: centerSet, expected: center.expected.golden, limits: toLimits(0.01, 0.05) },
  {
    name: 'engine_online, golden only',
    set: onlineSet,
    expected: online.expected.golden_only,
    limits: toLimits(Math.log1p(0.01), Math.log1p(0.05)),
  },
  { name: 'engine_center, rolling', set: centerRolling, expected: center.expected.rolling, limits: toLimits(0.01, 0.05) },
  {
    name: 'engine_online, rolling',
    set: onlineRolling,
    expected: online.expected.rolling,
    limits: toLimits(Math.log1p(0.01), Math.log1p(0.05)),
  },
];

for (const { name, set, expected, limits } of cases) {
  const guarded = compareSeries(set, OPTIONS);
  const comparisons = guarded.map((one) => one.comparison);
  const decisions = decideAll(comparisons, limits);

  test(`${name}: delta, standard error, degrees of freedom and both p values equal the reference`, () => {
    comparisons.forEach((comparison, i) => {
      assertClose(comparison.delta, at(expected.delta, i), 1e-9);
      assertClose(comparison.se, at(expected.se, i), 1e-9);
      assertClose(comparison.df, at(expected.df, i), 1e-9);
      assertClose(comparison.pWorse, at(expected.pw, i), 1e-9);
      assertClose(comparison.pBetter, at(expected.pb, i), 1e-9);
      assertClose(comparison.repetition.variance, at(expected.s2, i), 1e-9);
      assertClose(comparison.runVariance, typeof expected.s2n === 'number' ? expected.s2n : at(expected.s2n, i), 1e-9);
    });
  });

  test(`${name}: q values, non-inferiority and verdicts equal the reference`, () => {
    const adjusted = adjustBenjaminiHochberg(comparisons.map((comparison) => comparison.pWorse));
    adjusted.forEach((q, i) => {
      assertClose(q, at(expected.qw, i), 1e-9);
    });
    decisions.forEach((decision, i) => {
      assertClose(decision.pNonInferior, at(expected.pni, i), 1e-9);
      const word = at(expected.verdict, i);
      assert.equal(decision.status, STATUS[word] ?? word, `series ${i}`);
    });
  });

  const flags = expected.guard;
  if (flags !== undefined && set !== onlineSet) {
    test(`${name}: against the golden runs alone exactly the series that the reference guards regress`, () => {
      const guards = guarded.flatMap((one) => (one.guard === null ? [] : [one.guard]));
      const found = decideAll(guards, limits).map((decision) => (decision.status === 'regression' ? 1 : 0));
      assert.deepEqual(found, flags);
    });
  }
}

test('the prior without history has the degrees of freedom and the variances of the reference', () => {
  const expected = center.expected.eb_no_history;
  const estimates = centerSet.map((series) => ({
    ...computePooledVariance([...series.golden, series.candidate]),
    batchVariance: series.batchVariance,
  }));
  const moderated = moderateVariances(estimates, 0.01);
  moderated.forEach((one, i) => {
    assertClose(at(estimates, i).variance, at(expected.s2, i), 1e-9);
    assert.equal(at(estimates, i).df, expected.df);
    assertClose(one.priorVariance, at(expected.s02, i), 1e-9);
    assertClose(one.priorDf, expected.d0, 1e-9);
  });
});

function toLimits(drift: number, regression: number): LogLimits {
  return { drift, regression, twiceRegression: 2 * regression };
}

function decideAll(comparisons: readonly Comparison[], limits: LogLimits): readonly Decision[] {
  const worse = adjustBenjaminiHochberg(comparisons.map((comparison) => comparison.pWorse));
  const better = adjustBenjaminiHochberg(comparisons.map((comparison) => comparison.pBetter));
  return comparisons.map((comparison, i) =>
    decide({
      comparison,
      qWorse: at(worse, i),
      qBetter: at(better, i),
      limits: { rising: limits, falling: null, improvement: limits.drift },
    }),
  );
}
