import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Statistic } from '../../wire/policy.ts';
import type { PolicyAcceptance, ReasonCode } from '../../wire/verdict.ts';
import { computeMedian } from '../compare/averages.ts';
import { hasReason } from '../finding.ts';
import { type DriftAcceptance, type EarlierFinding, type HistoryRun, isSuiteShiftId, toFindingKey } from './history-run.ts';

/** Accepted runs in a reference at most (VERDICTS 3.5). */
export const HISTORY_MAXIMUM_RUNS = 10;
/** An inconclusive finding joins (VERDICTS 15.1) unless one of these says that its numbers are not those of an unchanged series. */
const UNFIT: readonly ReasonCode[] = [
  'regressed',
  'drifted',
  'starved',
  'scattered',
  'machine_moved',
  'definition_changed',
  'definition_conflict',
  'quality',
];

/** What history says to the run that is judged now. */
export type AcceptedHistory = {
  /** The latest accepted runs of a series, 10 at most, oldest first. */
  readonly select: (seriesId: string, statistic: Statistic | null, mayServe: (runId: string) => boolean) => readonly SeriesMeasurement[];
  /** Whether a run raised this series and statistic and it was not accepted. */
  readonly isHeldBack: (seriesId: string, statistic: Statistic | null, runId: string) => boolean;
  /** The event that a drift or regression found now continues; undefined when it is new. */
  readonly findOngoing: (seriesId: string, statistic: Statistic | null) => OngoingEvent | undefined;
  readonly policyAcceptances: readonly PolicyAcceptance[];
  /** Runs whose measurements any series may ask for, oldest first: those are all that need be read before judging. */
  readonly servingRunIds: readonly string[];
};

/** A drift or regression that earlier runs raised and none has cleared. */
export type OngoingEvent = { readonly since: string; readonly accepted: 'hand' | 'policy' | null };

/** One earlier finding of a key with the run it is of. */
type Step = { readonly history: HistoryRun; readonly finding: EarlierFinding; joins: boolean; accepted: OngoingEvent['accepted'] };

/**
 * Decides, per series and statistic, which earlier runs are its accepted history (VERDICTS 15.1): never a regression, never a drift that is
 * not accepted by hand or, after `acceptDriftAfterRuns` runs in a row at the new level, by policy. Everything else joins, inconclusive
 * findings too. An accepted drift joins with all of its runs.
 * @param runs earlier runs that may count at all, oldest first
 */
export function acceptHistory(
  runs: readonly HistoryRun[],
  acceptances: readonly DriftAcceptance[],
  acceptDriftAfterRuns: number | undefined,
): AcceptedHistory {
  const steps = new Map<string, Step[]>();
  for (const history of runs) {
    for (const finding of history.findings) {
      const key = toFindingKey(finding);
      const step: Step = { history, finding, joins: joinsByItself(finding), accepted: null };
      const known = steps.get(key);
      if (known === undefined) steps.set(key, [step]);
      else known.push(step);
    }
  }
  const policyAcceptances: PolicyAcceptance[] = [];
  for (const one of steps.values()) {
    acceptByHand(one, acceptances);
    if (acceptDriftAfterRuns !== undefined) policyAcceptances.push(...acceptByPolicy(one, acceptDriftAfterRuns));
  }
  const measured = new Map(
    runs.map((history) => [history, new Map(history.measurements.map((measurement) => [measurement.series.seriesId, measurement]))]),
  );
  return {
    select: (seriesId, statistic, mayServe) =>
      (steps.get(toFindingKey({ seriesId, statistic })) ?? [])
        .filter((step) => step.joins && mayServe(step.history.run.runId))
        .flatMap((step) => measured.get(step.history)?.get(seriesId) ?? [])
        .slice(-HISTORY_MAXIMUM_RUNS),
    isHeldBack: (seriesId, statistic, runId) =>
      (steps.get(toFindingKey({ seriesId, statistic })) ?? []).some((step) => !step.joins && step.history.run.runId === runId),
    findOngoing: (seriesId, statistic) => findOngoing(steps.get(toFindingKey({ seriesId, statistic })) ?? []),
    policyAcceptances,
    servingRunIds: listServing(runs, [...steps.values()]),
  };
}

