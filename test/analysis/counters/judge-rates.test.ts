import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAbsoluteLimit } from '../../../analysis/counters/absolute-limit.ts';
import { toRunEvents } from '../../../analysis/counters/exposure.ts';
import { judgeRun } from '../../../analysis/judge-run.ts';
import type { Reading } from '../../../wire/measurements.ts';
import type { Policy } from '../../../wire/policy.ts';
import type { Finding } from '../../../wire/verdict.ts';
import { createInput } from '../support/judge-input.ts';
import { createSeries, measureReadings, measureTotals } from '../support/measurements.ts';

const series = createSeries({ region: 'link0', metric: 'nvlink.replay_errors', unit: '1', judgedAs: 'rate', valueKind: 'counter' });

/** One `delta` reading a repetition, watched for `exposureS` each. */
function toDeltas(counts: readonly number[], exposureS: number | null = 600): readonly Partial<Reading>[] {
  return counts.map((value, i) => ({ repetition: i + 1, kind: 'delta', value, exposureS }));
}

function judgeCounts(golden: readonly Partial<Reading>[], night: readonly Partial<Reading>[], policy?: Policy): Finding {
  const input = createInput(
    [measureReadings('g1', series, golden)],
    [measureReadings('night', series, night)],
    policy === undefined ? {} : { policy },
  );
  const [finding] = judgeRun(input).findings;
  assert.ok(finding !== undefined);
  return finding;
}

const stated: Policy = { version: 1, tolerances: [{ metric: 'nvlink.replay_errors', drift: 0.5, regression: 1 }] };
const cases = [
  { name: 'nothing on either side passes', golden: [0, 0, 0], night: [0, 0, 0], status: 'pass', rule: 'no_event' },
  { name: 'three replays against two pass: rare', golden: [1, 0, 1], night: [2, 0, 1], status: 'pass', rule: 'rare' },
  { name: 'nothing before and nine now regress', golden: [0, 0, 0], night: [3, 4, 2], status: 'regression', rule: 'worse' },
  {
    name: 'ten thousand events without a change pass',
    golden: [20000, 20020, 19980],
    night: [19990, 20010, 20000],
    status: 'pass',
    rule: 'non_inferior',
  },
  {
    name: 'seven percent more of twenty thousand is a drift',
    golden: [20000, 20020, 19980],
    night: [21400, 21420, 21380],
    status: 'drift',
    rule: 'worse',
  },
  {
    name: 'twelve percent more of twenty thousand regresses',
    golden: [20000, 20020, 19980],
    night: [22400, 22420, 22380],
    status: 'regression',
    rule: 'worse',
  },
  { name: 'half of the events improve', golden: [200, 210, 190], night: [100, 95, 105], status: 'improvement', rule: 'better' },
  {
    name: 'a hundred events that exclude a doubling pass',
    golden: [100, 104, 96],
    night: [101, 99, 103],
    status: 'pass',
    rule: 'doubling_excluded',
  },
  {
    name: 'worse before correction only is inconclusive',
    golden: [5, 5, 5],
    night: [9, 9, 9],
    status: 'inconclusive',
    rule: 'suspect',
    others: 40,
  },
] as const;
for (const { name, golden, night, status, rule, ...rest } of cases) {
  test(name, () => {
    const others = Array.from({ length: 'others' in rest ? rest.others : 0 }, (_, i) =>
      createSeries({ ...series, seriesId: `o${i}`, region: `x${i}` }),
    );
    const quiet = toDeltas([5, 5, 5]);
    const input = createInput(
      [measureReadings('g1', series, toDeltas(golden)), ...others.map((one) => measureReadings('g1', one, quiet))],
      [measureReadings('night', series, toDeltas(night)), ...others.map((one) => measureReadings('night', one, quiet))],
    );
    const finding = judgeRun(input).findings.find((one) => one.region === 'link0');
    assert.equal(finding?.status, status);
    assert.equal(finding?.evidence['rule'], rule);
  });
}

test('a policy that states a tolerance must be testable: too few events are inconclusive', () => {
  const finding = judgeCounts(toDeltas([1, 0, 1]), toDeltas([2, 0, 1]), stated);
  assert.equal(finding.status, 'inconclusive');
  assert.equal(finding.reasons[0]?.code, 'too_few_events');
});

test('nothing happening passes even a stated tolerance', () => {
  assert.equal(judgeCounts(toDeltas([0, 0, 0]), toDeltas([0, 0, 0]), stated).status, 'pass');
});

