import type { JsonValue } from '../../lexers/json.ts';
import { toDouble } from '../../lexers/number.ts';
import type { HistogramRecord } from '../../records.ts';

/**
 * Buckets as bpftrace prints them in JSON: closed intervals of integers [min, max], underflow without min, overflow without max, only the
 * span from the first to the last filled one. Source: bpftrace src/output/json.cpp, captures of 0.17.0, 0.23.2 and 0.27.1.
 */

/** One bucket [lower, upper) in the map's own unit, with an exact count. */
export type Bucket = { readonly lower: number; readonly upper: number; readonly count: number | bigint; readonly repaired: boolean };
/** Buckets by lower bound, ascending in insertion order. */
export type Buckets = Map<number, Bucket>;
/** Reports what is wrong with a value; never returns. */
export type Fail = (detail: string) => never;

const TWO_TO_31 = 2 ** 31;

/** The integer a JSON value states: a number, or (bpftrace >= 0.24) a string of digits when no double holds it; undefined otherwise. */
export function toInteger(value: JsonValue | undefined): number | bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return undefined;
  const integer = BigInt(value);
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}

/** Reads the bucket list of one histogram; an empty list is an empty histogram. */
export function decodeBuckets(list: readonly JsonValue[], fail: Fail): Buckets {
  const buckets: Buckets = new Map();
  let previous: Bucket | undefined;
  for (const [index, item] of list.entries()) {
    const bucket = decodeBucket(item, previous, index === list.length - 1, fail);
    buckets.set(bucket.lower, bucket);
    previous = bucket;
  }
  return buckets;
}

function decodeBucket(item: JsonValue, previous: Bucket | undefined, isLast: boolean, fail: Fail): Bucket {
  if (!(item instanceof Map)) return fail('a histogram bucket is not an object');
  const count = toInteger(item.get('count'));
  if (count === undefined || count < 0) return fail('a histogram bucket has no count, or one that is not a natural number');
  const lower = item.has('min') ? readBound(item.get('min'), 0, fail) : Number.NEGATIVE_INFINITY;
  const upper = item.has('max') ? readBound(item.get('max'), 1, fail) : Number.POSITIVE_INFINITY;
  if (lower === Number.NEGATIVE_INFINITY && (previous !== undefined || !item.has('max'))) fail('only the first bucket may be without min');
  if (upper === Number.POSITIVE_INFINITY && !isLast) fail('only the last bucket may be without max');
  const repaired = repairOverflow(lower, upper, previous);
  if (repaired !== undefined) return { ...repaired, count, repaired: true };
  if (!(lower < upper)) fail(`a bucket runs from ${lower} to ${upper - 1}`);
  if (previous !== undefined && lower !== previous.upper)
    fail(`the bucket that starts at ${lower} does not follow the one that ends at ${previous.upper - 1}`);
  return { lower, upper, count, repaired: false };
}

/** A printed bound plus 0 or 1, as the double it must be: bounds are powers of two, sums of two of them, or small. */
function readBound(value: JsonValue | undefined, plus: number, fail: Fail): number {
  const bound = toInteger(value);
  if (bound === undefined) return fail('a bucket bound is not an integer');
  if (typeof bound === 'number') return bound + plus;
  const { value: double, exact } = toDouble(bound + BigInt(plus));
  return exact ? double : fail(`the bucket bound ${bound} cannot be kept exactly`);
}

/**
 * bpftrace 0.17 computes bounds in 32 bits: after [2^30, 2^31-1] it prints {"min": -2147483648, "max": 0}. The bucket is the power of two
 * that follows the previous one, without doubt; later ones are restored while they do not ascend.
 */
