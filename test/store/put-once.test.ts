import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  connectStore,
  migrate,
  putBaselineEvent,
  putGate,
  putRun,
  putSeal,
  type Row,
  readBaselineEvents,
  readGate,
  readSeal,
  type Store,
} from '../../store/index.ts';
import { putOnce } from '../../store/put-once.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';

const embedded = useEmbeddedStore();
let store: Store;
let other: Store;

const NOW_MS = Date.UTC(2026, 10, 20);
const CALLERS = 30;
const callers = Array.from({ length: CALLERS }, (_, index) => index);

const toSealRow = (runId: string, caller: number): Row<'seals'> => ({
  run_id: runId,
  seal_id: randomUUID(),
  project: 'p',
  suite: 's',
  // The later the caller the earlier its clock: the token decides, not the time.
  sealed_at: NOW_MS - caller,
  sealed_by: `caller-${caller}`,
  receipt_ids: [`sha256:${caller}`],
  payload_ids: [],
  digest: `sha256:${caller}`,
  environment_generation: 0,
});

const toGateRow = (project: string, version: number, digest: string): Row<'gates'> => ({
  project,
  gate: 'default',
  policy_version: version,
  policy: `version: 1 # ${digest}\n`,
  digest,
  written_at: NOW_MS,
  written_by: 'test',
});

const toEventRow = (project: string, generation: number, changes: Partial<Row<'baseline_events'>> = {}): Row<'baseline_events'> => ({
  project,
  suite: 's',
  class_digest: 'sha256:class',
  generation,
  baseline_id: randomUUID(),
  event: 'approved',
  reason: 'looked at it',
  overrides: '[]',
  self_approved: false,
  event_at: NOW_MS,
  event_by: 'test',
  ...changes,
});

function toRunRow(runId: string, caller: number): Row<'runs'> {
  return {
    run_id: runId,
    project: 'p',
    suite: 's',
    kind: 'nightly',
    subject_name: 'driver',
    subject_version: `${caller}`,
    subject_commit: '',
    subject_branch: '',
    subject_digest: '',
    isa: 'riscv64',
    hostname: 'lab',
    class_digest: 'sha256:class',
    environment: '{"hostname":"lab","isa":"riscv64"}',
    labels: {},
    request_digest: `sha256:${caller}`,
    created_at: NOW_MS,
    created_by: 'test',
  };
}

