import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcknowledgedSeries } from '../../ingest/acknowledged-series.ts';

const definitions = (...ids: readonly string[]) => new Map(ids.map((id) => [id, `ns lower ${id}`]));

test('series are known by run, with the definition they first had', () => {
  const series = new AcknowledgedSeries();
  series.add('run', 'first', definitions('a', 'b'));
  series.add('run', 'second', new Map([['a', 'another']]));
  const known = series.of('run', 'third');
  assert.deepEqual([known.get('a'), known.get('b'), known.get('c')], ['ns lower a', 'ns lower b', undefined]);
  assert.equal(series.of('other', 'third').get('a'), undefined);
});

test('a payload sends again what another with its own receipt brought: only one of the two will count', () => {
  const series = new AcknowledgedSeries();
  series.add('run', 'first', definitions('a'));
  series.add('run', 'second', definitions('b'));
  const known = series.of('run', 'first');
  assert.deepEqual([known.get('a'), known.get('b')], [undefined, 'ns lower b']);
});

test('as many as the limit are kept, and with one more the others are let go', () => {
  const series = new AcknowledgedSeries(3);
  const isKnown = (run: string, id: string) => series.of(run, 'later').get(id) !== undefined;
  series.add('run', 'r', definitions('a', 'b'));
  series.add('other', 'r', definitions('c'));
  assert.deepEqual([isKnown('run', 'a'), isKnown('run', 'b'), isKnown('other', 'c')], [true, true, true]);
  series.add('run', 'r', definitions('d'));
  assert.deepEqual([isKnown('run', 'a'), isKnown('other', 'c'), isKnown('run', 'd')], [false, false, true]);
});
