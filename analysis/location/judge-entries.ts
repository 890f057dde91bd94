import type { Statistic } from '../../wire/policy.ts';
import type { Finding, Reason } from '../../wire/verdict.ts';
import { at } from '../compare/at.ts';
import { adjustBenjaminiHochberg } from '../compare/benjamini-hochberg.ts';
import { type Comparison, compareSeries } from '../compare/compare-series.ts';
import { computePWorse, type Decision, decide, restrictProvisional, SIGNIFICANCE } from '../compare/decide.ts';
import { studentQuantile } from '../compare/distributions.ts';
import { RUN_COMPONENT_WITHOUT_HISTORY } from '../compare/run-component.ts';
import { type OrientedLimits, toDelta, toDeltaInterval, toOrientedLimits } from '../compare/tolerances.ts';
import { createFinding, toNumberText, toPercentText, withholdPass } from '../finding.ts';
import { type Entry, toRepetitionLogs } from './entry.ts';
import { toEvidence } from './evidence.ts';

/** Standard deviations between repetitions assumed for fewer than 10 series (tau0 of VERDICTS 3.3), log units. */
const FALLBACK_SD: Readonly<Record<Statistic, number>> = { centre: 0.01, p90: 0.015, p99: 0.03, p999: 0.06 };

/** An entry with its comparison and limits; `either` is two-sided. */
type Compared = { readonly entry: Entry; readonly comparison: Comparison; readonly limits: OrientedLimits };

/**
 * Compares, corrects for their number and decides entries of the sampled families (VERDICTS 3.3 to 3.8, golden mode).
 * @param entries past their gates, any order; entries of one shape and statistic share the noise prior, of one family and statistic the
 * false discovery rate
 * @returns one finding per entry; optional entries that are not precise enough are left out
 */
export function judgeEntries(entries: readonly Entry[]): readonly Finding[] {
  const compared = groupBy(entries, (entry) => `${entry.shape} ${entry.statistic}`).flatMap(compareSet);
  return groupBy(compared, ({ entry }) => `${entry.family} ${entry.statistic}`).flatMap(decideSet);
}

function groupBy<T>(values: readonly T[], toKey: (value: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const known = groups.get(toKey(value));
    if (known === undefined) groups.set(toKey(value), [value]);
    else known.push(value);
  }
  return [...groups.values()];
}

function compareSet(entries: readonly Entry[]): readonly Compared[] {
  const fallbackSd = FALLBACK_SD[at(entries, 0).statistic];
  const comparisons = compareSeries(entries.map(toRepetitionLogs), { fallbackSd, run: RUN_COMPONENT_WITHOUT_HISTORY });
  return entries
    .map((entry, i) => ({
      entry,
      comparison: at(comparisons, i),
      limits: toOrientedLimits(entry.tolerance, entry.pair.series.better),
    }))
    .filter((compared) => !compared.entry.optional || isPreciseEnough(compared));
}

/** Could a change of nothing pass? Depends on the noise alone, so that leaving an entry out never depends on its result. */
function isPreciseEnough({ comparison, limits }: Compared): boolean {
  return studentQuantile(1 - SIGNIFICANCE, comparison.df) * comparison.se <= limits.rising.regression;
}

function decideSet(set: readonly Compared[]): readonly Finding[] {
  const worse = adjustBenjaminiHochberg(set.map(({ comparison, limits }) => computePWorse(comparison, limits)));
  const improvable = set.filter(({ limits }) => limits.improvement !== null);
  const adjusted = adjustBenjaminiHochberg(improvable.map(({ comparison }) => comparison.pBetter));
  const better = new Map(improvable.map((compared, i) => [compared, at(adjusted, i)]));
  return set.map((compared, i) => {
    const qWorse = at(worse, i);
    const { comparison, limits } = compared;
    return toFinding(compared, decide({ comparison, qWorse, qBetter: better.get(compared) ?? 1, limits }), qWorse);
  });
}

/** What the decision may come to: provisional and coarse evidence carries less, and a candidate gone wild earns nothing good. */
function restrict({ entry, comparison, limits }: Compared, decided: Finding['status']): Finding['status'] {
  const allowed = restrictProvisional(decided, comparison, limits);
  if (entry.resolutionLimited && allowed === 'regression') return 'drift';
  if (entry.resolutionLimited && allowed === 'pass') return 'inconclusive';
  return isWild(comparison) && (allowed === 'pass' || allowed === 'improvement') ? 'inconclusive' : allowed;
}

