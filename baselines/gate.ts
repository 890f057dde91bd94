import type { Policy } from '../wire/policy.ts';
import type { Subject } from '../wire/run.ts';
import {
  GATE_FINDINGS_LIMIT,
  type GateAnswer,
  type GateFinding,
  type GateReason,
  type GateRun,
  type GateRunAnswer,
  type GateRunRole,
  type GateStatus,
  type SubjectQuery,
} from './gate-answer.ts';
import {
  checkFreshness,
  checkRequired,
  checkSuites,
  checkVerdict,
  type DecidingRun,
  type GateView,
  isOverridden,
  toGateReason,
} from './gate-policy.ts';

export type GateQuestion = {
  readonly policy: Policy;
  readonly policyDigest: string;
  readonly subjectQuery: SubjectQuery;
  /** Runs in any order; those of other subjects are left out here once more. */
  readonly runs: readonly GateRun[];
  /** Epoch nanoseconds. */
  readonly nowNs: bigint;
};

/**
 * The release decision for one subject (DESIGN, section 4, gates). All its runs count. Per suite and comparability class the latest judged
 * run decides, latest by the time it was opened; earlier failures stay visible as notes, so a repeated run that passes passes in the open.
 * A run that is not sealed or judged yet blocks until it is, or is withdrawn with a reason: leaving a bad run open must not hide it. Runs of
 * kind `control` never count. `onInconclusive: pass` lets inconclusive verdicts pass, and not what the policy itself asks for: suites,
 * required metrics, freshness, and no provisional drift of a regression's size.
 * Cost: linear in runs and findings.
 */
export function evaluateGate({ policy, policyDigest, subjectQuery, runs, nowNs }: GateQuestion): GateAnswer {
  const view: GateView = { policy, policyDigest, nowNs };
  const ofSubject = runs.filter(({ run }) => matchesSubject(run.subject, subjectQuery));
  const roles = assignRoles(ofSubject);
  const deciding = ofSubject.filter((run): run is DecidingRun => roles.get(run) === 'decides');
  const reasons = sortReasons([
    ...checkPending(ofSubject, roles),
    ...checkSubject(ofSubject, roles, subjectQuery),
    ...deciding.flatMap((run) => checkVerdict(run, view)),
    ...(deciding.length === 0 ? [] : [...checkSuites(deciding, view), ...checkRequired(deciding, view), ...checkFreshness(deciding, view)]),
    ...describeOthers(ofSubject, roles),
  ]);
  const status = rollUp(reasons);
  const findings = collectFindings(deciding);
  const loudest = findLoudest(deciding, view);
  return {
    ok: status === 'pass',
    status,
    reasons,
    findings: findings.slice(0, GATE_FINDINGS_LIMIT),
    findingCount: findings.length,
    runs: listRuns(ofSubject, roles, nowNs),
    subject: describeSubject(ofSubject, roles, subjectQuery.subject),
    baseline: loudest?.verdict.baseline ?? null,
    policyDigest,
    reportUrl: loudest?.verdict.reportUrl ?? null,
  };
}

/** Whether a subject is the one asked for: its version, commit or digest is equal to the query, and its name where one is given. */
export function matchesSubject(subject: Subject, { subject: query, name }: SubjectQuery): boolean {
  if (name !== undefined && subject.name !== name) return false;
  return subject.version === query || subject.commit === query || subject.digest === query;
}

type Roles = ReadonlyMap<GateRun, GateRunRole>;

function assignRoles(runs: readonly GateRun[]): Roles {
  const roles = new Map<GateRun, GateRunRole>();
  const decided = new Set<string>();
  for (const candidate of [...runs].sort(compareLatestFirst)) {
    const slot = JSON.stringify([candidate.run.suite, candidate.classDigest]);
    if (candidate.withdrawn === true) roles.set(candidate, 'withdrawn');
    else if (candidate.run.kind === 'control') roles.set(candidate, 'control');
    else if (candidate.state !== 'judged' || candidate.verdict === null) roles.set(candidate, 'pending');
    else if (decided.has(slot)) roles.set(candidate, 'earlier');
    else {
      roles.set(candidate, 'decides');
      decided.add(slot);
    }
  }
  return roles;
}

function compareLatestFirst(a: GateRun, b: GateRun): number {
  const [atA, atB] = [BigInt(a.run.createdAtNs), BigInt(b.run.createdAtNs)];
  if (atA !== atB) return atA > atB ? -1 : 1;
  return a.run.runId > b.run.runId ? -1 : Number(a.run.runId < b.run.runId);
}

function checkPending(runs: readonly GateRun[], roles: Roles): readonly GateReason[] {
  return runs
    .filter((candidate) => roles.get(candidate) === 'pending')
    .map(({ run, state }) =>
      state === 'open' || state === 'sealing'
        ? toGateReason('run_unsealed', `Run ${run.runId} of suite ${run.suite} is not sealed; seal it, or withdraw it with a reason.`)
        : toGateReason('run_unjudged', `Run ${run.runId} of suite ${run.suite} is sealed and has no verdict yet; ask again shortly.`),
    );
}

