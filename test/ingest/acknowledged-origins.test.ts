import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcknowledgedOrigins } from '../../ingest/acknowledged-origins.ts';
import type { RecordSeries } from '../../ingest/records.ts';

const declare = (): RecordSeries => ({
  region: 'decoder',
  metric: 'retries',
  nativeMetric: 'retries',
  unit: '1',
  better: 'lower',
  assume: 'sampled',
  judgedAs: 'rate',
  valueKind: 'counter',
  labels: {},
  attributes: {},
});
const series = declare();
const origin = { series, repetition: 1, sinceNs: 5n };

test('an origin that an acknowledged payload told is known in its run, repetition and time alone', () => {
  const origins = new AcknowledgedOrigins();
  assert.equal(origins.of('run', 'second').has(origin), false);
  origins.add('run', 'first', [origin]);
  const known = origins.of('run', 'second');
  assert.equal(known.has(origin), true);
  assert.equal(known.has({ ...origin, repetition: 2 }), false);
  assert.equal(known.has({ ...origin, sinceNs: 6n }), false);
  assert.equal(known.has({ ...origin, series: declare() }), false);
  assert.equal(origins.of('other', 'second').has(origin), false);
});

test('a payload tells again what another with its own receipt told: only one of the two will count', () => {
  const origins = new AcknowledgedOrigins();
  origins.add('run', 'first', [origin]);
  assert.equal(origins.of('run', 'first').has(origin), false);
});

test('of a counter that began anew the last origin is kept', () => {
  const origins = new AcknowledgedOrigins();
  origins.add('run', 'first', [origin]);
  origins.add('run', 'second', [{ ...origin, sinceNs: 9n }]);
  const known = origins.of('run', 'third');
  assert.deepEqual([known.has(origin), known.has({ ...origin, sinceNs: 9n })], [false, true]);
});
