import type { Policy, Tolerance } from '../wire/policy.ts';
import { toBaseUnit } from '../wire/units.ts';
import type { Finding, Verdict } from '../wire/verdict.ts';
import { GATE_REASONS, type GateReason, type GateReasonCode, type GateRun } from './gate-answer.ts';

/** A run that decides, with its verdict at hand. */
export type DecidingRun = GateRun & { readonly verdict: Verdict };

/** What the checks of one gate know. */
export type GateView = {
  readonly policy: Policy;
  readonly policyDigest: string;
  readonly nowNs: bigint;
};

/** A reason with the effect its code has. */
export function toGateReason(code: GateReasonCode, detail: string): GateReason {
  return { code, detail, effect: GATE_REASONS[code].effect };
}

/** Whether an override of this very verdict is in force; it ends at `untilNs` itself. */
export function isOverridden({ verdict, override }: GateRun, nowNs: bigint): boolean {
  return override !== null && verdict !== null && override.verdictId === verdict.id && nowNs < override.untilNs;
}

/**
 * What the verdict of a deciding run means under this policy. An override in force lifts everything the verdict says, and nothing that is
 * absent from it: required metrics, suites and freshness are asked elsewhere.
 */
export function checkVerdict(deciding: DecidingRun, view: GateView): readonly GateReason[] {
  const { run, verdict, override } = deciding;
  const about = `Run ${run.runId} of suite ${run.suite}`;
  if (isOverridden(deciding, view.nowNs))
    return [toGateReason('overridden', `${about} is ${verdict.status}, overridden by ${override?.by}: ${override?.reason}`)];
  return [
    ...checkStatus(verdict, about, view.policy),
    ...limitReasons(checkProvisionalDrift(verdict, about)),
    ...limitReasons(checkTolerances(verdict, about, view)),
    ...limitReasons(checkBudgets(verdict, about, view)),
  ];
}

/** Reasons that one check gives for one run; a run may hold a hundred thousand series. */
export const REASONS_PER_CHECK = 20;

/** The first reasons of every code, and how many more there are. */
function limitReasons(reasons: readonly GateReason[]): readonly GateReason[] {
  return [...new Set(reasons.map((reason) => reason.code))].flatMap((code) => {
    const alike = reasons.filter((reason) => reason.code === code);
    const more = alike.length - REASONS_PER_CHECK;
    return more <= 0 ? alike : [...alike.slice(0, REASONS_PER_CHECK), toGateReason(code, `… and ${more} more findings like these.`)];
  });
}

function checkStatus(verdict: Verdict, about: string, policy: Policy): readonly GateReason[] {
  const codes = verdict.reasons.map((reason) => reason.code).join(', ') || 'no reason given';
  switch (verdict.status) {
    case 'pass':
    case 'improvement':
      return [];
    case 'regression':
      return [toGateReason('regression', `${about} is a regression${describeWorst(verdict)}.`)];
    case 'drift':
      return policy.onDrift === 'fail'
        ? [toGateReason('drift', `${about} drifted${describeWorst(verdict)}, and the policy fails on drift.`)]
        : [toGateReason('drift_allowed', `${about} drifted${describeWorst(verdict)}; the policy lets drift pass.`)];
    case 'inconclusive':
      return policy.onInconclusive === 'pass'
        ? [toGateReason('inconclusive_allowed', `${about} is inconclusive (${codes}); the policy lets that pass.`)]
        : [toGateReason('inconclusive', `${about} is inconclusive (${codes}).`)];
  }
  return verdict.status satisfies never;
}

/** VERDICTS 15.3: without history a change of a regression's size may only be called a drift, and that never passes a gate. */
function checkProvisionalDrift(verdict: Verdict, about: string): readonly GateReason[] {
  const provisional = (reasons: Verdict['reasons']) => reasons.some((reason) => reason.code === 'provisional');
  const large = verdict.findings.filter(
    (finding) =>
      finding.gated &&
      finding.status === 'drift' &&
      (provisional(finding.reasons) || provisional(verdict.reasons)) &&
      // Without a ratio or a tolerance nobody can say that it is small.
      (finding.delta === null || finding.tolerance === null || finding.delta >= finding.tolerance.regression),
  );
  return large.map((finding) =>
    toGateReason(
      'provisional_drift',
      `${about}: ${nameFinding(finding)} is worse by ${toPercent(finding.delta)}, as much as a regression, and there are fewer than five accepted runs of history; measure more runs or approve the change.`,
    ),
  );
}

