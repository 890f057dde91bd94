import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createGroupCommit, PAYLOAD_TABLES, type PayloadRows } from '../../store/group-commit.ts';
import type { Row, Store, TableName } from '../../store/index.ts';

type Append = { readonly table: TableName; readonly payloadIds: readonly string[]; readonly finish: (error?: Error) => void };

/** A store that only appends, and acknowledges an insert when told to. */
function createFakeStore() {
  const appends: Append[] = [];
  const refuse = () => Promise.reject(new Error('a group commit only appends'));
  const store: Store = {
    query: refuse,
    queryText: refuse,
    putIfAbsent: refuse,
    command: refuse,
    ping: refuse,
    close: refuse,
    append: refuse,
    encode: <Table extends TableName>(_table: Table, rows: readonly Row<Table>[]) => {
      const payloadIds = rows.map((row) => ('payload_id' in row ? String(row.payload_id) : ''));
      if (payloadIds.includes('unstorable')) throw new RangeError('no such number');
      return Buffer.from(payloadIds.map((payloadId) => `${payloadId}\n`).join(''));
    },
    appendEncoded: (table: TableName, parts: readonly Buffer[]) =>
      parts.every((part) => part.length === 0)
        ? Promise.resolve()
        : new Promise<void>((done, failed) => {
            const payloadIds = Buffer.concat(parts).toString().trim().split('\n');
            appends.push({ table, payloadIds, finish: (error) => (error === undefined ? done() : failed(error)) });
          }),
  };
  const started = (table: TableName) => appends.filter((append) => append.table === table);
  /** Acknowledges what is under way, and what follows from it, until nothing new is asked for. */
  async function finishAll(): Promise<void> {
    let finished = 0;
    for (let idle = 0; idle < 5; idle += 1) {
      for (; finished < appends.length; finished += 1) {
        appends[finished]?.finish();
        idle = 0;
      }
      await turn();
    }
  }
  return { store, appends, started, finishAll };
}

const SAMPLE: Omit<Row<'samples'>, 'payload_id'> = {
  run_id: 'run',
  series_id: 'series',
  repetition: 1,
  ordinal: 1,
  sample_values: [1],
  at_ns: [],
  paths: [],
  inputs: [],
  quality: [],
  line: 1,
  received_at: 0,
};

const EVENT: Omit<Row<'events'>, 'payload_id'> = {
  run_id: 'run',
  repetition: 1,
  ordinal: 1,
  code: 'kernel.oops',
  at_ns: null,
  message: '',
  labels: {},
  line: 1,
  received_at: 0,
};

const NO_ROWS: PayloadRows = {
  series: [],
  samples: [],
  readings: [],
  reading_stretches: [],
  histograms: [],
  summaries: [],
  events: [],
  spans: [],
};
const samplesOf = (payloadId: string): PayloadRows => ({ ...NO_ROWS, samples: [{ ...SAMPLE, payload_id: payloadId }] });

const receiptOf = (payloadId: string): Row<'receipts'> => ({
  run_id: 'run',
  receipt_id: `sha256:${payloadId}`,
  content_digest: `sha256:content-${payloadId}`,
  payload_id: payloadId,
  project: 'p',
  kind: 'samples',
  format: 'csv',
  repetition: 1,
  sequence: 0,
  at_ns: null,
  parameters: {},
  body_bytes: 1,
  record_count: 1,
  sample_count: 1,
  reading_count: 0,
  histogram_count: 0,
  summary_count: 0,
  span_count: 0,
  event_count: 0,
  series_count: 0,
  warnings: '[]',
  received_at: 0,
  received_by: 'test',
});

/** How a commit ended: `committed`, or the words of its failure. */
const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'committed',
    (error: Error) => error.message,
  );

/** The same, or `pending` when it has not ended after a few turns of the loop. */
async function peek(promise: Promise<unknown>): Promise<string> {
  const pending = turn()
    .then(() => turn())
    .then(() => 'pending');
  return await Promise.race([outcomeOf(promise), pending]);
}

