import type { Store } from './client.ts';
import { putOnce } from './put-once.ts';
import type { Row } from './tables.ts';

export type StoredGate = {
  readonly gate: string;
  readonly policyVersion: number;
  readonly policy: string;
  readonly digest: string;
  readonly writtenAtMs: number;
};

type GateRow = { gate: string; policy_version: string; policy: string; digest: string; written_at_ms: string };

const SELECT_GATE = `SELECT gate, policy_version, policy, digest, toString(toUnixTimestamp64Milli(written_at)) AS written_at_ms FROM gates
WHERE project = {project:String}`;

const toStoredGate = (row: GateRow): StoredGate => ({
  gate: row.gate,
  policyVersion: Number(row.policy_version),
  policy: row.policy,
  digest: row.digest,
  writtenAtMs: Number(row.written_at_ms),
});

/** The policy of a gate that holds now, or undefined when none was written. */
export async function readGate(store: Store, project: string, gate: string): Promise<StoredGate | undefined> {
  const sql = `${SELECT_GATE} AND gate = {gate:String} ORDER BY policy_version DESC, written_at LIMIT 1`;
  const rows = await store.query<GateRow>(sql, { project, gate });
  return rows[0] === undefined ? undefined : toStoredGate(rows[0]);
}

/** A policy any gate of the project had at any time, by its digest, or undefined. */
export async function readGateByDigest(store: Store, project: string, digest: string): Promise<StoredGate | undefined> {
  const rows = await store.query<GateRow>(`${SELECT_GATE} AND digest = {digest:String} LIMIT 1`, { project, digest });
  return rows[0] === undefined ? undefined : toStoredGate(rows[0]);
}

/** Writes the next version of a policy; of two writers of one version the first holds. @returns whether this one holds */
export async function putGate(store: Store, row: Row<'gates'>): Promise<boolean> {
  const held = await putOnce(
    store,
    { table: 'gates', row, key: `${row.project}\u0000${row.gate}\u0000${row.policy_version}` },
    async () => {
      const gate = await readGate(store, row.project, row.gate);
      return gate !== undefined && gate.policyVersion >= Number(row.policy_version) ? gate : undefined;
    },
  );
  return held.policyVersion === Number(row.policy_version) && held.digest === row.digest;
}
