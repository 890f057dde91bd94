import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import type { IngestRecord, ReadingRecord, RecordSeries } from '../../records.ts';
import type { WarningTally } from '../warning-tally.ts';
import { PerfMetrics, type PrintedMetric } from './perf-metric-series.ts';
import { OutputOrder } from './perf-output-order.ts';
import { type PerfSeries, PerfSeriesTable } from './perf-series.ts';
import type { PerfLine, PerfVersion } from './perf-stat-lines.ts';

/** Intervals of one series that become one record; a night of `-I 1000` must not wait in memory. */
const BATCH_VALUES = 4096;
const NO_FLAGS: readonly Quality[] = [];

/** One printed value of one series. */
export type PerfValue = {
  readonly series: RecordSeries;
  /** What it is of, as printed. */
  readonly key: string;
  readonly name: string;
  /** In base units; null when perf printed none. */
  readonly value: number | null;
  /** What perf printed in place of a number. */
  readonly absent: string;
  readonly quality: readonly Quality[];
  readonly line: number;
  /** End of the interval, seconds; undefined for totals. */
  readonly interval: number | undefined;
  /** Whether it is an aggregate of several runs (-r), which 6.1 prints wrong. */
  readonly hasVariance: boolean;
};

type Batch = { values: number[]; readonly quality: Set<Quality>; line: number; flushed: boolean };

