import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPolicyTolerance, toDelta, toDeltaInterval, toOrientedLimits } from '../../../analysis/compare/tolerances.ts';
import type { Policy } from '../../../wire/policy.ts';
import { assertClose } from '../support/assert-close.ts';

const target = { suite: 'nightly', region: 'gemm', metric: 'latency', statistic: 'centre' } as const;
const row = (members: object, drift: number): object => ({ drift, regression: 2 * drift, ...members });
const policyOf = (rows: readonly object[]): Policy => ({ version: 1, tolerances: JSON.parse(JSON.stringify(rows)) });

const cases = [
  { name: 'no row fits another metric', rows: [row({ metric: 'throughput' }, 0.1)], drift: undefined },
  { name: 'a row without members fits everything', rows: [row({}, 0.1)], drift: 0.1 },
  { name: 'more members beat fewer', rows: [row({ metric: 'latency', region: 'gemm' }, 0.2), row({ metric: 'latency' }, 0.1)], drift: 0.2 },
  { name: 'a region beats a metric', rows: [row({ region: 'gemm' }, 0.2), row({ metric: 'latency' }, 0.1)], drift: 0.2 },
  {
    name: 'two members beat a region',
    rows: [row({ region: 'gemm' }, 0.2), row({ metric: 'latency', suite: 'nightly' }, 0.1)],
    drift: 0.1,
  },
  { name: 'the later of two equals wins', rows: [row({ metric: 'latency' }, 0.2), row({ metric: 'latency' }, 0.1)], drift: 0.1 },
  { name: 'a row of another statistic does not fit', rows: [row({ statistic: 'p99' }, 0.2)], drift: undefined },
];
for (const { name, rows, drift } of cases) {
  test(name, () => assert.equal(findPolicyTolerance(policyOf(rows), target)?.drift, drift));
}

test('ten percent less throughput is exactly at a tolerance of ten percent', () => {
  const limits = toOrientedLimits({ drift: 0.05, regression: 0.1 }, 'higher');
  assertClose(limits.rising.regression, -Math.log(0.9), 1e-15);
  assertClose(toDelta(-Math.log(0.9), 'higher').delta, 0.1, 1e-15);
  assertClose(toDelta(-Math.log(0.9), 'higher').change, -0.1, 1e-15);
});

test('ten percent more latency is exactly at a tolerance of ten percent', () => {
  assertClose(toOrientedLimits({ drift: 0.05, regression: 0.1 }, 'lower').rising.regression, Math.log(1.1), 1e-15);
  assertClose(toOrientedLimits({ drift: 0.05, regression: 0.1 }, 'lower').improvement ?? 0, -Math.log(0.95), 1e-15);
});

test('a metric with no better direction has both limits and no improvement', () => {
  const limits = toOrientedLimits({ drift: 0.05, regression: 0.1 }, 'either');
  assertClose(limits.rising.regression, Math.log(1.1), 1e-15);
  assertClose(limits.falling?.regression ?? 0, -Math.log(0.9), 1e-15);
  assert.equal(limits.improvement, null);
});

test('throughput cannot lose more than everything', () => {
  assert.equal(toOrientedLimits({ drift: 0.5, regression: 1.5 }, 'higher').rising.regression, Number.POSITIVE_INFINITY);
});

test('the interval of an undirected change starts at zero when it holds no change', () => {
  assert.equal(toDeltaInterval(-0.1, 0.2, 'either')[0], 0);
  assertClose(toDeltaInterval(Math.log(1.1), Math.log(1.2), 'either')[0], 0.1, 1e-12);
  assertClose(toDeltaInterval(-0.1, 0.2, 'higher')[1], 1 - Math.exp(-0.2), 1e-12);
});
