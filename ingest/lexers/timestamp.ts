import type { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';
import type { StoredRecord } from '../records.ts';
import { quote, trimBlanks } from './decimal.ts';
import type { Int64Halves } from './int64-list.ts';
import { detach } from './stream-text.ts';

/**
 * Absolute times as callers print them: RFC 3339 or nanoseconds since 1970 as digits. All digits are kept: a JS number would lose up to
 * 128 ns today, so the result is bigint.
 */

export type TimestampReading = { readonly atNs: bigint } | { /** Completes "at …". */ readonly refusal: string };

const NS_PER_S = 1_000_000_000n;
const S_PER_DAY = 86_400;
/** Nanoseconds since 1970 have 19 digits from September 2001 until the year 2286; fewer digits are seconds, milli- or microseconds. */
const EPOCH_NS_DIGITS = 19;
/** The leading digits of those that are whole seconds. */
const EPOCH_S_DIGITS = 10;
const EPOCH_DIGITS_OF = new Map([
  [10, 'seconds'],
  [13, 'milliseconds'],
  [16, 'microseconds'],
]);

/** Lengths of `2026-01-31T12:00` and `2026-01-31T12:00:00`. */
const MINUTE_CHARACTERS = 16;
const SECOND_CHARACTERS = 19;
/** Nanoseconds of one unit of a fraction's last digit, by its number of digits. */
const FRACTION_SCALES: readonly number[] = Array.from({ length: 10 }, (_, digits) => 10 ** (9 - digits));
const CODE_POINT = 46;
const CODE_0 = 48;
const CODE_COLON = 58;
const CODE_Z = 90;

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))$/;
const ADVICE = 'write RFC 3339 with an offset (2026-01-31T12:00:00.123456789Z) or nanoseconds since 1970';

/**
 * Reads an absolute time.
 * @param text RFC 3339 (fraction of up to 9 digits, offset required) or 19 digits of nanoseconds since 1970; blanks around are allowed
 * @returns nanoseconds since 1970, all digits kept; or why the text is no time
 * @example readTimestamp('2026-01-31T12:00:00.000000001Z') // { atNs: 1769860800000000001n }
 */
export function readTimestamp(text: string): TimestampReading {
  const trimmed = trimBlanks(text);
  if (isDigits(trimmed)) {
    if (trimmed.length === EPOCH_NS_DIGITS) return { atNs: BigInt(trimmed) };
    const unit = EPOCH_DIGITS_OF.get(trimmed.length);
    const looks = unit === undefined ? '' : ` (it looks like ${unit})`;
    return {
      refusal: `has ${trimmed.length} digits, nanoseconds since 1970 have ${EPOCH_NS_DIGITS}${looks}: ${quote(trimmed)}; ${ADVICE}`,
    };
  }
  const parts = RFC_3339.exec(trimmed);
  if (parts === null) return { refusal: `is not a time: ${quote(trimmed)}; ${ADVICE}` };
  const [, year, month, day, hour, minute, second, fraction = '', , sign, offsetHour = '0', offsetMinute = '0'] = parts;
  const days = daysSince1970(Number(year), Number(month), Number(day));
  const clock = [Number(hour), Number(minute), Number(second), Number(offsetHour), Number(offsetMinute)];
  const bounds = [23, 59, 59, 23, 59];
  if (days === undefined || clock.some((field, index) => field > (bounds[index] ?? 0))) {
    return { refusal: `is not a time of the calendar: ${quote(trimmed)}` };
  }
  if (/[^0]/.test(fraction.slice(9)))
    return { refusal: `is finer than a nanosecond: ${quote(trimmed)}; write at most 9 digits after the second` };
  const offsetS = (sign === '-' ? -1 : 1) * (Number(offsetHour) * 3600 + Number(offsetMinute) * 60);
  const secondsSince1970 = days * S_PER_DAY + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetS;
  return { atNs: BigInt(secondsSince1970) * NS_PER_S + BigInt(Number(fraction.slice(0, 9).padEnd(9, '0'))) };
}

/** A time of which the following ones differ only in their last digits: how they all begin, and the nanoseconds that stands for. */
type Anchor = { readonly prefix: string; readonly low: number; readonly high: number };

const TWO_32 = 2 ** 32;

function toAnchor(prefix: string, ns: bigint): Anchor {
  return { prefix: detach(prefix), low: Number(BigInt.asUintN(32, ns)), high: Number(ns >> 32n) };
}

/** Reads times like `readTimestamp`, faster when many lie in the same minute of UTC, or second since 1970, as those of a measurement do. */
export class TimestampReader {
  readonly #halves: Int64Halves = { low: 0, high: 0 };
  #minute: Anchor | undefined;
  #second: Anchor | undefined;

  read(text: string): TimestampReading {
    const reading = readTimestamp(text);
    if (!('atNs' in reading)) return reading;
    const sinceMinuteNs = readSinceMinuteNs(text, 0, text.length);
    const sinceSecondNs = readSinceSecondNs(text);
    if (sinceMinuteNs !== undefined) this.#minute = toAnchor(text.slice(0, MINUTE_CHARACTERS), reading.atNs - BigInt(sinceMinuteNs));
    if (sinceSecondNs !== undefined) this.#second = toAnchor(text.slice(0, EPOCH_S_DIGITS), reading.atNs - BigInt(sinceSecondNs));
    return reading;
  }

