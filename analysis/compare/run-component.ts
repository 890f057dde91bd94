import { computeMean, computeMedian } from './averages.ts';
import { computeVariance } from './moderated-variance.ts';

/** What differs between two runs of one binary beyond the repetitions of each (s_n2 of VERDICTS 3.4). */
export type RunComponent = {
  /** Variance of a run's level, squared log units. */
  readonly variance: number;
  readonly df: number;
};

/** Standard deviation of a run's level while no history tells it (VERDICTS 3.4: 0.3 %, on shared machines 0.5-1 %). */
export const RUN_SD_WITHOUT_HISTORY = 0.003;

/** The run component before there is history; 10 degrees of freedom, as the reference engine counts one run (N + 9). */
export const RUN_COMPONENT_WITHOUT_HISTORY: RunComponent = { variance: RUN_SD_WITHOUT_HISTORY ** 2, df: 10 };

/** Accepted runs from which history speaks for itself (VERDICTS 3.4, 3.5). */
export const HISTORY_MINIMUM_RUNS = 5;
/** The shared ratio counts as this many runs, and adds as many degrees of freedom (VERDICTS 3.4). */
const SHARED_RUNS = 9;
/** Fewest series whose common ratio of run to repetition variance can be told from chance. */
const RATIO_MINIMUM_SERIES = 10;

/** One series' runs, golden and accepted, and the moderated variance of its repetitions. */
export type SeriesRuns = {
  readonly runs: readonly (readonly number[])[];
  readonly repetitionVariance: number;
};

/**
 * Estimates the run component of each series from its runs (VERDICTS 3.4): its own, drawn towards the ratio to the repetition variance that
 * all series show. Where that ratio cannot be told from zero, a series keeps its own component only when it stands out. Fewer than 10
 * series cannot show a common ratio; they are drawn towards the 0.3 % that is assumed without history.
 * @param series each with at least two runs, each of at least one repetition
 * @returns in the order of `series`
 */
export function estimateRunComponents(series: readonly SeriesRuns[]): readonly RunComponent[] {
  const own = series.map(({ runs, repetitionVariance }) => {
    const inverseCount = computeMean(runs.map((run) => 1 / run.length));
    const noise = repetitionVariance * inverseCount;
    return { noise, excess: computeVariance(runs.map(computeMean)) - noise, runCount: runs.length, repetitionVariance };
  });
  const ratio = computeCommonRatio(own.map(({ excess, repetitionVariance }) => excess / repetitionVariance));
  return own.map(({ noise, excess, runCount, repetitionVariance }) => {
    const weight = (runCount - 1) / (runCount + SHARED_RUNS);
    const df = runCount + SHARED_RUNS;
    if (ratio === null) {
      return { variance: Math.max(0, weight * excess + (1 - weight) * RUN_COMPONENT_WITHOUT_HISTORY.variance), df };
    }
    const standsOut = ratio > 0 || excess > 3 * noise * Math.sqrt(2 / (runCount - 1));
    return { variance: standsOut ? Math.max(0, weight * excess + (1 - weight) * ratio * repetitionVariance) : 0, df };
  });
}

/** Median ratio over the series, 0 when it is within 2 x 1.25 sd / sqrt(m) of it; null with too few series. */
function computeCommonRatio(ratios: readonly number[]): number | null {
  if (ratios.length < RATIO_MINIMUM_SERIES) return null;
  const middle = computeMedian(ratios);
  return middle > (2 * 1.25 * Math.sqrt(computeVariance(ratios))) / Math.sqrt(ratios.length) ? middle : 0;
}
