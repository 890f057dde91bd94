import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Finding, VerdictStatus } from '../../wire/verdict.ts';
import { SIGNIFICANCE } from '../compare/decide.ts';
import { poissonUpperProbability } from '../compare/distributions.ts';
import { createFinding } from '../finding.ts';
import type { SeriesPair } from '../pair-series.ts';

/** Events that are never noise: one of them fails a run, whatever the baseline (VERDICTS 8). */
export const ZERO_TOLERANCE_METRICS: readonly string[] = ['kernel.panic', 'kernel.oops', 'gpu.ecc_dbe'];

/**
 * Holds a count against an absolute rate limit (VERDICTS 8): regression when so many events are improbable at the limit, drift when the
 * observed rate is above it without being significant, else pass. A limit of 0 is broken by any event.
 * @param events.eventCount whole number >= 0
 * @param events.exposureS seconds watched, > 0
 * @param events.limitPerS events per second allowed, >= 0
 * @returns the status and P(at least so many events at the limit)
 * @example checkAbsoluteLimit({ eventCount: 6, exposureS: 3600, limitPerS: 2 / 3600 }).status // 'regression' (p = 0.0166)
 */
export function checkAbsoluteLimit(events: { readonly eventCount: number; readonly exposureS: number; readonly limitPerS: number }): {
  readonly status: VerdictStatus;
  readonly pValue: number;
} {
  const pValue = poissonUpperProbability(events.eventCount, events.limitPerS * events.exposureS);
  if (pValue <= SIGNIFICANCE) return { status: 'regression', pValue };
  return { status: events.eventCount / events.exposureS > events.limitPerS ? 'drift' : 'pass', pValue };
}

/**
 * A regression when a metric that tolerates no event shows one in the candidate; needs neither baseline nor exposure. Increases are
 * counted; a counter's standing counts only by how much it grew.
 * @returns undefined when the metric is another one or nothing happened
 */
export function judgeZeroTolerance(pair: SeriesPair, candidate: SeriesMeasurement, eventCount: number): Finding | undefined {
  if (!ZERO_TOLERANCE_METRICS.includes(pair.series.metric) || eventCount <= 0) return undefined;
  return createFinding(
    { series: pair.series, family: 'threshold', statistic: null },
    {
      status: 'regression',
      baseline: 0,
      candidate: eventCount,
      tolerance: { drift: 0, regression: 0 },
      sampleCount: candidate.readings.length,
      repetitionCount: new Set(candidate.readings.map((reading) => reading.repetition)).size,
      evidence: { mode: 'absolute', provisional: false, limit: 0, eventCount },
      reasons: [{ code: 'regressed', detail: `${eventCount} events, none is tolerated` }],
    },
  );
}
