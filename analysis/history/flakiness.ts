import { toCanonicalJson } from '../../wire/canonical-json.ts';
import type { Environment, RunKind, Subject } from '../../wire/run.ts';
import type { Finding, VerdictStatus } from '../../wire/verdict.ts';
import { compareEnvironments, computeClassKey } from '../comparability.ts';
import { at } from '../compare/at.ts';
import { compareText } from '../pair-series.ts';
import { computeRate, type Rate } from './wilson.ts';

/** What flakiness needs to know about a verdict. */
export type PastVerdict = {
  readonly runId: string;
  readonly suite: string;
  readonly kind: RunKind;
  readonly subject: Subject;
  readonly environment: Environment;
  /** What it was judged against: another baseline or policy may change a status without any flakiness. */
  readonly baselineId: string | null;
  readonly policyDigest: string;
  readonly status: VerdictStatus;
  readonly regions: readonly { readonly region: string; readonly status: VerdictStatus }[];
};

/** How reliable a suite, or one region of it, has been. */
export type Flakiness = {
  readonly suite: string;
  /** Null for the suite as a whole. */
  readonly region: string | null;
  /**
   * Of a suite: runs that repeat an earlier one of the same subject and class, as a share of its runs. Of a region: runs repeated later after the
   * region was raised or inconclusive in them, as a share of the runs that judged it. Runs of kind `control` repeat by design and count in neither.
   */
  readonly retries: Rate;
  /** Status changes between consecutive verdicts on one piece of code, as a share of such pairs. */
  readonly flips: Rate;
  /** Verdicts that said neither; they are no part of a pair. */
  readonly inconclusiveCount: number;
  /** Latest conclusive verdicts, whatever the code, since the status last changed. */
  readonly stableRunCount: number;
  /** Raised in the latest conclusive verdict, and never clean on that code: that may be a regression, and no flakiness. */
  readonly raisedOnNewCode: boolean;
};

/**
 * Measures retries and flips per suite and region. A flip is `pass` or `improvement` becoming `drift` or `regression`, or back, between a
 * verdict and the one before it on unchanged code: same name and same digest (else commit, else version), no environment key of class
 * `class` or `change` between them, same baseline and policy. Only such a change can have no cause but noise.
 * @param verdicts oldest first, of one project; the caller bounds how far back (90 nights, say)
 * @returns by suite, the suite itself before its regions
 */
export function measureFlakiness(verdicts: readonly PastVerdict[]): readonly Flakiness[] {
  const suites = [...new Set(verdicts.map((verdict) => verdict.suite))].sort(compareText);
  return suites.flatMap((suite) => measureSuite(suite, toPlaced(verdicts.filter((verdict) => verdict.suite === suite))));
}

/**
 * The status of every region: the worst of its findings, where any call counts more than an inconclusive one. Findings that do not gate are
 * left out, but for those in quarantine: how else would it be lifted?
 * @returns ascending by region
 */
export function toRegionStatuses(findings: readonly Finding[]): PastVerdict['regions'] {
  const worst = new Map<string, VerdictStatus>();
  for (const { region, status, gated, evidence } of findings) {
    if (!gated && evidence['quarantined'] !== true) continue;
    const known = worst.get(region);
    if (known === undefined || WORST_FIRST.indexOf(status) < WORST_FIRST.indexOf(known)) worst.set(region, status);
  }
  return [...worst].map(([region, status]) => ({ region, status })).sort((a, b) => compareText(a.region, b.region));
}

const WORST_FIRST: readonly VerdictStatus[] = ['regression', 'drift', 'inconclusive', 'improvement', 'pass'];

type Outcome = 'clean' | 'raised' | 'inconclusive';

function toOutcome(status: VerdictStatus): Outcome {
  if (status === 'inconclusive') return 'inconclusive';
  return status === 'drift' || status === 'regression' ? 'raised' : 'clean';
}

/** A verdict with the numbers of its situation (equal: nothing differs that could explain a change) and of its retries. */
type Placed = { readonly verdict: PastVerdict; readonly situation: number; readonly isRetry: boolean; readonly isRetried: boolean };

