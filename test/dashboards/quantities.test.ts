import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge, formatCount, formatPercent, formatProbability, formatQuantity } from '../../dashboards/index.ts';

for (const [value, unit, expected] of [
  [1234.5, 'ns', '1.23 µs'],
  [0, 'ns', '0 ns'],
  [0.4, 'ns', '0.4 ns'],
  [999.4, 'ns', '999 ns'],
  [999.6, 'ns', '1 µs'],
  [-1500, 'ns', '-1.5 µs'],
  [1_493_826, 'ns', '1.49 ms'],
  [61e9, 'ns', '61 s'],
  [1_234_567e9, 'ns', '1,230,000 s'],
  [512, 'By', '512 B'],
  [1.5e9, 'By', '1.5 GB'],
  [812.4e9, 'By/s', '812 GB/s'],
  [1.2e18, 'By/s', '1,200 PB/s'],
  [2.5e9, 'Hz', '2.5 GHz'],
  [0.25, 'W', '250 mW'],
  [350, 'W', '350 W'],
  [6.7e13, '{flop}/s', '67 TFLOP/s'],
  [1_234_567, '{cycle}', '1,234,567 cycles'],
  [1234.56, '{instruction}', '1,235 instructions'],
  [12, '1', '12'],
  [0.95312, '1', '0.953'],
  [71.26, 'Cel', '71.3 °C'],
  [1200.4, '{request}/s', '1,200 request/s'],
  [3, 'toString', '3 toString'],
  [Number.NaN, 'ns', 'NaN'],
  [Number.POSITIVE_INFINITY, 'By', 'Infinity'],
  [null, 'ns', '–'],
] as const)
  test(`${value} ${unit} reads ${expected}`, () => {
    assert.equal(formatQuantity(value, unit), expected);
  });

test('counts have commas between thousands and are whole from a thousand on', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567, 12.345, 9999.5, -1000, 0.0001234].map(formatCount), [
    '0',
    '999',
    '1,000',
    '1,234,567',
    '12.3',
    '10,000',
    '-1,000',
    '0.000123',
  ]);
});

test('percentages have three significant digits and a plus when asked', () => {
  assert.deepEqual(
    [0.0321, -0.0287, 0, 12.3456, 0.00001].map((fraction) => formatPercent(fraction)),
    ['3.21 %', '-2.87 %', '0 %', '1,230 %', '0.001 %'],
  );
  assert.deepEqual(
    [0.0321, -0.0321, 0].map((fraction) => formatPercent(fraction, { signed: true })),
    ['+3.21 %', '-3.21 %', '0 %'],
  );
  assert.equal(formatPercent(null), '–');
});

test('probabilities have two significant digits down to 0.0001', () => {
  assert.deepEqual([1, 0.01234, 0.0001, 0.00009, 0, null].map(formatProbability), ['1', '0.012', '0.0001', '<0.0001', '<0.0001', '–']);
});

test('ages are said in the largest unit that fits', () => {
  assert.deepEqual([90 * 60e9, 3 * 86_400e9, 61e9, 5e8].map(formatAge), ['1.5 h', '3 days', '1.02 min', '500 ms']);
});
