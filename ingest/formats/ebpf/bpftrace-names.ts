import { findNativeMetric } from '../../../wire/metrics.ts';
import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';

/**
 * What the name of a bpftrace map says: `@usecs`, `@lat_ns`, `@runq_us`, `@read_bytes`. The unit is the last word, as bpftrace's own tools
 * name their maps; a script that names no unit needs `unit=`.
 */
export type MapName = { readonly stem: string; readonly unit: BaseUnit | undefined };

/** Last word of a map name → symbol of wire/units.ts. `s` alone is no unit: `@s` is the most common name of a start time or statistic. */
const SUFFIXES: Readonly<Record<string, string>> = {
  ns: 'ns',
  nsec: 'ns',
  nsecs: 'ns',
  nanoseconds: 'ns',
  us: 'us',
  usec: 'us',
  usecs: 'us',
  microseconds: 'us',
  ms: 'ms',
  msec: 'ms',
  msecs: 'ms',
  milliseconds: 'ms',
  sec: 's',
  secs: 's',
  seconds: 's',
  bytes: 'By',
  kib: 'KiB',
  mib: 'MiB',
  cycles: 'cycles',
};

/** @example readMapName('@lat_ns') // { stem: 'lat', unit: { unit: 'ns', factor: 1 } } */
export function readMapName(name: string): MapName {
  const bare = name.startsWith('@') ? name.slice(1) : name;
  const cut = bare.lastIndexOf('_');
  const suffix = bare.slice(cut + 1).toLowerCase();
  const symbol = Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined;
  const unit = symbol === undefined ? undefined : toBaseUnit(symbol);
  return unit === undefined ? { stem: bare, unit } : { stem: cut < 0 ? '' : bare.slice(0, cut), unit };
}

/** The metric of a map: what the catalogue calls it, else its own name; a map of time without a name is a latency. */
export function toMetric(name: MapName, unit: string): string {
  if (name.stem === '') return unit === 'ns' ? 'latency' : 'unnamed';
  const definition = findNativeMetric(name.stem);
  return definition !== undefined && definition.unit === unit ? definition.metric : name.stem;
}

/**
 * A map key as a region that stays the same from version to version: bpftrace >= 0.24 deletes every space inside keys, 0.23 escapes
 * quotes twice.
 * @example toRegion('tokio-rt worker') // 'tokio-rtworker'
 */
export function toRegion(key: string): string {
  const region = key.replaceAll('\\"', '"').replaceAll(' ', '');
  return region === '' ? '(empty key)' : region;
}
