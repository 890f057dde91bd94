import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { LIMITS } from '../../wire/limits.ts';
import { type CallOptions, makeLatencyCsv, openRunBody, useService } from '../support/service.ts';

const SAMPLES = resolve(import.meta.dirname, '..', '..', '..', 'shared', 'samples', 'otlp');
const NO_SAMPLES = existsSync(SAMPLES) ? false : 'the samples are not here';
const service = useService();

const open = async (project = 'accelerators'): Promise<string> =>
  (await service.call('POST', '/v1/runs', { json: openRunBody({ project }) })).body.runId;
const push = (signal: 'metrics' | 'traces', json: unknown, options: CallOptions = {}) =>
  service.call('POST', `/v1/${signal}`, { json, ...options });
const readSeries = async (runId: string): Promise<readonly any[]> => (await service.call('GET', `/v1/runs/${runId}/series`)).body.data;
const seal = (runId: string) => service.call('POST', `/v1/runs/${runId}/seal?wait=30s`);

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
/** A resource of one service and run. */
const resourceOf = (runId: string | undefined, more: readonly object[] = []) => ({
  attributes: [text('service.name', 'my.service'), ...(runId === undefined ? [] : [text('plumbline.run.id', runId)]), ...more],
});

function readSample(name: string, runId: string | undefined): any {
  const sample = JSON.parse(readFileSync(join(SAMPLES, name), 'utf8'));
  for (const one of sample.resourceMetrics ?? sample.resourceSpans) one.resource = resourceOf(runId);
  return sample;
}

/** One gauge point of 2.5 ms a while ago. */
const gauge = (runId: string | undefined, value: number, more: readonly object[] = []) => ({
  resource: resourceOf(runId, more),
  scopeMetrics: [
    {
      scope: { name: 'bench' },
      metrics: [
        {
          name: 'decode.latency',
          unit: 'ms',
          gauge: { dataPoints: [{ asDouble: value, timeUnixNano: String(BigInt(Date.now()) * 1_000_000n) }] },
        },
      ],
    },
  ],
});

describe('the examples of opentelemetry-proto', { skip: NO_SAMPLES }, () => {
  // Read by eye in metrics.json: a delta counter of 5, a gauge of 10, a histogram of [1, 1] values around 1 with min 0 and max 2, and an
  // exponential one of scale 0: one zero, and two values in bucket 2, (4, 8].
  test('metrics.json lands as printed', async () => {
    const runId = await open();
    const answer = await push('metrics', readSample('metrics.json', runId));
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(answer.body.partialSuccess?.rejectedDataPoints, undefined, answer.text);
    assert.match(answer.body.partialSuccess?.errorMessage, /my\.counter.*plumbline\.better/);
    const landed = await readSeries(runId);
    const rows = landed.map(({ region, metric, unit, valueKind, labels, count, min, max, sum }) => [
      [region, metric, unit, valueKind, labels.aggregation ?? '', count, min, max, sum].join(' '),
      labels.scope,
    ]);
    assert.deepEqual(rows.map(([row]) => row).sort(), [
      'my.service my.counter 1 counter  1 5 5 5',
      'my.service my.exponential.histogram 1 histogram  3   ',
      'my.service my.exponential.histogram 1 samples max 1 5 5 5',
      'my.service my.exponential.histogram 1 samples min 1 0 0 0',
      'my.service my.gauge 1 samples  1 10 10 10',
      'my.service my.histogram 1 histogram  2   ',
      'my.service my.histogram 1 samples max 1 2 2 2',
      'my.service my.histogram 1 samples min 1 0 0 0',
    ]);
    assert.deepEqual(new Set(rows.map(([, scope]) => scope)), new Set(['my.library']));
  });

  test('trace.json lands as a server span of one second', async () => {
    const runId = await open();
    const answer = await push('traces', readSample('trace.json', runId));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body, {});
    const landed = await readSeries(runId);
    assert.deepEqual(landed.map(({ region, metric, count, sum }) => [region, metric, count, sum]).sort(), [
      ["I'm a server span", 'latency', 1, 1e9],
      ["I'm a server span", 'request.device_time', 0, null],
      ["I'm a server span", 'request.host_time', 0, null],
    ]);
    for (const { labels } of landed) assert.deepEqual(labels, { kind: 'server', service: 'my.service' });
  });

  test('without a run each is told what to set, and 200 says how many were rejected', async () => {
    const metrics = await push('metrics', readSample('metrics.json', undefined));
    assert.equal(metrics.status, 200);
    assert.equal(metrics.body.partialSuccess.rejectedDataPoints, '4');
    assert.match(metrics.body.partialSuccess.errorMessage, /4 data points rejected: 4 × the resource names no run; set plumbline\.run\.id/);
    const traces = await push('traces', readSample('trace.json', undefined));
    assert.equal(traces.body.partialSuccess.rejectedSpans, '1');
  });
});

