import { at } from '../compare/at.ts';
import { computeSegmentRho, toPointsPerIndependent } from './autocorrelation.ts';
import { pruneChanges, type Step } from './change-test.ts';
import { type PulledLevels, pullIsolatedPoints } from './isolated-points.ts';
import { computeLocationInterval } from './location-interval.ts';
import { computeNoiseScale, computeSlowNoiseRatio, toMedian } from './noise-scale.ts';
import { computeSegmentMean, computeSquaredError, toSegmentSums, toSegments } from './segment-sums.ts';
import { findBestSegmentation } from './segmentation.ts';

/** Points that a level needs before it can be one (VERDICTS 9). */
const MINIMUM_SEGMENT = 3;
/** What one more change costs, in ln n times the noise (VERDICTS 9: 3 ln n). */
const PENALTY_FACTOR = 3;
/** A step of the smallest size that counts is at least a hundred standard deviations; less noise than that changes no decision. */
const STEP_PER_LEAST_NOISE = 100;

/** The cost grows with the square of the points: 0.1 s at this many. Pass the latest ones of a longer history. */
export const MAX_HISTORY_POINTS = 4000;

/** What counts as a change. */
export type ChangePointRule = {
  /** Largest two-sided p. */
  readonly significance: number;
  /** Smallest step, as a fraction of the lower level: ln(1 + this) on the log scale, the same in both directions. */
  readonly minimumShift: number;
};

/** VERDICTS 9: p <= .001 and at least 1 %. */
export const DEFAULT_CHANGE_POINT_RULE: ChangePointRule = { significance: 0.001, minimumShift: 0.01 };

/** A lasting change of level between two points of a series. */
export type ChangePoint = {
  /** Position of the first point at the new level, from 0, among the values given. */
  readonly index: number;
  /** Where the first point at the new level may be, 95 %. */
  readonly earliestIndex: number;
  readonly latestIndex: number;
  /** ln(level after / level before), with its 95 % interval. */
  readonly logShift: number;
  readonly logShiftCi95: readonly [number, number];
  /** level after / level before - 1. */
  readonly change: number;
  readonly pValue: number;
  /** Geometric means of the stretches before and after, isolated points pulled in, in the values' unit. */
  readonly levelBefore: number;
  readonly levelAfter: number;
};

/**
 * Change points of one series (VERDICTS 9, final rule): isolated points pulled in, exact segmentation of ln x whose penalty grows with slow
 * and autocorrelated noise, then only steps that are large and certain enough. The whole history is computed anew each time, so one more
 * point gives what computing everything gives, and equal values give equal bytes.
 * @param values one number per run in the order of the runs, > 0; fewer than 6 have no change points
 * @returns ascending by index
 * @throws RangeError when a value is not a positive finite number, or there are more than MAX_HISTORY_POINTS
 * @example findChangePoints([100, 101, 100, 99, 110, 111, 110, 109])[0]?.index // 4
 */
export function findChangePoints(values: readonly number[], rule: ChangePointRule = DEFAULT_CHANGE_POINT_RULE): readonly ChangePoint[] {
  values.forEach(assertPositive);
  const steps = findSteps(values.map(Math.log), { significance: rule.significance, minimumShift: Math.log1p(rule.minimumShift) });
  return steps.map((step) => ({
    index: step.index,
    earliestIndex: step.earliestIndex,
    latestIndex: step.latestIndex,
    logShift: step.shift,
    logShiftCi95: step.interval,
    change: Math.expm1(step.shift),
    pValue: step.pValue,
    levelBefore: Math.exp(step.levelBefore),
    levelAfter: Math.exp(step.levelAfter),
  }));
}

function assertPositive(value: number, i: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new RangeError(`findChangePoints: value ${i} is ${value}, it must be finite and > 0; leave such runs out and say so`);
}

/** A step on an additive scale, in the levels' unit. */
type LocatedStep = Step & {
  readonly earliestIndex: number;
  readonly latestIndex: number;
  readonly levelBefore: number;
  readonly levelAfter: number;
};

