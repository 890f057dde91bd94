import type { Store } from './client.ts';
import { putOnce } from './put-once.ts';
import type { Row } from './tables.ts';

/** A proposed baseline as stored; whether it is active follows from the events. `content` is canonical JSON. */
export type StoredBaseline = {
  readonly baselineId: string;
  readonly project: string;
  readonly suite: string;
  readonly name: string;
  readonly classDigest: string;
  readonly content: string;
  readonly digest: string;
  readonly reason: string;
  readonly expiresAtMs: number | null;
  readonly proposedAtMs: number;
  readonly proposedBy: string;
};

export type StoredBaselineEvent = {
  readonly project: string;
  readonly suite: string;
  readonly classDigest: string;
  readonly generation: number;
  readonly baselineId: string;
  readonly event: string;
  readonly reason: string;
  readonly overrides: string;
  readonly selfApproved: boolean;
  readonly eventAtMs: number;
  readonly eventBy: string;
};

type BaselineRow = {
  baseline_id: string;
  project: string;
  suite: string;
  name: string;
  class_digest: string;
  content: string;
  digest: string;
  reason: string;
  expires_at_ms: string | null;
  proposed_at_ms: string;
  proposed_by: string;
};

type EventRow = {
  project: string;
  suite: string;
  class_digest: string;
  generation: string;
  baseline_id: string;
  event: string;
  reason: string;
  overrides: string;
  self_approved: boolean;
  event_at_ms: string;
  event_by: string;
};

const SELECT_BASELINE = `SELECT baseline_id, project, suite, name, class_digest, content, digest, reason,
  toString(toUnixTimestamp64Milli(expires_at)) AS expires_at_ms, toString(toUnixTimestamp64Milli(proposed_at)) AS proposed_at_ms, proposed_by
FROM baselines`;

const toStoredBaseline = (row: BaselineRow): StoredBaseline => ({
  baselineId: row.baseline_id,
  project: row.project,
  suite: row.suite,
  name: row.name,
  classDigest: row.class_digest,
  content: row.content,
  digest: row.digest,
  reason: row.reason,
  expiresAtMs: row.expires_at_ms === null ? null : Number(row.expires_at_ms),
  proposedAtMs: Number(row.proposed_at_ms),
  proposedBy: row.proposed_by,
});

/** Stores a proposal. */
export async function appendBaseline(store: Store, row: Row<'baselines'>): Promise<void> {
  await store.append('baselines', [row]);
}

/** One baseline, or undefined. */
export async function readBaseline(store: Store, baselineId: string): Promise<StoredBaseline | undefined> {
  const rows = await store.query<BaselineRow>(`${SELECT_BASELINE} WHERE baseline_id = {baselineId:UUID} LIMIT 1`, { baselineId });
  return rows[0] === undefined ? undefined : toStoredBaseline(rows[0]);
}

/** Baselines newest first. @param projects null for every project */
export async function readBaselines(
  store: Store,
  filter: { readonly projects: readonly string[] | null; readonly suite?: string | undefined; readonly limit: number },
): Promise<readonly StoredBaseline[]> {
  const conditions = ['1'];
  if (filter.projects !== null) conditions.push('project IN {projects:Array(String)}');
  if (filter.suite !== undefined) conditions.push('suite = {suite:String}');
  const rows = await store.query<BaselineRow>(
    `${SELECT_BASELINE} WHERE ${conditions.join(' AND ')} ORDER BY proposed_at DESC, baseline_id LIMIT {limit:UInt32}`,
    { ...(filter.projects === null ? {} : { projects: filter.projects }), suite: filter.suite, limit: filter.limit },
  );
  return rows.map(toStoredBaseline);
}

/** Approvals and retirements of a suite in order of generation; of equal generations the first written counts. */
export async function readBaselineEvents(store: Store, project: string, suite: string): Promise<readonly StoredBaselineEvent[]> {
  const rows = await store.query<EventRow>(
    `SELECT project, suite, class_digest, generation, baseline_id, event, reason, overrides, self_approved,
  toString(toUnixTimestamp64Milli(event_at)) AS event_at_ms, event_by
FROM baseline_events WHERE project = {project:String} AND suite = {suite:String}
ORDER BY class_digest, generation, event_at, baseline_id LIMIT 1 BY class_digest, generation`,
    { project, suite },
  );
  return rows.map((row) => ({
    project: row.project,
    suite: row.suite,
    classDigest: row.class_digest,
    generation: Number(row.generation),
    baselineId: row.baseline_id,
    event: row.event,
    reason: row.reason,
    overrides: row.overrides,
    selfApproved: row.self_approved,
    eventAtMs: Number(row.event_at_ms),
    eventBy: row.event_by,
  }));
}

/**
 * Puts an event at its generation; whoever came second finds another event there and must look again.
 * @returns whether this event is the one that holds
 */
export async function putBaselineEvent(store: Store, row: Row<'baseline_events'>): Promise<boolean> {
  const key = `${row.project}\u0000${row.suite}\u0000${row.class_digest}\u0000${row.generation}`;
  const held = await putOnce(store, { table: 'baseline_events', row, key }, async () => {
    const events = await readBaselineEvents(store, row.project, row.suite);
    return events.find((event) => event.classDigest === row.class_digest && event.generation === Number(row.generation));
  });
  return held.baselineId === row.baseline_id && held.event === row.event && held.eventAtMs === row.event_at;
}
