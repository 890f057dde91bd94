import type { VerdictStatus } from '../../wire/verdict.ts';
import type { Comparison } from './compare-series.ts';
import { studentQuantile, studentUpperProbability } from './distributions.ts';
import type { LogLimits, OrientedLimits } from './tolerances.ts';

/** Level of every test (VERDICTS 3.7, 3.8). */
export const SIGNIFICANCE = 0.05;
/** A p value at most this with half a drift is worth measuring again. */
export const SUSPECT_PROBABILITY = 0.02;
/** From this many candidate repetitions their median must confirm the mean. */
const CONFIRMATION_MINIMUM_REPETITIONS = 3;
/** No plan asks for more repetitions than this; beyond, more runs are needed. */
const REPETITIONS_NEEDED_LIMIT = 1000;

/** A comparison with its adjusted probabilities and the limits it is held against. */
export type DecisionInput = {
  readonly comparison: Comparison;
  /** Adjusted probability of worse; two-sided for `either`. */
  readonly qWorse: number;
  /** Adjusted probability of better; 1 for `either`. */
  readonly qBetter: number;
  readonly limits: OrientedLimits;
};

export type Decision = {
  readonly status: VerdictStatus;
  /** Probability of the data if the truth were exactly the regression limit: small lets pass. */
  readonly pNonInferior: number;
  /** Candidate repetitions with which the noise would allow a pass; null when no number of them can. */
  readonly repetitionsNeeded: number | null;
  /** Smallest oriented log change this evidence could call: t_.95 se, at least the drift limit. */
  readonly minimumDetectableLog: number;
  readonly suspect: boolean;
};

/** The one-sided p value of a comparison: of worse, or of any change for `either`. */
export function computePWorse(comparison: Comparison, limits: OrientedLimits): number {
  return limits.falling === null ? comparison.pWorse : Math.min(1, 2 * Math.min(comparison.pWorse, comparison.pBetter));
}

/**
 * Decides one series and statistic (VERDICTS 3.8, first match): regression or drift, improvement, pass by non-inferiority, else
 * inconclusive. Gates on the amount of data come before, the provisional rule after.
 * @param input logs and probabilities of one comparison
 */
export function decide(input: DecisionInput): Decision {
  const { comparison, limits } = input;
  const sides = [{ comparison, limits: limits.rising }];
  if (limits.falling !== null) sides.push({ comparison: mirror(comparison), limits: limits.falling });
  const worst = sides.map((side) => judgeSide(side.comparison, input.qWorse, side.limits));
  const pNonInferior = Math.max(...sides.map((side) => computeNonInferiority(side.comparison, side.limits)));
  const needed = sides.map((side) => computeRepetitionsNeeded(side.comparison, side.limits));
  const critical = studentQuantile(1 - SIGNIFICANCE, comparison.df) * comparison.se;
  const pWorse = computePWorse(comparison, limits);
  return {
    status: chooseStatus(worst, isImproved(input), pNonInferior),
    pNonInferior,
    repetitionsNeeded: needed.reduce((most, one) => (most === null || one === null ? null : Math.max(most, one))),
    minimumDetectableLog: Math.max(critical, limits.rising.drift),
    suspect: pWorse <= SUSPECT_PROBABILITY && sides.some((side) => side.comparison.delta >= side.limits.drift / 2),
  };
}

/**
 * Without history a regression is a drift at most, unless it is at least twice the tolerance (VERDICTS 14, 15.3) and both sides were
 * repeated (gates of section 3: one repetition never fails without history).
 * @returns the status allowed, unchanged for everything but a regression
 */
export function restrictProvisional(status: VerdictStatus, comparison: Comparison, limits: OrientedLimits): VerdictStatus {
  if (status !== 'regression') return status;
  const repeated = comparison.candidateCount >= 2 && comparison.referenceCount >= 2;
  const large =
    comparison.delta >= limits.rising.twiceRegression || (limits.falling !== null && -comparison.delta >= limits.falling.twiceRegression);
  return repeated && large ? 'regression' : 'drift';
}

function chooseStatus(worst: readonly (VerdictStatus | null)[], improved: boolean, pNonInferior: number): VerdictStatus {
  if (worst.includes('regression')) return 'regression';
  if (worst.includes('drift')) return 'drift';
  if (improved) return 'improvement';
  return pNonInferior <= SIGNIFICANCE ? 'pass' : 'inconclusive';
}

function judgeSide(comparison: Comparison, qWorse: number, limits: LogLimits): VerdictStatus | null {
  if (qWorse > SIGNIFICANCE || comparison.delta < limits.drift) return null;
  if (!isConfirmed(comparison, limits.drift)) return null;
  return comparison.delta >= limits.regression ? 'regression' : 'drift';
}

function isImproved(input: DecisionInput): boolean {
  const { improvement } = input.limits;
  if (improvement === null || input.qBetter > SIGNIFICANCE || -input.comparison.delta < improvement) return false;
  return isConfirmed(mirror(input.comparison), improvement);
}

/** The median candidate repetition says the same: half the effect, and one-sided p of at most 5 % (guards against one wild repetition). */
function isConfirmed(comparison: Comparison, drift: number): boolean {
  if (comparison.candidateCount < CONFIRMATION_MINIMUM_REPETITIONS) return true;
  return comparison.medianDelta >= drift / 2 && comparison.medianPWorse <= SIGNIFICANCE;
}

function computeNonInferiority(comparison: Comparison, limits: LogLimits): number {
  return studentUpperProbability((limits.regression - comparison.delta) / comparison.se, comparison.df);
}

/** C* = the C with t_.95 se(C) <= d_f - max(delta, 0), at the degrees of freedom at hand. */
function computeRepetitionsNeeded(comparison: Comparison, limits: LogLimits): number | null {
  const room = limits.regression - Math.max(comparison.delta, 0);
  if (room <= 0) return null;
  const allowed = (room / studentQuantile(1 - SIGNIFICANCE, comparison.df)) ** 2 - comparison.runVariance - comparison.referenceVariance;
  const needed = Math.max(1, Math.ceil(comparison.repetition.variance / allowed));
  return allowed > 0 && needed <= REPETITIONS_NEEDED_LIMIT ? needed : null;
}

function mirror(comparison: Comparison): Comparison {
  return {
    ...comparison,
    delta: -comparison.delta,
    t: -comparison.t,
    pWorse: comparison.pBetter,
    pBetter: comparison.pWorse,
    medianDelta: -comparison.medianDelta,
    medianPWorse: comparison.medianPBetter,
    medianPBetter: comparison.medianPWorse,
  };
}
