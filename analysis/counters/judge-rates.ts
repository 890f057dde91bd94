import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Finding, Reason } from '../../wire/verdict.ts';
import { at } from '../compare/at.ts';
import { computeMedian } from '../compare/averages.ts';
import { adjustBenjaminiHochberg } from '../compare/benjamini-hochberg.ts';
import { findPolicyTolerance } from '../compare/tolerances.ts';
import { createFinding } from '../finding.ts';
import type { Judging } from '../judging.ts';
import { summariseReasons } from '../location/judge-location.ts';
import type { SeriesPair } from '../pair-series.ts';
import { decideRate, type RateTolerance, toRateProbabilities } from './decide-rate.ts';
import type { RunEvents } from './exposure.ts';
import {
  computeDetectableCount,
  computePearson,
  computeRateRatioInterval,
  createRateModel,
  type RateCounts,
  type RateModel,
} from './rate-test.ts';

/** Any significant increase drifts, one by 5 % regresses (VERDICTS 8). */
const DEFAULT_RATE_TOLERANCE = { drift: 0, regression: 0.05 } as const;
/** Level at which the detectable count is stated. */
const DETECTION_LEVEL = 0.05;

/** A counter with both sides' events and exposures, ready to test. */
export type RateEntry = {
  readonly pair: SeriesPair;
  readonly counts: RateCounts;
  /** What an exposure of 1 means. */
  readonly exposureUnit: 's' | 'repetition';
  readonly tolerance: RateTolerance;
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
  return {
    pair,
    counts: {
      baseline: golden.map((one) => one.eventCount),
      candidate: candidate.repetitions.map((one) => one.eventCount),
      baselineExposures: golden.map((one) => one.exposureS ?? Number.NaN),
      candidateExposures: candidate.repetitions.map((one) => one.exposureS ?? Number.NaN),
    },
    exposureUnit: 's',
    tolerance: chooseTolerance(pair, judging),
    withheld: summariseReasons([...resets, ...checkStarvedExposure(baseline, candidate)]),
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

/**
 * Tests all counters of a run together: they share dispersion and false discovery rate (VERDICTS 8).
 * @returns one finding per entry, in order
 */
export function judgeRates(entries: readonly RateEntry[]): readonly Finding[] {
  const familyDispersion = computeFamilyDispersion(entries);
  const models = entries.map((entry) => createRateModel(entry.counts, familyDispersion));
  const probabilities = entries.map((entry, i) => toRateProbabilities(at(models, i), entry.tolerance, entry.pair.series.better));
  const qWorse = adjustBenjaminiHochberg(probabilities.map((one) => one.worse));
  const qBetter = adjustBenjaminiHochberg(probabilities.map((one) => one.better));
  return entries.map((entry, i) => {
    const model = at(models, i);
    const interval = computeRateRatioInterval(model, 0.95);
    const said = decideRate({
      model,
      interval,
      detectableCount: computeDetectableCount(model, DETECTION_LEVEL),
      probabilities: at(probabilities, i),
      qWorse: at(qWorse, i),
      qBetter: at(qBetter, i),
      better: entry.pair.series.better,
      tolerance: entry.tolerance,
      withheld: entry.withheld,
    });
    return createFinding(
      { series: entry.pair.series, family: 'rate', statistic: null },
      {
        ...said,
        sampleCount: model.candidateCount,
        repetitionCount: entry.counts.candidate.length,
        evidence: { ...toEvidence(entry, model, interval, familyDispersion), ...said.evidence },
      },
    );
  });
}

/** Pooled Pearson dispersion over the counters with at least one event a repetition; 1 without any. */
function computeFamilyDispersion(entries: readonly RateEntry[]): number {
  let squares = 0;
  let df = 0;
  for (const { counts } of entries) {
    const values = [...counts.baseline, ...counts.candidate];
    if (values.reduce((sum, value) => sum + value, 0) < values.length) continue;
    const pearson = computePearson(counts);
    squares += pearson.squares;
    df += pearson.df;
  }
  return df === 0 ? 1 : Math.max(1, squares / df);
}

function toEvidence(
  entry: RateEntry,
  model: RateModel,
  interval: readonly [number, number],
  familyDispersion: number,
): Readonly<Record<string, unknown>> {
  return {
    mode: 'golden',
    provisional: true,
    exposureUnit: entry.exposureUnit,
    baselineCount: model.baselineCount,
    candidateCount: model.candidateCount,
    baselineExposure: model.baselineExposure,
    candidateExposure: model.candidateExposure,
    baselineRate: model.baselineCount / model.baselineExposure,
    candidateRate: model.candidateCount / model.candidateExposure,
    rateRatioCi95: interval.map((end) => (Number.isFinite(end) ? end : null)),
    dispersion: model.dispersion,
    familyDispersion,
    df: model.df,
    baselineCounts: entry.counts.baseline,
    candidateCounts: entry.counts.candidate,
  };
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
  return {
    pair,
    counts: { ...totals, baselineExposures: totals.baseline.map(() => 1), candidateExposures: totals.candidate.map(() => 1) },
    exposureUnit: 'repetition',
    tolerance: chooseTolerance(pair, judging),
    withheld: totals.candidate.length < usual / 2 ? [starved] : [],
  };
}

/** Events of a candidate in all, for limits that need no exposure. */
export function countEvents(events: RunEvents): number {
  return events.repetitions.reduce((sum, one) => sum + one.eventCount, 0);
}

/** Whether a measurement has readings that count events. */
export function hasEvents(measurement: SeriesMeasurement): boolean {
  return measurement.readings.some((reading) => reading.kind === 'delta' || reading.kind === 'cumulative');
}
