import { at } from './at.ts';
import { computeMean, computeMedian } from './averages.ts';
import { digamma, trigamma } from './distributions.ts';

/**
 * Variances shared across series by empirical Bayes (VERDICTS 3.3). Source: Smyth 2004, "Linear models and empirical Bayes methods",
 * section 6.2; the trend and the winsorising follow Phipson et al. 2016 in spirit.
 */

/** Fewest series from which a prior is estimated. */
export const PRIOR_MINIMUM_SERIES = 10;
/** Fewest series for the trend on the batch variance. */
export const TREND_MINIMUM_SERIES = 30;
/** A prior is never believed beyond this many degrees of freedom. */
export const PRIOR_MAXIMUM_DF = 30;
/** Degrees of freedom of the fixed prior. */
export const FALLBACK_PRIOR_DF = 4;
/** Residuals farther than this many robust standard deviations are pulled in. */
const WINSOR_LIMIT = 3;
/** Scale that makes the median absolute deviation estimate a normal's standard deviation. */
export const MAD_SCALE = 1.4826;
/** Slope of ln variance on ln batch variance: 1 = all noise is within a repetition. */
const SLOPE_LIMIT = 1.2;

export type VarianceEstimate = {
  /** Variance between repetitions of a run, squared log units, >= 0. */
  readonly variance: number;
  /** Degrees of freedom of `variance`, >= 0. */
  readonly df: number;
  /** Mean batch variance of the repetitions; null when unknown. */
  readonly batchVariance: number | null;
};

export type ModeratedVariance = {
  readonly variance: number;
  readonly df: number;
  readonly priorVariance: number;
  readonly priorDf: number;
};

/**
 * Variance within groups, pooled over them (squared units of the values).
 * @param groups values per group; groups of one value add no degree of freedom
 * @example computePooledVariance([[1, 3], [5]]) // { variance: 2, df: 1 }
 */
export function computePooledVariance(groups: readonly (readonly number[])[]): { readonly variance: number; readonly df: number } {
  let squares = 0;
  let df = 0;
  for (const group of groups) {
    if (group.length < 2) continue;
    const centre = computeMean(group);
    for (const value of group) squares += (value - centre) ** 2;
    df += group.length - 1;
  }
  return { variance: df === 0 ? 0 : squares / df, df };
}

/**
 * Sample variance, in squared units of the values; 0 for a single one.
 * @param values at least one
 * @example computeVariance([1, 3]) // 2
 */
export function computeVariance(values: readonly number[]): number {
  return computePooledVariance([values]).variance;
}

/**
 * Moderates each variance towards what series of its kind show: s~2 = (d0 s02 + d s2) / (d0 + d), with d0 + d degrees of freedom.
 * With fewer than 10 usable series (variance and degrees of freedom above 0) the prior is `fallbackSd` with 4 degrees of freedom.
 * @param estimates one per series, any order
 * @param fallbackSd standard deviation between repetitions to assume, log units, > 0
 * @returns in the order of `estimates`
 * @example moderateVariances([{ variance: 4e-4, df: 6, batchVariance: null }], 0.01) // [{ variance: 0.00028, df: 10, priorVariance: 0.0001, priorDf: 4 }]
 */
export function moderateVariances(estimates: readonly VarianceEstimate[], fallbackSd: number): readonly ModeratedVariance[] {
  const usable = estimates.filter((estimate) => estimate.variance > 0 && estimate.df > 0);
  const prior = usable.length < PRIOR_MINIMUM_SERIES ? createFixedPrior(fallbackSd) : fitVariancePrior(usable);
  return estimates.map((estimate) => {
    const priorVariance = prior.computeVariance(estimate.batchVariance);
    const df = prior.df + estimate.df;
    return { variance: (prior.df * priorVariance + estimate.df * estimate.variance) / df, df, priorVariance, priorDf: prior.df };
  });
}

type VariancePrior = { readonly df: number; readonly computeVariance: (batchVariance: number | null) => number };

function createFixedPrior(standardDeviation: number): VariancePrior {
  return { df: FALLBACK_PRIOR_DF, computeVariance: () => standardDeviation ** 2 };
}

/** Smyth's prior: ln s2 against its own sampling distribution, with a trend on ln V when 30 series have one. */
function fitVariancePrior(usable: readonly VarianceEstimate[]): VariancePrior {
  const withTrend = usable.filter((estimate) => estimate.batchVariance !== null && estimate.batchVariance > 0);
  const trended = withTrend.length >= TREND_MINIMUM_SERIES;
  const fitted = trended ? withTrend : usable;
  const heights = fitted.map((estimate) => Math.log(estimate.variance) - digamma(estimate.df / 2) + Math.log(estimate.df / 2));
  const positions = fitted.map((estimate) => (trended ? Math.log(estimate.batchVariance ?? Number.NaN) : 0));
  const first = fitLine(positions, heights);
  const pulled = winsorise(positions, heights, first);
  const line = fitLine(positions, pulled);
  const residualSquares = pulled.reduce((sum, height, i) => sum + (height - evaluate(line, at(positions, i))) ** 2, 0);
  const excess = residualSquares / (fitted.length - (trended ? 2 : 1)) - computeMean(fitted.map((estimate) => trigamma(estimate.df / 2)));
  const df = computePriorDf(excess);
  const correction = digamma(df / 2) - Math.log(df / 2);
  const computeVariance = (batchVariance: number | null): number => {
    const position = trended && batchVariance !== null && batchVariance > 0 ? Math.log(batchVariance) : line.centre;
    return Math.exp(evaluate(line, position) + correction);
  };
  return { df, computeVariance };
}

type Line = { readonly centre: number; readonly level: number; readonly slope: number };

function evaluate(line: Line, position: number): number {
  return line.level + line.slope * (position - line.centre);
}

/** Least squares with the slope held to 0..1.2; equal positions give slope 0. */
function fitLine(positions: readonly number[], heights: readonly number[]): Line {
  const centre = computeMean(positions);
  const level = computeMean(heights);
  let cross = 0;
  let square = 0;
  for (let i = 0; i < positions.length; i++) {
    cross += (at(positions, i) - centre) * (at(heights, i) - level);
    square += (at(positions, i) - centre) ** 2;
  }
  return { centre, level, slope: square > 0 ? Math.min(SLOPE_LIMIT, Math.max(0, cross / square)) : 0 };
}

function winsorise(positions: readonly number[], heights: readonly number[], line: Line): readonly number[] {
  const residuals = heights.map((height, i) => height - evaluate(line, at(positions, i)));
  const centre = computeMedian(residuals);
  const limit = WINSOR_LIMIT * MAD_SCALE * computeMedian(residuals.map((residual) => Math.abs(residual - centre)));
  return residuals.map((residual, i) => evaluate(line, at(positions, i)) + Math.min(limit, Math.max(-limit, residual)));
}

/** Solves trigamma(d0 / 2) = excess by bisection on ln d0; an excess that 30 degrees of freedom explain gives 30. */
function computePriorDf(excess: number): number {
  if (!(excess > trigamma(PRIOR_MAXIMUM_DF / 2))) return PRIOR_MAXIMUM_DF;
  let low = Math.log(1e-3);
  let high = Math.log(PRIOR_MAXIMUM_DF);
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (trigamma(Math.exp(middle) / 2) > excess) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}
