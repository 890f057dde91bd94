import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { decodeMetricsJson } from '../../ingest/otlp/decode-metrics-json.ts';
import { decodeMetricsProtobuf } from '../../ingest/otlp/decode-metrics-protobuf.ts';
import { decodeTracesJson } from '../../ingest/otlp/decode-traces-json.ts';
import { decodeTracesProtobuf } from '../../ingest/otlp/decode-traces-protobuf.ts';
import type { MetricsRequest, TracesRequest } from '../../ingest/otlp/messages.ts';
import { concludeBudgets, describeMachine, printTable, toMillions } from '../support/report.ts';

/**
 * Data points and spans a second that one core decodes, against protobufjs and JSON.parse on the same bytes. Best of several rounds, which take
 * turns: on a shared machine the slower ones measure the neighbours. Run: node --import tsx bench/ingest/otlp-decode.ts [--quick]
 */

const ROUNDS = process.argv.includes('--quick') ? 3 : 9;
const METRICS = 20;
const POINTS = 500;
const SPANS = 10_000;
const START_NS = '1769860800000000000';

const ROOT = protobuf.parse(readFileSync(new URL('../../test/ingest/otlp/opentelemetry.proto', import.meta.url), 'utf8')).root;

/** The same pseudo-random numbers in each run (Park and Miller's generator), 0 to 1. */
function createRandom(): () => number {
  let state = 20260131;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const random = createRandom();
const upTo = (limit: number) => Math.floor(random() * limit);
const toAttribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
const listCounts = (count: number) => Array.from({ length: count }, () => String(upTo(400)));

/** Four attributes as an HTTP server or a GPU exporter sends them: few values each, every combination. */
const listAttributes = (index: number) => [
  toAttribute('http.request.method', index % 2 === 0 ? 'GET' : 'POST'),
  toAttribute('http.route', `/v1/items/${index % 25}`),
  toAttribute('network.protocol.version', '1.1'),
  { key: 'http.response.status_code', value: { intValue: 200 + Math.floor(index / 50) } },
];

const KINDS = {
  gauge: () => ({ asDouble: random() * 1e6 }),
  sum: () => ({ asInt: String(upTo(1e9)) }),
  histogram: () => ({
    count: '3000',
    sum: random() * 1e6,
    min: 0,
    max: 10,
    bucketCounts: listCounts(15),
    explicitBounds: [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000],
  }),
  exponentialHistogram: () => ({
    count: '32000',
    sum: random() * 1e6,
    min: 0,
    max: 10,
    scale: 5,
    zeroCount: '0',
    positive: { offset: -80, bucketCounts: listCounts(160) },
    negative: {},
  }),
} as const;
type Kind = keyof typeof KINDS;

function makeMetric(kind: Kind, index: number): object {
  const dataPoints = Array.from({ length: POINTS }, (_, point) => ({
    attributes: listAttributes(point),
    startTimeUnixNano: START_NS,
    timeUnixNano: '1769860860000000000',
    ...KINDS[kind](),
  }));
  const isGauge = kind === 'gauge';
  const data = isGauge ? { dataPoints } : { dataPoints, aggregationTemporality: 2, ...(kind === 'sum' ? { isMonotonic: true } : {}) };
  return { name: `http.server.${kind}.${index}`, unit: 's', description: 'a metric of the benchmark', [kind]: data };
}

const RESOURCE = { attributes: [toAttribute('service.name', 'checkout'), toAttribute('host.arch', 'riscv64')] };
const SCOPE = { name: 'bench', version: '1.0.0' };

const makeMetrics = (kinds: readonly Kind[]) => {
  const metrics = Array.from({ length: METRICS }, (_, index) => makeMetric(kinds[index % kinds.length] ?? 'gauge', index));
  return { resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ scope: SCOPE, metrics }] }] };
};

const toHex = (length: number) => Array.from({ length }, () => (1 + upTo(255)).toString(16).padStart(2, '0')).join('');

function makeSpans(): object {
  const spans = Array.from({ length: SPANS }, (_, index) => ({
    traceId: toHex(16),
    spanId: toHex(8),
    parentSpanId: toHex(8),
    flags: 257,
    name: `GET /v1/items/${index % 25}`,
    kind: 2,
    startTimeUnixNano: START_NS,
    endTimeUnixNano: String(BigInt(START_NS) + BigInt(upTo(1e9))),
    attributes: listAttributes(index % POINTS),
    status: { code: 0 },
  }));
  return { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: SCOPE, spans }] }] };
}

