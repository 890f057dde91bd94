import { computeDigest } from '../wire/canonical-json.ts';
import type { Store } from './client.ts';
import type { Row } from './tables.ts';

/** One act on tokens, baselines or gates. `detail` is what an auditor needs to understand it; never a secret. */
export type AuditAct = {
  readonly project: string;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

export type AuditTrail = {
  /** Resolves when the act is stored; acts of one writer are stored one after the other. */
  readonly record: (act: AuditAct) => Promise<void>;
};

export type StoredAct = AuditAct & {
  readonly writerId: string;
  readonly sequence: number;
  readonly anchors: Readonly<Record<string, string>>;
  readonly previousDigest: string;
  readonly digest: string;
  readonly actedAtMs: number;
};

type AuditRow = {
  writer_id: string;
  sequence: string;
  project: string;
  actor: string;
  action: string;
  object: string;
  detail: string;
  anchors: string;
  previous_digest: string;
  digest: string;
  acted_at_ms: string;
};

/** Digest of an act in its chain: over everything stored of it but the digest itself. */
export function computeActDigest(act: Omit<StoredAct, 'digest'>): string {
  return computeDigest({
    writerId: act.writerId,
    sequence: act.sequence,
    project: act.project,
    actor: act.actor,
    action: act.action,
    object: act.object,
    detail: act.detail,
    anchors: act.anchors,
    previousDigest: act.previousDigest,
    actedAtMs: act.actedAtMs,
  });
}

async function readHeads(store: Store): Promise<Readonly<Record<string, string>>> {
  const rows = await store.query<{ writer_id: string; head: string }>(
    'SELECT writer_id, argMax(digest, sequence) AS head FROM audit GROUP BY writer_id ORDER BY writer_id',
  );
  return Object.fromEntries(rows.map((row) => [row.writer_id, row.head]));
}

/**
 * A writer of the audit trail. Its acts form a hash chain; the first one names the heads of every other chain, so that a deleted chain shows.
 * @param writerId new for each process, UUID
 */
export function openAuditTrail(store: Store, { writerId, nowMs }: { readonly writerId: string; readonly nowMs: () => number }): AuditTrail {
  let sequence = 0;
  let previousDigest = '';
  let last: Promise<void> = Promise.resolve();

  async function append(act: AuditAct): Promise<void> {
    const anchors = sequence === 0 ? await readHeads(store) : {};
    const entry = { ...act, writerId, sequence, anchors, previousDigest, actedAtMs: nowMs() };
    const digest = computeActDigest(entry);
    const row: Row<'audit'> = {
      writer_id: writerId,
      sequence,
      project: act.project,
      actor: act.actor,
      action: act.action,
      object: act.object,
      detail: JSON.stringify(act.detail),
      anchors: JSON.stringify(anchors),
      previous_digest: previousDigest,
      digest,
      acted_at: entry.actedAtMs,
    };
    await store.append('audit', [row]);
    sequence += 1;
    previousDigest = digest;
  }

  return {
    record: (act) => {
      const mine = last.then(() => append(act));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** The trail in order of writing, oldest first. @param projects null for every project */
export async function readAudit(store: Store, projects: readonly string[] | null, limit: number): Promise<readonly StoredAct[]> {
  const rows = await store.query<AuditRow>(
    `SELECT writer_id, sequence, project, actor, action, object, detail, anchors, previous_digest, digest,
  toString(toUnixTimestamp64Milli(acted_at)) AS acted_at_ms FROM audit WHERE ${projects === null ? '1' : 'project IN {projects:Array(String)}'}
ORDER BY acted_at DESC, writer_id, sequence DESC LIMIT {limit:UInt32}`,
    projects === null ? { limit } : { projects, limit },
  );
  return rows.map((row) => ({
    writerId: row.writer_id,
    sequence: Number(row.sequence),
    project: row.project,
    actor: row.actor,
    action: row.action,
    object: row.object,
    detail: JSON.parse(row.detail),
    anchors: JSON.parse(row.anchors),
    previousDigest: row.previous_digest,
    digest: row.digest,
    actedAtMs: Number(row.acted_at_ms),
  }));
}
