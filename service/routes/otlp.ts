import { Readable } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import {
  AcknowledgedOrigins,
  AcknowledgedSeries,
  encodeExportAnswer,
  encodeStatus,
  OTLP_ENCODINGS,
  type OtlpAnswer,
  type OtlpEncoding,
  RecentReceipts,
  receiveOtlp,
  SeriesCache,
  toRpcCode,
} from '../../ingest/index.ts';
import { readRun, type StoredRun } from '../../store/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { OtlpSignal } from '../../wire/payload.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { Principal } from '../../wire/token.ts';
import { assertProject } from '../auth/authenticate.ts';
import { putEnvironment } from '../environment-book.ts';
import { toProblemError } from '../problem.ts';
import type { Services } from '../services.ts';
import { withSpan } from '../telemetry.ts';
import { requirePrincipal } from './context.ts';

/** OTLP/HTTP (opentelemetry-specification, protocol/otlp, section OTLP/HTTP): metrics and traces of the SDKs and of the Collector. */

const URLS: Readonly<Record<OtlpSignal, string>> = { metrics: '/v1/metrics', traces: '/v1/traces' };
const OTHER_METHODS = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** The protocol has no other codes that an exporter repeats a request for. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const RETRY_AFTER_S = 1;

/** How the body says it is encoded, whatever parameters follow; undefined for another media type. */
function readEncoding(request: FastifyRequest): OtlpEncoding | undefined {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType === OTLP_ENCODINGS.protobuf) return 'protobuf';
  return mediaType === OTLP_ENCODINGS.json ? 'json' : undefined;
}

/** 422 is what other calls answer to a damaged payload; the protocol has 400 for it. */
const toStatus = (problem: ProblemError) => (problem.status === 422 ? 400 : problem.status);

/** Answers an error as google.rpc.Status, in the encoding of the request or, where that is not known, in JSON. */
function answerStatus(error: FastifyError | ProblemError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblemError(error);
  if (problem.status >= 500) request.log.error({ err: problem.cause ?? problem, problem: problem.type }, problem.message);
  sendStatus(toStatus(problem), problem.message, request, reply, problem.retryAfterS);
}

function sendStatus(status: number, message: string, request: FastifyRequest, reply: FastifyReply, delayS: number = RETRY_AFTER_S): void {
  const encoding = readEncoding(request) ?? 'json';
  const isRetryable = RETRYABLE.has(status);
  if (isRetryable) void reply.header('retry-after', String(delayS));
  const retry = isRetryable ? { retryDelayMs: delayS * 1000 } : {};
  void reply
    .code(status)
    .type(OTLP_ENCODINGS[encoding])
    .send(encodeStatus({ code: toRpcCode(status), message, ...retry }, encoding));
}

/** How long a run is taken to be as it was read, milliseconds, and how many are kept. */
const RUN_KEPT_MS = 2_000;
const RUNS_KEPT = 256;

type KeptRuns = Map<string, { readonly run: StoredRun; readonly untilMs: number }>;

/**
 * A run as it was at most two seconds ago: exporters send every few seconds for one and the same. What never changes is read from it, and
 * whether it still takes content is asked again once a receipt is stored.
 */
async function readKeptRun(services: Services, kept: KeptRuns, runId: string): Promise<StoredRun | undefined> {
  const known = kept.get(runId);
  if (known !== undefined && known.untilMs > services.nowMs()) return known.run;
  const run = await readRun(services.store, runId);
  if (run === undefined) return undefined;
  if (kept.size >= RUNS_KEPT) kept.clear();
  kept.set(runId, { run, untilMs: services.nowMs() + RUN_KEPT_MS });
  return run;
}

/** The run of an id, or why this caller may not write to it. Which runs of other projects exist is nobody else's business. */
async function findRun(services: Services, kept: KeptRuns, principal: Principal, runId: string): Promise<StoredRun | string> {
  const unknown = `there is no run ${runId} in a project of this token; open one with POST /v1/runs`;
  const run = await readKeptRun(services, kept, runId);
  if (run === undefined) return unknown;
  try {
    assertProject(principal, run.project);
    return run;
  } catch (error) {
    if (error instanceof ProblemError && error.type === 'project-not-allowed') return unknown;
    throw error;
  }
}

/** What requests leave behind for the next ones; each is right without it. */
type Kept = {
  readonly runs: KeptRuns;
  readonly series: SeriesCache;
  readonly acknowledged: AcknowledgedSeries;
  readonly recent: RecentReceipts;
  readonly origins: AcknowledgedOrigins;
};

