import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';
import { assertProject } from '../auth/authenticate.ts';
import {
  approveBaseline,
  type BookedBaseline,
  listBaselines,
  proposeBaseline,
  readBookedBaseline,
  retireBaseline,
} from '../baseline-book.ts';
import type { Services } from '../services.ts';
import { assertKnownParameters, readId, readQuery, requirePrincipal } from './context.ts';

const Reason = Type.String({ minLength: 1, maxLength: 2000 });
const Strict = { additionalProperties: false };

const Propose = Type.Object(
  {
    project: Type.String({ minLength: 1, maxLength: 200 }),
    suite: Type.String({ minLength: 1, maxLength: 200 }),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    runIds: Type.Array(Type.String(), { minItems: 1, maxItems: LIMITS.runsPerBaseline }),
    reason: Reason,
    expiresAt: Type.Optional(Type.String({ description: 'RFC 3339' })),
  },
  Strict,
);
const Approve = Type.Object(
  {
    reason: Reason,
    overrides: Type.Optional(
      Type.Array(Type.Object({ runId: Type.String(), reason: Reason }, Strict), { maxItems: LIMITS.runsPerBaseline }),
    ),
  },
  Strict,
);
const Retire = Type.Object({ reason: Reason }, Strict);

type Params = { readonly baselineId: string };

const toTime = (ms: number) => new Date(ms).toISOString();
const fromNs = (atNs: bigint) => toTime(Number(atNs / 1_000_000n));

function toBaselineAnswer({ stored, state }: BookedBaseline) {
  const content: { readonly runs: readonly { readonly runId: string }[] } = JSON.parse(stored.content);
  return {
    baselineId: stored.baselineId,
    project: stored.project,
    suite: stored.suite,
    name: stored.name,
    status: state.status,
    digest: stored.digest,
    classDigest: stored.classDigest,
    runIds: content.runs.map((run) => run.runId),
    reason: stored.reason,
    proposedBy: stored.proposedBy,
    proposedAt: toTime(stored.proposedAtMs),
    expiresAt: stored.expiresAtMs === null ? null : toTime(stored.expiresAtMs),
    approvedBy: state.approved?.by ?? null,
    approvedAt: state.approved === null ? null : fromNs(state.approved.atNs),
    approvalReason: state.approved?.reason ?? null,
    selfApproved: state.approved?.selfApproved ?? null,
    retiredBy: state.retired?.by ?? null,
    supersededBy: state.supersededBy,
  };
}

function readExpiry(text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  const expiresAtMs = Date.parse(text);
  if (Number.isNaN(expiresAtMs) || !/^\d{4}-\d\d-\d\dT/.test(text)) {
    throw new ProblemError('invalid-body', 'expiresAt must be RFC 3339, such as 2027-01-31T00:00:00Z', {
      errors: [{ pointer: '/expiresAt', detail: 'not RFC 3339' }],
    });
  }
  if (expiresAtMs <= nowMs) {
    throw new ProblemError('invalid-body', 'expiresAt lies in the past', {
      errors: [{ pointer: '/expiresAt', detail: 'must lie in the future' }],
    });
  }
  return expiresAtMs;
}

export function baselineRoutes(services: Services): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.post(
      '/v1/baselines',
      { schema: { body: Propose, tags: ['baselines'], summary: 'Propose a golden baseline of sealed runs' } },
      async (request, reply) => {
        const principal = await requirePrincipal(services, request, 'baseline:propose');
        const { expiresAt, runIds, ...proposal } = request.body;
        const booked = await proposeBaseline(
          services,
          { ...proposal, runIds: runIds.map((runId) => readId(runId, 'run')), expiresAtMs: readExpiry(expiresAt, services.nowMs()) },
          principal,
        );
        return reply.code(201).header('location', `/v1/baselines/${booked.stored.baselineId}`).send(toBaselineAnswer(booked));
      },
    );

    app.get('/v1/baselines', { schema: { tags: ['baselines'], summary: 'List baselines, newest first' } }, async (request) => {
      const principal = await requirePrincipal(services, request, 'read');
      const query = readQuery(request);
      assertKnownParameters(query, ['project', 'suite', 'status']);
      if (query['project'] !== undefined) assertProject(principal, query['project']);
      const projects = query['project'] === undefined ? principal.projects : [query['project']];
      const booked = await listBaselines(services, { projects, suite: query['suite'] });
      const status = query['status'];
      return {
        data: booked.map(toBaselineAnswer).filter((baseline) => status === undefined || baseline.status === status),
        nextCursor: null,
      };
    });

    app.get<{ Params: Params }>(
      '/v1/baselines/:baselineId',
      { schema: { tags: ['baselines'], summary: 'One baseline' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'read');
        return toBaselineAnswer(await readBookedBaseline(services, readId(request.params.baselineId, 'baseline'), principal));
      },
    );

    app.post<{ Params: Params; Body: { reason: string; overrides?: { runId: string; reason: string }[] } }>(
      '/v1/baselines/:baselineId/approve',
      { schema: { body: Approve, tags: ['baselines'], summary: 'Approve a proposal; it becomes active in its class' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'baseline:approve');
        const approval = { reason: request.body.reason, overrides: request.body.overrides ?? [] };
        return toBaselineAnswer(await approveBaseline(services, readId(request.params.baselineId, 'baseline'), approval, principal));
      },
    );

    app.post<{ Params: Params; Body: { reason: string } }>(
      '/v1/baselines/:baselineId/retire',
      { schema: { body: Retire, tags: ['baselines'], summary: 'Take a baseline out of use' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'baseline:approve');
        return toBaselineAnswer(
          await retireBaseline(services, readId(request.params.baselineId, 'baseline'), request.body.reason, principal),
        );
      },
    );
    done();
  };
}
