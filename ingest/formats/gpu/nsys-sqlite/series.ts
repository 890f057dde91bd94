import { LIMITS } from '../../../../wire/limits.ts';
import type { PayloadParameters } from '../../../format.ts';
import { Int64List } from '../../../lexers/int64-list.ts';
import type { IngestRecord, RecordSeries } from '../../../records.ts';
import { refuseBeyondLimit } from '../../samples/sample-series.ts';
import { declareSeries, type SeriesDeclaration } from '../../series.ts';
import type { WarningTally } from '../../warning-tally.ts';

const VALUES_PER_RECORD = 65_536;
/** Held back over all series: tables are filled stream by stream, so what belongs together in time lies some rows apart. */
const VALUES_HELD = 524_288;

type Timed = {
  readonly series: RecordSeries;
  values: number[];
  starts: number[];
  line: number;
  count: number;
  lastStart: number;
  missingLine: number | null;
};

/** Values of many series, each in the order of its starts, with absolute times when the session's beginning is known. */
export class TimedSeries {
  readonly #parameters: PayloadParameters;
  readonly #epochNs: bigint | null;
  readonly #tally: WarningTally;
  readonly #series = new Map<string, Timed>();
  #held = 0;
  #complete: IngestRecord[] = [];

  /** @param epochNs nanoseconds since 1970 of the start 0; null when unknown */
  constructor(parameters: PayloadParameters, epochNs: bigint | null, tally: WarningTally) {
    this.#parameters = parameters;
    this.#epochNs = epochNs;
    this.#tally = tally;
  }

  /** @param key tells series apart. @throws ProblemError `limit-exceeded` beyond the series of a payload */
  find(key: string, declare: () => SeriesDeclaration): Timed {
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size === LIMITS.seriesPerPayload) {
      refuseBeyondLimit(`the payload has more than ${LIMITS.seriesPerPayload} series; export a shorter time`, { line: 0, column: 1 });
    }
    const timed: Timed = {
      series: declareSeries(declare(), this.#parameters),
      values: [],
      starts: [],
      line: 0,
      count: 0,
      lastStart: Number.NEGATIVE_INFINITY,
      missingLine: null,
    };
    this.#series.set(key, timed);
    return timed;
  }

  /** @param start nanoseconds since the session began */
  add(timed: Timed, value: number, start: number, line: number): void {
    if (timed.values.length === 0) timed.line = line;
    timed.values.push(value);
    timed.starts.push(start);
    timed.count++;
    this.#held++;
    if (this.#held > VALUES_HELD) this.#releaseAll();
  }

  /** Notes that an execution has no value. */
  addMissing(timed: Timed, line: number): void {
    timed.missingLine ??= line;
  }

  take(): readonly IngestRecord[] {
    const records = this.#complete;
    this.#complete = [];
    return records;
  }

  /** All records that remain: a series without any value is one reading that says so. */
  finish(): readonly IngestRecord[] {
    this.#releaseAll();
    for (const { series, count, missingLine } of this.#series.values()) {
      if (count > 0 || missingLine === null) continue;
      this.#complete.push({
        kind: 'reading',
        series,
        repetition: this.#parameters.repetition,
        reading: 'total',
        value: null,
        atNs: null,
        exposureS: null,
        probability: null,
        tool: null,
        quality: ['not_counted'],
        line: missingLine,
      });
    }
    return this.take();
  }

  #releaseAll(): void {
    for (const timed of this.#series.values()) this.#release(timed);
    this.#held = 0;
  }

  #release(timed: Timed): void {
    const { values, starts, series, line } = timed;
    const order = Uint32Array.from(values.keys());
    if (starts.some((start, index) => start < (starts[index - 1] ?? start))) {
      order.sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || a - b);
    }
    const first = starts[order[0] ?? 0];
    if (first !== undefined && first < timed.lastStart) {
      this.#tally.add(
        'disordered_rows',
        'executions of one name lie far from their order in the table; they are in order only in parts',
        line,
      );
    }
    for (let from = 0; from < order.length; from += VALUES_PER_RECORD) {
      const part = order.subarray(from, from + VALUES_PER_RECORD);
      this.#complete.push({
        kind: 'samples',
        series,
        repetition: this.#parameters.repetition,
        values: Array.from(part, (index) => values[index] ?? Number.NaN),
        atNs: this.#toTimes(part, starts),
        quality: [],
        line,
      });
    }
    timed.lastStart = starts[order.at(-1) ?? 0] ?? timed.lastStart;
    timed.values = [];
    timed.starts = [];
  }

  #toTimes(part: Uint32Array, starts: readonly number[]): BigInt64Array | readonly bigint[] {
    if (this.#epochNs === null) return [];
    const list = new Int64List();
    for (const index of part) list.push(this.#epochNs + BigInt(starts[index] ?? 0));
    return list.take();
  }
}
