import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Policy } from '../wire/policy.ts';
import type { Environment, RunKind, Subject } from '../wire/run.ts';
import type { Comparability, Finding, Reason, Verdict } from '../wire/verdict.ts';
import { attribute } from './attribution.ts';
import { compareEnvironments } from './comparability.ts';
import { compareFindings } from './finding.ts';
import { judgeSeries } from './judge-series.ts';
import { pairSeries } from './pair-series.ts';
import { rollUp } from './roll-up.ts';

/** A sealed run as judging sees it: not its values, but what names it and where it was measured. */
export type JudgedRun = {
  readonly runId: string;
  readonly project: string;
  readonly suite: string;
  readonly kind: RunKind;
  readonly subject: Subject;
  readonly environment: Environment;
  readonly sealDigest: string;
};

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
 * Judges a sealed run against its golden baseline (VERDICTS 3, golden mode): environments are compared, series matched, each family's
 * findings made, rolled up and attributed. Pure: no clock, no random numbers, no I/O.
 * @throws RangeError when a measurement breaks its own contract (an empty candidate list is not a breach)
 */
export function judgeRun(input: JudgeInput): Verdict {
  const { run, baseline, nearest, policy } = input;
  const judging = { suite: run.suite, policy };
  const goldenRuns = baseline?.runs ?? [];
  const compared = (baseline ?? nearest)?.runs.map((golden) => golden.environment) ?? null;
  const comparability = compareEnvironments(run.environment, compared);
  const comparable = baseline !== null && (comparability.status === 'comparable' || comparability.status === 'different');
  const golden = comparable ? input.baselineMeasurements : [];
  const pairs = pairSeries(input.candidateMeasurements, golden, goldenRuns.length);
  const judged = judgeSeries(pairs, explainAbsence(comparability), judging);
  const findings = judged.map((finding) => raise(finding, run.runId)).sort(compareFindings);
  const rolled = rollUp(findings, comparability, { ...judging, hasBaseline: baseline !== null });
  const subjects = goldenRuns.map((one) => one.subject);
  return {
    id: input.verdictId,
    runId: run.runId,
    project: run.project,
    suite: run.suite,
    ...rolled,
    comparability,
    attribution: attribute(rolled.status, comparability, run.subject, subjects),
    findings,
    baseline: baseline === null ? null : { id: baseline.id, digest: baseline.digest },
    nearestBaseline: nearest === null ? null : { id: nearest.id, digest: nearest.digest },
    references: [],
    historyDigest: null,
    policyDigest: input.policyDigest,
    engine: { version: input.engineVersion, seed: input.seed },
    computedAt: input.computedAt,
    reportUrl: input.reportUrl,
  };
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

/** Without history every drift and regression is raised by the run itself. */
function raise(finding: Finding, runId: string): Finding {
  return finding.status === 'drift' || finding.status === 'regression' ? { ...finding, since: runId } : finding;
}