function repairOverflow(lower: number, upper: number, previous: Bucket | undefined): { lower: number; upper: number } | undefined {
  if (upper === Number.POSITIVE_INFINITY || lower === Number.NEGATIVE_INFINITY) return undefined;
  if (previous === undefined) return lower === -TWO_TO_31 && upper === 1 ? { lower: TWO_TO_31, upper: 2 * TWO_TO_31 } : undefined;
  const next = previous.upper;
  const isPowerOfTwo = next >= TWO_TO_31 && Number.isInteger(Math.log2(next));
  return isPowerOfTwo && lower <= 1 && previous.upper === 2 * previous.lower ? { lower: next, upper: 2 * next } : undefined;
}

/** Whether `after` has fewer counts than `before` in some bucket: the map was cleared in between. */
export function bucketsFell(before: Buckets, after: Buckets): boolean {
  for (const bucket of before.values()) {
    if (bucket.count > (after.get(bucket.lower)?.count ?? 0)) return true;
  }
  return false;
}

/** The sum of two prints of one histogram, bucket by bucket. */
export function addBuckets(left: Buckets, right: Buckets): Buckets {
  const sum: Buckets = new Map(left);
  for (const bucket of right.values()) {
    const other = sum.get(bucket.lower);
    sum.set(
      bucket.lower,
      other === undefined ? bucket : { ...bucket, count: addExact(other.count, bucket.count), repaired: other.repaired || bucket.repaired },
    );
  }
  return sum;
}

/** Exact sum of two integers. */
export function addExact(left: number | bigint, right: number | bigint): number | bigint {
  if (typeof left === 'number' && typeof right === 'number' && Number.isSafeInteger(left + right)) return left + right;
  return BigInt(left) + BigInt(right);
}

/** Edges in base units, counts, and what became of them; gaps between the spans of two prints were empty in both and become empty buckets. */
export type EdgesAndCounts = { readonly edges: number[]; readonly counts: number[]; readonly exact: boolean; readonly repaired: boolean };

export function toEdges(buckets: Buckets, factor: number, fail: Fail): EdgesAndCounts {
  const edges: number[] = [];
  const counts: number[] = [];
  let exact = true;
  let repaired = false;
  let end: number | undefined;
  for (const bucket of [...buckets.values()].sort((left, right) => left.lower - right.lower)) {
    if (end !== undefined && bucket.lower < end) fail(`the prints of this map have buckets that overlap at ${bucket.lower}`);
    if (end === undefined || bucket.lower > end) {
      if (end !== undefined) counts.push(0);
      edges.push(bucket.lower * factor);
    }
    const count = toDouble(bucket.count);
    counts.push(count.value);
    edges.push(bucket.upper * factor);
    end = bucket.upper;
    exact &&= count.exact;
    repaired ||= bucket.repaired;
  }
  return { edges, counts, exact, repaired };
}

/** Which rule the bounds follow; for people and for the choice of a quantile routine, the edges themselves are exact. */
export function recogniseScheme(all: Iterable<Buckets>): HistogramRecord['scheme'] {
  let log2 = true;
  let log2k = true;
  let linear = true;
  let width: number | undefined;
  for (const buckets of all) {
    for (const { lower, upper } of buckets.values()) {
      if (lower === Number.NEGATIVE_INFINITY) continue;
      if (upper === Number.POSITIVE_INFINITY) {
        // Only lhist() has an overflow bucket.
        log2 = log2k = false;
        continue;
      }
      width ??= upper - lower;
      linear &&= upper - lower === width;
      log2 &&= isLog2(lower, upper);
      log2k &&= isLog2k(lower, upper);
    }
  }
  if (log2) return 'log2';
  if (linear) return 'linear';
  return log2k ? 'log2k' : 'explicit';
}

function isLog2(lower: number, upper: number): boolean {
  return (lower === 0 && upper === 1) || (lower > 0 && Number.isInteger(Math.log2(lower)) && upper === 2 * lower);
}

/** hist(x, k) cuts each power of two into 2^k equal parts. */
function isLog2k(lower: number, upper: number): boolean {
  const width = upper - lower;
  return width === 1 || (Number.isInteger(Math.log2(width)) && lower % width === 0 && lower >= 2 * width);
}
