// Starts the embedded store: lock the data folder, write the configuration, start the engine, wait until it answers.

import { mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { STORE_DATABASE, STORE_USERNAME, TOKEN_HEADER, toConfigXml, toUsersXml } from './config.ts';
import { createFolders, type DataFolder, toDataFolder, writePrivateFile } from './data-folder.ts';
import { createEndpoint, type Endpoint, endpointUrl } from './endpoint.ts';
import { PORT_TAKEN_CODE } from './engine-process.ts';
import { locateLibrary } from './library.ts';
import { acquireDataLock, type DataLock } from './lock.ts';
import { type EmbeddedStoreLogger, EngineEndedError, EngineSupervisor, type RestartEvent } from './supervisor.ts';

/** Enough for judging 10 M samples; never more than half of the machine. */
const DEFAULT_MEMORY_LIMIT_BYTES = 2 * 1024 ** 3;

/** A store of many parts loads them before it listens. */
const DEFAULT_READY_TIMEOUT_MS = 60_000;

/** How often a port may be snatched away between drawing and binding it. */
const PORT_ATTEMPTS = 5;

/** How the embedded store is to run. */
export interface EmbeddedStoreOptions {
  /** The data folder; created if absent. Files in it that are not the store's are left alone. */
  readonly dataDir: string;
  /** Soft upper limit of the engine's memory, in bytes, > 0; by default 2 GiB or half of the machine, whichever is less. */
  readonly memoryLimitBytes?: number;
  /** How long a start or restart may take until the engine answers, in milliseconds, > 0. */
  readonly readyTimeoutMs?: number;
  /** Called after each automatic restart, when the engine answers again. */
  readonly onRestart?: (event: RestartEvent) => void;
  readonly logger?: EmbeddedStoreLogger;
}

/** A running embedded ClickHouse. `url`, `username`, `password`, `database` and `httpHeaders` stay the same over restarts. */
export interface EmbeddedStore {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** Goes into the `http_headers` of `@clickhouse/client`'s createClient; without it every request is answered 404. */
  readonly httpHeaders: Readonly<Record<string, string>>;
  /** Absolute path of the data folder. */
  readonly dataDir: string;
  /** Absolute path of the only folder BACKUP and RESTORE may use. */
  readonly backupDir: string;
  /** The engine's process now; undefined while it is down. */
  readonly pid: number | undefined;
  /** Whether the system keeps the engine from files outside the store and from outgoing connections: Linux with Landlock (confine.ts). */
  readonly isConfined: boolean;
  /** Automatic restarts since the start. */
  readonly restartCount: number;
  /** Ends the engine and frees the folder; at once when clients are closed, within 5 s else. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a ClickHouse of its own for one data folder, and keeps it running until `stop`.
 * @param options the data folder and how to run
 * @returns the running store; the database exists
 * @throws EmbeddedStoreError `unsupported_platform`, `locked` or `not_ready`
 */
export async function startEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const libraryPath = locateLibrary();
  const folder = toDataFolder(options.dataDir);
  mkdirSync(folder.dataDir, { recursive: true, mode: 0o700 });
  const lock = await acquireDataLock(folder.lockFile, folder.dataDir);
  try {
    createFolders(folder);
    const { endpoint, supervisor } = await startOnFreePort(options, folder, lock, libraryPath);
    return toStore(folder, endpoint, supervisor);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startOnFreePort(options: EmbeddedStoreOptions, folder: DataFolder, lock: DataLock, libraryPath: string) {
  const memoryLimitBytes = options.memoryLimitBytes ?? Math.min(DEFAULT_MEMORY_LIMIT_BYTES, Math.floor(totalmem() / 2));
  for (let attempt = 1; ; attempt += 1) {
    const endpoint = await createEndpoint();
    const { usersFile, configFile, backupDir, engineDir } = folder;
    writePrivateFile(usersFile, toUsersXml(endpoint.password));
    writePrivateFile(configFile, toConfigXml({ httpPort: endpoint.port, usersFile, backupDir, token: endpoint.token, memoryLimitBytes }));
    const supervisor = new EngineSupervisor({
      place: { libraryPath, configFile, engineDir, backupDir, homeDir: folder.configDir, lockFd: lock.fd },
      endpoint,
      readyTimeoutMs: options.readyTimeoutMs ?? DEFAULT_READY_TIMEOUT_MS,
      onRestart: options.onRestart,
      logger: options.logger,
      onDown: () => lock.release(),
    });
    try {
      await supervisor.start();
      return { endpoint, supervisor };
    } catch (error) {
      const portTaken = error instanceof EngineEndedError && error.engineCode === PORT_TAKEN_CODE;
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
      options.logger?.warn({ port: endpoint.port }, 'port taken, drawing another');
    }
  }
}

function toStore(folder: DataFolder, endpoint: Endpoint, supervisor: EngineSupervisor): EmbeddedStore {
  return {
    url: endpointUrl(endpoint),
    username: STORE_USERNAME,
    password: endpoint.password,
    database: STORE_DATABASE,
    httpHeaders: { [TOKEN_HEADER]: endpoint.token },
    dataDir: folder.dataDir,
    backupDir: folder.backupDir,
    get pid() {
      return supervisor.pid;
    },
    get isConfined() {
      return supervisor.isConfined;
    },
    get restartCount() {
      return supervisor.restartCount;
    },
    stop: () => supervisor.stop(),
  };
}
