import type { Verdict } from '../wire/verdict.ts';
import type { Store } from './client.ts';
import { putOnce } from './put-once.ts';
import type { Row } from './tables.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NIL = '00000000-0000-0000-0000-000000000000';

function toFindingRows(verdict: Verdict, computedAtMs: number): readonly Row<'findings'>[] {
  return verdict.findings.map((finding) => ({
    run_id: verdict.runId,
    verdict_id: verdict.id,
    series_id: UUID.test(finding.seriesId) ? finding.seriesId : NIL,
    series_key: finding.seriesId,
    project: verdict.project,
    suite: verdict.suite,
    region: finding.region,
    metric: finding.metric,
    unit: finding.unit,
    family: finding.family,
    statistic: finding.statistic ?? '',
    finding_status: finding.status,
    since: finding.since ?? '',
    drift_tolerance: finding.tolerance?.drift ?? null,
    regression_tolerance: finding.tolerance?.regression ?? null,
    reason_codes: [...new Set(finding.reasons.map((reason) => reason.code))],
    gated: finding.gated,
    baseline: finding.baseline,
    candidate: finding.candidate,
    delta: finding.delta,
    q_value: finding.qValue,
    labels: finding.labels,
    computed_at: computedAtMs,
  }));
}

/** The verdict that holds for a run, or undefined while it is not judged. */
export async function readVerdict(store: Store, runId: string): Promise<Verdict | undefined> {
  const verdicts = await readVerdictsOfRuns(store, [runId]);
  return verdicts[0];
}

/** The verdicts of these runs that exist, in no order. */
export async function readVerdictsOfRuns(store: Store, runIds: readonly string[]): Promise<readonly Verdict[]> {
  if (runIds.length === 0) return [];
  const rows = await store.query<{ body: string }>(
    'SELECT body FROM verdicts WHERE run_id IN {runIds:Array(UUID)} ORDER BY computed_at, verdict_id LIMIT 1 BY run_id',
    { runIds },
  );
  return rows.map((row): Verdict => JSON.parse(row.body));
}

/** A verdict by its own id, or undefined; one that lost to an earlier verdict of its run is not found. */
export async function readVerdictById(store: Store, verdictId: string): Promise<Verdict | undefined> {
  const rows = await store.query<{ run_id: string }>('SELECT run_id FROM verdicts WHERE verdict_id = {verdictId:UUID} LIMIT 1', {
    verdictId,
  });
  const verdict = rows[0] === undefined ? undefined : await readVerdict(store, rows[0].run_id);
  return verdict?.id === verdictId ? verdict : undefined;
}

/** Stores a verdict unless the run has one, findings first, and answers the verdict that holds. */
export async function putVerdict(store: Store, verdict: Verdict): Promise<Verdict> {
  const computedAtMs = Date.parse(verdict.computedAt);
  await store.append('findings', toFindingRows(verdict, computedAtMs));
  const row: Row<'verdicts'> = {
    run_id: verdict.runId,
    verdict_id: verdict.id,
    project: verdict.project,
    suite: verdict.suite,
    verdict_status: verdict.status,
    score: verdict.score,
    reason_codes: verdict.reasons.map((reason) => reason.code),
    baseline_id: verdict.baseline?.id ?? '',
    baseline_digest: verdict.baseline?.digest ?? '',
    policy_digest: verdict.policyDigest,
    engine_version: verdict.engine.version,
    computed_at: computedAtMs,
    body: JSON.stringify(verdict),
  };
  return await putOnce(store, { table: 'verdicts', row, key: verdict.runId }, () => readVerdict(store, verdict.runId));
}
