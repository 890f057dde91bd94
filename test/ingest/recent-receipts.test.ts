import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentReceipts } from '../../ingest/recent-receipts.ts';

test('as many receipts as the limit are known, and one more lets the oldest go', () => {
  const recent = new RecentReceipts(2);
  recent.add('a');
  recent.add('b');
  recent.add('b');
  assert.deepEqual([recent.has('a'), recent.has('b'), recent.has('c')], [true, true, false]);
  recent.add('c');
  assert.deepEqual([recent.has('a'), recent.has('b'), recent.has('c')], [false, true, true]);
});
