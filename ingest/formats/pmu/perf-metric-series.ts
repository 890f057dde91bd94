import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { detach } from '../../lexers/stream-text.ts';
import type { RecordSeries } from '../../records.ts';
import { declareSeries } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import { METRIC_PREFIX, type MetricUnit, metricNameOf, metricUnitOf } from './perf-metric-units.ts';
import { labelsOf, readAggregation } from './perf-series.ts';
import type { PerfValue } from './perf-stat-records.ts';

/** A metric as perf printed it, of one part of the machine and one interval. */
export type PrintedMetric = {
  /** Unit and name: `cs/sec  cs_per_second`, `insn per cycle`. */
  readonly name: string;
  /** `14648.4`, `nan`, `none`, or empty. */
  readonly value: string;
  readonly interval: number | undefined;
  readonly aggregation: Readonly<Record<string, string>>;
  readonly line: number;
};

type Slot = { readonly key: string; interval: number | undefined; count: number; readonly instances: RecordSeries[] };

const VALUE = /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|-?nan|-?inf|none|)$/;
const NO_NUMBER = /^(-?nan|-?inf|none)$/;

/** Metrics that perf derives from its counters, as series `perf.metric.<name>`; printed twice in one interval, the second is instance=2. */
export class PerfMetrics {
  readonly #parameters: PayloadParameters;
  readonly #tally: WarningTally;
  readonly #units = new Map<string, MetricUnit | null>();
  readonly #slots = new Map<string, Slot>();
  #count = 0;

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    this.#parameters = parameters;
    this.#tally = tally;
  }

  /** Undefined when the unit is neither in the name nor declared. */
  unitOf(name: string): MetricUnit | undefined {
    let unit = this.#units.get(name);
    if (unit === undefined) {
      unit = metricUnitOf(name, this.#parameters.unit) ?? null;
      this.#units.set(detach(name), unit);
    }
    return unit ?? undefined;
  }

  /** @throws ParseError when the value is no number, or there are more series than a payload may have */
  toValue(metric: PrintedMetric, unit: MetricUnit): PerfValue {
    const { name, value: printed, interval, line } = metric;
    if (!VALUE.test(printed)) fail(metric, 'is no number; run perf with LC_ALL=C');
    const isAbsent = printed === '' || NO_NUMBER.test(printed);
    const value = isAbsent ? undefined : parseDecimal(printed, decimalScale(unit.factor));
    if (!isAbsent && value === undefined) fail(metric, 'is more than a double holds');
    const quality: Quality[] = [...unit.flags];
    if (isAbsent) quality.push(printed === '' ? 'not_counted' : 'not_a_number');
    // 4.15 prints shares of more than all there is (151 % retiring).
    if (unit.isShare && value !== undefined && (value > 1 || value < 0)) quality.push('tool_bug');
    const { series, key } = this.#find(metric, unit);
    return {
      series,
      key,
      value: value ?? null,
      absent: printed === '' ? 'empty' : printed,
      name,
      quality,
      line,
      interval,
      hasVariance: false,
    };
  }

  #find(metric: PrintedMetric, unit: MetricUnit): { readonly series: RecordSeries; readonly key: string } {
    let key = `${METRIC_PREFIX}${metric.name}`;
    for (const name in metric.aggregation) key += `\n${name}=${metric.aggregation[name]}`;
    if (metric.interval !== undefined) key += '\n-I';
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { key, interval: metric.interval, count: 0, instances: [] };
      this.#slots.set(key, slot);
    }
    if (slot.interval !== metric.interval) {
      slot.interval = metric.interval;
      slot.count = 0;
    }
    const index = slot.count++;
    let series = slot.instances[index];
    if (series === undefined) {
      series = this.#declare(metric, unit, index + 1);
      if (index > 0) {
        const detail = `the metric ${series.nativeMetric} stands in several lines of one part of the machine; they are told apart by their order alone (label instance)`;
        this.#tally.add('repeated_counter', detail, metric.line);
      }
      slot.instances.push(series);
    }
    return { series, key };
  }

  #declare({ name, aggregation, interval, line }: PrintedMetric, { unit }: MetricUnit, instance: number): RecordSeries {
    if (++this.#count > LIMITS.seriesPerPayload) {
      throw new ParseError(`more than ${LIMITS.seriesPerPayload} series in one payload`, { line, column: 1 });
    }
    const { labels, attributes } = readAggregation(aggregation);
    const nativeMetric = detach(name);
    return declareSeries(
      {
        region: this.#parameters.region ?? 'process',
        metric: `${METRIC_PREFIX}${metricNameOf(nativeMetric)}`,
        nativeMetric,
        unit,
        valueKind: interval === undefined ? 'total' : 'samples',
        labels: labelsOf(labels, instance, interval !== undefined),
        attributes,
        line,
      },
      this.#parameters,
    );
  }
}

function fail({ name, value, line }: PrintedMetric, detail: string): never {
  throw new ParseError(`the value '${value.slice(0, 40)}' of the metric '${name.slice(0, 80)}' ${detail}`, { line, column: 1 });
}
