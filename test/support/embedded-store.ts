// Throw-away embedded stores for tests: a temporary folder each, always stopped and removed.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type EmbeddedStore, type EmbeddedStoreOptions, startEmbeddedStore } from '../../store/embedded/index.ts';

/** Options of a store whose folder the helper chooses. */
export type ThrowAwayStoreOptions = Omit<EmbeddedStoreOptions, 'dataDir'>;

/**
 * Runs a body with a store of its own.
 * @param body gets the running store; close clients before it returns, else the stop takes a second
 * @param options as for startEmbeddedStore, without the folder
 * @returns what the body returns
 */
export async function withEmbeddedStore<T>(body: (store: EmbeddedStore) => Promise<T>, options: ThrowAwayStoreOptions = {}): Promise<T> {
  return withTemporaryFolder(async (dataDir) => {
    const store = await startEmbeddedStore({ ...options, dataDir });
    try {
      return await body(store);
    } finally {
      await store.stop();
    }
  });
}

/**
 * One store and one client for all tests of the calling file or suite: started before them, stopped and removed after them.
 * @param options as for startEmbeddedStore, without the folder
 * @returns calls that give the store and the client; valid inside tests and hooks that run after this one
 */
export function useEmbeddedStore(options: ThrowAwayStoreOptions = {}): {
  readonly store: () => EmbeddedStore;
  readonly client: () => ClickHouseClient;
} {
  let running: { readonly store: EmbeddedStore; readonly client: ClickHouseClient; readonly dataDir: string } | undefined;
  before(async () => {
    const dataDir = await createTemporaryFolder();
    try {
      const store = await startEmbeddedStore({ ...options, dataDir });
      running = { store, client: connect(store), dataDir };
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  });
  after(async () => {
    if (running === undefined) return;
    await running.client.close();
    await running.store.stop();
    await rm(running.dataDir, { recursive: true, force: true });
  });
  const current = () => {
    if (running === undefined) throw new Error('the embedded store runs only inside tests');
    return running;
  };
  return { store: () => current().store, client: () => current().client };
}

/** A client of the store's own user and database; the caller closes it. Silent: tests provoke errors. */
export function connect(store: EmbeddedStore): ClickHouseClient {
  const { url, username, password, database, httpHeaders } = store;
  return createClient({ url, username, password, database, http_headers: { ...httpHeaders }, log: { level: ClickHouseLogLevel.OFF } });
}

/** Runs a body with a temporary folder and removes it. */
export async function withTemporaryFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await createTemporaryFolder();
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function createTemporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'plumbline-test-'));
}
