// One life of the engine's process: spawned, watched, ended. Nothing here restarts it.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type EngineLastWords, parseEngineMessage } from './engine-message.ts';

/** How much of the engine's stderr is kept for error messages. */
const DIAGNOSTIC_TAIL_CHARS = 8192;

/** CANNOT_LISTEN… of the engine: the port is taken. */
export const PORT_TAKEN_CODE = 210;

/** How an engine's process ended. */
export interface EngineEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last words of the process, if it had any. */
  readonly lastWords: EngineLastWords | undefined;
  /** The end of its stderr. */
  readonly diagnosticTail: string;
}

/** A running (or ended) engine process. */
export interface EngineProcess {
  readonly pid: number | undefined;
  /** Whether the system keeps it from other files and connections (confine.ts); known once it answers. */
  readonly isConfined: boolean;
  /** Resolves once, when the process is gone; never rejects. */
  readonly ended: Promise<EngineEnd>;
  /** Asks for a clean end: the program runs until its stdin closes. */
  closeInput(): void;
  kill(): void;
}

/** Where an engine finds its files. */
export interface EnginePlace {
  readonly libraryPath: string;
  readonly configFile: string;
  readonly engineDir: string;
  readonly backupDir: string;
  /** The process's home, so that it finds no settings of this user's. */
  readonly homeDir: string;
  /** The data folder's lock, inherited (lock.ts). */
  readonly lockFd: number;
}

/**
 * Starts an engine.
 * @param place absolute paths and the lock's descriptor
 */
export function spawnEngine(place: EnginePlace): EngineProcess {
  const script = childScript(import.meta.url);
  const child = spawn(
    process.execPath,
    [...script.nodeArgs, script.path, place.libraryPath, place.configFile, place.engineDir, place.backupDir],
    {
      // Nothing else is inherited: the engine looks for credentials of clouds and AI services in its environment. One pool thread: confine.ts.
      env: { PATH: process.env['PATH'], TZ: 'UTC', HOME: place.homeDir, UV_THREADPOOL_SIZE: '1' },
      stdio: ['pipe', 'ignore', 'pipe', 'ipc', place.lockFd],
    },
  );
  // The pipe breaks when the engine dies first; its end is reported by `ended`.
  child.stdin?.on('error', () => undefined);
  let isConfined = false;
  const ended = watchEnd(child, (confined) => {
    isConfined = confined;
  });
  return {
    pid: child.pid,
    get isConfined() {
      return isConfined;
    },
    ended,
    closeInput: () => child.stdin?.end(),
    kill: () => child.kill('SIGKILL'),
  };
}

/**
 * The child's script and the Node options it needs: child.js from a build as it is, child.ts with Node's own type stripping where that
 * is on, else through tsx (0.1 s slower).
 */
function childScript(here: string): { readonly path: string; readonly nodeArgs: readonly string[] } {
  const isSource = here.endsWith('.ts');
  const path = fileURLToPath(new URL(isSource ? './child.ts' : './child.js', here));
  const stripsTypes: unknown = Reflect.get(process.features, 'typescript');
  return { path, nodeArgs: isSource && !stripsTypes ? ['--import', import.meta.resolve('tsx')] : [] };
}

function watchEnd(child: ChildProcess, onLoaded: (isConfined: boolean) => void): Promise<EngineEnd> {
  let diagnosticTail = '';
  let lastWords: EngineLastWords | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    diagnosticTail = (diagnosticTail + text).slice(-DIAGNOSTIC_TAIL_CHARS);
  });
  child.on('message', (value) => {
    const message = parseEngineMessage(value);
    if (message?.kind === 'loaded') onLoaded(message.isConfined);
    else lastWords = message ?? lastWords;
  });
  return new Promise((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, lastWords, diagnosticTail }));
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, lastWords, diagnosticTail: String(error) });
    });
  });
}

/**
 * One sentence on how an engine ended, with the end of its stderr.
 * @param end as `ended` gave it
 */
export function describeEnd(end: EngineEnd): string {
  const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
  const words = [end.lastWords?.detail ?? '', end.diagnosticTail].map((text) => text.trim()).filter((text) => text !== '');
  return `the engine's process ended with ${how}${words.length === 0 ? '' : `: ${words.join('\n')}`}`;
}