describe('the protocol', () => {
  const json = (body: string, headers: Readonly<Record<string, string>> = {}, path = '/v1/metrics') =>
    service.call('POST', path, { body, headers: { 'content-type': 'application/json', ...headers } });
  const protobuf = (body: Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
    service.call('POST', '/v1/metrics', { body, headers: { 'content-type': 'application/x-protobuf', ...headers } });

  test('an empty request is a success, in either encoding', async () => {
    for (const path of ['/v1/metrics', '/v1/traces']) {
      const answer = await json('{}', { 'content-type': 'application/json; charset=utf-8' }, path);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.body, {});
    }
    const answer = await protobuf(new Uint8Array());
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/x-protobuf');
    assert.equal(answer.text, '');
  });

  const refused: readonly (readonly [name: string, send: () => ReturnType<typeof json>, status: number, code: number, says: RegExp])[] = [
    ['no token', () => service.call('POST', '/v1/metrics', { json: {}, token: null }), 401, 16, /Bearer/],
    ['a media type of neither encoding', () => json('x', { 'content-type': 'text/plain' }), 415, 3, /x-protobuf/],
    ['an encoding that is not known', () => json('{}', { 'content-encoding': 'br' }), 415, 3, /gzip/],
    ['text that is no JSON', () => json('{"resourceMetrics":[{'), 400, 3, /resourceMetrics/],
    [
      'gzip that is cut off',
      () => json('x', {}).then(() => protobuf(gzipSync('x'.repeat(500)).subarray(0, 20), { 'content-encoding': 'gzip' })),
      400,
      3,
      /damaged/,
    ],
    ['protobuf that is cut off', () => protobuf(Uint8Array.of(0x0a, 0x7f, 0x0a)), 400, 3, /byte/],
    ['another method', () => service.call('GET', '/v1/metrics'), 405, 3, /POST/],
    ['logs', () => service.call('POST', '/v1/logs', { json: {} }), 404, 5, /kernel logs/],
    ['more than the limit', () => json(' '.repeat(64 * 1024 * 1024 + 1)), 413, 8, /67108864/],
    [
      'more than the limit once decompressed',
      () => protobuf(gzipSync(Buffer.alloc(64 * 1024 * 1024 + 1)), { 'content-encoding': 'gzip' }),
      413,
      8,
      /limit/,
    ],
  ];
  for (const [name, send, status, code, says] of refused) {
    test(`${name} is answered ${status} with a google.rpc.Status in the encoding of the request`, async () => {
      const answer = await send();
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, says);
      assert.equal(answer.headers.get('retry-after'), null, 'an exporter need not send it again');
      if (answer.headers.get('content-type') === 'application/x-protobuf') {
        // google.rpc.Status: field 1 is the code, a varint.
        assert.deepEqual([...Buffer.from(answer.text).subarray(0, 2)], [0x08, code]);
      } else assert.equal(answer.body.code, code);
    });
  }

  test('a token without the scope is refused', async () => {
    const { token } = (await service.call('POST', '/v1/tokens', { json: { scopes: ['read'], projects: ['accelerators'] } })).body;
    const answer = await push('traces', {}, { token });
    assert.equal(answer.status, 403);
    assert.equal(answer.body.code, 7);
  });

  test('a run of another project is as unknown as one that does not exist, and nothing of it lands', async () => {
    const { token } = (await service.call('POST', '/v1/tokens', { json: { scopes: ['ingest'], projects: ['other'] } })).body;
    const runId = await open();
    const messages: string[] = [];
    for (const id of [runId, '0190c1de-0000-7000-8000-000000000000']) {
      const answer = await push('metrics', { resourceMetrics: [gauge(id, 1)] }, { token });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.partialSuccess.rejectedDataPoints, '1');
      messages.push(answer.body.partialSuccess.errorMessage.replace(id, ''));
    }
    assert.equal(messages[0], messages[1]);
    assert.deepEqual(await readSeries(runId), []);
  });

  test('the same body twice counts once, and is answered alike', async () => {
    const runId = await open();
    const body = { resourceMetrics: [gauge(runId, 2.5)] };
    const first = await push('metrics', body);
    const again = await Promise.all([push('metrics', body), push('metrics', body)]);
    for (const answer of again) assert.deepEqual([answer.status, answer.text], [200, first.text]);
    const [series] = await readSeries(runId);
    assert.deepEqual([series.count, series.sum, series.unit], [1, 2_500_000, 'ns']);
    await seal(runId);
    assert.deepEqual((await push('metrics', body)).text, first.text, 'a sealed run knows it too');
  });

  test('two runs in one request have a receipt each', async () => {
    const [one, other] = [await open(), await open('other-project')];
    const answer = await push('metrics', { resourceMetrics: [gauge(one, 1), gauge(other, 2), gauge(one, 3), gauge('nonsense', 4)] });
    assert.equal(answer.body.partialSuccess.rejectedDataPoints, '1');
    assert.match(answer.body.partialSuccess.errorMessage, /no run id/);
    assert.deepEqual(
      (await readSeries(one)).map(({ sum, count }) => [sum, count]),
      [[4_000_000, 2]],
    );
    assert.deepEqual(
      (await readSeries(other)).map(({ sum }) => sum),
      [2_000_000],
    );
  });

  test('one request brings points of as many runs as the limit, and of no more', async () => {
    const { runsPerOtlpRequest } = LIMITS;
    const ids = Array.from({ length: runsPerOtlpRequest + 1 }, (_, index) => `0190c1de-0000-7000-8000-${String(index).padStart(12, '0')}`);
    const send = async (runIds: readonly string[]) =>
      (await push('metrics', { resourceMetrics: runIds.map((id) => gauge(id, 1)) })).body.partialSuccess.errorMessage;
    assert.doesNotMatch(await send(ids.slice(1)), /more than/);
    assert.match(await send(ids), /1 × one request brings points of more than 32 runs/);
  });

  test('series whose rows came with an earlier request have no rows again, and are read with all their values', async () => {
    const runId = await open();
    for (const value of [1, 2, 3]) await push('metrics', { resourceMetrics: [gauge(runId, value)] });
    assert.equal((await seal(runId)).status, 200, 'every receipt counts its rows');
    const [series, ...others] = await readSeries(runId);
    assert.deepEqual([others.length, series.count, series.sum, series.kind], [0, 3, 6_000_000, 'metrics']);
  });

  test('the 0 at the origin of a counter lands once however many requests say it, and the seal finds all that was acknowledged', async () => {
    const runId = await open();
    const startMs = Date.now() + 60_000;
    const toNs = (ms: number) => String(BigInt(ms) * 1_000_000n);
    const sendStanding = (value: number, afterMs: number) => {
      const point = { asInt: String(value), startTimeUnixNano: toNs(startMs), timeUnixNano: toNs(startMs + afterMs) };
      const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] };
      const metrics = [{ name: 'retries', unit: '{retry}', sum }];
      return push('metrics', { resourceMetrics: [{ resource: resourceOf(runId), scopeMetrics: [{ scope: { name: 'bench' }, metrics }] }] });
    };
    for (const [value, afterMs] of [
      [5, 1000],
      [9, 2000],
      [9, 2000],
      [12, 3000],
    ] as const)
      assert.equal((await sendStanding(value, afterMs)).status, 200);
    const [series] = await readSeries(runId);
    assert.deepEqual([series.count, series.min, series.max], [4, 0, 12]);
    const values = (await service.call('GET', `/v1/runs/${runId}/series/${series.seriesId}/values`)).text.trim().split('\n').slice(1);
    assert.deepEqual(
      values.map((line) => Number(line.split(',')[2])).sort((a, b) => a - b),
      [0, 5, 9, 12],
    );
    assert.equal((await seal(runId)).status, 200, 'every receipt counts its rows');
  });

  test('a sealed run rejects what is new', async () => {
    const runId = await open();
    await push('metrics', { resourceMetrics: [gauge(runId, 1)] });
    await seal(runId);
    const answer = await push('metrics', { resourceMetrics: [gauge(runId, 2)] });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.partialSuccess.rejectedDataPoints, '1');
    assert.match(answer.body.partialSuccess.errorMessage, /sealed/);
    assert.deepEqual(
      (await readSeries(runId)).map(({ count }) => count),
      [1],
    );
  });

  test('a seal and an exporter that meet agree: a success is in the seal, and 503 says to come back', async () => {
    for (let round = 0; round < 5; round += 1) {
      const runId = await open();
      const body = makeLatencyCsv({ seed: 1, count: 10, regions: ['r'] });
      assert.equal((await service.call('POST', `/v1/runs/${runId}/samples`, { body })).status, 201);
      const [answer] = await Promise.all([push('metrics', { resourceMetrics: [gauge(runId, 1)] }), seal(runId)]);
      const landed = (await readSeries(runId)).some(({ metric }) => metric === 'decode.latency');
      if (answer.status === 503) {
        assert.ok(Number(answer.headers.get('retry-after')) > 0);
        assert.equal(answer.body.code, 14);
      } else assert.equal(landed, answer.body.partialSuccess?.rejectedDataPoints === undefined, answer.text);
    }
  });

  test('a misspelt control is refused, not overlooked', async () => {
    const runId = await open();
    const answer = await push('metrics', { resourceMetrics: [gauge(runId, 1, [text('plumbline.repitition', '2')])] });
    assert.match(answer.body.partialSuccess.errorMessage, /plumbline\.repitition.*not known.*plumbline\.repetition/);
  });

  test('what a resource says of its machine fills the environment, and what the run said stands', async () => {
    const runId = await open();
    const resource = [
      text('host.name', 'LAB-07'),
      text('host.arch', 'arm64'),
      text('vcs.repository.ref.revision', 'abc123'),
      text('host.cpu.family', '6'),
      text('k8s.pod.name', 'bench-x1'),
    ];
    await push('metrics', { resourceMetrics: [gauge(runId, 1, resource)] });
    await push('metrics', { resourceMetrics: [gauge(runId, 2, [text('host.name', 'other'), text('host.cpu.family', '7')])] });
    const { environment } = (await service.call('GET', `/v1/runs/${runId}`)).body;
    assert.deepEqual(
      [environment.isa, environment.hostname, environment['vcs.ref.head.revision'], environment['host.cpu.family'], environment.conditions],
      ['riscv64', 'lab-07', 'abc123', '6', { 'k8s.pod.name': 'bench-x1' }],
    );
    assert.equal(environment.gpus[0].model, 'H100');
  });
});

