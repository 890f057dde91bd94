import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { betaProbability } from '../../../analysis/compare/distributions.ts';
import {
  computeDetectableCount,
  computePearson,
  computeRateBetter,
  computeRateRatioInterval,
  computeRateWorse,
  createRateModel,
} from '../../../analysis/counters/rate-test.ts';
import { assertClose } from '../support/assert-close.ts';

type Vector = {
  readonly kb: number[];
  readonly kc: number[];
  readonly phi_family: number;
  readonly p_worse: number;
  readonly phi: number;
  readonly rr_ci90: readonly [number, number];
};
const text = readFileSync(new URL('../../fixtures/vectors/counters.json', import.meta.url), 'utf8');
// The file writes Infinity, which JSON has not.
const vectors: Vector[] = JSON.parse(text.replaceAll('Infinity', '1e999'));

for (const vector of vectors) {
  test(`${vector.kc} against ${vector.kb} with family dispersion ${vector.phi_family} equals the reference`, () => {
    const counts = {
      baseline: vector.kb,
      candidate: vector.kc,
      baselineExposures: vector.kb.map(() => 1),
      candidateExposures: vector.kc.map(() => 1),
    };
    const model = createRateModel(counts, vector.phi_family);
    assertClose(model.dispersion, vector.phi, 1e-9);
    assertClose(computeRateWorse(model, 1), vector.p_worse, 1e-9);
    const interval = computeRateRatioInterval({ ...model, dispersion: 1 }, 0.9);
    assertClose(interval[0], vector.rr_ci90[0], 1e-9);
    assertClose(interval[1], vector.rr_ci90[1], 1e-9);
    assert.equal(computePearson(counts).df, 6);
  });
}

test('the exact tail without mid-p is that of poisson.test', () => {
  // R: poisson.test(c(20, 10), c(3, 5), alternative = "greater")$p.value; VERDICTS 11 (evt_reference.json, p_greater).
  assertClose(betaProbability(3 / 8, 20, 11), 0.0011350445421, 1e-10);
  const model = { baselineCount: 10, candidateCount: 20, baselineExposure: 5, candidateExposure: 3, dispersion: 1, df: 10 };
  assertClose(computeRateRatioInterval(model, 0.95)[0], 1.489181484, 1e-9);
  assertClose(computeRateRatioInterval(model, 0.95)[1], 7.9742540672, 1e-9);
});

test('both tails of equal data add up to one', () => {
  const model = { baselineCount: 12, candidateCount: 17, baselineExposure: 5, candidateExposure: 3, dispersion: 2, df: 16 };
  assertClose(computeRateWorse(model, 1.3) + computeRateBetter(model, 1.3), 1, 1e-12);
});

test('the detectable count is called and one event fewer is not', () => {
  const model = { baselineCount: 4, candidateCount: 0, baselineExposure: 5, candidateExposure: 5, dispersion: 1, df: 16 };
  const count = computeDetectableCount(model, 0.05) ?? 0;
  assert.ok(computeRateWorse({ ...model, candidateCount: count }, 1) <= 0.05);
  assert.ok(computeRateWorse({ ...model, candidateCount: count - 1 }, 1) > 0.05);
});
