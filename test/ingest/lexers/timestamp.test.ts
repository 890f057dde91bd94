import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../ingest/format.ts';
import { Int64List } from '../../../ingest/lexers/int64-list.ts';
import { assertTimesInWindow, readTimestamp, TimestampReader } from '../../../ingest/lexers/timestamp.ts';
import type { SamplesRecord } from '../../../ingest/records.ts';
import { LIMITS } from '../../../wire/limits.ts';

test('reads what Date reads, to the millisecond, with any offset (property)', () => {
  const moments = fc.date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2299-12-31T23:59:59Z'), noInvalidDate: true });
  const offsets = fc.tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
  fc.assert(
    fc.property(moments, offsets, (moment, [sign, hours, minutes]) => {
      const offset = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
      const text = moment.toISOString().replace('Z', offset);
      assert.deepEqual(readTimestamp(text), { atNs: BigInt(Date.parse(text)) * 1_000_000n });
    }),
  );
});

test('reads a sequence of times as it reads each alone (property)', () => {
  const time = fc.oneof(
    fc.stringMatching(/^2026-01-3[01]T12:0[01]:[0-6]\d(\.\d{1,10})?(Z|\+01:00)$/),
    fc.stringMatching(/^1969-12-31T23:59:5\d\.\d{1,9}Z$/),
    fc.constantFrom('1769860800000000001', '2026-01-31T12:00:00.x1Z', '2026-01-31T12:00:00.Z', '2026-01-31T12:00:00', ''),
  );
  fc.assert(
    fc.property(fc.array(time, { maxLength: 20 }), (texts) => {
      const reader = new TimestampReader();
      for (const text of texts) assert.deepEqual(reader.read(text), readTimestamp(text), text);
    }),
    { numRuns: 500 },
  );
});

const NOW_NS = 1_769_860_800_000_000_000n;

function recordAt(...atNs: readonly bigint[]): SamplesRecord {
  const series = {
    region: 'r',
    metric: 'latency',
    nativeMetric: 'latency',
    unit: 'ns',
    better: 'lower',
    assume: 'sampled',
    judgedAs: 'location',
    valueKind: 'samples',
    labels: {},
    attributes: {},
  } as const;
  return { kind: 'samples', series, repetition: 1, values: atNs.map(() => 1), atNs, quality: [], line: 7 };
}

test('takes times at both limits of the window and refuses one nanosecond beyond, naming the value', () => {
  const earliest = NOW_NS - LIMITS.atBackNs;
  const latest = NOW_NS + LIMITS.atAheadNs;
  assertTimesInWindow(recordAt(earliest, latest), NOW_NS, LIMITS);
  assertTimesInWindow(recordAt(), NOW_NS, LIMITS);
  for (const outside of [earliest - 1n, latest + 1n]) {
    assert.throws(
      () => assertTimesInWindow(recordAt(NOW_NS, outside), NOW_NS, LIMITS),
      (error) =>
        error instanceof ParseError &&
        error.line === 7 &&
        error.message.includes(`${outside} ns`) &&
        /value 2 of the 2/.test(error.message),
    );
  }
});

test('reads a time quickly as it reads it slowly, whatever came before it', () => {
  const texts = [
    '-123456789012345678',
    '1795194819000000000',
    '1795194819999999999',
    '1795194819-23456789',
    '4294967295999999999',
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:59.999999999Z',
    '2026-01-31T12:00:60Z',
    '2026-01-31T12:00:01+01:00',
    '2026-01-31T12:00Z',
    '1969-12-31T23:59:00Z',
    '1969-12-31T23:59:59.999999999Z',
    '179519481900000000',
  ];
  for (const first of texts) {
    for (const second of texts) {
      const reader = new TimestampReader();
      for (const text of [first, second, first]) {
        const quick = reader.readQuickly(`at,${text}\n`, 3, 3 + text.length);
        const slow = readTimestamp(text);
        const list = new Int64List();
        if (quick !== undefined) list.push(quick);
        assert.deepEqual([...list.take()], 'atNs' in slow ? [slow.atNs] : [], text);
      }
    }
  }
});
