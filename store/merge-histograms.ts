import type { HistogramRepetition } from '../wire/measurements.ts';
import type { Quality } from '../wire/quality.ts';

/** A stored histogram as read: edges as text, since JSON has no infinity. */
export type StoredHistogram = {
  readonly repetition: number;
  readonly scheme: string;
  readonly edges: readonly string[];
  readonly counts: readonly string[];
  readonly quality: readonly Quality[];
};

type Bucket = { readonly lower: number; readonly upper: number; count: number };

function toEdge(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** Buckets of all histograms by their lower edge; undefined when two of them cut the axis differently there. */
function addBuckets(histograms: readonly StoredHistogram[]): readonly Bucket[] | undefined {
  const buckets = new Map<number, Bucket>();
  for (const histogram of histograms) {
    const edges = histogram.edges.map(toEdge);
    for (const [index, count] of histogram.counts.entries()) {
      const [lower = Number.NaN, upper = Number.NaN] = edges.slice(index, index + 2);
      const known = buckets.get(lower);
      if (known !== undefined && known.upper !== upper) return undefined;
      if (known === undefined) buckets.set(lower, { lower, upper, count: Number(count) });
      else known.count += Number(count);
    }
  }
  const sorted = [...buckets.values()].sort((a, b) => a.lower - b.lower);
  const overlaps = sorted.some((bucket, index) => bucket.upper > (sorted[index + 1]?.lower ?? Number.POSITIVE_INFINITY));
  return overlaps ? undefined : sorted;
}

/**
 * The histogram of one repetition from those its payloads brought: counts of equal buckets are added, gaps are empty buckets.
 * @param histograms of one series and repetition
 * @returns undefined without any, or when their buckets do not fit together: to add those would invent a distribution
 */
export function mergeHistograms(histograms: readonly StoredHistogram[]): HistogramRepetition | undefined {
  const first = histograms[0];
  const buckets = addBuckets(histograms);
  if (first === undefined || buckets === undefined) return undefined;
  const edges: number[] = [];
  const counts: number[] = [];
  for (const { lower, upper, count } of buckets) {
    const last = edges.at(-1);
    if (last === undefined) edges.push(lower);
    else if (last < lower) {
      edges.push(lower);
      counts.push(0);
    }
    edges.push(upper);
    counts.push(count);
  }
  const quality = [...new Set(histograms.flatMap((histogram) => histogram.quality))].sort();
  return { repetition: first.repetition, scheme: first.scheme, edges, counts, quality };
}