describe('put-if-absent on ClickHouse', () => {
  before(async () => {
    store = connectStore(embedded.store());
    other = connectStore(embedded.store());
    await migrate(store);
  });
  after(async () => {
    await store.close();
    await other.close();
  });

  describe('a row under a key', () => {
    test(`${CALLERS} callers at once with different rows and one key all get the same row, and only that one is stored`, async () => {
      for (let round = 0; round < 3; round += 1) {
        const runId = randomUUID();
        const held = await Promise.all(callers.map((caller) => putSeal(caller % 2 === 0 ? store : other, toSealRow(runId, caller))));
        assert.equal(new Set(held.map((seal) => seal.sealId)).size, 1);
        const stored = await store.query<{ digest: string }>('SELECT digest FROM seals WHERE run_id = {runId:UUID}', { runId });
        assert.deepEqual(stored, [{ digest: held[0]?.digest }]);
        assert.deepEqual(await readSeal(store, runId), held[0]);
      }
    });

    test('callers of different keys do not stand in each other’s way', async () => {
      const runIds = callers.map(() => randomUUID());
      const held = await Promise.all(runIds.map((runId, caller) => putSeal(store, toSealRow(runId, caller))));
      held.forEach((seal, caller) => {
        assert.equal(seal.digest, `sha256:${caller}`);
      });
    });

    test('a later caller gets the row that holds, whatever it brings', async () => {
      const runId = randomUUID();
      const first = await putSeal(store, toSealRow(runId, 1));
      assert.deepEqual(await putSeal(other, toSealRow(runId, 2)), first);
      assert.deepEqual(await putSeal(store, toSealRow(runId, 1)), first);
    });

    test('one run id opens one run', async () => {
      const runId = randomUUID();
      const runs = await Promise.all(callers.map((caller) => putRun(store, toRunRow(runId, caller))));
      assert.equal(new Set(runs.map((run) => run.requestDigest)).size, 1);
      assert.deepEqual(await store.query('SELECT count() AS runs FROM runs WHERE run_id = {runId:UUID}', { runId }), [{ runs: '1' }]);
    });

    test('a key whose first token was spent without a row, by a server that died, is put under the next one', async () => {
      const runId = randomUUID();
      let reads = 0;
      // The token `…#1` is spent by a row that the reader never sees.
      await store.putIfAbsent('seals', toSealRow(randomUUID(), 0), `${runId}#1`);
      const held = await putOnce(store, { table: 'seals', row: toSealRow(runId, 5), key: runId }, () => {
        reads += 1;
        return readSeal(store, runId);
      });
      assert.equal(held.digest, 'sha256:5');
      assert.ok(reads > 1, 'a rename may be pending, so it looks more than once before it takes the next token');
    });

    test('when three tokens were spent and no row shows it fails, and does not answer a row that is not there', async () => {
      const key = randomUUID();
      const sent: string[] = [];
      const blind: Store = {
        ...store,
        putIfAbsent: async (_table, _row, token) => {
          sent.push(token);
        },
      };
      await assert.rejects(
        putOnce(blind, { table: 'seals', row: toSealRow(key, 0), key }, async () => undefined),
        /three tokens/,
      );
      assert.deepEqual(sent, [`${key}#1`, `${key}#2`, `${key}#3`]);
    });
  });

  describe('the next policy of a gate', () => {
    test('of two writers of one version one holds and the other is told', async () => {
      const project = `gate-${randomUUID()}`;
      const held = await Promise.all([
        putGate(store, toGateRow(project, 1, 'sha256:a')),
        putGate(other, toGateRow(project, 1, 'sha256:b')),
      ]);
      assert.deepEqual(held.toSorted(), [false, true]);
      const gate = await readGate(store, project, 'default');
      assert.equal(gate?.digest, held[0] ? 'sha256:a' : 'sha256:b');
      assert.equal(gate?.policyVersion, 1);
    });

    test('two writers of one policy both hold', async () => {
      const project = `gate-${randomUUID()}`;
      const held = await Promise.all([
        putGate(store, toGateRow(project, 1, 'sha256:a')),
        putGate(other, toGateRow(project, 1, 'sha256:a')),
      ]);
      assert.deepEqual(held, [true, true]);
    });

    test('a writer of a version that has been passed does not hold', async () => {
      const project = `gate-${randomUUID()}`;
      assert.equal(await putGate(store, toGateRow(project, 1, 'sha256:a')), true);
      assert.equal(await putGate(store, toGateRow(project, 2, 'sha256:b')), true);
      assert.equal(await putGate(other, toGateRow(project, 1, 'sha256:c')), false);
      assert.equal((await readGate(store, project, 'default'))?.digest, 'sha256:b');
    });
  });

  describe('the next event of a baseline slot', () => {
    test('of ten writers of one generation one holds and the others are told', async () => {
      const project = `slot-${randomUUID()}`;
      const rows = callers.slice(0, 10).map(() => toEventRow(project, 1));
      const held = await Promise.all(rows.map((row, index) => putBaselineEvent(index % 2 === 0 ? store : other, row)));
      assert.equal(held.filter((mine) => mine).length, 1);
      const events = await readBaselineEvents(store, project, 's');
      assert.deepEqual(
        events.map((event) => event.baselineId),
        [rows[held.indexOf(true)]?.baseline_id],
      );
    });

    test('approving and retiring one baseline at the same generation, only one holds', async () => {
      const project = `slot-${randomUUID()}`;
      const baselineId = randomUUID();
      const held = await Promise.all([
        putBaselineEvent(store, toEventRow(project, 1, { baseline_id: baselineId })),
        putBaselineEvent(other, toEventRow(project, 1, { baseline_id: baselineId, event: 'retired' })),
      ]);
      assert.deepEqual(held.toSorted(), [false, true]);
    });

    test('generations and classes are slots of their own', async () => {
      const project = `slot-${randomUUID()}`;
      const rows = [toEventRow(project, 1), toEventRow(project, 2), toEventRow(project, 1, { class_digest: 'sha256:other' })];
      assert.deepEqual(await Promise.all(rows.map((row) => putBaselineEvent(store, row))), [true, true, true]);
      const events = await readBaselineEvents(store, project, 's');
      assert.deepEqual(
        events.map(({ classDigest, generation }) => [classDigest, generation]),
        [
          ['sha256:class', 1],
          ['sha256:class', 2],
          ['sha256:other', 1],
        ],
      );
    });
  });
});
