import { at } from './at.ts';
import { computeMean, computeMedian } from './averages.ts';
import { fisherUpperProbability, studentUpperProbability } from './distributions.ts';
import { computePooledVariance, MAD_SCALE, type ModeratedVariance, moderateVariances } from './moderated-variance.ts';
import type { RunComponent } from './run-component.ts';

/** Fewest series for taking the scale from the deltas when nothing was repeated. */
const SINGLES_MINIMUM_SERIES = 30;
/** Degrees of freedom of a scale taken from the deltas (VERDICTS 3.3). */
const SINGLES_DF = 5;

/** One statistic of one series, a number per repetition: natural logarithms, oriented so that larger is worse. */
export type RepetitionLogs = {
  /** One group per reference run, each with at least one repetition. */
  readonly reference: readonly (readonly number[])[];
  readonly candidate: readonly number[];
  /** Mean batch variance over all repetitions; null when unknown. */
  readonly batchVariance: number | null;
};

/** What the repetitions say about one statistic; logs throughout. */
export type Comparison = {
  readonly referenceLog: number;
  readonly candidateLog: number;
  /** candidateLog - referenceLog: positive is worse. */
  readonly delta: number;
  readonly se: number;
  readonly df: number;
  readonly t: number;
  readonly pWorse: number;
  readonly pBetter: number;
  /** The median candidate repetition against the reference, and its one-sided probabilities with the same standard error. */
  readonly medianDelta: number;
  readonly medianPWorse: number;
  readonly medianPBetter: number;
  readonly candidateCount: number;
  readonly referenceCount: number;
  readonly repetition: ModeratedVariance;
  readonly runVariance: number;
  /** 1 / sum of the weights. */
  readonly referenceVariance: number;
  readonly spread: Spread;
};

/** How widely the candidate's repetitions scatter against the reference's. */
export type Spread = {
  /** Standard deviation of the candidate's repetitions over the reference's moderated one; null when either was not repeated. */
  readonly ratio: number | null;
  /** P(a ratio at least so large) if both scatter alike; 1 when it cannot be said. */
  readonly pWider: number;
};

/**
 * Compares the candidate's repetitions with the reference's for every series of one set (VERDICTS 3.3 to 3.5): series of one family and
 * statistic, which share what they know about the noise.
 * @param set each with at least one reference group and one candidate repetition
 * @param options.fallbackSd standard deviation between repetitions assumed for fewer than 10 series, log units
 * @param options.run variance of a run's level
 * @returns in the order of `set`
 * @throws RangeError when a series has no reference or no candidate
 */
export function compareSeries(
  set: readonly RepetitionLogs[],
  options: { readonly fallbackSd: number; readonly run: RunComponent },
): readonly Comparison[] {
  for (const series of set) {
    if (series.candidate.length === 0) throw new RangeError('compareSeries: candidate has 0 repetitions, at least 1 is needed');
    if (series.reference.length === 0) throw new RangeError('compareSeries: reference has 0 runs, at least 1 is needed');
  }
  const variances = computeRepetitionVariances(set, options.fallbackSd);
  return set.map((series, i) => compareWithReference(series, at(variances, i), options.run));
}

function computeRepetitionVariances(set: readonly RepetitionLogs[], fallbackSd: number): readonly ModeratedVariance[] {
  const estimates = set.map((series) => ({
    ...computePooledVariance([...series.reference, series.candidate]),
    batchVariance: series.batchVariance,
  }));
  const singles = estimates.every((estimate) => estimate.df === 0) ? computeSinglesVariance(set) : null;
  if (singles === null) return moderateVariances(estimates, fallbackSd);
  return set.map(() => ({ variance: singles, df: SINGLES_DF, priorVariance: singles, priorDf: SINGLES_DF }));
}

/** 1 against 1: half the squared robust spread of the deltas, each of which holds two repetitions; null with fewer than 30 series. */
function computeSinglesVariance(set: readonly RepetitionLogs[]): number | null {
  if (set.length < SINGLES_MINIMUM_SERIES) return null;
  const deltas = set.map((series) => computeMean(series.candidate) - computeMean(series.reference.flat()));
  const centre = computeMedian(deltas);
  const scale = MAD_SCALE * computeMedian(deltas.map((delta) => Math.abs(delta - centre)));
  return scale > 0 ? scale ** 2 / 2 : null;
}

/**
 * The weighted mean of the reference runs and its variance; a run of R repetitions weighs 1 / (s_n2 + s~2 / R) (VERDICTS 15.1).
 * @param groups at least one, each with at least one repetition
 * @param repetitionVariance s~2, > 0
 * @param runVariance s_n2, >= 0
 * @example computeReference([[1, 3], [5]], 2, 0) // { level: 3, variance: 0.6666666666666666 }
 */
export function computeReference(
  groups: readonly (readonly number[])[],
  repetitionVariance: number,
  runVariance: number,
): { readonly level: number; readonly variance: number } {
  let weightSum = 0;
  let weighted = 0;
  for (const group of groups) {
    const weight = 1 / (runVariance + repetitionVariance / group.length);
    weightSum += weight;
    weighted += weight * computeMean(group);
  }
  return { level: weighted / weightSum, variance: 1 / weightSum };
}

function compareWithReference(series: RepetitionLogs, repetition: ModeratedVariance, run: RunComponent): Comparison {
  const reference = computeReference(series.reference, repetition.variance, run.variance);
  const candidateLog = computeMean(series.candidate);
  const variance = run.variance + repetition.variance / series.candidate.length + reference.variance;
  const se = Math.sqrt(variance);
  // Satterthwaite over two components. A single reference run holds a run component of its own; with several, 1/sum(w) counts as
  // repetition noise (both as the reference engine does: engine_center and engine_online vectors).
  const runPart = series.reference.length === 1 ? 2 * run.variance : run.variance;
  const df = variance ** 2 / ((variance - runPart) ** 2 / repetition.df + runPart ** 2 / run.df);
  const delta = candidateLog - reference.level;
  const medianDelta = computeMedian(series.candidate) - reference.level;
  return {
    referenceLog: reference.level,
    candidateLog,
    delta,
    se,
    df,
    t: delta / se,
    pWorse: studentUpperProbability(delta / se, df),
    pBetter: studentUpperProbability(-delta / se, df),
    medianDelta,
    medianPWorse: studentUpperProbability(medianDelta / se, df),
    medianPBetter: studentUpperProbability(-medianDelta / se, df),
    candidateCount: series.candidate.length,
    referenceCount: series.reference.reduce((sum, group) => sum + group.length, 0),
    repetition,
    runVariance: run.variance,
    referenceVariance: reference.variance,
    spread: compareSpread(series, repetition),
  };
}

/** F test of the candidate's variance against the reference's, which shares the prior: pooling both would hide a candidate gone wild. */
function compareSpread(series: RepetitionLogs, repetition: ModeratedVariance): Spread {
  const own = computePooledVariance([series.candidate]);
  const reference = computePooledVariance(series.reference);
  if (own.df === 0 || reference.df === 0) return { ratio: null, pWider: 1 };
  const df = repetition.priorDf + reference.df;
  const variance = (repetition.priorDf * repetition.priorVariance + reference.df * reference.variance) / df;
  return { ratio: Math.sqrt(own.variance / variance), pWider: fisherUpperProbability(own.variance / variance, own.df, df) };
}