  /**
   * The time in a stretch of a text without making a bigint, or a string, where that can be avoided.
   * @param from where it begins, up to before `to`
   * @returns nanoseconds since 1970, valid until the next call when in halves; undefined when `read` refuses the text
   */
  readQuickly(text: string, from: number, to: number): bigint | Int64Halves | undefined {
    const second = this.#second;
    if (second !== undefined && to - from === EPOCH_NS_DIGITS && text.startsWith(second.prefix, from)) {
      const sinceSecondNs = digitsAt(text, from + EPOCH_S_DIGITS, to);
      if (sinceSecondNs !== undefined) return this.#add(second, sinceSecondNs);
    }
    const minute = this.#minute;
    if (minute !== undefined && text.startsWith(minute.prefix, from)) {
      const sinceMinuteNs = readSinceMinuteNs(text, from, to);
      if (sinceMinuteNs !== undefined) return this.#add(minute, sinceMinuteNs);
    }
    const reading = this.read(text.slice(from, to));
    return 'atNs' in reading ? reading.atNs : undefined;
  }

  #add(anchor: Anchor, ns: number): Int64Halves {
    const low = anchor.low + ns;
    const carry = Math.floor(low / TWO_32);
    this.#halves.low = low - carry * TWO_32;
    this.#halves.high = anchor.high + carry;
    return this.#halves;
  }
}

/** Nanoseconds since the second of nanoseconds since 1970 as digits; undefined for a text of another form. */
function readSinceSecondNs(text: string): number | undefined {
  return text.length === EPOCH_NS_DIGITS && digitsAt(text, 0, 1) !== undefined
    ? digitsAt(text, EPOCH_S_DIGITS, EPOCH_NS_DIGITS)
    : undefined;
}

/** Nanoseconds since the minute of `2026-01-31T12:00:59Z`, with a fraction or without; undefined for a text of another form. */
function readSinceMinuteNs(text: string, from: number, to: number): number | undefined {
  const last = to - 1;
  if (text.charCodeAt(last) !== CODE_Z || text.charCodeAt(from + MINUTE_CHARACTERS) !== CODE_COLON) return undefined;
  const second = from + SECOND_CHARACTERS;
  const seconds = digitsAt(text, from + MINUTE_CHARACTERS + 1, second);
  if (seconds === undefined || seconds > 59 || last < second) return undefined;
  if (last === second) return seconds * 1e9;
  if (text.charCodeAt(second) !== CODE_POINT) return undefined;
  const scale = FRACTION_SCALES[last - second - 1];
  const fraction = digitsAt(text, second + 1, last);
  return scale === undefined || fraction === undefined ? undefined : seconds * 1e9 + fraction * scale;
}

/** The number that the characters from `start` to before `end` print; undefined when there are none or one is no digit. */
function digitsAt(text: string, start: number, end: number): number | undefined {
  let value = 0;
  for (let position = start; position < end; position++) {
    const digit = text.charCodeAt(position) - CODE_0;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return end > start ? value : undefined;
}

type TimeWindow = Pick<typeof LIMITS, 'atBackNs' | 'atAheadNs'>;

/**
 * Refuses a record whose times lie outside the window around its arrival: one skewed clock would spread an insert over more partitions
 * than ClickHouse takes. Parsers are pure and do not know the time, so whoever receives a payload calls this for each record.
 * @param record any record; records without times pass
 * @param nowNs when the payload arrived, nanoseconds since 1970
 * @param limits how far back and ahead of the arrival a time may lie, nanoseconds
 * @throws ParseError naming the time, its place among the record's values and the line the record began on
 */
export function assertTimesInWindow(record: StoredRecord, nowNs: bigint, limits: TimeWindow): void {
  if (record.kind === 'summary') return;
  const times = timesOf(record);
  const earliest = nowNs - limits.atBackNs;
  const latest = nowNs + limits.atAheadNs;
  let index = 0;
  for (let time = times[0]; time !== undefined && time >= earliest && time <= latest; time = times[index]) index++;
  const atNs = times[index];
  if (atNs === undefined) return;
  const place = times.length > 1 ? ` (value ${index + 1} of the ${times.length} read from line ${record.line} on)` : '';
  const side = atNs < earliest ? 'before' : 'after';
  const bound = atNs < earliest ? earliest : latest;
  throw new ParseError(`at ${toText(atNs)}${place} is ${side} ${toText(bound)}, the limit at its arrival; correct the clock or the unit`, {
    line: record.line,
    column: 1,
  });
}

function timesOf(record: Exclude<StoredRecord, { readonly kind: 'summary' }>): readonly bigint[] | BigInt64Array {
  if (record.kind === 'samples' || record.kind === 'readings') return record.atNs;
  if (record.kind === 'span') return [record.startNs];
  return record.atNs === null ? [] : [record.atNs];
}

function toText(atNs: bigint): string {
  const milliseconds = Number(atNs / 1_000_000n);
  return Math.abs(milliseconds) <= 8.64e15 ? `${new Date(milliseconds).toISOString()} (${atNs} ns)` : `${atNs} ns`;
}

/** Days of the proleptic Gregorian calendar; undefined when the date does not exist. */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? Math.round(date.getTime() / (S_PER_DAY * 1000)) : undefined;
}

function isDigits(text: string): boolean {
  return /^\d+$/.test(text);
}
