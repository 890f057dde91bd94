import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { mergeHistograms, type StoredHistogram } from '../../store/merge-histograms.ts';

type Cut = { readonly edges: readonly string[]; readonly counts: readonly string[] };

const histogram = (edges: readonly string[], counts: readonly string[], more: Partial<StoredHistogram> = {}): StoredHistogram => ({
  repetition: 2,
  scheme: 'log2',
  edges,
  counts,
  at_ns: null,
  is_standing: false,
  since_ns: null,
  quality: [],
  ...more,
});

const standing = (at: string, since: string | null, { edges, counts }: Cut): StoredHistogram =>
  histogram(edges, counts, { at_ns: at, is_standing: true, since_ns: since, scheme: 'explicit' });

const bucketsOf = (histograms: readonly StoredHistogram[]) => {
  const merged = mergeHistograms(histograms);
  return merged === undefined ? undefined : { edges: merged.edges, counts: merged.counts };
};

describe('histograms of one repetition', () => {
  test('equal buckets are added and gaps are empty buckets', () => {
    const merged = mergeHistograms([
      histogram(['0', '1', '2', '4'], ['1', '2', '3'], { quality: ['sum_unknown'] }),
      histogram(['2', '4'], ['10']),
      histogram(['16', '32', 'inf'], ['7', '1'], { quality: ['lost_events'] }),
    ]);
    assert.deepEqual(merged, {
      repetition: 2,
      scheme: 'log2',
      edges: [0, 1, 2, 4, 16, 32, Number.POSITIVE_INFINITY],
      counts: [1, 2, 13, 0, 7, 1],
      quality: ['lost_events', 'sum_unknown'],
    });
  });

  for (const [name, second, edges, counts] of [
    ['ends elsewhere', histogram(['0', '2'], ['1']), [0, 2, 4], [4, 3]],
    ['begins inside another', histogram(['1', '3'], ['1']), [0, 1, 4], [1, 6]],
    ['reaches over others', histogram(['0', '8'], ['1']), [0, 8], [7]],
    ['is empty and hides no edge', histogram(['0', '8'], ['0']), [0, 1, 2, 4, 8], [1, 2, 3, 0]],
  ] as const) {
    test(`a bucket that ${name} makes the sum as coarse as it is: nothing is invented inside it`, () => {
      assert.deepEqual(bucketsOf([histogram(['0', '1', '2', '4'], ['1', '2', '3']), second]), { edges, counts });
    });
  }

  test('an exponential histogram of a lower scale shares every second edge', () => {
    const edge = (index: number, scale: number) => String(2 ** (index * 2 ** -scale));
    const fine = histogram([edge(0, 1), edge(1, 1), edge(2, 1), edge(3, 1), edge(4, 1)], ['1', '2', '3', '4'], { scheme: 'exponential' });
    const coarse = histogram([edge(0, 0), edge(1, 0), edge(2, 0)], ['10', '20'], { scheme: 'exponential' });
    assert.deepEqual(bucketsOf([fine, coarse]), { edges: [1, 2, 4], counts: [13, 27] });
    assert.equal(mergeHistograms([fine, coarse])?.scheme, 'exponential');
  });

  test('without histograms there is none', () => assert.equal(mergeHistograms([]), undefined));

  test('no count is lost or made up, and each lands in the bucket that holds it', () => {
    const cut = fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 8 }).chain((edges) =>
      fc.record({
        edges: fc.constant(edges.sort((a, b) => a - b).map(String)),
        counts: fc.array(fc.integer({ min: 0, max: 5 }).map(String), { minLength: edges.length - 1, maxLength: edges.length - 1 }),
      }),
    );
    void fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 5 }), (cuts) => {
        const { edges, counts } = bucketsOf(cuts.map((one) => histogram(one.edges, one.counts))) ?? assert.fail();
        const below = (limit: number, all: readonly number[], of: readonly number[]) =>
          of.reduce((sum, count, index) => ((all[index + 1] ?? Number.NaN) <= limit ? sum + count : sum), 0);
        for (const edge of edges) {
          const expected = cuts.reduce((sum, one) => sum + below(edge, one.edges.map(Number), one.counts.map(Number)), 0);
          assert.equal(below(edge, edges, counts), expected);
        }
      }),
    );
  });
});

describe('cumulative histograms', () => {
  const edges = ['-inf', '1', '2', 'inf'];

  test('count by their growth, in the order of their times', () => {
    const merged = mergeHistograms([
      standing('30', '5', { edges, counts: ['4', '9', '1'] }),
      standing('10', '5', { edges, counts: ['1', '2', '0'] }),
      standing('20', '5', { edges, counts: ['1', '5', '1'] }),
    ]);
    assert.deepEqual(merged?.counts, [3, 7, 1]);
    assert.deepEqual(merged?.quality, []);
  });

  test('one alone shows no growth', () =>
    assert.equal(mergeHistograms([standing('10', '5', { edges, counts: ['1', '2', '0'] })]), undefined));

  test('a count that fell leaves that interval out and is reported', () => {
    const merged = mergeHistograms([
      standing('10', null, { edges, counts: ['1', '2', '0'] }),
      standing('20', null, { edges, counts: ['3', '2', '0'] }),
      standing('30', null, { edges, counts: ['0', '1', '0'] }),
      standing('40', null, { edges, counts: ['0', '1', '4'] }),
    ]);
    assert.deepEqual(merged?.counts, [2, 0, 4]);
    assert.deepEqual(merged?.quality, ['counter_reset']);
  });

  test('a restart with an origin of its own adds up, as do two processes side by side', () => {
    const zero = { edges, counts: ['0', '0', '0'] };
    const merged = mergeHistograms([
      standing('5', '5', zero),
      standing('10', '5', { edges, counts: ['2', '0', '0'] }),
      standing('8', '8', zero),
      standing('12', '8', { edges, counts: ['0', '3', '0'] }),
    ]);
    assert.deepEqual(merged?.counts, [2, 3, 0]);
    assert.deepEqual(merged?.quality, []);
  });

  test('an exponential one that was scaled down between two standings is compared at the lower scale', () => {
    const before = standing('10', '5', { edges: ['1', '1.5', '2', '4'], counts: ['1', '1', '0'] });
    const later = standing('20', '5', { edges: ['1', '2', '4'], counts: ['5', '7'] });
    assert.deepEqual(bucketsOf([before, later]), { edges: [1, 2, 4], counts: [3, 7] });
  });
});
