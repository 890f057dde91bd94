import { toTemporality } from './enums.ts';
import { readItems, readResource, readScope } from './json-attributes.ts';
import { JsonCursor, listNames } from './json-cursor.ts';
import { readExponentialHistogramPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from './json-points.ts';
import type { Attributes, Metric, MetricPoints, MetricsRequest, ResourceMetrics, Scope, ScopeMetrics, Temporality } from './messages.ts';

const REQUEST = listNames('resourceMetrics');
const RESOURCE_METRICS = listNames('resource', 'scopeMetrics');
const SCOPE_METRICS = listNames('scope', 'metrics');
const METRIC = listNames('name', 'unit', 'gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary');
const DATA = listNames('dataPoints', 'aggregationTemporality', 'isMonotonic');

/**
 * Decodes an ExportMetricsServiceRequest in JSON (OTLP specification, "JSON Protobuf Encoding").
 * @param text the whole message
 * @throws OtlpDecodeError when it is no such message, with a JSON pointer, line and column
 */
export function decodeMetricsJson(text: string): MetricsRequest {
  const cursor = new JsonCursor(text);
  let resourceMetrics: readonly ResourceMetrics[] = [];
  cursor.enterObject();
  while (cursor.next(REQUEST) !== undefined) resourceMetrics = readItems(cursor, readResourceMetrics);
  cursor.end();
  return { resourceMetrics };
}

function readResourceMetrics(cursor: JsonCursor): ResourceMetrics {
  let resource: Attributes = [];
  let scopeMetrics: readonly ScopeMetrics[] = [];
  cursor.enterObject();
  for (let name = cursor.next(RESOURCE_METRICS); name !== undefined; name = cursor.next(RESOURCE_METRICS)) {
    if (name === 'resource') resource = readResource(cursor);
    else scopeMetrics = readItems(cursor, readScopeMetrics);
  }
  return { resource, scopeMetrics };
}

function readScopeMetrics(cursor: JsonCursor): ScopeMetrics {
  let scope: Scope = { name: '', version: '', attributes: [] };
  let metrics: readonly Metric[] = [];
  cursor.enterObject();
  for (let name = cursor.next(SCOPE_METRICS); name !== undefined; name = cursor.next(SCOPE_METRICS)) {
    if (name === 'scope') scope = readScope(cursor);
    else metrics = readItems(cursor, readMetric);
  }
  return { scope, metrics };
}

/** Other than in protobuf the order of members means nothing, so two kinds of points in one metric are refused. */
function readMetric(cursor: JsonCursor): Metric {
  let metricName = '';
  let unit = '';
  let data: MetricPoints = { kind: 'none', points: [] };
  cursor.enterObject();
  for (let name = cursor.next(METRIC); name !== undefined; name = cursor.next(METRIC)) {
    if (name === 'name') metricName = cursor.string();
    else if (name === 'unit') unit = cursor.string();
    else {
      if (data.kind !== 'none') cursor.fail(`a metric has both ${data.kind} and ${name}`);
      data = readPoints(cursor, name);
    }
  }
  return { name: metricName, unit, data };
}

function readPoints(cursor: JsonCursor, kind: Exclude<MetricPoints['kind'], 'none'>): MetricPoints {
  switch (kind) {
    case 'gauge':
      return { kind, points: readData(cursor, readNumberPoint).points };
    case 'sum':
      return { kind, ...readData(cursor, readNumberPoint) };
    case 'histogram':
      return { kind, ...withoutMonotonic(readData(cursor, readHistogramPoint)) };
    case 'exponentialHistogram':
      return { kind, ...withoutMonotonic(readData(cursor, readExponentialHistogramPoint)) };
    case 'summary':
      return { kind, points: readData(cursor, readSummaryPoint).points };
    default:
      return kind satisfies never;
  }
}

type Data<T> = { readonly points: readonly T[]; readonly temporality: Temporality; readonly isMonotonic: boolean };

/** Gauge, Sum and the others, which differ in the points and in which of the other members mean something. */
function readData<T>(cursor: JsonCursor, readPoint: (cursor: JsonCursor) => T): Data<T> {
  let points: readonly T[] = [];
  let temporality: Temporality = 'unspecified';
  let isMonotonic = false;
  cursor.enterObject();
  for (let name = cursor.next(DATA); name !== undefined; name = cursor.next(DATA)) {
    if (name === 'dataPoints') points = readItems(cursor, readPoint);
    else if (name === 'aggregationTemporality') temporality = toTemporality(cursor.enumeration());
    else isMonotonic = cursor.bool();
  }
  return { points, temporality, isMonotonic };
}

const withoutMonotonic = <T>({ points, temporality }: Data<T>) => ({ points, temporality });