/** Makes records of what `perf stat` prints in any of its forms: totals, and samples of intervals. */
export class PerfStatRecords {
  readonly #parameters: PayloadParameters;
  readonly #tally: WarningTally;
  readonly #series: PerfSeriesTable;
  readonly #metrics: PerfMetrics;
  readonly #order = new OutputOrder();
  readonly #totals: PerfValue[] = [];
  readonly #batches = new Map<RecordSeries, Batch>();
  #complete: IngestRecord[] = [];
  #repeatedLine: number | undefined;

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    this.#parameters = parameters;
    this.#tally = tally;
    this.#series = new PerfSeriesTable(parameters, tally);
    this.#metrics = new PerfMetrics(parameters, tally);
  }

  /** Whether nothing was added yet. */
  get isEmpty(): boolean {
    return this.#totals.length === 0 && this.#batches.size === 0;
  }

  get metrics(): PerfMetrics {
    return this.#metrics;
  }

  /**
   * @param line a counter; `position` is the offset of its value in its line
   * @param flags what the notation of the value brings
   * @throws ParseError when the value is no number
   */
  add(line: PerfLine, flags: readonly Quality[] = NO_FLAGS): void {
    const found = this.#series.find(line);
    if (found === undefined) return;
    if (line.hasVariance) this.#repeatedLine ??= line.line;
    const value = readCounter(line, found.scale);
    const quality = qualityOf(line, value, found, flags);
    const { series, key } = found;
    const { event: name, value: absent, interval, hasVariance, line: number } = line;
    this.push({ series, key, name, value, absent, quality, line: number, interval, hasVariance });
  }

  /** A metric that stands in a line of its own, or that no counter tells; left out with a warning when its unit is unknown. @throws ParseError */
  addMetric(metric: PrintedMetric, flags: readonly Quality[] = NO_FLAGS): void {
    const unit = this.#metrics.unitOf(metric.name);
    if (unit !== undefined) {
      const entry = this.#metrics.toValue(metric, unit);
      this.push(flags.length === 0 ? entry : { ...entry, quality: [...entry.quality, ...flags] });
      return;
    }
    const detail = `perf does not say the unit of the metric '${metric.name.slice(0, 80)}', which was left out: send unit=`;
    this.#tally.add('unknown_unit', detail, metric.line);
  }

  /** @throws ParseError when there are more series than a payload may have, or a second output begins */
  push(entry: PerfValue): void {
    if (entry.interval === undefined) {
      this.#totals.push(entry);
      this.#order.addTotal(entry.key, entry.line);
    } else {
      this.#order.addInterval(entry.interval, entry.line);
      this.#addInterval(entry);
    }
    if (this.#totals.length + this.#batches.size <= LIMITS.seriesPerPayload) return;
    const detail = `more than ${LIMITS.seriesPerPayload} counters in one payload: send each output of perf stat by itself`;
    throw new ParseError(detail, { line: entry.line, column: 1 });
  }

  #addInterval({ series, name, value, absent, quality, line, hasVariance }: PerfValue): void {
    let batch = this.#batches.get(series);
    if (batch === undefined) {
      batch = { values: [], quality: new Set(['autocorrelated']), line, flushed: false };
      this.#batches.set(series, batch);
    }
    for (const flag of quality) batch.quality.add(flag);
    // Which version printed it is known at the end only, and records do not wait for that.
    if (hasVariance) batch.quality.add('tool_bug');
    if (value === null) {
      this.#tally.add('missing_interval', `${name}: intervals that were ${absent} were left out`, line);
      return;
    }
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

  /** All that is left. @param version what the file says about -r @throws ParseError when the file holds a second output */
  finish(version: PerfVersion): readonly IngestRecord[] {
    this.#order.end();
    if (this.#repeatedLine !== undefined) warnOfRuns(version, this.#repeatedLine, this.#tally);
    const records: IngestRecord[] = [...this.take()];
    for (const entry of this.#totals) records.push(this.#total(entry, version));
    for (const [series, batch] of this.#batches) {
      if (batch.values.length > 0 || !batch.flushed) records.push(intervalRecord(series, batch, this.#parameters.repetition));
    }
    return records;
  }

  #total({ series, value, quality, line, hasVariance }: PerfValue, version: PerfVersion): ReadingRecord {
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

/** Samples; a counter without any value in any interval is one reading without a value, so that its absence can be seen. */
function intervalRecord(series: RecordSeries, { values, quality, line }: Batch, repetition: number): IngestRecord {
  const common = { series, repetition, quality: [...quality], line };
  if (values.length > 0) return { ...common, kind: 'samples', values, atNs: [] };
  return { ...common, kind: 'reading', reading: 'total', value: null, atNs: null, exposureS: null, probability: null, tool: null };
}

function warnOfRuns(version: PerfVersion, line: number, tally: WarningTally): void {
  if (version === 'new') tally.add('mean_of_runs', 'perf -r prints only the mean of its runs: push single runs with repetition=1..n', line);
  else if (version === 'old')
    tally.add('last_run_only', 'perf 6.1 with -r prints the value of the last run, not the mean: push single runs', line);
  else {
    const detail = 'perf -r: 6.1 prints the last run and later versions the mean, and this file does not tell which';
    tally.add('perf_version_unknown', detail, line);
  }
}

function qualityOf(line: PerfLine, value: number | null, found: PerfSeries, flags: readonly Quality[]): readonly Quality[] {
  const isMultiplexed = value !== null && line.runningPercent !== undefined && line.runningPercent < 100;
  const isBug = value === 0 && isBrokenClock(line);
  const isRounded = value !== null && value > Number.MAX_SAFE_INTEGER && losesPrecision(line.value);
  if (value !== null && !isMultiplexed && !isBug && !isRounded && flags.length === 0) return found.flags;
  const quality: Quality[] = [...found.flags];
  if (value === null) quality.push(line.value === '<not supported>' ? 'not_supported' : 'not_counted');
  if (isMultiplexed) quality.push('multiplexed');
  if (isRounded) quality.push('precision_lost');
  quality.push(...flags);
  if (isBug) quality.push('tool_bug');
  return quality;
}

/**
 * 7.2 prints the tool's own clocks as 0, without their unit ns and with a run time of 1 ns a run; no process takes 0 ns, but it may have used
 * none in user space.
 */
function isBrokenClock({ event, unit, runtimeNs }: PerfLine): boolean {
  if (event === 'duration_time') return true;
  if (event !== 'user_time' && event !== 'system_time') return false;
  return unit === '' || (runtimeNs !== undefined && runtimeNs > 0 && runtimeNs < 1000);
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
