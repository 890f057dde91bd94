import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { computeSegmentRho, toPointsPerIndependent } from '../../../analysis/history/autocorrelation.ts';
import { pullIsolatedPoints } from '../../../analysis/history/isolated-points.ts';
import { computeNoiseScale, computeSlowNoiseRatio, toMedian } from '../../../analysis/history/noise-scale.ts';
import { toSegmentSums, toSegments } from '../../../analysis/history/segment-sums.ts';
import { assertClose } from '../support/assert-close.ts';

const NILE: { readonly nile: { readonly values: number[] } } = JSON.parse(
  readFileSync(new URL('../../fixtures/change-points/series.json', import.meta.url), 'utf8'),
);
const nile = NILE.nile.values;

// R 4.2.2: s <- mad(diff(Nile)) / sqrt(2); m_b means of blocks of b from the first year; b * (mad(diff(m_b)) / sqrt(2))^2 / s^2 is
// 1.73556473829201 for b = 3 and 1.90611570247934 for b = 6; r the distances from the means of years 1:28 and 29:100,
// sum of the products of neighbours within a stretch / sum(r^2) = 0.159963158154216.
test('noise, slow noise and autocorrelation of the Nile are those that R computes', () => {
  assertClose(computeNoiseScale(nile, 0), 115.319216516589, 1e-12);
  assertClose(computeSlowNoiseRatio(nile, 115.319216516589), 1.90611570247934, 1e-12);
  assertClose(computeSegmentRho(nile, toSegmentSums(nile), toSegments(100, [28])), 0.159963158154216, 1e-9);
});

test('a step and a trend leave the noise alone', () => {
  const jitter = Array.from({ length: 60 }, (_, i) => (i * i * 5) % 17);
  const stepped = jitter.map((level, i) => level + (i >= 30 ? 1000 : 0));
  const rising = jitter.map((level, i) => level + 3 * i);
  assertClose(computeNoiseScale(stepped, 0), computeNoiseScale(jitter, 0), 0.1);
  assertClose(computeNoiseScale(rising, 0), computeNoiseScale(jitter, 0), 1e-12);
});

const scales = [
  { name: 'a constant has the floor', levels: [4, 4, 4, 4], floor: 0.01, expected: 0.01 },
  { name: 'a constant without a floor has none', levels: [4, 4, 4, 4], floor: 0, expected: 0 },
  // Mostly equal: 1 of 7 differences is 2: sqrt(1 / 7) * 2 / sqrt 2.
  { name: 'mostly equal levels have their root mean square', levels: [0, 0, 0, 0, 2, 2, 2, 2], floor: 0, expected: Math.sqrt(2 / 7) },
  { name: 'the documented example', levels: [0, 1, 0, 1, 0], floor: 0, expected: 1.0483565137871753 },
] as const;
for (const { name, levels, floor, expected } of scales) {
  test(name, () => assertClose(computeNoiseScale(levels, floor), expected, 1e-12));
}

test('the slow-noise ratio is at least 1, and 1 where blocks say nothing', () => {
  assert.equal(computeSlowNoiseRatio([1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1], 2), 1);
  assert.equal(computeSlowNoiseRatio([0, 9, 0], 1), 1);
  assert.equal(computeSlowNoiseRatio([...Array(30).fill(0), ...Array(30).fill(5)], 0.1), 1);
});

test('only isolated points are pulled, to 4 s of the median around them', () => {
  const spike = [0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0];
  assert.deepEqual(pullIsolatedPoints(spike, 0.5), { levels: [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0], noiseScale: 0.5 });
  const step = [0, 0, 0, 0, 0, 9, 9, 9, 9, 9];
  assert.deepEqual(pullIsolatedPoints(step, 0.5), { levels: step, noiseScale: 0.5 });
  assert.deepEqual(pullIsolatedPoints([-9, ...Array(9).fill(0)], 0.5).levels, [-2, ...Array(9).fill(0)]);
});

test('what happens to more than a tenth of the points is noise, not isolated', () => {
  const levels = Array.from({ length: 20 }, (_, i) => (i === 5 || i === 11 ? 9 : 0));
  assert.equal(pullIsolatedPoints(levels, 0.5).noiseScale, 0.5);
  const flipping = levels.map((level, i) => (i === 16 ? -9 : level));
  const pulled = pullIsolatedPoints(flipping, 0.5);
  assertClose(pulled.noiseScale, Math.sqrt((3 * 81) / 20), 1e-12);
  assert.deepEqual(pulled.levels, flipping);
});

test('negative autocorrelation counts as none, constant stretches have none', () => {
  const swinging = [1, -1, 1, -1, 1, -1];
  assert.equal(computeSegmentRho(swinging, toSegmentSums(swinging), toSegments(6, [])), 0);
  assert.equal(computeSegmentRho([2, 2, 5, 5], toSegmentSums([2, 2, 5, 5]), toSegments(4, [2])), 0);
  assert.equal(toPointsPerIndependent(0.5), 3);
});

test('the median of no values is refused', () => {
  assert.equal(toMedian([5, 1, 2]), 2);
  assert.equal(toMedian([4, 1, 2, 3]), 2.5);
  assert.throws(() => toMedian([]), RangeError);
});
