import type { HistogramRepetition, SeriesMeasurement } from '../../wire/measurements.ts';
import { STATISTICS, type Statistic } from '../../wire/policy.ts';
import type { Reason } from '../../wire/verdict.ts';
import { DEFAULT_TOLERANCES, findPolicyTolerance } from '../compare/tolerances.ts';
import type { Judging } from '../judging.ts';
import { countRepetitions, type Entry, selectHistory } from '../location/entry.ts';
import { gateEntry, type Prepared } from '../location/judge-location.ts';
import { type RepetitionValue, type RunValues, UNFIT } from '../location/repetition-values.ts';
import type { SeriesPair } from '../pair-series.ts';
import { computeBucketCentre, computeBucketQuantile, computeCensoredQuantile, countValues, isFine } from './bucket-statistics.ts';
import { drawReferenceCurve } from './reference-curve.ts';
import { estimateShift } from './shift.ts';

/** Values a repetition needs for each statistic read from buckets: ten beyond the quantile (VERDICTS 3, gates for raw quantiles). */
const MINIMUM_COUNT: Readonly<Record<Statistic, number>> = { centre: 30, p90: 100, p99: 1000, p999: 10_000 };
const PROBABILITY: Readonly<Record<Exclude<Statistic, 'centre'>, number>> = { p90: 0.9, p99: 0.99, p999: 0.999 };
/** Fewer informative edges cannot carry a regression (VERDICTS 5). */
const INFORMATIVE_EDGES = 2;

/** How a repetition's histogram becomes one oriented logarithm; null when it cannot. */
type ToLog = (histogram: HistogramRepetition) => number | null;

/** Shares of the distribution that a statistic is read from. */
const RANGE: Readonly<Record<Statistic, readonly [number, number]>> = {
  centre: [0.25, 0.75],
  p90: [0.9, 0.9],
  p99: [0.99, 0.99],
  p999: [0.999, 0.999],
};

/**
 * Prepares a series of histograms. Fine buckets give centre and tails by interpolation, as raw samples would; coarse ones (powers of two)
 * give the shift of the whole distribution as their centre, and no tail: a quantile of a log2 histogram is known to a factor of 2.
 * With fewer than two informative edges a finding is a drift at most and never a pass; inconclusive, it is not gated.
 */
export function prepareHistograms(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging): Prepared {
  const histograms = [candidate, ...pair.baseline].flatMap((run) => run.histograms);
  if (histograms.every((histogram) => isFine(histogram, ...RANGE.centre))) return prepareFine(pair, candidate, judging);
  const golden = pair.baseline.flatMap((run) => run.histograms).filter((histogram) => countValues(histogram) > 0);
  return prepareCoarse(pair, candidate, judging, golden);
}

function prepareFine(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging): Prepared {
  const sign = pair.series.better === 'higher' ? -1 : 1;
  const statistics: readonly Statistic[] = pair.series.better === 'either' ? ['centre'] : STATISTICS;
  const prepared = statistics.map((statistic) => {
    const toLog: ToLog = (histogram) => {
      const [low, high] = sign === 1 ? RANGE[statistic] : mirrorRange(RANGE[statistic]);
      if (!isFine(histogram, low, high)) return null;
      const value = statistic === 'centre' ? computeBucketCentre(histogram) : computeTail(histogram, PROBABILITY[statistic], sign);
      return value === null || value <= 0 ? null : sign * Math.log(value);
    };
    return prepareStatistic({
      pair,
      candidate,
      judging,
      statistic,
      estimator: `${statistic} of fine buckets`,
      toLog,
      resolutionLimited: false,
    });
  });
  return { entries: prepared.flatMap((one) => one.entries), findings: prepared.flatMap((one) => one.findings) };
}

function mirrorRange([low, high]: readonly [number, number]): readonly [number, number] {
  return [1 - high, 1 - low];
}

/** The bad end: the upper tail, or the lower one where higher is better. */
function computeTail(histogram: HistogramRepetition, probability: number, sign: number): number | null {
  return computeBucketQuantile(histogram, sign === 1 ? probability : 1 - probability);
}

/** Without two edges that part the golden values there is no curve to shift: the interpolated centre then shows large moves only. */
function prepareCoarse(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging, golden: readonly HistogramRepetition[]): Prepared {
  const sign = pair.series.better === 'higher' ? -1 : 1;
  const curve = golden.length === 0 ? undefined : drawReferenceCurve(golden);
  // Shifts are relative to the golden curve; the level puts them in the series' unit for showing.
  const level = computeMiddle(golden);
  const toLog: ToLog = (histogram) => {
    if (curve !== undefined) return sign * (level + estimateShift(histogram, curve).log);
    const centre = computeBucketCentre(histogram);
    return centre === null || centre <= 0 ? null : sign * Math.log(centre);
  };
  const resolutionLimited = curve === undefined || curve.informativeEdgeCount < INFORMATIVE_EDGES;
  const estimator = curve === undefined ? 'interpolated centre of coarse buckets' : 'shift of coarse buckets';
  return prepareStatistic({ pair, candidate, judging, statistic: 'centre', estimator, toLog, resolutionLimited });
}

