/**
 * What an OTLP request says, whichever encoding it came in: the parts of opentelemetry/proto/{metrics,trace}/v1 that this service reads, as the
 * decoders (protobuf and JSON) give them and `to-records` takes them. Times are nanoseconds since the epoch; 0n means: not said.
 */

/** A value of an attribute. A 64-bit integer is a bigint where a double would not hold it exactly; bytes stay bytes. */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly entries: Attributes };

/** In the order they were sent; a key that comes twice is kept twice, whoever reads decides. */
export type Attributes = readonly (readonly [key: string, value: AttributeValue])[];

/** AggregationTemporality of the protocol; `unspecified` (0, or left out) has no meaning for sums and histograms. */
export type Temporality = 'unspecified' | 'delta' | 'cumulative';

type PointCommon = {
  readonly attributes: Attributes;
  readonly startNs: bigint;
  readonly atNs: bigint;
  /** Bit 0 of `flags`: the exporter says that there is no value any more. */
  readonly noRecordedValue: boolean;
};

export type NumberPoint = PointCommon & {
  /** null when neither as_double nor as_int was sent. */
  readonly value: number | null;
  /** as_int beyond 2^53, rounded to the nearest double. */
  readonly losesPrecision: boolean;
};

export type HistogramPoint = PointCommon & {
  readonly count: bigint;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** One more than the bounds, or both empty. Bucket i holds values in (bounds[i - 1], bounds[i]]. */
  readonly bucketCounts: readonly bigint[];
  readonly explicitBounds: readonly number[];
};

/** Bucket i counts values in (base^(offset + i), base^(offset + i + 1)], base = 2^(2^-scale). */
export type ExponentialBuckets = { readonly offset: number; readonly bucketCounts: readonly bigint[] };

export type ExponentialHistogramPoint = PointCommon & {
  readonly count: bigint;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly scale: number;
  readonly zeroCount: bigint;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
};

/** Quantiles without the distribution. */
export type SummaryPoint = PointCommon & {
  readonly count: bigint;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
};

export type MetricPoints =
  | { readonly kind: 'gauge'; readonly points: readonly NumberPoint[] }
  | { readonly kind: 'sum'; readonly points: readonly NumberPoint[]; readonly temporality: Temporality; readonly isMonotonic: boolean }
  | { readonly kind: 'histogram'; readonly points: readonly HistogramPoint[]; readonly temporality: Temporality }
  | { readonly kind: 'exponentialHistogram'; readonly points: readonly ExponentialHistogramPoint[]; readonly temporality: Temporality }
  | { readonly kind: 'summary'; readonly points: readonly SummaryPoint[] }
  /** A metric without points, or of a kind that this service does not know yet. */
  | { readonly kind: 'none'; readonly points: readonly [] };

export type Metric = { readonly name: string; readonly unit: string; readonly data: MetricPoints };
export type Scope = { readonly name: string; readonly version: string; readonly attributes: Attributes };
export type ScopeMetrics = { readonly scope: Scope; readonly metrics: readonly Metric[] };
export type ResourceMetrics = { readonly resource: Attributes; readonly scopeMetrics: readonly ScopeMetrics[] };
/** ExportMetricsServiceRequest. */
export type MetricsRequest = { readonly resourceMetrics: readonly ResourceMetrics[] };

export const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

export type Span = {
  /**
   * Lower-case hex: 32 and 16 digits; '' for a parent that was not sent. The protocol calls a span without a trace or span id invalid, and an id
   * of zeros is none: both come as '' here, for whoever maps to reject that span.
   */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  /** W3C trace flags in the low byte; bit 8: whether the parent is remote is known, bit 9: it is. */
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly status: 'unset' | 'ok' | 'error';
};

export type ScopeSpans = { readonly scope: Scope; readonly spans: readonly Span[] };
export type ResourceSpans = { readonly resource: Attributes; readonly scopeSpans: readonly ScopeSpans[] };
/** ExportTraceServiceRequest. */
export type TracesRequest = { readonly resourceSpans: readonly ResourceSpans[] };

/** How a request was encoded, and how its answer has to be. */
export const OTLP_ENCODINGS = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
export type OtlpEncoding = keyof typeof OTLP_ENCODINGS;

/** The request cannot be read: what, and where (`byte 117`, or a JSON pointer). Answered 400, which an exporter does not retry. */
export class OtlpDecodeError extends Error {
  readonly place: string;

  constructor(detail: string, place: string) {
    super(`${place}: ${detail}`);
    this.name = 'OtlpDecodeError';
    this.place = place;
  }
}
