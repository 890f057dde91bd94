import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { renderVerdictMarkdown, renderVerdictText } from '../../dashboards/report/index.ts';
import { readRun, readVerdict, readVerdictById, type StoredRun } from '../../store/index.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { Verdict } from '../../wire/verdict.ts';
import { assertProject } from '../auth/authenticate.ts';
import type { Services } from '../services.ts';
import { readId, requirePrincipal, requireRun } from './context.ts';

/** Renderings of a verdict, by what the client accepts; the first is the default. */
const RENDERINGS = ['application/json', 'text/markdown', 'text/plain'];

function answerVerdict(
  request: FastifyRequest,
  reply: FastifyReply,
  subject: { readonly run: StoredRun; readonly verdict: Verdict },
  preferred: string,
): FastifyReply {
  const accepted = RENDERINGS.find((type) => (request.headers.accept ?? '').includes(type)) ?? preferred;
  if (accepted === 'text/markdown') return reply.type('text/markdown; charset=utf-8').send(renderVerdictMarkdown(subject));
  if (accepted === 'text/plain') return reply.type('text/plain; charset=utf-8').send(renderVerdictText(subject));
  return reply.send(subject.verdict);
}

async function requireVerdict(services: Services, run: StoredRun): Promise<Verdict> {
  const verdict = await readVerdict(services.store, run.runId);
  if (verdict !== undefined) return verdict;
  throw new ProblemError(
    'not-found',
    run.sealDigest === null
      ? `run ${run.runId} is not sealed, so it has no verdict; seal it`
      : `run ${run.runId} is being judged; ask again shortly`,
  );
}

export function verdictRoutes(services: Services): FastifyPluginCallback {
  return (app, _options, done) => {
    for (const [path, preferred] of [
      ['verdict', 'application/json'],
      ['report', 'text/plain'],
    ] as const) {
      app.get<{ Params: { runId: string } }>(
        `/v1/runs/:runId/${path}`,
        { schema: { tags: ['verdicts'], summary: `The ${path} of a run: JSON, Markdown or text by Accept` } },
        async (request, reply) => {
          const principal = await requirePrincipal(services, request, 'read');
          const run = await requireRun(services, principal, request.params.runId);
          return answerVerdict(request, reply, { run, verdict: await requireVerdict(services, run) }, preferred);
        },
      );
    }

    app.get<{ Params: { verdictId: string } }>(
      '/v1/verdicts/:verdictId',
      { schema: { tags: ['verdicts'], summary: 'One verdict' } },
      async (request, reply) => {
        const principal = await requirePrincipal(services, request, 'read');
        const verdictId = readId(request.params.verdictId, 'verdict');
        const verdict = await readVerdictById(services.store, verdictId);
        const run = verdict === undefined ? undefined : await readRun(services.store, verdict.runId);
        if (verdict === undefined || run === undefined) throw new ProblemError('not-found', `there is no verdict ${verdictId}`);
        assertProject(principal, run.project);
        return answerVerdict(request, reply, { run, verdict }, 'application/json');
      },
    );
    done();
  };
}
