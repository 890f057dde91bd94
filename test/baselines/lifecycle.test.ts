import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type BaselineEvent,
  type BaselineState,
  checkActHolds,
  checkApproval,
  checkRetirement,
  reduceSlot,
} from '../../baselines/index.ts';
import type { Principal } from '../../wire/token.ts';

const common = (eventId: string, baselineId: string, atNs: bigint, by: string) => ({ eventId, baselineId, atNs, by, reason: 'because' });
const propose = (baselineId: string, atNs: bigint, expiresAtNs: bigint | null = null, by = 'ci'): BaselineEvent => ({
  ...common(`p-${baselineId}`, baselineId, atNs, by),
  kind: 'proposed',
  expiresAtNs,
});
const approve = (baselineId: string, generation: number, atNs: bigint, eventId = `a-${baselineId}-${generation}`): BaselineEvent => ({
  ...common(eventId, baselineId, atNs, 'lead'),
  kind: 'approved',
  generation,
  selfApproved: false,
});
const retire = (baselineId: string, generation: number, atNs: bigint): BaselineEvent => ({
  ...common(`x-${baselineId}-${generation}`, baselineId, atNs, 'lead'),
  kind: 'retired',
  generation,
});

function statuses(events: readonly BaselineEvent[], nowNs = 1000n): Readonly<Record<string, string>> {
  return Object.fromEntries(reduceSlot(events, nowNs).baselines.map(({ baselineId, status }) => [baselineId, status]));
}

test('an empty slot has generation 0 and nothing active', () => {
  assert.deepEqual(reduceSlot([], 1n), { generation: 0, active: null, baselines: [], voidActs: [] });
});

test('a proposal is proposed until an approval makes it active', () => {
  assert.deepEqual(statuses([propose('A', 1n)]), { A: 'proposed' });
  const slot = reduceSlot([propose('A', 1n), approve('A', 1, 2n)], 3n);
  assert.equal(slot.active?.baselineId, 'A');
  assert.equal(slot.generation, 1);
});

test('the next generation supersedes the one before and says by whom', () => {
  const slot = reduceSlot([propose('A', 1n), approve('A', 1, 2n), propose('B', 3n), approve('B', 2, 4n)], 5n);
  assert.equal(slot.active?.baselineId, 'B');
  assert.equal(slot.baselines[0]?.status, 'superseded');
  assert.equal(slot.baselines[0]?.supersededBy, 'B');
});

test('of two approvals that claim one generation the lowest (atNs, eventId) wins and the other stays proposed', () => {
  const race = [propose('A', 1n), propose('B', 1n), approve('A', 1, 7n, 'e2'), approve('B', 1, 7n, 'e1')];
  const slot = reduceSlot(race, 9n);
  assert.equal(slot.active?.baselineId, 'B');
  assert.deepEqual(slot.voidActs, ['e2']);
  assert.equal(checkActHolds(slot, 'e1'), true);
  assert.equal(checkActHolds(slot, 'e2'), false);
  assert.deepEqual(statuses(race), { A: 'proposed', B: 'active' });
});

test('who lost a generation can win the next one', () => {
  const events = [propose('A', 1n), propose('B', 1n), approve('A', 1, 7n, 'e2'), approve('B', 1, 6n, 'e1'), approve('A', 2, 8n)];
  assert.deepEqual(statuses(events), { A: 'active', B: 'superseded' });
});

test('a baseline is expired from the very nanosecond of its expiry, and the superseded one does not come back', () => {
  const events = [propose('A', 1n), approve('A', 1, 2n), propose('B', 3n, 100n), approve('B', 2, 4n)];
  assert.deepEqual(statuses(events, 99n), { A: 'superseded', B: 'active' });
  assert.deepEqual(statuses(events, 100n), { A: 'superseded', B: 'expired' });
  assert.equal(reduceSlot(events, 100n).active, null);
});

test('retiring the active baseline empties the slot and takes a generation', () => {
  const slot = reduceSlot([propose('A', 1n), approve('A', 1, 2n), retire('A', 2, 3n)], 4n);
  assert.equal(slot.active, null);
  assert.equal(slot.generation, 2);
  assert.equal(slot.baselines[0]?.status, 'retired');
});

const VOID: readonly { readonly name: string; readonly events: readonly BaselineEvent[] }[] = [
  { name: 'of a baseline nobody proposed', events: [approve('A', 2, 2n)] },
  { name: 'after retirement', events: [propose('A', 1n), retire('A', 1, 2n), approve('A', 2, 3n)] },
  { name: 'at the moment of expiry', events: [propose('A', 1n, 5n), approve('A', 2, 5n)] },
];
for (const { name, events } of VOID)
  test(`an approval ${name} has no effect`, () => {
    const slot = reduceSlot([propose('Z', 0n), ...events, approve('Z', 3, 50n)], 60n);
    assert.equal(slot.active?.baselineId, 'Z');
    assert.deepEqual(slot.voidActs, ['a-A-2']);
    assert.equal(slot.generation, 3);
  });

