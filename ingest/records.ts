import type { Assume, Better, JudgedAs } from '../wire/metrics.ts';
import type { ReadingKind, ValueKind } from '../wire/payload.ts';
import type { Quality } from '../wire/quality.ts';

/**
 * What a parser makes of a payload: records, each knowing the line it came from. Values are already in base units (wire/units.ts); a value the
 * tool did not print is null with a quality flag, never a number.
 */

/** A series as a parser sees it; its id follows from project, suite, region, metric and labels when rows are made. */
export type RecordSeries = {
  readonly region: string;
  readonly metric: string;
  readonly nativeMetric: string;
  readonly unit: string;
  readonly better: Better;
  readonly assume: Assume;
  readonly judgedAs: JudgedAs;
  readonly valueKind: ValueKind;
  /** Part of the identity: what tells two series of one machine apart (gpu, link, cpu, path), never host names or serial numbers. */
  readonly labels: Readonly<Record<string, string>>;
  /** Kept beside the series, not part of its identity: uuid, host name, model. */
  readonly attributes: Readonly<Record<string, string>>;
};

/**
 * Values of one series and repetition in the order they were measured; `atNs`, `paths` and `inputs` are empty or as long as `values`. Path and
 * input class belong to an activation, not to the series: a worst case is that of the task, and the order among its paths matters.
 */
export type SamplesRecord = {
  readonly kind: 'samples';
  readonly series: RecordSeries;
  readonly repetition: number;
  readonly values: readonly number[];
  readonly atNs: readonly bigint[] | BigInt64Array;
  readonly paths?: readonly string[];
  readonly inputs?: readonly string[];
  readonly quality: readonly Quality[];
  readonly line: number;
};

/** One number: an aggregate of the repetition, an increase, a counter's standing, or a bound. */
export type ReadingRecord = {
  readonly kind: 'reading';
  readonly series: RecordSeries;
  readonly repetition: number;
  readonly reading: ReadingKind;
  readonly value: number | null;
  readonly atNs: bigint | null;
  readonly exposureS: number | null;
  readonly probability: number | null;
  readonly tool: string | null;
  readonly quality: readonly Quality[];
  readonly line: number;
};

/**
 * Standings, or increases, of one counter and repetition in the order of time: as so many of `ReadingRecord` with a number, a time and no flags
 * of their own. `atNs` is as long as `values`; `exposureS`, seconds, is empty or as long.
 */
export type ReadingsRecord = {
  readonly kind: 'readings';
  readonly series: RecordSeries;
  readonly repetition: number;
  readonly reading: 'cumulative' | 'delta';
  readonly values: readonly number[];
  readonly atNs: readonly bigint[] | BigInt64Array;
  readonly exposureS: readonly number[];
  readonly quality: readonly Quality[];
  /** Of the first. */
  readonly line: number;
};

/** How the buckets were cut; `exponential` as OTLP does, base 2^(2^-scale), several hundred to a decade. */
export type HistogramScheme = 'log2' | 'log2k' | 'linear' | 'explicit' | 'exponential';

/**
 * The counts are a cumulative standing, as Prometheus and cumulative OTLP give it: what a run measured is the growth between standings of one
 * origin. `sinceNs` names the origin (the counter's start), null when nothing says; `atNs` of the record orders the standings.
 */
export type HistogramStanding = { readonly sinceNs: bigint | null };

/** Buckets [edges[i], edges[i+1]) with counts[i]; edges ascending, one more than counts; the last edge may be Infinity, the first -Infinity. */
export type HistogramRecord = {
  readonly kind: 'histogram';
  readonly series: RecordSeries;
  readonly repetition: number;
  readonly scheme: HistogramScheme;
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number | null;
  readonly atNs: bigint | null;
  /** Absent: these counts are this histogram's own. */
  readonly standing?: HistogramStanding;
  readonly quality: readonly Quality[];
  readonly line: number;
};

/** Count, sum and what else a tool printed of a distribution it did not keep. */
export type SummaryRecord = {
  readonly kind: 'summary';
  readonly series: RecordSeries;
  readonly repetition: number;
  readonly count: number;
  readonly sum: number | null;
  readonly mean: number | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly quality: readonly Quality[];
  readonly line: number;
};

/** Something that happened once, with the words the machine used. */
export type EventRecord = {
  readonly kind: 'event';
  readonly repetition: number;
  /** Dotted name: kernel.oops, kernel.panic, gpu.xid. */
  readonly code: string;
  readonly atNs: bigint | null;
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly line: number;
};

/**
 * One operation of one request, kept with its trace so that the host and the device side of a request can be linked, whichever payload they
 * came in. Its duration is a sample of its own series beside this.
 */
export type SpanRecord = {
  readonly kind: 'span';
  readonly repetition: number;
  /** Lower-case hex, 32 and 16 digits; no parent is ''. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly operation: string;
  readonly service: string;
  /** `device` when the span says that it ran on a GPU or another accelerator. */
  readonly side: 'host' | 'device';
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly failed: boolean;
  /** Where a request enters: the series of its time on the device and off it. Absent on all other spans. */
  readonly request?: { readonly deviceTime: RecordSeries; readonly hostTime: RecordSeries };
  readonly line: number;
};

/** What formats make. */
export type IngestRecord = SamplesRecord | ReadingRecord | HistogramRecord | SummaryRecord | EventRecord;
/** What becomes rows: spans and stretches of readings come only by OTLP. */
export type StoredRecord = IngestRecord | ReadingsRecord | SpanRecord;
