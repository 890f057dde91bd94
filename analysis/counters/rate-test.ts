import { at } from '../compare/at.ts';
import { betaProbability, normalUpperQuantile, studentUpperProbability } from '../compare/distributions.ts';

/** Degrees of freedom with which the family's dispersion is believed (VERDICTS 8). */
export const FAMILY_DISPERSION_DF = 10;

/** Counts of both sides, a number per repetition, with the exposure of each in one unit. */
export type RateCounts = {
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  readonly baselineExposures: readonly number[];
  readonly candidateExposures: readonly number[];
};

/** Sums and dispersion of both sides; `df` belongs to `dispersion`. */
export type RateModel = {
  readonly baselineCount: number;
  readonly candidateCount: number;
  readonly baselineExposure: number;
  readonly candidateExposure: number;
  /** Moderated Pearson dispersion, >= 1; 1 = Poisson. */
  readonly dispersion: number;
  readonly df: number;
};

/**
 * Pearson's dispersion of the counts about their side's rate, with its degrees of freedom B + C - 2.
 * @returns the sum of squares (not divided by df), dimensionless
 * @example computePearson({ baseline: [3, 5, 2, 4, 6], candidate: [9, 12, 7], baselineExposures: [1, 1, 1, 1, 1], candidateExposures: [1, 1, 1] }).df // 6
 */
export function computePearson(counts: RateCounts): { readonly squares: number; readonly df: number } {
  const squares = sumPearson(counts.baseline, counts.baselineExposures) + sumPearson(counts.candidate, counts.candidateExposures);
  return { squares, df: Math.max(0, counts.baseline.length + counts.candidate.length - 2) };
}

function sumPearson(counts: readonly number[], exposures: readonly number[]): number {
  const rate = sum(counts) / sum(exposures);
  if (!(rate > 0)) return 0;
  return counts.reduce((total, count, i) => total + (count - rate * at(exposures, i)) ** 2 / (rate * at(exposures, i)), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * Sums both sides and moderates the dispersion: phi~ = max(1, (10 phi_family + (B+C-2) phi_i) / (10 + B+C-2)) (VERDICTS 8).
 * @param familyDispersion dispersion of the run's other counters, >= 1
 */
export function createRateModel(counts: RateCounts, familyDispersion: number): RateModel {
  const pearson = computePearson(counts);
  const df = FAMILY_DISPERSION_DF + pearson.df;
  return {
    baselineCount: sum(counts.baseline),
    candidateCount: sum(counts.candidate),
    baselineExposure: sum(counts.baselineExposures),
    candidateExposure: sum(counts.candidateExposures),
    dispersion: Math.max(1, (FAMILY_DISPERSION_DF * familyDispersion + pearson.squares) / df),
    df,
  };
}

/**
 * P(at least as many candidate events | rate ratio), mid-p, of the moderated quasi-Poisson test: conditional on the sum the candidate's
 * count is binomial with p0 = R0 t_c / (R0 t_c + t_b); over-dispersed counts are divided by phi~ and the z goes through t (VERDICTS 8).
 * @param model sums of both sides; no events at all give 0.5
 * @param rateRatio R0, > 0: 1 for "worse at all"
 */
export function computeRateWorse(model: RateModel, rateRatio: number): number {
  return computeMidP(model.candidateCount, model.baselineCount, toShare(model, rateRatio), model);
}

/** P(at most as many candidate events | rate ratio), mid-p; the other tail of `computeRateWorse`. */
export function computeRateBetter(model: RateModel, rateRatio: number): number {
  return computeMidP(model.baselineCount, model.candidateCount, 1 - toShare(model, rateRatio), model);
}

function toShare(model: RateModel, rateRatio: number): number {
  const exposed = rateRatio * model.candidateExposure;
  return exposed / (exposed + model.baselineExposure);
}

/**
 * Upper mid-p of `above` against `below` events, where an event is above with probability `share`. With nothing below, the point mass is
 * taken one event higher (the reference engine's choice, counters.json): the p value of "0 before, n now" is a little conservative.
 */
function computeMidP(above: number, below: number, share: number, model: RateModel): number {
  if (above + below === 0) return 0.5;
  const a = above / model.dispersion;
  const b = below / model.dispersion;
  const probability = (betaProbability(share, a, b + 1) + betaProbability(share, a + 1, b === 0 ? 1 : b)) / 2;
  if (model.dispersion === 1 || probability <= 0 || probability >= 1) return probability;
  return studentUpperProbability(normalUpperQuantile(probability), model.df);
}

/**
 * Exact (Clopper-Pearson) interval of the rate ratio, from the counts divided by the dispersion; dimensionless.
 * @param level 0.9 for 5 % on either side
 * @returns [0, Infinity] at the ends that no event bounds
 * @example computeRateRatioInterval({ baselineCount: 20, candidateCount: 28, baselineExposure: 5, candidateExposure: 3, dispersion: 1, df: 16 }, 0.9) // [1.3886964294672044, 3.966304640177256]
 */
export function computeRateRatioInterval(model: RateModel, level: number): readonly [number, number] {
  const a = model.candidateCount / model.dispersion;
  const b = model.baselineCount / model.dispersion;
  const tail = (1 - level) / 2;
  const low = a === 0 ? 0 : solveShare((share) => betaProbability(share, a, b + 1), tail);
  const high = b === 0 ? 1 : solveShare((share) => betaProbability(share, a + 1, b), 1 - tail);
  const toRatio = (share: number): number => ((share / (1 - share)) * model.baselineExposure) / model.candidateExposure;
  return [toRatio(low), high === 1 ? Number.POSITIVE_INFINITY : toRatio(high)];
}

/** Where an increasing probability of a share in 0..1 reaches the target; bisection to the last bit. */
function solveShare(computeProbability: (share: number) => number, target: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 200 && high - low > Number.EPSILON * low; step++) {
    const middle = (low + high) / 2;
    if (computeProbability(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Fewest candidate events that the test would call worse at `significance`, given the baseline's events and both exposures.
 * @returns a whole number of events; null when no count that a double holds exactly would be called
 */
export function computeDetectableCount(model: RateModel, significance: number): number | null {
  const isCalled = (candidateCount: number): boolean => computeRateWorse({ ...model, candidateCount }, 1) <= significance;
  let high = 1;
  while (!isCalled(high)) {
    high *= 2;
    if (high > Number.MAX_SAFE_INTEGER) return null;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isCalled(middle)) high = middle;
    else low = middle;
  }
  return high;
}