test('a retirement and an approval that claim one generation: the first holds, and the other can be done again', () => {
  const events = [propose('A', 1n), approve('A', 1, 2n), propose('B', 3n), retire('A', 2, 4n), approve('B', 2, 5n)];
  assert.deepEqual(statuses(events), { A: 'retired', B: 'proposed' });
  assert.deepEqual(statuses([...events, approve('B', 3, 6n)]), { A: 'retired', B: 'active' });
});

test('a superseded baseline cannot be retired any more, and a proposal can', () => {
  const events = [propose('A', 1n), approve('A', 1, 2n), propose('B', 3n), approve('B', 2, 4n), retire('A', 3, 5n)];
  assert.deepEqual(reduceSlot(events, 9n).voidActs, ['x-A-3']);
  assert.deepEqual(statuses([propose('A', 1n), retire('A', 1, 2n)]), { A: 'retired' });
});

test('a second approval of a baseline that was superseded does not bring it back', () => {
  const events = [propose('A', 1n), approve('A', 1, 2n), propose('B', 3n), approve('B', 2, 4n), approve('A', 3, 5n)];
  assert.deepEqual(statuses(events), { A: 'superseded', B: 'active' });
});

test('an approval that claims generation 0 is a broken precondition', () => {
  assert.throws(() => reduceSlot([propose('A', 1n), approve('A', 0, 2n)], 3n), RangeError);
});

test('the order of rows and rows read twice change nothing, and at most one baseline is active', () => {
  const id = fc.constantFrom('A', 'B', 'C');
  const at = fc.bigInt(0n, 20n);
  const event = fc.oneof(
    fc.tuple(id, at, fc.option(at)).map(([b, t, e]) => propose(b, t, e)),
    fc.tuple(id, fc.integer({ min: 1, max: 3 }), at).map(([b, g, t]) => approve(b, g, t)),
    fc.tuple(id, fc.integer({ min: 1, max: 3 }), at).map(([b, g, t]) => retire(b, g, t)),
  );
  const distinct = fc.uniqueArray(event, { selector: ({ eventId }) => eventId, maxLength: 12 });
  fc.assert(
    fc.property(distinct, fc.bigInt(0n, 25n), (events, nowNs) => {
      const slot = reduceSlot(events, nowNs);
      assert.deepEqual(reduceSlot([...events, ...events].reverse(), nowNs), slot);
      assert.ok(slot.baselines.filter(({ status }) => status === 'active').length <= 1);
    }),
  );
});

function proposal(by = 'ci'): BaselineState {
  const state = reduceSlot([propose('A', 1n, null, by)], 2n).baselines[0];
  assert.ok(state);
  return state;
}
const token = (tokenId: string, scopes: Principal['scopes'], projects: Principal['projects'] = ['acme']): Principal => ({
  tokenId,
  scopes,
  projects,
});

const APPROVERS: readonly { readonly name: string; readonly principal: Principal; readonly expected: string }[] = [
  { name: 'another token with the scope may', principal: token('lead', ['baseline:approve']), expected: 'allowed' },
  {
    name: 'a token with only the proposing scope may not',
    principal: token('lead', ['baseline:propose', 'gate:write']),
    expected: 'scope-missing',
  },
  {
    name: 'the proposer may not, holding both scopes',
    principal: token('ci', ['baseline:propose', 'baseline:approve']),
    expected: 'scope-missing',
  },
  { name: 'an admin may approve its own, and it is recorded', principal: token('ci', ['admin']), expected: 'selfApproved' },
  { name: 'an admin that did not propose it approves plainly', principal: token('boss', ['admin'], null), expected: 'allowed' },
  {
    name: 'a token of another project may not, whatever its scopes',
    principal: token('boss', ['admin'], ['rival']),
    expected: 'project-not-allowed',
  },
];
for (const { name, principal, expected } of APPROVERS)
  test(`approving: ${name}`, () => {
    const answer = checkApproval({ principal, project: 'acme', baseline: proposal() });
    assert.equal(answer.allowed ? (answer.selfApproved ? 'selfApproved' : 'allowed') : answer.problem, expected);
  });

test('only a proposed baseline can be approved', () => {
  const active = reduceSlot([propose('A', 1n), approve('A', 1, 2n)], 3n).active;
  assert.ok(active);
  const answer = checkApproval({ principal: token('lead', ['baseline:approve']), project: 'acme', baseline: active });
  assert.equal(answer.allowed ? '' : answer.problem, 'baseline-conflict');
});

test('retiring needs the approving scope and a baseline that still lives', () => {
  const lead = token('lead', ['baseline:approve']);
  assert.equal(checkRetirement({ principal: lead, project: 'acme', baseline: proposal() }).allowed, true);
  assert.equal(checkRetirement({ principal: token('ci', ['baseline:propose']), project: 'acme', baseline: proposal() }).allowed, false);
  const retired = reduceSlot([propose('A', 1n), retire('A', 1, 2n)], 3n).baselines[0];
  assert.ok(retired);
  assert.equal(checkRetirement({ principal: lead, project: 'acme', baseline: retired }).allowed, false);
});
