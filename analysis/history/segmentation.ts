import { at } from '../compare/at.ts';
import { computeSquaredError, readFloat, type SegmentSums, toSegmentSums, toSegments } from './segment-sums.ts';

/** Differences of costs below this are ties, so that a rounding error never moves a change; then the longer last segment wins. */
const TIE = 1e-9;

export type SegmentationRule = {
  /** What one more change costs, in units of the values squared. */
  readonly penalty: number;
  /** Points a segment holds at least, >= 1. */
  readonly minimumSegment: number;
};

/**
 * The segmentation with the least sum of squared errors plus penalty per change, exactly (PELT: Killick, Fearnhead and Eckley 2012, JASA
 * 107, 1590–1598, with K = 0 for the L2 cost). Between linear and quadratic in the number of points.
 * @param sums of values near 0 (scaled and centred)
 * @returns index of the first point of each segment but the first, ascending
 * @example findBestSegmentation(toSegmentSums([0, 0, 0, 9, 9, 9]), { penalty: 5, minimumSegment: 3 }) // [3]
 */
export function findBestSegmentation(sums: SegmentSums, { penalty, minimumSegment }: SegmentationRule): readonly number[] {
  const count = sums.sums.length - 1;
  const progress: Progress = {
    sums,
    starts: new Float64Array(count + 1),
    offsets: new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY),
    reached: new Float64Array(count + 1),
  };
  progress.offsets[0] = -penalty;
  let candidates: number[] = [];
  const beaten: Beaten[] = [];
  for (let end = minimumSegment; end <= count; end++) {
    const admitted = end - minimumSegment;
    // What another place has beaten may go once that place can itself start a segment that ends here.
    while (beaten[0] !== undefined && beaten[0].by <= admitted) {
      const { starts } = at(beaten, 0);
      candidates = candidates.filter((start) => !starts.has(start));
      beaten.shift();
    }
    if (Number.isFinite(readFloat(progress.offsets, admitted))) candidates.push(admitted);
    const { best, worst } = extend(progress, candidates, end);
    const bound = best + penalty + TIE;
    progress.offsets[end] = best + penalty - readFloat(sums.squares, end);
    // Beaten (equation 4 of the paper): a segment that starts at `end` can only come out cheaper from here on.
    if (worst > bound) beaten.push({ by: end, starts: new Set(candidates.filter((start) => readFloat(progress.reached, start) > bound)) });
  }
  return walkBack(progress.starts, count);
}

type Beaten = { readonly by: number; readonly starts: ReadonlySet<number> };

type Progress = {
  readonly sums: SegmentSums;
  /** Where the last segment of the first `end` points starts. */
  readonly starts: Float64Array;
  /** Least cost of the first points (one penalty too low throughout) less the sum of their squares. */
  readonly offsets: Float64Array;
  /** Cost up to the end under way, by start of its last segment, without that segment's penalty. */
  readonly reached: Float64Array;
};

/** Costs of ending a segment at `end` for every candidate start; notes the cheapest. The error of a stretch is written out: this is the hot loop. */
function extend({ sums, starts, offsets, reached }: Progress, candidates: readonly number[], end: number): { best: number; worst: number } {
  const sumAtEnd = readFloat(sums.sums, end);
  const squaresAtEnd = readFloat(sums.squares, end);
  let best = Number.POSITIVE_INFINITY;
  let worst = Number.NEGATIVE_INFINITY;
  for (const start of candidates) {
    const sum = sumAtEnd - readFloat(sums.sums, start);
    const cost = readFloat(offsets, start) + squaresAtEnd - (sum * sum) / (end - start);
    reached[start] = cost;
    if (cost > worst) worst = cost;
    if (cost < best - TIE) {
      best = cost;
      starts[end] = start;
    }
  }
  return { best, worst };
}

function walkBack(starts: Float64Array, count: number): readonly number[] {
  const changes: number[] = [];
  for (let start = readFloat(starts, count); start > 0; start = readFloat(starts, start)) changes.unshift(start);
  return changes;
}

/**
 * What the rule minimises: sum of squared errors of all segments plus one penalty per change.
 * @param changes as findBestSegmentation
 */
export function computeSegmentationCost(values: readonly number[], changes: readonly number[], penalty: number): number {
  const sums = toSegmentSums(values);
  const errors = toSegments(values.length, changes).map(({ start, end }) => computeSquaredError(sums, start, end));
  return errors.reduce((sum, error) => sum + error, penalty * changes.length);
}
