import { at } from '../compare/at.ts';
import { toMedian } from './noise-scale.ts';

/** Points on either side that say where a point ought to be (VERDICTS 9: the +-3 median window). */
const WINDOW_REACH = 3;
/** How far from the window's median a point may lie, in standard deviations of the noise (VERDICTS 9: +-4 s). */
const REACH_SCALES = 4;

/**
 * Pulls isolated points to 4 s of the median of the seven points around them (VERDICTS 9), so that one bad night, or three, is no change.
 * A step stays where it is: on either side of it the median is already on the point's own side. At the ends the window is what there is.
 * @param levels in the order of the runs, finite
 * @param noiseScale s, a standard deviation in the unit of `levels`, >= 0
 * @returns as many levels, most of them unchanged
 * @example pullIsolatedPoints([0, 0, 0, 9, 0, 0, 0], 0.5) // [0, 0, 0, 2, 0, 0, 0]
 */
export function pullIsolatedPoints(levels: readonly number[], noiseScale: number): readonly number[] {
  const reach = REACH_SCALES * noiseScale;
  return levels.map((_, i) => {
    const centre = toMedian(levels.slice(Math.max(0, i - WINDOW_REACH), i + WINDOW_REACH + 1));
    return Math.min(centre + reach, Math.max(centre - reach, at(levels, i)));
  });
}
