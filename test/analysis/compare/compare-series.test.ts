import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../../analysis/compare/at.ts';
import { compareSeries } from '../../../analysis/compare/compare-series.ts';
import { computeReference } from '../../../analysis/compare/reference.ts';
import { assertClose } from '../support/assert-close.ts';

const OPTIONS = { fallbackSd: 0.01 } as const;

test('weighs golden runs by their repetitions, and equally when the run component rules', () => {
  const { level, variance } = computeReference([[1, 3], [5]], 2, 0);
  assertClose(level, 3, 1e-15);
  assertClose(variance, 2 / 3, 1e-15);
  assertClose(computeReference([[1, 3], [5]], 2, 1e9).level, 3.5, 1e-6);
});

test('takes the scale from the deltas when thirty series were measured once on both sides', () => {
  const set = Array.from({ length: 30 }, (_, i) => ({ golden: [[0]], history: [], candidate: [(i - 14.5) / 1000], batchVariance: null }));
  const first = at(compareSeries(set, OPTIONS), 0).comparison;
  // 1.4826 x median absolute deviation of the deltas is 1.4826 x 0.0075; half its square per repetition.
  assertClose(first.repetition.variance, (1.4826 * 0.0075) ** 2 / 2, 1e-9);
  assert.equal(first.repetition.df, 5);
});

test('assumes 1 % between repetitions for a single series measured once', () => {
  const [one] = compareSeries([{ golden: [[0]], history: [], candidate: [0.5], batchVariance: null }], OPTIONS);
  assert.equal(one?.comparison.repetition.variance, 1e-4);
  assert.equal(one?.comparison.repetition.df, 4);
});

test('refuses a series without repetitions on either side', () => {
  assert.throws(() => compareSeries([{ golden: [[0]], history: [], candidate: [], batchVariance: null }], OPTIONS), RangeError);
  assert.throws(() => compareSeries([{ golden: [], history: [], candidate: [1], batchVariance: null }], OPTIONS), RangeError);
  assert.throws(() => at([1], 1), RangeError);
});
