import { type Bucket, toInteger } from './bpftrace-buckets.ts';
import type { Integer } from './bpftrace-maps.ts';

/**
 * Lines of bpftrace's text output. Source: TextOutput of bpftrace src/output.cpp (v0.17 to HEAD) and captures of 0.17.0: `@m[key]: value`,
 * `[1K, 2K)  n |@@@|` with powers of 1024, half open other than in JSON.
 */
export type MapLine = { readonly name: string; readonly key: string | null /** '' begins a histogram. */; readonly value: string };

/** What a line that starts with `@` says; `open` when its key goes on in the next line; undefined for text that only looks like a map. */
export function readMapLine(text: string): MapLine | 'open' | undefined {
  const name = /^@[A-Za-z0-9_]*/.exec(text)?.[0];
  if (name === undefined) return undefined;
  const rest = text.slice(name.length);
  if (rest.startsWith(':')) return rest.length === 1 || rest[1] === ' ' ? { name, key: null, value: rest.slice(2) } : undefined;
  if (!rest.startsWith('[')) return undefined;
  // The last one, because a key may hold anything and a number does not.
  const close = rest.endsWith(']:') ? rest.length - 2 : rest.lastIndexOf(']: ');
  return close < 0 ? 'open' : { name, key: rest.slice(1, close), value: rest.slice(close + 3) };
}

const BOUND = String.raw`(-?\d{1,20})([KMGTPE]?)`;
const BUCKET = new RegExp(
  String.raw`^(?:\[${BOUND}, ${BOUND}\)|\[(-?\d{1,20})([KMGTPE]?)\]|\(\.\.\., ${BOUND}\)|\[${BOUND}, \.\.\.\)) +(\d{1,20}) \|[@ ]*\|$`,
);
const SUFFIXES = ' KMGTPE';

/** The bucket of a row of a histogram; undefined when the line is none, is cut off, or has a bound that no double holds. */
export function readBucketLine(text: string): Bucket | undefined {
  const match = BUCKET.exec(text);
  if (match === null) return undefined;
  const bound = (index: number) => toBound(match[index], match[index + 1]);
  const [from, to, only, below, above] = [bound(1), bound(3), bound(5), bound(7), bound(9)];
  const lower = from ?? only ?? above ?? Number.NEGATIVE_INFINITY;
  const upper = to ?? below ?? (only === undefined ? Number.POSITIVE_INFINITY : only + 1);
  const count = toInteger(match[11]);
  return count === undefined || !(lower < upper) ? undefined : { lower, upper, count, repaired: false };
}

/** NaN for a bound that cannot be kept exactly. */
function toBound(digits: string | undefined, suffix: string | undefined): number | undefined {
  if (digits === undefined) return undefined;
  const exact = BigInt(digits) * 1024n ** BigInt(suffix === undefined || suffix === '' ? 0 : SUFFIXES.indexOf(suffix));
  const double = Number(exact);
  return BigInt(double) === exact ? double : Number.NaN;
}

export type StatsLine = { readonly count: Integer; readonly average: Integer; readonly total: Integer };

/** The value of a stats() map; its average is cut to an integer. */
export function readStats(value: string): StatsLine | undefined {
  const [, ...fields] = /^count (\d{1,20}), average (-?\d{1,20}), total (-?\d{1,20})$/.exec(value) ?? [];
  const [count, average, total] = fields.map((field) => toInteger(field));
  return count === undefined || average === undefined || total === undefined ? undefined : { count, average, total };
}
