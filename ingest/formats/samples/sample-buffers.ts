import { LIMITS } from '../../../wire/limits.ts';
import type { Warning } from '../../../wire/payload.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { type DecimalScale, decimalScale } from '../../lexers/decimal.ts';
import { type Int64Halves, Int64List } from '../../lexers/int64-list.ts';
import type { RecordSeries, SamplesRecord } from '../../records.ts';
import {
  type DeclaredSeries,
  declareRepetition,
  declareSeries,
  type PlaceOf,
  refuseBeyondLimit,
  type SampleDeclaration,
} from './sample-series.ts';

/** Values of one record at most. */
export const VALUES_PER_RECORD = 65_536;
/** Values held back at most, over all series; then all leave. Eight bytes each, and eight more when they carry a time. */
export const VALUES_HELD = 262_144;
/** Pairs of series and repetition remembered at most once their values have left. */
const BUFFERS_KEPT = 32_768;

/** Values of one series and repetition that have not left yet. */
export type SampleBuffer = {
  readonly series: RecordSeries;
  readonly repetition: number;
  values: number[];
  atNs: Int64List;
  precisionLost: boolean;
  line: number;
};

/** Where the values of a row go, and how its printed numbers become base units. */
export type SampleTarget = { readonly buffer: SampleBuffer; readonly scale: DecimalScale };

/**
 * The values read of each series and repetition until they leave as records. What leaves when depends on the values alone, not on how
 * the payload arrived; values of one series and repetition stay in their order, across records too.
 */
export class SampleBuffers {
  /** Grows when targets handed out earlier may no longer be used. */
  generation = 0;
  /** Values appended so far. */
  count = 0;

  readonly #parameters: PayloadParameters;
  readonly #series = new Map<string, { readonly series: RecordSeries; readonly line: number }>();
  readonly #buffers = new Map<string, SampleBuffer>();
  readonly #warnings = new Map<string, Warning>();
  #held = 0;
  #complete: SamplesRecord[] = [];

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
  }

  /**
   * Where the values of rows that declare this go. What a row leaves out comes from the query parameters.
   * @throws ParseError when a row says too little, or something else of a series than an earlier row
   * @throws ProblemError `limit-exceeded` beyond a named limit
   */
  target(row: SampleDeclaration, placeOf: PlaceOf): SampleTarget {
    const repetition = declareRepetition(row, this.#parameters, placeOf);
    const declared = declareSeries(row, this.#parameters, placeOf);
    const series = this.#remember(declared, placeOf);
    const key = `${repetition} ${declared.key}`;
    let buffer = this.#buffers.get(key);
    if (buffer === undefined) {
      buffer = { series, repetition, values: [], atNs: new Int64List(), precisionLost: false, line: 0 };
      this.#buffers.set(key, buffer);
    }
    return { buffer, scale: decimalScale(declared.factor) };
  }

  /** @param at when the value was measured, nanoseconds since 1970; null when unknown */
  append(buffer: SampleBuffer, value: number, precisionLost: boolean, at: bigint | Int64Halves | null, line: number): void {
    if (buffer.values.length === 0 || buffer.precisionLost !== precisionLost || buffer.atNs.length > 0 !== (at !== null)) {
      // Values of one record share their flags, and all have a time or none has: the order of values outweighs the number of records.
      this.#release(buffer);
      buffer.precisionLost = precisionLost;
      buffer.line = line;
    }
    buffer.values.push(value);
    if (at !== null) buffer.atNs.push(at);
    this.count++;
    this.#held++;
    if (buffer.values.length === VALUES_PER_RECORD) this.#release(buffer);
    if (this.#held > VALUES_HELD) this.#releaseAll();
  }

  /** Notes a warning, once for each code and subject; beyond the limit of a receipt only that there are more. */
  warn(code: string, subject: string, detail: string, line: number): void {
    const key = `${code} ${subject}`;
    if (this.#warnings.has(key) || this.#warnings.size > LIMITS.warningsPerReceipt) return;
    const full = this.#warnings.size === LIMITS.warningsPerReceipt;
    this.#warnings.set(key, full ? { code: 'more_warnings', detail: 'further warnings were left out', line } : { code, detail, line });
  }

  warnings(): readonly Warning[] {
    return [...this.#warnings.values()];
  }

  /** The records that became complete since the last call. */
  take(): readonly SamplesRecord[] {
    if (this.#complete.length === 0) return NO_RECORDS;
    const records = this.#complete;
    this.#complete = [];
    return records;
  }

  /** All records that remain. */
  finish(): readonly SamplesRecord[] {
    this.#releaseAll();
    return this.take();
  }

  #remember(declared: DeclaredSeries, placeOf: PlaceOf): RecordSeries {
    const { key, series, againstCatalogue } = declared;
    const known = this.#series.get(key);
    if (known === undefined) {
      const place = placeOf('value');
      if (this.#series.size === LIMITS.seriesPerPayload) {
        refuseBeyondLimit(`the payload has more than ${LIMITS.seriesPerPayload} series; split it, or use fewer regions and labels`, place);
      }
      this.#series.set(key, { series, line: place.line });
      if (againstCatalogue !== null) {
        const detail = `${series.metric} is taken as better=${series.better}, the metric catalogue says ${againstCatalogue}`;
        this.warn('better_not_catalogue', series.metric, detail, place.line);
      }
      return series;
    }
    for (const name of ['unit', 'better', 'assume'] as const) {
      if (known.series[name] === series[name]) continue;
      const before = `${name} ${known.series[name]} on line ${known.line} and ${series[name]} here`;
      throw new ParseError(`the series ${series.region} ${series.metric} has ${before}; give one series one ${name}`, placeOf(name));
    }
    return known.series;
  }

  #release(buffer: SampleBuffer): void {
    const { series, repetition, values, atNs, precisionLost, line } = buffer;
    if (values.length === 0) return;
    this.#complete.push({
      kind: 'samples',
      series,
      repetition,
      values,
      atNs: atNs.take(),
      quality: precisionLost ? ['precision_lost'] : [],
      line,
    });
    this.#held -= values.length;
    buffer.values = [];
    buffer.atNs = new Int64List();
  }

  #releaseAll(): void {
    for (const buffer of this.#buffers.values()) this.#release(buffer);
    if (this.#buffers.size <= BUFFERS_KEPT) return;
    this.#buffers.clear();
    this.generation++;
  }
}

const NO_RECORDS: readonly SamplesRecord[] = [];