/**
 * Tolerances of a policy steer judging through the gate `default`. A policy the verdict was not judged under can still ask for less change:
 * a confirmed drift of its size fails, and a pass must exclude that size at 95 %. It cannot loosen what was judged.
 */
function checkTolerances(verdict: Verdict, about: string, { policy, policyDigest }: GateView): readonly GateReason[] {
  if (verdict.policyDigest === policyDigest || policy.tolerances === undefined) return [];
  const reasons: GateReason[] = [];
  for (const finding of verdict.findings.filter((candidate) => candidate.gated)) {
    const limit = findTightest(policy.tolerances, verdict.suite, finding);
    if (limit === undefined || finding.tolerance === null || limit >= finding.tolerance.regression) continue;
    const tolerated = `this policy tolerates ${toPercent(limit)}`;
    const upper = finding.deltaCi95?.[1] ?? null;
    if (finding.status === 'drift' && finding.delta !== null && finding.delta >= limit)
      reasons.push(
        toGateReason('gate_tolerance', `${about}: ${nameFinding(finding)} is worse by ${toPercent(finding.delta)}; ${tolerated}.`),
      );
    else if (finding.status !== 'inconclusive' && finding.status !== 'regression' && (upper === null || upper >= limit))
      reasons.push(
        toGateReason('tolerance_unproven', `${about}: ${nameFinding(finding)} may be worse by up to ${toPercent(upper)}; ${tolerated}.`),
      );
  }
  return reasons;
}

