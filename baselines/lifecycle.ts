import type { ProblemType } from '../wire/problems.ts';
import type { Principal, Scope } from '../wire/token.ts';

/**
 * The life of golden baselines as a pure reading of append-only events. One slot holds one golden baseline at a time; a slot is (project,
 * suite, comparability class), and the name of a baseline is a label within it. Nothing is ever updated: `superseded` and `expired` are not
 * events but follow from a later approval and from the clock.
 *
 * ClickHouse has no compare-and-swap, so every act on a slot (approving, retiring) claims the generation after the last one it read. Of two
 * acts that claim one generation the lowest (atNs, eventId) holds; the other never happened, and its writer, who reads the slot again, says so.
 */
type EventCommon = {
  readonly eventId: string;
  readonly baselineId: string;
  readonly atNs: bigint;
  /** Token that did it. */
  readonly by: string;
  readonly reason: string;
};
export type BaselineProposed = EventCommon & { readonly kind: 'proposed'; readonly expiresAtNs: bigint | null };
export type BaselineApproved = EventCommon & {
  readonly kind: 'approved';
  /** The generation this act claims in its slot, ≥ 1. */
  readonly generation: number;
  readonly selfApproved: boolean;
};
export type BaselineRetired = EventCommon & { readonly kind: 'retired'; readonly generation: number };
export type BaselineEvent = BaselineProposed | BaselineApproved | BaselineRetired;

export const BASELINE_STATUSES = ['proposed', 'active', 'superseded', 'retired', 'expired'] as const;
export type BaselineStatus = (typeof BASELINE_STATUSES)[number];

export type BaselineState = {
  readonly baselineId: string;
  readonly status: BaselineStatus;
  readonly proposed: BaselineProposed;
  /** The approval that holds, null while none does. */
  readonly approved: BaselineApproved | null;
  readonly retired: BaselineRetired | null;
  /** The baseline that took its place. */
  readonly supersededBy: string | null;
};

export type SlotState = {
  /** Highest generation any act has claimed; 0 before the first. The next act claims this plus one. */
  readonly generation: number;
  readonly active: BaselineState | null;
  /** In order of proposal. */
  readonly baselines: readonly BaselineState[];
  /** Event ids of acts without effect: they lost their generation, came after retirement or expiry, or name no proposal. */
  readonly voidActs: readonly string[];
};

/**
 * What the events of one slot amount to at a moment. The order of rows does not matter; equal event ids count once.
 * A baseline that is retired or expires leaves its slot empty: the one it superseded does not come back by itself.
 * @param nowNs epoch nanoseconds; a baseline is expired from the very nanosecond of `expiresAtNs`
 * @throws RangeError when an act claims a generation below 1 or no whole number
 */
export function reduceSlot(events: readonly BaselineEvent[], nowNs: bigint): SlotState {
  const ordered = [...new Map(events.map((event) => [event.eventId, event])).values()].sort(compareEvents);
  const lives = new Map<string, Life>();
  for (const event of ordered)
    if (event.kind === 'proposed' && !lives.has(event.baselineId))
      lives.set(event.baselineId, { proposed: event, approved: null, retired: null, supersededBy: null });
  const acts = ordered.filter((event) => event.kind !== 'proposed').sort((a, b) => a.generation - b.generation || compareEvents(a, b));
  const voidActs: string[] = [];
  let generation = 0;
  let active: Life | null = null;
  for (const act of acts) {
    if (!Number.isSafeInteger(act.generation) || act.generation < 1)
      throw new RangeError(`reduceSlot: event ${act.eventId} claims generation ${act.generation}; it must be a whole number ≥ 1`);
    const taken = act.generation === generation;
    generation = act.generation;
    const life = lives.get(act.baselineId);
    if (taken || life === undefined || !isPossible(act, life)) voidActs.push(act.eventId);
    else if (act.kind === 'approved') {
      if (active !== null) active.supersededBy = act.baselineId;
      life.approved = act;
      active = life;
    } else {
      life.retired = act;
      if (active === life) active = null;
    }
  }
  const baselines = [...lives.values()].map((life) => toState(life, nowNs));
  return { generation, active: baselines.find((baseline) => baseline.status === 'active') ?? null, baselines, voidActs };
}

