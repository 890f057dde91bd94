import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import {
  type Attributes,
  type AttributeValue,
  type ExponentialBuckets,
  type Metric,
  type MetricPoints,
  type MetricsRequest,
  type NumberPoint,
  type Scope,
  SPAN_KINDS,
  type Span,
  type TracesRequest,
} from '../../../ingest/otlp/messages.ts';

/** Requests of every shape, and both encodings of them by hands other than ours: protobufjs, and JSON.stringify. */

const ROOT = protobuf.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'opentelemetry.proto'), 'utf8')).root;

export const lookUp = (message: string) => ROOT.lookupType(`otlp.${message}`);

export function encodeWithPeer(message: string, value: object): Uint8Array {
  return lookUp(message)
    .encode(lookUp(message).fromObject(value as { [name: string]: unknown }))
    .finish();
}

/** as_int of points that have one, exact. */
const INTEGERS = new WeakMap<object, bigint>();

/** Records as literals make them, with the prototype that deepEqual compares. */
const record = <T>(model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>({ ...model }, { noNullPrototype: true });

const uint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 200n }),
  fc.constantFrom(0n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
);
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, -(2n ** 63n), 2n ** 63n - 1n),
);
const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, -1, -(2 ** 31), 2 ** 31 - 1));
const text = fc.string({ unit: 'binary', maxLength: 12 });
const narrow = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

const attributeValue = fc.letrec<{ value: AttributeValue; entries: Attributes }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.boolean(),
    fc.double(),
    int64.map(narrow),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Uint8Array.from(bytes)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('entries').map((entries) => ({ entries })),
  ),
  entries: fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }),
}));
const attributes = attributeValue.entries;

const common = { attributes, startNs: uint64, atNs: uint64, noRecordedValue: fc.boolean() };
const optionalDouble = fc.option(fc.double());
const numberPoint = fc.oneof(
  record({ ...common, value: optionalDouble, losesPrecision: fc.constant(false) }),
  record({ ...common, integer: int64 }).map(({ integer, ...point }): NumberPoint => {
    const value = Number(integer);
    const made = { ...point, value, losesPrecision: BigInt(value) !== integer };
    INTEGERS.set(made, integer);
    return made;
  }),
);
const moments = { count: uint64, sum: optionalDouble, min: optionalDouble, max: optionalDouble };
const histogramPoint = record({ ...common, ...moments, bucketCounts: fc.array(uint64), explicitBounds: fc.array(fc.double()) });
const buckets = record({ offset: int32, bucketCounts: fc.array(uint64) });
const exponential = { scale: int32, zeroCount: uint64, zeroThreshold: fc.double(), positive: buckets, negative: buckets };
const exponentialPoint = record({ ...common, ...moments, ...exponential });
const quantile = record({ quantile: fc.double(), value: fc.double() });
const summaryPoint = record({ ...common, count: uint64, sum: fc.double(), quantiles: fc.array(quantile, { maxLength: 4 }) });
const temporality = fc.constantFrom('unspecified', 'delta', 'cumulative');
const few = { maxLength: 3 };
const points: fc.Arbitrary<MetricPoints> = fc.oneof(
  record({ kind: fc.constant('gauge'), points: fc.array(numberPoint, few) }),
  record({ kind: fc.constant('sum'), points: fc.array(numberPoint, few), temporality, isMonotonic: fc.boolean() }),
  record({ kind: fc.constant('histogram'), points: fc.array(histogramPoint, few), temporality }),
  record({ kind: fc.constant('exponentialHistogram'), points: fc.array(exponentialPoint, few), temporality }),
  record({ kind: fc.constant('summary'), points: fc.array(summaryPoint, few) }),
  fc.constant({ kind: 'none' as const, points: [] as const }),
);
const scope = record({ name: text, version: text, attributes });
const metric = record({ name: text, unit: text, data: points });
const scopeMetrics = record({ scope, metrics: fc.array(metric, few) });

export const metricsRequests: fc.Arbitrary<MetricsRequest> = record({
  resourceMetrics: fc.array(record({ resource: attributes, scopeMetrics: fc.array(scopeMetrics, few) }), few),
});

/** Hex of so many bytes that is not all zero, or nothing. */
const id = (length: number) =>
  fc.oneof(
    fc.constant(''),
    fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
      const hex = Buffer.from(bytes).toString('hex');
      return /^0*$/.test(hex) ? '' : hex;
    }),
  );
const span: fc.Arbitrary<Span> = record({
  traceId: id(16),
  spanId: id(8),
  parentSpanId: id(8),
  flags: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  name: text,
  kind: fc.constantFrom(...SPAN_KINDS),
  startNs: uint64,
  endNs: uint64,
  attributes,
  status: fc.constantFrom('unset', 'ok', 'error'),
});

export const tracesRequests: fc.Arbitrary<TracesRequest> = record({
  resourceSpans: fc.array(record({ resource: attributes, scopeSpans: fc.array(record({ scope, spans: fc.array(span, few) }), few) }), few),
});

/** How an encoder spells what the two encodings spell differently. */
type Spelling = {
  readonly double: (value: number) => unknown;
  readonly bytes: (value: Uint8Array) => unknown;
  readonly id: (hex: string) => unknown;
};

export const PEER: Spelling = { double: (value) => value, bytes: (value) => value, id: (hex) => Buffer.from(hex, 'hex') };
export const JSON_SPELLING: Spelling = {
  double: (value) => (Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value)),
  bytes: (value) => Buffer.from(value).toString('base64'),
  id: (hex) => hex.toUpperCase(),
};

