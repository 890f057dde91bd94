import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { declareSeries, identityOf, type SeriesDeclaration } from '../../../ingest/formats/series.ts';
import { WarningTally } from '../../../ingest/formats/warning-tally.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { NO_PARAMETERS } from './support/reading.ts';

const DECLARATION: SeriesDeclaration = { region: 'r', metric: 'm', nativeMetric: 'n', unit: 'ns', valueKind: 'samples', line: 3 };
const declare = (changed: Partial<SeriesDeclaration>, parameters = {}) =>
  declareSeries({ ...DECLARATION, ...changed }, { ...NO_PARAMETERS, ...parameters });
const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']));

describe('declareSeries', () => {
  test('asks the caller first, then the catalogue, then says either', () => {
    assert.deepEqual([declare({}).better, declare({}).judgedAs, declare({}).assume], ['either', 'context', 'sampled']);
    assert.deepEqual([declare({ metric: 'latency' }).better, declare({ metric: 'latency' }).judgedAs], ['lower', 'location']);
    assert.equal(declare({ metric: 'latency' }, { better: 'higher' }).better, 'higher');
    assert.equal(declare({ judgedAs: 'total' }).judgedAs, 'total');
  });

  test('lets labels of the tool win over those of the caller', () => {
    assert.deepEqual(declare({ labels: { cpu: '1' } }, { labels: { cpu: '0', disk: 'a' } }).labels, { cpu: '1', disk: 'a' });
  });

  test('refuses a unit that is not the one of the catalogue', () => {
    assert.throws(() => declare({ metric: 'latency', unit: 'By' }), { message: /n is in By, but the metric latency is in ns/, line: 3 });
  });

  const limits: readonly [name: string, most: number, of: (size: number) => Partial<SeriesDeclaration>][] = [
    ['regionCharacters', LIMITS.regionCharacters, (size) => ({ region: 'x'.repeat(size) })],
    ['metricCharacters', LIMITS.metricCharacters, (size) => ({ metric: 'x'.repeat(size) })],
    ['labelCharacters', LIMITS.labelCharacters, (size) => ({ labels: { l: 'x'.repeat(size) } })],
    ['labelsPerSeries', LIMITS.labelsPerSeries, (size) => ({ labels: labels(size) })],
  ];
  for (const [name, most, of] of limits) {
    test(`takes ${name} and refuses one more`, () => {
      assert.ok(declare(of(most)));
      assert.throws(() => declare(of(most + 1)), { name: 'ParseError', message: new RegExp(`more than ${most}`) });
    });
  }

  test('has one identity for labels in any order', () => {
    assert.equal(identityOf(declare({ labels: { a: '1', b: '2' } })), identityOf(declare({ labels: { b: '2', a: '1' } })));
    assert.notEqual(identityOf(declare({ labels: { a: '1' } })), identityOf(declare({ labels: { a: '2' } })));
  });
});

describe('WarningTally', () => {
  test('counts equal warnings', () => {
    const tally = new WarningTally();
    tally.add('a', 'first', 4);
    tally.add('b', 'other', null);
    tally.add('a', 'first', 9);
    assert.deepEqual(tally.list(), [
      { code: 'a', detail: 'first (2 times)', line: 4 },
      { code: 'b', detail: 'other', line: null },
    ]);
  });

  test('keeps as many as a receipt does and counts the rest', () => {
    const tally = new WarningTally();
    for (let i = 0; i < LIMITS.warningsPerReceipt + 5; i++) tally.add('a', `number ${i}`, i);
    assert.equal(tally.list().length, LIMITS.warningsPerReceipt);
    assert.deepEqual(tally.list().at(-1), { code: 'more_warnings', detail: '6 more warnings were not kept', line: null });
  });
});
