import { LIMITS } from '../wire/limits.ts';
import type { ReasonCode, Verdict } from '../wire/verdict.ts';

/** What is known of a run when it is proposed for a golden baseline. */
export type CandidateRun = {
  readonly runId: string;
  readonly project: string;
  readonly suite: string;
  readonly sealed: boolean;
  readonly withdrawn: boolean;
  /** Digest over the class keys of its environment: equal digests may be compared. */
  readonly classDigest: string;
  readonly emulated: boolean;
};

export type Candidate = { readonly run: CandidateRun; readonly verdict: Verdict | null };

/** An approver takes one run in although its verdict speaks against it, and says why. */
export type ApprovalOverride = { readonly runId: string; readonly reason: string };

/** Every reason to refuse a run or a set of runs; `overridable` ones yield to an override that names the run and a reason. */
export const REFUSALS = {
  no_runs: { overridable: false, meaning: 'the proposal names no run' },
  too_many_runs: { overridable: false, meaning: 'the proposal names more runs than a baseline may hold' },
  duplicate_run: { overridable: false, meaning: 'the proposal names a run twice' },
  other_suite: { overridable: false, meaning: 'the run belongs to another project or suite' },
  mixed_class: { overridable: false, meaning: 'the runs were measured in more than one comparability class' },
  mixed_emulated: { overridable: false, meaning: 'emulated and hardware runs are never mixed' },
  unsealed: { overridable: false, meaning: 'only sealed runs never change' },
  withdrawn: { overridable: false, meaning: 'the run was withdrawn' },
  unjudged: { overridable: false, meaning: 'the run has no verdict yet' },
  regression: { overridable: true, meaning: 'the verdict of the run is a regression' },
  inconclusive: { overridable: true, meaning: 'the verdict of the run is inconclusive' },
  override_unknown_run: { overridable: false, meaning: 'an override names a run that is not in the proposal' },
  override_without_reason: { overridable: false, meaning: 'an override must say why' },
  override_twice: { overridable: false, meaning: 'two overrides name one run' },
} as const;
export type RefusalCode = keyof typeof REFUSALS;

export type Refusal = { readonly code: RefusalCode; readonly runId: string | null; readonly detail: string; readonly overridable: boolean };

export type Eligibility = {
  readonly eligible: boolean;
  /** What stands against the baseline, overrides already taken off; empty when eligible. */
  readonly refusals: readonly Refusal[];
  /** Overrides that lifted a refusal, with what they lifted: these belong in the audit log. */
  readonly overridden: readonly (ApprovalOverride & { readonly code: RefusalCode })[];
};

export type EligibilityInput = {
  readonly project: string;
  readonly suite: string;
  readonly candidates: readonly Candidate[];
  /** Whether a baseline is active in the comparability class of these runs. */
  readonly activeInClass: boolean;
  readonly overrides: readonly ApprovalOverride[];
};

/**
 * Whether these runs may become a golden baseline (DESIGN, invariant 7). Passing, improved and drifted runs may (a drift passes a gate, and the
 * approver sees it); a regression or an inconclusive run only by an override that names it with a reason. While no baseline is active in the class, an inconclusive run whose only reasons are `no_baseline`
 * or `provisional` may enter: somebody has to be first. What makes runs unfit for comparison (unsealed, withdrawn, unjudged, another suite
 * or class, emulated beside hardware) yields to nobody.
 * @throws RangeError when a verdict belongs to another run than its candidate
 */
export function checkEligibility(input: EligibilityInput): Eligibility {
  const standing: Refusal[] = [...checkSet(input), ...checkOverrides(input)];
  const overridden: (ApprovalOverride & { readonly code: RefusalCode })[] = [];
  for (const candidate of input.candidates) {
    for (const refusal of checkCandidate(candidate, input)) {
      const override = refusal.overridable ? findOverride(input.overrides, candidate.run.runId) : undefined;
      if (override === undefined) standing.push(refusal);
      else overridden.push({ runId: override.runId, reason: override.reason.trim(), code: refusal.code });
    }
  }
  return { eligible: standing.length === 0, refusals: standing, overridden };
}

/** A verdict whose only doubt is that nothing was there to compare with, or too little history. */
export function isFirstOfItsClass(verdict: Verdict): boolean {
  const allowed: readonly ReasonCode[] = ['no_baseline', 'provisional'];
  // An inconclusive verdict without reasons says nothing at all: `every` alone would let it in.
  return verdict.reasons.length > 0 && verdict.reasons.every((reason) => allowed.includes(reason.code));
}

