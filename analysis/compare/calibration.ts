import { at } from './at.ts';
import { computeMean } from './averages.ts';
import { normalUpperQuantile, studentUpperProbability } from './distributions.ts';
import { computeReference } from './reference.ts';
import type { RunComponent } from './run-component.ts';

/** Fewest null scores from which a tail is drawn (VERDICTS 3.6). */
const MINIMUM_SCORES = 500;
/** Share of the null scores that make the tail: 2 %, at least 30 of them. */
const TAIL_SHARE = 0.02;
const TAIL_MINIMUM_SCORES = 30;
/** Scores end here, at z = 7.94: the tail is not drawn on beyond what a double of 1 - p still holds. */
const SMALLEST_PROBABILITY = 1e-15;

/** One series as its null scores need it: runs of one binary, and how much repetitions and runs scatter. */
export type NullSeries = {
  /** Runs that are judged. */
  readonly runs: readonly (readonly number[])[];
  /** Runs that only serve as reference. */
  readonly others: readonly (readonly number[])[];
  readonly repetition: { readonly variance: number; readonly df: number };
  readonly run: RunComponent;
};

/** The tail of scores under no change: beyond `threshold`, P(score > z) = share exp(-(z - threshold) / meanExcess). */
export type NullTail = { readonly share: number; readonly threshold: number; readonly meanExcess: number };

/** Tails of both directions. */
export type Calibration = { readonly worse: NullTail; readonly better: NullTail };

/**
 * Calibrates p values on accepted history (VERDICTS 3.6): every run is judged against the other runs of its series, and the tail of those
 * scores is what a score is worth here. A run of another size than the candidate serves as well: scores are in units of its own noise.
 * Cost: O(series x runs^2).
 * @param series each with at least two runs
 * @returns null with fewer than 500 scores in all
 */
export function calibrate(series: readonly NullSeries[]): Calibration | null {
  const scores = series.flatMap(computeNullScores);
  if (scores.length < MINIMUM_SCORES) return null;
  return { worse: fitTail(scores), better: fitTail(scores.map((score) => -score)) };
}

/**
 * A p value as the null scores see it, never smaller than it was, and never smaller for a smaller score.
 * @param probability one-sided, 0..1
 */
export function applyTail(probability: number, tail: NullTail): number {
  const score = normalUpperQuantile(Math.max(probability, SMALLEST_PROBABILITY));
  if (tail.meanExcess <= 0) return probability;
  // Below the threshold more than `share` of the null scores lie beyond: a larger score never gets a larger p.
  return Math.max(probability, tail.share * Math.exp(-Math.max(0, score - tail.threshold) / tail.meanExcess));
}

/** The z of each run against the rest of its series, positive for worse. */
function computeNullScores({ runs, others, repetition, run: component }: NullSeries): readonly number[] {
  return runs.flatMap((run, i) => {
    const rest = [...others, ...runs.filter((_, k) => k !== i)];
    const reference = computeReference(rest, repetition.variance, component.variance);
    const variance = component.variance + repetition.variance / run.length + reference.variance;
    if (!(variance > 0)) return [];
    const df = variance ** 2 / ((variance - component.variance) ** 2 / repetition.df + component.variance ** 2 / component.df);
    const t = (computeMean(run) - reference.level) / Math.sqrt(variance);
    const score = normalUpperQuantile(Math.max(studentUpperProbability(Math.abs(t), df), SMALLEST_PROBABILITY));
    return [t < 0 ? -score : score];
  });
}

function fitTail(scores: readonly number[]): NullTail {
  const share = Math.max(TAIL_SHARE, TAIL_MINIMUM_SCORES / scores.length);
  const sorted = [...scores].sort((a, b) => a - b);
  const threshold = computeQuantile(sorted, 1 - share);
  const excesses = sorted.filter((score) => score > threshold).map((score) => score - threshold);
  return { share, threshold, meanExcess: excesses.length === 0 ? 0 : computeMean(excesses) };
}

/** Hyndman-Fan type 7. */
function computeQuantile(sorted: readonly number[], probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = at(sorted, below);
  return low + (position - below) * (at(sorted, Math.min(below + 1, sorted.length - 1)) - low);
}
