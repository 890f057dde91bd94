import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { JsonReader, type JsonValue } from '../../lexers/json.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { isAbsent } from './perf-fields.ts';
import { mendLine, mendMetric, mendValue } from './perf-json-repair.ts';
import type { PrintedMetric } from './perf-metric-series.ts';
import { isTableMetric } from './perf-metric-units.ts';
import { RepeatedRuns } from './perf-repeated-runs.ts';
import { PerfObject } from './perf-stat-lines.ts';
import { PerfStatRecords } from './perf-stat-records.ts';

/**
 * `perf stat -j`: one object a counter. A plain run gives one total a counter; -I gives the increase in each interval, which are samples of
 * one process and flagged so, in a series of their own (label aggregation=interval). Metrics of perf's event tables and of --metric-only are
 * series `perf.metric.<name>`; those that perf derives from the counter beside them (`K/sec`, `insn per cycle`) are left out, because they
 * are rounded and scaled line by line. Seen: perf 6.1, 6.12, 7.2 on x86-64, riscv64 and arm64.
 */
export const perfStatJsonFormat = {
  id: 'perf-stat-json' as const,
  kind: 'pmu',
  mode: 'stream',
  summary: 'LC_ALL=C perf stat -j -o file -- program (6.1 and later)',
  extraParameters: [],
  detect: (head) =>
    /^\uFEFF?\s*(#[^\n]*\n\s*)*\{/.test(head) &&
    !/^\uFEFF?\s*\{\s*"(context|papi_version|linux-perf-json-version)"\s*:/.test(head) &&
    // perf alone leaves a blank before the colon.
    /\{\s*\}|"(counter-value|metric-value)"|"[^"\n]{1,120}" : "(-?\d+\.\d+|none|nan)"[,}]/.test(head),
  open: (parameters) => new PerfJsonStream(parameters),
} satisfies FormatDraft;

const ADVICE =
  'perf stat -j prints one object per line on stderr or into -o FILE; send that alone and whole, without the output of the program';
const REPAIRED: readonly Quality[] = ['repaired'];
const NO_FLAGS: readonly Quality[] = [];
/** A comma between digits where JSON has a decimal point. */
const DECIMAL_COMMA = /\d,\d/;

class PerfJsonStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #records: PerfStatRecords;
  readonly #runs = new RepeatedRuns();
  readonly #object = new PerfObject();
  readonly #lines = new LineStream((line, number) => this.#take(line, number));
  readonly #tableMetrics = new Map<string, boolean>();
  #hasHeader = false;
  #hasNumber = false;
  #hasText = false;
  #hasMetrics = false;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.#records = new PerfStatRecords(parameters, this.#tally);
  }

  push(text: string) {
    this.#lines.push(text);
    return this.#records.take();
  }

  end() {
    this.#lines.end();
    if (this.#records.isEmpty) {
      const detail =
        'no counter values: perf printed only metrics without name or unit, or nothing; run perf stat -j without --metric-only';
      throw new ParseError(detail, { line: 1, column: 1 });
    }
    warnOfUnused(this.#parameters, this.#hasMetrics ? ['metric'] : ['metric', 'unit'], this.#tally);
    // 6.1 prints metric-value as a number and a comment into the file, later versions print it as a string or not at all.
    const isOld = this.#hasNumber || (this.#hasHeader && !this.#hasText);
    return this.#records.finish(isOld ? 'old' : this.#hasText ? 'new' : this.#runs.version());
  }

  warnings() {
    return this.#tally.list();
  }

  #take(line: string, number: number): void {
    if (line.startsWith('#')) {
      if (line.startsWith('# started on')) this.#start(number);
      return;
    }
    let reader = new JsonReader(line, ADVICE, number);
    let hasCommas = false;
    while (reader.next()) {
      const start = reader.position;
      try {
        this.#object.read(reader);
      } catch (error) {
        const mended = reader.text === line ? mendLine(line) : undefined;
        if (mended === undefined) throw explain(error, reader, start);
        hasCommas = mended.hasCommas;
        reader = new JsonReader(mended.text, ADVICE, number);
        reader.position = start;
        continue;
      }
      if (this.#object.isCounter) this.#addCounter(reader, start, hasCommas);
      else this.#addMetrics(reader, start);
    }
  }

  /** 6.1 writes this line once a file; --append brings a second, whose counters are another repetition. */
  #start(line: number): void {
    if (this.#records.isEmpty) this.#hasHeader = true;
    else throw new ParseError('a second output of perf stat begins here: send each by itself, with repetition=1..n', { line, column: 1 });
  }

  #addCounter(reader: JsonReader, start: number, hasCommas: boolean): void {
    const object = this.#object;
    const line = object.toLine(reader, start);
    const metric = object.find('metric-value');
    this.#hasNumber ||= typeof metric === 'number' || metric === null;
    this.#hasText ||= typeof metric === 'string';
    for (const [name] of object.others()) {
      this.#tally.add('unknown_member', `members '${name.slice(0, 40)}' are not known of perf and were left out`, reader.line);
    }
    const value = hasCommas ? mendValue(line.value) : line.value;
    const isRepaired = value !== line.value;
    if (hasCommas && !isRepaired && !isAbsent(value)) {
      const detail = `the value '${value.slice(0, 40)}' of ${line.event.slice(0, 80)} is not what perf prints where its percentage has a comma: run perf with LC_ALL=C`;
      throw new ParseError(detail, reader.place(start));
    }
    if (isRepaired) this.#tally.add('decimal_comma', 'perf ran in a locale with decimal commas, which were read as points', reader.line);
    if (line.hasVariance && line.runtimeNs !== undefined) this.#runs.addRuntime({ value, unit: line.unit, runtimeNs: line.runtimeNs });
    this.#records.add(isRepaired ? { ...line, value } : line, isRepaired ? REPAIRED : NO_FLAGS);
    const unit = object.find('metric-unit');
    if (typeof unit !== 'string' || metric === undefined || !this.#isTableMetric(unit)) return;
    const { interval, aggregation } = line;
    const printed = printedOf(metric);
    const mended = hasCommas ? mendMetric(printed) : printed;
    const flags = hasCommas && (mended !== printed || typeof metric === 'number') ? REPAIRED : NO_FLAGS;
    this.#addMetric({ name: unit, value: mended, interval, aggregation, line: reader.line }, flags);
  }

  /** Names that many lines share are looked at once. */
  #isTableMetric(unit: string): boolean {
    let isTable = this.#tableMetrics.get(unit);
    if (isTable === undefined) {
      isTable = isTableMetric(unit);
      this.#tableMetrics.set(unit, isTable);
    }
    return isTable;
  }

  /** An object without a counter: a further metric of the counter above, or (7.2 with --metric-only) metrics by name. */
  #addMetrics(reader: JsonReader, start: number): void {
    const object = this.#object;
    const place = { interval: object.interval(reader, start), aggregation: object.aggregation(reader, start), line: reader.line };
    const metric = object.find('metric-value');
    const name = object.find('metric-unit');
    if (object.find('event') !== undefined) reader.fail('an event has no counter-value', start);
    if (typeof name === 'string' && name !== '' && name !== '(null)' && metric !== undefined) {
      this.#addMetric({ ...place, name, value: printedOf(metric) });
    } else if (metric !== undefined && metric !== '' && metric !== 'none' && metric !== null) {
      reader.fail('perf 6.1 prints the values of --metric-only without their names: run perf stat without --metric-only', start);
    }
    for (const [other, value] of object.others()) {
      if (typeof value !== 'string') reader.fail(`the metric '${other.slice(0, 40)}' is not a string`, start);
      this.#addMetric({ ...place, name: other, value });
    }
  }

  #addMetric(metric: PrintedMetric, flags: readonly Quality[] = NO_FLAGS): void {
    this.#hasMetrics = true;
    this.#records.addMetric(metric, flags);
  }
}

/** A metric as text; what is neither text nor number is refused as a value. */
function printedOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  // mendLine leaves null where 6.1 printed a bare nan or inf.
  return value === null ? 'nan' : String(value);
}

/** A comma as decimal point makes a line no JSON in every version of perf (`"pcnt-running" : 100,00`). */
function explain(error: unknown, reader: JsonReader, start: number): unknown {
  const around = reader.text.slice(Math.max(start, reader.position - 2), reader.position + 1);
  if (!(error instanceof ParseError) || !DECIMAL_COMMA.test(around)) return error;
  return new ParseError(
    'a number has a decimal comma, so perf ran in another locale: run it with LC_ALL=C',
    reader.place(reader.position - 1),
  );
}
