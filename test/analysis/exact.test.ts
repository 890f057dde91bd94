import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRun } from '../../analysis/judge-run.ts';
import { DEFAULT_POLICY, type Policy } from '../../wire/policy.ts';
import type { Finding } from '../../wire/verdict.ts';
import { createInput } from './support/judge-input.ts';
import { createSeries, measureTotals } from './support/measurements.ts';

const size = createSeries({ metric: 'code.size', unit: 'By', judgedAs: 'total', valueKind: 'total', assume: 'exact' });

function judge(golden: readonly number[], night: readonly number[], policy: Policy = DEFAULT_POLICY): Finding | undefined {
  return judgeRun(createInput([measureTotals('g1', size, golden)], [measureTotals('night', size, night)], { policy })).findings[0];
}

const cases = [
  { name: 'the same value passes', golden: [1000, 1000], night: [1000], status: 'pass', delta: 0 },
  { name: 'a byte more is a drift', golden: [1000, 1000], night: [1001], status: 'drift', delta: 0.001 },
  { name: 'exactly one percent more is still a drift', golden: [1000, 1000], night: [1010], status: 'drift', delta: 0.01 },
  { name: 'more than one percent regresses', golden: [1000, 1000], night: [1011], status: 'regression', delta: 0.011 },
  { name: 'the worst repetition counts', golden: [1000, 1000], night: [1000, 1050, 990], status: 'regression', delta: 0.05 },
  { name: 'a byte less improves', golden: [1000, 1000], night: [999], status: 'improvement', delta: -0.001 },
  { name: 'from zero there is no ratio, and it is worse', golden: [0, 0], night: [8], status: 'regression', delta: null },
] as const;
for (const { name, golden, night, status, delta } of cases) {
  test(name, () => {
    const finding = judge(golden, night);
    assert.equal(finding?.family, 'threshold');
    assert.equal(finding?.status, status);
    if (delta === null) assert.equal(finding?.delta, null);
    else assert.ok(Math.abs((finding?.delta ?? Number.NaN) - delta) < 1e-12);
  });
}

test('a policy may tolerate a little', () => {
  const policy: Policy = { version: 1, tolerances: [{ metric: 'code.size', drift: 0.02, regression: 0.05 }] };
  assert.equal(judge([1000, 1000], [1020], policy)?.status, 'pass');
  assert.equal(judge([1000, 1000], [1021], policy)?.status, 'drift');
});

test('a value that varies in the baseline is judged by statistics instead', () => {
  assert.equal(judge([1000, 1001, 999], [1000, 1000, 1001])?.family, 'center');
});
