import type {
  Attributes,
  ExponentialHistogramPoint,
  HistogramPoint,
  Metric,
  MetricPoints,
  NumberPoint,
  ResourceMetrics,
} from '../../../ingest/otlp/messages.ts';
import { type Mapped, type MappingContext, toMetricRecords } from '../../../ingest/otlp/metrics-to-records.ts';
import type { KnownOrigins } from '../../../ingest/otlp/origins.ts';
import { bindResource } from '../../../ingest/otlp/resource.ts';
import { SeriesCache } from '../../../ingest/otlp/series-cache.ts';
import type { StoredRecord } from '../../../ingest/records.ts';

/** Messages made by hand, and what becomes of them. Times in tests are seconds of a run that was opened at second 1000. */

export const RUN_ID = '0190c1de-0000-7000-8000-000000000001';
export const atS = (seconds: number): bigint => BigInt(Math.round(seconds * 1000)) * 1_000_000n;

export const CONTEXT: Omit<MappingContext, 'cache'> = {
  runCreatedNs: atS(1000),
  earliestNs: atS(1),
  latestNs: atS(10_000),
  origins: { has: () => false },
};

export const number = (value: number | null, changes: Partial<NumberPoint> = {}): NumberPoint => ({
  attributes: [],
  startNs: atS(1010),
  atNs: atS(1020),
  noRecordedValue: false,
  value,
  losesPrecision: false,
  ...changes,
});

export const histogram = (changes: Partial<HistogramPoint> = {}): HistogramPoint => ({
  attributes: [],
  startNs: atS(1010),
  atNs: atS(1020),
  noRecordedValue: false,
  count: 3n,
  sum: 12,
  min: null,
  max: null,
  bucketCounts: [1n, 2n, 0n],
  explicitBounds: [1, 5],
  ...changes,
});

export const exponential = (changes: Partial<ExponentialHistogramPoint> = {}): ExponentialHistogramPoint => ({
  attributes: [],
  startNs: atS(1010),
  atNs: atS(1020),
  noRecordedValue: false,
  count: 2n,
  sum: 10,
  min: null,
  max: null,
  scale: 0,
  zeroCount: 0n,
  zeroThreshold: 0,
  positive: { offset: 1, bucketCounts: [0n, 2n] },
  negative: { offset: 0, bucketCounts: [] },
  ...changes,
});

export const gauge = (...points: readonly NumberPoint[]): MetricPoints => ({ kind: 'gauge', points });
export const sum = (temporality: 'delta' | 'cumulative' | 'unspecified', ...points: readonly NumberPoint[]): MetricPoints => ({
  kind: 'sum',
  points,
  temporality,
  isMonotonic: true,
});

export const BOUND: Attributes = [
  ['plumbline.run.id', RUN_ID],
  ['service.name', 'decoder'],
];

export const resourceOf = (metrics: readonly Metric[], resource: Attributes = BOUND, scopeName = ''): ResourceMetrics => ({
  resource,
  scopeMetrics: [{ scope: { name: scopeName, version: '', attributes: [] }, metrics }],
});

/** The records of some resources, each bound as it says. */
export const mapAll = (
  resources: readonly ResourceMetrics[],
  cache: SeriesCache = new SeriesCache(),
  origins: KnownOrigins = CONTEXT.origins,
): Mapped =>
  toMetricRecords(
    resources.map((content) => ({ binding: bindResource(content.resource), content })),
    { ...CONTEXT, cache, origins },
  );

/** The records of one metric, `latency` in ms unless told otherwise. */
export const map = (data: MetricPoints, metric: Partial<Metric> = {}, resource?: Attributes): Mapped =>
  mapAll([resourceOf([{ name: 'latency', unit: 'ms', ...metric, data }], resource)]);

/** Records with the readings of each stretch as readings of their own, readings with a time in its order. */
export const toSingles = (records: readonly StoredRecord[]): readonly StoredRecord[] =>
  records.flatMap(toReadings).sort((a, b) => Number(timeOf(a) - timeOf(b)));

const timeOf = (record: StoredRecord): bigint => (record.kind === 'reading' ? (record.atNs ?? 0n) : 0n);

function toReadings(record: StoredRecord): readonly StoredRecord[] {
  if (record.kind !== 'readings') return [record];
  const { kind: _, values, atNs, exposureS, ...common } = record;
  return values.map((value, index) => ({
    ...common,
    kind: 'reading' as const,
    value,
    atNs: atNs[index] ?? null,
    exposureS: exposureS[index] ?? null,
    probability: null,
    tool: null,
  }));
}

/** Why points were refused; '' when none was. */
export const refusal = (mapped: Mapped): string => mapped.rejections.describe('points');
