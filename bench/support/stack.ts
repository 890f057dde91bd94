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

export type StartedService = { readonly url: string; readonly process: ChildProcess; readonly pid: number; readonly stop: () => Promise<void> };

/**
 * Starts `plumbline start` from the build and waits for the line that names its address.
 * @param dataDir the service's data folder
 * @param environ further environment variables
 * @param nodeArguments options of Node, for profiling
 */
export async function startService(dataDir: string, environ: Readonly<Record<string, string>> = {}, nodeArguments: readonly string[] = []): Promise<StartedService> {
  if (!existsSync(MAIN)) throw new RangeError(`startService: ${MAIN} is missing; run npm run build`);
  const child = spawn(process.execPath, [...nodeArguments, MAIN, 'start', '--data', dataDir, '--port', '0', '--json'], {
    env: { PATH: process.env['PATH'], HOME: dataDir, PLUMBLINE_LOG: 'error', ...environ },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const giveUp = AbortSignal.timeout(READY_MS);
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line', { signal: giveUp }).catch((cause: unknown) => {
    child.kill('SIGKILL');
    throw new Error('the service did not start', { cause });
  });
  const { url }: { url: string } = JSON.parse(String(line));
  const { pid } = child;
  if (pid === undefined) throw new RangeError('startService: no process');
  return { url, process: child, pid, stop: () => endProcess(child) };
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
    const service = await startService(
      dataDir,
      {
        PLUMBLINE_CLICKHOUSE_URL: store.url,
        PLUMBLINE_CLICKHOUSE_USER: store.username,
        PLUMBLINE_CLICKHOUSE_PASSWORD: store.password,
        PLUMBLINE_CLICKHOUSE_DATABASE: store.database,
        PLUMBLINE_CLICKHOUSE_HEADERS: headers.join('\n'),
      },
      nodeArguments,
    );
    return {
      url: service.url,
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
