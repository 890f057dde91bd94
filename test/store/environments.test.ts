import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connectStore, migrate, putRun, putRunEnvironment, type Row, readRun, readRunEnvironments, type Store } from '../../store/index.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';

const embedded = useEmbeddedStore();
let store: Store;
const NOW_MS = Date.UTC(2026, 10, 20);

async function openRun(): Promise<string> {
  const runId = randomUUID();
  await putRun(store, {
    run_id: runId,
    project: 'p',
    suite: 's',
    kind: 'nightly',
    subject_name: 'n',
    subject_version: '1',
    subject_commit: '',
    subject_branch: '',
    subject_digest: '',
    isa: 'riscv64',
    hostname: 'h',
    class_digest: 'class-0',
    environment: '{"hostname":"h","isa":"riscv64"}',
    labels: {},
    request_digest: '',
    created_at: NOW_MS,
    created_by: '',
  });
  return runId;
}

const toRow = (runId: string, generation: number, content: string): Row<'run_environments'> => ({
  run_id: runId,
  generation,
  content_digest: content,
  format: 'json',
  isa: 'riscv64',
  hostname: 'h',
  class_digest: `class-${content}`,
  environment: JSON.stringify({ isa: 'riscv64', hostname: 'h', said: content }),
  warnings: '[]',
  body_bytes: 2,
  received_at: NOW_MS,
  received_by: 't',
});

const seal = (runId: string, generation: number) =>
  store.append('seals', [
    {
      run_id: runId,
      seal_id: randomUUID(),
      project: 'p',
      suite: 's',
      sealed_at: NOW_MS,
      sealed_by: '',
      receipt_ids: [],
      payload_ids: [],
      digest: 'sha256:seal',
      environment_generation: generation,
    },
  ]);

const stand = async (runId: string) => {
  const run = await readRun(store, runId);
  return [run?.environmentGeneration, run?.classDigest, new Map(Object.entries(run?.environment ?? {})).get('said')];
};

describe('environments of a run', () => {
  before(async () => {
    store = connectStore(embedded.store());
    await migrate(store);
  });
  after(() => store.close());

  test('an open run has the highest generation, the opening one being 0', async () => {
    const runId = await openRun();
    assert.deepEqual(await stand(runId), [0, 'class-0', undefined]);
    assert.ok(await putRunEnvironment(store, toRow(runId, 1, 'a')));
    assert.ok(await putRunEnvironment(store, toRow(runId, 2, 'b')));
    assert.deepEqual(await stand(runId), [2, 'class-b', 'b']);
    assert.deepEqual(
      (await readRunEnvironments(store, runId)).map(({ generation, contentDigest }) => [generation, contentDigest]),
      [
        [1, 'a'],
        [2, 'b'],
      ],
    );
  });

  test('of two writers of one generation the first holds', async () => {
    const runId = await openRun();
    const held = await Promise.all(['a', 'b', 'c'].map((content) => putRunEnvironment(store, toRow(runId, 1, content))));
    assert.equal(held.filter((one) => one).length, 1);
    assert.deepEqual(await stand(runId), [1, `class-${['a', 'b', 'c'][held.indexOf(true)]}`, ['a', 'b', 'c'][held.indexOf(true)]]);
  });

  test('a sealed run keeps the generation its seal names, whatever is written later', async () => {
    const runId = await openRun();
    await putRunEnvironment(store, toRow(runId, 1, 'a'));
    await seal(runId, 1);
    await putRunEnvironment(store, toRow(runId, 2, 'late'));
    assert.deepEqual(await stand(runId), [1, 'class-a', 'a']);
  });

  test('a run sealed before there were generations keeps the environment it was opened with', async () => {
    const runId = await openRun();
    await seal(runId, 0);
    await putRunEnvironment(store, toRow(runId, 1, 'late'));
    assert.deepEqual(await stand(runId), [0, 'class-0', undefined]);
  });
});
