import type { Quality } from '../../wire/quality.ts';
import type { ReadingRecord, SamplesRecord } from '../records.ts';
import type { NumberPoint } from './messages.ts';
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

/** Points of a counter: increases as they come, standings in the order of time with the zero at their origin. */
export class CounterPoints {
  readonly #slot: Slot;
  readonly #increases: ReadingRecord[] = [];
  readonly #standings: CounterStanding[] = [];

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  get increases(): readonly ReadingRecord[] {
    return this.#increases;
  }

  get standingCount(): number {
    return this.#standings.length;
  }

  /** @param writer whose standing it is @throws Rejected */
  add({ point, line }: Placed<NumberPoint>, temporality: 'delta' | 'cumulative', writer: string): void {
    const reading = readValue(point, this.#slot);
    if (reading.value !== null && reading.value < 0)
      throw new Rejected('a counter that only grows has a negative value; use an up-down counter');
    if (temporality === 'cumulative') {
      assertOrigin(point);
      const { value, quality } = reading;
      this.#standings.push({ value, quality, startNs: point.startNs, atNs: point.atNs, writer, line });
      return;
    }
    const isTimed = point.startNs !== 0n && point.startNs < point.atNs;
    const exposureS = isTimed ? Number(point.atNs - point.startNs) / 1e9 : null;
    const atNs = point.atNs === 0n ? null : point.atNs;
    this.#increases.push(toReading(this.#slot, 'delta', reading, { atNs, exposureS, line }));
  }

  /** @throws Rejected when two writers share the series */
  toStandings(runCreatedNs: bigint): readonly ReadingRecord[] {
    const records: ReadingRecord[] = [];
    visitStandings(this.#standings, runCreatedNs, (point, zeroAtNs, isReset) => {
      const { line, atNs } = point;
      if (zeroAtNs !== null) {
        const quality = isReset ? withFlag(this.#slot.quality, 'counter_reset') : this.#slot.quality;
        records.push(toReading(this.#slot, 'cumulative', { value: 0, quality }, { atNs: zeroAtNs, exposureS: null, line }));
      }
      const reading = zeroAtNs === null && isReset ? { value: point.value, quality: withFlag(point.quality, 'counter_reset') } : point;
      records.push(toReading(this.#slot, 'cumulative', reading, { atNs, exposureS: null, line }));
    });
    return records;
  }
}

/** @throws Rejected for a standing that has no time, or lies before its own origin */
export function assertOrigin({ startNs, atNs }: { readonly startNs: bigint; readonly atNs: bigint }): void {
  if (atNs === 0n) throw new Rejected('a cumulative point has no time (time_unix_nano), so no increase can be told');
  if (startNs > atNs) throw new Rejected('a cumulative point starts after its own time; correct the clock of the exporter');
}
