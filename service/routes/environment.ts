import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { readEnvironment } from '../../ingest/index.ts';
import { ProblemError } from '../../wire/problems.ts';
import { putEnvironment } from '../environment-book.ts';
import type { Services } from '../services.ts';
import { withSpan } from '../telemetry.ts';
import { assertKnownParameters, readQuery, requirePrincipal, requireRun } from './context.ts';

/** Output of tools that describe a machine, merged into the environment of a run. Bodies come as streams whatever their Content-Type. */
export function environmentRoutes(services: Services): FastifyPluginCallback {
  return (app: FastifyInstance, _options, done) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    app.put<{ Params: { runId: string } }>(
      '/v1/runs/:runId/environment',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: { tags: ['runs'], summary: 'Merge the output of a tool into the environment of a run' },
      },
      async (request) => {
        if (services.isDraining()) throw new ProblemError('draining', 'the service is shutting down', { retryAfterS: 2 });
        const principal = await requirePrincipal(services, request, 'ingest');
        const { runId } = await requireRun(services, principal, request.params.runId);
        const query = readQuery(request);
        assertKnownParameters(query, ['format', 'at']);
        const body = request.body instanceof Readable ? request.body : Readable.from([]);
        const contentEncoding = request.headers['content-encoding'];
        return await withSpan('merge environment', { 'plumbline.run.id': runId }, async () => {
          const read = await readEnvironment({ format: query['format'], at: query['at'], body, contentEncoding }, services.nowMs());
          return await putEnvironment(services, { runId, read, tokenId: principal.tokenId });
        });
      },
    );
    done();
  };
}
