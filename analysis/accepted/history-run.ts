import { computeDigest, toCanonicalJson } from '../../wire/canonical-json.ts';
import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Statistic } from '../../wire/policy.ts';
import type { Environment, RunKind, Subject } from '../../wire/run.ts';
import type { Finding } from '../../wire/verdict.ts';
import { compareText } from '../pair-series.ts';

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

/** What a stored verdict said about one series and statistic. */
export type EarlierFinding = Pick<Finding, 'seriesId' | 'statistic' | 'status' | 'since' | 'candidate' | 'tolerance' | 'reasons'>;

/** An earlier run with its stored verdict: what it measured, and what was found. */
export type HistoryRun = {
  readonly run: JudgedRun;
  /** When it was sealed, epoch nanoseconds in digits: the order of history. */
  readonly sealedAtNs: string;
  /** The baseline of its verdict; runs judged against another one are not history (a promotion restarts it). */
  readonly baselineId: string | null;
  readonly findings: readonly EarlierFinding[];
  readonly measurements: readonly SeriesMeasurement[];
};

/** A person takes a drift as the new level: of one series and statistic, or of all (null), raised by one run. */
export type DriftAcceptance = {
  readonly seriesId: string | null;
  readonly statistic: Statistic | null;
  /** The run that first raised it (`since` of the finding). */
  readonly since: string;
};

/** Names everything of history that a verdict depends on, `sha256:…`: runs with their seals and what was found then, and acceptances. */
export function digestHistory(runs: readonly HistoryRun[], acceptances: readonly DriftAcceptance[]): string {
  const content = runs.map(({ run, sealedAtNs, findings }) => ({
    runId: run.runId,
    sealDigest: run.sealDigest,
    sealedAtNs,
    findings: findings
      .map(({ seriesId, statistic, status, since }) => JSON.stringify([seriesId, statistic, status, since]))
      .sort(compareText),
  }));
  return computeDigest({ runs: content, acceptances: acceptances.map((one) => toCanonicalJson(one)).sort(compareText) });
}

const SUITE_SHIFT_PREFIX = 'suite.shift/';

/** Series id of the suite's shift in one set of series (VERDICTS 3.2). */
export function toSuiteShiftId(shape: string, statistic: Statistic): string {
  return `${SUITE_SHIFT_PREFIX}${shape}/${statistic}`;
}

/** Whether an id names a suite's shift and not a series that was measured. */
export function isSuiteShiftId(seriesId: string): boolean {
  return seriesId.startsWith(SUITE_SHIFT_PREFIX);
}

/** What joins and ends a series' history is said per series and statistic. */
export function toFindingKey(finding: Pick<EarlierFinding, 'seriesId' | 'statistic'>): string {
  return `${finding.statistic ?? ''} ${finding.seriesId}`;
}

/** Orders runs by the time of their seal, then by id. */
export function compareHistoryRuns(a: HistoryRun, b: HistoryRun): number {
  const [first, second] = [BigInt(a.sealedAtNs), BigInt(b.sealedAtNs)];
  if (first !== second) return first < second ? -1 : 1;
  return compareText(a.run.runId, b.run.runId);
}
