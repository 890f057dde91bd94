import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The service's own numbers at /metrics; labels come from closed sets only. */
export type ServiceMetrics = {
  readonly registry: Registry;
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly payloads: Counter<'kind' | 'format' | 'outcome'>;
  readonly values: Counter<'kind'>;
  readonly bodyBytes: Counter<'kind'>;
  readonly verdicts: Counter<'status'>;
  readonly judgeSeconds: Histogram;
  readonly storeRestarts: Gauge;
  readonly payloadsInFlight: Gauge;
};

const REQUEST_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120];

export function createMetrics(): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Histogram({
      name: 'plumbline_http_request_seconds',
      help: 'Time to answer a request',
      labelNames: ['method', 'route', 'status'],
      buckets: REQUEST_SECONDS,
      registers,
    }),
    payloads: new Counter({
      name: 'plumbline_payloads_total',
      help: 'Payloads by outcome: stored, duplicate or the problem type',
      labelNames: ['kind', 'format', 'outcome'],
      registers,
    }),
    values: new Counter({ name: 'plumbline_values_total', help: 'Values stored', labelNames: ['kind'], registers }),
    bodyBytes: new Counter({
      name: 'plumbline_payload_bytes_total',
      help: 'Payload bytes read, after decompression',
      labelNames: ['kind'],
      registers,
    }),
    verdicts: new Counter({ name: 'plumbline_verdicts_total', help: 'Verdicts given', labelNames: ['status'], registers }),
    judgeSeconds: new Histogram({
      name: 'plumbline_judge_seconds',
      help: 'Time from a seal to its verdict',
      buckets: [0.1, 0.25, 0.5, 1, 2, 5, 15, 60],
      registers,
    }),
    storeRestarts: new Gauge({
      name: 'plumbline_store_restarts',
      help: 'Times the embedded store was restarted since the start',
      registers,
    }),
    payloadsInFlight: new Gauge({ name: 'plumbline_payloads_in_flight', help: 'Payloads being received now', registers }),
  };
}
