import type { Better } from '../../wire/metrics.ts';
import { computeMean } from '../compare/averages.ts';
import type { Comparison } from '../compare/compare-series.ts';
import type { Decision } from '../compare/decide.ts';
import { studentQuantile } from '../compare/distributions.ts';
import { toDeltaInterval } from '../compare/tolerances.ts';
import type { Entry } from './entry.ts';
import type { RunValues } from './repetition-values.ts';

/**
 * The interval of `delta` at a confidence level, two-sided.
 * @param confidence 0..1, such as 0.95
 */
export function computeDeltaInterval(comparison: Comparison, better: Better, confidence: number): readonly [number, number] {
  const halfWidth = studentQuantile((1 + confidence) / 2, comparison.df) * comparison.se;
  return toDeltaInterval(comparison.delta - halfWidth, comparison.delta + halfWidth, better);
}

/** What a reader needs to believe, or to redo, a sampled finding: every number that entered the decision. Logs are natural, larger is worse. */
export function toEvidence(entry: Entry, comparison: Comparison, decision: Decision): Readonly<Record<string, unknown>> {
  const sign = entry.pair.series.better === 'higher' ? -1 : 1;
  const toSide = (run: RunValues): unknown => ({
    runId: run.runId,
    repetitions: run.values.map((value) => value.repetition),
    values: run.values.map((value) => Math.exp(sign * value.log)),
    samples: run.values.map((value) => value.sampleCount),
  });
  const toLevel = (run: RunValues): unknown => ({
    runId: run.runId,
    value: Math.exp(sign * computeMean(run.values.map((value) => value.log))),
    repetitionCount: run.values.length,
  });
  const leftOut = [...entry.baseline, entry.candidate].flatMap((run) => run.reasons.map((reason) => ({ runId: run.runId, ...reason })));
  const notes = [...entry.baseline, entry.candidate].flatMap((run) => (run.notes ?? []).map((note) => ({ runId: run.runId, ...note })));
  return {
    mode: comparison.mode,
    provisional: comparison.mode === 'golden',
    estimator: entry.estimator,
    deltaLog: comparison.delta,
    se: comparison.se,
    df: comparison.df,
    t: comparison.t,
    pWorse: comparison.pWorse,
    pBetter: comparison.pBetter,
    calibrated: comparison.calibrated,
    pNonInferior: decision.pNonInferior,
    deltaCi90: computeDeltaInterval(comparison, entry.pair.series.better, 0.9),
    // P(delta > the regression tolerance): what the test for non-inferiority rejects, so its p-value itself (VERDICTS 3.9 prints 1 - p).
    pBeyondTolerance: decision.pNonInferior,
    medianDeltaLog: comparison.medianDelta,
    suspect: decision.suspect,
    spreadRatio: comparison.spread.ratio,
    pWider: comparison.spread.pWider,
    repetitionVariance: comparison.repetition.variance,
    runVariance: comparison.runVariance,
    prior: { variance: comparison.repetition.priorVariance, df: comparison.repetition.priorDf },
    baseline: entry.baseline.map(toSide),
    candidate: toSide(entry.candidate),
    ...(entry.history.length > 0 ? { history: entry.history.map(toLevel) } : {}),
    ...(entry.commonModeRemoved ? { commonModeRemoved: true } : {}),
    ...(leftOut.length > 0 ? { leftOut } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}
