import { at } from '../../../analysis/compare/at.ts';
import type { HistogramRepetition, Reading, RepetitionStatistic, SampleRepetition, SeriesMeasurement } from '../../../wire/measurements.ts';
import type { SeriesDefinition } from '../../../wire/verdict.ts';

/** A series definition; region and metric name it. */
export function createSeries(overrides: Partial<SeriesDefinition> = {}): SeriesDefinition {
  const base: SeriesDefinition = {
    seriesId: '',
    region: 'kernel',
    metric: 'latency',
    nativeMetric: 'latency',
    unit: 'ns',
    better: 'lower',
    assume: 'sampled',
    judgedAs: 'location',
    labels: {},
    valueKind: 'samples',
  };
  const series = { ...base, ...overrides };
  const labels = Object.entries(series.labels).map(([name, value]) => `${name}=${value}`);
  return { ...series, seriesId: overrides.seriesId ?? [series.region, series.metric, ...labels].join(' ') };
}

/** What ClickHouse would aggregate from raw samples of each repetition (repetitions 1, 2, …). */
export function measureSamples(runId: string, series: SeriesDefinition, repetitions: readonly (readonly number[])[]): SeriesMeasurement {
  const samples = repetitions.map((values, i) => aggregate(values, i + 1, series.better === 'higher' ? -1 : 1));
  return { runId, series, conflicting: false, samples, readings: [], histograms: [] };
}

/** One reading of kind `total` per repetition. */
export function measureTotals(runId: string, series: SeriesDefinition, totals: readonly (number | null)[]): SeriesMeasurement {
  const readings = totals.map((value, i) => createReading({ repetition: i + 1, kind: 'total', value }));
  return { runId, series: { ...series, valueKind: 'total' }, conflicting: false, samples: [], readings, histograms: [] };
}

/** Readings as given. */
export function measureReadings(runId: string, series: SeriesDefinition, readings: readonly Partial<Reading>[]): SeriesMeasurement {
  return { runId, series, conflicting: false, samples: [], readings: readings.map(createReading), histograms: [] };
}

/** Histograms as given. */
export function measureHistograms(runId: string, series: SeriesDefinition, histograms: readonly HistogramRepetition[]): SeriesMeasurement {
  return { runId, series: { ...series, valueKind: 'histogram' }, conflicting: false, samples: [], readings: [], histograms };
}

function createReading(overrides: Partial<Reading>): Reading {
  return {
    repetition: 1,
    kind: 'total',
    value: null,
    atNs: null,
    exposureS: null,
    probability: null,
    tool: null,
    quality: [],
    ...overrides,
  };
}

/** Statistics of VERDICTS 3.1 of one repetition's samples, logs oriented by `sign`. */
export function aggregate(values: readonly number[], repetition: number, sign: number): SampleRepetition {
  const sorted = [...values].sort((a, b) => a - b);
  const notPositiveCount = values.filter((value) => value <= 0).length;
  const statistics = notPositiveCount > 0 || values.length === 0 ? null : toLogs(sorted, sign);
  const length = Math.floor(values.length / 5);
  const batches = [0, 1, 2, 3, 4].map((batch) => values.slice(batch * length, batch === 4 ? values.length : (batch + 1) * length));
  const batchLogs =
    statistics === null || values.length < 10
      ? []
      : batches.map((batch) =>
          toLogs(
            [...batch].sort((a, b) => a - b),
            sign,
          ),
        );
  const toVariance = (statistic: RepetitionStatistic): number | null => {
    const logs = batchLogs.map((one) => one[statistic]).filter((log) => log !== null);
    return logs.length === 5 ? computeVariance(logs) / 5 : null;
  };
  return {
    repetition,
    sampleCount: values.length,
    notPositiveCount,
    minimum: sorted[0] ?? 0,
    maximum: sorted[sorted.length - 1] ?? 0,
    statistics: statistics ?? NO_STATISTICS,
    batchVariances: batchLogs.length === 0 ? NO_STATISTICS : toRecord(toVariance),
    paths: [],
    quality: [],
  };
}

const NO_STATISTICS = toRecord(() => null);

function toRecord(compute: (statistic: RepetitionStatistic) => number | null): Readonly<Record<RepetitionStatistic, number | null>> {
  return {
    centre: compute('centre'),
    p50: compute('p50'),
    p90: compute('p90'),
    p99: compute('p99'),
    p99Smoothed: compute('p99Smoothed'),
    p999: compute('p999'),
    p999Smoothed: compute('p999Smoothed'),
    maximum: compute('maximum'),
  };
}

function toLogs(sorted: readonly number[], sign: number): Readonly<Record<RepetitionStatistic, number | null>> {
  const log = (value: number | null): number | null => (value === null || !(value > 0) ? null : sign * Math.log(value));
  // The tail of a metric whose higher values are better is its low end.
  const tail = sign === 1 ? sorted : sorted.map((value) => 1 / value).reverse();
  const tailLog = (value: number | null): number | null => (value === null || !(value > 0) ? null : Math.log(value));
  return {
    centre: log(computeInterquartileMean(sorted)),
    p50: log(computeQuantile(sorted, 0.5)),
    p90: tailLog(computeQuantile(tail, 0.9)),
    p99: tailLog(computeQuantile(tail, 0.99)),
    p99Smoothed: tailLog(computeSmoothedQuantile(tail, 0.99)),
    p999: tailLog(computeQuantile(tail, 0.999)),
    p999Smoothed: tailLog(computeSmoothedQuantile(tail, 0.999)),
    maximum: tailLog(tail[tail.length - 1] ?? null),
  };
}

/** Mean of the middle half, the ends weighted by the fraction of them inside. */
export function computeInterquartileMean(sorted: readonly number[]): number {
  const low = sorted.length / 4;
  const high = sorted.length - low;
  const weighted = sorted.reduce((sum, value, i) => sum + value * Math.max(0, Math.min(i + 1, high) - Math.max(i, low)), 0);
  return weighted / (high - low);
}

/** Hyndman-Fan type 7. */
export function computeQuantile(sorted: readonly number[], probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = at(sorted, below);
  return low + (position - below) * ((sorted[below + 1] ?? low) - low);
}

/** Generalised Pareto tail by probability-weighted moments over the top tenth (VERDICTS 3.1); null with too few samples. */
export function computeSmoothedQuantile(sorted: readonly number[], probability: number): number | null {
  const count = sorted.length;
  const k = Math.max(20, Math.round(0.1 * count));
  if (count <= k) return null;
  const threshold = at(sorted, count - k - 1);
  const excesses = sorted.slice(count - k).map((value) => value - threshold);
  const first = excesses.reduce((sum, excess) => sum + excess, 0) / k;
  const second = excesses.reduce((sum, excess, i) => sum + (excess * (k - (i + 1) + 0.35)) / k, 0) / k;
  const shape = Math.min(0.5, Math.max(-0.5, 2 - first / (first - 2 * second)));
  const scale = first * (1 - shape);
  const ratio = k / count / (1 - probability);
  return threshold + (Math.abs(shape) < 1e-9 ? scale * Math.log(ratio) : (scale * (ratio ** shape - 1)) / shape);
}

function computeVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
