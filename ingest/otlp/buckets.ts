import { LIMITS } from '../../wire/limits.ts';
import type { ExponentialBuckets, ExponentialHistogramPoint, HistogramPoint } from './messages.ts';
import { Rejected } from './rejections.ts';

/** Buckets [edges[i], edges[i + 1]) in the unit of the series. OTLP closes buckets at the other end; a value on an edge makes the difference. */
export type Buckets = { readonly edges: readonly number[]; readonly counts: readonly number[] };

/** Scales the specification allows an SDK (metrics SDK, Base2 Exponential Bucket Histogram Aggregation). */
const SCALES = { least: -10, most: 20 } as const;
/** The smallest double above 0: what is exactly 0 lies in [0, this). */
const LEAST_POSITIVE = Number.MIN_VALUE;

/**
 * Buckets of an explicit histogram, from -Infinity to Infinity; null when the exporter kept none (no bounds).
 * @throws Rejected when bounds do not ascend, or the counts do not add up to `count`
 */
export function toExplicitBuckets(point: HistogramPoint, toEdges: EdgeReader): Buckets | null {
  const { bucketCounts, explicitBounds } = point;
  assertBucketLimit(bucketCounts.length);
  if (bucketCounts.length === 0 && explicitBounds.length === 0) return null;
  if (bucketCounts.length !== explicitBounds.length + 1) {
    throw new Rejected(
      `a histogram has ${bucketCounts.length} counts and ${explicitBounds.length} bounds; there is one count more than bounds`,
    );
  }
  const counts = toCounts(bucketCounts, point.count);
  return explicitBounds.length === 0 ? null : { edges: toEdges(explicitBounds), counts };
}

export type EdgeReader = (bounds: readonly number[]) => readonly number[];

