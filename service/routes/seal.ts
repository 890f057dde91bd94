import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { sealRun } from '../../ingest/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { Verdict } from '../../wire/verdict.ts';
import type { Services } from '../services.ts';
import { withSpan } from '../telemetry.ts';
import { assertKnownParameters, readQuery, requirePrincipal, requireRun } from './context.ts';

const DEFAULT_WAIT = '30s';
const SECONDS = { ms: 0.001, s: 1, m: 60 } as const;

const SealBody = Type.Union([
  Type.Null(),
  Type.Object({ receipts: Type.Optional(Type.Array(Type.String(), { maxItems: LIMITS.payloadsPerRun })) }, { additionalProperties: false }),
]);

/** Milliseconds of `30s`, `500ms`, `2m` or `30`. @throws ProblemError invalid-parameter */
function readWaitMs(text: string): number {
  const [, amount, unit] = /^(\d{1,6})(ms|s|m)?$/.exec(text) ?? [];
  const seconds = Number(amount) * (unit === 'ms' || unit === 'm' ? SECONDS[unit] : SECONDS.s);
  if (amount !== undefined && seconds <= LIMITS.sealWaitS) return seconds * 1000;
  throw new ProblemError('invalid-parameter', `wait must be a time such as 30s, at most ${LIMITS.sealWaitS}s`);
}

/** The verdict if it comes in time, else undefined; judging goes on either way. */
async function waitFor(services: Services, judging: Promise<Verdict>, waitMs: number): Promise<Verdict | undefined> {
  const inTime = new AbortController();
  const late = services.sleep(waitMs, inTime.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([judging, late]);
  } finally {
    inTime.abort();
  }
}

export function sealRoutes(services: Services): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.post<{ Params: { runId: string }; Body: { receipts?: string[] } | null }>(
      '/v1/runs/:runId/seal',
      { schema: { body: SealBody, tags: ['runs'], summary: 'Seal a run and wait for its verdict' } },
      async (request, reply) => {
        const principal = await requirePrincipal(services, request, 'ingest');
        const run = await requireRun(services, principal, request.params.runId);
        const query = readQuery(request);
        assertKnownParameters(query, ['wait']);
        const waitMs = readWaitMs(query['wait'] ?? DEFAULT_WAIT);
        await withSpan('seal run', { 'plumbline.run.id': run.runId }, () =>
          sealRun(services, run, request.body?.receipts ?? [], principal.tokenId),
        );
        const judging = services.judge.judge(run.runId);
        judging.catch((error) => request.log.error({ err: error, runId: run.runId }, 'judging failed; it is tried again'));
        const verdict = await waitFor(services, judging, waitMs);
        if (verdict !== undefined) return verdict;
        return reply
          .code(202)
          .header('retry-after', '1')
          .send({ runId: run.runId, state: 'sealed', verdictUrl: `/v1/runs/${run.runId}/verdict` });
      },
    );
    done();
  };
}