/** The latest joining runs of every key; as many more as runs that a shift of the suite may yet take out. */
function listServing(runs: readonly HistoryRun[], keys: readonly (readonly Step[])[]): readonly string[] {
  const shifted = new Set(
    keys.flatMap((one) => one.filter((step) => !step.joins && isSuiteShiftId(step.finding.seriesId)).map((step) => step.history)),
  );
  const serving = new Set<HistoryRun>();
  for (const one of keys) {
    const joining = one.filter((step) => step.joins);
    for (const step of joining.slice(-(HISTORY_MAXIMUM_RUNS + shifted.size))) serving.add(step.history);
  }
  return runs.filter((history) => serving.has(history)).map((history) => history.run.runId);
}

/** History of a run that has none. */
export const NO_HISTORY: AcceptedHistory = {
  select: () => [],
  isHeldBack: () => false,
  findOngoing: () => undefined,
  policyAcceptances: [],
  servingRunIds: [],
};

function joinsByItself({ status, reasons }: EarlierFinding): boolean {
  if (status === 'regression') return false;
  // A thin margin is said of a level, every night again; only what also changed is kept out.
  if (status === 'drift') return hasReason(reasons, 'thin_margin') && !hasReason(reasons, 'drifted');
  return status !== 'inconclusive' || !UNFIT.some((code) => hasReason(reasons, code));
}

function toSince({ history, finding }: Step): string {
  return finding.since ?? history.run.runId;
}

function acceptByHand(steps: readonly Step[], acceptances: readonly DriftAcceptance[]): void {
  for (const step of steps) {
    if (step.finding.status !== 'drift') continue;
    const accepted = acceptances.some(
      (one) =>
        one.since === toSince(step) &&
        (one.seriesId ?? step.finding.seriesId) === step.finding.seriesId &&
        (one.statistic ?? step.finding.statistic) === step.finding.statistic,
    );
    if (accepted) Object.assign(step, { joins: true, accepted: 'hand' });
  }
}

/** Drifts of one event in a row, without anything else between, that stay at one level. */
function acceptByPolicy(steps: readonly Step[], afterRuns: number): readonly PolicyAcceptance[] {
  const found: PolicyAcceptance[] = [];
  for (let from = 0; from < steps.length; ) {
    const first = steps[from];
    if (first === undefined) break;
    let to = from + 1;
    while (to < steps.length && continues(first, steps[to])) to += 1;
    const event = steps.slice(from, to);
    from = to;
    if (first.finding.status !== 'drift' || first.accepted !== null || event.length < afterRuns) continue;
    if (!isOneLevel(event.slice(0, afterRuns))) continue;
    for (const step of event) Object.assign(step, { joins: true, accepted: 'policy' });
    const { seriesId, statistic } = first.finding;
    const runIds = event.slice(0, afterRuns).map((step) => step.history.run.runId);
    found.push({ seriesId, statistic, since: toSince(first), runIds });
  }
  return found;
}

function continues(first: Step, next: Step | undefined): boolean {
  return next !== undefined && next.finding.status === 'drift' && toSince(next) === toSince(first) && first.finding.status === 'drift';
}

/** Every run lies within the drift tolerance of their middle: a level, not a slope. */
function isOneLevel(event: readonly Step[]): boolean {
  const values = event.flatMap(({ finding }) => (finding.candidate === null || finding.candidate <= 0 ? [] : [finding.candidate]));
  const tolerance = event[0]?.finding.tolerance;
  if (values.length < event.length || tolerance == null) return false;
  const middle = computeMedian(values);
  return values.every((value) => Math.abs(value / middle - 1) <= tolerance.drift);
}

/** The latest finding that says anything decides: inconclusive ones neither raise nor clear an event. */
function findOngoing(steps: readonly Step[]): OngoingEvent | undefined {
  const last = steps.findLast((step) => step.finding.status !== 'inconclusive');
  if (last === undefined || (last.finding.status !== 'drift' && last.finding.status !== 'regression')) return undefined;
  return { since: toSince(last), accepted: last.accepted };
}
