import { LIMITS } from '../../wire/limits.ts';
import type { Quality } from '../../wire/quality.ts';
import type { PayloadParameters } from '../format.ts';
import type { IngestRecord, ReadingRecord, RecordSeries } from '../records.ts';
import { refuseBeyondLimit } from './samples/sample-series.ts';
import { declareSeries, type SeriesDeclaration } from './series.ts';

/** Values of one record at most, and held back at most over all series. */
const VALUES_PER_RECORD = 65_536;
const VALUES_HELD = 262_144;

/** A value as it was read: null when the tool printed none, with the flag that says why. */
export type SlotValue = { readonly value: number | null; readonly quality: readonly Quality[] };

type Standing = SlotValue & { readonly line: number };

/** What was read of one series so far. */
export type Slot = {
  readonly series: RecordSeries;
  /** Which device the series was first seen on (uuid); two devices may not share an identity. */
  readonly device: string;
  values: number[];
  /** Sort keys of the values, when the caller gives any. */
  order: number[];
  disordered: boolean;
  flags: Set<Quality>;
  line: number;
  count: number;
  missing: Standing | undefined;
  first: Standing | undefined;
  last: Standing | undefined;
  wentBack: boolean;
};

/**
 * Collects what a table of rows says of many series: values of a gauge become samples in the order of the rows, a counter becomes its first
 * and its last reading, so that what happened between them is counted once, over the whole exposure.
 */
export class SeriesSlots {
  readonly #parameters: PayloadParameters;
  /** Whether consecutive values are those of one process, seconds apart. */
  readonly #isTimeSeries: boolean;
  readonly #slots = new Map<string, Slot>();
  #complete: IngestRecord[] = [];
  #held = 0;

  constructor(parameters: PayloadParameters, options: { readonly isTimeSeries: boolean }) {
    this.#parameters = parameters;
    this.#isTimeSeries = options.isTimeSeries;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Whether any counter was read. */
  hasCounters(): boolean {
    for (const { first } of this.#slots.values()) if (first !== undefined) return true;
    return false;
  }

  find(key: string): Slot | undefined {
    return this.#slots.get(key);
  }

  /**
   * @param key region, metric and labels in one text
   * @throws ProblemError `limit-exceeded` beyond the series of a payload; ParseError as `declareSeries`
   */
  open(key: string, declaration: SeriesDeclaration, device = ''): Slot {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    if (this.#slots.size === LIMITS.seriesPerPayload) {
      refuseBeyondLimit(`the payload has more than ${LIMITS.seriesPerPayload} series; split it`, { line: declaration.line, column: 1 });
    }
    const slot: Slot = {
      series: declareSeries(declaration, this.#parameters),
      device,
      values: [],
      order: [],
      disordered: false,
      flags: new Set(),
      line: declaration.line,
      count: 0,
      missing: undefined,
      first: undefined,
      last: undefined,
      wentBack: false,
    };
    this.#slots.set(key, slot);
    return slot;
  }

  /** @param order where the value belongs among the others of its series, when rows may come in another order */
  add(slot: Slot, read: SlotValue, line: number, order?: number): void {
    if (slot.series.valueKind === 'counter') addStanding(slot, { ...read, line });
    else if (read.value === null) slot.missing ??= { ...read, line };
    else this.#addSample(slot, read.value, read.quality, line, order);
  }

  #addSample(slot: Slot, value: number, quality: readonly Quality[], line: number, order: number | undefined): void {
    if (slot.values.length === 0) slot.line = line;
    slot.values.push(value);
    slot.count++;
    for (const flag of quality) slot.flags.add(flag);
    if (order !== undefined) {
      const before = slot.order.at(-1);
      slot.disordered ||= before !== undefined && order < before;
      slot.order.push(order);
    }
    this.#held++;
    if (slot.values.length === VALUES_PER_RECORD) this.#release(slot);
    if (this.#held > VALUES_HELD) for (const each of this.#slots.values()) this.#release(each);
  }

  /** The records that became complete since the last call. */
  take(): readonly IngestRecord[] {
    const records = this.#complete;
    this.#complete = [];
    return records;
  }

  /** All records that remain: series without any value are one reading that says so. */
  finish(): readonly IngestRecord[] {
    for (const slot of this.#slots.values()) {
      this.#release(slot);
      if (slot.first !== undefined && slot.last !== undefined) this.#releaseStandings(slot, slot.first, slot.last);
      else if (slot.count === 0 && slot.missing !== undefined) this.#complete.push(this.#reading(slot.series, slot.missing, 'total', true));
    }
    return this.take();
  }

  #release(slot: Slot): void {
    const { series, values, line } = slot;
    if (values.length === 0) return;
    const { repetition, atNs } = this.#parameters;
    if (this.#isTimeSeries && slot.count > 1) slot.flags.add('autocorrelated');
    const alone = slot.count === 1 && atNs !== undefined;
    this.#complete.push({
      kind: 'samples',
      series,
      repetition,
      values: slot.disordered ? sortBy(values, slot.order) : values,
      atNs: alone ? [atNs] : [],
      quality: [...slot.flags],
      line,
    });
    this.#held -= values.length;
    slot.values = [];
    slot.order = [];
    slot.disordered = false;
    slot.flags = new Set();
  }

  #releaseStandings(slot: Slot, first: Standing, last: Standing): void {
    if (first !== last) this.#complete.push(this.#reading(slot.series, first, 'cumulative', false));
    const quality: readonly Quality[] = slot.wentBack ? [...last.quality, 'counter_reset'] : last.quality;
    this.#complete.push(this.#reading(slot.series, { ...last, quality }, 'cumulative', true));
  }

  /** @param timed whether `at=` and `exposure=`, which say one time, are about this reading */
  #reading(series: RecordSeries, { value, quality, line }: Standing, reading: ReadingRecord['reading'], timed: boolean): ReadingRecord {
    const { repetition, atNs, exposureS } = this.#parameters;
    return {
      kind: 'reading',
      series,
      repetition,
      reading,
      value,
      atNs: timed ? (atNs ?? null) : null,
      exposureS: timed ? (exposureS ?? null) : null,
      probability: null,
      tool: null,
      quality,
      line,
    };
  }
}

/** A counter that is sometimes not printed keeps the readings that were. */
function addStanding(slot: Slot, read: Standing): void {
  const { first, last } = slot;
  if (first === undefined || (first.value === null && first === last)) {
    if (first === undefined || read.value !== null) slot.first = slot.last = read;
    return;
  }
  if (read.value === null) return;
  slot.wentBack ||= last !== undefined && last.value !== null && read.value < last.value;
  slot.last = read;
}

function sortBy(values: readonly number[], order: readonly number[]): number[] {
  const pairs = values.map((value, index) => ({ value, key: order[index] ?? 0, index }));
  pairs.sort((left, right) => left.key - right.key || left.index - right.index);
  return pairs.map(({ value }) => value);
}
