import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimalScale, PlainDecimalScanner, readDecimal, readInteger, UNSCALED } from '../../../ingest/lexers/decimal.ts';

const DIGITS = fc.stringMatching(/^[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?$/);
const FACTORS = fc.constantFrom(1, 1e3, 1e6, 1e9, 1e-3, 0.01, 6e10, 3.6e12, 1024, 1024 ** 3);

test('reads 1.001 us as exactly 1001 ns', () => {
  assert.deepEqual(readDecimal('1.001', decimalScale(1e3)), { value: 1001, precisionLost: false });
});

test('tells powers of ten from other factors', () => {
  assert.deepEqual(
    [1e-3, 0.01, 1, 1e9, 1024, 6e10].map((factor) => decimalScale(factor).powerOfTen),
    [-3, -2, 0, 9, null, null],
  );
  for (const factor of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => decimalScale(factor), RangeError);
});

test('reads what Number reads when nothing is converted (property)', () => {
  fc.assert(
    fc.property(DIGITS, (text) => {
      const reading = readDecimal(` ${text}\t`);
      const number = Number(text);
      const vanishes = number === 0 && /[1-9]/.test(text.replace(/e.*/i, ''));
      if (!Number.isFinite(number) || vanishes) assert.ok('refusal' in reading, text);
      else assert.ok('value' in reading && reading.value === number, text);
    }),
    { numRuns: 2000 },
  );
});

test('scans what readDecimal reads, or leaves it (property)', () => {
  const scanner = new PlainDecimalScanner();
  fc.assert(
    fc.property(DIGITS, FACTORS, (text, factor) => {
      const scale = decimalScale(factor);
      const value = scanner.scan(`x${text},7`, 1, scale);
      if (scanner.end === -1) return;
      assert.equal(scanner.end, 1 + text.length);
      assert.deepEqual(readDecimal(text, scale), { value, precisionLost: false });
    }),
    { numRuns: 3000 },
  );
});

test('takes the numbers that tools print without falling back', () => {
  const scanner = new PlainDecimalScanner();
  for (const text of ['0', '12', '-1.5', '123456.789', '0.12345678901234567', '1.7976931348623157e+308', '9007199254740991', '1e-9']) {
    const value = scanner.scan(text, 0, UNSCALED);
    assert.deepEqual([value, scanner.end], [Number(text), text.length], text);
  }
});

test('flags integers that are no doubles, however they are written, and only those', () => {
  for (const text of ['9007199254740993', '-9007199254740993', '9007199254740993.0', '18446744073709551615']) {
    assert.deepEqual(readDecimal(text), { value: Number(text), precisionLost: true }, text);
  }
  for (const text of ['9007199254740992', '18446744073709551616', '0.1234567890123456789', '1e300']) {
    assert.deepEqual(readDecimal(text), { value: Number(text), precisionLost: false }, text);
  }
});

test('refuses what becomes infinite or zero only by its unit', () => {
  assert.ok('refusal' in readDecimal('1e308', decimalScale(1e3)));
  assert.ok('refusal' in readDecimal('4e-324', decimalScale(1e-3)));
  assert.deepEqual(readDecimal('1e-330', decimalScale(1e9)), { value: 1e-321, precisionLost: false });
});

test('reads -0 as 0', () => {
  const reading = readDecimal('-0.0');
  assert.ok('value' in reading && Object.is(reading.value, 0));
  assert.ok(Object.is(new PlainDecimalScanner().scan('-0', 0, UNSCALED), 0));
});

test('reads whole numbers inside a range only', () => {
  const range = { least: 1, most: 10 };
  assert.deepEqual(
    ['1', ' 10 ', '0', '11', '1.0', '1e1', '-1', '', '9'.repeat(400)].map((text) => readInteger(text, range)),
    [1, 10, ...Array.from({ length: 7 }, () => undefined)],
  );
});

test('reads a field of a million blanks in linear time', () => {
  const started = performance.now();
  readDecimal(`1${' '.repeat(1e6)}x`);
  assert.ok(performance.now() - started < 1000);
});