describe('the OpenTelemetry SDK for Node', () => {
  const headers = () => ({ authorization: `Bearer ${service.adminToken()}` });
  const resource = (runId: string) =>
    resourceFromAttributes({ 'service.name': 'decoder', 'plumbline.run.id': runId, 'plumbline.repetition': 2, 'host.name': 'lab-07' });
  const { DELTA, CUMULATIVE } = AggregationTemporality;
  const { GZIP, NONE } = CompressionAlgorithm;
  const LATENCIES_MS = [0.5, 3, 7, 20];

  /** Records the same things twice and exports each time. */
  async function recordMetrics(runId: string, exporter: PushMetricExporter): Promise<void> {
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({
      resource: resource(runId),
      readers: [reader],
      views: [{ instrumentName: 'decode.fine', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    });
    const meter = provider.getMeter('decoder');
    const frames = meter.createCounter('frames', { unit: '{frame}' });
    const depth = meter.createGauge('queue.depth', { unit: '{frame}' });
    const coarse = meter.createHistogram('decode.coarse', { unit: 'ms', advice: { explicitBucketBoundaries: [1, 5, 10] } });
    const fine = meter.createHistogram('decode.fine', { unit: 'ms' });
    const labels = { codec: 'av1', 'plumbline.better': 'lower' };
    for (const count of [5, 7]) {
      frames.add(count, labels);
      depth.record(count * 10, labels);
      for (const value of LATENCIES_MS) {
        coarse.record(value, labels);
        fine.record(value, labels);
      }
      await provider.forceFlush();
    }
    await provider.shutdown();
  }

  const cases = [
    { name: 'JSON, delta', Exporter: JsonMetricExporter, temporality: DELTA, compression: NONE },
    { name: 'JSON, cumulative, gzip', Exporter: JsonMetricExporter, temporality: CUMULATIVE, compression: GZIP },
    { name: 'protobuf, delta, gzip', Exporter: ProtobufMetricExporter, temporality: DELTA, compression: GZIP },
    { name: 'protobuf, cumulative', Exporter: ProtobufMetricExporter, temporality: CUMULATIVE, compression: NONE },
  ] as const;
  for (const { name, Exporter, temporality, compression } of cases) {
    test(`metrics as ${name}: what was recorded is what landed`, async () => {
      const runId = await open();
      const url = `${service.url()}/v1/metrics`;
      await recordMetrics(runId, new Exporter({ url, headers: headers(), temporalityPreference: temporality, compression }));
      const landed = await readSeries(runId);
      const find = (metric: string, aggregation?: string) => {
        const series = landed.find((one) => one.metric === metric && one.labels.aggregation === aggregation);
        assert.ok(series, `${metric} ${aggregation ?? ''} landed`);
        return series;
      };
      const frames = find('frames');
      assert.deepEqual([frames.region, frames.unit, frames.better, frames.valueKind], ['decoder', '{frame}', 'lower', 'counter']);
      assert.deepEqual(frames.labels, { codec: 'av1', scope: 'decoder' });
      const values = (await service.call('GET', `/v1/runs/${runId}/series/${frames.seriesId}/values`)).text.trim().split('\n').slice(1);
      const printed = values.map((line) => Number(line.split(',')[2]));
      assert.ok(
        values.every((line) => line.startsWith('2,')),
        'the repetition is that of the resource',
      );
      // The last export of shutdown() repeats the standings; increases are none by then.
      const isDelta = temporality === DELTA;
      if (isDelta)
        assert.equal(
          printed.reduce((sum, value) => sum + value, 0),
          12,
        );
      else assert.deepEqual([Math.min(...printed), Math.max(...printed), printed.includes(5)], [0, 12, true], 'the origin, then standings');
      assert.deepEqual(new Set([find('queue.depth').min, find('queue.depth').max]), new Set([50, 70]));
      for (const metric of ['decode.coarse', 'decode.fine']) {
        const series = find(metric);
        assert.deepEqual([series.unit, series.valueKind, series.quality], ['ns', 'histogram', []]);
        assert.equal(series.count, 2 * LATENCIES_MS.length, 'of cumulative histograms only the growth counts');
        if (isDelta) assert.deepEqual([find(metric, 'min').min, find(metric, 'max').max], [500_000, 20_000_000]);
      }
      assert.equal((await seal(runId)).status, 200);
    });
  }

  for (const [name, Exporter, compression] of [
    ['JSON, gzip', JsonTraceExporter, GZIP],
    ['protobuf', ProtobufTraceExporter, NONE],
  ] as const) {
    test(`traces as ${name}: spans of host and device land, and receiving them makes no more spans`, async () => {
      const runId = await open();
      const exporter = new Exporter({ url: `${service.url()}/v1/traces`, headers: headers(), compression });
      const sdk = new NodeSDK({ resource: resource(runId), traceExporter: exporter, instrumentations: [], autoDetectResources: false });
      sdk.start();
      const tracer = trace.getTracer('decoder');
      const startS = Math.floor(Date.now() / 1000) - 10;
      for (const ms of [1, 2, 3]) {
        const startTime: [number, number] = [startS + ms, 0];
        const request = tracer.startSpan('decode', {
          kind: SpanKind.SERVER,
          startTime,
          attributes: { 'http.request.method': 'POST', frame: ms },
        });
        const inside = trace.setSpan(context.active(), request);
        const kernel = tracer.startSpan('kernel', { startTime, attributes: { 'plumbline.side': 'device' } }, inside);
        kernel.end([startS + ms, ms * 400_000]);
        if (ms === 3) request.setStatus({ code: SpanStatusCode.ERROR });
        request.end([startS + ms, ms * 1_000_000]);
      }
      await sdk.shutdown();
      for (const api of [trace, context, propagation]) api.disable();
      const landed = await readSeries(runId);
      const latencies = landed.filter(({ metric }) => metric === 'latency');
      assert.deepEqual(latencies.map(({ region, labels, count, sum }) => [region, labels.outcome ?? '', count, sum]).sort(), [
        ['decode', '', 2, 3_000_000],
        ['decode', 'error', 1, 3_000_000],
        ['kernel', '', 3, 2_400_000],
      ]);
      const [request] = latencies.filter(({ region, labels }) => region === 'decode' && labels.outcome === undefined);
      assert.deepEqual(request.labels, { kind: 'server', service: 'decoder', 'http.request.method': 'POST' });
      const requests = landed.filter(({ metric }) => metric.startsWith('request.'));
      assert.deepEqual(
        requests.map(({ region, metric, labels, count, sum }) => [region, metric, labels.outcome ?? '', count, sum]).sort(),
        [
          ['decode', 'request.device_time', '', 2, 1_200_000],
          ['decode', 'request.device_time', 'error', 1, 1_200_000],
          ['decode', 'request.host_time', '', 2, 1_800_000],
          ['decode', 'request.host_time', 'error', 1, 1_800_000],
        ],
      );
      assert.equal((await seal(runId)).status, 200);
    });
  }
});
