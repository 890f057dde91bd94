import type { OtlpSignal } from '../../wire/payload.ts';
import { decodeMetricsJson } from './decode-metrics-json.ts';
import { decodeMetricsProtobuf } from './decode-metrics-protobuf.ts';
import { decodeTracesJson } from './decode-traces-json.ts';
import { decodeTracesProtobuf } from './decode-traces-protobuf.ts';
import type { Attributes, ResourceMetrics, ResourceSpans } from './messages.ts';
import { type Bound, countPoints, type Mapped, type MappingContext, toMetricRecords } from './metrics-to-records.ts';
import { countSpans, toSpanRecords } from './traces-to-records.ts';

export { type ExportOutcome, encodeExportAnswer, encodeStatus, type OtlpStatus, toRpcCode } from './answers.ts';
export { OTLP_ENCODINGS, OtlpDecodeError, type OtlpEncoding } from './messages.ts';
export type { Bound, Mapped, MappingContext } from './metrics-to-records.ts';
export type { CounterOrigin, KnownOrigins } from './origins.ts';
export { Rejected, Rejections } from './rejections.ts';
export { bindResource, type ResourceBinding } from './resource.ts';
export { toEnvironmentFinding } from './resource-environment.ts';
export { SeriesCache } from './series-cache.ts';

/** One signal of the protocol: how its request is read, counted and made into records. `Content` is what one resource sends. */
export type Signal<Content extends { readonly resource: Attributes }> = {
  readonly kind: OtlpSignal;
  /** What is counted, in the plural. */
  readonly things: string;
  readonly decodeProtobuf: (bytes: Uint8Array) => readonly Content[];
  readonly decodeJson: (text: string) => readonly Content[];
  readonly count: (content: Content) => number;
  readonly toRecords: (bound: readonly Bound<Content>[], context: MappingContext) => Mapped;
};

export const METRICS_SIGNAL: Signal<ResourceMetrics> = {
  kind: 'metrics',
  things: 'data points',
  decodeProtobuf: (bytes) => decodeMetricsProtobuf(bytes).resourceMetrics,
  decodeJson: (text) => decodeMetricsJson(text).resourceMetrics,
  count: countPoints,
  toRecords: toMetricRecords,
};

export const TRACES_SIGNAL: Signal<ResourceSpans> = {
  kind: 'traces',
  things: 'spans',
  decodeProtobuf: (bytes) => decodeTracesProtobuf(bytes).resourceSpans,
  decodeJson: (text) => decodeTracesJson(text).resourceSpans,
  count: countSpans,
  toRecords: toSpanRecords,
};
