import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { detach } from '../../lexers/stream-text.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type CounterFields, findSeparators, hasDecimalCommas, readCounterFields, readPrefix, splitLine } from './perf-fields.ts';
import { MetricRows, readMetricHeader } from './perf-metric-columns.ts';
import { isTableMetric } from './perf-metric-units.ts';
import { RepeatedRuns } from './perf-repeated-runs.ts';
import { PerfStatRecords } from './perf-stat-records.ts';

/**
 * `perf stat -x SEP`: one counter a line, the same series as perf-stat-json. The separator is found by splitting the first counter with
 * every character it could be; decimal commas are read where another separator makes them certain, and refused where the separator is the
 * comma. Tables of --metric-only are read when each value has its column; metrics are told as in perf-stat-json. Seen: perf 4.15 (topdown), 6.1, 6.12 and 7.2.
 */
export const perfStatCsvFormat = {
  id: 'perf-stat-csv' as const,
  kind: 'pmu',
  mode: 'stream',
  summary: "LC_ALL=C perf stat -x';' -o file -- program",
  extraParameters: ['separator'],
  detect,
  open: (parameters) => new PerfCsvStream(parameters),
} satisfies FormatDraft;

const REPAIRED: readonly Quality[] = ['repaired'];
const NO_FLAGS: readonly Quality[] = [];
const ADVICE = "send the file of LC_ALL=C perf stat -x';' -o FILE alone and whole";

function detect(head: string): boolean {
  for (const line of head.replace(/^\uFEFF/, '').split('\n', 20)) {
    const text = line.trimEnd();
    if (text === '' || text.startsWith('#')) continue;
    return findSeparators(text).length > 0 || hasDecimalCommas(text) || isEmptyRow(text) || readMetricHeader(text, undefined) !== undefined;
  }
  return false;
}

/** What 6.1 and 6.12 print for --metric-only when there is no metric: separators alone. */
function isEmptyRow(line: string): boolean {
  return /^([,;|])\1*$/.test(line);
}

class PerfCsvStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #records: PerfStatRecords;
  readonly #runs = new RepeatedRuns();
  readonly #lines = new LineStream((line, number, terminated) => this.#take(line, number, terminated));
  readonly #tableMetrics = new Map<string, boolean>();
  #separator: string | undefined;
  #rows: MetricRows | undefined;
  #started = false;
  #hasMetrics = false;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.#records = new PerfStatRecords(parameters, this.#tally);
    this.#separator = parameters.extra['separator'];
  }

  push(text: string) {
    this.#lines.push(text);
    return this.#records.take();
  }

  end() {
    this.#lines.end();
    if (this.#records.isEmpty) {
      throw new ParseError('no counter values: perf printed only metrics, or nothing; run perf stat -x without --metric-only', {
        line: 1,
        column: 1,
      });
    }
    warnOfUnused(this.#parameters, this.#hasMetrics ? ['metric'] : ['metric', 'unit'], this.#tally);
    return this.#records.finish(this.#runs.version());
  }

  warnings() {
    return this.#tally.list();
  }

  #take(line: string, number: number, terminated: boolean): void {
    const text = line.trimEnd();
    if (text.startsWith('# started on')) this.#start(number);
    if (text === '' || text.startsWith('#')) return;
    this.#separator ??= this.#findSeparator(text, number);
    const separator = this.#separator;
    const fields = separator === undefined ? [] : splitLine(line, separator);
    const counter = separator === undefined ? undefined : readCounterFields(fields, separator);
    if (counter !== undefined) this.#add(counter, fields, number, terminated);
    else if (!this.#addMetrics(line, fields, number, terminated)) this.#refuse(text, number);
  }

  /** perf writes this line once a file; --append brings a second, whose counters are another repetition. */
  #start(line: number): void {
    if (!this.#started || this.#records.isEmpty) {
      this.#started = true;
      return;
    }
    throw new ParseError('a second output of perf stat begins here: send each by itself, with repetition=1..n', { line, column: 1 });
  }

  #findSeparator(text: string, line: number): string | undefined {
    const [separator, ...others] = findSeparators(text);
    if (others.length === 0) return separator;
    throw new ParseError('several characters could separate the fields: send separator=', { line, column: 1 });
  }

  #add(counter: CounterFields, fields: readonly string[], line: number, terminated: boolean): void {
    const { prefix, value, unit, event, hasVariance, runtimeNs, percent, repaired } = counter;
    if (repaired) this.#tally.add('decimal_comma', 'perf ran in a locale with decimal commas, which were read as points', line);
    if (hasVariance) this.#runs.addRuntime(counter);
    const position = fields.slice(0, prefix.next).reduce((length, field) => length + field.length + 1, 0);
    this.#records.add(
      {
        line,
        event,
        unit,
        value,
        position,
        runningPercent: percent,
        runtimeNs,
        interval: prefix.interval,
        hasVariance,
        aggregation: prefix.aggregation,
      },
      repaired ? REPAIRED : NO_FLAGS,
    );
    this.#addOwnMetric(counter, line, terminated);
  }

  /** What perf's event tables tell and no counter does; what it derives from the counter beside it is left out. */
  #addOwnMetric({ prefix, metric, metricUnit, hasCommas }: CounterFields, line: number, terminated: boolean): void {
    if (metricUnit === '' || !this.#isTableMetric(metricUnit)) return;
    const why = hasCommas ? 'perf cuts metrics off at the decimal comma' : terminated ? undefined : 'the last line has no line end';
    if (why !== undefined) {
      this.#tally.add('metric_left_out', `metrics beside counters were left out: ${why}`, line);
      return;
    }
    this.#hasMetrics = true;
    this.#records.addMetric({ name: metricUnit, value: metric, interval: prefix.interval, aggregation: prefix.aggregation, line });
  }

  /** Names that many lines share are looked at once. */
  #isTableMetric(unit: string): boolean {
    let isTable = this.#tableMetrics.get(unit);
    if (isTable === undefined) {
      isTable = isTableMetric(unit);
      this.#tableMetrics.set(detach(unit), isTable);
    }
    return isTable;
  }

  /** Further metrics of a counter, and tables of --metric-only. @returns false when the line is neither */
  #addMetrics(line: string, fields: readonly string[], number: number, terminated: boolean): boolean {
    const header = readMetricHeader(line, this.#parameters.extra['separator']);
    if (header !== undefined) {
      this.#rows = new MetricRows(header, this.#records.metrics, number);
      this.#separator = header.separator;
      this.#hasMetrics = true;
      return true;
    }
    if (this.#rows !== undefined) {
      for (const value of this.#rows.read(line, number, terminated)) this.#records.push(value);
      return true;
    }
    return isEmptyRow(line) || this.#addFurtherMetric(fields, number, terminated);
  }

  /** `,,,,,,0.50,stalled cycles per insn`: value, unit and event are empty. */
  #addFurtherMetric(fields: readonly string[], line: number, terminated: boolean): boolean {
    const separator = this.#separator;
    if (separator === undefined) return false;
    const prefix = readPrefix(fields, separator, (field) => field === '');
    if (prefix === undefined || fields.length < prefix.next + 5) return false;
    const rest = fields.slice(prefix.next);
    const place = rest.findIndex((field) => field !== '');
    if (place < 3) return false;
    // perf prints an empty value for nan.
    const hasValue = /^-?\d/.test(rest[place] ?? '');
    const name = rest.slice(hasValue ? place + 1 : place).join(separator);
    if (!terminated || name === '') this.#refuseCut(line);
    this.#hasMetrics = true;
    this.#records.addMetric({ ...prefix, name, value: hasValue ? (rest[place] ?? '') : '', line });
    return true;
  }

  #refuseCut(line: number): never {
    throw new ParseError('the line of a metric stops early, so the output was cut off: send it whole', { line, column: 1 });
  }

  #refuse(text: string, line: number): never {
    const isComma = (this.#separator === undefined || this.#separator === ',') && hasDecimalCommas(text);
    const detail = isComma
      ? "numbers have decimal commas and commas separate them, so no value is certain: run perf with LC_ALL=C (or at least with -x';')"
      : `the line is not one of perf stat -x (value, unit, event, run time, percentage …): ${ADVICE}`;
    throw new ParseError(detail, { line, column: 1 });
  }
}