function findTightest(tolerances: readonly Tolerance[], suite: string, finding: Finding): number | undefined {
  const limits = tolerances
    .filter((tolerance) => matches(tolerance, suite, finding) && (tolerance.statistic ?? finding.statistic) === finding.statistic)
    .map((tolerance) => tolerance.regression);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Budgets steer judging as tolerances do; one the run was not judged under is held against the high-water mark in the evidence. */
function checkBudgets(verdict: Verdict, about: string, { policy, policyDigest }: GateView): readonly GateReason[] {
  if (verdict.policyDigest === policyDigest || policy.budgets === undefined) return [];
  const budgets = new Map(policy.budgets.map((budget) => [budgetKey(budget.task, toBaseUnit(budget.unit)?.unit), budget]));
  const reasons: GateReason[] = [];
  for (const finding of verdict.findings.filter((candidate) => candidate.family === 'wcet' && candidate.gated)) {
    const budget = budgets.get(budgetKey(finding.region, finding.unit));
    if (budget === undefined) continue;
    const value = budget.value * (toBaseUnit(budget.unit)?.factor ?? 1);
    const highWaterMark = finding.evidence['highWaterMark'];
    const stated = `${budget.value} ${budget.unit}`;
    if (typeof highWaterMark === 'number' && highWaterMark > value)
      reasons.push(toGateReason('over_budget', `${about}: the high-water mark of ${finding.region} is over its budget of ${stated}.`));
    else if (finding.evidence['budget'] !== value)
      reasons.push(
        toGateReason(
          'budget_unproven',
          `${about}: ${finding.region} was not judged against its budget of ${stated}; measure it again under this policy.`,
        ),
      );
  }
  return reasons;
}

function budgetKey(task: string, unit: string | undefined): string {
  return JSON.stringify([task, unit ?? null]);
}

/** Suites the policy names that no deciding run covers. */
export function checkSuites(deciding: readonly DecidingRun[], { policy }: GateView): readonly GateReason[] {
  const judged = new Set(deciding.map(({ run }) => run.suite));
  return [...new Set(policy.suites ?? [])]
    .filter((suite) => !judged.has(suite))
    .map((suite) => toGateReason('suite_missing', `Suite ${suite} has no verdict for this subject, and the policy requires one.`));
}

/**
 * Metrics the policy requires: in every comparability class where the suite was judged (any suite, where none is named) a finding for it is
 * conclusive, and no gated finding for it is inconclusive.
 */
export function checkRequired(deciding: readonly DecidingRun[], { policy, nowNs }: GateView): readonly GateReason[] {
  return (policy.required ?? []).flatMap((required) => {
    const wanted = `${required.metric}${required.region === undefined ? '' : ` of ${required.region}`}${required.suite === undefined ? '' : ` in suite ${required.suite}`}`;
    const asked = deciding.filter(({ run }) => required.suite === undefined || run.suite === required.suite);
    if (asked.length === 0) return [toGateReason('required_missing', `The policy requires ${wanted}, and no run of it has a verdict.`)];
    return [...new Set(asked.map(({ classDigest }) => classDigest))].flatMap((classDigest) => {
      const found = asked
        .filter((candidate) => candidate.classDigest === classDigest)
        .flatMap((candidate) =>
          candidate.verdict.findings
            .filter((finding) => matches(required, candidate.verdict.suite, finding))
            .map(({ gated, status }) => ({ gated, open: status === 'inconclusive' && !isOverridden(candidate, nowNs) })),
        );
      if (found.every(({ open }) => open))
        return [
          toGateReason(
            'required_missing',
            `The policy requires ${wanted}, and no finding judges it in comparability class ${classDigest}.`,
          ),
        ];
      if (found.some(({ open, gated }) => open && gated))
        return [
          toGateReason(
            'required_inconclusive',
            `The policy requires ${wanted}, and a finding for it is inconclusive in class ${classDigest}.`,
          ),
        ];
      return [];
    });
  });
}

const NS_PER_HOUR = 3_600_000_000_000;

/** Deciding runs that were opened longer ago than the policy allows; a verdict computed again makes no measurement younger. */
export function checkFreshness(deciding: readonly DecidingRun[], { policy, nowNs }: GateView): readonly GateReason[] {
  const hours = policy.freshnessHours;
  if (hours === undefined) return [];
  return deciding
    .filter(({ run }) => Number(nowNs - BigInt(run.createdAtNs)) > hours * NS_PER_HOUR)
    .map(({ run }) => {
      const age = Number(nowNs - BigInt(run.createdAtNs)) / NS_PER_HOUR;
      return toGateReason('stale', `Run ${run.runId} of suite ${run.suite} is ${age.toFixed(1)} hours old; the policy allows ${hours}.`);
    });
}

/** Whether a rule of a policy speaks about this finding: every member it names is equal; a member it leaves out matches all. */
function matches(
  rule: { readonly suite?: string; readonly region?: string; readonly metric?: string },
  suite: string,
  finding: Finding,
): boolean {
  return (
    (rule.suite === undefined || rule.suite === suite) &&
    (rule.region === undefined || rule.region === finding.region) &&
    (rule.metric === undefined || rule.metric === finding.metric)
  );
}

function describeWorst(verdict: Verdict): string {
  const worse = verdict.findings.filter((finding) => finding.gated && finding.status === verdict.status);
  const worst = worse.reduce<Finding | undefined>((a, b) => (a !== undefined && (a.delta ?? -1) >= (b.delta ?? -1) ? a : b), undefined);
  if (worst === undefined) return '';
  const others = worse.length > 1 ? ` and ${worse.length - 1} more` : '';
  return `: ${nameFinding(worst)}${worst.delta === null ? '' : ` worse by ${toPercent(worst.delta)}`}${others}`;
}

function nameFinding({ region, metric, statistic }: Finding): string {
  return `${metric}${statistic === null ? '' : ` ${statistic}`} of ${region}`;
}

function toPercent(fraction: number | null): string {
  return fraction === null ? 'an unknown share' : `${Number((fraction * 100).toPrecision(3))} %`;
}
