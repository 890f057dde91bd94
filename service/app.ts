import { Readable } from 'node:stream';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { LIMITS } from '../wire/limits.ts';
import { ProblemError } from '../wire/problems.ts';
import { findIllFormedText } from '../wire/well-formed.ts';
import type { ServiceConfig } from './config.ts';
import { answerProblem } from './problem.ts';
import { baselineRoutes } from './routes/baselines.ts';
import { environmentRoutes } from './routes/environment.ts';
import { gateRoutes } from './routes/gates.ts';
import { historyRoutes } from './routes/history.ts';
import { operationRoutes } from './routes/operations.ts';
import { otlpRoutes } from './routes/otlp.ts';
import { payloadRoutes } from './routes/payloads.ts';
import { runRoutes } from './routes/runs.ts';
import { sealRoutes } from './routes/seal.ts';
import { seriesRoutes } from './routes/series.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { verdictRoutes } from './routes/verdicts.ts';
import type { Services } from './services.ts';
import { traceRequests } from './telemetry.ts';

/** A body may trickle in for this long between two chunks, and a kept connection may idle for this long, milliseconds. */
const CONNECTION_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_MS = 10_000;

function observeRequests(app: FastifyInstance, services: Services): void {
  app.addHook('onResponse', (request, reply, done) => {
    services.metrics.requests.observe(
      { method: request.method, route: request.routeOptions.url ?? 'unknown', status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
    done();
  });
}

/** Nobody learns from an answer what a body should look like, or has one parsed, before saying who they are. Routes look at scopes themselves. */
function authenticateFirst(app: FastifyInstance, services: Services): void {
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.url?.startsWith('/v1/') === true) await services.authenticate(request.headers.authorization);
  });
}

/** What a JSON body must not hold; payloads are streams and checked where they are read. */
function findIllFormedBody(body: unknown): ProblemError | undefined {
  const pointer = body instanceof Readable ? undefined : findIllFormedText(body);
  if (pointer === undefined) return undefined;
  const detail = 'holds half of a surrogate pair, which is no text';
  return new ProblemError('invalid-body', `${pointer} ${detail}`, { errors: [{ pointer, detail }] });
}

/**
 * The HTTP application, not yet listening. Bodies are validated as they came: nothing is coerced, unknown members are refused.
 * @param services everything the routes need
 */
export async function buildApp(services: Services, { logLevel }: Pick<ServiceConfig, 'logLevel'>): Promise<FastifyInstance> {
  const app = Fastify({
    logger: logLevel === 'silent' ? false : { level: logLevel, redact: ['req.headers.authorization'] },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.jsonBodyBytes,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: 512 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.removeContentTypeParser('text/plain');
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler((request) => {
    throw new ProblemError(
      'not-found',
      `nothing answers ${request.method} ${request.url.split('?')[0]}; the calls are listed in /openapi.json`,
    );
  });
  app.addHook('preValidation', (request, _reply, done) => done(findIllFormedBody(request.body)));
  traceRequests(app);
  observeRequests(app, services);
  authenticateFirst(app, services);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Plumbline',
        description: 'Performance-regression verdicts for heterogeneous compute',
        version: services.version,
        license: { name: 'Apache-2.0' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  });
  const routes = [
    runRoutes,
    payloadRoutes,
    otlpRoutes,
    environmentRoutes,
    sealRoutes,
    seriesRoutes,
    historyRoutes,
    verdictRoutes,
    baselineRoutes,
    gateRoutes,
    tokenRoutes,
    operationRoutes,
  ];
  for (const register of routes) await app.register(register(services));
  await app.ready();
  return app;
}