function findOverride(overrides: readonly ApprovalOverride[], runId: string): ApprovalOverride | undefined {
  return overrides.find((override) => override.runId === runId && override.reason.trim() !== '');
}

function toRefusal(code: RefusalCode, runId: string | null, detail: string): Refusal {
  return { code, runId, detail, overridable: REFUSALS[code].overridable };
}

function checkCandidate({ run, verdict }: Candidate, input: EligibilityInput): readonly Refusal[] {
  if (verdict !== null && verdict.runId !== run.runId)
    throw new RangeError(`checkEligibility: candidate ${run.runId} carries the verdict of run ${verdict.runId}`);
  const refusals: Refusal[] = [];
  if (run.project !== input.project || run.suite !== input.suite)
    refusals.push(
      toRefusal(
        'other_suite',
        run.runId,
        `Run ${run.runId} measured suite ${run.suite} of project ${run.project}, and the baseline is for suite ${input.suite} of project ${input.project}.`,
      ),
    );
  if (run.withdrawn)
    refusals.push(toRefusal('withdrawn', run.runId, `Run ${run.runId} was withdrawn and leaves candidates for baselines.`));
  if (!run.sealed) refusals.push(toRefusal('unsealed', run.runId, `Run ${run.runId} is not sealed; seal it first, then it never changes.`));
  else if (verdict === null)
    refusals.push(toRefusal('unjudged', run.runId, `Run ${run.runId} has no verdict yet; wait until it is judged.`));
  else refusals.push(...checkVerdict(run.runId, verdict, input.activeInClass));
  return refusals;
}

function checkVerdict(runId: string, verdict: Verdict, activeInClass: boolean): readonly Refusal[] {
  const remedy = 'An approval can take it in with an override that names the run and a reason.';
  switch (verdict.status) {
    case 'pass':
    case 'improvement':
    case 'drift':
      return [];
    case 'regression':
      return [toRefusal('regression', runId, `Run ${runId} was judged a regression (verdict ${verdict.id}). ${remedy}`)];
    case 'inconclusive': {
      if (!activeInClass && isFirstOfItsClass(verdict)) return [];
      const codes = verdict.reasons.map((reason) => reason.code).join(', ') || 'no reason given';
      return [toRefusal('inconclusive', runId, `Run ${runId} is inconclusive (${codes}; verdict ${verdict.id}). ${remedy}`)];
    }
  }
  return verdict.status satisfies never;
}

function checkSet({ candidates }: EligibilityInput): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (candidates.length === 0) refusals.push(toRefusal('no_runs', null, 'A baseline needs at least one run.'));
  if (candidates.length > LIMITS.runsPerBaseline)
    refusals.push(
      toRefusal('too_many_runs', null, `The proposal names ${candidates.length} runs; a baseline holds at most ${LIMITS.runsPerBaseline}.`),
    );
  for (const runId of findRepeated(candidates.map(({ run }) => run.runId)))
    refusals.push(toRefusal('duplicate_run', runId, `Run ${runId} is named more than once.`));
  const classes = new Set(candidates.map(({ run }) => run.classDigest));
  if (classes.size > 1)
    refusals.push(
      toRefusal('mixed_class', null, `The runs come from ${classes.size} comparability classes (${[...classes].sort().join(', ')}).`),
    );
  const emulated = candidates.filter(({ run }) => run.emulated).length;
  if (emulated > 0 && emulated < candidates.length)
    refusals.push(
      toRefusal('mixed_emulated', null, `${emulated} of ${candidates.length} runs are emulated; their timing means something else.`),
    );
  return refusals;
}

function checkOverrides({ candidates, overrides }: EligibilityInput): readonly Refusal[] {
  const known = new Set(candidates.map(({ run }) => run.runId));
  const refusals: Refusal[] = [];
  for (const { runId, reason } of overrides) {
    if (!known.has(runId))
      refusals.push(toRefusal('override_unknown_run', runId, `An override names run ${runId}, which is not in the proposal.`));
    if (reason.trim() === '') refusals.push(toRefusal('override_without_reason', runId, `The override of run ${runId} gives no reason.`));
  }
  for (const runId of findRepeated(overrides.map((override) => override.runId)))
    refusals.push(toRefusal('override_twice', runId, `Two overrides name run ${runId}.`));
  return refusals;
}

function findRepeated(values: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const value of values) (seen.has(value) ? repeated : seen).add(value);
  return [...repeated];
}
