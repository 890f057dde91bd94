import { toTemporality } from './enums.ts';
import type { Metric, MetricPoints, MetricsRequest, ResourceMetrics, Scope, ScopeMetrics } from './messages.ts';
import { type Attribute, AttributeReader, NO_SCOPE, readResourceInto, readScope } from './protobuf-attributes.ts';
import { readExponentialHistogramPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from './protobuf-points.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/**
 * Decodes an ExportMetricsServiceRequest. Field numbers: opentelemetry/proto/collector/metrics/v1/metrics_service.proto and
 * metrics/v1/metrics.proto.
 * @param bytes the whole message; an empty one is an empty request
 * @throws OtlpDecodeError when they are no such message, with the offset
 */
export function decodeMetricsProtobuf(bytes: Uint8Array): MetricsRequest {
  const reader = new ProtobufReader(bytes);
  const attributes = new AttributeReader(reader, bytes);
  const resourceMetrics: ResourceMetrics[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) resourceMetrics.push(readResourceMetrics(reader, attributes));
    else reader.skip();
  }
  return { resourceMetrics };
}

function readResourceMetrics(reader: ProtobufReader, attributes: AttributeReader): ResourceMetrics {
  const resource: Attribute[] = [];
  const scopeMetrics: ScopeMetrics[] = [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) readResourceInto(resource, reader, attributes);
    else if (field === 2) scopeMetrics.push(readScopeMetrics(reader, attributes));
    else reader.skip();
  }
  reader.leave(outer);
  return { resource, scopeMetrics };
}

function readScopeMetrics(reader: ProtobufReader, attributes: AttributeReader): ScopeMetrics {
  let scope: Scope = NO_SCOPE;
  const metrics: Metric[] = [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) scope = readScope(scope, reader, attributes);
    else if (field === 2) metrics.push(readMetric(reader, attributes));
    else reader.skip();
  }
  reader.leave(outer);
  return { scope, metrics };
}

const NO_POINTS: MetricPoints = { kind: 'none', points: [] };

/** Of the kinds of points that came the last counts; one that came twice is one list. */
function readMetric(reader: ProtobufReader, attributes: AttributeReader): Metric {
  let name = '';
  let unit = '';
  let data = NO_POINTS;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 3) unit = reader.text();
    else data = readPoints(field, data, reader, attributes);
  }
  reader.leave(outer);
  return { name, unit, data };
}

function readPoints(field: number, before: MetricPoints, reader: ProtobufReader, attributes: AttributeReader): MetricPoints {
  if (field === 5) return readGauge(before, reader, attributes);
  if (field === 7) return readSum(before, reader, attributes);
  if (field === 9) return readHistogram(before, reader, attributes);
  if (field === 10) return readExponentialHistogram(before, reader, attributes);
  if (field === 11) return readSummary(before, reader, attributes);
  reader.skip();
  return before;
}

function readGauge(before: MetricPoints, reader: ProtobufReader, attributes: AttributeReader): MetricPoints {
  const points = before.kind === 'gauge' ? reader.reopen(before.points) : [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) points.push(readNumberPoint(reader, attributes));
    else reader.skip();
  }
  reader.leave(outer);
  return { kind: 'gauge', points };
}

function readSum(before: MetricPoints, reader: ProtobufReader, attributes: AttributeReader): MetricPoints {
  const points = before.kind === 'sum' ? reader.reopen(before.points) : [];
  let temporality = before.kind === 'sum' ? before.temporality : 'unspecified';
  let isMonotonic = before.kind === 'sum' && before.isMonotonic;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) points.push(readNumberPoint(reader, attributes));
    else if (field === 2) temporality = toTemporality(reader.int32());
    else if (field === 3) isMonotonic = reader.bool();
    else reader.skip();
  }
  reader.leave(outer);
  return { kind: 'sum', points, temporality, isMonotonic };
}

function readHistogram(before: MetricPoints, reader: ProtobufReader, attributes: AttributeReader): MetricPoints {
  const points = before.kind === 'histogram' ? reader.reopen(before.points) : [];
  let temporality = before.kind === 'histogram' ? before.temporality : 'unspecified';
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) points.push(readHistogramPoint(reader, attributes));
    else if (field === 2) temporality = toTemporality(reader.int32());
    else reader.skip();
  }
  reader.leave(outer);
  return { kind: 'histogram', points, temporality };
}

function readExponentialHistogram(before: MetricPoints, reader: ProtobufReader, attributes: AttributeReader): MetricPoints {
  const points = before.kind === 'exponentialHistogram' ? reader.reopen(before.points) : [];
  let temporality = before.kind === 'exponentialHistogram' ? before.temporality : 'unspecified';
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) points.push(readExponentialHistogramPoint(reader, attributes));
    else if (field === 2) temporality = toTemporality(reader.int32());
    else reader.skip();
  }
  reader.leave(outer);
  return { kind: 'exponentialHistogram', points, temporality };
}

function readSummary(before: MetricPoints, reader: ProtobufReader, attributes: AttributeReader): MetricPoints {
  const points = before.kind === 'summary' ? reader.reopen(before.points) : [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) points.push(readSummaryPoint(reader, attributes));
    else reader.skip();
  }
  reader.leave(outer);
  return { kind: 'summary', points };
}
