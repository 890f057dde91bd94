import type { Statistic } from '../wire/policy.ts';
import type { ReasonCode, VerdictStatus } from '../wire/verdict.ts';
import type { Store } from './client.ts';

/** A run that was judged before another one of its suite. */
export type EarlierVerdict = { readonly runId: string; readonly sealedAtNs: string; readonly baselineId: string };

/** One finding of an earlier verdict, as later judging needs it. */
export type StoredFinding = {
  readonly runId: string;
  readonly seriesId: string;
  readonly statistic: Statistic | null;
  readonly status: VerdictStatus;
  readonly since: string | null;
  readonly candidate: number | null;
  readonly tolerance: { readonly drift: number; readonly regression: number } | null;
  readonly reasonCodes: readonly ReasonCode[];
};

type EarlierRow = { run_id: string; sealed_at_ms: string; baseline_id: string };

const toEarlier = (row: EarlierRow): EarlierVerdict => ({
  runId: row.run_id,
  sealedAtNs: `${row.sealed_at_ms}000000`,
  baselineId: row.baseline_id,
});

/** Judged runs with the verdict that holds and the time of their seal. @param where conditions on `verdicts` and, on `seals`, of the run */
const selectEarlier = (where: string) => `SELECT v.run_id AS run_id, toString(toUnixTimestamp64Milli(s.first_sealed)) AS sealed_at_ms,
  v.judged_against AS baseline_id
FROM (SELECT run_id, argMin(baseline_id, (computed_at, verdict_id)) AS judged_against FROM verdicts WHERE ${where} GROUP BY run_id) AS v
INNER JOIN (SELECT run_id, min(sealed_at) AS first_sealed FROM seals WHERE run_id IN (SELECT run_id FROM verdicts WHERE ${where}) GROUP BY run_id) AS s
  ON s.run_id = v.run_id`;

/** Where history of a run may be: its suite, judged against its baseline, sealed before it. */
export type EarlierFilter = {
  readonly project: string;
  readonly suite: string;
  readonly baselineId: string;
  readonly beforeMs: number;
};

/** Runs of a suite that were judged against a baseline, sealed before a time and not withdrawn, oldest first. */
export async function readEarlierVerdicts(store: Store, filter: EarlierFilter): Promise<readonly EarlierVerdict[]> {
  const where = 'project = {project:String} AND suite = {suite:String} AND baseline_id = {baselineId:String}';
  const rows = await store.query<EarlierRow>(
    `${selectEarlier(where)} WHERE toUnixTimestamp64Milli(s.first_sealed) < {beforeMs:Int64} AND v.run_id NOT IN (SELECT run_id FROM withdrawals)
ORDER BY s.first_sealed, run_id`,
    { ...filter },
  );
  return rows.map(toEarlier);
}

/** The same of named runs, withdrawn ones too: what a verdict was once given on. */
export async function recallEarlierVerdicts(store: Store, runIds: readonly string[]): Promise<readonly EarlierVerdict[]> {
  if (runIds.length === 0) return [];
  const rows = await store.query<EarlierRow>(`${selectEarlier('run_id IN {runIds:Array(UUID)}')} ORDER BY s.first_sealed, run_id`, {
    runIds,
  });
  return rows.map(toEarlier);
}

type FindingRow = {
  run_id: string;
  series_key: string;
  statistic: Statistic | '';
  finding_status: VerdictStatus;
  since: string;
  candidate: number | null;
  drift_tolerance: number | null;
  regression_tolerance: number | null;
  reason_codes: ReasonCode[];
};

/** The findings of the verdicts that hold for these runs. */
export async function readFindingsOfRuns(store: Store, runIds: readonly string[]): Promise<readonly StoredFinding[]> {
  if (runIds.length === 0) return [];
  const rows = await store.query<FindingRow>(
    `SELECT run_id, series_key, statistic, finding_status, since, candidate, drift_tolerance, regression_tolerance, reason_codes FROM findings
WHERE run_id IN {runIds:Array(UUID)} AND verdict_id IN (
  SELECT argMin(verdict_id, (computed_at, verdict_id)) FROM verdicts WHERE run_id IN {runIds:Array(UUID)} GROUP BY run_id)
ORDER BY run_id, series_key, family, statistic LIMIT 1 BY run_id, series_key, family, statistic`,
    { runIds },
  );
  return rows.map((row) => ({
    runId: row.run_id,
    seriesId: row.series_key,
    statistic: row.statistic === '' ? null : row.statistic,
    status: row.finding_status,
    since: row.since === '' ? null : row.since,
    candidate: row.candidate,
    tolerance:
      row.drift_tolerance === null || row.regression_tolerance === null
        ? null
        : { drift: row.drift_tolerance, regression: row.regression_tolerance },
    reasonCodes: row.reason_codes,
  }));
}
