import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalScale, readDecimal } from '../../ingest/lexers/decimal.ts';
import { toBaseUnit, UNIT_SYMBOLS } from '../../wire/units.ts';

// The SI prefixes (BIPM, The International System of Units, 9th edition, table 7), the binary ones (IEC 80000-13) and the second's multiples;
// spellings as perf (nsec, msec), bcc and bpftrace (usecs, nsecs), likwid (MBytes/s: its groups scale by 1.0E-06) and people write them.
const expected: readonly (readonly [symbols: string, unit: string, factor: number])[] = [
  ['ns nsec nsecs nsecond', 'ns', 1],
  ['us µs μs usec usecs usecond', 'ns', 1000],
  ['ms msec msecs', 'ns', 1_000_000],
  ['s sec secs second seconds', 'ns', 1_000_000_000],
  ['min', 'ns', 60_000_000_000],
  ['h', 'ns', 3_600_000_000_000],
  ['d', 'ns', 86_400_000_000_000],
  ['By B bytes', 'By', 1],
  ['kB kBy', 'By', 1000],
  ['MB MBytes MBy', 'By', 1_000_000],
  ['GB GBytes GBy', 'By', 1_000_000_000],
  ['KiB KiBy', 'By', 1024],
  ['MiB MiBy', 'By', 1_048_576],
  ['GiB GiBy', 'By', 1_073_741_824],
  ['By/s B/s', 'By/s', 1],
  ['kB/s kBy/s', 'By/s', 1000],
  ['MB/s MBytes/s MBy/s', 'By/s', 1_000_000],
  ['GB/s GBytes/s GBy/s', 'By/s', 1_000_000_000],
  ['KiB/s KiBy/s', 'By/s', 1024],
  ['MiB/s MiBy/s', 'By/s', 1_048_576],
  ['GiB/s GiBy/s', 'By/s', 1_073_741_824],
  ['Hz 1/s', 'Hz', 1],
  ['kHz', 'Hz', 1000],
  ['MHz', 'Hz', 1_000_000],
  ['GHz', 'Hz', 1_000_000_000],
  ['mW', 'W', 0.001],
  ['W', 'W', 1],
  ['kW', 'W', 1000],
  ['mJ', 'J', 0.001],
  ['J Joules', 'J', 1],
  ['kJ', 'J', 1000],
  ['Cel C', 'Cel', 1],
  ['1 count', '1', 1],
  ['%', '1', 0.01],
  ['cycle cycles', '{cycle}', 1],
  ['instructions', '{instruction}', 1],
  ['FLOP/s', '{flop}/s', 1],
  ['MFLOP/s', '{flop}/s', 1_000_000],
  ['GFLOP/s', '{flop}/s', 1_000_000_000],
  ['TFLOP/s', '{flop}/s', 1_000_000_000_000],
];

for (const [symbols, unit, factor] of expected) {
  for (const symbol of symbols.split(' ')) {
    test(`${symbol} is ${factor} ${unit}`, () => {
      assert.deepEqual(toBaseUnit(symbol), { unit, factor });
    });
  }
}

test('the table holds these spellings and no other: a new one needs a row here, with its factor from the tool’s manual', () => {
  assert.deepEqual(UNIT_SYMBOLS.toSorted(), expected.flatMap(([symbols]) => symbols.split(' ')).toSorted());
});

test('the base unit of a base unit is itself', () => {
  for (const unit of new Set(expected.map(([, unit]) => unit))) assert.deepEqual(toBaseUnit(unit), { unit, factor: 1 });
});

for (const unit of ['{request}', '{request}/s', '{cache line}', '{a}', `{${'a'.repeat(31)}}`]) {
  test(`${unit} is a unit of its own`, () => {
    assert.deepEqual(toBaseUnit(unit), { unit, factor: 1 });
  });
}

for (const symbol of [
  ...['', ' ', 'NS', 'Ns', 'MS', 'mS', 'S', 'b', 'kb', 'Mb/s', 'KB', 'hz', 'mhz', 'F', 'K', 'ns ', ' ns', 'parsec', 'sec/s'],
  ...['{}', '{Request}', '{1a}', '{a}{b}', '{a}/min', '{a', 'a}', `{${'a'.repeat(32)}}`, '{a}\n'],
  ...['toString', 'constructor', '__proto__', 'hasOwnProperty'],
]) {
  test(`${JSON.stringify(symbol)} is not known: a unit is never guessed`, () => {
    assert.equal(toBaseUnit(symbol), undefined);
  });
}

test('conversion of printed decimals rounds once: a decimal prefix only moves the point', () => {
  for (const [text, symbol, base] of [
    ['1.001', 'us', 1001],
    ['0.1', 'ms', 100_000],
    ['16.67', 'ms', 16_670_000],
    ['1.1', 's', 1_100_000_000],
    ['0.3', '%', 0.003],
    ['57', '%', 0.57],
    ['123456.789', 'mW', 123.456789],
    ['1.15', 'GHz', 1_150_000_000],
    ['1.5', 'KiB', 1536],
  ] as const) {
    const unit = toBaseUnit(symbol);
    assert.ok(unit);
    assert.deepEqual(readDecimal(text, decimalScale(unit.factor)), { value: base, precisionLost: false }, `${text} ${symbol}`);
  }
});