describe('group commit', () => {
  test('a lone payload waits for nobody: rows, then its receipt, then the answer', async () => {
    const { store, appends } = createFakeStore();
    const committed = createGroupCommit(store).commit(samplesOf('a'), receiptOf('a'));
    await turn();
    assert.deepEqual(
      appends.map(({ table }) => table),
      ['samples'],
    );
    appends[0]?.finish();
    await turn();
    assert.deepEqual(
      appends.map(({ table }) => table),
      ['samples', 'receipts'],
    );
    assert.equal(await peek(committed), 'pending', 'not before the receipt is acknowledged');
    appends[1]?.finish();
    await committed;
  });

  test('payloads that arrive during an insert share the next one, in order of arrival', async () => {
    const { store, started, finishAll } = createFakeStore();
    const groupCommit = createGroupCommit(store);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const commits = names.map((name) => groupCommit.commit(samplesOf(name), receiptOf(name)));
    await finishAll();
    await Promise.all(commits);
    assert.deepEqual(
      started('samples').map(({ payloadIds }) => payloadIds),
      [['a'], ['b', 'c', 'd', 'e']],
    );
    assert.deepEqual(
      started('receipts').map(({ payloadIds }) => payloadIds),
      [['a'], ['b', 'c', 'd', 'e']],
    );
  });

  test('no receipt goes out before every table of its group is acknowledged', async () => {
    const { store, appends, started } = createFakeStore();
    const groupCommit = createGroupCommit(store);
    const rows: PayloadRows = { ...samplesOf('a'), events: [{ ...EVENT, payload_id: 'a' }] };
    const committed = groupCommit.commit(rows, receiptOf('a'));
    await turn();
    assert.equal(appends.length, 2);
    started('samples')[0]?.finish();
    await turn();
    assert.equal(started('receipts').length, 0);
    started('events')[0]?.finish();
    await turn();
    assert.equal(started('receipts').length, 1);
    started('receipts')[0]?.finish();
    await committed;
  });

  test('a group holds at most maxGroup payloads', async () => {
    const { store, started, finishAll } = createFakeStore();
    const groupCommit = createGroupCommit(store, { maxGroup: 2 });
    const commits = ['a', 'b', 'c', 'd'].map((name) => groupCommit.commit(samplesOf(name), receiptOf(name)));
    await finishAll();
    await Promise.all(commits);
    assert.deepEqual(
      started('receipts').map(({ payloadIds }) => payloadIds),
      [['a'], ['b', 'c'], ['d']],
    );
  });

  for (const failing of ['samples', 'receipts'] as const) {
    test(`when ${failing} cannot be stored exactly that group fails, and the next one succeeds`, async () => {
      const { store, started, finishAll } = createFakeStore();
      const groupCommit = createGroupCommit(store, { maxGroup: 2 });
      const commits = ['a', 'b', 'c', 'd'].map((name) => outcomeOf(groupCommit.commit(samplesOf(name), receiptOf(name))));
      await turn();
      // Group one is a, group two b and c, group three d.
      for (const [index, table] of [
        [0, 'samples'],
        [0, 'receipts'],
        [1, 'samples'],
        [1, 'receipts'],
      ] as const) {
        const append = started(table)[index];
        if (append === undefined) continue;
        append.finish(index === 1 && table === failing ? new Error('the disk is full') : undefined);
        await turn();
      }
      await finishAll();
      assert.deepEqual(await Promise.all(commits), ['committed', 'the disk is full', 'the disk is full', 'committed']);
      const receipts = started('receipts').map(({ payloadIds }) => payloadIds);
      assert.deepEqual(
        receipts,
        failing === 'samples' ? [['a'], ['d']] : [['a'], ['b', 'c'], ['d']],
        'a group whose rows failed gets no receipts',
      );
    });
  }

  test('a payload with a row that cannot be stored fails alone, whoever shares its insert', async () => {
    const { store, started, finishAll } = createFakeStore();
    const groupCommit = createGroupCommit(store);
    const outcomes = ['a', 'b', 'unstorable', 'c'].map((name) => outcomeOf(groupCommit.commit(samplesOf(name), receiptOf(name))));
    await finishAll();
    assert.deepEqual(await Promise.all(outcomes), ['committed', 'committed', 'no such number', 'committed']);
    assert.deepEqual(
      started('receipts').map(({ payloadIds }) => payloadIds),
      [['a'], ['b', 'c']],
    );
  });

  test('drain waits for what is under way and what is queued, and answers at once when idle', async () => {
    const { store, finishAll } = createFakeStore();
    const groupCommit = createGroupCommit(store);
    await groupCommit.drain();
    const done: string[] = [];
    const commits = ['a', 'b', 'c'].map((name) => groupCommit.commit(samplesOf(name), receiptOf(name)).then(() => done.push(name)));
    const drained = groupCommit.drain().then(() => done.push('drained'));
    assert.equal(await peek(drained), 'pending');
    await finishAll();
    await Promise.all([...commits, drained]);
    assert.deepEqual(done, ['a', 'b', 'c', 'drained']);
  });

  test('a failed group does not hold up the drain', async () => {
    const { store, appends } = createFakeStore();
    const groupCommit = createGroupCommit(store);
    const failed = outcomeOf(groupCommit.commit(samplesOf('a'), receiptOf('a')));
    await turn();
    appends[0]?.finish(new Error('gone'));
    await groupCommit.drain();
    assert.equal(await failed, 'gone');
  });

  test('every payload table is among those that are inserted', async () => {
    const { store, started, finishAll } = createFakeStore();
    const rows = Object.fromEntries(PAYLOAD_TABLES.map((table) => [table, [{ payload_id: table }]]));
    // Only the payload id is looked at: the fake store encodes nothing.
    const committed = createGroupCommit(store).commit(JSON.parse(JSON.stringify(rows)), receiptOf('a'));
    await finishAll();
    await committed;
    for (const table of PAYLOAD_TABLES)
      assert.deepEqual(
        started(table).map(({ payloadIds }) => payloadIds),
        [[table]],
      );
  });
});