test('from zero events there is no ratio: delta is null and the reason says so', () => {
  const finding = judgeCounts(toDeltas([0, 0, 0]), toDeltas([3, 4, 2]));
  assert.equal(finding.delta, null);
  assert.ok(finding.reasons.some((reason) => reason.code === 'not_positive'));
});

test('without exposure a rate is inconclusive', () => {
  const finding = judgeCounts(toDeltas([3, 3], null), toDeltas([3, 3], null));
  assert.equal(finding.status, 'inconclusive');
  assert.equal(finding.reasons[0]?.code, 'no_exposure');
});

test('watching for less than half of the usual time is starved, not a pass', () => {
  const finding = judgeCounts(toDeltas([0, 0, 0]), toDeltas([0, 0, 0], 200));
  assert.equal(finding.status, 'inconclusive');
  assert.equal(finding.reasons[0]?.code, 'starved');
});

test('twice the exposure with twice the events is no change', () => {
  assert.equal(judgeCounts(toDeltas([5000, 5000]), toDeltas([10000, 10000], 1200)).delta, 0);
});

const second = (s: number): string => `${BigInt(s) * 1_000_000_000n}`;
const standing = (value: number, s: number): Partial<Reading> => ({ kind: 'cumulative', value, atNs: second(s) });

test('a cumulative counter counts what it grew between readings, watched for the time between them', () => {
  const events = toRunEvents(measureReadings('r', series, [standing(107, 60), standing(100, 0), standing(110, 90)]));
  assert.deepEqual(events.repetitions, [{ repetition: 1, eventCount: 10, exposureS: 90 }]);
});

test('a counter that went backwards loses that interval and says so', () => {
  const events = toRunEvents(measureReadings('r', series, [standing(100, 0), standing(104, 60), standing(3, 120), standing(5, 180)]));
  assert.deepEqual(events.repetitions, [{ repetition: 1, eventCount: 6, exposureS: 120 }]);
  assert.deepEqual(events.reasons, [{ code: 'counter_reset', detail: 'repetition 1: 104 fell to 3' }]);
});

test('a reset in the candidate keeps a rate from passing', () => {
  const night = [standing(100, 0), standing(100, 600), standing(0, 1200), standing(0, 1800)];
  const finding = judgeCounts([standing(0, 0), standing(0, 1800)], night);
  assert.equal(finding.status, 'inconclusive');
  assert.ok(finding.reasons.some((reason) => reason.code === 'counter_reset'));
});

test('a single reading of a cumulative counter shows no increase', () => {
  assert.deepEqual(toRunEvents(measureReadings('r', series, [standing(100, 0)])).repetitions, []);
});

test('one kernel panic fails a run, with or without a baseline', () => {
  const panic = createSeries({ region: 'kernel', metric: 'kernel.panic', unit: '1', judgedAs: 'rate', valueKind: 'counter' });
  const night = measureReadings('night', panic, toDeltas([1]));
  assert.equal(judgeRun(createInput([], [night])).status, 'regression');
  assert.equal(judgeRun(createInput([measureReadings('g1', panic, toDeltas([0]))], [night])).status, 'regression');
});

// R: ppois(n - 1, 2, lower.tail = FALSE) for two events an hour.
const limits = [
  { eventCount: 0, status: 'pass' },
  { eventCount: 2, status: 'pass' },
  { eventCount: 3, status: 'drift' },
  { eventCount: 5, status: 'drift' },
  { eventCount: 6, status: 'regression' },
];
for (const { eventCount, status } of limits) {
  test(`${eventCount} oopses in an hour against a limit of two an hour: ${status}`, () => {
    assert.equal(checkAbsoluteLimit({ eventCount, exposureS: 3600, limitPerS: 2 / 3600 }).status, status);
  });
}

test('a limit of zero is broken by the first event', () => {
  assert.equal(checkAbsoluteLimit({ eventCount: 1, exposureS: 3600, limitPerS: 0 }).status, 'regression');
  assert.equal(checkAbsoluteLimit({ eventCount: 0, exposureS: 3600, limitPerS: 0 }).status, 'pass');
});

test('totals that hold a zero are tested as counts per repetition', () => {
  const misses = createSeries({ metric: 'cpu.cache_misses', unit: '1', judgedAs: 'total', valueKind: 'total' });
  const judge = (golden: readonly number[], night: readonly number[]): Finding | undefined =>
    judgeRun(createInput([measureTotals('g1', misses, golden)], [measureTotals('night', misses, night)])).findings[0];
  assert.equal(judge([0, 1, 0], [0, 0, 1])?.status, 'pass');
  assert.equal(judge([0, 1, 0], [30, 40, 20])?.status, 'regression');
  assert.equal(judge([0, 1, 0], [30, 40, 20])?.family, 'rate');
});
