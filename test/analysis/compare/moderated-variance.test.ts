import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { at } from '../../../analysis/compare/at.ts';
import { computePooledVariance, moderateVariances } from '../../../analysis/compare/moderated-variance.ts';
import { assertClose } from '../support/assert-close.ts';

type Case = { readonly s2: number[]; readonly V: number[]; readonly d0: number; readonly s02: number[] };
// smyth_prior.json: numpy/scipy computation of Smyth 2004 with the winsorising of VERDICTS 3.3 on seeded random variances; prior degrees
// of freedom below the cap of 30, which the engine vectors do not reach.
const cases: Readonly<Record<string, Case>> = JSON.parse(
  readFileSync(new URL('../../fixtures/vectors/smyth_prior.json', import.meta.url), 'utf8'),
);

for (const [count, expected] of Object.entries(cases)) {
  test(`the prior of ${count} series that differ has the degrees of freedom and variances of scipy`, () => {
    const estimates = expected.s2.map((variance, i) => ({ variance, df: 6, batchVariance: at(expected.V, i) }));
    moderateVariances(estimates, 0.01).forEach((moderated, i) => {
      assertClose(moderated.priorDf, expected.d0, 1e-9);
      assertClose(moderated.priorVariance, at(expected.s02, i), 1e-9);
    });
  });
}

test('fewer than ten series take the fixed prior with four degrees of freedom', () => {
  const moderated = at(moderateVariances([{ variance: 4e-4, df: 6, batchVariance: null }], 0.01), 0);
  assertClose(moderated.variance, (4 * 1e-4 + 6 * 4e-4) / 10, 1e-12);
  assert.equal(moderated.df, 10);
  assert.equal(moderated.priorDf, 4);
});

test('a variance of zero is raised to what the other series show, and never spoils their prior', () => {
  const estimates = Array.from({ length: 20 }, (_, i) => ({ variance: 1e-4 * (1 + i / 20), df: 6, batchVariance: null }));
  const alone = moderateVariances(estimates, 0.01);
  const joined = moderateVariances([...estimates, { variance: 0, df: 6, batchVariance: null }], 0.01);
  assert.equal(at(joined, 0).variance, at(alone, 0).variance);
  assert.ok(at(joined, 20).variance > 5e-5);
});

test('a series without a repeat takes the prior as it is', () => {
  const estimates = Array.from({ length: 12 }, (_, i) => ({ variance: i === 0 ? 0 : 1e-4, df: i === 0 ? 0 : 4, batchVariance: null }));
  const first = at(moderateVariances(estimates, 0.01), 0);
  assert.equal(first.variance, first.priorVariance);
});

test('pools squares within groups only', () => {
  assert.deepEqual(computePooledVariance([[1, 3], [5]]), { variance: 2, df: 1 });
  assert.deepEqual(computePooledVariance([[1], [5]]), { variance: 0, df: 0 });
});
