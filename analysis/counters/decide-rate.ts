import type { Better } from '../../wire/metrics.ts';
import type { Finding, Reason, VerdictStatus } from '../../wire/verdict.ts';
import { SIGNIFICANCE } from '../compare/decide.ts';
import type { Tolerance } from '../compare/tolerances.ts';
import { toNumberText, toPercentText } from '../finding.ts';
import { computeRateBetter, computeRateWorse, type RateModel } from './rate-test.ts';

/** A tolerance and whether a policy stated it: then it has to be testable. */
export type RateTolerance = Tolerance & { readonly stated: boolean };

/** Fewer effective events than this (count / dispersion) in the baseline are rare. */
export const RARE_EVENTS = 30;
/** A counter that is not rare must at least exclude this rate ratio to pass without a policy's tolerance. */
const EXCLUDED_RATE_RATIO = 2;

export type RateProbabilities = { readonly worse: number; readonly better: number; readonly nonInferior: number };

/** One-sided probabilities in the metric's own direction; `either` is two-sided and never better. */
export function toRateProbabilities(model: RateModel, tolerance: Tolerance, better: Better): RateProbabilities {
  const more = computeRateWorse(model, 1);
  const fewer = computeRateBetter(model, 1);
  const notMuchMore = computeRateBetter(model, 1 + tolerance.regression);
  const notMuchFewer = tolerance.regression >= 1 ? 0 : computeRateWorse(model, 1 - tolerance.regression);
  switch (better) {
    case 'lower':
      return { worse: more, better: fewer, nonInferior: notMuchMore };
    case 'higher':
      return { worse: fewer, better: more, nonInferior: notMuchFewer };
    case 'either':
      return { worse: Math.min(1, 2 * Math.min(more, fewer)), better: 1, nonInferior: Math.max(notMuchMore, notMuchFewer) };
    default:
      return better satisfies never;
  }
}

export type RateDecisionInput = {
  readonly model: RateModel;
  readonly interval: readonly [number, number];
  /** Fewest candidate events that would be called worse; null when none would. */
  readonly detectableCount: number | null;
  readonly probabilities: RateProbabilities;
  readonly qWorse: number;
  readonly qBetter: number;
  readonly better: Better;
  readonly tolerance: RateTolerance;
  /** Without history a regression needs twice the tolerance (VERDICTS 15.3). */
  readonly provisional: boolean;
  readonly withheld: readonly Reason[];
};

/**
 * Decides one counter. VERDICTS 8 calls every counter inconclusive that cannot show +5 %, for which 13,000 events a side are needed; a
 * release gate that watches rare errors (3 replays against 2) would never answer. So, first match:
 * 1. significantly worse (q <= 5 %): regression from the regression tolerance on (provisional: from twice it), else drift;
 * 2. significantly better: improvement;
 * 3. non-inferior at the regression tolerance: pass;
 * 4. no event on either side: pass, the evidence says for how long nothing happened;
 * 5. a policy states a tolerance for this counter, and 3 could not show it: inconclusive, too few events;
 * 6. worse at 5 % before correcting for the number of counters: inconclusive;
 * 7. rare (fewer than 30 effective baseline events, and at most 30 events more than expected would have been called): pass;
 * 8. a doubling is excluded: pass; else inconclusive.
 * The smallest rate ratio that would have been called is in the finding (`minimumDetectableEffect`) and its evidence.
 */
export function decideRate(
  input: RateDecisionInput,
): Pick<
  Finding,
  | 'status'
  | 'baseline'
  | 'candidate'
  | 'delta'
  | 'change'
  | 'deltaCi95'
  | 'tolerance'
  | 'minimumDetectableEffect'
  | 'pValue'
  | 'qValue'
  | 'evidence'
  | 'reasons'
