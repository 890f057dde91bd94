import type { Environment, RunKind, RunRecord, RunState } from '../wire/run.ts';
import type { Store } from './client.ts';
import { putOnce } from './put-once.ts';
import type { Row } from './tables.ts';

type RunRow = {
  run_id: string;
  project: string;
  suite: string;
  kind: RunKind;
  subject_name: string;
  subject_version: string;
  subject_commit: string;
  subject_branch: string;
  subject_digest: string;
  class_digest: string;
  environment: string;
  environment_generation: string;
  labels: Record<string, string>;
  request_digest: string;
  created_at_ms: string;
  created_by: string;
  seal_digest: string;
  intended: number;
  verdict_id: string;
  verdict_status: string;
  withdrawal: string;
};

/** A run with where it stands. */
export type StoredRun = RunRecord & {
  readonly state: RunState;
  readonly classDigest: string;
  /** How many times tool output was merged into the environment; 0: as opened. The class and `environment` are those of the last that counts. */
  readonly environmentGeneration: number;
  readonly requestDigest: string;
  readonly sealDigest: string | null;
  readonly verdictId: string | null;
  readonly verdictStatus: string | null;
  /** Why the run was withdrawn; null while it counts. */
  readonly withdrawal: string | null;
};

const NIL = '00000000-0000-0000-0000-000000000000';

const SELECT_RUN = `
SELECT r.run_id AS run_id, r.project AS project, r.suite AS suite, r.kind AS kind, r.subject_name AS subject_name,
  r.subject_version AS subject_version, r.subject_commit AS subject_commit, r.subject_branch AS subject_branch,
  r.subject_digest AS subject_digest, if(e.generation = 0, r.class_digest, e.class_digest) AS class_digest,
  if(e.generation = 0, r.environment, e.environment) AS environment, e.generation AS environment_generation, r.labels AS labels,
  r.request_digest AS request_digest, toString(toUnixTimestamp64Milli(r.created_at)) AS created_at_ms, r.created_by AS created_by,
  s.digest AS seal_digest, i.run_id != toUUID('${NIL}') AS intended, v.verdict_id AS verdict_id, v.verdict_status AS verdict_status,
  w.reason AS withdrawal`;

/** Joins that tell the state; `%` is the condition on run_id that bounds each side. */
const stateJoins = (condition: string) => `
LEFT JOIN (SELECT t.run_id AS run_id, argMin(t.digest, (t.sealed_at, t.seal_id)) AS digest FROM seals AS t WHERE t.${condition} GROUP BY t.run_id) AS s
  ON s.run_id = r.run_id
LEFT JOIN (SELECT DISTINCT run_id FROM seal_intents WHERE ${condition}) AS i ON i.run_id = r.run_id
LEFT JOIN (SELECT t.run_id AS run_id, argMin(t.verdict_id, (t.computed_at, t.verdict_id)) AS verdict_id,
  argMin(t.verdict_status, (t.computed_at, t.verdict_id)) AS verdict_status FROM verdicts AS t WHERE t.${condition} GROUP BY t.run_id) AS v
  ON v.run_id = r.run_id
LEFT JOIN (SELECT t.run_id AS run_id, argMin(t.reason, t.withdrawn_at) AS reason FROM withdrawals AS t WHERE t.${condition} GROUP BY t.run_id) AS w
  ON w.run_id = r.run_id
LEFT JOIN (SELECT t.run_id AS run_id, max(t.generation) AS generation, argMin(t.environment, (-toInt64(t.generation), t.received_at, t.content_digest)) AS environment,
  argMin(t.class_digest, (-toInt64(t.generation), t.received_at, t.content_digest)) AS class_digest
  FROM run_environments AS t
  LEFT JOIN (SELECT u.run_id AS run_id, count() AS seals, argMin(u.environment_generation, (u.sealed_at, u.seal_id)) AS sealed_generation
    FROM seals AS u WHERE u.${condition} GROUP BY u.run_id) AS z ON z.run_id = t.run_id
  WHERE t.${condition} AND (z.seals = 0 OR t.generation <= z.sealed_generation) GROUP BY t.run_id) AS e
  ON e.run_id = r.run_id`;

function toState(row: RunRow): RunState {
  if (row.verdict_id !== NIL) return 'judged';
  if (row.seal_digest !== '') return 'sealed';
  return row.intended === 1 ? 'sealing' : 'open';
}

function optional<Key extends string>(key: Key, value: string): { [K in Key]?: string } {
  const holder: { [K in Key]?: string } = {};
  if (value !== '') holder[key] = value;
  return holder;
}

function toStoredRun(row: RunRow): StoredRun {
  const environment: Environment = JSON.parse(row.environment);
  return {
    runId: row.run_id,
    project: row.project,
    suite: row.suite,
    kind: row.kind,
    subject: {
      name: row.subject_name,
      version: row.subject_version,
      ...optional('commit', row.subject_commit),
      ...optional('branch', row.subject_branch),
      ...optional('digest', row.subject_digest),
    },
    environment,
    labels: row.labels,
    createdAtNs: `${row.created_at_ms}000000`,
    createdBy: row.created_by,
    state: toState(row),
    classDigest: row.class_digest,
    environmentGeneration: Number(row.environment_generation),
    requestDigest: row.request_digest,
    sealDigest: row.seal_digest === '' ? null : row.seal_digest,
    verdictId: row.verdict_id === NIL ? null : row.verdict_id,
    verdictStatus: row.verdict_status === '' ? null : row.verdict_status,
    withdrawal: row.withdrawal === '' ? null : row.withdrawal,
  };
}

