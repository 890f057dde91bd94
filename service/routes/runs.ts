import { createHash } from 'node:crypto';
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { v7 as timeOrderedId } from 'uuid';
import { computeClassKey } from '../../analysis/index.ts';
import { appendWithdrawal, putRun, type Row, readRun, readRuns, type StoredRun } from '../../store/index.ts';
import { computeDigest, toCanonicalJson } from '../../wire/canonical-json.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';
import { OpenRun, parseSubjectVersion } from '../../wire/run.ts';
import type { Principal } from '../../wire/token.ts';
import { assertProject } from '../auth/authenticate.ts';
import type { Services } from '../services.ts';
import { assertKnownParameters, readQuery, requirePrincipal, requireRun } from './context.ts';

/** A run as answered. */
export function toRunAnswer(run: StoredRun) {
  return {
    runId: run.runId,
    project: run.project,
    suite: run.suite,
    kind: run.kind,
    state: run.state,
    subject: run.subject,
    subjectVersion: parseSubjectVersion(run.subject.version),
    environment: run.environment,
    labels: run.labels ?? {},
    createdAt: new Date(Number(BigInt(run.createdAtNs) / 1_000_000n)).toISOString(),
    createdAtNs: run.createdAtNs,
    verdict: run.verdictId === null ? null : { id: run.verdictId, status: run.verdictStatus },
    withdrawn: run.withdrawal === null ? null : { reason: run.withdrawal },
  };
}

/** A retry with the same key must find the run of the first try, so the id follows from the key. */
function chooseRunId(idempotencyKey: string | undefined, principal: Principal, project: string): string {
  if (idempotencyKey === undefined) return timeOrderedId();
  const bytes = createHash('sha256')
    .update(toCanonicalJson([principal.tokenId, project, idempotencyKey]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && header.length > 0 && header.length <= 255) return header;
  throw new ProblemError('invalid-parameter', 'Idempotency-Key must be one header of 1 to 255 characters');
}

function toRunRow(open: OpenRun, runId: string, principal: Principal, nowMs: number): Row<'runs'> {
  return {
    run_id: runId,
    project: open.project,
    suite: open.suite,
    kind: open.kind,
    subject_name: open.subject.name,
    subject_version: open.subject.version,
    subject_commit: open.subject.commit ?? '',
    subject_branch: open.subject.branch ?? '',
    subject_digest: open.subject.digest ?? '',
    isa: open.environment.isa,
    hostname: open.environment.hostname,
    class_digest: computeClassKey(open.environment).digest,
    environment: toCanonicalJson(open.environment),
    labels: open.labels ?? {},
    request_digest: computeDigest(open),
    created_at: nowMs,
    created_by: principal.tokenId,
  };
}

async function openRun(services: Services, open: OpenRun, principal: Principal, key: string | undefined): Promise<StoredRun> {
  const row = toRunRow(open, chooseRunId(key, principal, open.project), principal, services.nowMs());
  const earlier = key === undefined ? undefined : await readRun(services.store, row.run_id);
  const run = earlier ?? (await putRun(services.store, row));
  if (run.requestDigest !== row.request_digest) {
    throw new ProblemError('idempotency-conflict', 'this Idempotency-Key opened another run; use a new key for a new run');
  }
  return run;
}

const CURSOR = /^(\d{1,15})~([0-9a-f-]{36})$/;

function readCursor(text: string | undefined) {
  if (text === undefined) return undefined;
  const [, createdAtMs, runId] = CURSOR.exec(text) ?? [];
  if (createdAtMs === undefined || runId === undefined)
    throw new ProblemError('invalid-parameter', 'cursor: use nextCursor of the page before');
  return { createdAtMs: Number(createdAtMs), runId };
}

function readLimit(text: string | undefined): number {
  const limit = Number(text ?? LIMITS.pageSize);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMITS.pageSize) return limit;
  throw new ProblemError('invalid-parameter', `limit must be a whole number from 1 to ${LIMITS.pageSize}`);
}

const Withdraw = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 2000 }) }, { additionalProperties: false });

const LIST_PARAMETERS = ['project', 'suite', 'kind', 'subject', 'cursor', 'limit'];

export function runRoutes(services: Services): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.post('/v1/runs', { schema: { body: OpenRun, tags: ['runs'], summary: 'Open a run' } }, async (request, reply) => {
      const principal = await requirePrincipal(services, request, 'ingest');
      assertProject(principal, request.body.project);
      const run = await openRun(services, request.body, principal, readIdempotencyKey(request.headers['idempotency-key']));
      return reply.code(201).header('location', `/v1/runs/${run.runId}`).send(toRunAnswer(run));
    });

    app.get('/v1/runs', { schema: { tags: ['runs'], summary: 'List runs, newest first' } }, async (request) => {
      const principal = await requirePrincipal(services, request, 'read');
      const query = readQuery(request);
      assertKnownParameters(query, LIST_PARAMETERS);
      if (query['project'] !== undefined) assertProject(principal, query['project']);
      const limit = readLimit(query['limit']);
      const runs = await readRuns(services.store, {
        projects: query['project'] === undefined ? principal.projects : [query['project']],
        suite: query['suite'],
        kind: query['kind'],
        subject: query['subject'],
        cursor: readCursor(query['cursor']),
        limit,
      });
      const last = runs.length === limit ? runs.at(-1) : undefined;
      return {
        data: runs.map(toRunAnswer),
        nextCursor: last === undefined ? null : `${BigInt(last.createdAtNs) / 1_000_000n}~${last.runId}`,
      };
    });

    app.get<{ Params: { runId: string } }>('/v1/runs/:runId', { schema: { tags: ['runs'], summary: 'One run' } }, async (request) => {
      const principal = await requirePrincipal(services, request, 'read');
      return toRunAnswer(await requireRun(services, principal, request.params.runId));
    });

    app.post<{ Params: { runId: string }; Body: { reason: string } }>(
      '/v1/runs/:runId/withdraw',
      { schema: { body: Withdraw, tags: ['runs'], summary: 'Take a mislabelled run out of gates and baselines; it stays visible' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'verdict:override');
        const run = await requireRun(services, principal, request.params.runId);
        const { reason } = request.body;
        await services.audit.record({
          project: run.project,
          actor: principal.tokenId,
          action: 'run.withdraw',
          object: run.runId,
          detail: { reason },
        });
        await appendWithdrawal(services.store, {
          run_id: run.runId,
          reason,
          withdrawn_at: services.nowMs(),
          withdrawn_by: principal.tokenId,
        });
        return toRunAnswer(await requireRun(services, principal, run.runId));
      },
    );
    done();
  };
}
