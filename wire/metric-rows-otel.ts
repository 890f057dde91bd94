import type { MetricRow } from './metric-row.ts';

/**
 * Metrics of the OpenTelemetry semantic conventions (v1.44: docs/hardware, docs/http, docs/rpc, docs/database, docs/messaging, docs/gen-ai,
 * docs/cicd) under their own names. Those that measure the same as another row are `native` names there.
 */
export const OTEL_METRICS: readonly MetricRow[] = [
  ['hw.errors', '1', 'lower', 'rate', [], 'errors that a hardware component met'],
  ['hw.energy', 'J', 'lower', 'context', [], 'energy that a component consumed'],
  ['hw.power', 'W', 'lower', 'context', [], 'power that a component draws'],
  ['hw.temperature', 'Cel', 'lower', 'context', [], 'temperature of a component'],
  ['hw.status', '1', 'either', 'context', [], 'whether a component is in a state: 1 yes, 0 no'],
  ['hw.gpu.io', 'By', 'either', 'context', [], 'bytes that a GPU received or sent'],
  ['hw.gpu.memory.utilization', '1', 'lower', 'context', [], 'share of the memory of a GPU in use'],
  ['hw.network.io', 'By', 'either', 'context', [], 'bytes that a network adapter received or sent'],
  ['hw.network.packets', '1', 'either', 'context', [], 'packets that a network adapter received or sent'],
  ['hw.network.bandwidth.limit', 'By/s', 'higher', 'context', [], 'bytes per second that a link can move'],
  ['hw.network.bandwidth.utilization', '1', 'either', 'context', [], 'share of the bandwidth of a link in use'],
  ['hw.network.up', '1', 'higher', 'context', [], 'whether a link is up: 1 yes, 0 no'],
  ['http.server.request.duration', 'ns', 'lower', 'location', [], 'time a server took for a request'],
  ['http.client.request.duration', 'ns', 'lower', 'location', [], 'time a request took as its client saw it'],
  ['rpc.server.duration', 'ns', 'lower', 'location', ['rpc.server.call.duration'], 'time a server took for a call'],
  ['rpc.client.duration', 'ns', 'lower', 'location', ['rpc.client.call.duration'], 'time a call took as its client saw it'],
  ['db.client.operation.duration', 'ns', 'lower', 'location', [], 'time a database operation took'],
  ['messaging.client.operation.duration', 'ns', 'lower', 'location', [], 'time an operation of a message broker took'],
  ['messaging.process.duration', 'ns', 'lower', 'location', [], 'time a message was worked on'],
  ['gen_ai.client.operation.duration', 'ns', 'lower', 'location', [], 'time a generation took as its client saw it'],
  ['gen_ai.client.token.usage', '{token}', 'either', 'context', [], 'tokens read and made by a generation'],
  ['gen_ai.server.request.duration', 'ns', 'lower', 'location', [], 'time a model server took for a request'],
  ['gen_ai.server.time_to_first_token', 'ns', 'lower', 'location', [], 'time until a model gave its first token'],
  ['gen_ai.server.time_per_output_token', 'ns', 'lower', 'location', [], 'time a model took for each token after the first'],
  ['cicd.pipeline.run.duration', 'ns', 'lower', 'context', [], 'time a pipeline run took'],
];

/**
 * Units that the semantic conventions fix for a name (hardware metrics), for exporters that leave the unit out. Only names that say
 * themselves where they come from: a metric called `latency` may be in anything.
 */
export const OTEL_UNITS: Readonly<Record<string, string>> = {
  'hw.errors': '1',
  'hw.energy': 'J',
  'hw.power': 'W',
  'hw.temperature': 'Cel',
  'hw.status': '1',
  'hw.gpu.io': 'By',
  'hw.gpu.memory.limit': 'By',
  'hw.gpu.memory.usage': 'By',
  'hw.gpu.memory.utilization': '1',
  'hw.gpu.utilization': '1',
  'hw.network.io': 'By',
  'hw.network.packets': '1',
  'hw.network.bandwidth.limit': 'By/s',
  'hw.network.bandwidth.utilization': '1',
  'hw.network.up': '1',
};