/** Opens a run unless its id exists (an idempotent retry), and answers the run that holds. */
export async function putRun(store: Store, row: Row<'runs'>): Promise<StoredRun> {
  return await putOnce(store, { table: 'runs', row, key: row.run_id }, () => readRun(store, row.run_id));
}

/** Takes a run out of gates and baselines; the first reason counts. */
export async function appendWithdrawal(store: Store, row: Row<'withdrawals'>): Promise<void> {
  await store.append('withdrawals', [row]);
}

/** One run with its state, or undefined. */
export async function readRun(store: Store, runId: string): Promise<StoredRun | undefined> {
  const runs = await readRunsById(store, [runId]);
  return runs[0];
}

/** What a payload needs to know of its run. */
export type RunPlace = Pick<StoredRun, 'runId' | 'project' | 'suite' | 'createdAtNs'> & { readonly state: 'open' | 'sealing' | 'sealed' };

/** Where content of a run belongs and whether the run still takes it; a tenth of the work of `readRun`, for every payload. */
export async function readRunPlace(store: Store, runId: string): Promise<RunPlace | undefined> {
  const rows = await store.query<{ project: string; suite: string; created_at_ms: string; intents: string; seals: string }>(
    `SELECT project, suite, toString(toUnixTimestamp64Milli(created_at)) AS created_at_ms,
  (SELECT count() FROM seal_intents WHERE run_id = {runId:UUID}) AS intents, (SELECT count() FROM seals WHERE run_id = {runId:UUID}) AS seals
FROM runs WHERE run_id = {runId:UUID} LIMIT 1`,
    { runId },
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const state = Number(row.seals) > 0 ? 'sealed' : Number(row.intents) > 0 ? 'sealing' : 'open';
  return { runId, project: row.project, suite: row.suite, createdAtNs: `${row.created_at_ms}000000`, state };
}

/** The runs of these ids that exist, one each, in no order. */
export async function readRunsById(store: Store, runIds: readonly string[]): Promise<readonly StoredRun[]> {
  if (runIds.length === 0) return [];
  const condition = 'run_id IN {runIds:Array(UUID)}';
  const rows = await store.query<RunRow>(`${SELECT_RUN} FROM runs AS r ${stateJoins(condition)} WHERE r.${condition} LIMIT 1 BY run_id`, {
    runIds,
  });
  return rows.map(toStoredRun);
}

export type RunFilter = {
  /** Null: every project. */
  readonly projects: readonly string[] | null;
  readonly suite?: string | undefined;
  readonly kind?: string | undefined;
  readonly subject?: string | undefined;
  /** Runs created before this run in list order; from `nextCursor`. */
  readonly cursor?: { readonly createdAtMs: number; readonly runId: string } | undefined;
  readonly limit: number;
};

/** Runs newest first. `subject` matches version, commit or digest. */
export async function readRuns(store: Store, filter: RunFilter): Promise<readonly StoredRun[]> {
  const conditions = ['1'];
  if (filter.projects !== null) conditions.push('project IN {projects:Array(String)}');
  if (filter.suite !== undefined) conditions.push('suite = {suite:String}');
  if (filter.kind !== undefined) conditions.push('kind = {kind:String}');
  if (filter.subject !== undefined) {
    conditions.push('(subject_version = {subject:String} OR subject_commit = {subject:String} OR subject_digest = {subject:String})');
  }
  if (filter.cursor !== undefined) {
    conditions.push('(created_at, run_id) < (fromUnixTimestamp64Milli({cursorMs:Int64}), {cursorRunId:UUID})');
  }
  const picked = await store.query<{ run_id: string }>(
    `SELECT run_id FROM runs WHERE ${conditions.join(' AND ')} GROUP BY run_id, created_at ORDER BY created_at DESC, run_id DESC LIMIT {limit:UInt32}`,
    {
      ...(filter.projects === null ? {} : { projects: filter.projects }),
      suite: filter.suite,
      kind: filter.kind,
      subject: filter.subject,
      cursorMs: filter.cursor?.createdAtMs,
      cursorRunId: filter.cursor?.runId,
      limit: filter.limit,
    },
  );
  const runs = new Map(
    (
      await readRunsById(
        store,
        picked.map((row) => row.run_id),
      )
    ).map((run) => [run.runId, run]),
  );
  return picked.flatMap((row) => runs.get(row.run_id) ?? []);
}

/** Sealed runs without a verdict: their judge died. Oldest first. */
export async function readUnjudgedRunIds(store: Store): Promise<readonly string[]> {
  const rows = await store.query<{ run_id: string }>(
    'SELECT run_id FROM seals WHERE run_id NOT IN (SELECT run_id FROM verdicts) GROUP BY run_id ORDER BY min(sealed_at) LIMIT 100',
  );
  return rows.map((row) => row.run_id);
}
