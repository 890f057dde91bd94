import type { HistogramRepetition } from '../../wire/measurements.ts';
import { at } from '../compare/at.ts';

/** A bucket at most this wide (upper / lower edge) is fine: exponential histograms of scale 3 and DDSketch at 1 % (VERDICTS 5). */
const FINE_EDGE_RATIO = 2 ** (1 / 8) * (1 + 1e-9);

/** Values in a histogram. */
export function countValues(histogram: HistogramRepetition): number {
  return histogram.counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Whether every bucket that holds a value between two shares of the distribution is fine enough for interpolation inside it to equal raw
 * samples. What lies outside does not count: one value in a catch-all bucket must not coarsen a whole histogram.
 * @param from lower share, 0..1
 * @param to upper share, from..1
 * @example isFine({ repetition: 1, edges: [0, 100, 108], counts: [1, 99], scheme: 'x', quality: [] }, 0.25, 0.75) // true
 */
export function isFine(histogram: HistogramRepetition, from: number, to: number): boolean {
  const total = countValues(histogram);
  let below = 0;
  return histogram.counts.every((count, i) => {
    const touched = count > 0 && below + count >= from * total && below <= to * total;
    below += count;
    const low = at(histogram.edges, i);
    return !touched || (low > 0 && at(histogram.edges, i + 1) <= low * FINE_EDGE_RATIO);
  });
}

/**
 * The lower edge of the bucket without an upper end that holds a quantile: the quantile is at least this.
 * @param probability 0..1
 * @returns null when the quantile lies in a bucket with two ends, or the histogram is empty
 * @example computeCensoredQuantile({ repetition: 1, edges: [0, 10, Infinity], counts: [1, 9], scheme: 'x', quality: [] }, 0.5) // 10
 */
export function computeCensoredQuantile(histogram: HistogramRepetition, probability: number): number | null {
  const last = histogram.counts.length - 1;
  if (last < 0 || Number.isFinite(at(histogram.edges, last + 1))) return null;
  const beyond = at(histogram.counts, last);
  return beyond > 0 && countValues(histogram) - beyond < probability * countValues(histogram) ? at(histogram.edges, last) : null;
}

/**
 * A quantile by linear interpolation inside its bucket (Hyndman-Fan type 4 on the buckets), in the values' unit.
 * @param probability 0..1
 * @returns null when the histogram is empty or the quantile lies in a bucket without an upper end
 * @example computeBucketQuantile({ repetition: 1, edges: [0, 10, 20], counts: [5, 5], scheme: 'x', quality: [] }, 0.75) // 15
 */
export function computeBucketQuantile(histogram: HistogramRepetition, probability: number): number | null {
  const rank = probability * countValues(histogram);
  let below = 0;
  for (let i = 0; i < histogram.counts.length; i++) {
    const count = at(histogram.counts, i);
    if (count > 0 && below + count >= rank) {
      const low = at(histogram.edges, i);
      const value = low + ((rank - below) / count) * (at(histogram.edges, i + 1) - low);
      return Number.isFinite(value) ? value : null;
    }
    below += count;
  }
  return null;
}

/**
 * Mean of the middle half, values spread evenly inside their bucket, in the values' unit.
 * @returns null when the histogram is empty or the middle half reaches into a bucket without an upper end
 * @example computeBucketCentre({ repetition: 1, edges: [0, 10, 20], counts: [5, 5], scheme: 'x', quality: [] }) // 10
 */
export function computeBucketCentre(histogram: HistogramRepetition): number | null {
  const total = countValues(histogram);
  const from = total / 4;
  const to = total - from;
  let below = 0;
  let sum = 0;
  for (let i = 0; i < histogram.counts.length; i++) {
    const count = at(histogram.counts, i);
    const first = Math.max(from, below);
    const last = Math.min(to, below + count);
    if (last > first) {
      const low = at(histogram.edges, i);
      const middle = ((first + last) / 2 - below) / count;
      sum += (last - first) * (low + middle * (at(histogram.edges, i + 1) - low));
    }
    below += count;
  }
  return total > 0 && Number.isFinite(sum) ? sum / (to - from) : null;
}
