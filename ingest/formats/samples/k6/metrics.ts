import type { BaseUnit } from '../../../../wire/units.ts';

/** What k6 measures by itself. Source: k6 documentation, "Built-in metrics"; times are in milliseconds, data in bytes. */
const BUILT_IN: Readonly<Record<string, readonly [metric: string, isPhase: boolean]>> = {
  http_req_duration: ['latency', false],
  grpc_req_duration: ['latency', false],
  ws_ping: ['latency', false],
  iteration_duration: ['duration', false],
  group_duration: ['duration', false],
  ws_session_duration: ['duration', false],
  http_req_blocked: ['k6.http_req_blocked', true],
  http_req_connecting: ['k6.http_req_connecting', true],
  http_req_tls_handshaking: ['k6.http_req_tls_handshaking', true],
  http_req_sending: ['k6.http_req_sending', true],
  http_req_waiting: ['k6.http_req_waiting', true],
  http_req_receiving: ['k6.http_req_receiving', true],
  ws_connecting: ['k6.ws_connecting', true],
};
const MILLISECONDS: BaseUnit = { unit: 'ns', factor: 1e6 };
const BYTES: BaseUnit = { unit: 'By', factor: 1 };

/** A trend's metric; a phase of a request explains its latency and is not judged by itself. */
export type K6Trend = BaseUnit & { readonly metric: string; readonly isPhase: boolean; readonly isAssumed: boolean };

/**
 * The metric of a trend.
 * @param contains what k6 says it holds: time, data, default; undefined where it does not say (--summary-export)
 * @param units stated by the caller
 * @returns undefined when nothing says the unit: a custom trend of plain numbers
 */
export function readK6Trend(name: string, contains: string | undefined, units: ReadonlyMap<string, BaseUnit>): K6Trend | undefined {
  const known = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  const names = { metric: known?.[0] ?? `k6.${name}`, isPhase: known?.[1] ?? false };
  if (contains === 'time') return { ...names, ...MILLISECONDS, isAssumed: false };
  if (contains === 'data') return { ...names, ...BYTES, isAssumed: false };
  const stated = units.get(name);
  if (stated !== undefined) return { ...names, ...stated, isAssumed: false };
  return known !== undefined && contains === undefined ? { ...names, ...MILLISECONDS, isAssumed: true } : undefined;
}
