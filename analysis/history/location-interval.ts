import { computeSquaredError, type SegmentSums } from './segment-sums.ts';

/**
 * Twice the log-likelihood that a place may fall short of the best one and still be believed at 95 %: both sides of a change are a random
 * walk with drift whose maxima are exponential, so P(<= c) = (1 - exp(-c / 2))^2 (Siegmund 1988, Annals of Statistics 16, 31–50).
 */
const CONFIDENCE_DROP = -2 * Math.log(1 - Math.sqrt(0.95));

/**
 * Between which indices the change may lie, 95 %: the neighbouring places whose squared error is at most
 * 7.35 * variance * pointsPerIndependent above that of the best.
 * @param index first point after the change; `start`, `end` the outer bounds of the two segments that it parts
 * @param noise variance of one point, times the points that count as one independent point
 * @returns [earliest, latest] first point after the change, start < earliest <= index <= latest < end
 */
export function computeLocationInterval(
  sums: SegmentSums,
  { start, index, end }: { readonly start: number; readonly index: number; readonly end: number },
  noise: number,
): readonly [number, number] {
  const errorAt = (place: number): number => computeSquaredError(sums, start, place) + computeSquaredError(sums, place, end);
  const allowed = errorAt(index) + CONFIDENCE_DROP * noise;
  let earliest = index;
  while (earliest - 1 > start && errorAt(earliest - 1) <= allowed) earliest -= 1;
  let latest = index;
  while (latest + 1 < end && errorAt(latest + 1) <= allowed) latest += 1;
  return [earliest, latest];
}
