import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareRuns, findBracketedChanges, toDirection } from '../../../analysis/history/series-history.ts';
import { createHistory, createHistoryRun, createStep } from './support.ts';

test('a change names the runs on either side and what changed between them', () => {
  const history = createHistory(createStep(20, 100, 20, 105), {}, (i) => ({
    kernel: i < 20 ? '6.12.1' : '6.12.9',
    hostname: `lab-${i % 3}`,
  }));
  const { changes, leftOut } = findBracketedChanges(history);
  assert.deepEqual(leftOut, []);
  assert.equal(changes.length, 1);
  const [change] = changes;
  assert.equal(change?.index, 20);
  assert.equal(change?.lastBefore, 'r019');
  assert.equal(change?.firstAfter, 'r020');
  assert.equal(change?.direction, 'worse');
  assert.deepEqual(change?.changed, [
    { key: 'hostname', baseline: 'lab-1', candidate: 'lab-2', class: 'identity' },
    { key: 'kernel', baseline: '6.12.1', candidate: '6.12.9', class: 'change' },
    { key: 'subject.commit', baseline: 'c19', candidate: 'c20', class: 'change' },
  ]);
  assert.deepEqual(change?.span, { lastBefore: 'r019', firstAfter: 'r020', changed: change?.changed });
});

test('runs without a usable value are left out and named, and positions stay those of the points given', () => {
  const values: (number | null)[] = createStep(20, 100, 20, 105);
  values[5] = null;
  values[6] = 0;
  values[19] = Number.NaN;
  const { changes, leftOut } = findBracketedChanges(createHistory(values));
  assert.deepEqual(leftOut, [
    { runId: 'r005', reason: 'no_value' },
    { runId: 'r006', reason: 'not_positive' },
    { runId: 'r019', reason: 'not_finite' },
  ]);
  assert.deepEqual(
    changes.map((change) => [change.index, change.lastBefore, change.firstAfter]),
    [[20, 'r018', 'r020']],
  );
});

test('a vague change spans more runs than those beside it', () => {
  const noisy = createStep(20, 100, 20, 100).map((value, i) => value * (1 + 0.05 * (((i * i * 3) % 11) / 5 - 1)) * (i < 20 ? 1 : 1.07));
  const [change] = findBracketedChanges(createHistory(noisy)).changes;
  assert.ok(change !== undefined);
  assert.ok(change.span.lastBefore < change.lastBefore || change.firstAfter < change.span.firstAfter);
  assert.ok(change.span.lastBefore <= 'r019' && 'r020' <= change.span.firstAfter);
});

test('nothing differs between a run and itself', () => assert.deepEqual(compareRuns(createHistoryRun(1), createHistoryRun(1)), []));

const directions = [
  { better: 'lower', logShift: 0.1, expected: 'worse' },
  { better: 'lower', logShift: -0.1, expected: 'better' },
  { better: 'higher', logShift: 0.1, expected: 'better' },
  { better: 'higher', logShift: -0.1, expected: 'worse' },
  { better: 'either', logShift: -0.1, expected: 'worse' },
] as const;
for (const { better, logShift, expected } of directions) {
  test(`${logShift} where ${better} is better is ${expected}`, () => assert.equal(toDirection(better, logShift), expected));
}
