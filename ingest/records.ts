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

/** Buckets [edges[i], edges[i+1]) with counts[i]; edges ascending, one more than counts; the last edge may be Infinity, the first -Infinity. */
export type HistogramRecord = {
  readonly kind: 'histogram';
  readonly series: RecordSeries;
  readonly repetition: number;
  readonly scheme: 'log2' | 'log2k' | 'linear' | 'explicit';
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number | null;
  readonly atNs: bigint | null;
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

export type IngestRecord = SamplesRecord | ReadingRecord | HistogramRecord | SummaryRecord | EventRecord;
