import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JudgeInput, judgeRun } from '../../analysis/judge-run.ts';
import { toCanonicalJson } from '../../wire/canonical-json.ts';
import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Finding, VerdictStatus } from '../../wire/verdict.ts';
import { createInput } from './support/judge-input.ts';
import { createSeries, measureReadings, measureSamples, measureTotals } from './support/measurements.ts';

const total = createSeries({ metric: 'cpu.cycles', unit: '{cycle}', judgedAs: 'total', valueKind: 'total' });
const positive = fc.double({ min: 0.9, max: 1.1, noNaN: true });
const repetitions = (count: number): fc.Arbitrary<number[]> => fc.array(positive, { minLength: count, maxLength: count });
const ORDER: readonly VerdictStatus[] = ['improvement', 'pass', 'inconclusive', 'drift', 'regression'];

function judgeTotals(golden: readonly number[], night: readonly number[]): Finding {
  const [finding] = judgeRun(createInput([measureTotals('g1', total, golden)], [measureTotals('night', total, night)])).findings;
  assert.ok(finding !== undefined);
  return finding;
}

test('a change of scale changes neither status nor delta', () => {
  fc.assert(
    fc.property(repetitions(5), repetitions(3), fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (golden, night, scale) => {
      const plain = judgeTotals(golden, night);
      const scaled = judgeTotals(
        golden.map((value) => value * scale),
        night.map((value) => value * scale),
      );
      assert.ok(Math.abs((plain.delta ?? 0) - (scaled.delta ?? 0)) < 1e-9);
      assert.ok(Math.abs((plain.pValue ?? 0) - (scaled.pValue ?? 0)) < 1e-6);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('which repetition came first does not matter', () => {
  fc.assert(
    fc.property(repetitions(5), repetitions(3), (golden, night) => {
      const plain = judgeTotals(golden, night);
      const turned = judgeTotals([...golden].reverse(), [...night].reverse());
      assert.equal(plain.status, turned.status);
      assert.ok(Math.abs((plain.delta ?? 0) - (turned.delta ?? 0)) < 1e-12);
    }),
    { numRuns: 100, seed: 2 },
  );
});

test('a slower candidate never gets a better status', () => {
  fc.assert(
    fc.property(repetitions(5), repetitions(3), fc.double({ min: 1, max: 2, noNaN: true }), (golden, night, factor) => {
      const rank = (finding: Finding): number => ORDER.indexOf(finding.status);
      const before = judgeTotals(golden, night);
      const after = judgeTotals(
        golden,
        night.map((value) => value * factor),
      );
      assert.ok(rank(after) >= rank(before), `${before.status} became ${after.status}`);
    }),
    { numRuns: 200, seed: 3 },
  );
});

test('better higher mirrors better lower: the inverse values give the same status', () => {
  const speed = createSeries({ metric: 'speed', unit: 'Hz', better: 'higher', judgedAs: 'total', valueKind: 'total' });
  fc.assert(
    fc.property(repetitions(5), repetitions(3), (golden, night) => {
      const invert = (values: readonly number[]): readonly number[] => values.map((value) => 1 / value);
      const [finding] = judgeRun(
        createInput([measureTotals('g1', speed, invert(golden))], [measureTotals('night', speed, invert(night))]),
      ).findings;
      assert.ok(Math.abs((finding?.pValue ?? 0) - (judgeTotals(golden, night).pValue ?? 0)) < 1e-9);
    }),
    { numRuns: 100, seed: 4 },
  );
});

/** A run of every kind of series. */
function createMixedInput(): JudgeInput {
  const rate = createSeries({ metric: 'pcie.replays', unit: '1', judgedAs: 'rate', valueKind: 'counter' });
  const task = createSeries({ region: 'isr', metric: 'execution.time', judgedAs: 'wcet' });
  const wave = (from: number): readonly (readonly number[])[] =>
    [0, 1, 2].map((k) => Array.from({ length: 250 }, (_, i) => 100 + from + k + 10 * Math.sin(1.7 * i + k)));
  const measure = (runId: string, shift: number): readonly SeriesMeasurement[] => [
    measureSamples(runId, createSeries(), wave(shift)),
    measureSamples(runId, createSeries({ region: 'other' }), wave(2 * shift)),
    measureSamples(runId, task, wave(shift)),
    measureTotals(runId, total, [1e6 + shift, 1e6, 1e6 + 2]),
    measureReadings(
      runId,
      rate,
      [1, 2].map((repetition) => ({ repetition, kind: 'delta' as const, value: 3, exposureS: 60 })),
    ),
  ];
  return createInput([...measure('g1', 0), ...measure('g2', 0.3)], measure('night', 0.1));
}

test('the verdict is equal byte for byte, again and in whatever order its input comes', () => {
  const input = createMixedInput();
  const expected = toCanonicalJson(judgeRun(input));
  assert.equal(toCanonicalJson(judgeRun(input)), expected);
  const turn = <T>(values: readonly T[]): readonly T[] => [...values].reverse();
  const turned: JudgeInput = {
    ...input,
    baseline: input.baseline === null ? null : { ...input.baseline, runs: turn(input.baseline.runs) },
    candidateMeasurements: turn(input.candidateMeasurements).map((one) => ({
      ...one,
      samples: turn(one.samples),
      readings: turn(one.readings),
    })),
    baselineMeasurements: turn(input.baselineMeasurements).map((one) => ({ ...one, samples: turn(one.samples) })),
  };
  assert.equal(toCanonicalJson(judgeRun(turned)), expected);
});

test('whatever the values, a verdict has a JSON form: no NaN, no Infinity', () => {
  const anything = fc.oneof(fc.double(), fc.constant(0), fc.constant(-1), fc.constant(1e308), fc.constant(5e-324), fc.constant(null));
  fc.assert(
    fc.property(
      fc.array(anything, { maxLength: 4 }),
      fc.array(anything, { maxLength: 4 }),
      fc.constantFrom('lower', 'higher', 'either'),
      (golden, night, better) => {
        const series = { ...total, better } as const;
        const rate = createSeries({ metric: 'pcie.replays', unit: '1', judgedAs: 'rate', valueKind: 'counter', better });
        const toReadings = (values: readonly (number | null)[]) =>
          values.map((value, i) => ({ repetition: i + 1, kind: 'delta' as const, value, exposureS: 1 }));
        const input = createInput(
          [measureTotals('g1', series, golden), measureReadings('g1', rate, toReadings(golden))],
          [measureTotals('night', series, night), measureReadings('night', rate, toReadings(night))],
        );
        assert.doesNotThrow(() => toCanonicalJson(judgeRun(input)));
      },
    ),
    { numRuns: 300, seed: 5 },
  );
});
