import {
  type ApprovalOverride,
  type BaselineEvent,
  type BaselineState,
  type Candidate,
  checkApproval,
  checkEligibility,
  checkRetirement,
  computeContentDigest,
  type Eligibility,
  reduceSlot,
  type SlotState,
  toBaselineContent,
} from '../baselines/index.ts';
import {
  type AuditTrail,
  appendBaseline,
  putBaselineEvent,
  readBaseline,
  readBaselineEvents,
  readBaselines,
  readRunsById,
  readVerdictsOfRuns,
  type Store,
  type StoredBaseline,
  type StoredRun,
} from '../store/index.ts';
import { toCanonicalJson } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import { ProblemError } from '../wire/problems.ts';
import type { Principal } from '../wire/token.ts';
import { assertProject } from './auth/authenticate.ts';

/** Baselines against the store: propose, approve, retire, and which one is active. The rules themselves are in `baselines/`. */
export type BookPorts = { readonly store: Store; readonly audit: AuditTrail; readonly nowMs: () => number; readonly newId: () => string };

export type Proposal = {
  readonly project: string;
  readonly suite: string;
  readonly name: string;
  readonly runIds: readonly string[];
  readonly reason: string;
  readonly expiresAtMs: number | null;
};

/** A baseline with its state, as answered. */
export type BookedBaseline = { readonly stored: StoredBaseline; readonly state: BaselineState };

type Place = { readonly project: string; readonly suite: string; readonly classDigest: string };
type Slot = { readonly slot: SlotState; readonly nextGeneration: number; readonly stored: readonly StoredBaseline[] };

const NS_PER_MS = 1_000_000n;
const toNs = (ms: number) => BigInt(ms) * NS_PER_MS;

function toProposed(baseline: StoredBaseline): BaselineEvent {
  return {
    kind: 'proposed',
    eventId: `proposed-${baseline.baselineId}`,
    baselineId: baseline.baselineId,
    atNs: toNs(baseline.proposedAtMs),
    by: baseline.proposedBy,
    reason: baseline.reason,
    expiresAtNs: baseline.expiresAtMs === null ? null : toNs(baseline.expiresAtMs),
  };
}

async function readSlot({ store, nowMs }: BookPorts, place: Place): Promise<Slot> {
  const [proposals, acts] = await Promise.all([
    readBaselines(store, { projects: [place.project], suite: place.suite, limit: 100_000 }),
    readBaselineEvents(store, place.project, place.suite),
  ]);
  const stored = proposals.filter((baseline) => baseline.classDigest === place.classDigest);
  const mine = acts.filter((act) => act.classDigest === place.classDigest);
  const events = mine.map((act): BaselineEvent => {
    const common = {
      eventId: String(act.generation),
      baselineId: act.baselineId,
      atNs: toNs(act.eventAtMs),
      by: act.eventBy,
      reason: act.reason,
    };
    return act.event === 'retired'
      ? { ...common, kind: 'retired', generation: act.generation }
      : { ...common, kind: 'approved', generation: act.generation, selfApproved: act.selfApproved };
  });
  const highest = Math.max(0, ...mine.map((act) => act.generation));
  return { slot: reduceSlot([...stored.map(toProposed), ...events], toNs(nowMs())), nextGeneration: highest + 1, stored };
}

/** The baseline that is active for a comparability class now, or undefined. */
export async function readActiveBaseline(ports: BookPorts, place: Place): Promise<StoredBaseline | undefined> {
  const { slot, stored } = await readSlot(ports, place);
  return stored.find((baseline) => baseline.baselineId === slot.active?.baselineId);
}

/** The baseline approved last among those active for other classes of the suite; to tell what keeps a run from being compared. */
export async function readNearestBaseline(
  ports: BookPorts,
  { project, suite }: Pick<Place, 'project' | 'suite'>,
): Promise<StoredBaseline | undefined> {
  const booked = await listBaselines(ports, { projects: [project], suite });
  const active = booked.filter(({ state }) => state.status === 'active');
  const approvedAt = ({ state }: BookedBaseline) => state.approved?.atNs ?? 0n;
  return active.toSorted((a, b) => (approvedAt(a) < approvedAt(b) ? 1 : -1))[0]?.stored;
}

