import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRun } from '../../analysis/judge-run.ts';
import { toCanonicalJson } from '../../wire/canonical-json.ts';
import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Policy } from '../../wire/policy.ts';
import type { SeriesDefinition, Verdict } from '../../wire/verdict.ts';
import { createInput, createRun, ENVIRONMENT } from './support/judge-input.ts';
import { createSeries, measureReadings, measureSamples, measureTotals } from './support/measurements.ts';
import { createRandom, drawNormal } from './support/random.ts';

const latency = createSeries();

type Noise = { readonly seed: number; readonly sd?: number; readonly count?: number; readonly factor?: number; readonly spread?: number };

/** Repetitions of lognormal samples around 100: `sd` between repetitions, `spread` within. */
function draw(repetitions: number, { seed, sd = 0.005, count = 400, factor = 1, spread = 0.05 }: Noise): readonly (readonly number[])[] {
  const random = createRandom(seed);
  return Array.from({ length: repetitions }, () => {
    const level = Math.log(100 * factor) + sd * drawNormal(random);
    return Array.from({ length: count }, () => Math.exp(level + spread * drawNormal(random)));
  });
}

const golden = (series: SeriesDefinition = latency, seed = 1): SeriesMeasurement => measureSamples('g1', series, draw(5, { seed }));
const night = (noise: Partial<Noise> = {}, series: SeriesDefinition = latency, repetitions = 3): SeriesMeasurement =>
  measureSamples('night', series, draw(repetitions, { seed: 2, ...noise }));

const judge = (candidate: readonly SeriesMeasurement[], baseline: readonly SeriesMeasurement[] = [golden()], policy?: Policy): Verdict =>
  judgeRun(createInput(baseline, candidate, policy === undefined ? {} : { policy }));
const codesOf = (verdict: Verdict): readonly string[] => verdict.reasons.map((reason) => reason.code);

const statuses: readonly { readonly name: string; readonly candidate: SeriesMeasurement; readonly status: string }[] = [
  { name: 'the same again passes', candidate: night(), status: 'pass' },
  { name: 'three percent slower drifts', candidate: night({ factor: 1.03 }), status: 'drift' },
  { name: 'seven percent slower is provisional: a drift', candidate: night({ factor: 1.07 }), status: 'drift' },
  { name: 'fifteen percent slower regresses', candidate: night({ factor: 1.15 }), status: 'regression' },
  { name: 'ten percent faster improves', candidate: night({ factor: 0.9 }), status: 'improvement' },
  { name: 'wild noise is inconclusive', candidate: night({ sd: 0.3 }), status: 'inconclusive' },
];
for (const { name, candidate, status } of statuses) {
  test(name, () => assert.equal(judge([candidate]).status, status));
}

test('a provisional drift keeps the delta that a regression would have, and says why it is none', () => {
  const finding = judge([night({ factor: 1.07 })]).findings.find((one) => one.statistic === 'centre');
  assert.ok((finding?.delta ?? 0) > 0.05);
  assert.deepEqual(
    finding?.reasons.map((reason) => reason.code),
    ['drifted', 'provisional'],
  );
  assert.equal(finding?.since, 'night');
});

test('throughput ten percent down is exactly as bad as the policy says', () => {
  const throughput = createSeries({ metric: 'throughput', unit: 'Hz', better: 'higher' });
  const policy: Policy = { version: 1, tolerances: [{ metric: 'throughput', drift: 0.02, regression: 0.1 }] };
  const verdict = judge([night({ factor: 0.9 }, throughput)], [golden(throughput)], policy);
  const finding = verdict.findings.find((one) => one.statistic === 'centre');
  assert.equal(finding?.status, 'drift');
  assert.ok(Math.abs((finding?.delta ?? 0) - 0.1) < 0.01);
  assert.ok((finding?.change ?? 0) < 0);
});

test('without a baseline nothing passes, and nothing else is held against the run', () => {
  const verdict = judge([night()], []);
  assert.equal(verdict.status, 'inconclusive');
  assert.deepEqual(codesOf(verdict), ['no_baseline']);
  assert.equal(verdict.comparability.status, 'no_baseline');
  assert.equal(verdict.score, null);
  assert.equal(verdict.baseline, null);
});

