import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readUnfinishedSeals, type SealPorts, sealRun } from '../../ingest/index.ts';
import { assertReceiptCounts, sortReceipts } from '../../ingest/seal.ts';
import {
  appendSealIntent,
  connectStore,
  createGroupCommit,
  type GroupCommit,
  migrate,
  type PayloadRows,
  putRun,
  type Row,
  readLandedSeries,
  readMeasurements,
  readRun,
  readSeal,
  readSealIntent,
  type Store,
  type StoredReceipt,
  type StoredRun,
} from '../../store/index.ts';
import { ProblemError, type ProblemType } from '../../wire/problems.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';
import { createRandom } from '../support/service.ts';

const embedded = useEmbeddedStore();
let store: Store;
let groupCommit: GroupCommit;
let ports: SealPorts;

const NOW_MS = Date.UTC(2026, 10, 20);
const sleep = async (ms: number) => {
  await delay(ms);
};
const SERIES_ID = '00000000-0000-4000-8000-00000000000a';

async function openRun(): Promise<StoredRun> {
  return await putRun(store, {
    run_id: randomUUID(),
    project: 'p',
    suite: 's',
    kind: 'nightly',
    subject_name: 'driver',
    subject_version: '1',
    subject_commit: '',
    subject_branch: '',
    subject_digest: '',
    isa: 'riscv64',
    hostname: 'lab',
    class_digest: 'sha256:class',
    environment: '{"hostname":"lab","isa":"riscv64"}',
    labels: {},
    request_digest: 'sha256:request',
    created_at: NOW_MS,
    created_by: 'test',
  });
}

type Payload = { readonly rows: PayloadRows; readonly receipt: Row<'receipts'> };

/** A payload of three samples of one series; `name` stands for its content. */
function makePayload(runId: string, name: string): Payload {
  const payloadId = randomUUID();
  const place = { run_id: runId, series_id: SERIES_ID, payload_id: payloadId, received_at: NOW_MS };
  const series: Row<'series'> = {
    ...place,
    region: 'r',
    metric: 'latency',
    native_metric: '',
    unit: 'ns',
    better: 'lower',
    assume: 'sampled',
    judged_as: 'location',
    value_kind: 'samples',
    labels: {},
    attributes: {},
  };
  const samples: Row<'samples'> = {
    ...place,
    repetition: 1,
    ordinal: 1,
    sample_values: [1, 2, 3],
    at_ns: [],
    paths: [],
    inputs: [],
    quality: [],
    line: 2,
  };
  const receipt: Row<'receipts'> = {
    run_id: runId,
    receipt_id: `sha256:${name}`,
    payload_id: payloadId,
    content_digest: `sha256:content-${name}`,
    project: 'p',
    kind: 'samples',
    format: 'csv',
    repetition: 1,
    sequence: 0,
    at_ns: null,
    parameters: {},
    body_bytes: 10,
    record_count: 1,
    sample_count: 3,
    reading_count: 0,
    histogram_count: 0,
    summary_count: 0,
    span_count: 0,
    event_count: 0,
    series_count: 1,
    warnings: '[]',
    received_at: NOW_MS,
    received_by: 'test',
  };
  return {
    rows: {
      series: [series],
      samples: [samples],
      readings: [],
      reading_stretches: [],
      histograms: [],
      summaries: [],
      events: [],
      spans: [],
    },
    receipt,
  };
}

const commit = ({ rows, receipt }: Payload) => groupCommit.commit(rows, receipt);

/** The problem a promise ends in. */
async function problemOf(promise: Promise<unknown>): Promise<ProblemError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ProblemError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

async function countRows(runId: string): Promise<number> {
  const rows = await store.query<{ n: string }>(
    `SELECT count() AS n FROM (SELECT payload_id FROM series WHERE run_id = {runId:UUID} UNION ALL SELECT payload_id FROM samples WHERE run_id = {runId:UUID}
UNION ALL SELECT payload_id FROM events WHERE run_id = {runId:UUID})`,
    { runId },
  );
  return Number(rows[0]?.n);
}