function refuse(detail: string, eligibility?: Eligibility): never {
  throw new ProblemError('baseline-conflict', detail, eligibility === undefined ? {} : { members: { refusals: eligibility.refusals } });
}

async function readCandidates(store: Store, runIds: readonly string[]): Promise<readonly (Candidate & { readonly stored: StoredRun })[]> {
  const [runs, verdicts] = await Promise.all([readRunsById(store, runIds), readVerdictsOfRuns(store, runIds)]);
  const runById = new Map(runs.map((run) => [run.runId, run]));
  const verdictByRun = new Map(verdicts.map((verdict) => [verdict.runId, verdict]));
  return runIds.map((runId) => {
    const stored = runById.get(runId);
    if (stored === undefined) throw new ProblemError('unknown-run', `there is no run ${runId}`);
    return {
      stored,
      run: {
        runId,
        project: stored.project,
        suite: stored.suite,
        sealed: stored.sealDigest !== null,
        withdrawn: stored.withdrawal !== null,
        classDigest: stored.classDigest,
        emulated: stored.environment.emulated === true,
      },
      verdict: verdictByRun.get(runId) ?? null,
    };
  });
}

const describeRefusals = (eligibility: Eligibility) => eligibility.refusals.map((refusal) => refusal.detail).join(' ');

/** What only an approval can lift does not stop a proposal: the approver decides with overrides. */
const refusesProposal = (eligibility: Eligibility) => eligibility.refusals.some((refusal) => !refusal.overridable);

/**
 * Stores a proposal; it changes no verdict until it is approved.
 * @throws ProblemError unknown-run, baseline-conflict with `refusals`, project-not-allowed
 */
export async function proposeBaseline(ports: BookPorts, proposal: Proposal, principal: Principal): Promise<BookedBaseline> {
  const { store, audit, nowMs, newId } = ports;
  assertProject(principal, proposal.project);
  if (proposal.runIds.length > LIMITS.runsPerBaseline) refuse(`a baseline holds at most ${LIMITS.runsPerBaseline} runs`);
  const candidates = await readCandidates(store, proposal.runIds);
  for (const candidate of candidates) assertProject(principal, candidate.stored.project);
  const classDigest = candidates[0]?.run.classDigest ?? '';
  const place = { project: proposal.project, suite: proposal.suite, classDigest };
  const { slot } = await readSlot(ports, place);
  const eligibility = checkEligibility({ ...place, candidates, activeInClass: slot.active !== null, overrides: [] });
  if (refusesProposal(eligibility)) refuse(describeRefusals(eligibility), eligibility);
  const content = toBaselineContent({
    project: proposal.project,
    suite: proposal.suite,
    name: proposal.name,
    class: classDigest,
    runs: candidates.map(({ stored }) => ({
      runId: stored.runId,
      sealDigest: stored.sealDigest ?? '',
      subject: stored.subject,
      environment: stored.environment,
    })),
  });
  const baselineId = newId();
  await audit.record({
    project: proposal.project,
    actor: principal.tokenId,
    action: 'baseline.propose',
    object: baselineId,
    detail: { suite: proposal.suite, name: proposal.name, runIds: proposal.runIds, reason: proposal.reason },
  });
  await appendBaseline(store, {
    baseline_id: baselineId,
    project: proposal.project,
    suite: proposal.suite,
    name: proposal.name,
    class_digest: classDigest,
    content: toCanonicalJson(content),
    digest: computeContentDigest(content),
    reason: proposal.reason,
    expires_at: proposal.expiresAtMs,
    proposed_at: nowMs(),
    proposed_by: principal.tokenId,
  });
  return await readBookedBaseline(ports, baselineId, principal);
}

/** @throws ProblemError not-found when there is none, project-not-allowed */
export async function readBookedBaseline(ports: BookPorts, baselineId: string, principal: Principal): Promise<BookedBaseline> {
  const stored = await readBaseline(ports.store, baselineId);
  if (stored === undefined) throw new ProblemError('not-found', `there is no baseline ${baselineId}`);
  assertProject(principal, stored.project);
  const { slot } = await readSlot(ports, stored);
  const state = slot.baselines.find((baseline) => baseline.baselineId === baselineId);
  if (state === undefined) throw new ProblemError('internal', `baseline ${baselineId} has no state`);
  return { stored, state };
}

