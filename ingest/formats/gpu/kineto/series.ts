import type { Quality } from '../../../../wire/quality.ts';
import type { PayloadParameters } from '../../../format.ts';
import type { IngestRecord, RecordSeries } from '../../../records.ts';
import { declareSeries } from '../../series.ts';
import type { TraceClock } from './clock.ts';

/** Values of one record at most. */
const VALUES_PER_RECORD = 65_536;
/** Values held back over all series when they can leave, and when they wait for the time base; 16 bytes each with their time. */
const VALUES_HELD = 262_144;
export const VALUES_AWAITING_BASE = 2_097_152;

/** What makes a series, beside the rank, which may stand behind the events. */
export type KinetoSeriesFacts = {
  readonly region: string;
  readonly metric: string;
  readonly nativeMetric: string;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly quality: readonly Quality[];
  readonly line: number;
};

/** One series and its values that have not left yet. */
export type KinetoSlot = {
  readonly facts: KinetoSeriesFacts;
  series: RecordSeries | undefined;
  values: number[];
  /** Nanoseconds since the first time of the trace, as long as `values` while times are kept. */
  times: number[];
  disordered: boolean;
  precisionLost: boolean;
  line: number;
  count: number;
  missing: Quality | undefined;
};

/**
 * Values of a trace until they leave as records. Kineto prints what times count from behind the events, so values wait for it, up to a bound;
 * beyond it they leave without times rather than with wrong ones. What leaves when depends on the values alone, not on how they arrived.
 */
export class KinetoValues {
  readonly #parameters: PayloadParameters;
  readonly #clock: TraceClock;
  readonly #slots: KinetoSlot[] = [];
  #complete: IngestRecord[] = [];
  #held = 0;
  #hasTimes = true;
  #baseNs: bigint | undefined;
  #rank: string | undefined;
  /** Whether values left already, so that nothing more can be said of their series. */
  hasLeft = false;

  constructor(parameters: PayloadParameters, clock: TraceClock) {
    this.#parameters = parameters;
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#slots.length === 0;
  }

  get hasTimes(): boolean {
    return this.#hasTimes;
  }

  get rank(): string | undefined {
    return this.#rank;
  }

  /** The rank of the process in a distributed job, a label of every series. */
  set rank(rank: string) {
    this.#rank = rank;
  }

  /** What the printed times count from, nanoseconds since 1970. */
  set baseNs(baseNs: bigint) {
    this.#baseNs = baseNs;
  }

  open(facts: KinetoSeriesFacts): KinetoSlot {
    const { line } = facts;
    const slot: KinetoSlot = {
      facts,
      series: undefined,
      values: [],
      times: [],
      disordered: false,
      precisionLost: false,
      line,
      count: 0,
      missing: undefined,
    };
    this.#slots.push(slot);
    return slot;
  }

  /** @param timeNs as `TraceClock.read` gave it, NaN when unknown @param line of the value; asked only where a record begins */
  add(slot: KinetoSlot, value: number, timeNs: number, line: () => number): void {
    if (this.#hasTimes && Number.isNaN(timeNs)) this.dropTimes();
    if (slot.values.length === 0) slot.line = line();
    if (this.#hasTimes) {
      const { times } = slot;
      slot.disordered ||= times.length > 0 && timeNs < at(times, times.length - 1);
      times.push(timeNs);
    }
    slot.values.push(value);
    slot.count++;
    this.#held++;
    const waits = this.#hasTimes && this.#baseNs === undefined;
    if (!waits && slot.values.length === VALUES_PER_RECORD) this.#release(slot);
    if (this.#held > (waits ? VALUES_AWAITING_BASE : VALUES_HELD)) {
      if (waits) this.dropTimes();
      this.#releaseAll();
    }
  }

  /** From now on values leave without times, and in the order of the trace. */
  dropTimes(): void {
    // What has an absolute time already may keep it.
    if (this.#baseNs !== undefined) this.#releaseAll();
    this.#hasTimes = false;
    for (const slot of this.#slots) this.#sort(slot);
    for (const slot of this.#slots) slot.times = [];
  }

  /** The records that became complete since the last call. */
  take(): readonly IngestRecord[] {
    const records = this.#complete;
    this.#complete = [];
    return records;
  }

  /** All that remains; a series that never had a value is one reading that says why. */
  finish(): readonly IngestRecord[] {
    this.#releaseAll();
    for (const slot of this.#slots) {
      if (slot.count > 0 || slot.missing === undefined) continue;
      this.#complete.push({
        kind: 'reading',
        series: this.#seriesOf(slot),
        repetition: this.#parameters.repetition,
        reading: 'total',
        value: null,
        atNs: null,
        exposureS: null,
        probability: null,
        tool: null,
        quality: [slot.missing],
        line: slot.line,
      });
    }
    return this.take();
  }

  #releaseAll(): void {
    for (const slot of this.#slots) this.#release(slot);
  }

  #release(slot: KinetoSlot): void {
    if (slot.values.length === 0) return;
    this.hasLeft = true;
    this.#sort(slot);
    const { values, times, line, facts, precisionLost } = slot;
    const series = this.#seriesOf(slot);
    const baseNs = this.#hasTimes ? this.#baseNs : undefined;
    for (let from = 0; from < values.length; from += VALUES_PER_RECORD) {
      const part = values.length <= VALUES_PER_RECORD ? values : values.slice(from, from + VALUES_PER_RECORD);
      this.#complete.push({
        kind: 'samples',
        series,
        repetition: this.#parameters.repetition,
        values: part,
        atNs: baseNs === undefined ? [] : this.#toEpoch(times, from, part.length, baseNs),
        quality: precisionLost ? [...facts.quality, 'precision_lost'] : facts.quality,
        line,
      });
    }
    this.#held -= values.length;
    slot.values = [];
    slot.times = [];
    slot.disordered = false;
    slot.precisionLost = false;
  }

  #toEpoch(times: readonly number[], from: number, length: number, baseNs: bigint): BigInt64Array {
    const atNs = new BigInt64Array(length);
    for (let i = 0; i < length; i++) atNs[i] = this.#clock.toEpochNs(at(times, from + i), baseNs);
    return atNs;
  }

  /** CUPTI hands over buffers of several streams one after another: values stand in the order of their start. */
  #sort(slot: KinetoSlot): void {
    if (!slot.disordered) return;
    const { values, times } = slot;
    const order = Uint32Array.from(times.keys()).sort((a, b) => at(times, a) - at(times, b) || a - b);
    slot.values = Array.from(order, (index) => at(values, index));
    slot.times = Array.from(order, (index) => at(times, index));
    slot.disordered = false;
  }

  #seriesOf(slot: KinetoSlot): RecordSeries {
    const { region, metric, nativeMetric, unit, attributes, line } = slot.facts;
    const labels = this.#rank === undefined ? slot.facts.labels : { ...slot.facts.labels, rank: this.#rank };
    slot.series ??= declareSeries({ region, metric, nativeMetric, unit, valueKind: 'samples', labels, attributes, line }, this.#parameters);
    return slot.series;
  }
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`index ${index} must be below ${values.length}`);
  return value;
}
