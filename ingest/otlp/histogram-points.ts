import type { Quality } from '../../wire/quality.ts';
import type { HistogramRecord, HistogramScheme, ReadingRecord, StoredRecord, SummaryRecord } from '../records.ts';
import { type Buckets, createEdgeReader, type EdgeReader, toCount, toExplicitBuckets, toExponentialBuckets } from './buckets.ts';
import type { ExponentialHistogramPoint, HistogramPoint } from './messages.ts';
import { assertOrigin, type LevelPoints, type Placed, toBase, toReading } from './number-points.ts';
import type { RequestOrigins } from './origins.ts';
import { Rejected } from './rejections.ts';
import type { Entered, Slot } from './series-book.ts';
import { type Standing, visitStandings } from './standings.ts';

type AnyPoint = HistogramPoint | ExponentialHistogramPoint;

/** Least and largest value of an interval, which its buckets do not tell. */
export type Extremes = { readonly minimum: number | null; readonly maximum: number | null };

type Sum = { readonly sum: number | null; readonly quality: readonly Quality[] };
type HistogramStanding = Standing & Sum & { readonly scheme: HistogramScheme; readonly buckets: Buckets; readonly line: number };

/** Points of one distribution: increases as they come, standings in the order of time with the zeros at their origin. */
export class DistributionPoints {
  /** Series of the least and largest values; undefined before the first, null where they have no room. */
  extremes: readonly [minimum: LevelPoints, maximum: LevelPoints] | null | undefined;
  readonly #slot: Slot;
  readonly #toEdges: EdgeReader;
  readonly #records: (HistogramRecord | ReadingRecord)[] = [];
  readonly #standings: HistogramStanding[] = [];

  constructor(slot: Slot) {
    this.#slot = slot;
    this.#toEdges = createEdgeReader(slot.factor);
  }

  get increases(): readonly StoredRecord[] {
    return this.#records;
  }

  get standingCount(): number {
    return this.#standings.length;
  }

  /** @param point with buckets @throws Rejected */
  add({ point, line }: Placed<AnyPoint>, temporality: 'delta' | 'cumulative', { slot, writer }: Entered): void {
    const atNs = point.atNs === 0n ? null : point.atNs;
    if (point.noRecordedValue) {
      const stale: readonly Quality[] = [...slot.quality, 'stale'];
      this.#records.push(toReading(slot, 'total', { value: null, quality: stale }, { atNs, exposureS: null, line }));
      return;
    }
    const scheme: HistogramScheme = 'scale' in point ? 'exponential' : 'explicit';
    const buckets = 'scale' in point ? toExponentialBuckets(point, slot.factor) : toExplicitBuckets(point, this.#toEdges);
    if (buckets === null) throw new RangeError('DistributionPoints.add: the point has no buckets');
    const { sum, quality } = readSum(point.sum, slot);
    if (temporality === 'cumulative') {
      assertOrigin(point);
      this.#standings.push({ sum, quality, scheme, buckets, startNs: point.startNs, atNs: point.atNs, writer, line });
    } else this.#records.push(this.#toRecord({ sum, quality, scheme, buckets, line }, atNs));
  }

  /** @throws Rejected when two writers share the series */
  toStandings(origins: RequestOrigins): readonly StoredRecord[] {
    const records: StoredRecord[] = [];
    const { series, repetition } = this.#slot;
    visitStandings(this.#standings, origins.runCreatedNs, (point, zeroAtNs, isReset) => {
      const standing = { sinceNs: point.startNs === 0n ? null : point.startNs };
      if (zeroAtNs !== null && (isReset || origins.tell({ series, repetition, sinceNs: zeroAtNs }))) {
        const buckets = { edges: point.buckets.edges, counts: point.buckets.counts.map(() => 0) };
        const zero = { ...point, buckets, sum: point.sum === null ? null : 0 };
        records.push({ ...this.#toRecord(zero, zeroAtNs), standing });
      }
      records.push({ ...this.#toRecord(point, point.atNs), standing });
    });
    return records;
  }

  #toRecord(
    { scheme, buckets, sum, quality, line }: Pick<HistogramStanding, 'scheme' | 'buckets' | 'sum' | 'quality' | 'line'>,
    atNs: bigint | null,
  ): HistogramRecord {
    const { series, repetition } = this.#slot;
    return { kind: 'histogram', series, repetition, scheme, edges: buckets.edges, counts: buckets.counts, sum, atNs, quality, line };
  }
}

function readSum(sum: number | null, slot: Slot): Sum {
  if (sum === null) return { sum: null, quality: [...slot.quality, 'sum_unknown'] };
  if (!Number.isFinite(sum)) return { sum: null, quality: [...slot.quality, 'sum_unknown', 'not_a_number'] };
  return { sum: toBase(sum, slot.factor), quality: slot.quality };
}

/** Whether a point has a distribution; without bounds it is a count and a sum. */
export function hasBuckets(point: AnyPoint): boolean {
  return 'scale' in point || point.explicitBounds.length > 0;
}

/** The least and largest value of an interval; null where they were not sent, or nothing was counted. */
export function readExtremes(point: AnyPoint, factor: number): Extremes {
  const convert = (value: number | null) =>
    value === null || !Number.isFinite(value) || point.count === 0n ? null : toBase(value, factor);
  return { minimum: convert(point.min), maximum: convert(point.max) };
}

/**
 * A histogram whose exporter kept no buckets.
 * @throws Rejected for a standing: without buckets nothing tells its growth from what was there before
 */
export function toSummaryRecord({ point, line }: Placed<HistogramPoint>, temporality: 'delta' | 'cumulative', slot: Slot): StoredRecord {
  const atNs = point.atNs === 0n ? null : point.atNs;
  if (point.noRecordedValue) {
    return toReading(slot, 'total', { value: null, quality: [...slot.quality, 'stale'] }, { atNs, exposureS: null, line });
  }
  if (temporality === 'cumulative') {
    throw new Rejected('a cumulative histogram without buckets shows no growth; keep its buckets or choose delta temporality');
  }
  toExplicitBuckets(point, () => []);
  const { sum, quality } = readSum(point.sum, slot);
  const { minimum, maximum } = readExtremes(point, slot.factor);
  const record: SummaryRecord = {
    kind: 'summary',
    series: slot.series,
    repetition: slot.repetition,
    count: toCount(point.count),
    sum,
    mean: null,
    minimum,
    maximum,
    quality,
    line,
  };
  return record;
}
