import type { Store } from './client.ts';
import { PAYLOAD_TABLES } from './group-commit.ts';
import { putOnce } from './put-once.ts';
import type { Row } from './tables.ts';

export type StoredSeal = {
  readonly sealId: string;
  readonly receiptIds: readonly string[];
  readonly payloadIds: readonly string[];
  readonly digest: string;
  /** Which merge of the run's environment is sealed; 0 is the environment it was opened with. */
  readonly environmentGeneration: number;
  readonly sealedAtMs: number;
};

type SealRow = {
  seal_id: string;
  receipt_ids: string[];
  payload_ids: string[];
  digest: string;
  environment_generation: string;
  sealed_at_ms: string;
};

/** The seal of a run, or undefined. Should two exist in spite of the token, the lowest (sealedAt, id) is the seal. */
export async function readSeal(store: Store, runId: string): Promise<StoredSeal | undefined> {
  const rows = await store.query<SealRow>(
    `SELECT seal_id, receipt_ids, payload_ids, digest, environment_generation, toString(toUnixTimestamp64Milli(sealed_at)) AS sealed_at_ms
FROM seals WHERE run_id = {runId:UUID} ORDER BY sealed_at, seal_id LIMIT 1`,
    { runId },
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    sealId: row.seal_id,
    receiptIds: row.receipt_ids,
    payloadIds: row.payload_ids,
    digest: row.digest,
    environmentGeneration: Number(row.environment_generation),
    sealedAtMs: Number(row.sealed_at_ms),
  };
}

/** Whether someone has announced a seal of this run. */
export async function readSealIntent(store: Store, runId: string): Promise<boolean> {
  const rows = await store.query<{ found: number }>('SELECT 1 AS found FROM seal_intents WHERE run_id = {runId:UUID} LIMIT 1', { runId });
  return rows.length > 0;
}

/** Announces a seal: a writer that sees this waits for the seal before it acknowledges. */
export async function appendSealIntent(store: Store, row: Row<'seal_intents'>): Promise<void> {
  await store.append('seal_intents', [row]);
}

/** Puts the seal if the run has none and answers the seal that holds. */
export async function putSeal(store: Store, row: Row<'seals'>): Promise<StoredSeal> {
  return await putOnce(store, { table: 'seals', row, key: row.run_id }, () => readSeal(store, row.run_id));
}

/** Payload ids in one DELETE; they travel in the request's address. */
const ORPHANS_PER_STATEMENT = 500;

/** Removes rows of payloads that were never acknowledged. */
export async function removeOrphans(store: Store, runId: string, orphanPayloadIds: readonly string[]): Promise<void> {
  for (let start = 0; start < orphanPayloadIds.length; start += ORPHANS_PER_STATEMENT) {
    const payloadIds = orphanPayloadIds.slice(start, start + ORPHANS_PER_STATEMENT);
    for (const table of PAYLOAD_TABLES) {
      await store.command(`DELETE FROM ${table} WHERE run_id = {runId:UUID} AND payload_id IN {payloadIds:Array(UUID)}`, {
        runId,
        payloadIds,
      });
    }
  }
}

/** Runs whose seal was announced before `beforeMs` and never written: their sealer died. */
export async function readUnfinishedSealRunIds(store: Store, beforeMs: number): Promise<readonly string[]> {
  const rows = await store.query<{ run_id: string }>(
    `SELECT run_id FROM seal_intents WHERE run_id NOT IN (SELECT run_id FROM seals) GROUP BY run_id
HAVING min(intended_at) < fromUnixTimestamp64Milli({beforeMs:Int64}) LIMIT 100`,
    { beforeMs },
  );
  return rows.map((row) => row.run_id);
}
