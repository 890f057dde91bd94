import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { groupChanges } from '../../../analysis/history/common-events.ts';
import { type BracketedChange, findBracketedChanges } from '../../../analysis/history/series-history.ts';
import { createHistory, createHistoryRun, createStep } from './support.ts';

const runIds = Array.from({ length: 60 }, (_, i) => createHistoryRun(i).runId);

function changesOf(seriesId: string, values: readonly number[]): readonly BracketedChange[] {
  const history = createHistory(values, { seriesId, region: seriesId }, (i) => ({ kernel: i < 30 ? '6.12.1' : '6.12.9' }));
  return findBracketedChanges(history).changes;
}

/** A change that may lie anywhere between two runs. */
function spanning(seriesId: string, before: number, after: number, logShift = 0.05): BracketedChange {
  const [template] = changesOf(seriesId, createStep(30, 100, 30, 105));
  assert.ok(template !== undefined);
  const span = { ...template.span, lastBefore: createHistoryRun(before).runId, firstAfter: createHistoryRun(after).runId };
  return { ...template, span, index: after, logShift, direction: logShift > 0 ? 'worse' : 'better' };
}

test('changes of three series at one kernel update are one event that says how many, how far and what changed', () => {
  const changes = [
    ...changesOf('a', createStep(30, 100, 30, 103)),
    ...changesOf('b', createStep(30, 10, 30, 11)),
    ...changesOf('c', createStep(30, 7, 30, 7.3)),
  ];
  const [event, ...others] = groupChanges({ runIds, seriesCount: 12, changes });
  assert.deepEqual(others, []);
  assert.ok(event !== undefined);
  assert.deepEqual([event.lastBefore, event.firstAfter], ['r029', 'r030']);
  assert.deepEqual([event.seriesCount, event.share, event.direction, event.worseCount], [3, 0.25, 'worse', 3]);
  assert.equal(event.largest.seriesId, 'b');
  assert.deepEqual(event.changedKeys, ['kernel', 'subject.commit']);
});

const groupings: readonly {
  readonly name: string;
  readonly spans: readonly (readonly [number, number])[];
  readonly sizes: readonly number[];
}[] = [
  {
    name: 'spans that share a step are one event',
    spans: [
      [10, 12],
      [11, 14],
      [8, 20],
    ],
    sizes: [3],
  },
  {
    name: 'spans that only touch are two',
    spans: [
      [10, 12],
      [12, 14],
    ],
    sizes: [1, 1],
  },
  {
    name: 'a vague span joins the first of two causes and does not make them one',
    spans: [
      [10, 12],
      [5, 40],
      [30, 31],
    ],
    sizes: [2, 1],
  },
  {
    name: 'a chain is cut where no step is shared',
    spans: [
      [10, 14],
      [13, 18],
      [17, 22],
    ],
    sizes: [2, 1],
  },
  { name: 'no changes, no events', spans: [], sizes: [] },
];
for (const { name, spans, sizes } of groupings) {
  test(name, () => {
    const changes = spans.map(([before, after], i) => spanning(`s${i}`, before, after));
    assert.deepEqual(
      groupChanges({ runIds, seriesCount: 10, changes }).map((event) => event.members.length),
      sizes,
    );
  });
}

test('series that moved both ways are mixed, and a series that moved twice counts once', () => {
  const [event] = groupChanges({
    runIds,
    seriesCount: 4,
    changes: [spanning('a', 10, 14), spanning('a', 12, 16, -0.2), spanning('b', 12, 14)],
  });
  assert.deepEqual([event?.direction, event?.worseCount, event?.betterCount, event?.seriesCount], ['mixed', 2, 1, 2]);
  assert.equal(event?.largest.logShift, -0.2);
});

test('the order in which changes are given does not matter, and all of them are in some event', () => {
  const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 9 })), { maxLength: 12 });
  fc.assert(
    fc.property(spans, (drawn) => {
      const changes = drawn.map(([before, width], i) => spanning(`s${i}`, before, before + width, 0.01 * (i + 1)));
      const events = groupChanges({ runIds, seriesCount: 20, changes });
      assert.deepEqual(groupChanges({ runIds, seriesCount: 20, changes: changes.toReversed() }), events);
      assert.equal(events.flatMap((event) => event.members).length, changes.length);
      for (const event of events) assert.ok(event.lastBefore < event.firstAfter);
    }),
    { numRuns: 100, seed: 5 },
  );
});

test('refuses a change whose run it does not know', () => {
  assert.throws(() => groupChanges({ runIds: ['r000'], seriesCount: 1, changes: [spanning('a', 10, 12)] }), RangeError);
});
