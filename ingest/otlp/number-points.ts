import type { Quality } from '../../wire/quality.ts';
import type { ReadingRecord, ReadingsRecord, SamplesRecord } from '../records.ts';
import type { NumberPoint } from './messages.ts';
import type { RequestOrigins } from './origins.ts';
import { Rejected } from './rejections.ts';
import type { Slot } from './series-book.ts';
import { type Standing, visitStandings } from './standings.ts';

/** A point on its way: its place in the request counts from 1. */
export type Placed<Point> = { readonly point: Point; readonly line: number };

type Reading = { readonly value: number | null; readonly quality: readonly Quality[] };

/**
 * A sent number in the unit of its series.
 * @throws Rejected when the point holds no number, or one that does not fit
 */
export function readValue(point: NumberPoint, slot: Slot): Reading {
  if (point.noRecordedValue) return { value: null, quality: withFlag(slot.quality, 'stale') };
  if (point.value === null) throw new Rejected('a point has neither as_double nor as_int');
  if (!Number.isFinite(point.value)) return { value: null, quality: withFlag(slot.quality, 'not_a_number') };
  const value = toBase(point.value, slot.factor);
  return { value, quality: point.losesPrecision ? withFlag(slot.quality, 'precision_lost') : slot.quality };
}

/** Dividing by 100 is exact where a product with 0.01 is not. @throws Rejected beyond the range of doubles */
export function toBase(value: number, factor: number): number {
  const converted = factor < 1 ? value / Math.round(1 / factor) : value * factor;
  if (Number.isFinite(converted)) return converted;
  throw new Rejected(`the value ${value} is out of range in its base unit`);
}

const withFlag = (quality: readonly Quality[], flag: Quality): readonly Quality[] => [...quality, flag];

export function toReading(
  slot: Slot,
  reading: ReadingRecord['reading'],
  { value, quality }: Reading,
  place: { readonly atNs: bigint | null; readonly exposureS: number | null; readonly line: number },
): ReadingRecord {
  return {
    kind: 'reading',
    series: slot.series,
    repetition: slot.repetition,
    reading,
    value,
    atNs: place.atNs,
    exposureS: place.exposureS,
    probability: null,
    tool: null,
    quality,
    line: place.line,
  };
}

