import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type EmbeddedStore, startEmbeddedStore } from '../../store/index.ts';

/**
 * A store and a service of its own in a temporary folder, each in a process of its own, so that neither the generator of the load nor the
 * other one is counted. The service is the built one: what users run.
 */
export type Stack = {
  readonly url: string;
  readonly token: string;
  readonly store: EmbeddedStore;
  readonly servicePid: number;
  readonly storePid: () => number;
  readonly stop: () => Promise<void>;
};

const MAIN = resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const READY_MS = 30_000;

export type SpawnedService = {
  readonly process: ChildProcess & { readonly stdout: NodeJS.ReadableStream };
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

type SpawnOptions = {
  /** 0 takes a free one. */
  readonly port?: number;
  readonly environ?: Readonly<Record<string, string>>;
  /** Options of Node, for profiling. */
  readonly nodeArguments?: readonly string[];
};

/** Spawns `plumbline start` from the build, without waiting. @param dataDir the service's data folder */
export function spawnService(dataDir: string, { port = 0, environ = {}, nodeArguments = [] }: SpawnOptions = {}): SpawnedService {
  if (!existsSync(MAIN)) throw new RangeError(`spawnService: ${MAIN} is missing; run npm run build`);
  const child = spawn(process.execPath, [...nodeArguments, MAIN, 'start', '--data', dataDir, '--port', String(port), '--json'], {
    env: { PATH: process.env['PATH'], HOME: dataDir, PLUMBLINE_LOG: 'error', ...environ },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.pid === undefined) throw new RangeError('spawnService: no process');
  process.once('exit', () => child.kill('SIGKILL'));
  return { process: child, pid: child.pid, stop: () => endProcess(child) };
}

/** The address in the first line that the service prints. */
async function awaitUrl({ process: child }: SpawnedService): Promise<string> {
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(READY_MS) });
  const { url }: { url: string } = JSON.parse(String(line));
  return url;
}

/** Asks for an orderly end and waits for it. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(timer);
}

// A benchmark that is stopped half-way takes its processes and folders with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A folder that is gone when the process ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts both; `stop` ends both. */
export async function startStack(nodeArguments: readonly string[] = []): Promise<Stack> {
  const folder = makeFolder();
  const store = await startEmbeddedStore({ dataDir: join(folder, 'store') });
  try {
    const dataDir = join(folder, 'service');
    const headers = Object.entries(store.httpHeaders).map(([name, value]) => `${name}: ${value}`);
    const environ = {
      PLUMBLINE_CLICKHOUSE_URL: store.url,
      PLUMBLINE_CLICKHOUSE_USER: store.username,
      PLUMBLINE_CLICKHOUSE_PASSWORD: store.password,
      PLUMBLINE_CLICKHOUSE_DATABASE: store.database,
      PLUMBLINE_CLICKHOUSE_HEADERS: headers.join('\n'),
    };
    const service = spawnService(dataDir, { environ, nodeArguments });
    const url = await awaitUrl(service).catch(async (error: unknown) => {
      await service.stop();
      throw error;
    });
    return {
      url,
      token: readFileSync(join(dataDir, 'admin-token'), 'utf8').trim(),
      store,
      servicePid: service.pid,
      storePid: () => requirePid(store),
      stop: async () => {
        await service.stop();
        await store.stop();
      },
    };
  } catch (error) {
    await store.stop();
    throw error;
  }
}

function requirePid(store: EmbeddedStore): number {
  if (store.pid === undefined) throw new RangeError('the store is down');
  return store.pid;
}

/** Runs work against a stack of its own and ends it whatever happens. */
export async function withStack(work: (stack: Stack) => Promise<void>): Promise<void> {
  const profile = process.argv.includes('--profile') ? ['--cpu-prof', `--cpu-prof-dir=${tmpdir()}/plumbline-profiles`] : [];
  const stack = await startStack(profile);
  try {
    await work(stack);
  } finally {
    await stack.stop();
  }
}