test('a baseline of another class is not compared with', () => {
  const input = createInput([golden()], [night({ factor: 2 })]);
  const verdict = judgeRun({ ...input, run: createRun('night', { environment: { ...ENVIRONMENT, emulated: true } }) });
  assert.equal(verdict.status, 'inconclusive');
  assert.deepEqual(codesOf(verdict), ['incomparable', 'emulated_clock']);
});

test('a series that is gone blocks', () => {
  const other = createSeries({ region: 'other' });
  const verdict = judge([night()], [golden(), golden(other, 3)]);
  assert.equal(verdict.status, 'inconclusive');
  assert.ok(codesOf(verdict).includes('missing_in_candidate'));
});

test('a regression is not hidden by a series that is gone', () => {
  const verdict = judge([night({ factor: 1.2 })], [golden(), golden(createSeries({ region: 'other' }), 3)]);
  assert.equal(verdict.status, 'regression');
});

test('a series that only one of three golden runs has may be gone', () => {
  const other = createSeries({ region: 'other' });
  const runs = ['g1', 'g2', 'g3'].map((runId, i) => ({ ...golden(latency, i + 1), runId }));
  assert.equal(judge([night()], [...runs, golden(other, 9)]).status, 'pass');
});

test('less than half of the usual samples is starved', () => {
  const verdict = judge([night({ count: 190 })]);
  assert.equal(verdict.status, 'inconclusive');
  assert.ok(codesOf(verdict).includes('starved'));
});

test('exactly half of the usual samples is enough', () => {
  assert.ok(!codesOf(judge([night({ count: 200 })])).includes('starved'));
});

test('less than half of the usual repetitions is starved', () => {
  const verdict = judge([night({}, latency, 2)]);
  assert.equal(verdict.status, 'inconclusive');
  assert.ok(codesOf(verdict).includes('starved'));
});

test('a new series is shown and holds nothing up', () => {
  const added = createSeries({ region: 'new' });
  const verdict = judge([night(), night({}, added)]);
  assert.equal(verdict.status, 'pass');
  assert.equal(verdict.findings.find((one) => one.region === 'new')?.reasons[0]?.code, 'missing_in_baseline');
});

test('a run with nothing to judge is inconclusive', () => {
  const verdict = judge(
    [night({}, createSeries({ region: 'new' }))],
    [measureSamples('g1', createSeries({ metric: 'gpu.power', judgedAs: 'context' }), draw(3, { seed: 1 }))],
  );
  assert.deepEqual(codesOf(verdict), ['nothing_judged']);
});

test('a flipped direction is a changed definition, never an improvement', () => {
  const flipped = { ...latency, better: 'higher' as const };
  const verdict = judge([night({ factor: 1.5 }, flipped)]);
  assert.equal(verdict.status, 'inconclusive');
  assert.equal(verdict.findings[0]?.reasons[0]?.code, 'definition_changed');
});

test('payloads that disagree about a series are not judged', () => {
  assert.equal(judge([{ ...night(), conflicting: true }]).findings[0]?.reasons[0]?.code, 'definition_conflict');
});

for (const value of [0, -5, Number.NaN]) {
  test(`a sample of ${value} is inconclusive and leaves no NaN`, () => {
    const poisoned = draw(3, { seed: 2 }).map((values, i) => (i === 0 ? [value, ...values.slice(1)] : values));
    const verdict = judge([measureSamples('night', latency, poisoned)]);
    assert.notEqual(verdict.status, 'pass');
    assert.doesNotThrow(() => toCanonicalJson(verdict));
  });
}

test('one golden and one candidate repetition never fail a run without history', () => {
  const single = measureSamples('g1', latency, draw(1, { seed: 1 }));
  assert.equal(judge([night({ factor: 3 }, latency, 1)], [single]).status, 'drift');
  assert.notEqual(judge([night({}, latency, 1)], [single]).status, 'regression');
});

test('a wild golden baseline cannot make a slow run pass', () => {
  const wild = measureSamples('g1', latency, draw(5, { seed: 1, sd: 0.4 }));
  assert.equal(judge([night({ factor: 1.3 })], [wild]).status, 'inconclusive');
});

