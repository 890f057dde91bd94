import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeHistograms, type StoredHistogram } from '../../store/merge-histograms.ts';

const histogram = (edges: readonly string[], counts: readonly string[], quality: StoredHistogram['quality'] = []): StoredHistogram => ({
  repetition: 2,
  scheme: 'log2',
  edges,
  counts,
  quality,
});

test('adds equal buckets and leaves gaps as empty buckets', () => {
  const merged = mergeHistograms([
    histogram(['0', '1', '2', '4'], ['1', '2', '3'], ['sum_unknown']),
    histogram(['2', '4'], ['10']),
    histogram(['16', '32', 'inf'], ['7', '1'], ['lost_events']),
  ]);
  assert.deepEqual(merged, {
    repetition: 2,
    scheme: 'log2',
    edges: [0, 1, 2, 4, 16, 32, Number.POSITIVE_INFINITY],
    counts: [1, 2, 13, 0, 7, 1],
    quality: ['lost_events', 'sum_unknown'],
  });
});

for (const [name, second] of [
  ['end elsewhere', histogram(['0', '2'], ['1'])],
  ['begin inside another', histogram(['1', '3'], ['1'])],
  ['reach over others', histogram(['0', '8'], ['1'])],
] as const) {
  test(`does not add buckets that ${name}: that would invent a distribution`, () => {
    assert.equal(mergeHistograms([histogram(['0', '1', '2', '4'], ['1', '2', '3']), second]), undefined);
  });
}

test('is undefined without histograms', () => {
  assert.equal(mergeHistograms([]), undefined);
});
