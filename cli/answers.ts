import type { RunKind, RunRecord, RunState } from '../wire/run.ts';
import type { Scope } from '../wire/token.ts';
import type { VerdictStatus } from '../wire/verdict.ts';

/** What the service answers (service/routes), as far as it has no type in wire/. */
export type Page<T> = { readonly data: readonly T[]; readonly nextCursor: string | null };

export type RunAnswer = Pick<RunRecord, 'runId' | 'project' | 'suite' | 'subject' | 'environment' | 'createdAtNs'> & {
  readonly kind: RunKind;
  readonly state: RunState;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly verdict: { readonly id: string; readonly status: VerdictStatus } | null;
  readonly withdrawn: { readonly reason: string } | null;
};

export type BaselineAnswer = {
  readonly baselineId: string;
  readonly project: string;
  readonly suite: string;
  readonly name: string;
  readonly status: string;
  readonly digest: string;
  readonly runIds: readonly string[];
  readonly reason: string;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly expiresAt: string | null;
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
  readonly approvalReason: string | null;
  readonly selfApproved: boolean | null;
  readonly retiredBy: string | null;
  readonly supersededBy: string | null;
};

export type CreatedToken = {
  readonly id: string;
  readonly token: string;
  readonly scopes: readonly Scope[];
  readonly projects: readonly string[] | null;
  readonly expiresAt: string | null;
};

export type TokenAnswer = {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly projects: readonly string[] | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revoked: boolean;
};
