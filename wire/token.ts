export const SCOPES = ['ingest', 'read', 'baseline:propose', 'baseline:approve', 'gate:write', 'verdict:override', 'admin'] as const;
/** What a token may do; `admin` holds every scope. */
export type Scope = (typeof SCOPES)[number];

/** The credential behind a request: `projects` is null for a token that may act in every project. */
export type Principal = { readonly tokenId: string; readonly scopes: readonly Scope[]; readonly projects: readonly string[] | null };
