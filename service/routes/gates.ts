import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { evaluateGate, type GateAnswer, parsePolicy, toGateHttpStatus } from '../../baselines/index.ts';
import { putGate, readGate, readRuns, readVerdictsOfRuns } from '../../store/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';
import { PROJECT_NAME } from '../../wire/run.ts';
import { assertProject } from '../auth/authenticate.ts';
import { readPolicy } from '../policy-book.ts';
import type { Services } from '../services.ts';
import { assertKnownParameters, readQuery, requirePrincipal } from './context.ts';

type Params = { readonly project: string; readonly gate: string };

/** Runs of one subject a gate looks at; more than that is a subject that names too much. */
const RUNS_PER_SUBJECT = 1_000;

function assertNames({ project, gate }: Params): void {
  for (const [name, text] of [
    ['project', project],
    ['gate', gate],
  ] as const) {
    if (!PROJECT_NAME.test(text))
      throw new ProblemError(
        'invalid-parameter',
        `${name} ${JSON.stringify(text.slice(0, 80))} is not a name: letters, digits and . _ : / @ + -`,
      );
  }
}

async function askGate(services: Services, params: Params, subject: string, name: string | undefined): Promise<GateAnswer> {
  const parsed = await readPolicy(services.store, params.project, params.gate);
  if (parsed === undefined)
    throw new ProblemError(
      'not-found',
      `project ${params.project} has no gate ${params.gate}; write one with PUT, or use the gate default`,
    );
  const runs = await readRuns(services.store, { projects: [params.project], subject, limit: RUNS_PER_SUBJECT });
  const verdicts = new Map(
    (
      await readVerdictsOfRuns(
        services.store,
        runs.map((run) => run.runId),
      )
    ).map((verdict) => [verdict.runId, verdict]),
  );
  return evaluateGate({
    policy: parsed.policy,
    policyDigest: parsed.digest,
    subjectQuery: name === undefined ? { subject } : { subject, name },
    runs: runs.map((run) => ({
      run,
      state: run.state,
      withdrawn: run.withdrawal !== null,
      verdict: verdicts.get(run.runId) ?? null,
      classDigest: run.classDigest,
      override: null,
    })),
    nowNs: BigInt(services.nowMs()) * 1_000_000n,
  });
}

async function answerGate(services: Services, request: FastifyRequest<{ Params: Params }>, reply: FastifyReply): Promise<FastifyReply> {
  const principal = await requirePrincipal(services, request, 'read');
  assertNames(request.params);
  assertProject(principal, request.params.project);
  const query = readQuery(request);
  assertKnownParameters(query, ['subject', 'name', 'status']);
  const subject = query['subject'];
  if (subject === undefined || subject === '') {
    throw new ProblemError('invalid-parameter', 'say which subject: ?subject=<version, commit or digest>; write + as %2B', {
      errors: [{ pointer: 'subject', detail: 'missing' }],
    });
  }
  if (query['status'] !== undefined && query['status'] !== '200') throw new ProblemError('invalid-parameter', 'status can only be 200');
  const answer = await askGate(services, request.params, subject, query['name']);
  return reply.code(toGateHttpStatus(answer.status, { always200: query['status'] === '200' })).send({ data: answer });
}

async function writeGate(services: Services, request: FastifyRequest<{ Params: Params }>) {
  const principal = await requirePrincipal(services, request, 'gate:write');
  assertNames(request.params);
  assertProject(principal, request.params.project);
  const { project, gate } = request.params;
  const text = typeof request.body === 'string' ? request.body : '';
  const { policy, digest } = parsePolicy(text);
  const earlier = await readGate(services.store, project, gate);
  if (earlier?.digest === digest) return { project, gate, version: earlier.policyVersion, policyDigest: digest, policy };
  const version = (earlier?.policyVersion ?? 0) + 1;
  await services.audit.record({
    project,
    actor: principal.tokenId,
    action: 'gate.write',
    object: gate,
    detail: { version, digest, policy },
  });
  const held = await putGate(services.store, {
    project,
    gate,
    policy_version: version,
    policy: text,
    digest,
    written_at: services.nowMs(),
    written_by: principal.tokenId,
  });
  if (!held)
    throw new ProblemError('store-unavailable', 'another policy of this gate was written at the same moment; look at it and write again', {
      retryAfterS: 1,
    });
  return { project, gate, version, policyDigest: digest, policy };
}

/** Policies as code and the release decision. POST asks like GET, for tools that can only POST. */
export function gateRoutes(services: Services): FastifyPluginCallback {
  return (app: FastifyInstance, _options, done) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: LIMITS.jsonBodyBytes }, (_request, body, parsed) => parsed(null, body));
    const summary = 'Ask whether a subject may be released';
    app.get<{ Params: Params }>('/v1/gates/:project/:gate', { schema: { tags: ['gates'], summary } }, (request, reply) =>
      answerGate(services, request, reply),
    );
    app.post<{ Params: Params }>('/v1/gates/:project/:gate', { schema: { tags: ['gates'], summary } }, (request, reply) =>
      answerGate(services, request, reply),
    );
    app.put<{ Params: Params }>(
      '/v1/gates/:project/:gate',
      { schema: { tags: ['gates'], summary: 'Write the policy of a gate (YAML or JSON)' } },
      (request) => writeGate(services, request),
    );
    done();
  };
}
