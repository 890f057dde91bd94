import { findNativeMetric } from '../../../wire/metrics.ts';
import type { Quality } from '../../../wire/quality.ts';
import type { BaseUnit } from '../../../wire/units.ts';

/** What event_definitions says of an event. */
export type PapiDefinition = { readonly component: string; readonly isInstant: boolean };
/** An event as a metric. */
export type PapiEvent = BaseUnit & {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isInstant: boolean;
  readonly flags: readonly Quality[];
};

const NO_LABELS: Readonly<Record<string, string>> = {};
/** libpfm4: `perf::CYCLES`, `perf::CYCLES:u=1:k=0`. */
const PERF_EVENT = /^perf::([^:]+)(?::(.+))?$/;

/**
 * The metric of a member of a region.
 * @param native as printed: `real_time_nsec`, `cycles`, `PAPI_TOT_INS`, `perf::CYCLES:u`
 * @param units stated by the caller
 * @returns undefined when nothing says the unit
 */
export function readPapiEvent(
  native: string,
  definition: PapiDefinition | undefined,
  units: ReadonlyMap<string, BaseUnit>,
): PapiEvent | undefined {
  const plain = { labels: NO_LABELS, isInstant: false, flags: [] };
  if (native === 'real_time_nsec') return { ...plain, metric: 'duration', unit: 'ns', factor: 1 };
  // PAPI_get_real_cyc: ticks of the time base (62.5 MHz on an arm64 capture), not the cycles of a core.
  if (native === 'cycles') return { ...plain, metric: 'papi.timebase_ticks', unit: '{tick}', factor: 1 };
  const isInstant = definition?.isInstant === true;
  const instant = isInstant ? { type: 'instant' } : NO_LABELS;
  const stated = units.get(native);
  if (stated !== undefined) return { metric: `papi.${native}`, labels: instant, isInstant, flags: [], ...stated };
  const [, event, modifier] = PERF_EVENT.exec(native) ?? [];
  const known = findNativeMetric(event ?? native);
  if (known !== undefined) {
    const isCount = known.unit === '1' || known.unit.startsWith('{');
    const labels = modifier === undefined ? instant : { ...instant, modifier };
    // Clocks of perf count nanoseconds (perf_event_open(2)), which PAPI does not print.
    return { metric: known.metric, labels, isInstant, flags: isCount ? [] : ['unit_assumed'], unit: known.unit, factor: 1 };
  }
  // Core counters count; other components also measure energy, temperature, power.
  return definition?.component === 'perf_event'
    ? { metric: `papi.${native}`, labels: instant, isInstant, flags: [], unit: '1', factor: 1 }
    : undefined;
}
