import type { Statistic } from '../../wire/policy.ts';
import type { Reason } from '../../wire/verdict.ts';
import { computeMean, computeMedian } from '../compare/averages.ts';
import type { RepetitionLogs } from '../compare/compare-series.ts';
import type { Tolerance } from '../compare/tolerances.ts';
import type { SeriesPair } from '../pair-series.ts';
import type { RunValues } from './repetition-values.ts';

/** One series and statistic with both sides' numbers, past every gate and ready to compare. */
export type Entry = {
  readonly pair: SeriesPair;
  readonly family: 'center' | 'tail';
  readonly statistic: Statistic;
  /** How the numbers came about; entries of one shape and statistic share what they know about noise. */
  readonly shape: 'samples' | 'total' | 'histogram';
  /** What exactly was computed per repetition, for the evidence. */
  readonly estimator: string;
  readonly baseline: readonly RunValues[];
  readonly candidate: RunValues;
  readonly tolerance: Tolerance;
  /** Left out, instead of inconclusive, when the noise hides a change of the tolerated size. */
  readonly optional: boolean;
  /** Buckets too coarse for a regression: a drift at most. */
  readonly resolutionLimited: boolean;
  /** Reasons that keep this from passing whatever the numbers say. */
  readonly withheld: readonly Reason[];
};

/** An entry's numbers as the comparison takes them; runs without a usable repetition are left out. */
export function toRepetitionLogs(entry: Entry): RepetitionLogs {
  const runs = [...entry.baseline, entry.candidate].filter((run) => run.values.length > 0);
  const batchVariances = runs.flatMap((run) => run.values.map((value) => value.batchVariance));
  const known = batchVariances.filter((variance) => variance !== null);
  return {
    reference: entry.baseline.filter((run) => run.values.length > 0).map((run) => run.values.map((value) => value.log)),
    candidate: entry.candidate.values.map((value) => value.log),
    batchVariance: known.length === batchVariances.length && known.length > 0 ? computeMean(known) : null,
  };
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
