import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { parseDecimal } from '../../lexers/number.ts';
import type { IngestRecord, ReadingRecord, RecordSeries } from '../../records.ts';
import type { WarningTally } from '../warning-tally.ts';
import { PerfSeriesTable } from './perf-series.ts';
import { intervalRecord, qualityOf, warnOfRuns } from './perf-stat-json.ts';
import type { PerfFile, PerfLine } from './perf-stat-lines.ts';

/** Intervals of one series that become one record; a night of `-I 1000` must not wait in memory. */
const BATCH_VALUES = 4096;
const NO_FLAGS: readonly Quality[] = [];

/** One printed value of one series. */
export type PerfValue = {
  readonly series: RecordSeries;
  /** In base units; null when perf printed none. */
  readonly value: number | null;
  readonly quality: readonly Quality[];
  readonly line: number;
  readonly isInterval: boolean;
  /** Whether it is an aggregate of several runs (-r), which 6.1 prints wrong. */
  readonly hasVariance: boolean;
};

type Batch = { values: number[]; readonly quality: Set<Quality>; line: number; flushed: boolean };

/** Makes records of what `perf stat -x` and its text print, equal to those of perf-stat-json: totals, and samples of intervals. */
export class PerfStatRecords {
  readonly #parameters: PayloadParameters;
  readonly #tally: WarningTally;
  readonly #series: PerfSeriesTable;
  readonly #totals: PerfValue[] = [];
  readonly #batches = new Map<RecordSeries, Batch>();
  #complete: IngestRecord[] = [];
  #repeated: PerfLine | undefined;

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    this.#parameters = parameters;
    this.#tally = tally;
    this.#series = new PerfSeriesTable(parameters, tally);
  }

  /** Whether nothing was added yet. */
  get isEmpty(): boolean {
    return this.#totals.length === 0 && this.#batches.size === 0;
  }

  /**
   * @param line a counter; `position` is the offset of its value in its line
   * @param flags what the notation of the value brings
   * @throws ParseError when the value is no number
   */
  add(line: PerfLine, flags: readonly Quality[] = NO_FLAGS): void {
    const found = this.#series.find(line);
    if (found === undefined) return;
    if (line.hasVariance) this.#repeated ??= line;
    const value = readCounter(line, found.scale);
    let quality = qualityOf(line, value, found, VERSION_OPEN);
    if (flags.length > 0) quality = [...quality, ...flags];
    if (value === 0 && isBrokenClock(line) && !quality.includes('tool_bug')) quality = [...quality, 'tool_bug'];
    if (value === null && line.interval !== undefined) {
      this.#tally.add('missing_interval', `${line.event}: intervals that were ${line.value} were left out`, line.line);
    }
    const { hasVariance, line: number } = line;
    this.push({ series: found.series, value, quality, line: number, isInterval: line.interval !== undefined, hasVariance });
  }

  /** @throws ParseError when there are more series than a payload may have */
  push(entry: PerfValue): void {
    if (!entry.isInterval) this.#totals.push(entry);
    else this.#addInterval(entry);
    if (this.#totals.length + this.#batches.size <= LIMITS.seriesPerPayload) return;
    const detail = `more than ${LIMITS.seriesPerPayload} counters in one payload: send each output of perf stat by itself`;
    throw new ParseError(detail, { line: entry.line, column: 1 });
  }

  #addInterval({ series, value, quality, line }: PerfValue): void {
    let batch = this.#batches.get(series);
    if (batch === undefined) {
      batch = { values: [], quality: new Set(['autocorrelated']), line, flushed: false };
      this.#batches.set(series, batch);
    }
    for (const flag of quality) batch.quality.add(flag);
    if (value === null) return;
    if (batch.values.length === 0 && batch.flushed) batch.line = line;
    batch.values.push(value);
    if (batch.values.length < BATCH_VALUES) return;
    this.#complete.push(intervalRecord(series, batch, this.#parameters.repetition));
    batch.values = [];
    batch.flushed = true;
  }

  /** Records that are complete before the end of the payload. */
  take(): readonly IngestRecord[] {
    const complete = this.#complete;
    this.#complete = [];
    return complete;
  }

  /** All that is left. @param version what the file says about -r: 6.1 (`old`) prints the last run, later versions the mean */
  finish(version: PerfFile['version']): readonly IngestRecord[] {
    if (this.#repeated !== undefined) warnOfRuns({ lines: [this.#repeated], version }, this.#tally);
    const records: IngestRecord[] = [...this.take()];
    for (const entry of this.#totals) records.push(this.#total(entry, version));
    for (const [series, batch] of this.#batches) {
      if (batch.values.length > 0 || !batch.flushed) records.push(intervalRecord(series, batch, this.#parameters.repetition));
    }
    return records;
  }

  #total({ series, value, quality, line, hasVariance }: PerfValue, version: PerfFile['version']): ReadingRecord {
    const isBug = hasVariance && version !== 'new' && !quality.includes('tool_bug');
    return {
      kind: 'reading',
      series,
      repetition: this.#parameters.repetition,
      reading: 'total',
      value,
      atNs: this.#parameters.atNs ?? null,
      exposureS: this.#parameters.exposureS ?? null,
      probability: null,
      tool: null,
      quality: isBug ? [...quality, 'tool_bug'] : quality,
      line,
    };
  }
}

/** Which version printed -r is known at the end only; until then a line is taken for one of a version without the bug. */
const VERSION_OPEN: PerfFile = { lines: [], version: 'new' };

/** 7.2 prints the tool's own clocks as 0, with a run time of 1 ns a run; no process takes 0 ns, but it may have used none in user space. */
function isBrokenClock({ event, runtimeNs }: PerfLine): boolean {
  if (event === 'duration_time') return true;
  return (event === 'user_time' || event === 'system_time') && runtimeNs !== undefined && runtimeNs > 0 && runtimeNs < 1000;
}

function readCounter(line: PerfLine, scale: Parameters<typeof parseDecimal>[1]): number | null {
  if (line.value === '<not counted>' || line.value === '<not supported>') return null;
  const value = parseDecimal(line.value, scale);
  if (value !== undefined && value >= 0) return value;
  const advice = line.value.includes(',') ? 'run perf with LC_ALL=C' : 'expected a number, <not counted> or <not supported>';
  throw new ParseError(`the value '${line.value.slice(0, 40)}' of ${line.event.slice(0, 80)} is not a number: ${advice}`, {
    line: line.line,
    column: line.position + 1,
  });
}
