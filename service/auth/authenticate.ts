import { timingSafeEqual } from 'node:crypto';
import { readToken, type Store } from '../../store/index.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { Principal, Scope } from '../../wire/token.ts';
import { hashToken, readTokenId } from './token-text.ts';

/** Finds out who asks. Answers from the store are kept for a few seconds, so a revocation takes that long to reach every process. */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

const KEEP_MS = 5_000;
const KEPT_TOKENS = 1_000;

type Kept = { readonly principal: Principal; readonly untilMs: number };

const equalHex = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

function refuse(detail: string): never {
  throw new ProblemError('unauthenticated', detail);
}

function readBearer(authorization: string | undefined): string {
  const token = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
  return (
    token ?? refuse('send `Authorization: Bearer <token>`; on this machine the admin token is in the file admin-token of the data folder')
  );
}

/**
 * @param adminTokens texts that act as admin in every project: the operator's own, never stored
 * @throws ProblemError (from the result) unauthenticated, or as the store
 */
export function createAuthenticate(
  store: Store,
  { adminTokens, nowMs }: { readonly adminTokens: readonly string[]; readonly nowMs: () => number },
): Authenticate {
  const adminHashes = adminTokens.map(hashToken);
  const kept = new Map<string, Kept>();

  async function findPrincipal(token: string, hash: string): Promise<Kept> {
    const tokenId = readTokenId(token) ?? refuse('this is not a Plumbline token; tokens start with plb_ and end with a checksum');
    const stored = await readToken(store, tokenId);
    if (stored === undefined || !equalHex(stored.secretSha256, hash)) return refuse('this token is not known');
    if (stored.revoked) return refuse(`token ${tokenId} was revoked`);
    if (stored.expiresAtMs !== null && stored.expiresAtMs <= nowMs()) return refuse(`token ${tokenId} has expired`);
    const untilMs = Math.min(nowMs() + KEEP_MS, stored.expiresAtMs ?? Number.POSITIVE_INFINITY);
    return { principal: { tokenId, scopes: stored.scopes, projects: stored.projects }, untilMs };
  }

  return async (authorization) => {
    const token = readBearer(authorization);
    const hash = hashToken(token);
    if (adminHashes.some((admin) => equalHex(admin, hash))) return { tokenId: 'admin', scopes: ['admin'], projects: null };
    const known = kept.get(hash);
    if (known !== undefined && known.untilMs > nowMs()) return known.principal;
    const found = await findPrincipal(token, hash);
    if (kept.size >= KEPT_TOKENS) kept.clear();
    kept.set(hash, found);
    return found.principal;
  };
}

/** @throws ProblemError scope-missing unless the principal holds the scope or is admin */
export function assertScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes('admin') || principal.scopes.includes(scope)) return;
  throw new ProblemError('scope-missing', `this call needs the scope ${scope}; the token has ${principal.scopes.join(', ') || 'none'}`);
}

/** @throws ProblemError project-not-allowed unless the principal is bound to the project or to all */
export function assertProject(principal: Principal, project: string): void {
  if (principal.projects === null || principal.projects.includes(project)) return;
  throw new ProblemError(
    'project-not-allowed',
    `the token is bound to ${principal.projects.join(', ') || 'no project'}; ask for one bound to the project of this request`,
  );
}
