import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comparison } from '../../../analysis/compare/compare-series.ts';
import { computePWorse, decide, restrictProvisional } from '../../../analysis/compare/decide.ts';
import { studentUpperProbability } from '../../../analysis/compare/distributions.ts';
import { toOrientedLimits } from '../../../analysis/compare/tolerances.ts';
import type { Better } from '../../../wire/metrics.ts';

const TOLERANCE = { drift: 0.01, regression: 0.05 } as const;
const LIMITS = toOrientedLimits(TOLERANCE, 'lower');

type Given = { readonly delta: number; readonly se?: number; readonly medianDelta?: number; readonly candidateCount?: number };

function compare({ delta, se = 0.005, medianDelta = delta, candidateCount = 3 }: Given): Comparison {
  const df = 40;
  const variance = (se ** 2 - 9e-6) * 0.6;
  return {
    mode: 'golden',
    calibrated: false,
    referenceRunCount: 1,
    referenceLog: 1,
    candidateLog: 1 + delta,
    delta,
    se,
    df,
    t: delta / se,
    pWorse: studentUpperProbability(delta / se, df),
    pBetter: studentUpperProbability(-delta / se, df),
    medianDelta,
    medianPWorse: studentUpperProbability(medianDelta / se, df),
    medianPBetter: studentUpperProbability(-medianDelta / se, df),
    candidateCount,
    referenceCount: 5,
    repetition: { variance, df, priorVariance: variance, priorDf: 30 },
    runVariance: 9e-6,
    referenceVariance: variance / 5,
    spread: { ratio: 1, pWider: 0.5 },
  };
}

const decideOne = (given: Given, better: Better = 'lower'): string => {
  const comparison = compare(given);
  const limits = toOrientedLimits(TOLERANCE, better);
  return decide({ comparison, qWorse: computePWorse(comparison, limits), qBetter: comparison.pBetter, limits }).status;
};

const at5 = LIMITS.rising.regression;
const at1 = LIMITS.rising.drift;
const cases: readonly { readonly name: string; readonly given: Given; readonly better?: Better; readonly status: string }[] = [
  { name: 'a change exactly at the regression tolerance is a regression', given: { delta: at5 }, status: 'regression' },
  { name: 'just below the regression tolerance is a drift', given: { delta: at5 - 1e-9 }, status: 'drift' },
  { name: 'a change exactly at the drift tolerance is a drift', given: { delta: at1, se: 0.004 }, status: 'drift' },
  { name: 'a significant change below the drift tolerance passes', given: { delta: at1 - 1e-9, se: 0.004 }, status: 'pass' },
  { name: 'no change with little noise passes', given: { delta: 0 }, status: 'pass' },
  { name: 'no change with much noise is inconclusive', given: { delta: 0, se: 0.05 }, status: 'inconclusive' },
  { name: 'a large change within the noise is inconclusive', given: { delta: 0.08, se: 0.08 }, status: 'inconclusive' },
  { name: 'one wild repetition does not regress: the median does not confirm', given: { delta: 0.03, medianDelta: 0.002 }, status: 'pass' },
  {
    name: 'with two repetitions there is no median to ask',
    given: { delta: 0.06, medianDelta: 0.001, candidateCount: 2 },
    status: 'regression',
  },
  { name: 'exactly at the drift tolerance the other way improves', given: { delta: Math.log(0.99), se: 0.004 }, status: 'improvement' },
  { name: 'an improvement the median does not confirm passes', given: { delta: -0.03, medianDelta: -0.001 }, status: 'pass' },
  { name: 'either: a fall is as bad as a rise', given: { delta: -0.08 }, better: 'either', status: 'regression' },
  { name: 'either: exactly at the lower tolerance', given: { delta: Math.log1p(-0.05) }, better: 'either', status: 'regression' },
  { name: 'either: no change passes', given: { delta: 0 }, better: 'either', status: 'pass' },
  { name: 'either: noise is inconclusive', given: { delta: 0, se: 0.05 }, better: 'either', status: 'inconclusive' },
];
for (const { name, given, better, status } of cases) {
  test(name, () => assert.equal(decideOne(given, better), status));
}

const provisional = [
  { name: 'a regression of twice the tolerance stays one', given: { delta: LIMITS.rising.twiceRegression }, status: 'regression' },
  {
    name: 'a regression below twice the tolerance becomes a drift',
    given: { delta: LIMITS.rising.twiceRegression - 1e-9 },
    status: 'drift',
  },
  { name: 'one repetition never fails', given: { delta: 0.9, candidateCount: 1 }, status: 'drift' },
];
for (const { name, given, status } of provisional) {
  test(`without history: ${name}`, () => assert.equal(restrictProvisional('regression', compare(given), LIMITS), status));
}

test('names the repetitions with which the noise would allow a pass', () => {
  const noisy = compare({ delta: 0, se: 0.03 });
  const decision = decide({ comparison: noisy, qWorse: 1, qBetter: 1, limits: LIMITS });
  assert.equal(decision.status, 'inconclusive');
  const needed = decision.repetitionsNeeded ?? 0;
  const seAt = (count: number): number => Math.sqrt(noisy.runVariance + noisy.repetition.variance / count + noisy.referenceVariance);
  assert.ok(1.6838510133356521 * seAt(needed) <= at5, 'R: qt(.95, 40) = 1.683851');
  assert.ok(1.6838510133356521 * seAt(needed - 1) > at5);
});

test('says that repetitions alone cannot help when the reference is too noisy', () => {
  const decision = decide({ comparison: compare({ delta: 0, se: 0.2 }), qWorse: 1, qBetter: 1, limits: LIMITS });
  assert.equal(decision.repetitionsNeeded, null);
});

test('flags half a drift with p at most 2 % as worth measuring again', () => {
  const comparison = compare({ delta: at1 * 0.9, se: 0.004 });
  assert.equal(decide({ comparison, qWorse: 1, qBetter: 1, limits: LIMITS }).suspect, true);
});
