import { at } from '../compare/at.ts';
import { studentQuantile, studentUpperProbability } from '../compare/distributions.ts';
import { computeSegmentMean, computeSquaredError, type Segment, type SegmentSums, toSegments } from './segment-sums.ts';

/** What a test of one change needs to know about the whole series. */
export type ChangeTest = {
  readonly sums: SegmentSums;
  /** Points that count as one independent point, >= 1. */
  readonly pointsPerIndependent: number;
  /** Variance of one point that neighbouring segments are credited with at least, > 0. */
  readonly leastVariance: number;
};

/** The step between two neighbouring segments, in the values' unit; p is two-sided. */
export type Step = {
  readonly index: number;
  readonly shift: number;
  readonly interval: readonly [number, number];
  readonly pValue: number;
};

export type StepRule = {
  /** Largest two-sided p that still is a change. */
  readonly significance: number;
  /** Smallest step that still is a change, in the values' unit, >= 0. */
  readonly minimumShift: number;
};

/**
 * Drops the weakest change, and joins its segments, until every step that is left is at least `minimumShift` and has p <= `significance`
 * (VERDICTS 9). Weakest is the smallest of the steps that are too small, then the largest p; of equal ones the earliest.
 * @param changes as findBestSegmentation
 * @returns the steps that are left, ascending by index
 */
export function pruneChanges(changes: readonly number[], test: ChangeTest, rule: StepRule): readonly Step[] {
  let left = changes;
  for (;;) {
    const steps = computeSteps(left, test);
    const weakest = findWeakest(steps, rule);
    if (weakest === null) return steps;
    left = left.filter((index) => index !== weakest.index);
  }
}

function findWeakest(steps: readonly Step[], { significance, minimumShift }: StepRule): Step | null {
  const small = steps.filter((step) => Math.abs(step.shift) < minimumShift);
  if (small.length > 0) return small.reduce((a, b) => (Math.abs(b.shift) < Math.abs(a.shift) ? b : a));
  const unsure = steps.filter((step) => !(step.pValue <= significance));
  return unsure.length === 0 ? null : unsure.reduce((a, b) => (b.pValue > a.pValue ? b : a));
}

function computeSteps(changes: readonly number[], test: ChangeTest): readonly Step[] {
  const segments = toSegments(test.sums.sums.length - 1, changes);
  return changes.map((_, i) => computeStep(at(segments, i), at(segments, i + 1), test));
}

/**
 * Student's t between two neighbouring segments whose points count for n / ((1 + rho) / (1 - rho)) (VERDICTS 9). The variance is pooled over
 * both: a segment of three points has none of its own worth the name, and the reference vectors (well_log) hold only so. It is never below
 * the noise of the series, or three equal readings of a coarse timer would be certain. 95 % interval of the step as it stands, not corrected
 * for having been looked for.
 */
function computeStep(before: Segment, after: Segment, { sums, pointsPerIndependent, leastVariance }: ChangeTest): Step {
  const countBefore = before.end - before.start;
  const countAfter = after.end - after.start;
  const error = computeSquaredError(sums, before.start, before.end) + computeSquaredError(sums, after.start, after.end);
  const variance = Math.max(leastVariance, error / (countBefore + countAfter - 2));
  const df = Math.max(1, (countBefore + countAfter) / pointsPerIndependent - 2);
  const standardError = Math.sqrt(variance * pointsPerIndependent * (1 / countBefore + 1 / countAfter));
  const shift = computeSegmentMean(sums, after.start, after.end) - computeSegmentMean(sums, before.start, before.end);
  const reach = studentQuantile(0.975, df) * standardError;
  return {
    index: after.start,
    shift,
    interval: [shift - reach, shift + reach],
    pValue: 2 * studentUpperProbability(Math.abs(shift) / standardError, df),
  };
}
