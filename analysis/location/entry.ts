import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Statistic } from '../../wire/policy.ts';
import type { Reason } from '../../wire/verdict.ts';
import { toSuiteShiftId } from '../accepted/history-run.ts';
import { computeMean, computeMedian } from '../compare/averages.ts';
import type { RepetitionLogs } from '../compare/compare-series.ts';
import type { Tolerance } from '../compare/tolerances.ts';
import type { Judging } from '../judging.ts';
import { isSameDefinition, type SeriesPair } from '../pair-series.ts';
import type { RunValues } from './repetition-values.ts';

/** One series and statistic with both sides' numbers, past every gate and ready to compare. */
export type Entry = {
  readonly pair: SeriesPair;
  readonly family: 'center' | 'tail';
  readonly statistic: Statistic;
  /** How the numbers came about; entries of one shape and statistic share what they know about noise. */
  readonly shape: 'samples' | 'total' | 'histogram' | 'suite';
  /** What exactly was computed per repetition, for the evidence. */
  readonly estimator: string;
  readonly baseline: readonly RunValues[];
  /** Accepted runs since the promotion, oldest first; those without a usable repetition are left out. */
  readonly history: readonly RunValues[];
  readonly candidate: RunValues;
  readonly tolerance: Tolerance;
  /** Left out, instead of inconclusive, when the noise hides a change of the tolerated size. */
  readonly optional: boolean;
  /** Buckets too coarse for a regression: a drift at most. */
  readonly resolutionLimited: boolean;
  /** What moved all series of a process together has been taken out of the numbers. */
  readonly commonModeRemoved: boolean;
  /** Reasons that keep this from passing whatever the numbers say. */
  readonly withheld: readonly Reason[];
};

/** What names the shift of a whole suite: the common mode of its series (VERDICTS 3.2), as a ratio to the golden level. */
export const SUITE_SHIFT = { region: 'suite', metric: 'suite.shift', nativeMetric: 'suite.shift', unit: '1', better: 'lower' } as const;

/** An entry's numbers as the comparison takes them; runs without a usable repetition are left out. */
export function toRepetitionLogs(entry: Entry): RepetitionLogs {
  const runs = [...entry.baseline, ...entry.history, entry.candidate].filter((run) => run.values.length > 0);
  const batchVariances = runs.flatMap((run) => run.values.map((value) => value.batchVariance));
  const known = batchVariances.filter((variance) => variance !== null);
  return {
    golden: toGroups(entry.baseline),
    history: toGroups(entry.history),
    candidate: entry.candidate.values.map((value) => value.log),
    batchVariance: known.length === batchVariances.length && known.length > 0 ? computeMean(known) : null,
  };
}

function toGroups(runs: readonly RunValues[]): readonly (readonly number[])[] {
  return runs.filter((run) => run.values.length > 0).map((run) => run.values.map((value) => value.log));
}

/**
 * The accepted history of a series and statistic as values: runs that define the series otherwise, or whose values carry a reason against
 * judging (a flag, a zero), are left out whole, and so are runs in which the whole suite shifted and nobody accepted it.
 * @param toValues how a run's measurement becomes one number a repetition
 */
export function selectHistory(
  judging: Judging,
  pair: SeriesPair,
  name: Pick<Entry, 'shape' | 'statistic'>,
  toValues: (measurement: SeriesMeasurement) => RunValues,
): readonly RunValues[] {
  const { statistic } = name;
  const shiftId = toSuiteShiftId(name.shape, statistic);
  return judging.history
    .select(pair.series.seriesId, statistic, (runId) => !judging.history.isHeldBack(shiftId, statistic, runId))
    .filter((measurement) => !measurement.conflicting && isSameDefinition(measurement.series, pair.series))
    .map(toValues)
    .filter((run) => run.values.length > 0 && run.reasons.length === 0);
}

/**
 * Starved (VERDICTS 15.2): less than half of the usual repetitions, or of the usual samples in a repetition. Usual is the median over the
 * golden runs' repetition counts, and over their repetitions' sample counts.
 */
export function checkStarved(baseline: readonly RunValues[], candidate: RunValues): Reason | null {
  const usualRepetitions = computeMedian(baseline.map((run) => run.values.length));
  if (candidate.values.length < usualRepetitions / 2) {
    return { code: 'starved', detail: `${candidate.values.length} usable repetitions, ${usualRepetitions} are usual` };
  }
  const usualSamples = computeMedian(baseline.flatMap((run) => run.values.map((value) => value.sampleCount)));
  const samples = computeMedian(candidate.values.map((value) => value.sampleCount));
  if (samples >= usualSamples / 2) return null;
  return { code: 'starved', detail: `${samples} samples a repetition, ${usualSamples} are usual` };
}

/** Usable repetitions over all runs. */
export function countRepetitions(runs: readonly RunValues[]): number {
  return runs.reduce((sum, run) => sum + run.values.length, 0);
}