/**
 * The rule of findChangePoints on an additive scale: steps of levels that may have any sign.
 * @param levels in the order of the runs, finite
 * @param rule `minimumShift` in the levels' unit, >= 0
 * @throws RangeError when a level is not finite, or there are more than MAX_HISTORY_POINTS
 */
export function findSteps(levels: readonly number[], rule: ChangePointRule): readonly LocatedStep[] {
  if (levels.length > MAX_HISTORY_POINTS) {
    throw new RangeError(`findSteps: ${levels.length} points, at most ${MAX_HISTORY_POINTS}; pass the latest ones`);
  }
  const wrong = levels.findIndex((level) => !Number.isFinite(level));
  if (wrong !== -1) throw new RangeError(`findSteps: level ${wrong} is ${at(levels, wrong)}, it must be finite`);
  if (levels.length < 2 * MINIMUM_SEGMENT) return [];
  const noiseScale = computeNoiseScale(levels, rule.minimumShift / STEP_PER_LEAST_NOISE);
  if (!(noiseScale > 0)) return [];
  return locateSteps(pullIsolatedPoints(levels, noiseScale), rule);
}

function locateSteps({ levels, noiseScale }: PulledLevels, rule: ChangePointRule): readonly LocatedStep[] {
  // In units of the noise around the middle: squares stay small, and a cost is a likelihood.
  const centre = toMedian(levels);
  const scores = levels.map((level) => (level - centre) / noiseScale);
  const sums = toSegmentSums(scores);
  const { changes, pointsPerIndependent } = segmentUntilStable(scores, computeSlowNoiseRatio(scores, 1));
  const stepRule = { significance: rule.significance, minimumShift: rule.minimumShift / noiseScale };
  const steps = pruneChanges(changes, { sums, pointsPerIndependent, leastVariance: 1 }, stepRule);
  const segments = toSegments(
    levels.length,
    steps.map((step) => step.index),
  );
  return steps.map((step, i) => {
    const { start } = at(segments, i);
    const { end } = at(segments, i + 1);
    const error = computeSquaredError(sums, start, step.index) + computeSquaredError(sums, step.index, end);
    const variance = Math.max(1, error / (end - start - 2));
    const [earliestIndex, latestIndex] = computeLocationInterval(sums, { start, index: step.index, end }, variance * pointsPerIndependent);
    return {
      index: step.index,
      earliestIndex,
      latestIndex,
      shift: step.shift * noiseScale,
      interval: [step.interval[0] * noiseScale, step.interval[1] * noiseScale],
      pValue: step.pValue,
      levelBefore: centre + computeSegmentMean(sums, start, step.index) * noiseScale,
      levelAfter: centre + computeSegmentMean(sums, step.index, end) * noiseScale,
    };
  });
}

type StableSegmentation = { readonly changes: readonly number[]; readonly pointsPerIndependent: number };

/**
 * Segments, reads rho off the residuals, segments again with the penalty that rho asks for, until the penalty no longer grows. It never
 * shrinks again, so this ends: every round has fewer changes than the one before, or is the last.
 * @param slowNoiseRatio >= 1
 */
function segmentUntilStable(scores: readonly number[], slowNoiseRatio: number): StableSegmentation {
  const sums = toSegmentSums(scores);
  let inflation = slowNoiseRatio;
  for (;;) {
    const penalty = PENALTY_FACTOR * Math.log(scores.length) * inflation;
    const changes = findBestSegmentation(sums, { penalty, minimumSegment: MINIMUM_SEGMENT });
    const rho = computeSegmentRho(scores, sums, toSegments(scores.length, changes));
    const pointsPerIndependent = toPointsPerIndependent(rho);
    if (pointsPerIndependent <= inflation || changes.length === 0) return { changes, pointsPerIndependent };
    inflation = pointsPerIndependent;
  }
}
