import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { toExponentialBuckets } from '../../../ingest/otlp/buckets.ts';
import type { ExponentialHistogramPoint, HistogramPoint, MetricPoints } from '../../../ingest/otlp/messages.ts';
import type { HistogramRecord, StoredRecord } from '../../../ingest/records.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { atS, BOUND, exponential, histogram, map, mapAll, refusal, resourceOf } from './points.ts';

const explicitOf = (temporality: 'delta' | 'cumulative' | 'unspecified', ...points: readonly HistogramPoint[]): MetricPoints => ({
  kind: 'histogram',
  points,
  temporality,
});
const exponentialOf = (temporality: 'delta' | 'cumulative', ...points: readonly ExponentialHistogramPoint[]): MetricPoints => ({
  kind: 'exponentialHistogram',
  points,
  temporality,
});

const requireHistogram = (record: StoredRecord | undefined): HistogramRecord => {
  assert.ok(record?.kind === 'histogram', `expected a histogram, not ${record?.kind}`);
  return record;
};
const INF = Number.POSITIVE_INFINITY;

describe('an explicit histogram', () => {
  test('of an interval keeps its counts, with edges and sum in the base unit', () => {
    const { records } = map(explicitOf('delta', histogram()));
    assert.equal(records.length, 1);
    const record = requireHistogram(records[0]);
    assert.deepEqual([record.edges, record.counts, record.sum], [[-INF, 1e6, 5e6, INF], [1, 2, 0], 12e6]);
    assert.deepEqual([record.scheme, record.atNs, record.standing, record.quality], ['explicit', atS(1020), undefined, []]);
    assert.deepEqual([record.series.valueKind, record.series.unit], ['histogram', 'ns']);
  });

  test('that stands since its origin says so, after zeros at an origin that lies in the run', () => {
    const later = histogram({ atNs: atS(1030), count: 4n, bucketCounts: [1n, 2n, 1n], sum: 20 });
    const { records } = map(explicitOf('cumulative', later, histogram()));
    const standings = records.map(requireHistogram).map(({ counts, sum, atNs, standing }) => [counts, sum, atNs, standing?.sinceNs]);
    assert.deepEqual(standings, [
      [[0, 0, 0], 0, atS(1010), atS(1010)],
      [[1, 2, 0], 12e6, atS(1020), atS(1010)],
      [[1, 2, 1], 20e6, atS(1030), atS(1010)],
    ]);
    const old = map(explicitOf('cumulative', histogram({ startNs: atS(10) }))).records.map(requireHistogram);
    assert.deepEqual(
      old.map(({ standing }) => standing),
      [{ sinceNs: atS(10) }],
    );
    const unknown = map(explicitOf('cumulative', histogram({ startNs: 0n }))).records.map(requireHistogram);
    assert.deepEqual(
      unknown.map(({ standing }) => standing),
      [{ sinceNs: null }],
    );
  });

  test('without a sum, or with one that is no number, has none and says so', () => {
    for (const [sum, quality] of [
      [null, ['sum_unknown']],
      [Number.NaN, ['sum_unknown', 'not_a_number']],
    ] as const) {
      const record = requireHistogram(map(explicitOf('delta', histogram({ sum }))).records[0]);
      assert.deepEqual([record.sum, record.quality], [null, quality]);
    }
  });

  test('keeps least and largest value of an interval as series that explain', () => {
    const { records } = map(explicitOf('delta', histogram({ min: 0.5, max: 4 }), histogram({ min: 0.25, max: 3, atNs: atS(1030) })));
    const extremes = records.flatMap((record) => (record.kind === 'samples' ? [record] : []));
    assert.deepEqual(
      extremes.map(({ series, values, atNs }) => [series.labels['aggregation'], series.judgedAs, values, atNs]),
      [
        ['min', 'context', [500_000, 250_000], [atS(1020), atS(1030)]],
        ['max', 'context', [4e6, 3e6], [atS(1020), atS(1030)]],
      ],
    );
    const standing = map(explicitOf('cumulative', histogram({ min: 0.5, max: 4 }))).records;
    assert.ok(
      standing.every(({ kind }) => kind === 'histogram'),
      'those of a standing are of no interval',
    );
    const taken = map(explicitOf('delta', histogram({ min: 1, max: 2, attributes: [['aggregation', 'x']] })));
    assert.deepEqual([taken.records.length, taken.warnings.map(({ code }) => code)], [1, ['extremes_dropped']]);
  });

  test('without buckets is a summary', () => {
    const [record] = map(explicitOf('delta', histogram({ bucketCounts: [], explicitBounds: [], min: 1, max: 6 }))).records;
    assert.ok(record?.kind === 'summary');
    assert.deepEqual([record.count, record.sum, record.minimum, record.maximum, record.mean], [3, 12e6, 1e6, 6e6, null]);
    assert.equal(record.series.valueKind, 'summary');
    const one = map(explicitOf('delta', histogram({ bucketCounts: [3n], explicitBounds: [] }))).records;
    assert.deepEqual(
      one.map(({ kind }) => kind),
      ['summary'],
      'one bucket for everything tells no more',
    );
  });

  test('that the exporter withdrew is a reading without a value', () => {
    const [record] = map(explicitOf('delta', histogram({ noRecordedValue: true, count: 0n, bucketCounts: [] }))).records;
    assert.ok(record?.kind === 'reading');
    assert.deepEqual([record.value, record.quality], [null, ['stale']]);
  });

  const refused: readonly (readonly [name: string, data: MetricPoints, says: RegExp])[] = [
    ['counts that do not add up', explicitOf('delta', histogram({ count: 4n })), /hold 3 values and its count says 4/],
    ['too few counts', explicitOf('delta', histogram({ bucketCounts: [3n, 0n] })), /2 counts and 2 bounds/],
    ['equal bounds', explicitOf('delta', histogram({ explicitBounds: [1, 1] })), /ascend strictly/],
    ['falling bounds', explicitOf('delta', histogram({ explicitBounds: [5, 1] })), /ascend strictly/],
    ['a bound that is no number', explicitOf('delta', histogram({ explicitBounds: [1, Number.NaN] })), /ascend strictly/],
    ['an infinite bound', explicitOf('delta', histogram({ explicitBounds: [1, INF] })), /ascend strictly/],
    ['a count beyond 2^53', explicitOf('delta', histogram({ count: 2n ** 53n, bucketCounts: [2n ** 53n, 0n, 0n] })), /beyond 2\^53/],
    ['a temporality that is not said', explicitOf('unspecified', histogram()), /delta or cumulative/],
    [
      'a standing without buckets',
      explicitOf('cumulative', histogram({ bucketCounts: [], explicitBounds: [] })),
      /keep its buckets or choose delta/,
    ],
    ['two writers of one series', explicitOf('cumulative', histogram()), /two cumulative counters/],
  ];
  for (const [name, data, says] of refused) {
    test(`${name} is refused`, () => {
      const resources = name.startsWith('two writers') ? [BOUND, [...BOUND, ['host.name', 'b'] as const]] : [BOUND];
      const mapped = mapAll(resources.map((resource) => resourceOf([{ name: 'latency', unit: 'ms', data }], resource)));
      assert.match(refusal(mapped), says);
      assert.deepEqual([mapped.records, mapped.rejections.count], [[], resources.length]);
    });
  }

  test('as many buckets as the limit are taken, one more is not', () => {
    const of = (buckets: number) => {
      const explicitBounds = Array.from({ length: buckets - 1 }, (_, index) => index);
      return refusal(
        map(explicitOf('delta', histogram({ count: 0n, bucketCounts: explicitBounds.map(() => 0n).concat(0n), explicitBounds }))),
      );
    };
    assert.equal(of(LIMITS.bucketsPerHistogram), '');
    assert.match(of(LIMITS.bucketsPerHistogram + 1), /10001 buckets, more than 10000/);
  });
});

