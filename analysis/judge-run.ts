import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Policy } from '../wire/policy.ts';
import type { Comparability, Finding, Reason, Verdict } from '../wire/verdict.ts';
import { type AcceptedHistory, acceptHistory } from './accepted/accept.ts';
import { chooseHistory } from './accepted/choose-history.ts';
import { type DriftAcceptance, digestHistory, type HistoryRun, type JudgedRun } from './accepted/history-run.ts';
import { attribute } from './attribution.ts';
import { compareEnvironments } from './comparability.ts';
import { attributeMachine, type ControlRuns, doubtMachine, measureMachine } from './control.ts';
import { compareFindings } from './finding.ts';
import { type Follows, joinStages, toSuspectKeys } from './follow.ts';
import { judgeSeries } from './judge-series.ts';
import type { Judging } from './judging.ts';
import { muteFinding } from './mute.ts';
import { pairSeries } from './pair-series.ts';
import { rollUp } from './roll-up.ts';

/** An active golden baseline and its sealed runs. */
export type JudgedBaseline = { readonly id: string; readonly digest: string; readonly runs: readonly JudgedRun[] };

/** Everything a verdict depends on; equal input gives an equal verdict, whatever the order of its arrays. */
export type JudgeInput = {
  readonly run: JudgedRun;
  readonly baseline: JudgedBaseline | null;
  /** Without a baseline in the run's class: one of the same suite in another class, to say what stands in the way; else null. */
  readonly nearest: JudgedBaseline | null;
  readonly candidateMeasurements: readonly SeriesMeasurement[];
  /** Of all golden runs. */
  readonly baselineMeasurements: readonly SeriesMeasurement[];
  /** Earlier runs with their verdicts, any order; those that may not serve are left out here (VERDICTS 15.1). */
  readonly history?: readonly HistoryRun[];
  /** Drifts that people accepted as the new level. */
  readonly acceptances?: readonly DriftAcceptance[];
  /** What the run continues (`run start --follows`): judged together by the two-stage rule. */
  readonly follows?: Follows;
  /** Runs of frozen code on the same machine (kind `control`): when they move, the machine moved. */
  readonly control?: ControlRuns;
  /** When the run is judged, epoch milliseconds; it ends mutes. Take the time of the seal, so that judging again says the same. */
  readonly nowMs?: number;
  readonly policy: Policy;
  readonly policyDigest: string;
  readonly engineVersion: string;
  readonly seed: number;
  /** Copied into the verdict; nothing is computed from them. */
  readonly verdictId: string;
  readonly computedAt: string;
  readonly reportUrl: string;
};

/**
 * Judges a sealed run against its golden baseline and the runs accepted since (VERDICTS 3 and 15): environments are compared, series
 * matched, each family's findings made, held against earlier verdicts, rolled up and attributed. Pure: no clock, no random numbers, no I/O.
 * @throws RangeError when a measurement breaks its own contract (an empty candidate list is not a breach), or a stage is of another subject
 */
export function judgeRun(input: JudgeInput): Verdict {
  const { run, baseline, nearest, policy, follows, control } = input;
  const goldenRuns = baseline?.runs ?? [];
  const compared = (baseline ?? nearest)?.runs.map((golden) => golden.environment) ?? null;
  const comparability = compareEnvironments(run.environment, compared);
  const comparable = baseline !== null && (comparability.status === 'comparable' || comparability.status === 'different');
  const golden = comparable ? input.baselineMeasurements : [];
  const candidate = follows === undefined ? input.candidateMeasurements : joinStages(run, input.candidateMeasurements, follows.stages);
  const earlier = comparable ? listEarlier(input, baseline) : [];
  const history = acceptHistory(earlier, input.acceptances ?? [], policy.acceptDriftAfterRuns);
  const judging: Judging = { suite: run.suite, policy, history, suspects: follows === undefined ? null : toSuspectKeys(follows) };
  const pairs = pairSeries(candidate, golden, goldenRuns.length);
  const machine = control === undefined ? null : measureMachine(control, judging);
  const judged = judgeSeries(pairs, explainAbsence(comparability), judging).map((finding) => doubtMachine(finding, machine));
  const findings = [...judged, ...(machine === null ? [] : [machine])]
    .map((finding) => muteFinding(raise(finding, run.runId, history), judging, input.nowMs))
    .sort(compareFindings);
  const rolled = rollUp(findings, comparability, { ...judging, hasBaseline: baseline !== null });
  const subjects = goldenRuns.map((one) => one.subject);
  return {
    id: input.verdictId,
    runId: run.runId,
    project: run.project,
    suite: run.suite,
    ...rolled,
    comparability,
    attribution: [...attributeMachine(rolled.status, machine), ...attribute(rolled.status, comparability, run.subject, subjects)],
    findings,
    baseline: baseline === null ? null : { id: baseline.id, digest: baseline.digest },
    nearestBaseline: nearest === null ? null : { id: nearest.id, digest: nearest.digest },
    references: earlier.map((one) => one.run.runId),
    ...(follows === undefined ? {} : { follows: follows.stages.map((stage) => stage.run.runId) }),
    ...(control === undefined ? {} : { controls: [...control.earlier.map((one) => one.runId), control.runId] }),
    ...(history.policyAcceptances.length > 0 ? { acceptances: history.policyAcceptances } : {}),
    historyDigest: earlier.length === 0 ? null : digestHistory(earlier, input.acceptances ?? []),
    policyDigest: input.policyDigest,
    engine: { version: input.engineVersion, seed: input.seed },
    computedAt: input.computedAt,
    reportUrl: input.reportUrl,
  };
}

/** The runs that may serve as history. */
function listEarlier(input: JudgeInput, baseline: JudgedBaseline): readonly HistoryRun[] {
  const stages = input.follows?.stages.map((stage) => stage.run.runId) ?? [];
  const excluded = new Set([...baseline.runs.map((golden) => golden.runId), ...stages]);
  return chooseHistory(input.history ?? [], input.run, baseline.id, excluded);
}

/** Why a series of the candidate has nothing to be compared with. */
function explainAbsence(comparability: Comparability): Reason {
  switch (comparability.status) {
    case 'no_baseline':
      return { code: 'no_baseline', detail: 'no golden run to compare with' };
    case 'incomparable':
      return { code: 'incomparable', detail: 'the golden runs are of another comparability class' };
    case 'comparable':
    case 'different':
      return { code: 'missing_in_baseline', detail: 'no golden run measured this series' };
    default:
      return comparability.status satisfies never;
  }
}

/** A drift or regression continues the event that earlier runs raised, or is raised by the run itself. */
function raise(finding: Finding, runId: string, history: AcceptedHistory): Finding {
  if (finding.status !== 'drift' && finding.status !== 'regression') return finding;
  const event = history.findOngoing(finding.seriesId, finding.statistic);
  if (event === undefined) return { ...finding, since: runId };
  const raised = { ...finding, since: event.since, ongoing: true };
  if (event.accepted === null) return raised;
  const reason: Reason = { code: 'accepted_drift', detail: `accepted by ${event.accepted}, raised by run ${event.since}` };
  return { ...raised, reasons: [...finding.reasons, reason] };
}
