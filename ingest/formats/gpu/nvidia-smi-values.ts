import type { Quality } from '../../../wire/quality.ts';
import { toBaseUnit } from '../../../wire/units.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import type { SlotValue } from '../series-slots.ts';

/** What nvidia-smi prints as a value: a number, its unit or none, or words for why there is no number. Source: nvidia-smi manual. */

/** Units as nvidia-smi spells them where wire/units.ts does not; PCIe throughput is in KB of 1000 bytes, says NVML's manual. */
const SPELLINGS: ReadonlyMap<string, string> = new Map(Object.entries({ 'KB/s': 'kB/s', x: '1' }));

const MISSING: Readonly<Record<string, Quality>> = {
  'n/a': 'not_supported',
  'not supported': 'not_supported',
  'not found': 'not_supported',
  'not active': 'inactive',
  'requested functionality has been deprecated': 'not_supported',
  'insufficient permissions': 'not_supported',
  'unknown error': 'read_failed',
  'err!': 'read_failed',
  error: 'read_failed',
  'gpu requires reset': 'read_failed',
  'gpu is lost': 'read_failed',
};

/** A number of which the unit is known, or the word in its place. */
export type SmiValue =
  | { readonly kind: 'number'; readonly read: SlotValue; readonly unit: string }
  /** A number with a unit nobody knows. */
  | { readonly kind: 'unknown-unit'; readonly printed: string }
  /** A number without a unit, where none is documented. */
  | { readonly kind: 'no-unit' }
  | { readonly kind: 'missing'; readonly quality: Quality }
  | { readonly kind: 'text' };

const NUMBER = /^([+-]?\d[\d.]*)(?:\s*([A-Za-z%][A-Za-z%/]{0,11}))?$/;

/**
 * @param text the value as printed, `41.58 W`, `16x`, `[N/A]`
 * @param stated the unit that a header says, undefined when it says none
 * @param documented the unit of the manual, for values printed without one
 */
export function readSmiValue(text: string, stated: string | undefined, documented: string | undefined): SmiValue {
  const word = text.replace(/^\[|\]$/g, '').toLowerCase();
  const missing = Object.hasOwn(MISSING, word) ? MISSING[word] : undefined;
  if (missing !== undefined) return { kind: 'missing', quality: missing };
  const parts = NUMBER.exec(text);
  if (parts === null || text.length > 60) return { kind: 'text' };
  const [, digits = '', suffix] = parts;
  const printed = suffix ?? stated;
  const symbol = printed ?? documented;
  if (symbol === undefined) return { kind: 'no-unit' };
  const base = toBaseUnit(SPELLINGS.get(symbol) ?? symbol);
  if (base === undefined) return { kind: 'unknown-unit', printed: symbol };
  const value = parseDecimal(digits, decimalScale(base.factor));
  if (value === undefined) return { kind: 'text' };
  const quality: Quality[] = [];
  if ((printed === undefined && symbol !== '1') || symbol === 'KB/s') quality.push('unit_assumed');
  if (digits.length > 15 && losesPrecision(digits)) quality.push('precision_lost');
  return { kind: 'number', read: { value, quality }, unit: base.unit };
}

/** The unit of fields as the nvidia-smi manual documents them, by canonical metric. */
const DOCUMENTED: Readonly<Record<string, string>> = {
  'gpu.temperature': 'C',
  'gpu.memory_temperature': 'C',
  'gpu.power': 'W',
  'gpu.power_limit': 'W',
  'gpu.enforced_power_limit': 'W',
  'gpu.sm_clock': 'MHz',
  'gpu.memory_clock': 'MHz',
  'gpu.graphics_clock': 'MHz',
  'gpu.video_clock': 'MHz',
  'gpu.utilisation': '%',
  'gpu.copy_utilisation': '%',
  'gpu.encoder_utilisation': '%',
  'gpu.decoder_utilisation': '%',
  'gpu.fan_speed': '%',
  'gpu.memory_used': 'MiB',
  'gpu.memory_free': 'MiB',
  'gpu.memory_reserved': 'MiB',
  'gpu.memory_total': 'MiB',
};

/** Undefined for a metric that is no field of nvidia-smi; counts have the unit 1. */
export function documentedUnit(metric: string, unit: string): string | undefined {
  return DOCUMENTED[metric] ?? (unit === '1' ? '1' : undefined);
}
