import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  betaProbability,
  fisherUpperProbability,
  normalProbability,
  normalQuantile,
  normalUpperQuantile,
  poissonUpperProbability,
  studentQuantile,
  studentUpperProbability,
} from '../../../analysis/compare/distributions.ts';
import { assertClose } from '../support/assert-close.ts';

// Expected numbers: scipy 1.17.1 (stats.t.sf, stats.t.ppf, stats.norm.isf, stats.poisson.sf, stats.beta.cdf).
const cases = [
  { name: 'upper tail of t(10) at 2', actual: studentUpperProbability(2, 10), expected: 0.03669401738537018 },
  {
    name: 'upper tail of t at non-integer degrees',
    actual: studentUpperProbability(3.7, 45.06598377181722),
    expected: 0.0002921281929749941,
  },
  { name: 'far upper tail of t(36)', actual: studentUpperProbability(30, 36), expected: 2.281831907733525e-27 },
  { name: '95 % quantile of t(10)', actual: studentQuantile(0.95, 10), expected: 1.8124611228116756 },
  { name: '95 % quantile of t at non-integer degrees', actual: studentQuantile(0.95, 47.993179554823364), expected: 1.677228886570638 },
  { name: 'upper normal quantile', actual: normalUpperQuantile(0.025), expected: 1.9599639845400545 },
  { name: 'far upper normal quantile', actual: normalUpperQuantile(1e-15), expected: 7.941345326170997 },
  { name: 'normal quantile', actual: normalQuantile(0.975), expected: 1.9599639845400545 },
  { name: 'upper tail of Poisson(1) from 3', actual: poissonUpperProbability(3, 1), expected: 0.08030139707139418 },
  { name: 'upper tail of F', actual: fisherUpperProbability(4, 2, 10), expected: 0.052922149401344654 },
  { name: 'incomplete beta', actual: betaProbability(3 / 8, 20, 11), expected: 0.00113504454209325 },
];
for (const { name, actual, expected } of cases) {
  test(`${name} equals scipy`, () => assertClose(actual, expected, 5e-10));
}

test('infinite t values have the tails 0 and 1', () => {
  assert.equal(studentUpperProbability(Number.POSITIVE_INFINITY, 5), 0);
  assert.equal(studentUpperProbability(Number.NEGATIVE_INFINITY, 5), 1);
  assert.equal(normalProbability(0), 0.5);
});

test('a count of zero is certain to be reached, and no event is expected of a mean of zero', () => {
  assert.equal(poissonUpperProbability(0, 3), 1);
  assert.equal(poissonUpperProbability(1, 0), 0);
});

test('the beta function has its limits where a parameter is zero', () => {
  assert.equal(betaProbability(0.3, 0, 2), 1);
  assert.equal(betaProbability(0.3, 2, 0), 0);
});
