// What `insert_deduplication_token` gives on a plain MergeTree with a `non_replicated_deduplication_window`, and what it does not: the
// window survives restarts and kills, but the token is logged before the part is renamed into place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { type EmbeddedStore, startEmbeddedStore } from '../../store/embedded/index.ts';
import { connect, withEmbeddedStore, withTemporaryFolder } from '../support/embedded-store.ts';

const WRITER_COUNT = 50;

async function createTable(client: ClickHouseClient): Promise<void> {
  const settings = 'non_replicated_deduplication_window = 10000';
  await client.command({ query: `CREATE TABLE d (k String, v String) ENGINE = MergeTree ORDER BY k SETTINGS ${settings}` });
}

async function put(client: ClickHouseClient, k: string, v: string): Promise<void> {
  await client.insert({ table: 'd', values: [{ k, v }], format: 'JSONEachRow', clickhouse_settings: { insert_deduplication_token: k } });
}

async function valuesOf(client: ClickHouseClient, k: string): Promise<readonly string[]> {
  const rows = await client.query({ query: 'SELECT v FROM d WHERE k = {k:String}', query_params: { k }, format: 'JSONEachRow' });
  return (await rows.json<{ v: string }>()).map((row) => row.v);
}

async function killAndWait(store: EmbeddedStore): Promise<void> {
  const before = store.restartCount;
  assert.ok(store.pid !== undefined);
  process.kill(store.pid, 'SIGKILL');
  while (store.restartCount === before) await sleep(5);
}

test('keeps exactly one row of 50 concurrent inserts with one token and different data', async () => {
  await withEmbeddedStore(async (store) => {
    const client = connect(store);
    await createTable(client);
    for (const k of ['one', 'two', 'three', 'four', 'five']) {
      await Promise.all(Array.from({ length: WRITER_COUNT }, (_, writer) => put(client, k, String(writer))));
      assert.equal((await valuesOf(client, k)).length, 1, k);
    }
    await client.close();
  });
});

test('remembers the tokens of acknowledged inserts over a restart and over a kill', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const first = await startEmbeddedStore({ dataDir });
    const early = connect(first);
    await createTable(early);
    await put(early, 'a', 'first');
    await early.close();
    await first.stop();
    const second = await startEmbeddedStore({ dataDir });
    const client = connect(second);
    await put(client, 'a', 'after the restart');
    await put(client, 'b', 'first');
    await killAndWait(second);
    await put(client, 'a', 'after the kill');
    await put(client, 'b', 'after the kill');
    assert.deepEqual(await valuesOf(client, 'a'), ['first']);
    assert.deepEqual(await valuesOf(client, 'b'), ['first']);
    await client.close();
    await second.stop();
  });
});

test('loses no acknowledged row and doubles none when killed amid inserts that are then repeated', async () => {
  await withEmbeddedStore(async (store) => {
    const client = connect(store);
    await createTable(client);
    for (let round = 0; round < 3; round += 1) {
      const keys = Array.from({ length: 40 }, (_, i) => `${round}-${i}`);
      const acknowledged = new Set<string>();
      const writing = Promise.all(
        keys.map((k) =>
          put(client, k, 'first').then(
            () => acknowledged.add(k),
            () => undefined,
          ),
        ),
      );
      await sleep(15 + 15 * round);
      await killAndWait(store);
      await writing;
      for (const k of keys) if (!acknowledged.has(k)) await put(client, k, 'second');
      for (const k of keys) {
        const values = await valuesOf(client, k);
        if (acknowledged.has(k)) assert.deepEqual(values, ['first'], k);
        // Not exactly one: a kill between the token's log record and the part's rename leaves a token without a row, and the repeated
        // insert is then acknowledged and dropped (shown with strace; 0 of 526 in 20 kills). Writers must read back.
        else assert.ok(values.length <= 1, k);
      }
    }
    await client.close();
  });
});