test('what the policy requires and nobody measured blocks', () => {
  const policy: Policy = { version: 1, required: [{ metric: 'throughput' }] };
  assert.ok(codesOf(judge([night()], [golden()], policy)).includes('required_missing'));
  const elsewhere: Policy = { version: 1, required: [{ metric: 'throughput', suite: 'weekly' }] };
  assert.equal(judge([night()], [golden()], elsewhere).status, 'pass');
});

test('a context series is judged only when the policy names it', () => {
  const power = createSeries({ metric: 'gpu.power', unit: 'W', judgedAs: 'context' });
  const measured = [night(), night({ factor: 1.5 }, power)];
  const baseline = [golden(), golden(power, 4)];
  assert.equal(judge(measured, baseline).status, 'pass');
  assert.equal(judge(measured, baseline, { version: 1, required: [{ metric: 'gpu.power' }] }).status, 'regression');
});

test('totals are compared, and one that the machine cannot count holds nothing up', () => {
  const cycles = createSeries({ metric: 'cpu.cycles', unit: '{cycle}', judgedAs: 'total', valueKind: 'total' });
  const absent = createSeries({ metric: 'cpu.stalled_frontend', unit: '{cycle}', judgedAs: 'total', valueKind: 'total' });
  const none = (runId: string): SeriesMeasurement => measureReadings(runId, absent, [{ quality: ['not_supported'] }]);
  const base = measureTotals('g1', cycles, [1e9, 1.001e9, 0.999e9, 1.002e9, 1e9]);
  assert.equal(judge([measureTotals('night', cycles, [1.001e9, 1e9, 1.0005e9]), none('night')], [base, none('g1')]).status, 'pass');
  assert.equal(judge([measureTotals('night', cycles, [1.2e9, 1.21e9, 1.2e9]), none('night')], [base, none('g1')]).status, 'regression');
});

test('a total that was counted before and is not now blocks', () => {
  const cycles = createSeries({ metric: 'cpu.cycles', unit: '{cycle}', judgedAs: 'total', valueKind: 'total' });
  const lost = measureReadings('night', cycles, [{ quality: ['not_counted'] }]);
  assert.equal(judge([lost], [measureTotals('g1', cycles, [1e9, 1e9, 1e9])]).status, 'inconclusive');
});

test('tails are judged where the baseline can carry them', () => {
  const statistics = (count: number): readonly (string | null)[] =>
    judge([night({ count })], [measureSamples('g1', latency, draw(5, { seed: 1, count }))]).findings.map((finding) => finding.statistic);
  assert.deepEqual(statistics(50), ['centre']);
  assert.deepEqual(statistics(150), ['centre', 'p90']);
  assert.deepEqual(statistics(400), ['centre', 'p90', 'p99']);
  assert.deepEqual(statistics(1000), ['centre', 'p90', 'p99', 'p999']);
});

test('fewer than thirty samples a repetition are too few for a centre', () => {
  const verdict = judge([night({ count: 29 })], [measureSamples('g1', latency, draw(5, { seed: 1, count: 29 }))]);
  assert.equal(verdict.findings[0]?.reasons[0]?.code, 'too_few_samples');
  assert.equal(verdict.status, 'inconclusive');
});

test('more than a fifth of the findings inconclusive makes the run so; exactly a fifth does not', () => {
  const few = createSeries({ region: 'few' });
  const baseFew = measureSamples('g1', few, draw(5, { seed: 5, count: 20 }));
  const regions = (count: number): readonly SeriesDefinition[] =>
    Array.from({ length: count }, (_, i) => createSeries({ region: `r${i}`, better: 'either' }));
  const judgeWith = (count: number): Verdict =>
    judge(
      [night({ count: 20 }, few), ...regions(count).map((one) => night({}, one))],
      [baseFew, ...regions(count).map((one, i) => golden(one, 10 + i))],
    );
  assert.equal(judgeWith(4).status, 'pass');
  assert.deepEqual(
    codesOf(judgeWith(3)).filter((code) => code !== 'provisional'),
    ['too_many_inconclusive'],
  );
});
