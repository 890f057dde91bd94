import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toObservations } from '../../../analysis/history/observations.ts';
import { rankCauses } from '../../../analysis/history/rank-causes.ts';
import { compareRuns, type SeriesHistory } from '../../../analysis/history/series-history.ts';
import { readSuiteHistory, type SuiteHistory } from '../../../analysis/history/suite-history.ts';
import type { Environment } from '../../../wire/run.ts';
import { createHistory, createHistoryRun, createStep } from './support.ts';

/** The kernel changes at run 30 and again at run 50, the toolchain at run 12; every run has a commit of its own. */
const toEnvironment = (i: number): Partial<Environment> => ({
  kernel: i < 30 ? '6.12.1' : i < 50 ? '6.12.9' : '6.18.0',
  toolchain: { name: 'gcc', version: i < 12 ? '14' : '15' },
});
const RUNS = Array.from({ length: 50 }, (_, i) => createHistoryRun(i, toEnvironment(i)));
const create = (seriesId: string, values: readonly (number | null)[]): SeriesHistory =>
  createHistory(values, { seriesId, region: seriesId }, toEnvironment);

const SUITE: SuiteHistory = {
  runs: RUNS,
  series: [
    create('b', createStep(30, 10, 20, 11)),
    create('a', createStep(30, 100, 20, 104)),
    create('quiet', createStep(30, 5, 20, 5)),
    create(
      'empty',
      Array.from({ length: 50 }, () => null),
    ),
  ],
};

test('a suite is read series by series, and what moved together is one event', () => {
  const { changes, events, leftOut, seriesCount } = readSuiteHistory(SUITE);
  assert.deepEqual(
    changes.map((change) => [change.seriesId, change.index]),
    [
      ['a', 30],
      ['b', 30],
    ],
  );
  assert.equal(seriesCount, 3);
  assert.equal(leftOut.length, 50);
  assert.deepEqual(
    events.map((event) => [event.firstAfter, event.seriesCount, event.share, event.changedKeys]),
    [['r030', 2, 2 / 3, ['kernel', 'subject.commit']]],
  );
});

test('the order of the series changes nothing', () => {
  assert.deepEqual(readSuiteHistory({ runs: RUNS, series: SUITE.series.toReversed() }), readSuiteHistory(SUITE));
});

test('history then ranks the causes of the next verdict: the kernel, which changed at the last event, before the commit of every night', () => {
  const { events } = readSuiteHistory(SUITE);
  const next = createHistoryRun(50, toEnvironment(50));
  const differing = compareRuns(createHistoryRun(49, toEnvironment(49)), next);
  const causes = rankCauses({ direction: 'worse', differing, past: toObservations(RUNS, events), others: [] });
  assert.deepEqual(
    causes.map((cause) => cause.cause),
    ['kernel', 'subject'],
  );
  assert.deepEqual(causes[0]?.evidence, [
    'kernel: 6.12.9 became 6.18.0',
    'changed at 1 of 1 earlier changes for the worse, and at 0 of 48 other steps',
  ]);
});

const shuffled: readonly { readonly name: string; readonly runs: SuiteHistory['runs'] }[] = [
  { name: 'in another order', runs: RUNS.toReversed() },
  { name: 'that are not known', runs: RUNS.slice(1) },
];
for (const { name, runs } of shuffled) {
  test(`refuses points of runs ${name}`, () => assert.throws(() => readSuiteHistory({ runs, series: SUITE.series }), RangeError));
}

test('an empty suite has no history', () => {
  assert.deepEqual(readSuiteHistory({ runs: [], series: [] }), { changes: [], events: [], leftOut: [], seriesCount: 0 });
});
