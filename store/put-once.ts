import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from './client.ts';
import type { Row, TableName } from './tables.ts';

/**
 * Put-if-absent. ClickHouse drops an insert whose `insert_deduplication_token` it has seen, which makes it the only atomic step there is. Two
 * things were measured: the answer does not say whose row was kept, so the row is read back; and the token is logged just before the part is
 * renamed into place, so a server killed between the two has spent the token without keeping a row. Hence: read back, wait for a rename that
 * may be pending, and only then try the next token.
 */
const ATTEMPTS = 3;
const POLLS = 40;
const POLL_MS = 25;

async function poll<Held>(read: () => Promise<Held | undefined>): Promise<Held | undefined> {
  for (let count = 0; count < POLLS; count += 1) {
    const held = await read();
    if (held !== undefined) return held;
    await delay(POLL_MS);
  }
  return undefined;
}

/**
 * Puts a row unless its key has one.
 * @param key names the one thing there may be, unique within the table
 * @param read finds the row that holds for the key
 * @returns what holds, ours or another's
 * @throws Error when three tokens were spent and no row shows; ProblemError as the store
 */
export async function putOnce<Table extends TableName, Held>(
  store: Store,
  { table, row, key }: { readonly table: Table; readonly row: Row<Table>; readonly key: string },
  read: () => Promise<Held | undefined>,
): Promise<Held> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await store.putIfAbsent(table, row, `${key}#${attempt}`);
    const held = await poll(read);
    if (held !== undefined) return held;
  }
  throw new Error(`${table} ${key}: three tokens were spent and no row shows`);
}
