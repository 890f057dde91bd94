import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Finding, Reason } from '../../wire/verdict.ts';
import { computeMedian } from '../compare/averages.ts';
import { HISTORY_MINIMUM_RUNS } from '../compare/run-component.ts';
import { findPolicyTolerance } from '../compare/tolerances.ts';
import { createFinding } from '../finding.ts';
import type { Judging } from '../judging.ts';
import { summariseReasons } from '../location/judge-location.ts';
import { toTotalValues } from '../location/repetition-values.ts';
import { isSameDefinition, type SeriesPair } from '../pair-series.ts';
import type { RateTolerance } from './decide-rate.ts';
import { type RunEvents, toRunEvents } from './exposure.ts';
import type { RateCounts } from './rate-test.ts';

/** Any significant increase drifts, one by 5 % regresses (VERDICTS 8). */
const DEFAULT_RATE_TOLERANCE = { drift: 0, regression: 0.05 } as const;
/** A counter with both sides' events and exposures, ready to test. */
export type RateEntry = {
  readonly pair: SeriesPair;
  readonly counts: RateCounts;
  /** What an exposure of 1 means. */
  readonly exposureUnit: 's' | 'repetition';
  readonly tolerance: RateTolerance;
  /** Accepted runs whose events count beside the golden ones; empty without five of them. */
  readonly historyRunIds: readonly string[];
  /** The same counter against the golden runs alone, where history counts too. */
  readonly guard: RateEntry | null;
  readonly withheld: readonly Reason[];
};

/**
 * Prepares a counter: events and exposure of every repetition on both sides, or the inconclusive finding that says what is missing.
 * @param baseline events of the golden runs
 * @param candidate events of the run that is judged
 */
export function prepareRate(pair: SeriesPair, baseline: readonly RunEvents[], candidate: RunEvents, judging: Judging): RateEntry | Finding {
  const golden = baseline.flatMap((run) => run.repetitions);
  const all = [...golden, ...candidate.repetitions];
  const reasons = [...candidate.reasons, ...baseline.flatMap((run) => run.reasons)];
  const fatal = reasons.filter((reason) => reason.code !== 'counter_reset');
  if (golden.length === 0 || candidate.repetitions.length === 0)
    return toUntested(pair, candidate, fatal.length > 0 ? reasons : [toNoExposure()]);
  if (all.some((one) => one.exposureS === null)) return toUntested(pair, candidate, [toNoExposure(), ...reasons]);
  const resets = candidate.reasons.filter((reason) => reason.code === 'counter_reset');
  const entry: RateEntry = {
    pair,
    counts: {
      baseline: golden.map((one) => one.eventCount),
      candidate: candidate.repetitions.map((one) => one.eventCount),
      baselineExposures: golden.map((one) => one.exposureS ?? Number.NaN),
      candidateExposures: candidate.repetitions.map((one) => one.exposureS ?? Number.NaN),
    },
    exposureUnit: 's',
    tolerance: chooseTolerance(pair, judging),
    historyRunIds: [],
    guard: null,
    withheld: summariseReasons([...resets, ...checkStarvedExposure(baseline, candidate)]),
  };
  return withHistory(entry, selectCounts(pair, judging, toExposedCounts));
}

/** What an accepted run adds to a counter's baseline. */
type HistoryCounts = { readonly runId: string; readonly counts: readonly number[]; readonly exposures: readonly number[] };

/** Accepted runs that can be counted; the others are left out whole. */
function selectCounts(
  pair: SeriesPair,
  judging: Judging,
  toCounts: (measurement: SeriesMeasurement) => HistoryCounts | null,
): readonly HistoryCounts[] {
  return judging.history
    .select(pair.series.seriesId, null, () => true)
    .filter((measurement) => !measurement.conflicting && isSameDefinition(measurement.series, pair.series))
    .flatMap((measurement) => toCounts(measurement) ?? []);
}

