import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify';
import { receivePayload } from '../../ingest/index.ts';
import { PAYLOAD_KINDS, type PayloadKind, type ReceiptAnswer } from '../../wire/payload.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { Services } from '../services.ts';
import { withSpan } from '../telemetry.ts';
import { readQuery, requirePrincipal, requireRunPlace } from './context.ts';

/** Payloads received at once; beyond it clients are asked to come back. Bounds the memory of whole payloads. */
const PAYLOADS_AT_ONCE = 24;

type Params = { readonly runId: string };

async function receive(services: Services, kind: PayloadKind, request: FastifyRequest<{ Params: Params }>): Promise<ReceiptAnswer> {
  const principal = await requirePrincipal(services, request, 'ingest');
  const run = await requireRunPlace(services, principal, request.params.runId);
  return await withSpan('receive payload', { 'plumbline.run.id': run.runId, 'plumbline.payload.kind': kind }, () =>
    receivePayload(services, {
      run,
      kind,
      query: readQuery(request),
      body: request.body instanceof Readable ? request.body : Readable.from([]),
      contentEncoding: request.headers['content-encoding'],
      tokenId: principal.tokenId,
    }),
  );
}

function countOutcome(services: Services, kind: PayloadKind, receipt: ReceiptAnswer): void {
  services.metrics.payloads.inc({ kind, format: receipt.format, outcome: receipt.duplicate ? 'duplicate' : 'stored' });
  if (!receipt.duplicate) services.metrics.values.inc({ kind }, receipt.samples);
}

/** Raw tool output in, receipt out. Bodies are handed on as streams whatever their Content-Type: curl names its own. */
export function payloadRoutes(services: Services): FastifyPluginCallback {
  return (app: FastifyInstance, _options, done) => {
    let inFlight = 0;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    for (const kind of PAYLOAD_KINDS) {
      app.post<{ Params: Params }>(
        `/v1/runs/:runId/${kind}`,
        { bodyLimit: Number.MAX_SAFE_INTEGER, schema: { tags: ['payloads'], summary: `Push ${kind} output of a tool, as it printed it` } },
        async (request, reply) => {
          if (services.isDraining()) throw new ProblemError('draining', 'the service is shutting down', { retryAfterS: 2 });
          if (inFlight >= PAYLOADS_AT_ONCE) {
            throw new ProblemError('rate-limited', `${PAYLOADS_AT_ONCE} payloads are being received; retry in a second`, {
              retryAfterS: 1,
            });
          }
          inFlight += 1;
          services.metrics.payloadsInFlight.set(inFlight);
          // A large file is read once it has arrived: the connection is silent then, and must not be taken for one whose client is gone.
          request.raw.once('end', () => request.raw.socket.setTimeout(0));
          try {
            const receipt = await receive(services, kind, request);
            countOutcome(services, kind, receipt);
            return await reply.code(receipt.duplicate ? 200 : 201).send(receipt);
          } catch (error) {
            services.metrics.payloads.inc({ kind, format: 'none', outcome: error instanceof ProblemError ? error.type : 'internal' });
            throw error;
          } finally {
            inFlight -= 1;
            services.metrics.payloadsInFlight.set(inFlight);
          }
        },
      );
    }
    done();
  };
}
