import type { JsonObject, JsonValue } from '../../lexers/json.ts';
import type { WarningTally } from '../warning-tally.ts';
import { type Buckets, decodeBuckets, type Fail, toInteger } from './bpftrace-buckets.ts';
import type { Print } from './bpftrace-prints.ts';

/** The prints of every map of a payload, decoded, by map name and in the order of the file. */

export type Integer = number | bigint;
export type Stats = { readonly count: Integer; readonly total: Integer };
/** Interval start as printed (wall clock without a zone) → value; null where the tool printed null. */
export type TimeSeries = ReadonlyMap<string, Integer | null>;

export type CollectedMaps = {
  readonly histograms: Map<string, Print<Buckets>[]>;
  readonly stats: Map<string, Print<Stats>[]>;
  /** avg() maps: only the mean is printed, cut to an integer. */
  readonly averages: Map<string, Print<Integer>[]>;
  readonly timeSeries: Map<string, Print<TimeSeries>[]>;
  readonly scalars: Map<string, Print<Integer>[]>;
};

export function emptyMaps(): CollectedMaps {
  return { histograms: new Map(), stats: new Map(), averages: new Map(), timeSeries: new Map(), scalars: new Map() };
}

/** Where a print comes from and how to complain about it. */
export type PrintContext = { readonly line: number; readonly fail: Fail; readonly tally: WarningTally };

/** Reads the data of one line of type hist (lhist too), stats, tseries or map. */
export function collectMaps(type: string, data: JsonObject, maps: CollectedMaps, context: PrintContext): void {
  const { fail } = context;
  if (type === 'hist') collect(data, maps.histograms, context, (value) => (Array.isArray(value) ? decodeBuckets(value, fail) : undefined));
  else if (type === 'tseries')
    collect(data, maps.timeSeries, context, (value) => (Array.isArray(value) ? decodeTimeSeries(value, fail) : undefined));
  else if (type === 'map') collect(data, maps.scalars, context, (value) => decodeScalar(value, context));
  else if ([...data.values()].some((value) => isAveragePrint(value))) collect(data, maps.averages, context, toInteger);
  else collect(data, maps.stats, context, decodeStats);
}

function collect<T>(
  data: JsonObject,
  into: Map<string, Print<T>[]>,
  { line, fail, tally }: PrintContext,
  decode: (value: JsonValue) => T | undefined,
): void {
  for (const [name, value] of data) {
    const values = new Map<string | null, T>();
    const single = decode(value);
    if (single !== undefined) values.set(null, single);
    else if (value instanceof Map) {
      for (const [key, item] of value) {
        const decoded = decode(item);
        if (decoded !== undefined) values.set(key, decoded);
        else if (item instanceof Map) fail(`map ${name} has a value for '${key}' of a kind that its type does not have`);
        else tally.add('ignored_value', `map ${name} holds values that are no numbers`, line);
      }
    } else tally.add('ignored_value', `map ${name} holds values that are no numbers`, line);
    if (values.size === 0 && !(value instanceof Map && value.size === 0)) continue;
    const prints = into.get(name);
    if (prints === undefined) into.set(name, [{ line, values }]);
    else prints.push({ line, values });
  }
}

function isAveragePrint(value: JsonValue): boolean {
  if (!(value instanceof Map)) return toInteger(value) !== undefined;
  return !isStats(value) && [...value.values()].some((item) => !(item instanceof Map));
}

function isStats(value: JsonObject): boolean {
  return value.size === 3 && value.has('count') && value.has('average') && value.has('total');
}

function decodeStats(value: JsonValue): Stats | undefined {
  if (!(value instanceof Map) || !isStats(value)) return undefined;
  const count = toInteger(value.get('count'));
  const total = toInteger(value.get('total'));
  return count === undefined || total === undefined || count < 0 ? undefined : { count, total };
}

/** A number; text, tuples and buffers are no measurements and give undefined. A digit string is a number only if no double holds it. */
function decodeScalar(value: JsonValue, { line, tally }: PrintContext): Integer | undefined {
  if (typeof value === 'string') {
    const integer = toInteger(value);
    return typeof integer === 'bigint' ? integer : undefined;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) tally.add('fraction', 'a map holds a number with a fraction', line);
  return typeof value === 'number' ? value : toInteger(value);
}

function decodeTimeSeries(list: readonly JsonValue[], fail: Fail): TimeSeries {
  const series = new Map<string, Integer | null>();
  for (const item of list) {
    const start = item instanceof Map ? item.get('interval_start') : undefined;
    if (!(item instanceof Map) || typeof start !== 'string') return fail('a tseries interval has no interval_start');
    const value = item.get('value');
    const integer = toInteger(value);
    if (integer === undefined && value !== null) return fail(`the tseries value of ${start} is not an integer`);
    series.set(start, integer ?? null);
  }
  return series;
}
