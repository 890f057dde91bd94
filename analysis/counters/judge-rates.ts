import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Finding } from '../../wire/verdict.ts';
import { at } from '../compare/at.ts';
import { adjustBenjaminiHochberg } from '../compare/benjamini-hochberg.ts';
import { createFinding } from '../finding.ts';
import { GUARDED } from '../location/explain.ts';
import { decideRate, toRateProbabilities } from './decide-rate.ts';
import type { RunEvents } from './exposure.ts';
import type { RateEntry } from './prepare-rate.ts';
import { computeDetectableCount, computePearson, computeRateRatioInterval, createRateModel, type RateModel } from './rate-test.ts';

/** Level at which the detectable count is stated. */
const DETECTION_LEVEL = 0.05;

/**
 * Tests all counters of a run together: they share dispersion and false discovery rate (VERDICTS 8). Where accepted runs count beside the
 * golden ones, what the golden runs alone call a regression stays one (VERDICTS 15.1).
 * @returns one finding per entry, in order
 */
export function judgeRates(entries: readonly RateEntry[]): readonly Finding[] {
  const guarded = entries.filter((entry) => entry.guard !== null);
  const guards = judgeCounters(guarded.flatMap((entry) => entry.guard ?? []));
  const guardOf = new Map(guarded.map((entry, i) => [entry, at(guards, i)]));
  return judgeCounters(entries).map((finding, i) => {
    const guard = guardOf.get(at(entries, i));
    if (guard?.status !== 'regression' || finding.status === 'regression') return finding;
    const evidence = { ...guard.evidence, mode: 'rolling', provisional: false, decidedBy: 'golden' };
    return { ...guard, evidence, reasons: [...guard.reasons, GUARDED] };
  });
}

function judgeCounters(entries: readonly RateEntry[]): readonly Finding[] {
  const familyDispersion = computeFamilyDispersion(entries);
  const models = entries.map((entry) => createRateModel(entry.counts, familyDispersion));
  const probabilities = entries.map((entry, i) => toRateProbabilities(at(models, i), entry.tolerance, entry.pair.series.better));
  const qWorse = adjustBenjaminiHochberg(probabilities.map((one) => one.worse));
  const qBetter = adjustBenjaminiHochberg(probabilities.map((one) => one.better));
  return entries.map((entry, i) => {
    const model = at(models, i);
    const interval = computeRateRatioInterval(model, 0.95);
    const narrow = computeRateRatioInterval(model, 0.9);
    const said = decideRate({
      model,
      interval,
      detectableCount: computeDetectableCount(model, DETECTION_LEVEL),
      probabilities: at(probabilities, i),
      qWorse: at(qWorse, i),
      qBetter: at(qBetter, i),
      better: entry.pair.series.better,
      tolerance: entry.tolerance,
      provisional: entry.historyRunIds.length === 0,
      withheld: entry.withheld,
    });
    return createFinding(
      { series: entry.pair.series, family: 'rate', statistic: null },
      {
        ...said,
        sampleCount: model.candidateCount,
        repetitionCount: entry.counts.candidate.length,
        evidence: { ...toEvidence(entry, model, { interval, narrow }, familyDispersion), ...said.evidence },
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
  { interval, narrow }: Readonly<Record<'interval' | 'narrow', readonly [number, number]>>,
  familyDispersion: number,
): Readonly<Record<string, unknown>> {
  return {
    mode: entry.historyRunIds.length === 0 ? 'golden' : 'rolling',
    provisional: entry.historyRunIds.length === 0,
    ...(entry.historyRunIds.length === 0 ? {} : { history: entry.historyRunIds }),
    exposureUnit: entry.exposureUnit,
    baselineCount: model.baselineCount,
    candidateCount: model.candidateCount,
    baselineExposure: model.baselineExposure,
    candidateExposure: model.candidateExposure,
    baselineRate: model.baselineCount / model.baselineExposure,
    candidateRate: model.candidateCount / model.candidateExposure,
    rateRatioCi95: interval.map((end) => (Number.isFinite(end) ? end : null)),
    rateRatioCi90: narrow.map((end) => (Number.isFinite(end) ? end : null)),
    dispersion: model.dispersion,
    familyDispersion,
    df: model.df,
    baselineCounts: entry.counts.baseline,
    candidateCounts: entry.counts.candidate,
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