/** Reads bounds; the points of a metric mostly share theirs, so the edges made last are kept. @param factor to the unit of the series */
export function createEdgeReader(factor: number): EdgeReader {
  let lastBounds: readonly number[] | undefined;
  let lastEdges: readonly number[] = [];
  return (bounds) => {
    if (lastBounds !== undefined && areEqual(lastBounds, bounds)) return lastEdges;
    const edges = [Number.NEGATIVE_INFINITY, ...bounds.map((bound) => bound * factor), Number.POSITIVE_INFINITY];
    if (!bounds.every(Number.isFinite) || !isAscending(edges))
      throw new Rejected('the bounds of a histogram do not ascend strictly, or are not finite');
    lastBounds = bounds;
    lastEdges = edges;
    return edges;
  };
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function isAscending(edges: readonly number[]): boolean {
  return edges.every((edge, index) => index === 0 || (edges[index - 1] ?? Number.NaN) < edge);
}

/** @throws Rejected when a count is beyond 2^53, or all together are not `count` */
function toCounts(bucketCounts: readonly bigint[], count: bigint, rest = 0n): readonly number[] {
  const counts = bucketCounts.map(toCount);
  let sum = 0;
  for (const one of counts) sum += one;
  // A sum of whole numbers that ends within 2^53 was exact all the way; adding bigints would leave one a bucket for the collector.
  const exact = sum <= Number.MAX_SAFE_INTEGER ? BigInt(sum) : bucketCounts.reduce((total, one) => total + one, 0n);
  const total = exact + rest;
  if (total !== count) throw new Rejected(`the buckets of a histogram hold ${total} values and its count says ${count}`);
  return counts;
}

/** @throws Rejected beyond 2^53 */
export function toCount(count: bigint): number {
  const number = Number(count);
  if (number <= Number.MAX_SAFE_INTEGER) return number;
  throw new Rejected(`a count of ${count} is beyond 2^53`);
}

function assertBucketLimit(length: number): void {
  if (length <= LIMITS.bucketsPerHistogram) return;
  throw new Rejected(`a histogram has ${length} buckets, more than ${LIMITS.bucketsPerHistogram}`);
}

type Run = { readonly edges: number[]; readonly counts: number[] };

/**
 * Buckets of an exponential histogram, ascending: negative, zero, positive (opentelemetry-proto, metrics.proto; data model, section
 * ExponentialHistogram). Edges are exactly 2^(i·2^-scale) times `factor`, so that those of a coarser scale are among those of a finer one.
 * Where the zero region reaches into a bucket, the bucket is cut at its end; gaps become one empty bucket.
 * @throws Rejected when an edge is 0 or infinite, a bucket lies inside the zero region, or the counts do not add up
 */
export function toExponentialBuckets(point: ExponentialHistogramPoint, factor: number): Buckets {
  const { scale, zeroThreshold, positive, negative } = point;
  if (!Number.isInteger(scale) || scale < SCALES.least || scale > SCALES.most) {
    throw new Rejected(`an exponential histogram has scale ${scale}; ${SCALES.least} to ${SCALES.most} are taken`);
  }
  if (!(zeroThreshold >= 0 && Number.isFinite(zeroThreshold))) throw new Rejected(`a zero threshold of ${zeroThreshold} is none`);
  assertBucketLimit(positive.bucketCounts.length + negative.bucketCounts.length);
  const positiveCounts = toCounts(positive.bucketCounts, point.count, point.zeroCount + sumOf(negative));
  const negativeCounts = negative.bucketCounts.map(toCount);
  const axis: Axis = { scale, factor, zeroThreshold: zeroThreshold * factor };
  const upper = toRun({ offset: positive.offset, counts: positiveCounts }, axis);
  const lower = mirror(toRun({ offset: negative.offset, counts: negativeCounts }, axis));
  const zero = toZeroRun(point.zeroCount, axis, upper === null && lower === null);
  const buckets = join([lower, zero, upper].filter((run) => run !== null));
  if (!isAscending(buckets.edges)) throw outOfRange();
  return buckets;
}

function sumOf({ bucketCounts }: ExponentialBuckets): bigint {
  return bucketCounts.reduce((sum, count) => sum + count, 0n);
}

/** How a point cuts its values, and the factor to the unit of the series; the threshold is in that unit. */
type Axis = { readonly scale: number; readonly factor: number; readonly zeroThreshold: number };

/** null when nothing fell on zero, unless there is nothing else to show. */
function toZeroRun(zeroCount: bigint, { zeroThreshold }: Axis, isAlone: boolean): Run | null {
  if (zeroCount === 0n && !isAlone) return null;
  return { edges: zeroThreshold === 0 ? [0, LEAST_POSITIVE] : [-zeroThreshold, zeroThreshold], counts: [toCount(zeroCount)] };
}

/** Buckets of one side above 0, without the empty ones at its ends; null when all are empty. */
function toRun({ offset, counts }: { readonly offset: number; readonly counts: readonly number[] }, axis: Axis): Run | null {
  const first = counts.findIndex((count) => count > 0);
  if (first === -1) return null;
  const kept = counts.slice(first, counts.findLastIndex((count) => count > 0) + 1);
  const width = 2 ** -axis.scale;
  const edges = Array.from({ length: kept.length + 1 }, (_, index) => 2 ** ((offset + first + index) * width) * axis.factor);
  if (edges[0] === 0 || edges.at(-1) === Number.POSITIVE_INFINITY) throw outOfRange();
  return cutAtZero({ edges, counts: kept }, axis.zeroThreshold);
}

/** The zero region is closed: what a bucket counts lies beyond it. */
function cutAtZero(run: Run, zeroThreshold: number): Run {
  const [low = 0, next = 0] = run.edges;
  if (zeroThreshold <= low) return run;
  if (zeroThreshold >= next) throw new Rejected('an exponential histogram counts values in a bucket inside its zero region');
  return { edges: [zeroThreshold, ...run.edges.slice(1)], counts: run.counts };
}

function mirror(run: Run | null): Run | null {
  return run === null ? null : { edges: run.edges.map((edge) => -edge).reverse(), counts: run.counts.toReversed() };
}

function join(runs: readonly Run[]): Run {
  const edges: number[] = [];
  const counts: number[] = [];
  for (const run of runs) {
    const last = edges.at(-1);
    const [first] = run.edges;
    if (last !== undefined && last !== first) counts.push(0);
    edges.push(...(last === first ? run.edges.slice(1) : run.edges));
    counts.push(...run.counts);
  }
  return { edges, counts };
}

function outOfRange(): Rejected {
  return new Rejected('an exponential histogram has a bucket whose edge is 0 or infinite as a double');
}
