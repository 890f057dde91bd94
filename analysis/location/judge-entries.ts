import type { Statistic } from '../../wire/policy.ts';
import type { Finding } from '../../wire/verdict.ts';
import { toFindingKey } from '../accepted/history-run.ts';
import { at } from '../compare/at.ts';
import { adjustBenjaminiHochberg } from '../compare/benjamini-hochberg.ts';
import { type Comparison, compareSeries } from '../compare/compare-series.ts';
import { computePWorse, type Decision, decide, restrictProvisional, SIGNIFICANCE, SUSPECT_PROBABILITY } from '../compare/decide.ts';
import { studentQuantile } from '../compare/distributions.ts';
import { type OrientedLimits, toDelta, toOrientedLimits } from '../compare/tolerances.ts';
import { createFinding, withholdPass } from '../finding.ts';
import type { Judging } from '../judging.ts';
import { measureShift, removeCommonMode } from './common-mode.ts';
import { type Entry, toRepetitionLogs } from './entry.ts';
import { computeDeltaInterval, toEvidence } from './evidence.ts';
import { explain, isWild } from './explain.ts';

/** Standard deviations between repetitions assumed for fewer than 10 series (tau0 of VERDICTS 3.3), log units. */
const FALLBACK_SD: Readonly<Record<Statistic, number>> = { centre: 0.01, p90: 0.015, p99: 0.03, p999: 0.06 };

/** An entry with its comparison and limits; `either` is two-sided. */
type Compared = {
  readonly entry: Entry;
  readonly comparison: Comparison;
  /** Against the golden runs alone, in rolling mode. */
  readonly guard: Comparison | null;
  readonly limits: OrientedLimits;
  /** Named by the first stage of a two-stage measurement; null where there is one stage. */
  readonly suspected: boolean | null;
};

/**
 * Compares, corrects for their number and decides entries of the sampled families (VERDICTS 3.2 to 3.8, 15.1).
 * @param entries past their gates, any order; entries of one shape and statistic share common mode and noise prior, of one family and
 * statistic the false discovery rate
 * @returns one finding per entry, and one for every common mode that was taken out; optional entries that are not precise enough are left out
 */
export function judgeEntries(entries: readonly Entry[], judging: Judging): readonly Finding[] {
  const compared = groupBy(entries, (entry) => `${entry.shape} ${entry.statistic}`).flatMap((set) => {
    const { entries: own, shift } = removeCommonMode(set, judging);
    return [...compareSet(own, judging), ...(shift === null ? [] : compareSet([shift], judging))];
  });
  return groupBy(compared, toDiscoveryFamily).flatMap(decideSet);
}

