import { ParseError } from '../../format.ts';
import { trimBlanks } from '../../lexers/decimal.ts';
import { readPrefix } from './perf-fields.ts';
import type { PerfMetrics } from './perf-metric-series.ts';
import { type MetricUnit, metricUnitOf } from './perf-metric-units.ts';
import type { PerfValue } from './perf-stat-records.ts';

/**
 * The table of `perf stat --metric-only -x SEP`: a header of metric names, then rows of values. perf leaves values out without keeping their
 * column (7.2 prints a header of 11 and a row of 5), so a row counts only when it has as many fields as the header.
 */

/** First columns by what perf writes there. Source: aggr_header_csv in tools/perf/util/stat-display.c. */
const PREFIX_NAMES: readonly string[] = ['time', 'core', 'cpus', 'cache', 'cluster', 'die', 'socket', 'cpu', 'comm-pid', 'node'];
const VALUE = /^(-?\d+(\.\d+)?|-?nan|-?inf|none|)$/;

/** The separators that rows of metrics are known with. */
const SEPARATORS: readonly string[] = [',', ';', '\t', '|'];

type Column = { readonly name: string; readonly unit: MetricUnit };

export type MetricHeader = { readonly separator: string; readonly hasCpus: boolean; readonly columns: readonly string[] };

/** @returns undefined when the line is no header of metrics */
export function readMetricHeader(line: string, asked: string | undefined): MetricHeader | undefined {
  for (const separator of asked === undefined ? SEPARATORS : [asked]) {
    const names = line.split(separator).map(trimBlanks);
    if (names.at(-1) === '') names.pop();
    let first = 0;
    while (PREFIX_NAMES.includes(names[first] ?? '')) first++;
    const columns = names.slice(first);
    const isNamed = columns.length > 0 && columns.every((name) => /^[%A-Za-z/]/.test(name));
    const isKnown = first > 0 || columns.some((name) => metricUnitOf(name) !== undefined);
    if ((isNamed || (columns.length === 0 && first > 0)) && isKnown) return { separator, hasCpus: names.includes('cpus'), columns };
  }
  return undefined;
}

/** Reads rows under one header. */
export class MetricRows {
  readonly #header: MetricHeader;
  readonly #metrics: PerfMetrics;
  readonly #columns: readonly Column[];

  /** @throws ParseError when the unit of a column is neither in its name nor declared */
  constructor(header: MetricHeader, metrics: PerfMetrics, line: number) {
    this.#header = header;
    this.#metrics = metrics;
    this.#columns = header.columns.map((name) => {
      const unit = metrics.unitOf(name);
      if (unit !== undefined) return { name, unit };
      const detail = `perf does not say the unit of the metric '${name.slice(0, 80)}': send unit=, or run perf stat without --metric-only`;
      throw new ParseError(detail, { line, column: 1 });
    });
  }

  /**
   * @param terminated whether the line was ended: without that its last value may have lost digits
   * @throws ParseError when values cannot be matched with their columns
   */
  read(line: string, number: number, terminated: boolean): readonly PerfValue[] {
    const { separator } = this.#header;
    const fields = line.split(separator);
    const prefix = readPrefix(fields, separator, (field) => VALUE.test(field), this.#header.hasCpus);
    if (prefix === undefined) this.#fail('is no row of metrics', number);
    const values = fields.slice(prefix.next).map(trimBlanks);
    if (values.at(-1) === '') values.pop();
    if (values.every((value) => value === '') && values.length !== this.#columns.length) return [];
    if (values.length !== this.#columns.length) {
      this.#fail(`has ${values.length} values for ${this.#columns.length} metrics, and perf does not say which are missing`, number);
    }
    if (!terminated) this.#fail('is the last and has no line end, so the output was cut off', number);
    const { interval, aggregation } = prefix;
    return this.#columns.map(({ name, unit }, index) =>
      this.#metrics.toValue({ name, value: values[index] ?? '', interval, aggregation, line: number }, unit),
    );
  }

  #fail(detail: string, line: number): never {
    throw new ParseError(`the line ${detail}: run perf stat without --metric-only, or with -j`, { line, column: 1 });
  }
}
