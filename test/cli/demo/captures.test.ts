import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCaptures } from '../../../cli/demo/captures.ts';
import { CommandError } from '../../../cli/exit.ts';
import { FORMATS } from '../../../wire/payload.ts';

/** Later than any capture. */
const NOW_MS = Date.parse('2030-01-01T00:00:00Z');

const times = async (nowMs: number) => {
  const { golden, candidate } = await loadCaptures(nowMs);
  return [...golden, candidate].flatMap(({ payloads }) =>
    payloads.flatMap(({ query }) => (query['at'] === undefined ? [] : [BigInt(query['at'])])),
  );
};

test('loads three golden runs and the candidate, each with its bounds and three repetitions of eight files', async () => {
  const { golden, candidate } = await loadCaptures(NOW_MS);
  assert.deepEqual(
    golden.map(({ folder }) => folder),
    ['golden-1', 'golden-2', 'golden-3'],
  );
  for (const { run, payloads } of [...golden, candidate]) {
    assert.equal(run.project, 'demo');
    assert.equal(payloads.length, 1 + 3 * 8);
    for (const { kind, query } of payloads)
      assert.ok(
        FORMATS[kind].some((format) => format === query['format']),
        query['format'],
      );
  }
  assert.notEqual(candidate.run.subject.version, golden[0]?.run.subject.version);
});

test('keeps the times of the captures', async () => {
  const { candidate } = await loadCaptures(NOW_MS);
  const scrapes = candidate.payloads.filter(({ kind }) => kind === 'gpu');
  assert.equal(scrapes.length, 6);
  assert.ok(scrapes.every(({ query }) => /^17952\d{14}$/.test(query['at'] ?? '')));
});

test('moves times back together for a clock that is behind the captures', async () => {
  const behindMs = Date.parse('2025-06-01T00:00:00Z');
  const [kept, moved] = [await times(NOW_MS), await times(behindMs)];
  const latest = (list: readonly bigint[]) => list.toSorted((a, b) => Number(a - b)).at(-1) ?? 0n;
  assert.equal(latest(moved), BigInt(behindMs) * 1_000_000n);
  const shift = latest(kept) - latest(moved);
  assert.deepEqual(
    moved.map((at) => at + shift),
    kept,
  );
});

test('says that captures are damaged instead of walking on', async () => {
  await assert.rejects(loadCaptures(NOW_MS, '/nowhere'), (error: unknown) => error instanceof CommandError && error.exitCode === 3);
});
