import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { decimalScale, trimBlanks } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import type { RecordSeries } from '../../records.ts';
import { declareSeries } from '../series.ts';
import { type PerfPrefix, readPrefix } from './perf-fields.ts';
import { METRIC_PREFIX, type MetricUnit, metricNameOf, metricUnitOf } from './perf-metric-units.ts';
import { readAggregation } from './perf-series.ts';
import type { PerfValue } from './perf-stat-records.ts';

/**
 * The table of `perf stat --metric-only -x SEP`: a header of metric names, then rows of values. perf leaves values out without keeping their
 * column (7.2 prints a header of 11 and a row of 5), so a row counts only when it has as many fields as the header.
 */

/** First columns by what perf writes there. Source: aggr_header_csv in tools/perf/util/stat-display.c. */
const PREFIX_NAMES: readonly string[] = ['time', 'core', 'cpus', 'cache', 'cluster', 'die', 'socket', 'cpu', 'comm-pid', 'node'];
const VALUE = /^(-?\d+(\.\d+)?|-?nan|-?inf|none|)$/;
const NO_NUMBER = /^(-?nan|-?inf|none)$/;

/** The separators that rows of metrics are known with. */
const SEPARATORS: readonly string[] = [',', ';', '\t', '|'];

type Column = MetricUnit & { readonly name: string };

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
  readonly #parameters: PayloadParameters;
  readonly #columns: readonly Column[];
  readonly #series = new Map<string, RecordSeries>();

  /** @throws ParseError when the unit of a column is neither in its name nor declared */
  constructor(header: MetricHeader, parameters: PayloadParameters, line: number) {
    this.#header = header;
    this.#parameters = parameters;
    this.#columns = header.columns.map((name) => {
      const unit = metricUnitOf(name, parameters.unit);
      if (unit !== undefined) return { ...unit, name };
      throw new ParseError(
        `perf does not say the unit of the metric '${name.slice(0, 80)}': send unit=, or run perf stat without --metric-only`,
        {
          line,
          column: 1,
        },
      );
    });
  }

  /** @throws ParseError when values cannot be matched with their columns */
  read(line: string, number: number): readonly PerfValue[] {
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
    return this.#columns.map((column, index) => this.#value(column, values[index] ?? '', prefix, number));
  }

  #value(column: Column, printed: string, prefix: PerfPrefix, line: number): PerfValue {
    if (!VALUE.test(printed)) this.#fail(`has the value '${printed.slice(0, 40)}', which is no number; run perf with LC_ALL=C`, line);
    const absent = printed === '' || NO_NUMBER.test(printed);
    const value = absent ? undefined : parseDecimal(printed, decimalScale(column.factor));
    if (!absent && value === undefined) this.#fail(`has the value '${printed.slice(0, 40)}', which no double holds`, line);
    const quality: Quality[] = [...column.flags];
    if (absent) quality.push(printed === '' ? 'not_counted' : 'not_a_number');
    // 4.15 prints shares of more than all there is (151 % retiring).
    if (column.isShare && value !== undefined && (value > 1 || value < 0)) quality.push('tool_bug');
    const isInterval = prefix.interval !== undefined;
    return { series: this.#seriesOf(column, prefix, line), value: value ?? null, quality, line, isInterval, hasVariance: false };
  }

  #seriesOf(column: Column, { aggregation, interval }: PerfPrefix, line: number): RecordSeries {
    const key = `${column.name}\n${Object.entries(aggregation)}\n${interval !== undefined}`;
    let series = this.#series.get(key);
    if (series !== undefined) return series;
    if (this.#series.size >= LIMITS.seriesPerPayload) this.#fail(`brings more than ${LIMITS.seriesPerPayload} series`, line);
    const { labels, attributes } = readAggregation(aggregation);
    series = declareSeries(
      {
        region: this.#parameters.region ?? 'process',
        metric: `${METRIC_PREFIX}${metricNameOf(column.name)}`,
        nativeMetric: column.name,
        unit: column.unit,
        valueKind: interval === undefined ? 'total' : 'samples',
        labels: interval === undefined ? labels : { ...labels, aggregation: 'interval' },
        attributes,
        line,
      },
      this.#parameters,
    );
    this.#series.set(key, series);
    return series;
  }

  #fail(detail: string, line: number): never {
    throw new ParseError(`the line ${detail}: run perf stat without --metric-only, or with -j`, { line, column: 1 });
  }
}
