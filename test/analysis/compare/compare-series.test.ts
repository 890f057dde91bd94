import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../../analysis/compare/at.ts';
import { compareSeries, computeReference } from '../../../analysis/compare/compare-series.ts';
import { RUN_COMPONENT_WITHOUT_HISTORY } from '../../../analysis/compare/run-component.ts';
import { assertClose } from '../support/assert-close.ts';

const OPTIONS = { fallbackSd: 0.01, run: RUN_COMPONENT_WITHOUT_HISTORY } as const;

test('weighs golden runs by their repetitions, and equally when the run component rules', () => {
  const { level, variance } = computeReference([[1, 3], [5]], 2, 0);
  assertClose(level, 3, 1e-15);
  assertClose(variance, 2 / 3, 1e-15);
  assertClose(computeReference([[1, 3], [5]], 2, 1e9).level, 3.5, 1e-6);
});

test('takes the scale from the deltas when thirty series were measured once on both sides', () => {
  const set = Array.from({ length: 30 }, (_, i) => ({ reference: [[0]], candidate: [(i - 14.5) / 1000], batchVariance: null }));
  const first = at(compareSeries(set, OPTIONS), 0);
  // 1.4826 x median absolute deviation of the deltas is 1.4826 x 0.0075; half its square per repetition.
  assertClose(first.repetition.variance, (1.4826 * 0.0075) ** 2 / 2, 1e-9);
  assert.equal(first.repetition.df, 5);
});

test('assumes 1 % between repetitions for a single series measured once', () => {
  const [one] = compareSeries([{ reference: [[0]], candidate: [0.5], batchVariance: null }], OPTIONS);
  assert.equal(one?.repetition.variance, 1e-4);
  assert.equal(one?.repetition.df, 4);
});

test('refuses a series without repetitions on either side', () => {
  assert.throws(() => compareSeries([{ reference: [[0]], candidate: [], batchVariance: null }], OPTIONS), RangeError);
  assert.throws(() => compareSeries([{ reference: [], candidate: [1], batchVariance: null }], OPTIONS), RangeError);
  assert.throws(() => at([1], 1), RangeError);
});