const toReceipt = (changes: Partial<StoredReceipt>): StoredReceipt => ({
  receiptId: 'sha256:r',
  payloadId: 'payload',
  contentDigest: 'sha256:c',
  kind: 'samples',
  format: 'csv',
  repetition: 1,
  sequence: '0',
  atNs: null,
  recordCount: 0,
  sampleCount: 0,
  readingCount: 0,
  histogramCount: 0,
  summaryCount: 0,
  spanCount: 0,
  eventCount: 0,
  seriesCount: 0,
  warnings: [],
  ...changes,
});

test('payloads are ordered by repetition, sequence, time (none last) and content, whatever order they come in', () => {
  const expected = [
    toReceipt({ receiptId: 'z', repetition: 1, sequence: '0', atNs: '999' }),
    // 2^53 + 1 and + 2 nanoseconds are one double: only whole digits keep them apart.
    toReceipt({ receiptId: 'y', repetition: 1, sequence: '0', atNs: '9007199254740993' }),
    toReceipt({ receiptId: 'x', repetition: 1, sequence: '0', atNs: '9007199254740994' }),
    toReceipt({ receiptId: 'f', repetition: 1, sequence: '0', contentDigest: 'sha256:a' }),
    toReceipt({ receiptId: 'e', repetition: 1, sequence: '0', contentDigest: 'sha256:b' }),
    toReceipt({ receiptId: 'd', repetition: 1, sequence: '9', atNs: '1' }),
    toReceipt({ receiptId: 'c', repetition: 1, sequence: '10' }),
    toReceipt({ receiptId: 'b', repetition: 2, sequence: '0', atNs: '1' }),
    toReceipt({ receiptId: 'a', repetition: 10, sequence: '0' }),
  ];
  const random = createRandom(1);
  for (let round = 0; round < 200; round += 1) {
    const shuffled = expected.map((receipt) => ({ receipt, key: random() })).sort((a, b) => a.key - b.key);
    assert.deepEqual(sortReceipts(shuffled.map(({ receipt }) => receipt)), expected);
  }
});

