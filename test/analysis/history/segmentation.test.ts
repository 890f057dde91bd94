import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { at } from '../../../analysis/compare/at.ts';
import { pruneChanges } from '../../../analysis/history/change-test.ts';
import { computeSquaredError, toSegmentSums, toSegments } from '../../../analysis/history/segment-sums.ts';
import { computeSegmentationCost, findBestSegmentation } from '../../../analysis/history/segmentation.ts';
import { assertClose } from '../support/assert-close.ts';

/** Optimal partitioning (Jackson et al. 2005): every start is tried for every end, nothing is pruned. */
function findLeastCost(values: readonly number[], penalty: number, minimumSegment: number): number {
  const sums = toSegmentSums(values);
  const costs = [-penalty];
  for (let end = 1; end <= values.length; end++) {
    let best = Number.POSITIVE_INFINITY;
    for (let start = 0; start + minimumSegment <= end; start++) {
      best = Math.min(best, at(costs, start) + computeSquaredError(sums, start, end) + penalty);
    }
    costs.push(best);
  }
  return at(costs, values.length);
}

const stepped = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.double({ min: -8, max: 8, noNaN: true })), { minLength: 1, maxLength: 6 })
  .chain((pieces) =>
    fc.tuple(
      ...pieces.map(([count, level]) =>
        fc.array(fc.double({ min: level - 1, max: level + 1, noNaN: true }), { minLength: count, maxLength: count }),
      ),
    ),
  )
  .map((pieces) => pieces.flat().slice(0, 60));

test('pruning loses nothing: the cost is that of trying everything, for up to 60 points', () => {
  fc.assert(
    fc.property(
      stepped,
      fc.double({ min: 0.01, max: 60, noNaN: true }),
      fc.integer({ min: 1, max: 5 }),
      (values, penalty, minimumSegment) => {
        fc.pre(values.length >= minimumSegment);
        const changes = findBestSegmentation(toSegmentSums(values), { penalty, minimumSegment });
        for (const { start, end } of toSegments(values.length, changes)) assert.ok(end - start >= minimumSegment);
        const excess = computeSegmentationCost(values, changes, penalty) - findLeastCost(values, penalty, minimumSegment);
        assert.ok(Math.abs(excess) < 1e-6, `${excess}`);
      },
    ),
    { numRuns: 2000, seed: 3 },
  );
});

test('a dearer change never makes more of them', () => {
  fc.assert(
    fc.property(stepped, fc.double({ min: 0.1, max: 30, noNaN: true }), (values, penalty) => {
      fc.pre(values.length >= 3);
      const sums = toSegmentSums(values);
      const count = (paid: number): number => findBestSegmentation(sums, { penalty: paid, minimumSegment: 3 }).length;
      assert.ok(count(2 * penalty) <= count(penalty));
    }),
    { numRuns: 300, seed: 4 },
  );
});

test('the documented examples: a step splits, equal levels do not, and changes cut stretches', () => {
  assert.deepEqual(toSegments(10, [4]), [
    { start: 0, end: 4 },
    { start: 4, end: 10 },
  ]);
  const rule = { penalty: 5, minimumSegment: 3 };
  assert.deepEqual(findBestSegmentation(toSegmentSums([0, 0, 0, 9, 9, 9]), rule), [3]);
  assert.deepEqual(findBestSegmentation(toSegmentSums([0, 0, 0, 0, 0, 0]), rule), []);
  assert.deepEqual(findBestSegmentation(toSegmentSums([0, 9]), rule), []);
});

const NILE: { readonly nile: { readonly values: number[] } } = JSON.parse(
  readFileSync(new URL('../../fixtures/change-points/series.json', import.meta.url), 'utf8'),
);

// R 4.2.2: t.test(Nile[1:28], Nile[29:100], var.equal = TRUE): p 7.43904230981235e-14, interval of the difference
// -304.206510098357 .. -191.349045457198 (after - before), means differ by -247.777777777778.
test('one change is tested as R does with equal variances', () => {
  const test = { sums: toSegmentSums(NILE.nile.values), pointsPerIndependent: 1, leastVariance: 1e-9 };
  const [step] = pruneChanges([28], test, { significance: 0.001, minimumShift: 0 });
  assert.ok(step !== undefined);
  assertClose(step.shift, -247.777777777778, 1e-12);
  assertClose(step.pValue, 7.43904230981235e-14, 1e-7);
  assertClose(step.interval[0], -304.206510098357, 1e-9);
  assertClose(step.interval[1], -191.349045457198, 1e-9);
});

test('the weakest change goes first, and its neighbours are judged anew without it', () => {
  const values = [...Array(10).fill(0), ...Array(10).fill(4), ...Array(10).fill(0.2), ...Array(10).fill(10)].map(
    (v, i) => v + ((i * 7) % 5) / 5,
  );
  const test = { sums: toSegmentSums(values), pointsPerIndependent: 1, leastVariance: 1e-9 };
  const kept = (minimumShift: number): readonly number[] =>
    pruneChanges([10, 20, 30], test, { significance: 0.001, minimumShift }).map((step) => step.index);
  assert.deepEqual(kept(0), [10, 20, 30]);
  // The drop of 3.8 is the smallest: without it the rest of the rise is 7.9, and the first rise 2.1 and gone.
  assert.deepEqual(kept(3.9), [30]);
});