/** Ids as bytes, which protobufjs takes as base64 in text. */
const toPeer = (_: string, value: unknown) =>
  typeof value === 'string' && /^([0-9a-f]{32}|[0-9a-f]{16})$/.test(value) ? Buffer.from(value, 'hex').toString('base64') : value;

type Case = {
  readonly name: string;
  readonly things: number;
  readonly bytes: number;
  readonly ours: () => number;
  readonly peer: () => number;
};

const countPoints = ({ resourceMetrics }: MetricsRequest) =>
  resourceMetrics.reduce((sum, { scopeMetrics }) => {
    return sum + scopeMetrics.reduce((inner, { metrics }) => inner + metrics.reduce((all, { data }) => all + data.points.length, 0), 0);
  }, 0);
const countSpans = ({ resourceSpans }: TracesRequest) =>
  resourceSpans.reduce((sum, { scopeSpans }) => sum + scopeSpans.reduce((inner, { spans }) => inner + spans.length, 0), 0);

function listCases(name: string, message: string, request: object, things: number, isTraces: boolean): readonly Case[] {
  const type = ROOT.lookupType(`otlp.${message}`);
  const text = JSON.stringify(request);
  const bytes = type.encode(type.fromObject(JSON.parse(text, isTraces ? toPeer : undefined))).finish();
  const peerProtobuf = () => (type.decode(bytes) ? things : 0);
  const peerJson = () => (JSON.parse(text) ? things : 0);
  const oursProtobuf = isTraces ? () => countSpans(decodeTracesProtobuf(bytes)) : () => countPoints(decodeMetricsProtobuf(bytes));
  const oursJson = isTraces ? () => countSpans(decodeTracesJson(text)) : () => countPoints(decodeMetricsJson(text));
  return [
    { name: `${name}, protobuf`, things, bytes: bytes.length, ours: oursProtobuf, peer: peerProtobuf },
    { name: `${name}, JSON`, things, bytes: text.length, ours: oursJson, peer: peerJson },
  ];
}

const ALL: readonly Kind[] = ['gauge', 'sum', 'histogram', 'exponentialHistogram'];
const metricCases = (name: string, kinds: readonly Kind[]) =>
  listCases(name, 'ExportMetricsServiceRequest', makeMetrics(kinds), METRICS * POINTS, false);

const CASES: readonly Case[] = [
  ...metricCases('points of all kinds', ALL),
  ...metricCases('gauges', ['gauge']),
  ...metricCases('sums', ['sum']),
  ...metricCases('histograms of 15 buckets', ['histogram']),
  ...metricCases('exponential histograms of 160', ['exponentialHistogram']),
  ...listCases('spans', 'ExportTraceServiceRequest', makeSpans(), SPANS, true),
];

/** Seconds that one call takes. */
function time(work: () => number, expected: number): number {
  const started = performance.now();
  const done = work();
  const seconds = (performance.now() - started) / 1000;
  if (done !== expected) throw new Error(`${done} came out of ${expected}`);
  return seconds;
}

function measure({ things, ours, peer }: Case): { readonly ours: number; readonly peer: number } {
  const best = { ours: Number.POSITIVE_INFINITY, peer: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    for (let call = 0; call < 5; call++) best.ours = Math.min(best.ours, time(ours, things));
    for (let call = 0; call < 5; call++) best.peer = Math.min(best.peer, time(peer, things));
  }
  return { ours: things / best.ours, peer: things / best.peer };
}

console.log(describeMachine());
const measured = CASES.map((one) => ({ ...one, figures: measure(one) }));
printTable(
  ['request', 'bytes each', 'M/s', 'protobufjs or JSON.parse M/s', '×'],
  measured.map(({ name, things, bytes, figures }) => [
    name,
    (bytes / things).toFixed(0),
    toMillions(figures.ours),
    toMillions(figures.peer),
    (figures.ours / figures.peer).toFixed(2),
  ]),
);
concludeBudgets([
  {
    what: 'points of all kinds in protobuf, decoded by one core',
    measured: (measured[0]?.figures.ours ?? 0) / 1000,
    unit: 'k points/s',
    atLeast: 1000,
  },
]);
