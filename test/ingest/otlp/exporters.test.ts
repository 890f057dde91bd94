import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { context, SpanKind, SpanStatusCode, trace, ValueType } from '@opentelemetry/api';
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, AggregationType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { decodeMetricsJson } from '../../../ingest/otlp/decode-metrics-json.ts';
import { decodeMetricsProtobuf } from '../../../ingest/otlp/decode-metrics-protobuf.ts';
import { decodeTracesJson } from '../../../ingest/otlp/decode-traces-json.ts';
import { decodeTracesProtobuf } from '../../../ingest/otlp/decode-traces-protobuf.ts';

/** What the SDK of OpenTelemetry sends, by its own serializers. */

class DeltaReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

const resource = resourceFromAttributes({ 'service.name': 'checkout', 'host.arch': 'riscv64', 'process.command_args': ['node', 'serve'] });
const ATTRIBUTES = { route: '/v1/items', code: 200, share: 0.25, cached: false, hops: [1, 2] };
const DECODED = [
  ['route', '/v1/items'],
  ['code', 200],
  ['share', 0.25],
  ['cached', false],
  ['hops', [1, 2]],
];

async function collectMetrics() {
  const reader = new DeltaReader();
  const exponential = { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const;
  const provider = new MeterProvider({ resource, readers: [reader], views: [{ instrumentName: 'exponential', aggregation: exponential }] });
  const meter = provider.getMeter('bench', '1.0.0');
  meter.createCounter('requests', { unit: '{request}', valueType: ValueType.INT }).add(7, ATTRIBUTES);
  meter.createUpDownCounter('queue', { unit: '{item}' }).add(-2.5, ATTRIBUTES);
  meter.createGauge('temperature', { unit: 'Cel' }).record(61.5, ATTRIBUTES);
  const explicit = meter.createHistogram('explicit', { unit: 'ms', advice: { explicitBucketBoundaries: [1, 10, 100] } });
  for (const value of [0.5, 1, 5, 50, 5000]) explicit.record(value, ATTRIBUTES);
  const buckets = meter.createHistogram('exponential', { unit: 'ms' });
  for (const value of [0, 4.5, 4.5]) buckets.record(value, ATTRIBUTES);
  const { resourceMetrics, errors } = await reader.collect();
  assert.deepEqual(errors, []);
  await provider.shutdown();
  return resourceMetrics;
}

function collectSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('bench', '1.0.0');
  const parent = tracer.startSpan('GET /v1/items', { kind: SpanKind.SERVER, attributes: ATTRIBUTES, startTime: [1_769_860_800, 1] });
  const child = tracer.startSpan(
    'SELECT',
    { kind: SpanKind.CLIENT, startTime: [1_769_860_800, 2] },
    trace.setSpan(context.active(), parent),
  );
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no such table' });
  child.end([1_769_860_801, 3]);
  parent.end([1_769_860_802, 999_999_999]);
  return exporter.getFinishedSpans();
}

const read = (bytes: Uint8Array | undefined) => bytes ?? assert.fail('nothing was serialized');
const toText = (bytes: Uint8Array | undefined) => Buffer.from(read(bytes)).toString();

describe('metrics', () => {
  test('both encodings say the same, and what was recorded', async () => {
    const collected = await collectMetrics();
    const request = decodeMetricsProtobuf(read(ProtobufMetricsSerializer.serializeRequest(collected)));
    assert.deepEqual(decodeMetricsJson(toText(JsonMetricsSerializer.serializeRequest(collected))), request);
    const said = request.resourceMetrics[0] ?? assert.fail();
    assert.deepEqual(said.resource, [
      ['service.name', 'checkout'],
      ['host.arch', 'riscv64'],
      ['process.command_args', ['node', 'serve']],
    ]);
    const { scope, metrics } = said.scopeMetrics[0] ?? assert.fail();
    assert.deepEqual([scope.name, scope.version], ['bench', '1.0.0']);
    const points = Object.fromEntries(metrics.map(({ name, unit, data }) => [name, { unit, ...data, point: data.points[0] }]));
    const [requests, queue, temperature, explicit, exponential] = ['requests', 'queue', 'temperature', 'explicit', 'exponential'].map(
      (name) => points[name],
    );
    for (const one of Object.values(points)) assert.deepEqual(one.point?.attributes, DECODED);
    assert.ok(requests?.kind === 'sum' && queue?.kind === 'sum' && temperature?.kind === 'gauge');
    assert.deepEqual(
      [requests.isMonotonic, requests.temporality, requests.unit, requests.points[0]?.value],
      [true, 'delta', '{request}', 7],
    );
    assert.deepEqual([queue.isMonotonic, queue.points[0]?.value], [false, -2.5]);
    assert.equal(temperature.points[0]?.value, 61.5);
    assert.ok(explicit?.kind === 'histogram' && exponential?.kind === 'exponentialHistogram');
    const { count, sum, min, max, bucketCounts, explicitBounds } = explicit.points[0] ?? assert.fail();
    assert.deepEqual([count, sum, min, max, bucketCounts, explicitBounds], [5n, 5056.5, 0.5, 5000, [2n, 1n, 1n, 1n], [1, 10, 100]]);
    const buckets = exponential.points[0] ?? assert.fail();
    assert.deepEqual([buckets.count, buckets.zeroCount, buckets.sum, buckets.min, buckets.max], [3n, 1n, 9, 0, 4.5]);
    assert.deepEqual(buckets.positive.bucketCounts, [2n]);
    const base = 2 ** (2 ** -buckets.scale);
    assert.ok(base ** buckets.positive.offset < 4.5 && base ** (buckets.positive.offset + 1) >= 4.5);
  });
});

describe('spans', () => {
  test('both encodings say the same, and what happened', () => {
    const finished = collectSpans();
    const request = decodeTracesProtobuf(read(ProtobufTraceSerializer.serializeRequest(finished)));
    assert.deepEqual(decodeTracesJson(toText(JsonTraceSerializer.serializeRequest(finished))), request);
    const [child, parent] = request.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    assert.deepEqual([parent?.name, parent?.kind, parent?.status, parent?.parentSpanId], ['GET /v1/items', 'server', 'unset', '']);
    assert.deepEqual([child?.name, child?.kind, child?.status], ['SELECT', 'client', 'error']);
    assert.deepEqual([child?.traceId, child?.parentSpanId], [parent?.traceId, parent?.spanId]);
    assert.match(parent?.traceId ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual([parent?.startNs, parent?.endNs], [1_769_860_800_000_000_001n, 1_769_860_802_999_999_999n]);
    assert.deepEqual([child?.startNs, child?.endNs], [1_769_860_800_000_000_002n, 1_769_860_801_000_000_003n]);
    assert.deepEqual(parent?.attributes, DECODED);
    assert.equal((parent?.flags ?? 0) & 0x1ff, 0x101);
  });
});
