import { PassThrough, type Readable } from 'node:stream';
import type { FastifyPluginCallback } from 'fastify';
import { readLandedSeries, readSeriesValues } from '../../store/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Services } from '../services.ts';
import { assertKnownParameters, readId, readQuery, requirePrincipal, requireRun } from './context.ts';

/** What landed of a run: series with their figures, and the values of one series as CSV. */
export function seriesRoutes(services: Services): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get<{ Params: { runId: string } }>(
      '/v1/runs/:runId/series',
      { schema: { tags: ['runs'], summary: 'Series that landed' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'read');
        const run = await requireRun(services, principal, request.params.runId);
        const query = readQuery(request);
        assertKnownParameters(query, ['region', 'metric', 'cursor']);
        const data = await readLandedSeries(services.store, run.runId, {
          region: query['region'] ?? '',
          metric: query['metric'] ?? '',
          after: query['cursor'] ?? '',
          limit: LIMITS.pageSize,
        });
        return { data, nextCursor: data.length === LIMITS.pageSize ? (data.at(-1)?.seriesId ?? null) : null };
      },
    );

    app.get<{ Params: { runId: string; seriesId: string } }>(
      '/v1/runs/:runId/series/:seriesId/values',
      { schema: { tags: ['runs'], summary: 'Values of one series as CSV' } },
      async (request, reply) => {
        const principal = await requirePrincipal(services, request, 'read');
        const run = await requireRun(services, principal, request.params.runId);
        const values = await readSeriesValues(services.store, run.runId, readId(request.params.seriesId, 'series'));
        const body: Readable = values.pipe(new PassThrough());
        return reply.type('text/csv; charset=utf-8').send(body);
      },
    );
    done();
  };
}