/** Baselines of these projects with their states, newest first. @param projects null for every project */
export async function listBaselines(
  ports: BookPorts,
  filter: { readonly projects: readonly string[] | null; readonly suite?: string | undefined },
): Promise<readonly BookedBaseline[]> {
  const all = await readBaselines(ports.store, { ...filter, limit: 1000 });
  const places = new Map(all.map((stored) => [JSON.stringify([stored.project, stored.suite, stored.classDigest]), stored]));
  const states = new Map<string, BaselineState>();
  for (const place of places.values()) {
    const { slot } = await readSlot(ports, place);
    for (const state of slot.baselines) states.set(state.baselineId, state);
  }
  return all.flatMap((stored) => {
    const state = states.get(stored.baselineId);
    return state === undefined ? [] : [{ stored, state }];
  });
}

type EventInput = {
  readonly event: 'approved' | 'retired';
  readonly reason: string;
  readonly overrides: readonly ApprovalOverride[];
  readonly selfApproved: boolean;
};

async function putEvent(
  ports: BookPorts,
  stored: StoredBaseline,
  generation: number,
  principal: Principal,
  input: EventInput,
): Promise<void> {
  const held = await putBaselineEvent(ports.store, {
    project: stored.project,
    suite: stored.suite,
    class_digest: stored.classDigest,
    generation,
    baseline_id: stored.baselineId,
    event: input.event,
    reason: input.reason,
    overrides: JSON.stringify(input.overrides),
    self_approved: input.selfApproved,
    event_at: ports.nowMs(),
    event_by: principal.tokenId,
  });
  if (!held) refuse('another baseline of this class was approved or retired at the same moment; look at the list and decide again');
}

/**
 * Activates a proposal in its comparability class; the one active before is superseded.
 * @throws ProblemError scope-missing when the approver proposed it, baseline-conflict with `refusals`
 */
export async function approveBaseline(
  ports: BookPorts,
  baselineId: string,
  approval: { readonly reason: string; readonly overrides: readonly ApprovalOverride[] },
  principal: Principal,
): Promise<BookedBaseline> {
  const { stored, state } = await readBookedBaseline(ports, baselineId, principal);
  const answer = checkApproval({ principal, project: stored.project, baseline: state });
  if (!answer.allowed) throw new ProblemError(answer.problem, answer.detail);
  const { slot, nextGeneration } = await readSlot(ports, stored);
  const content: { runs: readonly { runId: string }[] } = JSON.parse(stored.content);
  const candidates = await readCandidates(
    ports.store,
    content.runs.map((run) => run.runId),
  );
  const eligibility = checkEligibility({ ...stored, candidates, activeInClass: slot.active !== null, overrides: approval.overrides });
  if (!eligibility.eligible)
    refuse(`${describeRefusals(eligibility)} Name them in overrides: [{runId, reason}] to approve all the same.`, eligibility);
  await ports.audit.record({
    project: stored.project,
    actor: principal.tokenId,
    action: 'baseline.approve',
    object: baselineId,
    detail: {
      reason: approval.reason,
      overrides: eligibility.overridden,
      selfApproved: answer.selfApproved,
      digest: stored.digest,
      generation: nextGeneration,
    },
  });
  await putEvent(ports, stored, nextGeneration, principal, { event: 'approved', ...approval, selfApproved: answer.selfApproved });
  return await readBookedBaseline(ports, baselineId, principal);
}

/** Takes a baseline out of use; its class has none then. @throws ProblemError baseline-conflict when it is not proposed or active */
export async function retireBaseline(ports: BookPorts, baselineId: string, reason: string, principal: Principal): Promise<BookedBaseline> {
  const { stored, state } = await readBookedBaseline(ports, baselineId, principal);
  const answer = checkRetirement({ principal, project: stored.project, baseline: state });
  if (!answer.allowed) throw new ProblemError(answer.problem, answer.detail);
  const { nextGeneration } = await readSlot(ports, stored);
  await ports.audit.record({
    project: stored.project,
    actor: principal.tokenId,
    action: 'baseline.retire',
    object: baselineId,
    detail: { reason },
  });
  await putEvent(ports, stored, nextGeneration, principal, { event: 'retired', reason, overrides: [], selfApproved: false });
  return await readBookedBaseline(ports, baselineId, principal);
}