function toExposedCounts(measurement: SeriesMeasurement): HistoryCounts | null {
  const { runId, repetitions, reasons } = toRunEvents(measurement);
  const exposures = repetitions.flatMap((one) => one.exposureS ?? []);
  if (reasons.length > 0 || repetitions.length === 0 || exposures.length < repetitions.length) return null;
  return { runId, counts: repetitions.map((one) => one.eventCount), exposures };
}

function toTotalCounts(measurement: SeriesMeasurement): HistoryCounts | null {
  const { runId, totals, reasons } = toTotalValues(measurement);
  const counts = totals.map((total) => total.value);
  if (reasons.length > 0 || counts.length === 0 || !counts.every((count) => Number.isSafeInteger(count) && count >= 0)) return null;
  return { runId, counts, exposures: counts.map(() => 1) };
}

function withHistory(entry: RateEntry, history: readonly HistoryCounts[]): RateEntry {
  if (history.length < HISTORY_MINIMUM_RUNS) return entry;
  const { counts } = entry;
  return {
    ...entry,
    counts: {
      ...counts,
      baseline: [...counts.baseline, ...history.flatMap((run) => run.counts)],
      baselineExposures: [...counts.baselineExposures, ...history.flatMap((run) => run.exposures)],
    },
    historyRunIds: history.map((run) => run.runId),
    guard: entry,
  };
}

/** The policy's tolerance for a counter, and whether the policy stated it. */
export function chooseTolerance(pair: SeriesPair, judging: Judging): RateTolerance {
  const { region, metric } = pair.series;
  const stated = findPolicyTolerance(judging.policy, { suite: judging.suite, region, metric, statistic: null });
  return { ...(stated ?? DEFAULT_RATE_TOLERANCE), stated: stated !== undefined };
}

/** The candidate watched for less than half of a golden run's usual time: too little to say that nothing happened. */
function checkStarvedExposure(baseline: readonly RunEvents[], candidate: RunEvents): readonly Reason[] {
  const sum = (run: RunEvents): number => run.repetitions.reduce((total, one) => total + (one.exposureS ?? 0), 0);
  const usual = computeMedian(baseline.filter((run) => run.repetitions.length > 0).map(sum));
  return sum(candidate) < usual / 2 ? [{ code: 'starved', detail: `watched for ${sum(candidate)} s, ${usual} s are usual` }] : [];
}

function toNoExposure(): Reason {
  return { code: 'no_exposure', detail: 'send `exposure`, or `at` with every reading of a cumulative counter' };
}

function toUntested(pair: SeriesPair, candidate: RunEvents, reasons: readonly Reason[]): Finding {
  const eventCount = candidate.repetitions.reduce((sum, one) => sum + one.eventCount, 0);
  return createFinding(
    { series: pair.series, family: 'rate', statistic: null },
    {
      candidate: candidate.repetitions.length > 0 ? eventCount : null,
      repetitionCount: candidate.repetitions.length,
      evidence: { mode: 'golden', eventCount },
      reasons: summariseReasons(reasons),
    },
  );
}

/** Prepares totals that are counts and hold a zero (no logarithm exists): a repetition is the exposure. Undefined when they are no counts. */
export function prepareCountTotals(
  pair: SeriesPair,
  totals: { readonly baseline: readonly number[]; readonly candidate: readonly number[] },
  judging: Judging,
): RateEntry | undefined {
  const all = [...totals.baseline, ...totals.candidate];
  const counts = all.every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!counts || totals.baseline.length === 0 || totals.candidate.length === 0) return undefined;
  const starved: Reason = { code: 'starved', detail: `${totals.candidate.length} repetitions, ${totals.baseline.length} are usual` };
  const usual = totals.baseline.length / Math.max(1, pair.baseline.length);
  const entry: RateEntry = {
    pair,
    counts: { ...totals, baselineExposures: totals.baseline.map(() => 1), candidateExposures: totals.candidate.map(() => 1) },
    exposureUnit: 'repetition',
    tolerance: chooseTolerance(pair, judging),
    historyRunIds: [],
    guard: null,
    withheld: totals.candidate.length < usual / 2 ? [starved] : [],
  };
  return withHistory(entry, selectCounts(pair, judging, toTotalCounts));
}