/** Natural log of the pooled golden median, by interpolation inside its bucket; 0 where it has none. */
function computeMiddle(golden: readonly HistogramRepetition[]): number {
  const logs = golden.flatMap((histogram) => {
    const middle = computeBucketQuantile(histogram, 0.5);
    return middle === null || middle <= 0 ? [] : [Math.log(middle)];
  });
  return logs.length === 0 ? 0 : logs.reduce((sum, log) => sum + log, 0) / logs.length;
}

type StatisticInput = {
  readonly pair: SeriesPair;
  readonly candidate: SeriesMeasurement;
  readonly judging: Judging;
  readonly statistic: Statistic;
  readonly estimator: string;
  readonly toLog: ToLog;
  readonly resolutionLimited: boolean;
};

function prepareStatistic(input: StatisticInput): Prepared {
  const { pair, candidate, judging, statistic, estimator, toLog, resolutionLimited } = input;
  const { region, metric } = pair.series;
  const stated = findPolicyTolerance(judging.policy, { suite: judging.suite, region, metric, statistic });
  const toValues = (run: SeriesMeasurement): RunValues => toRunValues(run, statistic, toLog);
  const baseline = pair.baseline.map(toValues);
  const measured = baseline.reduce((sum, run) => sum + run.repetitionCount, 0);
  if (statistic !== 'centre' && countRepetitions(baseline) < measured / 2) return { entries: [], findings: [] };
  const optional = statistic === 'p999' && stated === undefined;
  const own = censor(toValues(candidate), candidate, statistic, pair.series.better);
  const entry: Entry = {
    pair,
    family: statistic === 'centre' ? 'center' : 'tail',
    statistic,
    shape: 'histogram',
    estimator,
    baseline,
    history: selectHistory(judging, pair, { shape: 'histogram', statistic }, toValues),
    candidate: own.values,
    tolerance: stated ?? DEFAULT_TOLERANCES[statistic],
    optional,
    resolutionLimited,
    commonModeRemoved: false,
    withheld: own.withheld,
  };
  const gated = gateEntry(entry);
  if (!('status' in gated)) return { entries: [gated], findings: [] };
  return { entries: [], findings: optional ? [] : [gated] };
}

/**
 * A candidate whose tail has grown into the bucket without an upper end has at least that bucket's lower edge: enough to regress, never to
 * pass. Where higher is better the tail is the low end, which has no such bucket.
 */
function censor(
  values: RunValues,
  measurement: SeriesMeasurement,
  statistic: Statistic,
  better: SeriesPair['series']['better'],
): { readonly values: RunValues; readonly withheld: readonly Reason[] } {
  if (statistic === 'centre' || better !== 'lower') return { values, withheld: [] };
  const probability = PROBABILITY[statistic];
  const censored = measurement.histograms.flatMap((histogram): readonly RepetitionValue[] => {
    const edge = countValues(histogram) < MINIMUM_COUNT[statistic] ? null : computeCensoredQuantile(histogram, probability);
    if (edge === null || edge <= 0) return [];
    return [{ repetition: histogram.repetition, log: Math.log(edge), sampleCount: countValues(histogram), batchVariance: null }];
  });
  if (censored.length === 0) return { values, withheld: [] };
  const all = [...values.values, ...censored].sort((a, b) => a.repetition - b.repetition);
  const detail = `the ${statistic} of ${censored.length} repetitions lies beyond the last edge: at least the value shown`;
  return { values: { ...values, values: all }, withheld: [{ code: 'histogram_resolution', detail }] };
}

function toRunValues(measurement: SeriesMeasurement, statistic: Statistic, toLog: ToLog): RunValues {
  const values: RepetitionValue[] = [];
  const reasons: Reason[] = [];
  const notes: Reason[] = [];
  for (const histogram of [...measurement.histograms].sort((a, b) => a.repetition - b.repetition)) {
    const where = `repetition ${histogram.repetition}`;
    const flag = histogram.quality.find((one) => UNFIT.includes(one));
    if (flag !== undefined) {
      reasons.push({ code: 'quality', detail: `${where}: ${flag}` });
      continue;
    }
    // The shape of what was counted is right all the same: a quantile needs no total.
    if (histogram.quality.includes('counter_reset'))
      notes.push({ code: 'counter_reset', detail: `${where}: the interval in which the counter was reset is left out` });
    const sampleCount = countValues(histogram);
    const log = sampleCount < MINIMUM_COUNT[statistic] ? null : toLog(histogram);
    if (log !== null && Number.isFinite(log)) {
      values.push({ repetition: histogram.repetition, log, sampleCount, batchVariance: null });
    } else {
      const detail = `${where}: ${sampleCount} values, ${MINIMUM_COUNT[statistic]} are needed`;
      reasons.push({ code: sampleCount < MINIMUM_COUNT[statistic] ? 'too_few_samples' : 'histogram_resolution', detail });
    }
  }
  return { runId: measurement.runId, values, repetitionCount: measurement.histograms.length, reasons, notes };
}