function toFinding(compared: Compared, decision: Decision, qWorse: number): Finding {
  const { entry, comparison, limits } = compared;
  const { series } = entry.pair;
  const status = restrict(compared, decision.status);
  const { delta, change } = toDelta(comparison.delta, series.better);
  const halfWidth = studentQuantile(0.975, comparison.df) * comparison.se;
  const sign = series.better === 'higher' ? -1 : 1;
  const finding = createFinding(
    { series, family: entry.family, statistic: entry.statistic },
    {
      status,
      // Buckets that even the baseline cannot resolve are no fault of tonight's run; what they do show counts.
      gated: !(entry.resolutionLimited && status === 'inconclusive'),
      baseline: Math.exp(sign * comparison.referenceLog),
      candidate: Math.exp(sign * comparison.candidateLog),
      delta,
      change,
      deltaCi95: toDeltaInterval(comparison.delta - halfWidth, comparison.delta + halfWidth, series.better),
      tolerance: entry.tolerance,
      minimumDetectableEffect: Math.abs(toDelta(decision.minimumDetectableLog, series.better).delta),
      repetitionsNeeded: decision.repetitionsNeeded,
      pValue: computePWorse(comparison, limits),
      qValue: qWorse,
      sampleCount: entry.candidate.values.reduce((sum, value) => sum + value.sampleCount, 0),
      repetitionCount: comparison.candidateCount,
      evidence: toEvidence(entry, comparison, decision),
      reasons: explain({ status, delta, entry, decision, comparison }),
    },
  );
  return entry.withheld.reduce(withholdPass, finding);
}

type Explained = {
  readonly status: Finding['status'];
  readonly delta: number;
  readonly entry: Entry;
  readonly decision: Decision;
  readonly comparison: Comparison;
};

function explain({ status, delta, entry, decision, comparison }: Explained): readonly Reason[] {
  const { tolerance } = entry;
  const held = status === decision.status ? [] : [entry.resolutionLimited ? COARSE : toProvisionalReason(tolerance.regression)];
  const size = `${entry.estimator} is ${toPercentText(Math.abs(delta))} ${entry.pair.series.better === 'either' ? 'away' : 'worse'}`;
  switch (status) {
    case 'regression':
      return [{ code: 'regressed', detail: `${size}, tolerated are ${toPercentText(tolerance.regression)}` }];
    case 'drift':
      return [{ code: 'drifted', detail: `${size}, tolerated are ${toPercentText(tolerance.drift)}` }, ...held];
    case 'improvement':
      return [{ code: 'improved', detail: `${entry.estimator} is ${toPercentText(Math.abs(delta))} better` }];
    case 'inconclusive': {
      if (entry.resolutionLimited) return [COARSE];
      if (isWild(comparison)) return [toWildReason(comparison)];
      const needed = decision.repetitionsNeeded;
      const advice = needed === null ? 'more runs are needed' : `${needed} repetitions are needed`;
      return [{ code: 'not_precise_enough', detail: `a change of ${toPercentText(tolerance.regression)} is not excluded; ${advice}` }];
    }
    case 'pass':
      return [];
    default:
      return status satisfies never;
  }
}

/** One in a million by chance: only a candidate that scatters many times as widely is meant, not one wild repetition. */
const WILD_PROBABILITY = 1e-6;

function isWild(comparison: Comparison): boolean {
  return comparison.spread.pWider <= WILD_PROBABILITY;
}

function toWildReason(comparison: Comparison): Reason {
  const ratio = toNumberText(comparison.spread.ratio ?? 1);
  return { code: 'not_precise_enough', detail: `the candidate’s repetitions scatter ${ratio} times as widely as the baseline’s` };
}

const COARSE: Reason = {
  code: 'histogram_resolution',
  detail: 'fewer than two bucket edges lie inside the values: neither a pass nor a regression',
};

function toProvisionalReason(regression: number): Reason {
  const detail = `no history yet: a regression needs ${toPercentText(2 * regression)} and two repetitions on both sides`;
  return { code: 'provisional', detail };
}