function spellValue(value: AttributeValue, by: Spelling): object {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? { intValue: value } : { doubleValue: by.double(value) };
  }
  if (value instanceof Uint8Array) return { bytesValue: by.bytes(value) };
  if (isList(value)) return { arrayValue: { values: value.map((item) => spellValue(item, by)) } };
  return { kvlistValue: { values: spellAttributes(value.entries, by) } };
}

const isList = (value: AttributeValue): value is readonly AttributeValue[] => Array.isArray(value);
const spellAttributes = (list: Attributes, by: Spelling) => list.map(([key, value]) => ({ key, value: spellValue(value, by) }));
const optional = (name: string, value: number | null, by: Spelling) => (value === null ? {} : { [name]: by.double(value) });
const spellScope = (scopeSaid: Scope, by: Spelling) => ({ ...scopeSaid, attributes: spellAttributes(scopeSaid.attributes, by) });
const spellBuckets = ({ offset, bucketCounts }: ExponentialBuckets) => ({ offset, bucketCounts: bucketCounts.map(String) });

type AnyPoint = MetricPoints['points'][number];

function spellPoint(point: AnyPoint, by: Spelling): object {
  const integer = INTEGERS.get(point);
  const spelled: Record<string, unknown> = {
    attributes: spellAttributes(point.attributes, by),
    startTimeUnixNano: String(point.startNs),
    timeUnixNano: String(point.atNs),
    flags: point.noRecordedValue ? 1 : 0,
  };
  if ('losesPrecision' in point)
    Object.assign(spelled, integer === undefined ? optional('asDouble', point.value, by) : { asInt: String(integer) });
  if ('count' in point) Object.assign(spelled, { count: String(point.count), ...optional('sum', point.sum, by) });
  if ('min' in point) Object.assign(spelled, optional('min', point.min, by), optional('max', point.max, by));
  if ('explicitBounds' in point) {
    Object.assign(spelled, { bucketCounts: point.bucketCounts.map(String), explicitBounds: point.explicitBounds.map(by.double) });
  }
  if ('scale' in point) {
    const { scale, zeroCount, zeroThreshold, positive, negative } = point;
    Object.assign(spelled, { scale, zeroCount: String(zeroCount), zeroThreshold: by.double(zeroThreshold) });
    Object.assign(spelled, { positive: spellBuckets(positive), negative: spellBuckets(negative) });
  }
  if ('quantiles' in point) {
    spelled['quantileValues'] = point.quantiles.map(({ quantile: q, value }) => ({ quantile: by.double(q), value: by.double(value) }));
  }
  return spelled;
}

function spellMetric({ name, unit, data }: Metric, by: Spelling): object {
  if (data.kind === 'none') return { name, unit };
  const spelled: Record<string, unknown> = { dataPoints: data.points.map((point) => spellPoint(point, by)) };
  if ('temporality' in data) spelled['aggregationTemporality'] = ['unspecified', 'delta', 'cumulative'].indexOf(data.temporality);
  if ('isMonotonic' in data) spelled['isMonotonic'] = data.isMonotonic;
  return { name, description: 'not read', unit, [data.kind]: spelled };
}

export function spellMetrics(request: MetricsRequest, by: Spelling): object {
  return {
    resourceMetrics: request.resourceMetrics.map(({ resource, scopeMetrics: scopes }) => ({
      resource: { attributes: spellAttributes(resource, by), droppedAttributesCount: 1 },
      scopeMetrics: scopes.map((one) => ({ scope: spellScope(one.scope, by), metrics: one.metrics.map((m) => spellMetric(m, by)) })),
      schemaUrl: 'https://opentelemetry.io/schemas/1.44.0',
    })),
  };
}

function spellSpan(one: Span, by: Spelling): object {
  return {
    traceId: by.id(one.traceId),
    spanId: by.id(one.spanId),
    parentSpanId: by.id(one.parentSpanId),
    flags: one.flags,
    name: one.name,
    kind: SPAN_KINDS.indexOf(one.kind),
    startTimeUnixNano: String(one.startNs),
    endTimeUnixNano: String(one.endNs),
    attributes: spellAttributes(one.attributes, by),
    events: [{ name: 'not read', timeUnixNano: '1' }],
    status: { message: 'not read', code: ['unset', 'ok', 'error'].indexOf(one.status) },
  };
}

export function spellTraces(request: TracesRequest, by: Spelling): object {
  return {
    resourceSpans: request.resourceSpans.map(({ resource, scopeSpans }) => ({
      resource: { attributes: spellAttributes(resource, by) },
      scopeSpans: scopeSpans.map((one) => ({ scope: spellScope(one.scope, by), spans: one.spans.map((s) => spellSpan(s, by)) })),
    })),
  };
}

/** Leaves out what the format need not say: empty text and lists, zero and false. An empty message stays, as it may be what a oneof holds. */
export function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const kept = Object.entries(value).filter(([name, member]) => {
    if (/Value$|^as[DI]|^(sum|min|max)$/.test(name)) return true;
    const isEmpty = (Array.isArray(member) || member instanceof Uint8Array) && member.length === 0;
    return !(isEmpty || member === '' || member === '0' || Object.is(member, 0) || member === false);
  });
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutDefaults(member)]));
}
