import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { at } from '../../../analysis/compare/at.ts';
import { applyTail, calibrate, type NullSeries } from '../../../analysis/compare/calibration.ts';
import { estimateRunComponents } from '../../../analysis/compare/run-component.ts';
import { assertClose } from '../support/assert-close.ts';
import { createRandom, drawNormal } from '../support/random.ts';

/** Series of runs whose scores are wider than the assumed noise by `width`. */
function draw(count: number, runCount: number, width: number): readonly NullSeries[] {
  const random = createRandom(2);
  return Array.from({ length: count }, () => ({
    runs: Array.from({ length: runCount }, () => [0, 0, 0].map(() => width * 0.01 * drawNormal(random))),
    others: [],
    repetition: { variance: 1e-4, df: 50 },
    run: { variance: 0, df: 20 },
  }));
}

test('five hundred scores are needed, and enough', () => {
  assert.equal(calibrate(draw(49, 10, 1)), null);
  assert.equal(calibrate(draw(50, 10, 1)) === null, false);
});

test('scores wider than they should be cost significance; honest ones next to nothing', () => {
  const wide = calibrate(draw(200, 10, 2));
  const honest = calibrate(draw(200, 10, 1));
  assert.ok(wide !== null && honest !== null);
  assert.ok(applyTail(1e-5, wide.worse) > 1e-3);
  assert.ok(applyTail(1e-5, honest.worse) < 1e-4);
});

test('the tail is exponential beyond its threshold', () => {
  // f exp(-(z - u) / b) at z = 3.0902, the upper 0.1 % point (R: qnorm(0.001, lower.tail = FALSE)).
  const tail = { share: 0.02, threshold: 2, meanExcess: 0.5 };
  assertClose(applyTail(1e-3, tail), 0.02 * Math.exp(-(3.090232306167813 - 2) / 0.5), 1e-9);
  assert.equal(applyTail(0.5, tail), 0.5);
});

test('a smaller p never becomes the larger one, whatever the tail', () => {
  const probability = fc.double({ min: 1e-18, max: 1, noNaN: true });
  const tail = fc.record({
    share: fc.double({ min: 0.01, max: 0.06, noNaN: true }),
    threshold: fc.double({ min: 1, max: 4, noNaN: true }),
    meanExcess: fc.double({ min: 0.05, max: 2, noNaN: true }),
  });
  fc.assert(
    fc.property(probability, probability, tail, (a, b, one) => {
      assert.ok(applyTail(Math.min(a, b), one) <= applyTail(Math.max(a, b), one) * (1 + 1e-9));
      assert.ok(applyTail(a, one) >= a);
    }),
    { numRuns: 1000, seed: 1 },
  );
});

test('runs that differ more than their repetitions explain have a component, others have none', () => {
  const random = createRandom(3);
  const draws = (sd: number) =>
    Array.from({ length: 40 }, () => ({
      runs: Array.from({ length: 11 }, () => {
        const level = sd * drawNormal(random);
        return [0, 0, 0].map(() => level + 0.01 * drawNormal(random));
      }),
      repetitionVariance: 1e-4,
    }));
  const steady = estimateRunComponents(draws(0)).map((one) => one.variance);
  assert.ok(steady.filter((variance) => variance === 0).length >= 36);
  const moving = estimateRunComponents(draws(0.02)).map((one) => Math.sqrt(one.variance));
  const average = moving.reduce((sum, one) => sum + one, 0) / moving.length;
  assert.ok(Math.abs(average - 0.02) < 0.003, `${average}`);
  assert.equal(at(estimateRunComponents(draws(0.02)), 0).df, 20);
});

test('fewer than ten series are drawn towards the 0.3 % that is assumed without history', () => {
  const [one] = estimateRunComponents([{ runs: [[0], [0], [0], [0], [0], [0]], repetitionVariance: 1e-12 }]);
  // N = 6: weight 5 / 15 on its own component (0), the rest on 0.003 squared.
  assertClose(one?.variance ?? 0, (10 / 15) * 9e-6, 1e-6);
});
