import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { v4 as randomId, v7 as timeOrderedId } from 'uuid';
import { readUnfinishedSeals, sealRun } from '../ingest/index.ts';
import {
  connectStore,
  createGroupCommit,
  type EmbeddedStore,
  migrate,
  openAuditTrail,
  type Store,
  type StoreAddress,
  startEmbeddedStore,
} from '../store/index.ts';
import { ensureAdminToken } from './admin-token.ts';
import { buildApp } from './app.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import type { ServiceConfig } from './config.ts';
import { createJudge } from './judge.ts';
import { createMetrics, type ServiceMetrics } from './metrics.ts';
import type { Services } from './services.ts';
import { startTelemetry } from './telemetry.ts';
import { VERSION } from './version.ts';

/** A running service. */
export type Service = {
  /** Where it listens, e.g. `http://127.0.0.1:8420`. */
  readonly url: string;
  /** The token the operator acts with. */
  readonly adminToken: string;
  /** Pid of the embedded store's process; undefined with an outside ClickHouse. */
  readonly storePid: () => number | undefined;
  /** Finishes what is under way, then closes everything in the reverse order of its building. Safe to call twice. */
  readonly stop: () => Promise<void>;
};

/** How often what another process left unfinished is looked for. */
const SWEEP_MS = 15_000;
/** How long requests under way may take to finish after a stop was asked for. */
const DRAIN_MS = 10_000;

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal === undefined ? {} : { signal });
};

async function openStore(
  config: ServiceConfig,
  metrics: ServiceMetrics,
): Promise<{ readonly address: StoreAddress; readonly embedded: EmbeddedStore | null }> {
  if (config.clickhouse !== null) return { address: config.clickhouse, embedded: null };
  const embedded = await startEmbeddedStore({
    dataDir: config.dataDir,
    onRestart: ({ restartCount }) => metrics.storeRestarts.set(restartCount),
  });
  return { address: embedded, embedded };
}

/** An outside server may not have the database yet; the embedded one has. */
async function ensureDatabase(address: StoreAddress): Promise<void> {
  const first = connectStore({ ...address, database: 'default' });
  try {
    await first.command('CREATE DATABASE IF NOT EXISTS {database:Identifier}', { database: address.database });
  } finally {
    await first.close();
  }
}

/** Seals that were announced and never written, and sealed runs without a verdict, are finished; one that cannot be does not hold up the others. */
async function sweep(services: Services): Promise<void> {
  const failures: unknown[] = [];
  for (const run of await readUnfinishedSeals(services)) {
    await sealRun(services, run, [], 'recovery').catch((error: unknown) => failures.push(error));
  }
  await services.judge.judgeLeftovers().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} runs could not be finished`);
}

function startSweeping(services: Services, app: FastifyInstance): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const sweeping = (async () => {
    while (!stopping.signal.aborted) {
      await sweep(services).catch((error: unknown) => app.log.warn({ err: error }, 'recovery failed; it is tried again'));
      await sleep(SWEEP_MS, stopping.signal).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await sweeping;
    },
  };
}

/** Waits for work, but not for ever. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(ms, done.signal).catch(() => undefined)]);
  done.abort();
}

function buildServices(
  store: Store,
  config: ServiceConfig,
  parts: { readonly adminToken: string; readonly metrics: ServiceMetrics; readonly url: () => string; readonly isDraining: () => boolean },
): Services {
  const nowMs = Date.now;
  const audit = openAuditTrail(store, { writerId: randomId(), nowMs });
  const publicUrl = () => (config.publicUrl ?? parts.url()).replace(/\/+$/, '');
  const ports = { store, audit, nowMs, newId: timeOrderedId, metrics: parts.metrics, publicUrl };
  return {
    ...ports,
    sleep,
    groupCommit: createGroupCommit(store),
    authenticate: createAuthenticate(store, { adminTokens: [parts.adminToken], nowMs }),
    judge: createJudge(ports),
    version: VERSION,
    isDraining: parts.isDraining,
  };
}

/** What has been opened so far, closed in reverse; so that a start that fails half-way leaves nothing behind. */
type Closing = (() => Promise<unknown>)[];

async function closeAll(closing: Closing): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

/**
 * Builds the service from its configuration and listens.
 * @throws EmbeddedStoreError, ProblemError when the store does not start or answer; Error when the port is taken
 */
export async function serve(config: ServiceConfig): Promise<Service> {
  const closing: Closing = [];
  try {
    return await open(config, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

async function open(config: ServiceConfig, closing: Closing): Promise<Service> {
  const telemetry = startTelemetry(config.otlpEndpoint, VERSION);
  closing.push(telemetry.shutdown);
  const metrics = createMetrics();
  const adminToken = config.adminToken ?? ensureAdminToken(config.dataDir);
  const { address, embedded } = await openStore(config, metrics);
  closing.push(async () => embedded?.stop());
  if (embedded === null) await ensureDatabase(address);
  const store = connectStore(address);
  closing.push(store.close);
  await migrate(store);
  let url = '';
  let draining = false;
  const services = buildServices(store, config, { adminToken, metrics, url: () => url, isDraining: () => draining });
  closing.push(services.judge.drain, services.groupCommit.drain);
  const app = await buildApp(services, config);
  closing.push(() => closeApp(app));
  url = await app.listen({ host: config.host, port: config.port });
  const sweeping = startSweeping(services, app);
  closing.push(sweeping.stop);
  let stopped: Promise<void> | undefined;
  return {
    url,
    adminToken,
    storePid: () => embedded?.pid,
    stop: () => {
      draining = true;
      stopped ??= closeAll(closing);
      return stopped;
    },
  };
}

/** Lets requests under way finish for a while, then cuts the connections. */
async function closeApp(app: FastifyInstance): Promise<void> {
  app.server.closeIdleConnections();
  await atMost(DRAIN_MS, app.close());
  app.server.closeAllConnections();
}
