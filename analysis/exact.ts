import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Better } from '../wire/metrics.ts';
import type { Finding, Reason, VerdictStatus } from '../wire/verdict.ts';
import { findPolicyTolerance, type Tolerance } from './compare/tolerances.ts';
import { createFinding, toNumberText, toPercentText } from './finding.ts';
import type { Judging } from './judging.ts';
import { toTotalValues } from './location/repetition-values.ts';
import type { SeriesPair } from './pair-series.ts';

/** Any difference drifts, more than 1 % regresses (VERDICTS 15.5). */
const DEFAULT_EXACT_TOLERANCE: Tolerance = { drift: 0, regression: 0.01 };

/**
 * Judges a value that a deterministic tool repeats to the last digit (VERDICTS 15.5): without statistics, and therefore not provisional.
 * A change is a drift beyond the policy's drift tolerance and a regression beyond its regression tolerance; exactly at one is still within.
 * @returns undefined when the golden value is not constant, so that the series is judged as a sampled one
 */
export function judgeExact(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging): Finding | undefined {
  const golden = new Set(pair.baseline.flatMap(toExactValues));
  const [baseline] = golden;
  const values = toExactValues(candidate);
  if (baseline === undefined || golden.size > 1 || values.length === 0) return undefined;
  const { series } = pair;
  const worst = values.reduce((a, b) => (computeBadness(baseline, b, series.better) > computeBadness(baseline, a, series.better) ? b : a));
  const { region, metric } = series;
  const tolerance =
    findPolicyTolerance(judging.policy, { suite: judging.suite, region, metric, statistic: null }) ?? DEFAULT_EXACT_TOLERANCE;
  const change = baseline > 0 ? (worst - baseline) / baseline : null;
  const delta = change === null ? null : toBadness(change, series.better);
  const status = chooseStatus(computeBadness(baseline, worst, series.better), tolerance);
  return createFinding(
    { series, family: 'threshold', statistic: null },
    {
      status,
      baseline,
      candidate: worst,
      delta,
      change,
      tolerance,
      minimumDetectableEffect: tolerance.drift,
      sampleCount: values.length,
      repetitionCount: new Set([...candidate.readings, ...candidate.samples].map((one) => one.repetition)).size,
      evidence: { mode: 'exact', provisional: false, baseline, candidate: [...new Set(values)].sort((a, b) => a - b) },
      reasons: [...explain(status, baseline, worst, delta), ...(delta === null && worst !== baseline ? [toNoRatio(baseline, worst)] : [])],
    },
  );
}

/** Smallest and largest values of every repetition: equal ends mean a constant. */
function toExactValues(measurement: SeriesMeasurement): readonly number[] {
  const totals = toTotalValues(measurement).totals.map((total) => total.value);
  return [...totals, ...measurement.samples.flatMap((one) => [one.minimum, one.maximum])].filter(Number.isFinite);
}

function toBadness(change: number, better: Better): number {
  if (better === 'either') return Math.abs(change);
  return better === 'higher' ? -change : change;
}

/** How much worse, as a fraction of the baseline; without a ratio (baseline 0 or negative) any worsening is infinite. */
function computeBadness(baseline: number, value: number, better: Better): number {
  if (value === baseline) return 0;
  if (baseline > 0) return toBadness((value - baseline) / baseline, better);
  return toBadness(value - baseline, better) * Number.POSITIVE_INFINITY;
}

function chooseStatus(badness: number, tolerance: Tolerance): VerdictStatus {
  if (badness > tolerance.regression) return 'regression';
  if (badness > tolerance.drift) return 'drift';
  return badness < -tolerance.drift ? 'improvement' : 'pass';
}

function explain(status: VerdictStatus, baseline: number, value: number, delta: number | null): readonly Reason[] {
  const size = delta === null ? '' : ` (${toPercentText(delta)})`;
  const detail = `exact value ${toNumberText(baseline)} became ${toNumberText(value)}${size}`;
  switch (status) {
    case 'regression':
      return [{ code: 'regressed', detail }];
    case 'drift':
      return [{ code: 'drifted', detail }];
    case 'improvement':
      return [{ code: 'improved', detail }];
    case 'pass':
    case 'inconclusive':
      return [];
    default:
      return status satisfies never;
  }
}

function toNoRatio(baseline: number, value: number): Reason {
  return { code: 'not_positive', detail: `${toNumberText(baseline)} to ${toNumberText(value)} has no ratio` };
}
