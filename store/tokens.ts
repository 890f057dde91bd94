import type { Scope } from '../wire/token.ts';
import type { Store } from './client.ts';
import type { Row } from './tables.ts';

export type StoredToken = {
  readonly tokenId: string;
  readonly secretSha256: string;
  readonly scopes: readonly Scope[];
  /** Null: every project. */
  readonly projects: readonly string[] | null;
  readonly label: string;
  readonly expiresAtMs: number | null;
  readonly createdAtMs: number;
  readonly revoked: boolean;
};

type TokenRow = {
  token_id: string;
  secret_sha256: string;
  scopes: Scope[];
  projects: string[];
  every_project: boolean;
  label: string;
  expires_at_ms: string | null;
  created_at_ms: string;
  revoked: number;
};

const SELECT_TOKEN = `SELECT t.token_id AS token_id, anyIf(t.secret_sha256, t.event = 'created') AS secret_sha256,
  anyIf(t.scopes, t.event = 'created') AS scopes, anyIf(t.projects, t.event = 'created') AS projects,
  anyIf(t.every_project, t.event = 'created') AS every_project, anyIf(t.label, t.event = 'created') AS label,
  toString(anyIf(toUnixTimestamp64Milli(t.expires_at), t.event = 'created')) AS expires_at_ms,
  toString(minIf(toUnixTimestamp64Milli(t.event_at), t.event = 'created')) AS created_at_ms, countIf(t.event = 'revoked') > 0 AS revoked FROM tokens AS t`;

const toStoredToken = (row: TokenRow): StoredToken => ({
  tokenId: row.token_id,
  secretSha256: row.secret_sha256,
  scopes: row.scopes,
  projects: row.every_project ? null : row.projects,
  label: row.label,
  expiresAtMs: row.expires_at_ms === null ? null : Number(row.expires_at_ms),
  createdAtMs: Number(row.created_at_ms),
  revoked: row.revoked === 1,
});

/** Appends the creation or the revocation of a token. */
export async function appendTokenEvent(store: Store, row: Row<'tokens'>): Promise<void> {
  await store.append('tokens', [row]);
}

/** A token by its id, or undefined. */
export async function readToken(store: Store, tokenId: string): Promise<StoredToken | undefined> {
  const rows = await store.query<TokenRow>(`${SELECT_TOKEN} WHERE t.token_id = {tokenId:String} GROUP BY t.token_id`, { tokenId });
  return rows[0] === undefined ? undefined : toStoredToken(rows[0]);
}

/** Every token, newest first. */
export async function readTokens(store: Store): Promise<readonly StoredToken[]> {
  const rows = await store.query<TokenRow>(`${SELECT_TOKEN} GROUP BY t.token_id ORDER BY created_at_ms DESC LIMIT 1000`);
  return rows.map(toStoredToken);
}
