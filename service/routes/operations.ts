import type { FastifyPluginCallback } from 'fastify';
import { readAudit } from '../../store/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { Services } from '../services.ts';
import { requirePrincipal } from './context.ts';

/** Liveness, readiness, the service's own metrics, its contract, and the audit trail. */
export function operationRoutes(services: Services): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get('/livez', { schema: { tags: ['operations'], summary: 'The process runs' } }, () => ({ status: 'ok' }));

    app.get('/readyz', { schema: { tags: ['operations'], summary: 'The process takes requests and the store answers' } }, async () => {
      if (services.isDraining()) throw new ProblemError('draining', 'the service is shutting down', { retryAfterS: 2 });
      if (!(await services.store.ping())) throw new ProblemError('store-unavailable', 'ClickHouse does not answer', { retryAfterS: 1 });
      return { status: 'ready', version: services.version };
    });

    app.get(
      '/metrics',
      { schema: { tags: ['operations'], summary: 'Metrics of the service itself, Prometheus text' } },
      async (_request, reply) => {
        const { registry } = services.metrics;
        return reply.type(registry.contentType).send(await registry.metrics());
      },
    );

    app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());

    app.get(
      '/v1/audit',
      { schema: { tags: ['operations'], summary: 'Acts on tokens, baselines, gates and runs, newest first' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'admin');
        return { data: await readAudit(services.store, principal.projects, LIMITS.pageSize * 10), nextCursor: null };
      },
    );
    done();
  };
}
