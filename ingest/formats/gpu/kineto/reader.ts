import type { Quality } from '../../../../wire/quality.ts';
import { toBaseUnit } from '../../../../wire/units.ts';
import { type DecimalScale, decimalScale, PlainDecimalScanner, readDecimal, UNSCALED } from '../../../lexers/decimal.ts';
import type { JsonArrayStream } from '../../../lexers/json-array-stream.ts';
import { type Activity, findActivity, isWindow, PROFILER_RANGE } from './activities.ts';
import type { TraceClock } from './clock.ts';
import { forEachMember, KinetoEvent, MEMBER, readString } from './event.ts';
import type { LeftOut } from './left-out.ts';
import { type KinetoMeasure, KinetoRegions } from './regions.ts';
import type { KinetoSlot, KinetoValues } from './series.ts';
import { findRangeUnit } from './units.ts';

/** What a reader adds to. */
export type KinetoSink = {
  readonly values: KinetoValues;
  readonly clock: TraceClock;
  readonly leftOut: LeftOut;
  readonly models: ReadonlyMap<string, string>;
};

const DURATION: KinetoMeasure = { metric: 'duration', nativeMetric: 'dur', unit: 'ns', quality: [] };
const BANDWIDTH: KinetoMeasure = { metric: 'bandwidth', nativeMetric: 'memory bandwidth (GB/s)', unit: 'By/s', quality: [] };
const COPIED: KinetoMeasure = { metric: 'copied.bytes', nativeMetric: 'bytes', unit: 'By', quality: [] };
const PRINTED_MICROSECONDS = decimalScale(toBaseUnit('us')?.factor ?? Number.NaN);
const PRINTED_BANDWIDTH = decimalScale(toBaseUnit('GB/s')?.factor ?? Number.NaN);
/** Longer than any run: 64 unsigned bits that ran below 0, or a start that CUPTI never wrote. */
const IMPOSSIBLE_NS = 1e18;
const CODE_X = 88;
const CODE_OPEN_BRACE = 123;
/** Phases that are no executions: flows, instants, metadata. Other phases (B, E, b, e, C) Kineto does not print. */
const SILENT_PHASES = new Set(['s', 't', 'f', 'i', 'I', 'M']);
const NOT_A_NUMBER = /^"?[+-]?(?:nan|inf|infinity|n\/a|null)"?$/i;

type Args = { device: string | undefined; bytesStart: number; bytesEnd: number; bandwidthStart: number; bandwidthEnd: number };

type Execution = { readonly activity: Activity; readonly device: string; readonly name: string; readonly timeNs: number };

/** Reads events one after another, each where it stands in the text of the document. */
export class KinetoReader {
  readonly #document: JsonArrayStream;
  readonly #sink: KinetoSink;
  readonly #event: KinetoEvent;
  readonly #regions: KinetoRegions;
  readonly #decimals = new PlainDecimalScanner();
  readonly #args: Args = { device: undefined, bytesStart: -1, bytesEnd: -1, bandwidthStart: -1, bandwidthEnd: -1 };
  #start = 0;
  /** What is being read. */
  #execution: Execution = { activity: PROFILER_RANGE, device: '', name: '', timeNs: Number.NaN };
  readonly #line = () => this.#document.lineAt(this.#start);
  /** Whether an event has no time that is known exactly. */
  hasOddTimes = false;

  constructor(document: JsonArrayStream, sink: KinetoSink) {
    this.#document = document;
    this.#sink = sink;
    this.#event = new KinetoEvent(document.scanner);
    this.#regions = new KinetoRegions(sink.values, sink.models);
  }

  /** Whether names had to be cut. */
  get hasCutNames(): boolean {
    return this.#regions.hasCut;
  }

  /** Reads the event that opens at `start`. @returns the offset after it, -1 when it is not whole */
  read(start: number): number {
    this.#start = start;
    const event = this.#event;
    const end = event.read(start);
    if (end === -1) return -1;
    const phase = event.startOf(MEMBER.ph);
    const { text } = this.#document.scanner;
    if (phase !== -1 && text.charCodeAt(phase + 1) === CODE_X && event.endOf(MEMBER.ph) === phase + 3) this.#readExecution();
    else this.#passOver(event.raw(MEMBER.ph) ?? '');
    return end;
  }