/** A suite's shift is one question of its own; series share theirs by family and statistic. */
function toDiscoveryFamily({ entry }: Compared): string {
  return entry.shape === 'suite' ? entry.pair.series.seriesId : `${entry.family} ${entry.statistic}`;
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

/** Judges how far a whole run lies from its reference, by the median of its series. @returns undefined when there is nothing to measure by */
export function judgeShift(entries: readonly Entry[], judging: Judging): Finding | undefined {
  const shift = measureShift(entries, judging);
  return shift === null ? undefined : decideSet(compareSet([shift], judging))[0];
}

function compareSet(entries: readonly Entry[], judging: Judging): readonly Compared[] {
  const fallbackSd = FALLBACK_SD[at(entries, 0).statistic];
  const comparisons = compareSeries(entries.map(toRepetitionLogs), { fallbackSd });
  return entries
    .map((entry, i) => ({
      entry,
      ...at(comparisons, i),
      limits: toOrientedLimits(entry.tolerance, entry.pair.series.better),
      suspected: judging.suspects?.has(toFindingKey({ seriesId: entry.pair.series.seriesId, statistic: entry.statistic })) ?? null,
    }))
    .filter((compared) => !compared.entry.optional || isPreciseEnough(compared));
}

/** Could a change of nothing pass? Depends on the noise alone, so that leaving an entry out never depends on its result. */
function isPreciseEnough({ comparison, limits }: Compared): boolean {
  return studentQuantile(1 - SIGNIFICANCE, comparison.df) * comparison.se <= limits.rising.regression;
}

/** p* of the two-stage rule (VERDICTS 3.8): P(p1 <= 2 % and p_all <= a) <= a, so who was no suspect cannot become a finding now. */
function computeStagedP({ limits, suspected }: Compared, comparison: Comparison): number {
  const probability = computePWorse(comparison, limits);
  return suspected === false ? Math.max(probability, SUSPECT_PROBABILITY) : probability;
}

function decideSet(set: readonly Compared[]): readonly Finding[] {
  const worse = adjustBenjaminiHochberg(set.map((compared) => computeStagedP(compared, compared.comparison)));
  const better = adjustWhere(set, ({ comparison, limits }) => (limits.improvement === null ? null : comparison.pBetter));
  const guards = adjustWhere(set, (compared) => (compared.guard === null ? null : computeStagedP(compared, compared.guard)));
  return set.map((compared, i) => {
    const { comparison, guard, limits } = compared;
    const qWorse = at(worse, i);
    const decision = decide({ comparison, qWorse, qBetter: better.get(compared) ?? 1, limits });
    const qGuard = guards.get(compared);
    if (guard === null || qGuard === undefined || decision.status === 'regression') return toFinding(compared, decision, qWorse);
    const guarded = decide({ comparison: guard, qWorse: qGuard, qBetter: 1, limits });
    if (guarded.status !== 'regression') return toFinding(compared, decision, qWorse);
    return toFinding({ ...compared, comparison: guard }, guarded, qGuard, true);
  });
}

/** q values over those of the set that have the p value. */
function adjustWhere(set: readonly Compared[], toProbability: (compared: Compared) => number | null): ReadonlyMap<Compared, number> {
  const asked = set.flatMap((compared) => {
    const probability = toProbability(compared);
    return probability === null ? [] : [{ compared, probability }];
  });
  const adjusted = adjustBenjaminiHochberg(asked.map(({ probability }) => probability));
  return new Map(asked.map(({ compared }, i) => [compared, at(adjusted, i)]));
}

/** What the decision may come to: provisional and coarse evidence carries less, and a candidate gone wild earns nothing good. */
function restrict({ entry, comparison, limits }: Compared, decided: Finding['status'], guarded: boolean): Finding['status'] {
  const allowed = comparison.mode === 'golden' && !guarded ? restrictProvisional(decided, comparison, limits) : decided;
  if (entry.resolutionLimited && allowed === 'regression') return 'drift';
  if (entry.resolutionLimited && allowed === 'pass') return 'inconclusive';
  return isWild(comparison) && (allowed === 'pass' || allowed === 'improvement') ? 'inconclusive' : allowed;
}

function toFinding(compared: Compared, decision: Decision, qWorse: number, guarded = false): Finding {
  const { entry, comparison } = compared;
  const { series } = entry.pair;
  const status = restrict(compared, decision.status, guarded);
  const { delta, change } = toDelta(comparison.delta, series.better);
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
      deltaCi95: computeDeltaInterval(comparison, series.better, 0.95),
      tolerance: entry.tolerance,
      minimumDetectableEffect: Math.abs(toDelta(decision.minimumDetectableLog, series.better).delta),
      repetitionsNeeded: decision.repetitionsNeeded,
      pValue: computeStagedP(compared, comparison),
      qValue: qWorse,
      sampleCount: entry.candidate.values.reduce((sum, value) => sum + value.sampleCount, 0),
      repetitionCount: comparison.candidateCount,
      evidence: {
        ...toEvidence(entry, comparison, decision),
        ...(guarded ? { mode: 'rolling', decidedBy: 'golden' } : {}),
        ...(compared.guard === null ? {} : { goldenDelta: toDelta(compared.guard.delta, series.better).delta }),
        ...(compared.suspected === null ? {} : { stage: compared.suspected ? 'suspect measured again' : 'no suspect' }),
      },
      reasons: explain({ status, delta, entry, decision, comparison, guarded }),
    },
  );
  return entry.withheld.reduce(withholdPass, finding);
}
