import type { FastifyRequest } from 'fastify';
import { type RunPlace, readRun, readRunPlace, type StoredRun } from '../../store/index.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { Principal, Scope } from '../../wire/token.ts';
import { assertProject, assertScope } from '../auth/authenticate.ts';
import type { Services } from '../services.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Who asks, once they have shown the scope. @throws ProblemError unauthenticated, scope-missing */
export async function requirePrincipal(services: Services, request: FastifyRequest, scope: Scope): Promise<Principal> {
  const principal = await services.authenticate(request.headers.authorization);
  assertScope(principal, scope);
  return principal;
}

/** An id from a path, in lower case. @throws ProblemError unknown-run or not-found for text that can be no id */
export function readId(text: string, what: 'run' | 'baseline' | 'verdict' | 'series'): string {
  if (UUID.test(text)) return text.toLowerCase();
  throw new ProblemError(
    what === 'run' ? 'unknown-run' : 'not-found',
    `there is no ${what} ${text.slice(0, 80)}: ids look like 0190c1de-…`,
  );
}

/** The run in the path, once the principal is allowed to see it. @throws ProblemError unknown-run, project-not-allowed */
export async function requireRun(services: Services, principal: Principal, runIdText: string): Promise<StoredRun> {
  const runId = readId(runIdText, 'run');
  const run = await readRun(services.store, runId);
  if (run === undefined) throw new ProblemError('unknown-run', `there is no run ${runId}; open one with POST /v1/runs`);
  assertProject(principal, run.project);
  return run;
}

/** As `requireRun`, for what only needs to know where the run's content belongs. @throws ProblemError unknown-run, project-not-allowed */
export async function requireRunPlace(services: Services, principal: Principal, runIdText: string): Promise<RunPlace> {
  const runId = readId(runIdText, 'run');
  const run = await readRunPlace(services.store, runId);
  if (run === undefined) throw new ProblemError('unknown-run', `there is no run ${runId}; open one with POST /v1/runs`);
  assertProject(principal, run.project);
  return run;
}

/** A query string with one text a name. @throws ProblemError invalid-parameter when a name comes twice */
export function readQuery(request: FastifyRequest): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (typeof value !== 'string') {
      throw new ProblemError('invalid-parameter', `parameter ${name} is given more than once`, {
        errors: [{ pointer: name, detail: 'give it once' }],
      });
    }
    query[name] = value;
  }
  return query;
}

/** Refuses query parameters a call does not know. @throws ProblemError invalid-parameter */
export function assertKnownParameters(query: Readonly<Record<string, string>>, known: readonly string[]): void {
  for (const name of Object.keys(query)) {
    if (!known.includes(name)) {
      throw new ProblemError('invalid-parameter', `parameter ${name} is not known here; known: ${known.join(', ') || 'none'}`, {
        errors: [{ pointer: name, detail: 'not known' }],
      });
    }
  }
}