function checkSubject(runs: readonly GateRun[], roles: Roles, query: SubjectQuery): readonly GateReason[] {
  const counting = runs.filter((candidate) => counts(roles.get(candidate)));
  if (counting.length === 0) {
    const name = query.name === undefined ? '' : ` and name ${query.name}`;
    const without = runs.length === 0 ? '' : ` (${runs.length} withdrawn or control runs do not count)`;
    return [toGateReason('no_runs', `No run of a subject with version, commit or digest ${query.subject}${name} is known${without}.`)];
  }
  const names = distinct(counting.map(({ run }) => run.subject.name));
  if (names.length <= 1) return [];
  return [
    toGateReason('ambiguous_subject', `${query.subject} names ${names.length} subjects (${names.join(', ')}); say which one with name=.`),
  ];
}

function describeOthers(runs: readonly GateRun[], roles: Roles): readonly GateReason[] {
  return [...runs].sort(compareLatestFirst).flatMap((candidate) => {
    const { run, verdict } = candidate;
    const role = roles.get(candidate);
    if (role === 'withdrawn')
      return [toGateReason('run_withdrawn', `Run ${run.runId} of suite ${run.suite} was withdrawn and does not count.`)];
    const failed = verdict !== null && (verdict.status === 'regression' || verdict.status === 'inconclusive');
    if (role !== 'earlier' || !failed) return [];
    return [
      toGateReason(
        'earlier_failure',
        `Run ${run.runId} of suite ${run.suite}, an earlier run of this subject in the same class, is ${verdict.status === 'regression' ? 'a regression' : 'inconclusive'}; a later run decides.`,
      ),
    ];
  });
}

const EFFECT_ORDER = ['fail', 'inconclusive', 'unknown', 'note'] as const;

function sortReasons(reasons: readonly GateReason[]): readonly GateReason[] {
  return EFFECT_ORDER.flatMap((effect) => reasons.filter((reason) => reason.effect === effect));
}

/** The worst effect decides; a gate passes only when at least one run decided, which `no_runs` and pending runs rule out otherwise. */
function rollUp(reasons: readonly GateReason[]): GateStatus {
  for (const effect of EFFECT_ORDER) if (effect !== 'note' && reasons.some((reason) => reason.effect === effect)) return effect;
  return 'pass';
}

const STATUS_ORDER = ['regression', 'inconclusive', 'drift', 'improvement', 'pass'] as const;

function collectFindings(deciding: readonly DecidingRun[]): readonly GateFinding[] {
  return deciding
    .flatMap(({ run, verdict }) =>
      verdict.findings
        .filter((finding) => finding.gated && finding.status !== 'pass')
        .map((finding) => ({ ...finding, runId: run.runId, verdictId: verdict.id, suite: run.suite })),
    )
    .sort(
      (a, b) =>
        STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status) ||
        (b.delta ?? Number.NEGATIVE_INFINITY) - (a.delta ?? Number.NEGATIVE_INFINITY) ||
        0,
    );
}

function findLoudest(deciding: readonly DecidingRun[], { nowNs }: GateView): DecidingRun | undefined {
  const rank = (candidate: DecidingRun) =>
    isOverridden(candidate, nowNs) ? STATUS_ORDER.length : STATUS_ORDER.indexOf(candidate.verdict.status);
  return [...deciding].sort((a, b) => rank(a) - rank(b) || compareLatestFirst(a, b))[0];
}

function listRuns(runs: readonly GateRun[], roles: Roles, nowNs: bigint): readonly GateRunAnswer[] {
  const answers = [...runs].sort(compareLatestFirst).map((candidate) => toRunAnswer(candidate, roles, nowNs));
  return [...answers.filter(({ role }) => role === 'decides'), ...answers.filter(({ role }) => role !== 'decides')];
}

function toRunAnswer(candidate: GateRun, roles: Roles, nowNs: bigint): GateRunAnswer {
  const { run, state, verdict, classDigest, override } = candidate;
  const inForce = override !== null && isOverridden(candidate, nowNs);
  return {
    runId: run.runId,
    suite: run.suite,
    kind: run.kind,
    classDigest,
    state,
    role: roles.get(candidate) ?? 'pending',
    verdictId: verdict?.id ?? null,
    status: verdict?.status ?? null,
    score: verdict?.score ?? null,
    baseline: verdict?.baseline ?? null,
    createdAtNs: run.createdAtNs,
    reportUrl: verdict?.reportUrl ?? null,
    override: inForce ? { reason: override.reason, by: override.by, untilNs: String(override.untilNs) } : null,
  };
}

function describeSubject(runs: readonly GateRun[], roles: Roles, query: string): GateAnswer['subject'] {
  const ordered = [...runs].sort(compareLatestFirst);
  const subject = (ordered.find((run) => counts(roles.get(run))) ?? ordered[0])?.run.subject;
  return {
    query,
    name: subject?.name ?? null,
    version: subject?.version ?? null,
    commit: subject?.commit ?? null,
    branch: subject?.branch ?? null,
    digest: subject?.digest ?? null,
    names: distinct(runs.map(({ run }) => run.subject.name)),
    versions: distinct(runs.map(({ run }) => run.subject.version)),
  };
}

function counts(role: GateRunRole | undefined): boolean {
  return role !== 'withdrawn' && role !== 'control';
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
