import { findNativeMetric } from '../../../wire/metrics.ts';
import type { Quality } from '../../../wire/quality.ts';
import { toBaseUnit } from '../../../wire/units.ts';
import { type DecimalScale, decimalScale } from '../../lexers/decimal.ts';

/**
 * What dcgm-exporter's fields are: the catalogue names the metric and base unit, this table the unit that the exporter prints and whether
 * the field counts up. Source: etc/default-counters.csv, dcp-metrics-included.csv and 1.x-compatibility-metrics.csv of dcgm-exporter
 * d5e5f51. The unit stands in no sample line, only in the help text.
 */
export type DcgmField = {
  readonly metric: string;
  readonly unit: string;
  readonly scale: DecimalScale;
  /** Counts up since driver load: two readings make a difference. */
  readonly cumulative: boolean;
  readonly flags: readonly Quality[];
};

type Printed = readonly [symbol: string, cumulative?: 'cumulative'];

/** Canonical metric → printed unit. Metrics judged as rate count up and need no row when they are counts. */
const PRINTED: Readonly<Record<string, Printed>> = {
  'gpu.temperature': ['C'],
  'gpu.memory_temperature': ['C'],
  'gpu.power': ['W'],
  'gpu.energy': ['mJ', 'cumulative'],
  'gpu.sm_clock': ['MHz'],
  'gpu.memory_clock': ['MHz'],
  'gpu.utilisation': ['%'],
  'gpu.copy_utilisation': ['%'],
  'gpu.encoder_utilisation': ['%'],
  'gpu.decoder_utilisation': ['%'],
  'gpu.memory_used': ['MiB'],
  'gpu.memory_free': ['MiB'],
  'gpu.memory_reserved': ['MiB'],
  'gpu.engine_active': ['1'],
  'gpu.sm_active': ['1'],
  'gpu.sm_occupancy': ['1'],
  'gpu.tensor_active': ['1'],
  'gpu.dram_active': ['1'],
  'gpu.fp64_active': ['1'],
  'gpu.fp32_active': ['1'],
  'gpu.fp16_active': ['1'],
  'gpu.last_xid': ['1'],
  'pcie.tx_bytes': ['B/s'],
  'pcie.rx_bytes': ['B/s'],
  'nvlink.tx_bytes': ['B/s'],
  'nvlink.rx_bytes': ['B/s'],
  'nvlink.sent_bytes': ['B', 'cumulative'],
  'nvlink.received_bytes': ['B', 'cumulative'],
  'nvlink.sent_packets': ['1', 'cumulative'],
  'nvlink.received_packets': ['1', 'cumulative'],
};

const UNIT_ASSUMED: readonly Quality[] = ['unit_assumed'];
const UNSCALED = decimalScale(1);
const COUNT: Omit<DcgmField, 'metric'> = { unit: '1', scale: UNSCALED, cumulative: true, flags: [] };

/** What the page says about a field beside its samples. */
export type FieldHints = {
  readonly type: string | undefined;
  readonly help: string | undefined /** Printed by an exporter 1.x. */;
  readonly isOld: boolean;
};

/**
 * @param name as printed, in either case
 * @returns the field; one that nobody lists is kept as `dcgm.<name>` without unit
 */
export function readDcgmField(name: string, hints: FieldHints): DcgmField {
  const definition = findNativeMetric(name);
  if (definition === undefined) {
    return { metric: `dcgm.${name.toLowerCase()}`, unit: '1', scale: UNSCALED, cumulative: hints.type === 'counter', flags: UNIT_ASSUMED };
  }
  const { metric } = definition;
  if (metric.endsWith('_violation')) return violationField(metric, hints);
  // Typed as a counter and described without a unit: kept raw.
  if (metric === 'nvlink.bandwidth') return { ...COUNT, metric, flags: UNIT_ASSUMED };
  const printed = PRINTED[metric];
  if (printed === undefined) return { ...COUNT, metric, cumulative: definition.judgedAs === 'rate' || hints.type === 'counter' };
  const [symbol, cumulative] = printed;
  const base = toBaseUnit(symbol);
  if (base === undefined || base.unit !== definition.unit)
    throw new RangeError(`${metric} is in ${definition.unit}, its printed unit is ${symbol}`);
  return { metric, unit: base.unit, scale: decimalScale(base.factor), cumulative: cumulative !== undefined, flags: [] };
}

/** Throttling times are microseconds in exporter 1.x and nanoseconds since, under one name; only the help text tells. */
function violationField(metric: string, { help, isOld }: FieldHints): DcgmField {
  const stated = /\(in (us|ns)\)/.exec(help ?? '')?.[1];
  const isMicroseconds = stated === undefined ? isOld : stated === 'us';
  return {
    metric,
    unit: 'ns',
    scale: decimalScale(isMicroseconds ? 1e3 : 1),
    cumulative: true,
    flags: stated === undefined ? UNIT_ASSUMED : [],
  };
}

/**
 * Blank values of DCGM (dcgm_structs.h: BLANK, NOT_FOUND, NOT_SUPPORTED, NOT_PERMISSIONED of int32, int64 and fp64), as text: a double holds
 * 9223372036854775794 only as 9223372036854775808.
 */
const BLANKS = new Set([
  ...['2147483632', '2147483633', '2147483634', '2147483635'],
  ...['9223372036854775792', '9223372036854775793', '9223372036854775794', '9223372036854775795'],
  ...['140737488355328', '140737488355329', '140737488355330', '140737488355331'],
  // Any int64 blank, after something between exporter and here has read it as a double and printed it again.
  ...['9223372036854775808', '9.223372036854776e+18', '9.223372036854776E18', '9.223372036854775e+18', '9.223372036854775807e+18'],
]);

/** Whether the printed value is one of DCGM's blanks, with or without `.000000`. */
export function isBlankValue(text: string): boolean {
  const point = text.indexOf('.');
  if (point < 10) return text.length >= 10 && BLANKS.has(text);
  return BLANKS.has(/^0*$/.test(text.slice(point + 1)) ? text.slice(0, point) : text);
}
