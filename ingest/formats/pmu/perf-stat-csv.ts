import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { detach } from '../../lexers/stream-text.ts';
import { TerminatedLines } from '../../lexers/terminated-lines.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type CounterFields, findSeparators, hasDecimalCommas, readCounterFields, readPrefix, splitLine } from './perf-fields.ts';
import { MetricRows, readMetricHeader } from './perf-metric-columns.ts';
import { RepeatedRuns } from './perf-repeated-runs.ts';
import { PerfStatRecords } from './perf-stat-records.ts';

/**
 * `perf stat -x SEP`: one counter a line, the same series as perf-stat-json. The separator is found by splitting the first counter with
 * every character it could be; decimal commas are read where another separator makes them certain, and refused where the separator is the
 * comma. Tables of --metric-only are read when each value has its column. Seen: perf 4.15 (topdown), 6.1, 6.12 and 7.2.
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
  readonly #lines = new TerminatedLines((line, number) => this.#take(line, number));
  readonly #names = new Map<string, string>();
  #separator: string | undefined;
  #rows: MetricRows | undefined;
  #started = false;

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
    warnOfUnused(this.#parameters, this.#rows === undefined ? ['metric', 'unit'] : ['metric'], this.#tally);
    return this.#records.finish(this.#runs.version());
  }

  warnings() {
    return this.#tally.list();
  }

  #take(line: string, number: number): void {
    const text = line.trimEnd();
    if (text.startsWith('# started on')) this.#start(number);
    if (text === '' || text.startsWith('#')) return;
    this.#separator ??= this.#findSeparator(text, number);
    const separator = this.#separator;
    const fields = separator === undefined ? [] : splitLine(line, separator);
    const counter = separator === undefined ? undefined : readCounterFields(fields, separator);
    if (counter !== undefined) this.#add(counter, fields, number);
    else if (!this.#addMetrics(line, fields, number)) this.#refuse(text, number);
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

  #add(counter: CounterFields, fields: readonly string[], line: number): void {
    const { prefix, value, unit, event, hasVariance, runtimeNs, percent, repaired } = counter;
    if (repaired) this.#tally.add('decimal_comma', 'perf ran in a locale with decimal commas, which were read as points', line);
    if (hasVariance) this.#runs.addRuntime(counter);
    const position = fields.slice(0, prefix.next).reduce((length, field) => length + field.length + 1, 0);
    this.#records.add(
      {
        line,
        event: this.#keep(event),
        unit: this.#keep(unit),
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
  }

  /** The name without a hold on the text it was cut from. */
  #keep(name: string): string {
    let kept = this.#names.get(name);
    if (kept === undefined) {
      kept = detach(name);
      this.#names.set(kept, kept);
    }
    return kept;
  }

  /** Second metrics of a counter, which are left out, and tables of --metric-only. */
  #addMetrics(line: string, fields: readonly string[], number: number): boolean {
    const header = readMetricHeader(line, this.#parameters.extra['separator']);
    if (header !== undefined) {
      this.#rows = new MetricRows(header, this.#parameters, number);
      this.#separator = header.separator;
      return true;
    }
    if (this.#rows !== undefined) {
      for (const value of this.#rows.read(line, number)) this.#records.push(value);
      return true;
    }
    return isEmptyRow(line) || isFurtherMetric(fields, this.#separator);
  }

  #refuse(text: string, line: number): never {
    const isComma = (this.#separator === undefined || this.#separator === ',') && hasDecimalCommas(text);
    const detail = isComma
      ? "numbers have decimal commas and commas separate them, so no value is certain: run perf with LC_ALL=C (or at least with -x';')"
      : `the line is not one of perf stat -x (value, unit, event, run time, percentage …): ${ADVICE}`;
    throw new ParseError(detail, { line, column: 1 });
  }
}

/** `,,,,,,0.50,stalled cycles per insn`: value, unit and event are empty. */
function isFurtherMetric(fields: readonly string[], separator: string | undefined): boolean {
  if (separator === undefined) return false;
  const prefix = readPrefix(fields, separator, (field) => field === '');
  if (prefix === undefined) return false;
  return fields.length >= prefix.next + 5 && fields.slice(prefix.next, prefix.next + 3).every((field) => field === '');
}
