import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryRun } from '../../../analysis/accepted/history-run.ts';
import { judgeRun } from '../../../analysis/judge-run.ts';
import type { SeriesMeasurement } from '../../../wire/measurements.ts';
import type { Finding } from '../../../wire/verdict.ts';
import { createInput, createRun } from '../support/judge-input.ts';
import { createSeries, measureReadings } from '../support/measurements.ts';
import { toHistoryRun } from '../support/nights.ts';

const replays = createSeries({ metric: 'pcie.replays', unit: '1', judgedAs: 'rate', valueKind: 'counter' });

/** Three repetitions of a minute each. */
const watch = (runId: string, count: number): readonly SeriesMeasurement[] => [
  measureReadings(
    runId,
    replays,
    [1, 2, 3].map((repetition) => ({ repetition, kind: 'delta' as const, value: count, exposureS: 60 })),
  ),
];

/** Nights in the order they come, each a count per repetition. */
function judge(counts: readonly number[]): readonly Finding[] {
  const history: HistoryRun[] = [];
  return counts.map((count, i) => {
    const measurements = watch(`n${i}`, count);
    const verdict = judgeRun(createInput(watch('g1', 20_000), measurements, { run: createRun(`n${i}`), history: [...history] }));
    history.push(toHistoryRun(verdict, measurements, i));
    const [finding] = verdict.findings;
    assert.ok(finding !== undefined);
    return finding;
  });
}

test('with five accepted runs seven percent more events regress, which without them is a provisional drift', () => {
  assert.equal(judge([21_400])[0]?.status, 'drift');
  const last = judge([20_010, 19_990, 20_020, 19_980, 20_000, 21_400])[5];
  assert.equal(last?.status, 'regression');
  assert.equal(last?.evidence['provisional'], false);
  assert.equal(last?.evidence['mode'], 'rolling');
});

test('a counter that creeps up is held against the golden runs in the end', () => {
  const findings = judge(Array.from({ length: 60 }, (_, i) => Math.round(20_000 * 1.002 ** i)));
  assert.ok(findings.some((finding) => finding.status === 'regression'));
});

test('no event in five runs and none now passes', () => {
  const last = judge([0, 0, 0, 0, 0, 0])[5];
  assert.ok(last?.status === 'improvement' || last?.status === 'pass');
});
