import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcknowledgedSeries } from '../../ingest/acknowledged-series.ts';

const definitions = (...ids: readonly string[]) => new Map(ids.map((id) => [id, `ns lower ${id}`]));

test('series are known by run, with the definition they first had', () => {
  const series = new AcknowledgedSeries();
  series.add('run', definitions('a', 'b'));
  series.add('run', new Map([['a', 'another']]));
  assert.deepEqual(series.of('run'), definitions('a', 'b'));
  assert.equal(series.of('other').size, 0);
});

test('as many as the limit are kept, and with one more the others are let go', () => {
  const series = new AcknowledgedSeries(3);
  series.add('run', definitions('a', 'b'));
  series.add('other', definitions('c'));
  assert.deepEqual([series.of('run').size, series.of('other').size], [2, 1]);
  series.add('run', definitions('d'));
  assert.deepEqual([[...series.of('run').keys()], series.of('other').size], [['d'], 0]);
});
