import type { RepetitionStatistic, SeriesMeasurement } from '../../wire/measurements.ts';
import { STATISTICS, type Statistic } from '../../wire/policy.ts';
import type { Finding, Reason, ReasonCode } from '../../wire/verdict.ts';
import { DEFAULT_TOLERANCES, findPolicyTolerance, type Tolerance } from '../compare/tolerances.ts';
import { createFinding } from '../finding.ts';
import type { Judging } from '../judging.ts';
import type { SeriesPair } from '../pair-series.ts';
import { checkStarved, countRepetitions, type Entry, selectHistory } from './entry.ts';
import { type RunValues, toSampleValues, toTotalLogs, toTotalValues } from './repetition-values.ts';

/** What a pair gives before comparing: entries to compare, and findings where a gate already decided. */
export type Prepared = { readonly entries: readonly Entry[]; readonly findings: readonly Finding[] };

/** Samples per repetition from which the raw quantile beats the smoothed one (VERDICTS 3.1). */
const RAW_P99_SAMPLES = 20_000;
const RAW_P999_SAMPLES = 100_000;

/** Reasons that make a whole side unfit, not just the repetition that carries them: dropping those repetitions would choose the data. */
const BLOCKING: readonly ReasonCode[] = ['not_positive', 'quality'];

type Column = { readonly column: RepetitionStatistic; readonly minimumSampleCount: number; readonly estimator: string };

/**
 * Prepares a series of samples: its centre, and where there is a better direction its p90, p99 and p99.9.
 *
 * A tail is judged where the golden runs can carry it (half of their repetitions have the samples the statistic needs) or a policy states
 * a tolerance for exactly that statistic; otherwise it is left out, not inconclusive: a suite of 50 samples a repetition has a centre and
 * no p99, and that is not a fault of tonight's run. p99.9 without such a tolerance also stays out when the candidate has too few samples
 * for it or the noise is larger than the tolerance. The centre is never left out.
 */
export function prepareLocation(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging): Prepared {
  const statistics: readonly Statistic[] = pair.series.better === 'either' ? ['centre'] : STATISTICS;
  const entries: Entry[] = [];
  const findings: Finding[] = [];
  for (const statistic of statistics) {
    const column = chooseColumn(statistic, countFewestSamples([candidate, ...pair.baseline]));
    const stated = findPolicyTolerance(judging.policy, {
      suite: judging.suite,
      region: pair.series.region,
      metric: pair.series.metric,
      statistic,
    });
    const explicit = isStatedFor(judging, pair, statistic);
    const toValues = (run: SeriesMeasurement): RunValues => toSampleValues(run, column.column, column.minimumSampleCount);
    const baseline = pair.baseline.map(toValues);
    if (statistic !== 'centre' && !explicit && !canCarry(baseline)) continue;
    const entry: Entry = {
      pair,
      family: statistic === 'centre' ? 'center' : 'tail',
      statistic,
      shape: 'samples',
      estimator: column.estimator,
      baseline,
      history: selectHistory(judging, pair, { shape: 'samples', statistic }, toValues),
      candidate: toValues(candidate),
      tolerance: stated ?? DEFAULT_TOLERANCES[statistic],
      optional: statistic === 'p999' && !explicit,
      resolutionLimited: false,
      commonModeRemoved: false,
      withheld: [],
    };
    const gated = gateEntry(entry);
    if (!('status' in gated)) entries.push(gated);
    else if (!entry.optional) findings.push(gated);
  }
  return { entries, findings };
}

/** Prepares a series of totals, one number a repetition: its centre. */
export function prepareTotal(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging): Prepared {
  const { region, metric, better } = pair.series;
  const stated: Tolerance | undefined = findPolicyTolerance(judging.policy, { suite: judging.suite, region, metric, statistic: 'centre' });
  const toValues = (run: SeriesMeasurement): RunValues => toTotalLogs(toTotalValues(run), better);
  const gated = gateEntry({
    pair,
    family: 'center',
    statistic: 'centre',
    shape: 'total',
    estimator: 'mean of the repetitions’ totals (geometric)',
    baseline: pair.baseline.map(toValues),
    history: selectHistory(judging, pair, { shape: 'total', statistic: 'centre' }, toValues),
    candidate: toValues(candidate),
    tolerance: stated ?? DEFAULT_TOLERANCES.centre,
    optional: false,
    resolutionLimited: false,
    commonModeRemoved: false,
    withheld: [],
  });
  return 'status' in gated ? { entries: [], findings: [gated] } : { entries: [gated], findings: [] };
}