> {
  const { model, probabilities, tolerance } = input;
  const expected = (model.baselineCount * model.candidateExposure) / model.baselineExposure;
  const change = expected > 0 ? model.candidateCount / expected - 1 : null;
  const delta = change === null ? null : toDelta(change, input.better);
  const decided = chooseStatus(input, expected, delta);
  const noRatio: Reason = { code: 'not_positive', detail: `0 events became ${model.candidateCount}` };
  const detectable = expected > 0 && input.detectableCount !== null ? input.detectableCount / expected : null;
  const blocked = input.withheld.length > 0 && decided.status !== 'regression';
  return {
    status: blocked ? 'inconclusive' : decided.status,
    baseline: expected,
    candidate: model.candidateCount,
    delta,
    change,
    deltaCi95: expected > 0 ? toDeltaInterval(input.interval, input.better) : null,
    tolerance: { drift: tolerance.drift, regression: tolerance.regression },
    minimumDetectableEffect: detectable === null ? null : detectable - 1,
    pValue: probabilities.worse,
    qValue: input.qWorse,
    evidence: {
      rule: decided.rule,
      pBetter: probabilities.better,
      pNonInferior: probabilities.nonInferior,
      // P(the rate is worse than the regression tolerance), as the counts have it.
      pBeyondTolerance: probabilities.nonInferior,
      detectableCount: input.detectableCount,
      detectableRateRatio: detectable,
    },
    reasons: [...decided.reasons, ...(change === null && model.candidateCount > 0 ? [noRatio] : []), ...input.withheld],
  };
}

type Chosen = { readonly status: VerdictStatus; readonly rule: string; readonly reasons: readonly Reason[] };

function chooseStatus(input: RateDecisionInput, expected: number, delta: number | null): Chosen {
  const { model, probabilities, tolerance } = input;
  const size = delta === null ? Number.POSITIVE_INFINITY : delta;
  const counts = `${model.candidateCount} events where ${toNumberText(expected)} were expected`;
  if (input.qWorse <= SIGNIFICANCE && size >= tolerance.drift) {
    if (size >= (input.provisional ? 2 : 1) * tolerance.regression)
      return { status: 'regression', rule: 'worse', reasons: [{ code: 'regressed', detail: counts }] };
    const held: Reason = { code: 'provisional', detail: `no history yet: a regression needs ${toPercentText(2 * tolerance.regression)}` };
    const reasons: readonly Reason[] = [{ code: 'drifted', detail: counts }, ...(size >= tolerance.regression ? [held] : [])];
    return { status: 'drift', rule: 'worse', reasons };
  }
  if (input.qBetter <= SIGNIFICANCE && delta !== null && -delta >= tolerance.drift) {
    return { status: 'improvement', rule: 'better', reasons: [{ code: 'improved', detail: counts }] };
  }
  if (probabilities.nonInferior <= SIGNIFICANCE) return { status: 'pass', rule: 'non_inferior', reasons: [] };
  if (model.baselineCount + model.candidateCount === 0) return { status: 'pass', rule: 'no_event', reasons: [] };
  const few: Reason = {
    code: 'too_few_events',
    detail: `${counts}; ${input.detectableCount ?? 'no number'} would have been called, ${toPercentText(tolerance.regression)} is tolerated`,
  };
  if (tolerance.stated) return { status: 'inconclusive', rule: 'stated_tolerance', reasons: [few] };
  if (probabilities.worse <= SIGNIFICANCE) return { status: 'inconclusive', rule: 'suspect', reasons: [few] };
  if (isRare(input, expected)) return { status: 'pass', rule: 'rare', reasons: [] };
  if (excludesDoubling(input)) return { status: 'pass', rule: 'doubling_excluded', reasons: [] };
  return { status: 'inconclusive', rule: 'imprecise', reasons: [few] };
}

/** Few enough events that noise decides, and enough watching that a real burst would have been called. */
function isRare({ model, detectableCount }: RateDecisionInput, expected: number): boolean {
  if (detectableCount === null || model.baselineCount / model.dispersion >= RARE_EVENTS) return false;
  return detectableCount - expected <= RARE_EVENTS * model.dispersion;
}

/** The 95 % interval of the rate ratio ends before a doubling (a halving for counts that should be high). */
function excludesDoubling(input: RateDecisionInput): boolean {
  const [low, high] = input.interval;
  const notMore = high < EXCLUDED_RATE_RATIO;
  const notFewer = low > 1 / EXCLUDED_RATE_RATIO;
  if (input.better === 'either') return notMore && notFewer;
  return input.better === 'higher' ? notFewer : notMore;
}

function toDelta(change: number, better: Better): number {
  if (better === 'either') return Math.abs(change);
  return better === 'higher' ? -change : change;
}

/** The rate ratio's interval on delta's scale; null when an end is infinite. */
function toDeltaInterval(interval: readonly [number, number], better: Better): readonly [number, number] | null {
  const [low, high] = interval;
  if (!Number.isFinite(high)) return null;
  const ends = [toDelta(low - 1, better), toDelta(high - 1, better)];
  return [better === 'either' && low <= 1 && high >= 1 ? 0 : Math.min(...ends), Math.max(...ends)];
}
