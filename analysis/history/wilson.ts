import { normalUpperQuantile } from '../compare/distributions.ts';

/** A share with its 95 % interval; both null when nothing was tried. */
export type Rate = {
  readonly count: number;
  readonly trials: number;
  readonly rate: number | null;
  readonly ci95: readonly [number, number] | null;
};

/**
 * A share of trials with its Wilson score interval at 95 % (Wilson 1927, JASA 22, 209–212, without correction for continuity), which keeps
 * its width at 0 and at 1.
 * @param count 0..trials
 * @param trials >= 0
 * @throws RangeError when count is outside 0..trials
 * @example computeRate(2, 10).ci95 // [0.0566821514543753, 0.509837528463358] (R: prop.test(2, 10, correct = FALSE))
 */
export function computeRate(count: number, trials: number): Rate {
  if (!(count >= 0 && count <= trials)) throw new RangeError(`computeRate: count ${count} is outside 0..${trials}`);
  if (trials === 0) return { count, trials, rate: null, ci95: null };
  const z = normalUpperQuantile(0.025);
  const share = count / trials;
  const centre = share + (z * z) / (2 * trials);
  const reach = z * Math.sqrt((share * (1 - share) + (z * z) / (4 * trials)) / trials);
  const scale = 1 + (z * z) / trials;
  return { count, trials, rate: share, ci95: [Math.max(0, (centre - reach) / scale), Math.min(1, (centre + reach) / scale)] };
}