/** Whether an act that was appended holds, asked after reading the slot back. */
export function checkActHolds(slot: SlotState, eventId: string): boolean {
  return slot.baselines.some(({ approved, retired }) => approved?.eventId === eventId || retired?.eventId === eventId);
}

export type ActAnswer =
  | { readonly allowed: true; readonly selfApproved: boolean }
  | { readonly allowed: false; readonly problem: ProblemType; readonly detail: string };

export type Act = {
  readonly principal: Principal;
  readonly project: string;
  readonly baseline: BaselineState;
};

/**
 * Whether this credential may approve this proposal: it holds `baseline:approve`, acts in the project, and did not propose it itself.
 * Only `admin` may approve its own proposal, and then `selfApproved` is true for the record.
 */
export function checkApproval({ principal, project, baseline }: Act): ActAnswer {
  const refused = checkCredential(principal, { project, scope: 'baseline:approve' });
  if (refused !== null) return refused;
  if (baseline.status !== 'proposed')
    return refuse('baseline-conflict', `Baseline ${baseline.baselineId} is ${baseline.status}; only a proposed baseline can be approved.`);
  const own = baseline.proposed.by === principal.tokenId;
  if (own && !principal.scopes.includes('admin'))
    return refuse('scope-missing', `Baseline ${baseline.baselineId} was proposed with this token; another token has to approve it.`);
  return { allowed: true, selfApproved: own };
}

/** Whether this credential may retire this baseline: it holds `baseline:approve`, and the baseline is proposed or active. */
export function checkRetirement({ principal, project, baseline }: Act): ActAnswer {
  const refused = checkCredential(principal, { project, scope: 'baseline:approve' });
  if (refused !== null) return refused;
  if (baseline.status !== 'proposed' && baseline.status !== 'active')
    return refuse('baseline-conflict', `Baseline ${baseline.baselineId} is ${baseline.status} already.`);
  return { allowed: true, selfApproved: false };
}

function checkCredential(principal: Principal, { project, scope }: { readonly project: string; readonly scope: Scope }) {
  if (principal.projects !== null && !principal.projects.includes(project))
    return refuse('project-not-allowed', `The token is not bound to project ${project}.`);
  if (!principal.scopes.includes(scope) && !principal.scopes.includes('admin'))
    return refuse('scope-missing', `This needs the scope ${scope}; proposing and approving are two scopes.`);
  return null;
}

function refuse(problem: ProblemType, detail: string): ActAnswer {
  return { allowed: false, problem, detail };
}

/** What has happened to one baseline so far, while events are read. */
type Life = {
  readonly proposed: BaselineProposed;
  approved: BaselineApproved | null;
  retired: BaselineRetired | null;
  supersededBy: string | null;
};

/** Approving takes a proposal that nobody approved, retired or let expire; retiring takes one that is proposed or in place. */
function isPossible(act: BaselineApproved | BaselineRetired, { proposed, approved, retired, supersededBy }: Life): boolean {
  if (retired !== null) return false;
  if (act.kind === 'retired') return supersededBy === null;
  return approved === null && !isExpired(proposed, act.atNs);
}

function isExpired({ expiresAtNs }: BaselineProposed, atNs: bigint): boolean {
  return expiresAtNs !== null && atNs >= expiresAtNs;
}

function toState(life: Life, nowNs: bigint): BaselineState {
  const { proposed, approved, retired, supersededBy } = life;
  return { baselineId: proposed.baselineId, status: computeStatus(life, nowNs), proposed, approved, retired, supersededBy };
}

/** Retired (somebody said so) before superseded (another took its place) before expired (time ran out). */
function computeStatus({ proposed, approved, retired, supersededBy }: Life, nowNs: bigint): BaselineStatus {
  if (retired !== null) return 'retired';
  if (supersededBy !== null) return 'superseded';
  if (isExpired(proposed, nowNs)) return 'expired';
  return approved === null ? 'proposed' : 'active';
}

function compareEvents(a: BaselineEvent, b: BaselineEvent): number {
  if (a.atNs !== b.atNs) return a.atNs < b.atNs ? -1 : 1;
  return a.eventId < b.eventId ? -1 : Number(a.eventId > b.eventId);
}
