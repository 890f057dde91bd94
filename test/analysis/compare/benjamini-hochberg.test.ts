import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../../../analysis/compare/at.ts';
import { adjustBenjaminiHochberg } from '../../../analysis/compare/benjamini-hochberg.ts';
import { assertClose } from '../support/assert-close.ts';

// R: p.adjust(p, "BH"), from VERDICTS 11 (evt_reference.json, padj).
const P = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216];
const BH = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.10571428571, 0.216, 0.216, 0.216];

test('equals R on the published table', () => {
  adjustBenjaminiHochberg(P).forEach((q, i) => {
    assertClose(q, at(BH, i), 1e-10);
  });
});

test('answers in the order it was asked', () => {
  adjustBenjaminiHochberg([...P].reverse()).forEach((q, i) => {
    assertClose(q, at(BH, BH.length - 1 - i), 1e-10);
  });
  assert.deepEqual(adjustBenjaminiHochberg([0.01, 0.04, 0.03]), [0.03, 0.04, 0.04]);
});

test('has nothing to adjust in an empty list', () => {
  assert.deepEqual(adjustBenjaminiHochberg([]), []);
});
