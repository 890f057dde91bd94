import { findNativeMetric } from '../../../wire/metrics.ts';
import type { Quality } from '../../../wire/quality.ts';
import { toBaseUnit } from '../../../wire/units.ts';
import { type DecimalScale, decimalScale } from '../../lexers/decimal.ts';

/** A row of a LIKWID table as a metric. */
export type LikwidName = DecimalScale & {
  readonly metric: string;
  readonly native: string;
  readonly unit: string;
  /** Grows with the time measured (counts, bytes, seconds), so that it can be shared out over calls; rates and ratios cannot. */
  readonly isExtensive: boolean;
  readonly isDerived?: boolean;
  readonly flags: readonly Quality[];
};

/** Units of counters by their register. Source: LIKWID wiki, "PWR" and "TMP" counters. */
const UNIT_OF_COUNTER: readonly (readonly [pattern: RegExp, unit: string])[] = [
  [/^PWR\d/, 'J'],
  [/^TMP\d/, 'Cel'],
];
const EXTENSIVE_UNITS = ['ns', 'By', 'J'];
const UNIT_IN_NAME = /^(.*\S)\s*\[([^\][]+)\]$/;
/** LIKWID 4: `DP MFLOP/s`. */
const RATE_AT_END = /^(.*\S)\s+(\S+\/s)$/;

/** A row of a raw table: an event, or the runtime that custom event sets print. Undefined when its unit is unknown. */
export function readCounterName(event: string, counter: string): LikwidName | undefined {
  if (counter === 'TSC') return readMetricName(event);
  const known = findNativeMetric(event);
  const stated = UNIT_OF_COUNTER.find(([pattern]) => pattern.test(counter))?.[1];
  if (stated === undefined && /^(VTG|PWR|TMP)/.test(counter)) return undefined;
  const unit = known?.unit ?? stated ?? '1';
  return {
    ...decimalScale(1),
    metric: known?.metric ?? `likwid.${event}`,
    native: event,
    unit,
    isExtensive: unit !== 'Cel',
    flags: stated === undefined ? [] : ['unit_assumed'],
  };
}

/** A row of a metric table, whose unit stands in brackets; without brackets it is a ratio. Undefined when the unit is unknown. */
export function readMetricName(name: string): LikwidName | undefined {
  const [, bracketed, symbol] = UNIT_IN_NAME.exec(name) ?? RATE_AT_END.exec(name) ?? [];
  const base = toBaseUnit(symbol ?? '1');
  if (base === undefined) return undefined;
  const isRuntime = /^Runtime \(RDTSC\)/.test(name);
  return {
    ...decimalScale(base.factor),
    metric: isRuntime ? 'duration' : `likwid.${bracketed ?? name}`,
    native: name,
    unit: base.unit,
    isExtensive: EXTENSIVE_UNITS.includes(base.unit),
    isDerived: !isRuntime,
    flags: [],
  };
}
