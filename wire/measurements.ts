import type { QualityFlags, ReadingKind } from './payload.ts';
import type { SeriesDefinition } from './verdict.ts';

/**
 * The station between the store and the engine: what ClickHouse aggregated per run, series and repetition. Logarithms are natural and
 * **oriented**: larger is worse (the negative of ln for `better: higher`; plain ln for `either`), so the engine never looks at a direction twice.
 */
export const REPETITION_STATISTICS = ['centre', 'p50', 'p90', 'p99', 'p99Smoothed', 'p999', 'p999Smoothed', 'maximum'] as const;
export type RepetitionStatistic = (typeof REPETITION_STATISTICS)[number];

/** Samples of one repetition of one series. */
export type SampleRepetition = {
  readonly repetition: number;
  readonly sampleCount: number;
  /** Samples that are zero or negative; with any, the logarithms are null. */
  readonly notPositiveCount: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Oriented ln of each statistic; null when it does not exist for these samples. */
  readonly statistics: Readonly<Record<RepetitionStatistic, number | null>>;
  /** Variance of the statistic over 5 contiguous batches, divided by 5 (VERDICTS 3.1); null with fewer than 10 samples, or when a batch lacks it. */
  readonly batchVariances: Readonly<Record<RepetitionStatistic, number | null>>;
  /** Distinct paths the activations took, ascending; empty where the tool names none. */
  readonly paths: readonly string[];
  readonly quality: QualityFlags;
};

/** A number that stands for a whole repetition (kind `total`), an increase, a counter's standing, or a bound. Order is that of measuring. */
export type Reading = {
  readonly repetition: number;
  readonly kind: ReadingKind;
  /** In the series' unit; null when the tool printed none (see quality). */
  readonly value: number | null;
  readonly atNs: string | null;
  readonly exposureS: number | null;
  readonly probability: number | null;
  readonly tool: string | null;
  readonly quality: QualityFlags;
};

/** Histogram of one repetition, merged over its payloads. `edges` ascending, length = counts + 1; the last may be Infinity. */
export type HistogramRepetition = {
  readonly repetition: number;
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly scheme: string;
  readonly quality: QualityFlags;
};

/** Everything one run has for one series. Arrays are empty where the kind of value does not apply. */
export type SeriesMeasurement = {
  readonly runId: string;
  readonly series: SeriesDefinition;
  /** True when payloads of the run disagree on unit, better, assume or kind. */
  readonly conflicting: boolean;
  readonly samples: readonly SampleRepetition[];
  readonly readings: readonly Reading[];
  readonly histograms: readonly HistogramRepetition[];
};