/** Lets an entry through when both sides have a usable repetition, else answers the inconclusive finding that says why not. */
export function gateEntry(entry: Entry): Entry | Finding {
  const baselineReasons = entry.baseline.flatMap((run) => run.reasons);
  const reasons = [...entry.candidate.reasons, ...baselineReasons];
  const blocking = reasons.filter((reason) => BLOCKING.includes(reason.code));
  const empty = countRepetitions(entry.baseline) === 0 || entry.candidate.values.length === 0;
  if (blocking.length === 0 && !empty) {
    const starved = checkStarved(entry.baseline, entry.candidate);
    return starved === null ? entry : { ...entry, withheld: [...entry.withheld, starved] };
  }
  return createFinding(
    { series: entry.pair.series, family: entry.family, statistic: entry.statistic },
    {
      gated: !isBlindAlike(entry),
      tolerance: entry.tolerance,
      sampleCount: entry.candidate.values.reduce((sum, value) => sum + value.sampleCount, 0),
      repetitionCount: entry.candidate.repetitionCount,
      evidence: { mode: 'golden', estimator: entry.estimator },
      reasons: summariseReasons(blocking.length > 0 ? blocking : reasons),
    },
  );
}

/** The baseline could not count this either: the machine lacks it, and tonight's run is not to blame. */
function isBlindAlike(entry: Entry): boolean {
  const codes = entry.baseline.flatMap((run) => run.reasons.map((reason) => reason.code));
  const blind = codes.length > 0 && codes.every((code) => code === 'not_counted' || code === 'not_supported' || code === 'quality');
  return blind && countRepetitions(entry.baseline) === 0;
}

/** One reason per code, with the first detail and how many more there are. */
export function summariseReasons(reasons: readonly Reason[]): readonly Reason[] {
  const byCode = new Map<ReasonCode, { readonly first: string; readonly count: number }>();
  for (const { code, detail } of reasons) {
    const known = byCode.get(code);
    byCode.set(code, { first: known?.first ?? detail, count: (known?.count ?? 0) + 1 });
  }
  return [...byCode].map(([code, { first, count }]) => ({ code, detail: count === 1 ? first : `${first} and ${count - 1} more` }));
}

function canCarry(baseline: readonly RunValues[]): boolean {
  const measured = baseline.reduce((sum, run) => sum + run.repetitionCount, 0);
  return measured > 0 && countRepetitions(baseline) >= measured / 2;
}

function isStatedFor(judging: Judging, pair: SeriesPair, statistic: Statistic): boolean {
  return (judging.policy.tolerances ?? []).some(
    (row) =>
      row.statistic === statistic &&
      (row.metric ?? pair.series.metric) === pair.series.metric &&
      (row.region ?? pair.series.region) === pair.series.region &&
      (row.suite ?? judging.suite) === judging.suite,
  );
}

function countFewestSamples(measurements: readonly SeriesMeasurement[]): number {
  const counts = measurements.flatMap((measurement) => measurement.samples.map((repetition) => repetition.sampleCount));
  return counts.reduce((fewest, count) => Math.min(fewest, count), Number.POSITIVE_INFINITY);
}

/** The same statistic for both sides; gates are those of VERDICTS 3 (p90: ten samples beyond it). */
function chooseColumn(statistic: Statistic, fewestSamples: number): Column {
  switch (statistic) {
    case 'centre':
      return { column: 'centre', minimumSampleCount: 30, estimator: 'mean of the middle half' };
    case 'p90':
      return { column: 'p90', minimumSampleCount: 100, estimator: 'p90' };
    case 'p99':
      return fewestSamples >= RAW_P99_SAMPLES
        ? { column: 'p99', minimumSampleCount: 1000, estimator: 'p99' }
        : { column: 'p99Smoothed', minimumSampleCount: 200, estimator: 'smoothed p99' };
    case 'p999':
      return fewestSamples >= RAW_P999_SAMPLES
        ? { column: 'p999', minimumSampleCount: 10_000, estimator: 'p99.9' }
        : { column: 'p999Smoothed', minimumSampleCount: 1000, estimator: 'smoothed p99.9' };
    default:
      return statistic satisfies never;
  }
}
