import { REPETITION_STATISTICS, type RepetitionStatistic } from '../wire/measurements.ts';

/**
 * SQL of the repetition statistics (VERDICTS.md section 3.1). Input columns: `m`, samples ascending as measured, `n` of them; `sign`, -1 when
 * higher is better, else 1. "Larger = worse" is `m` itself, or its reciprocals from the end when higher is better. NaN stands for "does not exist".
 */

/** Sample at `place` (from 1) in the order in which larger is worse. */
const worseAt = (place: string) => `if(sign < 0, 1 / m[n + 1 - ${place}], m[${place}])`;

/** Quantile p, larger = worse: Hyndman–Fan type 7, as ClickHouse's quantileExactInclusive. */
function quantile(p: number): string {
  const below = `toInt64(floor((n - 1) * ${p}))`;
  const lower = worseAt(`(1 + ${below})`);
  return `(${lower} + ((n - 1) * ${p} - ${below}) * (${worseAt(`least(n, 2 + ${below})`)} - ${lower}))`;
}

/** Interquartile mean of `m`: the mean of the middle half, with fractional ends. */
const INTERQUARTILE_MEAN = `if(n < 2, m[1], (arraySum(arraySlice(m, toUInt64(ceil(n / 4)) + 1, toInt64(floor(3 * n / 4)) - toInt64(ceil(n / 4))))
  + (ceil(n / 4) - n / 4) * m[toUInt64(floor(n / 4)) + 1]
  + (3 * n / 4 - floor(3 * n / 4)) * m[least(n, toUInt64(floor(3 * n / 4)) + 1)]) / (n / 2))`;

/**
 * Quantile p of `s` with its top k values smoothed by a generalised Pareto tail fitted by probability-weighted moments (Hosking & Wallis 1987).
 * Without k + 1 samples it does not exist; a flat tail (mean excess 0) is its threshold.
 */
const smoothedQuantile = (p: number) => `multiIf(n <= k, nan, a0 <= 0, u,
  abs(xi) < 1e-9, u + a0 * (1 - xi) * log(k / n / (1 - ${p})),
  u + a0 * (1 - xi) * (pow(k / n / (1 - ${p}), xi) - 1) / xi)`;

const STATISTIC_VALUE: Readonly<Record<RepetitionStatistic, string>> = {
  centre: INTERQUARTILE_MEAN,
  p50: quantile(0.5),
  p90: quantile(0.9),
  p99: quantile(0.99),
  p99Smoothed: smoothedQuantile(0.99),
  p999: quantile(0.999),
  p999Smoothed: smoothedQuantile(0.999),
  maximum: worseAt('n'),
};

const ln = (value: string) => `if(isFinite(${value}) AND ${value} > 0, log(${value}), nan)`;

/**
 * One column a statistic: its oriented logarithm, which does not exist as soon as one sample of the repetition is zero or negative. The centre
 * is taken of the samples as measured, hence its sign.
 */
const LOG_COLUMNS = REPETITION_STATISTICS.map(
  (statistic) => `if(not_positive > 0, nan, ${statistic === 'centre' ? 'sign * ' : ''}${ln(`value_${statistic}`)}) AS ln_${statistic}`,
).join(',\n  ');

const VALUE_COLUMNS = REPETITION_STATISTICS.map((statistic) => `${STATISTIC_VALUE[statistic]} AS value_${statistic}`).join(',\n  ');

/** Five contiguous stretches of the samples, of equal length. They are cut before the rows are multiplied: copies of whole repetitions cost most. */
const FIFTHS = [0, 1, 2, 3, 4].map((fifth) => `arraySlice(v, 1 + ${fifth} * width, width)`).join(', ');

/** ClickHouse answers 0 for the variance of NaN, so batches without the statistic are looked for: nothing would seem to vary. */
const FOLD_COLUMNS = REPETITION_STATISTICS.map(
  (statistic) => `anyIf(ln_${statistic}, batch = 0) AS ln_${statistic}_all,
  if(any(size) < 10 OR countIf(batch > 0 AND isNaN(ln_${statistic})) > 0, nan, varSampIf(ln_${statistic}, batch > 0) / 5) AS v_${statistic}`,
).join(',\n  ');

/**
 * Folds rows (run_id, series_id, repetition, v: samples in order of measuring, sign) into one row per repetition: counts, extremes, oriented
 * logarithms `ln_<statistic>_all` and batch variances `v_<statistic>` over 5 contiguous batches of equal size; up to four samples at the
 * end are in no batch.
 * @param repetitions a SELECT that yields those five columns
 */
export function selectRepetitionStatistics(repetitions: string): string {
  return `SELECT run_id, series_id, repetition, any(size) AS sample_count, any(not_positive) AS not_positive_count,
  anyIf(lowest, batch = 0) AS minimum, anyIf(highest, batch = 0) AS maximum,
  ${FOLD_COLUMNS}
FROM (
SELECT run_id, series_id, repetition, batch, size, not_positive, m[1] AS lowest, m[n] AS highest,
  ${LOG_COLUMNS}
FROM (
SELECT *,
  ${VALUE_COLUMNS}
FROM (
SELECT *, toInt64(greatest(20, round(0.1 * n))) AS k, if(n > k, ${worseAt('(n - k)')}, nan) AS u,
  arrayMap(x -> x - u, if(sign < 0, arrayReverse(arrayMap(x -> 1 / x, arraySlice(m, 1, k))), arraySlice(m, -k))) AS e, arrayAvg(e) AS a0,
  arraySum((x, i) -> x * (k - i + 0.35) / k, e, arrayEnumerate(e)) / k AS a1, least(0.5, greatest(-0.5, 2 - a0 / (a0 - 2 * a1))) AS xi
FROM (
SELECT run_id, series_id, repetition, sign, place - 1 AS batch, size, not_positive, arraySort(part) AS m, toInt64(length(m)) AS n
FROM (
SELECT run_id, series_id, repetition, sign, length(v) AS size, intDiv(size, 5) AS width, arrayCount(x -> x <= 0, v) AS not_positive,
  if(size < 10, [v], [v, ${FIFTHS}]) AS parts
FROM (${repetitions})
) ARRAY JOIN parts AS part, arrayEnumerate(parts) AS place
))))
GROUP BY run_id, series_id, repetition`;
}
