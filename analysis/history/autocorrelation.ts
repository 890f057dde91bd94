import { at } from '../compare/at.ts';
import { computeSegmentMean, type Segment, type SegmentSums } from './segment-sums.ts';

/** More would leave next to nothing of the evidence: at 0.95 forty points count as one. */
const MAX_RHO = 0.95;

/**
 * Lag-1 autocorrelation of the points around their segments' means, over all segments together, 0..0.95: the rho of an AR(1) noise. Pairs
 * do not cross a change; a negative one counts as 0, because it would only make the evidence stronger than it looks.
 * @param values in the order of the runs, finite
 * @param sums their running sums
 * @returns 0 when nothing scatters
 */
export function computeSegmentRho(values: readonly number[], sums: SegmentSums, segments: readonly Segment[]): number {
  let products = 0;
  let squares = 0;
  for (const { start, end } of segments) {
    const mean = computeSegmentMean(sums, start, end);
    let previous = 0;
    for (let i = start; i < end; i++) {
      const residual = at(values, i) - mean;
      products += residual * previous;
      squares += residual * residual;
      previous = residual;
    }
  }
  return squares > 0 ? Math.min(MAX_RHO, Math.max(0, products / squares)) : 0;
}

/**
 * Points of AR(1) noise that carry as much about a mean as one independent point: (1 + rho) / (1 - rho), >= 1.
 * @param rho 0..1, exclusive of 1
 * @example toPointsPerIndependent(0.5) // 3
 */
export function toPointsPerIndependent(rho: number): number {
  return (1 + rho) / (1 - rho);
}