/** Values of a level (gauge, or a sum that can fall) in the order of time; those without a number stay readings. */
export class LevelPoints {
  readonly #slot: Slot;
  readonly #values: number[] = [];
  readonly #atNs: bigint[] = [];
  #isSorted = true;
  #line = 0;
  #undated: number[] | null = null;
  #readings: ReadingRecord[] | null = null;
  #flags: Set<Quality> | null = null;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** @throws Rejected */
  add({ point, line }: Placed<NumberPoint>): void {
    const { value, quality } = readValue(point, this.#slot);
    const atNs = point.atNs === 0n ? null : point.atNs;
    if (value !== null) {
      this.addValue(value, atNs, quality, line);
      return;
    }
    this.#readings ??= [];
    this.#readings.push(toReading(this.#slot, 'total', { value, quality }, { atNs, exposureS: null, line }));
  }

  addValue(value: number, atNs: bigint | null, quality: readonly Quality[], line: number): void {
    if (quality !== this.#slot.quality) {
      this.#flags ??= new Set(this.#slot.quality);
      for (const flag of quality) this.#flags.add(flag);
    }
    if (this.#line === 0) this.#line = line;
    if (atNs === null) {
      this.#undated ??= [];
      this.#undated.push(value);
      return;
    }
    const last = this.#atNs[this.#atNs.length - 1];
    if (last !== undefined && atNs < last) this.#isSorted = false;
    this.#values.push(value);
    this.#atNs.push(atNs);
  }

  toRecords(): readonly (SamplesRecord | ReadingRecord)[] {
    const records: (SamplesRecord | ReadingRecord)[] = [];
    if (this.#values.length > 0) records.push(this.#isSorted ? this.#toSamples(this.#values, this.#atNs) : this.#toSorted());
    if (this.#undated !== null) records.push(this.#toSamples(this.#undated, []));
    return this.#readings === null ? records : [...records, ...this.#readings];
  }

  #toSorted(): SamplesRecord {
    const points = this.#atNs.map((atNs, index) => ({ atNs, value: this.#values[index] ?? Number.NaN }));
    points.sort((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0));
    return this.#toSamples(
      points.map(({ value }) => value),
      points.map(({ atNs }) => atNs),
    );
  }

  #toSamples(values: readonly number[], atNs: readonly bigint[]): SamplesRecord {
    const { series, repetition, quality: always } = this.#slot;
    const flags = this.#flags ?? always;
    const quality: readonly Quality[] = ['autocorrelated', ...flags];
    return { kind: 'samples', series, repetition, values, atNs, quality, line: this.#line };
  }
}

type CounterStanding = Standing & Reading & { readonly line: number };

/** Readings of a counter in the order of time that have a number and no flags of their own. */
class Stretch {
  readonly #slot: Slot;
  readonly #reading: ReadingsRecord['reading'];
  readonly #values: number[] = [];
  readonly #atNs: bigint[] = [];
  readonly #exposureS: number[] = [];
  #line = 0;

  constructor(slot: Slot, reading: ReadingsRecord['reading']) {
    this.#slot = slot;
    this.#reading = reading;
  }

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  /** Whether a reading of this time comes after all that are here. */
  isNext(atNs: bigint): boolean {
    const last = this.#atNs[this.#atNs.length - 1];
    return last === undefined || last <= atNs;
  }

  add(value: number, atNs: bigint, exposureS: number | null, line: number): void {
    if (this.#line === 0) this.#line = line;
    this.#values.push(value);
    this.#atNs.push(atNs);
    if (exposureS !== null) this.#exposureS.push(exposureS);
  }

  toRecord(): ReadingsRecord {
    const { series, repetition, quality } = this.#slot;
    return {
      kind: 'readings',
      series,
      repetition,
      reading: this.#reading,
      values: this.#values,
      atNs: this.#atNs,
      exposureS: this.#exposureS,
      quality,
      line: this.#line,
    };
  }
}

type CounterRecord = ReadingRecord | ReadingsRecord;

const withStretch = (records: readonly CounterRecord[], stretch: Stretch): readonly CounterRecord[] =>
  stretch.isEmpty ? records : [stretch.toRecord(), ...records];

/** Points of a counter: increases as they come, standings in the order of time with the zero at their origin. */
export class CounterPoints {
  readonly #slot: Slot;
  /** Increases that fit into no stretch. */
  readonly #increases: ReadingRecord[] = [];
  readonly #increaseStretch: Stretch;
  readonly #standings: CounterStanding[] = [];

  constructor(slot: Slot) {
    this.#slot = slot;
    this.#increaseStretch = new Stretch(slot, 'delta');
  }

  get increases(): readonly CounterRecord[] {
    return withStretch(this.#increases, this.#increaseStretch);
  }

  get standingCount(): number {
    return this.#standings.length;
  }

  /** @param writer whose standing it is @throws Rejected */
  add({ point, line }: Placed<NumberPoint>, temporality: 'delta' | 'cumulative', writer: string): void {
    const reading = readValue(point, this.#slot);
    const { value, quality } = reading;
    if (value !== null && value < 0) throw new Rejected('a counter that only grows has a negative value; use an up-down counter');
    if (temporality === 'cumulative') {
      assertOrigin(point);
      this.#standings.push({ value, quality, startNs: point.startNs, atNs: point.atNs, writer, line });
      return;
    }
    const isTimed = point.startNs !== 0n && point.startNs < point.atNs;
    const exposureS = isTimed ? Number(point.atNs - point.startNs) / 1e9 : null;
    if (value !== null && exposureS !== null && quality === this.#slot.quality && this.#increaseStretch.isNext(point.atNs)) {
      this.#increaseStretch.add(value, point.atNs, exposureS, line);
      return;
    }
    const atNs = point.atNs === 0n ? null : point.atNs;
    this.#increases.push(toReading(this.#slot, 'delta', reading, { atNs, exposureS, line }));
  }

  /** @throws Rejected when two writers share the series */
  toStandings(origins: RequestOrigins): readonly CounterRecord[] {
    const slot = this.#slot;
    const singles: ReadingRecord[] = [];
    const stretch = new Stretch(slot, 'cumulative');
    visitStandings(this.#standings, origins.runCreatedNs, (point, zeroAtNs, isReset) => {
      const { line, atNs, value } = point;
      if (zeroAtNs !== null && isReset) {
        const zero = { value: 0, quality: withFlag(slot.quality, 'counter_reset') };
        singles.push(toReading(slot, 'cumulative', zero, { atNs: zeroAtNs, exposureS: null, line }));
      } else if (zeroAtNs !== null && origins.tell({ series: slot.series, repetition: slot.repetition, sinceNs: zeroAtNs })) {
        stretch.add(0, zeroAtNs, null, line);
      }
      const isFlagged = zeroAtNs === null && isReset;
      if (value !== null && point.quality === slot.quality && !isFlagged) {
        stretch.add(value, atNs, null, line);
        return;
      }
      const reading = isFlagged ? { value, quality: withFlag(point.quality, 'counter_reset') } : point;
      singles.push(toReading(slot, 'cumulative', reading, { atNs, exposureS: null, line }));
    });
    return withStretch(singles, stretch);
  }
}

/** @throws Rejected for a standing that has no time, or lies before its own origin */
export function assertOrigin({ startNs, atNs }: { readonly startNs: bigint; readonly atNs: bigint }): void {
  if (atNs === 0n) throw new Rejected('a cumulative point has no time (time_unix_nano), so no increase can be told');
  if (startNs > atNs) throw new Rejected('a cumulative point starts after its own time; correct the clock of the exporter');
}
