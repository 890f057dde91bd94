import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { appendTokenEvent, type Row, readToken, readTokens, type StoredToken } from '../../store/index.ts';
import { ProblemError } from '../../wire/problems.ts';
import { type Principal, SCOPES } from '../../wire/token.ts';
import { assertProject } from '../auth/authenticate.ts';
import { createToken, hashToken } from '../auth/token-text.ts';
import type { Services } from '../services.ts';
import { requirePrincipal } from './context.ts';

const DAY_MS = 86_400_000;

const Create = Type.Object(
  {
    label: Type.Optional(Type.String({ maxLength: 200 })),
    scopes: Type.Array(Type.Enum(SCOPES), { minItems: 1 }),
    projects: Type.Union([Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1 }), Type.Null()], {
      description: 'projects the token is bound to; null for all',
    }),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  },
  { additionalProperties: false },
);

const toTokenAnswer = (token: StoredToken) => ({
  id: token.tokenId,
  label: token.label,
  scopes: token.scopes,
  projects: token.projects,
  createdAt: new Date(token.createdAtMs).toISOString(),
  expiresAt: token.expiresAtMs === null ? null : new Date(token.expiresAtMs).toISOString(),
  revoked: token.revoked,
});

/**
 * An admin of some projects rules over tokens of these projects only: with more it could hand itself all the others.
 * @throws ProblemError project-not-allowed
 */
function assertRules(principal: Principal, projects: readonly string[] | null): void {
  if (principal.projects === null) return;
  if (projects === null) throw new ProblemError('project-not-allowed', 'only a token of every project may act on one of every project');
  for (const project of projects) assertProject(principal, project);
}

const rules = (principal: Principal, { projects }: StoredToken) =>
  principal.projects === null || (projects?.every((project) => principal.projects?.includes(project)) ?? false);

export function tokenRoutes(services: Services): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.post(
      '/v1/tokens',
      { schema: { body: Create, tags: ['tokens'], summary: 'Create a token; its text is shown this once' } },
      async (request, reply) => {
        const principal = await requirePrincipal(services, request, 'admin');
        const { label = '', scopes, projects, expiresInDays } = request.body;
        assertRules(principal, projects);
        const { tokenId, token } = createToken();
        const row: Row<'tokens'> = {
          token_id: tokenId,
          event: 'created',
          secret_sha256: hashToken(token),
          scopes,
          projects: projects ?? [],
          every_project: projects === null,
          label,
          expires_at: expiresInDays === undefined ? null : services.nowMs() + expiresInDays * DAY_MS,
          event_at: services.nowMs(),
          event_by: principal.tokenId,
        };
        await services.audit.record({
          project: '',
          actor: principal.tokenId,
          action: 'token.create',
          object: tokenId,
          detail: { label, scopes, projects },
        });
        await appendTokenEvent(services.store, row);
        return reply.code(201).send({
          id: tokenId,
          token,
          scopes,
          projects,
          expiresAt: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
        });
      },
    );

    app.get('/v1/tokens', { schema: { tags: ['tokens'], summary: 'List tokens, without their text' } }, async (request) => {
      const principal = await requirePrincipal(services, request, 'admin');
      const tokens = (await readTokens(services.store)).filter((token) => rules(principal, token));
      return { data: tokens.map(toTokenAnswer), nextCursor: null };
    });

    app.post<{ Params: { tokenId: string } }>(
      '/v1/tokens/:tokenId/revoke',
      { schema: { tags: ['tokens'], summary: 'Revoke a token' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'admin');
        const { tokenId } = request.params;
        const token = await readToken(services.store, tokenId);
        if (token === undefined) throw new ProblemError('not-found', `there is no token ${tokenId.slice(0, 40)}`);
        assertRules(principal, token.projects);
        await services.audit.record({ project: '', actor: principal.tokenId, action: 'token.revoke', object: tokenId, detail: {} });
        await appendTokenEvent(services.store, {
          token_id: tokenId,
          event: 'revoked',
          secret_sha256: '',
          scopes: [],
          projects: [],
          every_project: false,
          label: '',
          expires_at: null,
          event_at: services.nowMs(),
          event_by: principal.tokenId,
        });
        return { ...toTokenAnswer(token), revoked: true };
      },
    );
    done();
  };
}