describe('sealing on ClickHouse', () => {
  before(async () => {
    store = connectStore(embedded.store());
    await migrate(store);
    groupCommit = createGroupCommit(store);
    ports = { store, nowMs: Date.now, newId: randomUUID, sleep };
  });
  after(() => store.close());

  test('a receipt whose rows are missing is named, and the run stays open', async () => {
    const run = await openRun();
    await commit(makePayload(run.runId, 'whole'));
    const lost = makePayload(run.runId, 'lost');
    await store.append('receipts', [lost.receipt]);
    const partly = makePayload(run.runId, 'partly');
    await store.append('samples', partly.rows.samples);
    await store.append('receipts', [partly.receipt]);
    const problem = await problemOf(sealRun(ports, run, [], 'test'));
    assert.equal(problem.type, 'run-incomplete');
    assert.deepEqual(problem.members['missing'], [
      { receiptId: 'sha256:lost', detail: 'samples: 3 acknowledged, 0 stored; series: 1 acknowledged, 0 stored' },
      { receiptId: 'sha256:partly', detail: 'series: 1 acknowledged, 0 stored' },
    ]);
    assert.equal(await readSealIntent(store, run.runId), false, 'no writer has to wait for a seal that cannot come');
    assert.equal(await readSeal(store, run.runId), undefined);
  });

  test('receipts that the client was given and the run lacks are named, also when the run is sealed already', async () => {
    const run = await openRun();
    await commit(makePayload(run.runId, 'a'));
    for (const sealed of [false, true]) {
      if (sealed) await sealRun(ports, run, ['sha256:a'], 'test');
      const problem = await problemOf(sealRun(ports, run, ['sha256:a', 'sha256:gone'], 'test'));
      assert.equal(problem.type, 'run-incomplete');
      assert.deepEqual(problem.members['missing'], [{ receiptId: 'sha256:gone', detail: 'no such receipt in this run' }]);
    }
  });

  test('a run without a payload cannot be sealed, nor one whose rows came without a receipt', async () => {
    const run = await openRun();
    assert.equal((await problemOf(sealRun(ports, run, [], 'test'))).type, 'run-incomplete');
    await store.append('samples', makePayload(run.runId, 'orphan').rows.samples);
    assert.equal((await problemOf(sealRun(ports, run, [], 'test'))).type, 'run-incomplete');
  });

  test('rows that no receipt names are removed, those of other runs stay', async () => {
    const [run, other] = [await openRun(), await openRun()];
    await commit(makePayload(run.runId, 'a'));
    const orphan = makePayload(run.runId, 'orphan');
    await store.append('series', orphan.rows.series);
    await store.append('samples', orphan.rows.samples);
    await store.append('events', [
      {
        run_id: run.runId,
        repetition: 1,
        payload_id: randomUUID(),
        ordinal: 1,
        code: 'kernel.oops',
        at_ns: null,
        message: 'm',
        labels: {},
        line: 1,
        received_at: NOW_MS,
      },
    ]);
    await store.append('samples', makePayload(other.runId, 'underway').rows.samples);
    assert.equal(await countRows(run.runId), 5);
    const seal = await sealRun(ports, run, [], 'test');
    assert.deepEqual(seal.receiptIds, ['sha256:a']);
    assert.equal(await countRows(run.runId), 2);
    assert.equal(await countRows(other.runId), 1);
  });

  test('of two payloads with equal content the first received counts and the other one’s rows are removed', async () => {
    const run = await openRun();
    const [first, second] = [makePayload(run.runId, 'same'), makePayload(run.runId, 'same')];
    await Promise.all([commit({ ...second, receipt: { ...second.receipt, received_at: NOW_MS + 1 } }), commit(first)]);
    const seal = await sealRun(ports, run, ['sha256:same'], 'test');
    assert.deepEqual(seal.payloadIds, [first.receipt.payload_id]);
    assert.equal(await countRows(run.runId), 2);
  });

  test('ten sealers at once agree on one seal', async () => {
    const run = await openRun();
    await commit(makePayload(run.runId, 'a'));
    const seals = await Promise.all(Array.from({ length: 10 }, (_, index) => sealRun(ports, run, [], `sealer-${index}`)));
    assert.equal(new Set(seals.map((seal) => seal.sealId)).size, 1);
    assert.equal((await readRun(store, run.runId))?.state, 'sealed');
  });

  test('a writer whose receipt lands after the seal is told so, and its payload is in no answer', async () => {
    const run = await openRun();
    await commit(makePayload(run.runId, 'a'));
    await sealRun(ports, run, [], 'test');
    await commit(makePayload(run.runId, 'late'));
    assert.equal((await problemOf(assertReceiptCounts(ports, run.runId, 'sha256:late'))).type, 'run-sealed');
    await assertReceiptCounts(ports, run.runId, 'sha256:a');
    const [series] = await readLandedSeries(store, run.runId, { region: '', metric: '', after: '', limit: 10 });
    assert.equal(series?.count, 3, 'what the run shows is what is judged');
    const [measurement] = await readMeasurements(store, [run.runId]);
    assert.equal(measurement?.samples[0]?.sampleCount, 3);
  });

  test('a seal that was only announced makes writers wait, then ask again; it is finished once its sealer must be dead', async () => {
    const run = await openRun();
    await commit(makePayload(run.runId, 'a'));
    const intendedAtMs = Date.now();
    await appendSealIntent(store, { run_id: run.runId, intended_at: intendedAtMs, intended_by: 'dead' });
    assert.equal((await readRun(store, run.runId))?.state, 'sealing');
    await commit(makePayload(run.runId, 'b'));
    let waitedMs = 0;
    const patient: SealPorts = {
      ...ports,
      sleep: async (ms) => {
        waitedMs += ms;
      },
    };
    const problem = await problemOf(assertReceiptCounts(patient, run.runId, 'sha256:b'));
    assert.equal(problem.type, 'run-sealing');
    assert.equal(problem.status, 503);
    assert.ok((problem.retryAfterS ?? 0) > 0);
    assert.ok(waitedMs >= 2000 && waitedMs <= 5000, `waited ${waitedMs} ms`);

    const runsAt = async (ms: number) =>
      (await readUnfinishedSeals({ ...ports, nowMs: () => ms })).filter(({ runId }) => runId === run.runId);
    assert.deepEqual(await runsAt(intendedAtMs + 19_999), [], 'its sealer may be alive');
    const [unfinished] = await runsAt(intendedAtMs + 20_001);
    assert.ok(unfinished);
    const seal = await sealRun(ports, unfinished, [], 'recovery');
    assert.deepEqual(seal.receiptIds, ['sha256:a', 'sha256:b'], 'whoever was told to ask again is in it');
    await assertReceiptCounts(ports, run.runId, 'sha256:b');
    assert.deepEqual(await runsAt(intendedAtMs + 20_001), []);
  });

  test('acknowledged is the same as sealed, in 50 races of writers against a seal', async () => {
    const random = createRandom(2026);
    const ended = { acknowledged: 0, refused: 0 };
    async function write(
      run: StoredRun,
      name: string,
      delayMs: number,
    ): Promise<{ readonly receiptId: string; readonly outcome: 'acknowledged' | ProblemType }> {
      await delay(delayMs);
      const payload = makePayload(run.runId, name);
      const receiptId = payload.receipt.receipt_id;
      await commit(payload);
      try {
        await assertReceiptCounts(ports, run.runId, receiptId);
        return { receiptId, outcome: 'acknowledged' };
      } catch (error) {
        if (error instanceof ProblemError) return { receiptId, outcome: error.type };
        throw error;
      }
    }
    // Removing what nobody sees takes most of the time of a seal; its own test is above, so here only some seals do it.
    const hasty: SealPorts = { ...ports, store: { ...store, command: async () => undefined } };
    async function race(sealer: SealPorts): Promise<{ readonly runId: string; readonly sealedCount: number }> {
      const run = await openRun();
      await commit(makePayload(run.runId, 'first'));
      const writers = Array.from({ length: 6 }, (_, index) => write(run, `w${index}`, random() * 60));
      const sealing = delay(random() * 50).then(() => sealRun(sealer, run, ['sha256:first'], 'test'));
      const [seal, written] = await Promise.all([sealing, Promise.all(writers)]);
      for (const { receiptId, outcome } of written) {
        assert.ok(outcome === 'acknowledged' || outcome === 'run-sealed', outcome);
        assert.equal(seal.receiptIds.includes(receiptId), outcome === 'acknowledged', `${receiptId}: ${outcome}`);
        ended[outcome === 'acknowledged' ? 'acknowledged' : 'refused'] += 1;
      }
      return { runId: run.runId, sealedCount: 3 * seal.receiptIds.length };
    }
    for (let round = 0; round < 10; round += 1) {
      const races = await Promise.all(Array.from({ length: 5 }, (_, index) => race(index === 0 && round % 2 === 0 ? ports : hasty)));
      const measurements = await readMeasurements(
        store,
        races.map(({ runId }) => runId),
      );
      for (const [index, { runId, sealedCount }] of races.entries()) {
        const measurement = measurements.find((one) => one.runId === runId);
        assert.equal(measurement?.samples[0]?.sampleCount, sealedCount, 'every sealed payload has its rows');
        if (index > 1) continue;
        const [landed] = await readLandedSeries(store, runId, { region: '', metric: '', after: '', limit: 10 });
        assert.equal(landed?.count, sealedCount, 'what the run shows is what is judged');
      }
    }
    assert.ok(ended.acknowledged > 20 && ended.refused > 20, `the delays must reach both sides: ${JSON.stringify(ended)}`);
  });
});
