import { at } from '../compare/at.ts';
import { toMedian } from './noise-scale.ts';

/** Points on either side that say where a point ought to be (VERDICTS 9: the +-3 median window). */
const WINDOW_REACH = 3;
/** How far from the window's median a point may lie, in standard deviations of the noise (VERDICTS 9: +-4 s). */
const REACH_SCALES = 4;
/** What happens to more than this share of the points is not isolated: a machine with two frequency states, say, of which s sees only one. */
const MAX_ISOLATED_SHARE = 0.1;

/** Levels with isolated points pulled in, and the noise that goes with them, a standard deviation in the levels' unit. */
export type PulledLevels = { readonly levels: readonly number[]; readonly noiseScale: number };

/**
 * Pulls isolated points to 4 s of the median of the seven points around them (VERDICTS 9), so that one bad night, or three, is no change.
 * A step stays where it is: on either side of it the median is already on the point's own side. At the ends the window is what there is.
 *
 * Where more than a tenth of the points would be pulled they are part of the noise, and s is what they amount to: sqrt(their share) * the median of their
 * distances from the windows' medians, which one enormous point does not move. Without this, half of the series that flip between two states
 * for 90 nights have a false change; the reference vectors hold with it (of them rail_lines
 * alone has so many such points).
 * @param levels in the order of the runs, finite, at least one
 * @param noiseScale s, a standard deviation in the unit of `levels`, >= 0
 * @example pullIsolatedPoints([0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0], 0.5).levels // [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]
 */
export function pullIsolatedPoints(levels: readonly number[], noiseScale: number): PulledLevels {
  const centres = levels.map((_, i) => toMedian(levels.slice(Math.max(0, i - WINDOW_REACH), i + WINDOW_REACH + 1)));
  const distances = levels.map((level, i) => level - at(centres, i));
  const far = distances.map(Math.abs).filter((distance) => distance > REACH_SCALES * noiseScale);
  const share = far.length / levels.length;
  const scale = share > MAX_ISOLATED_SHARE ? Math.sqrt(share) * toMedian(far) : noiseScale;
  const reach = REACH_SCALES * scale;
  return {
    levels: distances.map((distance, i) => (Math.abs(distance) <= reach ? at(levels, i) : at(centres, i) + Math.sign(distance) * reach)),
    noiseScale: scale,
  };
}
