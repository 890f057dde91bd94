import type { Comparison } from '../compare/compare-series.ts';
import type { Decision } from '../compare/decide.ts';
import type { Entry } from './entry.ts';
import type { RunValues } from './repetition-values.ts';

/** What a reader needs to believe, or to redo, a sampled finding: every number that entered the decision. Logs are natural, larger is worse. */
export function toEvidence(entry: Entry, comparison: Comparison, decision: Decision): Readonly<Record<string, unknown>> {
  const sign = entry.pair.series.better === 'higher' ? -1 : 1;
  const toSide = (run: RunValues): unknown => ({
    runId: run.runId,
    repetitions: run.values.map((value) => value.repetition),
    values: run.values.map((value) => Math.exp(sign * value.log)),
    samples: run.values.map((value) => value.sampleCount),
  });
  const leftOut = [...entry.baseline, entry.candidate].flatMap((run) => run.reasons.map((reason) => ({ runId: run.runId, ...reason })));
  return {
    mode: 'golden',
    provisional: true,
    estimator: entry.estimator,
    deltaLog: comparison.delta,
    se: comparison.se,
    df: comparison.df,
    t: comparison.t,
    pWorse: comparison.pWorse,
    pBetter: comparison.pBetter,
    pNonInferior: decision.pNonInferior,
    medianDeltaLog: comparison.medianDelta,
    suspect: decision.suspect,
    spreadRatio: comparison.spread.ratio,
    pWider: comparison.spread.pWider,
    repetitionVariance: comparison.repetition.variance,
    runVariance: comparison.runVariance,
    prior: { variance: comparison.repetition.priorVariance, df: comparison.repetition.priorDf },
    baseline: entry.baseline.map(toSide),
    candidate: toSide(entry.candidate),
    ...(leftOut.length > 0 ? { leftOut } : {}),
  };
}
