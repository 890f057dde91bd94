import { findNativeMetric } from '../../../wire/metrics.ts';
import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';

/** What a number of a Google Benchmark row is: its metric, and how it becomes base units. */
export type BenchmarkMetric = BaseUnit & {
  readonly native: string;
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
};

const NO_LABELS: Readonly<Record<string, string>> = {};

/** Times of one iteration; their unit stands in the row. */
export const TIME_METRICS = {
  real_time: { native: 'real_time', metric: 'duration', labels: NO_LABELS, unit: 'ns', factor: 1 },
  cpu_time: { native: 'cpu_time', metric: 'duration.cpu', labels: NO_LABELS, unit: 'ns', factor: 1 },
} as const;

/** Members of a row that are no counters. Source: JSONReporter::PrintRunData of 1.7 to 1.9. */
const OWN_MEMBERS = new Set([
  'name',
  'family_index',
  'per_family_instance_index',
  'run_name',
  'run_type',
  'repetitions',
  'repetition_index',
  'threads',
  'aggregate_name',
  'aggregate_unit',
  'error_occurred',
  'error_message',
  'skipped',
  'skip_message',
  'iterations',
  'real_time',
  'cpu_time',
  'time_unit',
  'label',
  'cpu_coefficient',
  'real_coefficient',
  'big_o',
  'rms',
]);

/** Counters that the library itself adds, with the units its documentation gives them. */
const OWN_COUNTERS: Readonly<Record<string, readonly [metric: string, unit: string]>> = {
  bytes_per_second: ['bandwidth', 'By/s'],
  items_per_second: ['throughput', 'Hz'],
  allocs_per_iter: ['benchmark.allocs_per_iter', '1'],
  max_bytes_used: ['benchmark.max_bytes_used', 'By'],
  total_allocated_bytes: ['benchmark.total_allocated_bytes', 'By'],
  net_heap_growth: ['benchmark.net_heap_growth', 'By'],
};

export function isCounter(name: string): boolean {
  return !OWN_MEMBERS.has(name);
}

/**
 * The metric of a counter: the library's own by name, the caller's by units=, perf counters (--benchmark_perf_counters, averages of one
 * iteration) by the metric catalogue; undefined when nothing says the unit.
 */
export function counterMetric(name: string, units: ReadonlyMap<string, BaseUnit>): BenchmarkMetric | undefined {
  const stated = units.get(name);
  if (stated !== undefined) return { native: name, metric: `benchmark.${name}`, labels: NO_LABELS, ...stated };
  const own = Object.hasOwn(OWN_COUNTERS, name) ? OWN_COUNTERS[name] : undefined;
  if (own !== undefined) return { native: name, metric: own[0], labels: NO_LABELS, unit: own[1], factor: toBaseUnit(own[1])?.factor ?? 1 };
  const known = findNativeMetric(name);
  const isCount = known !== undefined && (known.unit === '1' || /^\{\w+\}$/.test(known.unit));
  return isCount
    ? { native: name, metric: known.metric, labels: { aggregation: 'per_iteration' }, unit: known.unit, factor: 1 }
    : undefined;
}
