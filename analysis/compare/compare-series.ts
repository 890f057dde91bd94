import { at } from './at.ts';
import { computeMean, computeMedian } from './averages.ts';
import { applyTail, type Calibration, calibrate, type NullSeries } from './calibration.ts';
import { fisherUpperProbability, studentUpperProbability } from './distributions.ts';
import { computePooledVariance, MAD_SCALE, type ModeratedVariance, moderateVariances } from './moderated-variance.ts';
import { computeReference } from './reference.ts';
import { estimateRunComponents, HISTORY_MINIMUM_RUNS, RUN_COMPONENT_WITHOUT_HISTORY, type RunComponent } from './run-component.ts';

/** Fewest series for taking the scale from the deltas when nothing was repeated. */
const SINGLES_MINIMUM_SERIES = 30;
/** Degrees of freedom of a scale taken from the deltas (VERDICTS 3.3). */
const SINGLES_DF = 5;

/** One statistic of one series, a number per repetition: natural logarithms, oriented so that larger is worse. */
export type RepetitionLogs = {
  /** One group per golden run, each with at least one repetition. */
  readonly golden: readonly (readonly number[])[];
  /** One group per accepted run since the promotion, the latest 10 at most, each with at least one repetition. */
  readonly history: readonly (readonly number[])[];
  readonly candidate: readonly number[];
  /** Mean batch variance over all repetitions; null when unknown. */
  readonly batchVariance: number | null;
};

/** What a candidate is compared with: the golden runs alone, or with the accepted runs since (VERDICTS 3.5). */
export type ReferenceMode = 'golden' | 'rolling';

