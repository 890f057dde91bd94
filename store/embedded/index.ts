// The embedded store: a real ClickHouse server for one data folder, without installing one.

export { EmbeddedStoreError, type EmbeddedStoreFailure } from './error.ts';
export { type EmbeddedStore, type EmbeddedStoreOptions, startEmbeddedStore } from './start.ts';
export type { EmbeddedStoreLogger, RestartEvent } from './supervisor.ts';