async function receive(
  services: Services,
  kept: Kept,
  signal: OtlpSignal,
  encoding: OtlpEncoding,
  request: FastifyRequest,
): Promise<OtlpAnswer> {
  const principal = await requirePrincipal(services, request, 'ingest');
  const ports = {
    ...services,
    cache: kept.series,
    acknowledged: kept.acknowledged,
    recent: kept.recent,
    origins: kept.origins,
    findRun: (runId: string) => findRun(services, kept.runs, principal, runId),
    putEnvironment: async (runId: string, read: Parameters<typeof putEnvironment>[1]['read']) => {
      await putEnvironment(services, { runId, read, tokenId: principal.tokenId });
    },
  };
  const body = request.body instanceof Readable ? request.body : Readable.from([]);
  const contentEncoding = request.headers['content-encoding'];
  const receiving = () => receiveOtlp(ports, { signal, encoding, body, contentEncoding, tokenId: principal.tokenId });
  // Our own spans may come here: one about receiving them would come next, and so on for ever.
  return signal === 'traces' ? await receiving() : await withSpan('receive otlp', { 'plumbline.payload.kind': signal }, receiving);
}

function countOutcome(services: Services, signal: OtlpSignal, { receipts, bodyBytes, outcome }: OtlpAnswer): void {
  services.metrics.bodyBytes.inc({ kind: signal }, bodyBytes);
  if (Number(outcome.rejected) > 0) services.metrics.payloads.inc({ kind: signal, format: 'otlp', outcome: 'partly-rejected' });
  for (const { format, duplicate, valueCount } of receipts) {
    services.metrics.payloads.inc({ kind: signal, format, outcome: duplicate ? 'duplicate' : 'stored' });
    services.metrics.values.inc({ kind: signal }, valueCount);
  }
}

export function otlpRoutes(services: Services): FastifyPluginCallback {
  return (app: FastifyInstance, _options, done) => {
    let inFlight = 0;
    const kept: Kept = {
      runs: new Map(),
      series: new SeriesCache(),
      acknowledged: new AcknowledgedSeries(),
      recent: new RecentReceipts(),
      origins: new AcknowledgedOrigins(),
    };
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    app.setErrorHandler(answerStatus);

    async function answer(signal: OtlpSignal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      if (services.isDraining()) throw new ProblemError('draining', 'the service is shutting down', { retryAfterS: 2 });
      if (inFlight >= LIMITS.otlpRequestsAtOnce) {
        throw new ProblemError('rate-limited', `${LIMITS.otlpRequestsAtOnce} requests are being received; retry in a second`, {
          retryAfterS: 1,
        });
      }
      const encoding = readEncoding(request);
      if (encoding === undefined) {
        throw new ProblemError('unsupported-media-type', `send Content-Type: ${OTLP_ENCODINGS.protobuf} or ${OTLP_ENCODINGS.json}`);
      }
      inFlight += 1;
      try {
        const received = await receive(services, kept, signal, encoding, request);
        countOutcome(services, signal, received);
        return await reply
          .code(200)
          .type(OTLP_ENCODINGS[encoding])
          .send(encodeExportAnswer(signal, received.outcome, encoding));
      } catch (error) {
        const outcome = error instanceof ProblemError ? error.type : 'internal';
        services.metrics.payloads.inc({ kind: signal, format: 'none', outcome });
        throw error;
      } finally {
        inFlight -= 1;
      }
    }

    for (const signal of ['metrics', 'traces'] as const) {
      const url = URLS[signal];
      const schema = { tags: ['otlp'], summary: `Take ${signal} over OTLP/HTTP` };
      app.post(url, { bodyLimit: Number.MAX_SAFE_INTEGER, schema }, (request, reply) => answer(signal, request, reply));
      app.route({
        method: [...OTHER_METHODS],
        url,
        schema: { hide: true },
        handler: (request, reply) => {
          void reply.header('allow', 'POST');
          sendStatus(405, `${request.method} is not a method of ${url}; send POST`, request, reply);
        },
      });
    }
    app.post('/v1/logs', { schema: { hide: true } }, (request, reply) =>
      sendStatus(404, 'logs are not taken over OTLP; send kernel logs to POST /v1/runs/{runId}/events', request, reply),
    );
    done();
  };
}
