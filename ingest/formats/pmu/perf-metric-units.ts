import type { Quality } from '../../../wire/quality.ts';
import { toBaseUnit } from '../../../wire/units.ts';

/** Names of the metrics that perf derives, and their units; 7.2 prints `unit  name`, earlier versions a name that may be its own unit. */

/** Derived values are series of their own: they are computed from counters, rounded, and differ in definition between versions. */
export const METRIC_PREFIX = 'perf.metric.';

export type MetricUnit = {
  readonly unit: string;
  readonly factor: number;
  readonly flags: readonly Quality[];
  /** A part of the pipeline slots, which cannot be more than 1. */
  readonly isShare: boolean;
};

const STATED: readonly Quality[] = [];
/** Without -x perf prints the percent sign; -x drops it. Source: print_metric_only_csv in tools/perf/util/stat-display.c. */
const ASSUMED: readonly Quality[] = ['unit_assumed'];
const SHARES: readonly string[] = ['retiring', 'bad speculation', 'frontend bound', 'backend bound'];
const PERCENTAGES: readonly string[] = ['frontend cycles idle', 'backend cycles idle', 'elision', 'aborted cycles', 'transactional cycles'];
/** Ratios of two counts, by their name; those with underscores as tools/perf/pmu-events/arch/common/common/metrics.json defines them. */
const RATIOS: readonly string[] = [
  'insn per cycle',
  'stalled cycles per insn',
  'CPUs utilized',
  'CPUs',
  'instructions  insn_per_cycle',
  'stalled_cycles_per_instruction',
  'frontend_cycles_idle',
  'backend_cycles_idle',
];
/** What perf derives by itself beside a counter and names without a unit; the counters say it better. Source: tools/perf/util/stat-shadow.c. */
const SHADOWS: readonly string[] = ['', '(null)', 'SMI cycles%', 'SMI#', 'cycles / transaction', 'cycles / elision'];
const RATE = /^([KMG]?|[a-z][a-z-]*)\/sec$/;
const RATE_FACTORS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9 };

/**
 * The base unit of a metric by its printed name; undefined when the name does not tell and the caller declared none.
 * @param declared the parameter unit=
 * @example metricUnitOf('M/sec  branch_frequency') // { unit: 'Hz', factor: 1e6, … }
 */
export function metricUnitOf(printed: string, declared?: string): MetricUnit | undefined {
  const isShare = SHARES.includes(printed);
  if (isShare || PERCENTAGES.includes(printed) || /(^| )of all /.test(printed)) return { unit: '1', factor: 0.01, flags: ASSUMED, isShare };
  if (RATIOS.includes(printed)) return { unit: '1', factor: 1, flags: STATED, isShare };
  const cut = printed.indexOf('  ');
  const stated = cut === -1 ? printed : printed.slice(0, cut);
  if (stated === 'CPUs') return { unit: '1', factor: 1, flags: STATED, isShare };
  const rate = RATE.exec(stated)?.[1];
  if (rate !== undefined) return { unit: 'Hz', factor: RATE_FACTORS[rate] ?? 1, flags: STATED, isShare };
  // A lone name is a unit only where perf prints the unit as name.
  const symbol = /^G[Hh]z$/.test(stated) ? toBaseUnit('GHz') : cut === -1 ? undefined : toBaseUnit(stated);
  const base = symbol ?? (declared === undefined ? undefined : toBaseUnit(declared));
  return base === undefined ? undefined : { ...base, flags: STATED, isShare };
}

/** @example metricNameOf('cs/sec  cs_per_second') // 'cs_per_second' */
export function metricNameOf(printed: string): string {
  const cut = printed.indexOf('  ');
  return (cut === -1 ? printed : printed.slice(cut).trim()).replaceAll(' ', '_');
}

/**
 * Whether what stands beside a counter is a metric of perf's event tables (`%  tma_backend_bound`), which no counter tells, and not one that
 * perf derives from the counter beside it (`K/sec`, `insn per cycle`), rounded and scaled line by line.
 * @example isTableMetric('cs/sec  cs_per_second') // true
 */
export function isTableMetric(printed: string): boolean {
  return printed.includes('  ') || !(SHADOWS.includes(printed) || metricUnitOf(printed) !== undefined);
}