function toPlaced(verdicts: readonly PastVerdict[]): readonly Placed[] {
  const situations: PastVerdict[] = [];
  const repeatables = verdicts.map((verdict) => (verdict.kind === 'control' ? null : toRepeatKey(verdict)));
  return verdicts.map((verdict, i) => {
    let situation = situations.findIndex((other) => isSameSituation(other, verdict));
    if (situation === -1) situation = situations.push(verdict) - 1;
    const key = repeatables[i] ?? null;
    const isRetry = key !== null && repeatables.indexOf(key) < i;
    return { verdict, situation, isRetry, isRetried: key !== null && repeatables.lastIndexOf(key) > i };
  });
}

function toRepeatKey({ subject, environment }: PastVerdict): string {
  return toCanonicalJson([subject, computeClassKey(environment).digest]);
}

function isSameSituation(a: PastVerdict, b: PastVerdict): boolean {
  return (
    toCodeKey(a.subject) === toCodeKey(b.subject) &&
    a.baselineId === b.baselineId &&
    a.policyDigest === b.policyDigest &&
    compareEnvironments(b.environment, [a.environment]).status === 'comparable'
  );
}

/** What says that code is unchanged, best first. A bare version says least: some rebuild without raising it. */
function toCodeKey({ name, version, commit, digest }: Subject): string {
  if (digest !== undefined) return toCanonicalJson([name, 'digest', digest]);
  return toCanonicalJson(commit === undefined ? [name, 'version', version] : [name, 'commit', commit]);
}

type Observed = { readonly outcome: Outcome; readonly placed: Placed };

function measureSuite(suite: string, placed: readonly Placed[]): readonly Flakiness[] {
  const repeatable = placed.filter((one) => one.verdict.kind !== 'control');
  const whole = placed.map((one): Observed => ({ outcome: toOutcome(one.verdict.status), placed: one }));
  const retries = computeRate(repeatable.filter((one) => one.isRetry).length, repeatable.length);
  const byRegion = new Map<string, Observed[]>();
  for (const one of placed) {
    for (const { region, status } of one.verdict.regions) {
      const known = byRegion.get(region) ?? [];
      known.push({ outcome: toOutcome(status), placed: one });
      byRegion.set(region, known);
    }
  }
  const regions = [...byRegion].sort(([a], [b]) => compareText(a, b));
  return [
    { suite, region: null, retries, ...measureFlips(whole) },
    ...regions.map(([region, observed]) => ({ suite, region, retries: measureCausedRetries(observed), ...measureFlips(observed) })),
  ];
}

function measureCausedRetries(observed: readonly Observed[]): Rate {
  const repeatable = observed.filter((one) => one.placed.verdict.kind !== 'control');
  return computeRate(repeatable.filter((one) => one.placed.isRetried && one.outcome !== 'clean').length, repeatable.length);
}

function measureFlips(observed: readonly Observed[]): Omit<Flakiness, 'suite' | 'region' | 'retries'> {
  const conclusive = observed.filter((one) => one.outcome !== 'inconclusive');
  const latest = new Map<number, Outcome>();
  const cleanSituations = new Set<number>();
  let pairs = 0;
  let flips = 0;
  for (const { outcome, placed } of conclusive) {
    const before = latest.get(placed.situation);
    if (before !== undefined) pairs += 1;
    if (before !== undefined && before !== outcome) flips += 1;
    latest.set(placed.situation, outcome);
    if (outcome === 'clean') cleanSituations.add(placed.situation);
  }
  const last = conclusive[conclusive.length - 1];
  return {
    flips: computeRate(flips, pairs),
    inconclusiveCount: observed.length - conclusive.length,
    stableRunCount: countStable(conclusive.map((one) => one.outcome)),
    raisedOnNewCode: last?.outcome === 'raised' && !cleanSituations.has(last.placed.situation),
  };
}

/** How many of the last outcomes are equal to the very last. */
function countStable(outcomes: readonly Outcome[]): number {
  let count = 0;
  while (count < outcomes.length && at(outcomes, outcomes.length - 1 - count) === at(outcomes, outcomes.length - 1)) count += 1;
  return count;
}
