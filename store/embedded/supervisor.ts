// Keeps one engine running: starts it, waits until it answers, starts it again when it dies, ends it.

import { setTimeout as sleep } from 'node:timers/promises';
import { STORE_DATABASE } from './config.ts';
import { awaitAnswer, type Endpoint, execute } from './endpoint.ts';
import { describeEnd, type EngineEnd, type EnginePlace, type EngineProcess, spawnEngine } from './engine-process.ts';
import { EmbeddedStoreError } from './error.ts';
import { unsupportedPlatform } from './library.ts';

/**
 * After a start that never answered: 50, 100, 200 … ms, at most a second. The store is never given up: the service answers 503 meanwhile, and
 * whatever keeps killing the engine (an operator, memory) may stop.
 */
const BACKOFF_FIRST_MS = 50;
const BACKOFF_LIMIT_MS = 1000;

/** An engine that answered and died within this time is started again after a short pause. */
const STABLE_MS = 2_000;
const UNSTABLE_PAUSE_MS = 100;

/** A clean end takes 30 ms, or about a second with connections open (config.ts); the rest of a stop's 5 s is for the kill. */
const STOP_GRACE_MS = 4500;

/** What of a logger the store calls; pino and Fastify's logger fit. */
export interface EmbeddedStoreLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** An automatic restart. */
export interface RestartEvent {
  /** Restarts since the start, this one included. */
  readonly restartCount: number;
  /** From the death to the first answer, in milliseconds. */
  readonly downMs: number;
  /** How the engine had ended. */
  readonly cause: string;
}

/** What a supervisor needs. */
export interface SupervisorOptions {
  readonly place: EnginePlace;
  readonly endpoint: Endpoint;
  readonly readyTimeoutMs: number;
  readonly onRestart: ((event: RestartEvent) => void) | undefined;
  readonly logger: EmbeddedStoreLogger | undefined;
  /** Called once when no engine runs any more and none will be started. */
  readonly onDown: () => void;
}

/** One engine kept alive. `start` first, `stop` last. */
export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  #engine: EngineProcess | undefined;
  #restartCount = 0;
  #watch: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#engine?.pid;
  }

  get isConfined(): boolean {
    return this.#engine?.isConfined ?? false;
  }

  get restartCount(): number {
    return this.#restartCount;
  }

  /**
   * Starts the engine and waits until it answers and the database exists.
   * @throws EngineEndedError when it ended; EmbeddedStoreError otherwise. Nothing runs any more then.
   */
  async start(): Promise<void> {
    const engine = await this.#launch();
    await execute(this.#options.endpoint, `CREATE DATABASE IF NOT EXISTS ${STORE_DATABASE}`).catch(async (error: unknown) => {
      engine.kill();
      await engine.ended;
      throw new EmbeddedStoreError('not_ready', 'the embedded store could not create its database', { cause: error });
    });
    if (!engine.isConfined)
      this.#options.logger?.warn({}, "this system has no Landlock: SQL with the store's password can read files of this user");
    this.#watch = this.#keepAlive(engine);
  }

  /** Ends the engine; resolves when its process is gone. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopOnce();
    return this.#stopped;
  }

  async #stopOnce(): Promise<void> {
    this.#stopping.abort(new EmbeddedStoreError('not_ready', 'the embedded store is being stopped'));
    await endEngine(this.#engine);
    await this.#watch;
  }

  /** Spawns an engine and waits for its first answer; on any failure its process is gone when this throws. */
  async #launch(): Promise<EngineProcess> {
    const engine = spawnEngine(this.#options.place);
    this.#engine = engine;
    const over = new AbortController();
    void engine.ended.then((end) => {
      if (this.#engine === engine) this.#engine = undefined;
      over.abort(toError(end));
    });
    const timeoutMs = this.#options.readyTimeoutMs;
    const silent = new EmbeddedStoreError('not_ready', `the embedded store did not answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => over.abort(silent), timeoutMs);
    try {
      await awaitAnswer(this.#options.endpoint, AbortSignal.any([over.signal, this.#stopping.signal]));
      return engine;
    } catch (error) {
      engine.kill();
      await engine.ended;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #keepAlive(first: EngineProcess): Promise<void> {
    let engine: EngineProcess | undefined = first;
    while (engine !== undefined) {
      const readyAtMs = performance.now();
      const end = await engine.ended;
      engine = await this.#revive(end, performance.now() - readyAtMs < STABLE_MS ? UNSTABLE_PAUSE_MS : 0);
    }
    this.#options.onDown();
  }

  /** Tries until an engine answers again; undefined when the store stops. */
  async #revive(end: EngineEnd, pauseMs: number): Promise<EngineProcess | undefined> {
    const diedAtMs = performance.now();
    let cause = describeEnd(end);
    for (let failures = 0; !this.#stopping.signal.aborted; failures += 1) {
      this.#options.logger?.warn({ cause, failures }, 'the embedded store died and is being restarted');
      try {
        await sleep(failures === 0 ? pauseMs : backoffMs(failures), undefined, { signal: this.#stopping.signal });
        const engine = await this.#launch();
        this.#reportRestart(performance.now() - diedAtMs, cause);
        return engine;
      } catch (error) {
        cause = error instanceof Error ? error.message : String(error);
      }
    }
    return undefined;
  }

  #reportRestart(downMs: number, cause: string): void {
    this.#restartCount += 1;
    this.#options.logger?.info({ restartCount: this.#restartCount, downMs, pid: this.pid }, 'the embedded store is back');
    this.#options.onRestart?.({ restartCount: this.#restartCount, downMs, cause });
  }
}

/** The engine ended before it answered. */
export class EngineEndedError extends EmbeddedStoreError {
  /** The engine's own error code; undefined when it said nothing. */
  readonly engineCode: number | undefined;

  constructor(end: EngineEnd) {
    const detail = describeEnd(end);
    super('not_ready', `the embedded store did not start: ${detail}`);
    this.engineCode = end.lastWords?.kind === 'ended' ? end.lastWords.errorCode : undefined;
  }
}

function toError(end: EngineEnd): EmbeddedStoreError {
  if (end.lastWords?.kind === 'unloadable')
    return unsupportedPlatform('cannot load the ClickHouse library', new Error(end.lastWords.detail));
  return new EngineEndedError(end);
}

/** Clean if it ends in time, else killed: neither loses an acknowledged row. */
async function endEngine(engine: EngineProcess | undefined): Promise<void> {
  if (engine === undefined) return;
  engine.closeInput();
  const timer = setTimeout(() => engine.kill(), STOP_GRACE_MS);
  await engine.ended;
  clearTimeout(timer);
}

function backoffMs(failures: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** (failures - 1), BACKOFF_LIMIT_MS);
}
