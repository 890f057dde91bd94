import type { HistogramRepetition } from '../wire/measurements.ts';
import type { Quality } from '../wire/quality.ts';
import { type Standing, toGrowth } from './histogram-growth.ts';
import { addHistograms, type Buckets } from './histogram-sum.ts';

/** A stored histogram as read: edges as text, since JSON has no infinity; 64-bit integers too. */
export type StoredHistogram = {
  readonly repetition: number;
  readonly scheme: string;
  readonly edges: readonly string[];
  readonly counts: readonly string[];
  readonly at_ns: string | null;
  readonly is_standing: boolean;
  readonly since_ns: string | null;
  readonly quality: readonly Quality[];
};

function toEdge(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

const toBuckets = (histogram: StoredHistogram): Buckets => ({ edges: histogram.edges.map(toEdge), counts: histogram.counts.map(Number) });

const toStanding = (histogram: StoredHistogram): Standing => ({
  ...toBuckets(histogram),
  sinceNs: histogram.since_ns,
  atNs: histogram.at_ns === null ? null : BigInt(histogram.at_ns),
});

/**
 * The histogram of one repetition from those its payloads brought: increases are added, of cumulative standings only the growth counts.
 * @param histograms of one series and repetition
 * @returns undefined when nothing of it is an increase: no histogram, or a single standing
 */
export function mergeHistograms(histograms: readonly StoredHistogram[]): HistogramRepetition | undefined {
  const first = histograms[0];
  const growth = toGrowth(histograms.filter((histogram) => histogram.is_standing).map(toStanding));
  const increases = [...histograms.filter((histogram) => !histogram.is_standing).map(toBuckets), ...growth.increases];
  if (first === undefined || increases.length === 0) return undefined;
  const { edges, counts } = addHistograms(increases);
  const flags = new Set(histograms.flatMap((histogram) => histogram.quality));
  if (growth.hasReset) flags.add('counter_reset');
  const schemes = new Set(histograms.map((histogram) => histogram.scheme));
  return {
    repetition: first.repetition,
    scheme: schemes.size === 1 ? first.scheme : 'explicit',
    edges,
    counts,
    quality: [...flags].sort(),
  };
}
