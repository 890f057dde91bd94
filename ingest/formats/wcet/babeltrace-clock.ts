import { ParseError } from '../../format.ts';
import type { BabeltraceEvent } from '../../lexers/babeltrace-line.ts';
import { decimalScale, quote, readDecimal } from '../../lexers/decimal.ts';

/** When events happened, in ticks: nanoseconds, or clock cycles for --clock-cycles. */
export type ClockKind = 'day' | 'date' | 'seconds' | 'cycles';

const NS_PER_S = 1_000_000_000n;
const NS_PER_DAY = 86_400n * NS_PER_S;
const DAY = /^(\d\d):(\d\d):(\d\d)\.(\d{9})$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{9})$/;
const SECONDS = /^(-?)(\d{1,12})\.(\d{9})$/;
const CYCLES = /^\d{20}$/;

/** The clock of one payload: which form its times have, and how far it has come. */
export class BabeltraceClock {
  kind: ClockKind | undefined;
  #last: bigint | undefined;
  #midnights = 0n;

  /**
   * The event's time on the trace's clock, never before that of an earlier event.
   * @throws ParseError when the form is unknown or another one than before, or when the time goes backwards
   */
  read(event: BabeltraceEvent, line: number): bigint {
    const { kind, ticks } = readTime(event.time, line);
    if (this.kind !== undefined && this.kind !== kind) {
      throw new ParseError('the times of the events have two forms; send the output of one call of babeltrace2', { line, column: 1 });
    }
    this.kind = kind;
    let at = ticks + this.#midnights * NS_PER_DAY;
    if (this.#last !== undefined && at < this.#last && kind === 'day' && this.#isPastMidnight(event, at + NS_PER_DAY)) {
      this.#midnights++;
      at += NS_PER_DAY;
    }
    if (this.#last !== undefined && at < this.#last) {
      const detail = `the time ${quote(event.time)} is before that of an earlier event; a clock was set back, or lines were moved (--clock-seconds tells days apart)`;
      throw new ParseError(detail, { line, column: 2 });
    }
    this.#last = at;
    return at;
  }

  /** A time of day that starts again is midnight only when the printed distance says so. */
  #isPastMidnight(event: BabeltraceEvent, at: bigint): boolean {
    const delta = event.delta === null ? undefined : readDecimal(event.delta, decimalScale(1e9));
    return delta !== undefined && 'value' in delta && this.#last !== undefined && Number(at - this.#last) === delta.value;
  }
}

function readTime(time: string, line: number): { readonly kind: ClockKind; readonly ticks: bigint } {
  const day = DAY.exec(time);
  if (day !== null) return { kind: 'day', ticks: clockNs(day.slice(1, 4), day[4]) };
  const date = DATE.exec(time);
  if (date !== null) {
    const [, year, month, dayOfMonth] = date;
    const days = Date.UTC(Number(year), Number(month) - 1, Number(dayOfMonth)) / 86_400_000;
    if (Number.isInteger(days)) return { kind: 'date', ticks: BigInt(days) * NS_PER_DAY + clockNs(date.slice(4, 7), date[7]) };
  }
  const seconds = SECONDS.exec(time);
  if (seconds !== null) {
    const [, sign, whole = '', fraction = ''] = seconds;
    const ticks = BigInt(whole) * NS_PER_S + BigInt(fraction);
    return { kind: 'seconds', ticks: sign === '-' ? -ticks : ticks };
  }
  if (CYCLES.test(time)) return { kind: 'cycles', ticks: BigInt(time) };
  throw new ParseError(
    `the time ${quote(time)} is none that babeltrace2 prints by default, --clock-seconds, --clock-date or --clock-cycles`,
    {
      line,
      column: 2,
    },
  );
}

function clockNs(parts: readonly string[], fraction: string | undefined): bigint {
  const [hours = '0', minutes = '0', seconds = '0'] = parts;
  return (BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds)) * NS_PER_S + BigInt(fraction ?? '0');
}