describe('an exponential histogram', () => {
  // metrics.proto: bucket i of `positive` is (base^(offset + i), base^(offset + i + 1)], base = 2^(2^-scale).
  const cases: readonly (readonly [
    name: string,
    changes: Partial<ExponentialHistogramPoint>,
    edges: readonly number[],
    counts: readonly number[],
  ])[] = [
    ['offset 1, two values in the second bucket', {}, [4, 8], [2]],
    ['zeros below a gap', { count: 3n, zeroCount: 1n }, [0, 5e-324, 4, 8], [1, 0, 2]],
    ['a zero region below a gap', { count: 3n, zeroCount: 1n, zeroThreshold: 1 }, [-1, 1, 4, 8], [1, 0, 2]],
    ['a zero region that ends where a bucket begins', { count: 3n, zeroCount: 1n, zeroThreshold: 4 }, [-4, 4, 8], [1, 2]],
    ['a zero region that reaches into a bucket', { count: 3n, zeroCount: 1n, zeroThreshold: 5 }, [-5, 5, 8], [1, 2]],
    ['negative values, mirrored', { count: 5n, negative: { offset: 0, bucketCounts: [2n, 1n] } }, [-4, -2, -1, 4, 8], [1, 2, 0, 2]],
    ['scale 1, base √2', { scale: 1, positive: { offset: 2, bucketCounts: [1n, 0n, 1n] } }, [2, 2 ** 1.5, 4, 2 ** 2.5], [1, 0, 1]],
    ['scale -1, base 4', { scale: -1, positive: { offset: -1, bucketCounts: [1n, 1n] } }, [0.25, 1, 4], [1, 1]],
    ['nothing at all', { count: 0n, positive: { offset: 7, bucketCounts: [0n, 0n] } }, [0, 5e-324], [0]],
  ];
  for (const [name, changes, edges, counts] of cases) {
    test(`${name}`, () => assert.deepEqual(toExponentialBuckets(exponential(changes), 1), { edges, counts }));
  }

  test('is a record of its scheme in the base unit, and a standing too', () => {
    const { records } = map(exponentialOf('cumulative', exponential()));
    const [zero, standing] = records.map(requireHistogram);
    assert.deepEqual([zero?.counts, zero?.sum, zero?.atNs], [[0], 0, atS(1010)]);
    assert.deepEqual([standing?.scheme, standing?.edges, standing?.counts, standing?.sum], ['exponential', [4e6, 8e6], [2], 10e6]);
  });

  const refused: readonly (readonly [name: string, changes: Partial<ExponentialHistogramPoint>, says: RegExp])[] = [
    ['counts that do not add up', { count: 3n }, /hold 2 values and its count says 3/],
    ['a scale beyond 20', { scale: 21 }, /scale 21/],
    ['a scale below -10', { scale: -11 }, /scale -11/],
    ['a bucket up to infinity', { positive: { offset: 1023, bucketCounts: [2n] } }, /edge is 0 or infinite/],
    ['a bucket from 0', { positive: { offset: -1076, bucketCounts: [2n] } }, /edge is 0 or infinite/],
    ['a bucket inside the zero region', { zeroThreshold: 8 }, /inside its zero region/],
    ['a negative threshold', { zeroThreshold: -1 }, /zero threshold/],
    ['a threshold that is no number', { zeroThreshold: Number.NaN }, /zero threshold/],
  ];
  for (const [name, changes, says] of refused) {
    test(`with ${name} is refused`, () =>
      assert.match(refusal(map(exponentialOf('delta', exponential(changes)), { name: 'size', unit: '1' })), says));
  }

  const side = fc.record({
    offset: fc.integer({ min: -40, max: 40 }),
    bucketCounts: fc.array(fc.bigInt({ min: 0n, max: 9n }), { maxLength: 12 }),
  });
  const points = fc
    .record({ scale: fc.integer({ min: -2, max: 20 }), zeroCount: fc.bigInt({ min: 0n, max: 3n }), positive: side, negative: side })
    .map((one) => {
      const count = [...one.positive.bucketCounts, ...one.negative.bucketCounts].reduce((sum, bucket) => sum + bucket, one.zeroCount);
      return exponential({ ...one, count });
    });

  test('keeps every count, in edges that ascend', () => {
    fc.assert(
      fc.property(points, fc.constantFrom(1, 1e3, 1e9, 1024), (point, factor) => {
        const { edges, counts } = toExponentialBuckets(point, factor);
        assert.equal(edges.length, counts.length + 1);
        assert.ok(edges.every((edge, index) => index === 0 || (edges[index - 1] ?? INF) < edge));
        assert.equal(
          counts.reduce((sum, count) => sum + count, 0),
          Number(point.count),
        );
      }),
    );
  });

  test('of a coarser scale has edges that a finer one has too', () => {
    // Perfect subsetting (data model, ExponentialHistogram): bucket i of a scale is buckets 2i and 2i + 1 of the next.
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 19 }),
        fc.integer({ min: -30, max: 30 }),
        fc.constantFrom(1, 1e6, 0.001),
        (scale, offset, factor) => {
          const coarse = toExponentialBuckets(exponential({ count: 1n, scale, positive: { offset, bucketCounts: [1n] } }), factor);
          const fine = toExponentialBuckets(
            exponential({ count: 2n, scale: scale + 1, positive: { offset: 2 * offset, bucketCounts: [1n, 1n] } }),
            factor,
          );
          assert.deepEqual([fine.edges[0], fine.edges[2]], coarse.edges);
        },
      ),
    );
  });
});
