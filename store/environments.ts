import type { Warning } from '../wire/payload.ts';
import type { Store } from './client.ts';
import { putOnce } from './put-once.ts';
import type { Row } from './tables.ts';

/** One merge into the environment of a run. */
export type StoredRunEnvironment = {
  readonly generation: number;
  readonly contentDigest: string;
  readonly warnings: readonly Warning[];
};

type EnvironmentRow = { generation: string; content_digest: string; warnings: string };

/** Every merge into the environment of a run, oldest first; generation 0, as opened, is not among them. */
export async function readRunEnvironments(store: Store, runId: string): Promise<readonly StoredRunEnvironment[]> {
  const rows = await store.query<EnvironmentRow>(
    `SELECT generation, content_digest, warnings FROM run_environments WHERE run_id = {runId:UUID}
ORDER BY generation, received_at, content_digest LIMIT 1 BY generation`,
    { runId },
  );
  return rows.map((row) => ({ generation: Number(row.generation), contentDigest: row.content_digest, warnings: JSON.parse(row.warnings) }));
}

/** Writes the next generation of a run's environment; of two writers of one generation the first holds. @returns whether this one holds */
export async function putRunEnvironment(store: Store, row: Row<'run_environments'>): Promise<boolean> {
  const generation = Number(row.generation);
  const held = await putOnce(store, { table: 'run_environments', row, key: `${row.run_id}\u0000${generation}` }, async () =>
    (await readRunEnvironments(store, row.run_id)).find((one) => one.generation === generation),
  );
  return held.contentDigest === row.content_digest;
}
