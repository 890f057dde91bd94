import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connectStore, migrate, type Store } from '../../store/index.ts';
import {
  INSERT_STATISTICS,
  INSERT_STATISTICS_WITH_REQUESTS,
  readSampleStatistics,
  STATISTICS_VERSION,
} from '../../store/sample-statistics.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';

const embedded = useEmbeddedStore();
let store: Store;
const NOW_MS = Date.UTC(2026, 10, 20);

/** What was computed under a version stays in users' stores: whoever changes the statements has to raise the version with this digest. */
test('the statements of the statistics belong to their version', () => {
  const digest = createHash('sha256')
    .update(INSERT_STATISTICS.replaceAll(/\s+/g, ' ') + INSERT_STATISTICS_WITH_REQUESTS.replaceAll(/\s+/g, ' '))
    .digest('hex')
    .slice(0, 16);
  assert.deepEqual([STATISTICS_VERSION, digest], [1, '4343fb18f33ce285']);
});

async function appendSamples(runId: string, seriesIds: readonly string[], payloadId: string): Promise<void> {
  const rows = seriesIds.flatMap((seriesId) =>
    [1, 2].map((repetition) => ({
      run_id: runId,
      series_id: seriesId,
      repetition,
      payload_id: payloadId,
      ordinal: 1,
      sample_values: Array.from({ length: 60 }, (_, i) => 100 + ((i * 37) % 60) + repetition),
      at_ns: [],
      paths: [],
      inputs: [],
      quality: repetition === 2 ? ['multiplexed'] : [],
      line: 1,
      received_at: NOW_MS,
    })),
  );
  await store.append('samples', rows);
}

async function appendSeal(runId: string, payloadIds: readonly string[]): Promise<void> {
  const row = { run_id: runId, seal_id: randomUUID(), project: 'p', suite: 's', sealed_at: NOW_MS, sealed_by: 't', digest: 'sha256:x' };
  await store.append('seals', [{ ...row, receipt_ids: [], payload_ids: payloadIds, environment_generation: 0 }]);
}

async function countKept(runId: string): Promise<number> {
  const rows = await store.query<{ n: string }>('SELECT count() AS n FROM repetition_statistics WHERE run_id = {runId:UUID}', { runId });
  return Number(rows[0]?.n);
}

describe('statistics of sealed runs', () => {
  before(async () => {
    store = connectStore(embedded.store());
    await migrate(store);
  });
  after(() => store.close());

  test('are computed once, and read the same again', async () => {
    const [runId, payloadId] = [randomUUID(), randomUUID()];
    await appendSamples(runId, [randomUUID(), randomUUID()], payloadId);
    await appendSeal(runId, [payloadId]);
    const first = await readSampleStatistics(store, [runId]);
    assert.equal(first.length, 4);
    assert.equal(await countKept(runId), 4);
    assert.deepEqual(await readSampleStatistics(store, [runId]), first);
    assert.equal(await countKept(runId), 4);
    assert.deepEqual(first.map(({ repetition }) => repetition.quality).sort(), [[], [], ['multiplexed'], ['multiplexed']]);
  });

  test('are not kept before the seal says which payloads count', async () => {
    const [runId, sealed, late] = [randomUUID(), randomUUID(), randomUUID()];
    const seriesId = randomUUID();
    await appendSamples(runId, [seriesId], sealed);
    assert.deepEqual(await readSampleStatistics(store, [runId]), []);
    assert.equal(await countKept(runId), 0);
    await appendSeal(runId, [sealed]);
    await appendSamples(runId, [seriesId], late);
    const read = await readSampleStatistics(store, [runId]);
    assert.deepEqual(
      read.map(({ repetition }) => repetition.sampleCount),
      [60, 60],
    );
  });

  test('are computed anew when rows were cut off, and rows that came twice count once', async () => {
    const [runId, payloadId] = [randomUUID(), randomUUID()];
    await appendSamples(runId, [randomUUID(), randomUUID()], payloadId);
    await appendSeal(runId, [payloadId]);
    const whole = await readSampleStatistics(store, [runId]);
    await store.command('DELETE FROM repetition_statistics WHERE run_id = {runId:UUID} AND repetition = 2', { runId });
    assert.equal(await countKept(runId), 2);
    assert.deepEqual(await readSampleStatistics(store, [runId]), whole);
    assert.ok((await countKept(runId)) > 4, 'the rows that were left are there twice now');
  });

  test('of an older version are not read', async () => {
    const [runId, payloadId] = [randomUUID(), randomUUID()];
    await appendSamples(runId, [randomUUID()], payloadId);
    await appendSeal(runId, [payloadId]);
    const whole = await readSampleStatistics(store, [runId]);
    await store.command(
      `INSERT INTO repetition_statistics SELECT * REPLACE (0 AS statistics_version, -1 AS minimum) FROM repetition_statistics
       WHERE run_id = {runId:UUID}`,
      { runId },
    );
    assert.deepEqual(await readSampleStatistics(store, [runId]), whole);
  });
});
