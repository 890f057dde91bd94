import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimalScale } from '../../../ingest/lexers/decimal.ts';
import { losesPrecision, parseDecimal, parseJsonNumber, toDouble } from '../../../ingest/lexers/number.ts';

describe('numbers of tools', () => {
  const cases: readonly [text: string, value: number | undefined][] = [
    ['12', 12],
    ['-3.5', -3.5],
    ['336.438915', 336.438915],
    ['1e3', 1000],
    ['12abc', undefined],
    ['1,5', undefined],
    ['0x10', undefined],
    ['1e999', undefined],
    ['1e-999', undefined],
    ['NaN', undefined],
    ['', undefined],
    ['-', undefined],
    ['1.2.3', undefined],
  ];
  for (const [text, value] of cases) {
    test(`${JSON.stringify(text)} is ${value}`, () => {
      assert.equal(parseDecimal(text), value);
    });
  }

  test('scales milliseconds exactly', () => {
    assert.equal(parseDecimal('336.438915', decimalScale(1e6)), 336438915);
  });

  test('tells integers that no double holds', () => {
    assert.deepEqual(['9007199254740992', '9007199254740993', '9007199254740993.000000', '0.1'].map(losesPrecision), [
      false,
      true,
      true,
      false,
    ]);
    assert.deepEqual(toDouble(9007199254740993n), { value: 9007199254740992, exact: false });
    assert.deepEqual(toDouble(2n ** 63n), { value: 2 ** 63, exact: true });
    assert.equal(parseJsonNumber('9007199254740993'), 9007199254740993n);
    assert.equal(parseJsonNumber('.5'), undefined);
  });
});
