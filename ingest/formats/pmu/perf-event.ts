import { findNativeMetric, type MetricDefinition } from '../../../wire/metrics.ts';

/**
 * Names of perf events as `perf stat` prints them: `cycles`, `cycles:u`, `cpu/cycles/u`, `cpu_core/cycles/`, `task-clock [software]` (6.12
 * with -a -A), `sched:sched_switch`, `r8000000000000005`. Source: perf-list(1), captures of 6.1, 6.12 and 7.2.
 */
export type PerfEvent = {
  readonly definition: MetricDefinition | undefined;
  /** Canonical metric, or `perf.<event>` as printed. */
  readonly metric: string;
  /** `modifier` and `pmu`, where the name has them: they are part of what was counted. */
  readonly labels: Readonly<Record<string, string>>;
};

const NO_EVENT_LABELS: Readonly<Record<string, string>> = {};

/** perf-list(1), EVENT MODIFIERS: u k h I G H p P S D W e b R. */
const MODIFIER = /^(.*):([ukhIGHpPSDWebR]+)$/;
const PMU_EVENT = /^([A-Za-z0-9_]+)\/([^/]*)\/([ukhIGHpPSDWebR]*)$/;

/** @example readPerfEvent('cycles:u').labels // { modifier: 'u' } */
export function readPerfEvent(printed: string): PerfEvent {
  // The PMU in brackets tells equal names apart; software events have no second one.
  const name = printed.endsWith(' [software]') ? printed.slice(0, -' [software]'.length) : printed;
  const plain = findNativeMetric(name);
  if (plain !== undefined) return { definition: plain, metric: plain.metric, labels: NO_EVENT_LABELS };
  const [, event, modifier] = MODIFIER.exec(name) ?? [];
  if (event !== undefined && modifier !== undefined) {
    const definition = findNativeMetric(event);
    return { definition, metric: definition?.metric ?? `perf.${event}`, labels: { modifier } };
  }
  const [, pmu, body, modifiers] = PMU_EVENT.exec(name) ?? [];
  const definition = body === undefined ? undefined : findNativeMetric(body);
  if (definition === undefined || pmu === undefined) return { definition: undefined, metric: `perf.${name}`, labels: NO_EVENT_LABELS };
  return {
    definition,
    metric: definition.metric,
    labels: modifiers === undefined || modifiers === '' ? { pmu } : { pmu, modifier: modifiers },
  };
}
