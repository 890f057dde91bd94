import type { RunKind, RunRecord, RunState } from '../wire/run.ts';
import type { Finding, Verdict, VerdictStatus } from '../wire/verdict.ts';

export const GATE_STATUSES = ['pass', 'fail', 'inconclusive', 'unknown'] as const;
export type GateStatus = (typeof GATE_STATUSES)[number];

/** What each gate status means to an HTTP client; `curl -f` relies on it (DESIGN, section 4). */
export const GATE_HTTP_STATUS = { pass: 200, fail: 412, inconclusive: 409, unknown: 404 } as const satisfies Readonly<
  Record<GateStatus, number>
>;

/**
 * The HTTP status of a gate answer.
 * @param always200 the caller asked for `?status=200`: it reads the body, and takes any other code as a failure to answer
 * @example toGateHttpStatus('fail', { always200: false }) // 412
 */
export function toGateHttpStatus(status: GateStatus, { always200 }: { readonly always200: boolean }): number {
  return always200 ? 200 : GATE_HTTP_STATUS[status];
}

/** Every reason a gate can give. `fail` and `inconclusive` block; a `note` is only said. */
export const GATE_REASONS = {
  no_runs: { effect: 'unknown', meaning: 'no run of this subject counts' },
  regression: { effect: 'fail', meaning: 'the deciding run is a regression' },
  drift: { effect: 'fail', meaning: 'the deciding run drifted and the policy fails on drift' },
  gate_tolerance: {
    effect: 'fail',
    meaning: 'a confirmed change is over a tolerance of this policy that was not in force when the run was judged',
  },
  over_budget: {
    effect: 'fail',
    meaning: 'the high-water mark is over a budget of this policy that was not in force when the run was judged',
  },
  inconclusive: { effect: 'inconclusive', meaning: 'the deciding run is inconclusive' },
  provisional_drift: {
    effect: 'inconclusive',
    meaning: 'a drift as large as a regression, held back only because there is too little history',
  },
  run_unsealed: { effect: 'inconclusive', meaning: 'a run of the subject is not sealed' },
  run_unjudged: { effect: 'inconclusive', meaning: 'a run of the subject has no verdict yet' },
  suite_missing: { effect: 'inconclusive', meaning: 'the policy requires a suite that has no verdict for the subject' },
  required_missing: { effect: 'inconclusive', meaning: 'the policy requires a metric that no finding judges' },
  required_inconclusive: { effect: 'inconclusive', meaning: 'the policy requires a metric whose finding is inconclusive' },
  stale: { effect: 'inconclusive', meaning: 'the deciding run is older than the policy allows' },
  ambiguous_subject: { effect: 'inconclusive', meaning: 'several things under test carry this version, commit or digest' },
  tolerance_unproven: {
    effect: 'inconclusive',
    meaning: 'a tolerance of this policy was not in force when the run was judged, and the evidence does not exclude a change of that size',
  },
  budget_unproven: { effect: 'inconclusive', meaning: 'a budget of this policy was not held against the run' },
  drift_allowed: { effect: 'note', meaning: 'the deciding run drifted and the policy lets drift pass' },
  inconclusive_allowed: { effect: 'note', meaning: 'the deciding run is inconclusive and the policy lets that pass' },
  overridden: { effect: 'note', meaning: 'somebody overrode the verdict of the deciding run' },
  earlier_failure: { effect: 'note', meaning: 'an earlier run of the same subject failed; a later one decides' },
  run_withdrawn: { effect: 'note', meaning: 'a run of the subject was withdrawn and does not count' },
} as const;
export type GateReasonCode = keyof typeof GATE_REASONS;
export type GateReason = {
  readonly code: GateReasonCode;
  readonly detail: string;
  readonly effect: 'fail' | 'inconclusive' | 'unknown' | 'note';
};

/** Somebody took responsibility for a verdict until a moment; the verdict itself stays as it is. */
export type VerdictOverride = { readonly verdictId: string; readonly reason: string; readonly by: string; readonly untilNs: bigint };

/** A run of the subject with all that a gate asks of it. */
export type GateRun = {
  readonly run: Pick<RunRecord, 'runId' | 'suite' | 'kind' | 'subject' | 'createdAtNs'>;
  readonly state: RunState;
  readonly withdrawn?: boolean;
  readonly verdict: Verdict | null;
  /** Digest of the run's comparability class. */
  readonly classDigest: string;
  readonly override: VerdictOverride | null;
};

/** `subject` is a version, a commit or a digest, compared whole; `name` tells things of one version apart. */
export type SubjectQuery = { readonly subject: string; readonly name?: string };

/** `decides`: the latest judged of its suite and class; `earlier`: judged before it; `pending`: no verdict yet; the others do not count. */
export type GateRunRole = 'decides' | 'earlier' | 'pending' | 'control' | 'withdrawn';

export type GateRunAnswer = {
  readonly runId: string;
  readonly suite: string;
  readonly kind: RunKind;
  readonly classDigest: string;
  readonly state: RunState;
  readonly role: GateRunRole;
  readonly verdictId: string | null;
  readonly status: VerdictStatus | null;
  readonly score: number | null;
  readonly baseline: Verdict['baseline'];
  readonly createdAtNs: string;
  readonly reportUrl: string | null;
  /** The override in force, if any; `until` is epoch nanoseconds in digits. */
  readonly override: { readonly reason: string; readonly by: string; readonly untilNs: string } | null;
};

export type GateFinding = Finding & { readonly runId: string; readonly verdictId: string; readonly suite: string };

export type GateAnswer = {
  readonly ok: boolean;
  readonly status: GateStatus;
  /** Blocking reasons first. */
  readonly reasons: readonly GateReason[];
  /** Gated findings of deciding runs that did not simply pass, worst first, at most GATE_FINDINGS_LIMIT. */
  readonly findings: readonly GateFinding[];
  /** How many such findings there are in all. */
  readonly findingCount: number;
  /** Every run of the subject: deciding ones first, then latest first. */
  readonly runs: readonly GateRunAnswer[];
  /** The subject of the latest run that counts (of any run, where none counts); `names` and `versions` hold those of every run. */
  readonly subject: {
    readonly query: string;
    readonly name: string | null;
    readonly version: string | null;
    readonly commit: string | null;
    readonly branch: string | null;
    readonly digest: string | null;
    readonly names: readonly string[];
    readonly versions: readonly string[];
  };
  /** Baseline and report of the deciding run that speaks loudest; each run names its own. */
  readonly baseline: Verdict['baseline'];
  readonly policyDigest: string;
  readonly reportUrl: string | null;
};

/** Findings in one gate answer; the report holds them all. */
export const GATE_FINDINGS_LIMIT = 100;
