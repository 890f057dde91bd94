import type { HistoryRun } from '../../analysis/accepted/history-run.ts';
import { type JudgeInput, judgeRun } from '../../analysis/index.ts';
import { createInput, createRun } from '../../test/analysis/support/judge-input.ts';
import { aggregate, createSeries } from '../../test/analysis/support/measurements.ts';
import { drawNormal } from '../../test/analysis/support/random.ts';
import type { SampleRepetition, SeriesMeasurement } from '../../wire/measurements.ts';
import type { Verdict } from '../../wire/verdict.ts';
import { createStream, drawSamples, type Scenario } from './generate.ts';

/** A stream of nights of one scenario: raw samples, what the store would aggregate of them, and judging in the order they come. */
export type Night = {
  readonly runId: string;
  /** Per series and repetition, in the order of taking. */
  readonly raw: readonly (readonly Float64Array[])[];
  readonly measurements: readonly SeriesMeasurement[];
};

/** What a night's changed series carry: a shift of everything, or a stretch of what lies above the p90. */
export type Effect = { readonly kind: 'shift' | 'tail'; readonly size: number; readonly seriesCount: number };

export type Stream = {
  /** @param only series to measure, by id; all without it */
  readonly drawNight: (runId: string, repetitions: number, only?: ReadonlySet<string>) => Night;
  /** Judges without remembering: `history` and `follows` as given. */
  readonly judge: (golden: Night, night: Night, overrides?: Partial<JudgeInput>) => Verdict;
};

/** Names that tell series apart, in order. */
export function toRegion(index: number): string {
  return `k${String(index).padStart(3, '0')}`;
}

export function createNights(
  scenario: Scenario,
  options: { readonly seed: number; readonly series: number; readonly samples: number },
): Stream {
  const { random, levels } = createStream(options.seed, options.series);
  const definitions = levels.map((_, i) => createSeries({ region: toRegion(i) }));
  return {
    drawNight: (runId, repetitions, only) => {
      const raw = levels.map((level, i) => {
        if (only?.has(definitions[i]?.seriesId ?? '') === false) return [];
        const own = level + scenario.runSd * drawNormal(random);
        return Array.from({ length: repetitions }, () => drawSamples(scenario, own, options.samples, random));
      });
      const measurements = definitions.map((series, i) => toMeasurement(runId, series, raw[i] ?? []));
      return { runId, raw, measurements };
    },
    judge: (golden, night, overrides = {}) =>
      judgeRun(createInput(golden.measurements, night.measurements, { run: createRun(night.runId), ...overrides })),
  };
}

function toMeasurement(runId: string, series: SeriesMeasurement['series'], raw: readonly Float64Array[]): SeriesMeasurement {
  const samples = raw.map((values, i) => aggregate([...values], i + 1, 1));
  return { runId, series, conflicting: false, samples, readings: [], histograms: [] };
}

/** The same night with its first series changed. */
export function applyEffect(night: Night, effect: Effect, runId = night.runId): Night {
  const change = (samples: Float64Array): Float64Array => {
    if (effect.kind === 'shift') return samples.map((value) => value * (1 + effect.size));
    const sorted = samples.slice().sort();
    const from = sorted[Math.floor(0.9 * sorted.length)] ?? 0;
    // The p99 moves by the effect, the p90 and the median stay.
    const far = sorted[Math.floor(0.99 * sorted.length)] ?? 0;
    const stretch = 1 + (effect.size * far) / (far - from);
    return samples.map((value) => (value > from ? from + (value - from) * stretch : value));
  };
  const raw = night.raw.map((repetitions, i) => (i < effect.seriesCount ? repetitions.map(change) : repetitions));
  const measurements = night.measurements.map((measurement, i) => {
    const moved = { ...measurement, runId };
    if (i >= effect.seriesCount) return moved;
    if (effect.kind === 'tail') return toMeasurement(runId, measurement.series, raw[i] ?? []);
    return { ...moved, samples: measurement.samples.map((one) => shift(one, Math.log1p(effect.size))) };
  });
  return { runId, raw, measurements };
}

/** A factor moves every logarithm by the same amount, and no variance. */
function shift(repetition: SampleRepetition, log: number): SampleRepetition {
  const { centre, p50, p90, p99, p99Smoothed, p999, p999Smoothed, maximum } = repetition.statistics;
  const add = (value: number | null): number | null => (value === null ? null : value + log);
  return {
    ...repetition,
    minimum: repetition.minimum * Math.exp(log),
    maximum: repetition.maximum * Math.exp(log),
    statistics: {
      centre: add(centre),
      p50: add(p50),
      p90: add(p90),
      p99: add(p99),
      p99Smoothed: add(p99Smoothed),
      p999: add(p999),
      p999Smoothed: add(p999Smoothed),
      maximum: add(maximum),
    },
  };
}

/** A judged night as later nights' history. */
export function remember(verdict: Verdict, night: Night, order: number): HistoryRun {
  return {
    run: createRun(night.runId),
    sealedAtNs: String(order),
    baselineId: verdict.baseline?.id ?? null,
    findings: verdict.findings.map(({ seriesId, statistic, status, since, candidate, tolerance, reasons }) => ({
      seriesId,
      statistic,
      status,
      since,
      candidate,
      tolerance,
      reasons,
    })),
    measurements: night.measurements,
  };
}
