import { acceptHistory, chooseHistory, type HistoryRun, type JudgedRun } from '../analysis/index.ts';
import {
  type EarlierVerdict,
  readEarlierVerdicts,
  readFindingsOfRuns,
  readMeasurements,
  readRunsById,
  recallEarlierVerdicts,
  type Store,
  type StoredFinding,
  type StoredRun,
} from '../store/index.ts';
import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Verdict } from '../wire/verdict.ts';

/** Runs that were judged before one, with what was found then; measurements are still to be read. */
export type HistoryBook = {
  readonly runs: readonly HistoryRun[];
  /** Runs whose measurements may be asked for. */
  readonly servingRunIds: readonly string[];
};

export const NO_HISTORY: HistoryBook = { runs: [], servingRunIds: [] };

/** Whose history, and for which verdict. */
export type HistoryQuestion = {
  readonly run: StoredRun;
  readonly baselineId: string;
  readonly goldenRunIds: ReadonlySet<string>;
  readonly sealedAtMs: number;
  readonly acceptDriftAfterRuns: number | undefined;
  /** Judge on what this verdict knew. */
  readonly earlier: Verdict | undefined;
};

/** A stored run as judging sees it. */
export function toJudgedRun(run: StoredRun): JudgedRun {
  return {
    runId: run.runId,
    project: run.project,
    suite: run.suite,
    kind: run.kind,
    subject: run.subject,
    environment: run.environment,
    sealDigest: run.sealDigest ?? '',
  };
}

/** What earlier verdicts say to the judging of a run (VERDICTS 15.1). */
export async function readHistory(store: Store, question: HistoryQuestion): Promise<HistoryBook> {
  const { run, baselineId, goldenRunIds, acceptDriftAfterRuns } = question;
  const verdicts = await listEarlier(store, question);
  const runIds = verdicts.map((verdict) => verdict.runId);
  if (runIds.length === 0) return NO_HISTORY;
  const [runs, findings] = await Promise.all([readRunsById(store, runIds), readFindingsOfRuns(store, runIds)]);
  const judged = new Map(runs.map((one) => [one.runId, toJudgedRun(one)]));
  const found = groupByRun(findings);
  const all = verdicts.flatMap((verdict) => toHistoryRun(verdict, judged.get(verdict.runId), found.get(verdict.runId) ?? []));
  const chosen = chooseHistory(all, toJudgedRun(run), baselineId, goldenRunIds);
  return { runs: chosen, servingRunIds: acceptHistory(chosen, [], acceptDriftAfterRuns).servingRunIds };
}

async function listEarlier(store: Store, question: HistoryQuestion): Promise<readonly EarlierVerdict[]> {
  const { run, baselineId, sealedAtMs, earlier } = question;
  if (earlier !== undefined) return await recallEarlierVerdicts(store, earlier.references);
  return await readEarlierVerdicts(store, { project: run.project, suite: run.suite, baselineId, beforeMs: sealedAtMs });
}

function groupByRun(findings: readonly StoredFinding[]): ReadonlyMap<string, readonly StoredFinding[]> {
  const groups = new Map<string, StoredFinding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.runId);
    if (group === undefined) groups.set(finding.runId, [finding]);
    else group.push(finding);
  }
  return groups;
}

function toHistoryRun(verdict: EarlierVerdict, run: JudgedRun | undefined, findings: readonly StoredFinding[]): readonly HistoryRun[] {
  if (run === undefined) return [];
  const said = findings.map(({ seriesId, statistic, status, since, candidate, tolerance, reasonCodes }) => {
    // Only the codes count in later judging.
    const reasons = reasonCodes.map((code) => ({ code, detail: '' }));
    return { seriesId, statistic, status, since, candidate, tolerance, reasons };
  });
  return [{ run, sealedAtNs: verdict.sealedAtNs, baselineId: verdict.baselineId, findings: said, measurements: [] }];
}

/** The measurements of all runs that a judging looks at, by run: read together, since ClickHouse analyses a statement longer than it runs it. */
export async function readMeasurementsByRun(
  store: Store,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly SeriesMeasurement[]>> {
  const byRun = new Map<string, SeriesMeasurement[]>();
  for (const measurement of await readMeasurements(store, [...new Set(runIds)])) {
    const known = byRun.get(measurement.runId);
    if (known === undefined) byRun.set(measurement.runId, [measurement]);
    else known.push(measurement);
  }
  return byRun;
}
