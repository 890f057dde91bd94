/**
 * Units as tools and users spell them, and the one base unit each becomes when it is read. Unit strings exist only in `wire/`.
 * Base units follow UCUM: ns, By, By/s, Hz, W, J, Cel, 1, {cycle}, {instruction}; annotations in braces are units of their own.
 */
export type BaseUnit = { readonly unit: string; readonly factor: number };

const NS_PER = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 6e10, h: 3.6e12, d: 8.64e13 } as const;

const UNIT_TABLE: Readonly<Record<string, BaseUnit>> = {
  ns: { unit: 'ns', factor: NS_PER.ns },
  nsec: { unit: 'ns', factor: NS_PER.ns },
  nsecs: { unit: 'ns', factor: NS_PER.ns },
  nsecond: { unit: 'ns', factor: NS_PER.ns },
  us: { unit: 'ns', factor: NS_PER.us },
  µs: { unit: 'ns', factor: NS_PER.us },
  μs: { unit: 'ns', factor: NS_PER.us },
  usec: { unit: 'ns', factor: NS_PER.us },
  usecs: { unit: 'ns', factor: NS_PER.us },
  usecond: { unit: 'ns', factor: NS_PER.us },
  ms: { unit: 'ns', factor: NS_PER.ms },
  msec: { unit: 'ns', factor: NS_PER.ms },
  msecs: { unit: 'ns', factor: NS_PER.ms },
  s: { unit: 'ns', factor: NS_PER.s },
  sec: { unit: 'ns', factor: NS_PER.s },
  secs: { unit: 'ns', factor: NS_PER.s },
  second: { unit: 'ns', factor: NS_PER.s },
  seconds: { unit: 'ns', factor: NS_PER.s },
  min: { unit: 'ns', factor: NS_PER.min },
  h: { unit: 'ns', factor: NS_PER.h },
  d: { unit: 'ns', factor: NS_PER.d },
  By: { unit: 'By', factor: 1 },
  B: { unit: 'By', factor: 1 },
  bytes: { unit: 'By', factor: 1 },
  kB: { unit: 'By', factor: 1e3 },
  MB: { unit: 'By', factor: 1e6 },
  GB: { unit: 'By', factor: 1e9 },
  MBytes: { unit: 'By', factor: 1e6 },
  GBytes: { unit: 'By', factor: 1e9 },
  KiB: { unit: 'By', factor: 1024 },
  MiB: { unit: 'By', factor: 1024 ** 2 },
  GiB: { unit: 'By', factor: 1024 ** 3 },
  KiBy: { unit: 'By', factor: 1024 },
  MiBy: { unit: 'By', factor: 1024 ** 2 },
  GiBy: { unit: 'By', factor: 1024 ** 3 },
  kBy: { unit: 'By', factor: 1e3 },
  MBy: { unit: 'By', factor: 1e6 },
  GBy: { unit: 'By', factor: 1e9 },
  'By/s': { unit: 'By/s', factor: 1 },
  'B/s': { unit: 'By/s', factor: 1 },
  'kB/s': { unit: 'By/s', factor: 1e3 },
  'MBytes/s': { unit: 'By/s', factor: 1e6 },
  'GBytes/s': { unit: 'By/s', factor: 1e9 },
  'MB/s': { unit: 'By/s', factor: 1e6 },
  'GB/s': { unit: 'By/s', factor: 1e9 },
  'KiB/s': { unit: 'By/s', factor: 1024 },
  'MiB/s': { unit: 'By/s', factor: 1024 ** 2 },
  'GiB/s': { unit: 'By/s', factor: 1024 ** 3 },
  'kBy/s': { unit: 'By/s', factor: 1e3 },
  'MBy/s': { unit: 'By/s', factor: 1e6 },
  'GBy/s': { unit: 'By/s', factor: 1e9 },
  'KiBy/s': { unit: 'By/s', factor: 1024 },
  'MiBy/s': { unit: 'By/s', factor: 1024 ** 2 },
  'GiBy/s': { unit: 'By/s', factor: 1024 ** 3 },
  Hz: { unit: 'Hz', factor: 1 },
  kHz: { unit: 'Hz', factor: 1e3 },
  MHz: { unit: 'Hz', factor: 1e6 },
  GHz: { unit: 'Hz', factor: 1e9 },
  '1/s': { unit: 'Hz', factor: 1 },
  mW: { unit: 'W', factor: 1e-3 },
  W: { unit: 'W', factor: 1 },
  kW: { unit: 'W', factor: 1e3 },
  mJ: { unit: 'J', factor: 1e-3 },
  J: { unit: 'J', factor: 1 },
  kJ: { unit: 'J', factor: 1e3 },
  Joules: { unit: 'J', factor: 1 },
  Cel: { unit: 'Cel', factor: 1 },
  C: { unit: 'Cel', factor: 1 },
  '1': { unit: '1', factor: 1 },
  count: { unit: '1', factor: 1 },
  '%': { unit: '1', factor: 0.01 },
  cycles: { unit: '{cycle}', factor: 1 },
  cycle: { unit: '{cycle}', factor: 1 },
  instructions: { unit: '{instruction}', factor: 1 },
  'FLOP/s': { unit: '{flop}/s', factor: 1 },
  'MFLOP/s': { unit: '{flop}/s', factor: 1e6 },
  'GFLOP/s': { unit: '{flop}/s', factor: 1e9 },
  'TFLOP/s': { unit: '{flop}/s', factor: 1e12 },
};

const ANNOTATION = /^\{[a-z][a-z0-9_ ]{0,30}\}(\/s)?$/;

/**
 * The base unit of a declared unit and the factor that converts to it; undefined when the spelling is unknown.
 * @param symbol as the tool or the user wrote it, e.g. `usecs`, `MiB/s`, `{request}/s`
 * @example toBaseUnit('us') // { unit: 'ns', factor: 1000 }
 */
export function toBaseUnit(symbol: string): BaseUnit | undefined {
  if (Object.hasOwn(UNIT_TABLE, symbol)) return UNIT_TABLE[symbol];
  return ANNOTATION.test(symbol) ? { unit: symbol, factor: 1 } : undefined;
}

/** Every accepted spelling, for error texts and documentation, in table order. */
export const UNIT_SYMBOLS: readonly string[] = Object.keys(UNIT_TABLE);