/** What the repetitions say about one statistic; logs throughout. */
export type Comparison = {
  readonly mode: ReferenceMode;
  readonly referenceLog: number;
  readonly candidateLog: number;
  /** candidateLog - referenceLog: positive is worse. */
  readonly delta: number;
  readonly se: number;
  readonly df: number;
  readonly t: number;
  /** One-sided, as the null scores of history see them where there are enough (VERDICTS 3.6). */
  readonly pWorse: number;
  readonly pBetter: number;
  readonly calibrated: boolean;
  /** The median candidate repetition against the reference, and its one-sided probabilities with the same standard error. */
  readonly medianDelta: number;
  readonly medianPWorse: number;
  readonly medianPBetter: number;
  readonly candidateCount: number;
  readonly referenceCount: number;
  readonly repetition: ModeratedVariance;
  readonly runVariance: number;
  /** Runs that make the reference. */
  readonly referenceRunCount: number;
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

/** A series against its reference; in rolling mode also against the golden runs alone (the drift guard of VERDICTS 15.1). */
export type GuardedComparison = { readonly comparison: Comparison; readonly guard: Comparison | null };

/**
 * Compares the candidate's repetitions with the reference's for every series of one set (VERDICTS 3.3 to 3.6): series of one family and
 * statistic, which share what they know about the noise. From five accepted runs on a series' reference rolls: its golden runs and its
 * history, each a group of its own, with the run component and the calibration that they show.
 * @param set each with at least one golden run and one candidate repetition
 * @param options.fallbackSd standard deviation between repetitions assumed for fewer than 10 series, log units
 * @returns in the order of `set`
 * @throws RangeError when a series has no golden run or no candidate
 */
export function compareSeries(set: readonly RepetitionLogs[], options: { readonly fallbackSd: number }): readonly GuardedComparison[] {
  for (const series of set) {
    if (series.candidate.length === 0) throw new RangeError('compareSeries: candidate has 0 repetitions, at least 1 is needed');
    if (series.golden.length === 0) throw new RangeError('compareSeries: golden has 0 runs, at least 1 is needed');
  }
  const variances = computeRepetitionVariances(set, options.fallbackSd);
  const rolling = set
    .map((series, i) => ({ series, repetition: at(variances, i), ...splitRuns(series) }))
    .filter(({ series }) => series.history.length >= HISTORY_MINIMUM_RUNS);
  const components = estimateRunComponents(rolling.map(({ runs, repetition }) => ({ runs, repetitionVariance: repetition.variance })));
  const calibration = calibrate(rolling.map(({ runs, others, repetition }, i) => ({ runs, others, repetition, run: at(components, i) })));
  const componentOf = new Map(rolling.map(({ series }, i) => [series, at(components, i)]));
  return set.map((series, i) => compareGuarded(series, at(variances, i), componentOf.get(series) ?? null, calibration));
}

/** Which runs show how runs differ. A baseline of one run was picked, not drawn: it is compared with, and shows nothing about runs. */
function splitRuns({ golden, history }: RepetitionLogs): Pick<NullSeries, 'runs' | 'others'> {
  return golden.length > 1 ? { runs: [...golden, ...history], others: [] } : { runs: history, others: golden };
}

function compareGuarded(
  series: RepetitionLogs,
  repetition: ModeratedVariance,
  run: RunComponent | null,
  calibration: Calibration | null,
): GuardedComparison {
  const { golden, history, candidate } = series;
  // The guard takes nothing from history but the scatter inside its runs: steps that crept in would swell the run component and the null
  // scores until no step was left to see.
  const assumed = { repetition, run: RUN_COMPONENT_WITHOUT_HISTORY, calibration: null };
  const alone = compareWithReference({ mode: 'golden', reference: golden, candidate, ...assumed });
  if (run === null) return { comparison: alone, guard: null };
  const reference = [...golden, ...history];
  return { comparison: compareWithReference({ mode: 'rolling', reference, candidate, repetition, run, calibration }), guard: alone };
}

function computeRepetitionVariances(set: readonly RepetitionLogs[], fallbackSd: number): readonly ModeratedVariance[] {
  const estimates = set.map((series) => ({
    ...computePooledVariance([...series.golden, ...series.history, series.candidate]),
    batchVariance: series.batchVariance,
  }));
  const singles = estimates.every((estimate) => estimate.df === 0) ? computeSinglesVariance(set) : null;
  if (singles === null) return moderateVariances(estimates, fallbackSd);
  return set.map(() => ({ variance: singles, df: SINGLES_DF, priorVariance: singles, priorDf: SINGLES_DF }));
}

/** 1 against 1: half the squared robust spread of the deltas, each of which holds two repetitions; null with fewer than 30 series. */
function computeSinglesVariance(set: readonly RepetitionLogs[]): number | null {
  if (set.length < SINGLES_MINIMUM_SERIES) return null;
  const deltas = set.map((series) => computeMean(series.candidate) - computeMean(series.golden.flat()));
  const centre = computeMedian(deltas);
  const scale = MAD_SCALE * computeMedian(deltas.map((delta) => Math.abs(delta - centre)));
  return scale > 0 ? scale ** 2 / 2 : null;
}

type ReferenceInput = {
  readonly mode: ReferenceMode;
  readonly reference: readonly (readonly number[])[];
  readonly candidate: readonly number[];
  readonly repetition: ModeratedVariance;
  readonly run: RunComponent;
  readonly calibration: Calibration | null;
};

function compareWithReference(input: ReferenceInput): Comparison {
  const { candidate, repetition, run, calibration } = input;
  const reference = computeReference(input.reference, repetition.variance, run.variance);
  const candidateLog = computeMean(candidate);
  const variance = run.variance + repetition.variance / candidate.length + reference.variance;
  const se = Math.sqrt(variance);
  // Satterthwaite over two components. A single reference run holds a run component of its own; with several, 1/sum(w) counts as
  // repetition noise (both as the reference engine does: engine_center and engine_online vectors).
  const runPart = input.reference.length === 1 ? 2 * run.variance : run.variance;
  const df = variance ** 2 / ((variance - runPart) ** 2 / repetition.df + runPart ** 2 / run.df);
  const delta = candidateLog - reference.level;
  const medianDelta = computeMedian(candidate) - reference.level;
  const raw = { worse: studentUpperProbability(delta / se, df), better: studentUpperProbability(-delta / se, df) };
  return {
    mode: input.mode,
    referenceLog: reference.level,
    candidateLog,
    delta,
    se,
    df,
    t: delta / se,
    pWorse: calibration === null ? raw.worse : applyTail(raw.worse, calibration.worse),
    pBetter: calibration === null ? raw.better : applyTail(raw.better, calibration.better),
    calibrated: calibration !== null,
    medianDelta,
    medianPWorse: studentUpperProbability(medianDelta / se, df),
    medianPBetter: studentUpperProbability(-medianDelta / se, df),
    candidateCount: candidate.length,
    referenceCount: input.reference.reduce((sum, group) => sum + group.length, 0),
    referenceRunCount: input.reference.length,
    repetition,
    runVariance: run.variance,
    referenceVariance: reference.variance,
    spread: compareSpread(input.reference, candidate, repetition),
  };
}

/** F test of the candidate's variance against the reference's, which shares the prior: pooling both would hide a candidate gone wild. */
function compareSpread(groups: readonly (readonly number[])[], candidate: readonly number[], repetition: ModeratedVariance): Spread {
  const own = computePooledVariance([candidate]);
  const reference = computePooledVariance(groups);
  if (own.df === 0 || reference.df === 0) return { ratio: null, pWider: 1 };
  const df = repetition.priorDf + reference.df;
  const variance = (repetition.priorDf * repetition.priorVariance + reference.df * reference.variance) / df;
  return { ratio: Math.sqrt(own.variance / variance), pWider: fisherUpperProbability(own.variance / variance, own.df, df) };
}
