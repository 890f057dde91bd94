import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryRun } from '../../../analysis/accepted/history-run.ts';
import { judgeRun } from '../../../analysis/judge-run.ts';
import type { SeriesMeasurement } from '../../../wire/measurements.ts';
import { DEFAULT_POLICY, type Policy } from '../../../wire/policy.ts';
import type { Finding } from '../../../wire/verdict.ts';
import { createInput, createRun } from '../support/judge-input.ts';
import { createSeries, measureSamples } from '../support/measurements.ts';
import { toHistoryRun } from '../support/nights.ts';
import { createRandom, drawNormal } from '../support/random.ts';

const task = createSeries({ region: 'isr', metric: 'execution.time', judgedAs: 'wcet' });

/** Execution times of about 1000 ns with an exponential tail of 50 ns, all times `factor`. */
function measure(runId: string, random: () => number, factor = 1, sd = 0.005): readonly SeriesMeasurement[] {
  const repetitions = Array.from({ length: 3 }, () => {
    const level = factor * Math.exp(sd * drawNormal(random));
    return Array.from({ length: 1000 }, () => level * (1000 - 50 * Math.log(1 - random())));
  });
  return [measureSamples(runId, task, repetitions)];
}

/** Nights in the order they come, each all times its factor. */
function judge(factors: readonly number[], policy: Policy = DEFAULT_POLICY): readonly Finding[] {
  const random = createRandom(31);
  const golden = ['g1', 'g2', 'g3'].flatMap((runId) => measure(runId, random));
  const history: HistoryRun[] = [];
  return factors.map((factor, i) => {
    const measurements = measure(`n${i}`, random, factor);
    const verdict = judgeRun(createInput(golden, measurements, { run: createRun(`n${i}`), history: [...history], policy }));
    history.push(toHistoryRun(verdict, measurements, i));
    const [finding] = verdict.findings;
    assert.ok(finding !== undefined);
    return finding;
  });
}

test('a tail 14 % longer is a provisional drift without history, and a regression with it', () => {
  assert.equal(judge([1.14])[0]?.status, 'drift');
  const last = judge([1, 1, 1, 1, 1, 1, 1.14])[6];
  assert.equal(last?.status, 'regression');
  assert.ok(!last?.reasons.some((reason) => reason.code === 'provisional'));
});

test('a thin margin every night keeps nothing out of history', () => {
  const policy: Policy = { version: 1, budgets: [{ task: 'isr', value: 1700, unit: 'ns' }] };
  const findings = judge([1, 1, 1, 1, 1, 1, 1.14], policy);
  assert.ok(findings.slice(0, 6).every((finding) => finding.status === 'drift'));
  assert.equal(findings[6]?.status, 'regression');
});

test('a tail that creeps is held against the golden runs', () => {
  const policy: Policy = { version: 1, tolerances: [{ metric: 'execution.time', drift: 0.09, regression: 0.1 }] };
  const findings = judge(
    Array.from({ length: 30 }, (_, i) => 1.006 ** i),
    policy,
  );
  const regressed = findings.find((finding) => finding.status === 'regression');
  assert.ok(regressed !== undefined);
  assert.ok(findings.some((finding) => finding.reasons.some((reason) => reason.code === 'golden_guard')));
});