  #passOver(phase: string): void {
    if (SILENT_PHASES.has(phase)) return;
    this.#leaveOut('unknown_phase', 'events of a phase other than X', phase);
  }

  #readExecution(): void {
    const event = this.#event;
    const category = event.raw(MEMBER.cat) ?? '';
    const activity = findActivity(category);
    const name = event.raw(MEMBER.name) ?? '';
    if (activity === undefined) {
      if (!isWindow(category)) this.#leaveOut('unread_activity', `executions of category ${JSON.stringify(category.slice(0, 40))}`, name);
      return;
    }
    this.#readArgs(activity);
    this.#execution = { activity, name, device: activity.onDevice ? this.#device() : '', timeNs: this.#readTime() };
    if (activity === PROFILER_RANGE) {
      this.#readRange(name);
      return;
    }
    const { bytesStart, bytesEnd, bandwidthStart, bandwidthEnd } = this.#args;
    this.#land(DURATION, event.startOf(MEMBER.dur), event.endOf(MEMBER.dur), PRINTED_MICROSECONDS);
    if (bytesStart !== -1) this.#land(COPIED, bytesStart, bytesEnd, UNSCALED);
    if (bandwidthStart !== -1) this.#land(BANDWIDTH, bandwidthStart, bandwidthEnd, PRINTED_BANDWIDTH);
  }

  /** Lands the value between two offsets of the text; start is -1 when the execution does not say it. */
  #land(measure: KinetoMeasure, start: number, end: number, scale: DecimalScale): void {
    const { activity, device, name, timeNs } = this.#execution;
    const slot = this.#regions.find(activity, device, name, measure, this.#line);
    if (slot === 'text') {
      this.#leaveOut('bad_name', 'executions whose name is no JSON string', name);
      return;
    }
    if (slot === 'share') {
      this.#leaveOut('too_many_series', `more than ${activity.share} series of ${activity.name}, executions of further names`, name);
      return;
    }
    const { text } = this.#document.scanner;
    const value = start === -1 ? 0 : this.#decimals.scan(text, start, scale);
    const isPlain = start !== -1 && this.#decimals.end === end && value >= 0 && value < IMPOSSIBLE_NS;
    if (isPlain) this.#sink.values.add(slot, value, timeNs, this.#line);
    else this.#landOddly(slot, measure, start === -1 ? '' : text.slice(start, end), scale);
  }

  /** A number that is none, is impossible, or is not exactly a double. */
  #landOddly(slot: KinetoSlot, measure: KinetoMeasure, text: string, scale: DecimalScale): void {
    const reading = readDecimal(text, scale);
    const isTime = measure === DURATION;
    if ('value' in reading && !text.startsWith('+') && reading.value >= 0 && !(isTime && reading.value >= IMPOSSIBLE_NS)) {
      slot.precisionLost ||= reading.precisionLost;
      this.#sink.values.add(slot, reading.value, this.#execution.timeNs, this.#line);
      return;
    }
    const { region } = slot.facts;
    const [code, what, flag]: readonly [string, string, Quality] =
      text === ''
        ? ['missing_value', `executions without ${measure.nativeMetric}`, 'not_counted']
        : 'value' in reading
          ? [
              'impossible_value',
              `executions whose ${measure.nativeMetric} is negative${isTime ? ' or longer than 30 years' : ''}`,
              'tool_bug',
            ]
          : ['not_a_number', `executions whose ${measure.nativeMetric} is no number`, 'not_a_number'];
    if (isTime && code === 'not_a_number' && !NOT_A_NUMBER.test(text))
      this.#document.fail(`${measure.nativeMetric} is ${JSON.stringify(text.slice(0, 40))}, no decimal number`, this.#start);
    slot.missing ??= flag;
    this.#leaveOut(code, what, region);
  }

  /** CUPTI counters of a range; what is no number is left out. */
  #readRange(name: string): void {
    const open = this.#event.startOf(MEMBER.args);
    const { scanner } = this.#document;
    const seen = new Set<string>();
    const hasCounters = open !== -1 && scanner.has(CODE_OPEN_BRACE, open);
    if (hasCounters)
      forEachMember(scanner, open, (raw, start, end) => {
        const metric = readString(raw) ?? raw;
        if (seen.has(metric)) this.#document.fail(`the counter ${JSON.stringify(metric.slice(0, 40))} occurs twice in one range`, start);
        seen.add(metric);
        const measure = findRangeUnit(metric);
        if (measure === undefined) this.#leaveOut('unknown_counter', 'counters whose unit their name does not say', metric);
        else this.#land(measure, start, end, UNSCALED);
      });
    if (seen.size === 0) this.#leaveOut('missing_value', 'ranges without counters', name);
  }

  #readTime(): number {
    const start = this.#event.startOf(MEMBER.ts);
    const time = start === -1 ? Number.NaN : this.#sink.clock.read(this.#document.scanner.text, start, this.#event.endOf(MEMBER.ts));
    this.hasOddTimes ||= Number.isNaN(time);
    return time;
  }

  /** The number of the device: what the event says, else the process it is filed under. Empty when neither is a number. */
  #device(): string {
    const printed = this.#args.device ?? this.#event.raw(MEMBER.pid) ?? '';
    return /^\d{1,6}$/.test(printed) ? printed : '';
  }

  #readArgs({ onDevice }: Activity): void {
    const args = this.#args;
    args.device = undefined;
    args.bytesStart = args.bandwidthStart = -1;
    const open = this.#event.startOf(MEMBER.args);
    const { scanner } = this.#document;
    if (!onDevice || open === -1 || !scanner.has(CODE_OPEN_BRACE, open)) return;
    forEachMember(scanner, open, (name, start, end) => {
      if (name === 'device') {
        if (args.device !== undefined) scanner.fail('the device occurs twice in one event', start);
        args.device = scanner.text.slice(start, end);
      } else if (name === 'bytes') {
        if (args.bytesStart !== -1) scanner.fail('the bytes occur twice in one event', start);
        [args.bytesStart, args.bytesEnd] = [start, end];
      } else if (name === 'memory bandwidth (GB/s)') {
        if (args.bandwidthStart !== -1) scanner.fail('the bandwidth occurs twice in one event', start);
        [args.bandwidthStart, args.bandwidthEnd] = [start, end];
      }
    });
  }

  #leaveOut(code: string, what: string, name: string): void {
    this.#sink.leftOut.add(code, what, name, this.#line);
  }
}
