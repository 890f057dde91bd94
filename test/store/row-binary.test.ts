import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createRowBinaryEncoder, type RowBinaryColumn } from '../../store/row-binary.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';

function bytesOf(type: string, value: unknown, more: Partial<RowBinaryColumn> = {}): string {
  return createRowBinaryEncoder([{ name: 'it', type, ...more }])
    .encode([{ it: value }])
    .toString('hex');
}

// Bytes as `SELECT … FORMAT RowBinary` of ClickHouse 26.7 prints them; the UUID is the example of the format's documentation.
const BYTES: readonly { type: string; value: unknown; bytes: string }[] = [
  { type: 'UUID', value: '61f0c404-5cb3-11e7-907b-a6006ad3dba0', bytes: 'e7' + '11b35c04c4f061' + 'a0dbd36a00a67b90' },
  { type: 'String', value: 'abc', bytes: '03616263' },
  { type: 'String', value: 'µs', bytes: '03c2b573' },
  { type: 'LowCardinality(String)', value: '', bytes: '00' },
  { type: 'FixedString(2)', value: 'µ', bytes: 'c2b5' },
  { type: 'UInt8', value: 255, bytes: 'ff' },
  { type: 'UInt16', value: 258, bytes: '0201' },
  { type: 'UInt32', value: 4294967295, bytes: 'ffffffff' },
  { type: 'UInt64', value: 2 ** 53 - 1, bytes: 'ffffffffffff1f00' },
  { type: 'UInt64', value: 2n ** 64n - 1n, bytes: 'ffffffffffffffff' },
  { type: 'Int64', value: -1n, bytes: 'ffffffffffffffff' },
  { type: 'Float64', value: 1.5, bytes: '000000000000f83f' },
  { type: 'Bool', value: true, bytes: '01' },
  { type: 'DateTime64(3)', value: 1769860800123, bytes: '7b9eec139c010000' },
  { type: 'DateTime64(3)', value: -1, bytes: 'ffffffffffffffff' },
  { type: 'Nullable(UInt8)', value: null, bytes: '01' },
  { type: 'Nullable(UInt8)', value: 7, bytes: '0007' },
  { type: 'Array(Float64)', value: [1.5, -2], bytes: '02000000000000f83f00000000000000c0' },
  { type: 'Array(Float64)', value: Float64Array.of(1.5), bytes: '01000000000000f83f' },
  { type: 'Array(Int64)', value: [1n], bytes: '010100000000000000' },
  { type: 'Array(Nullable(String))', value: ['a', null], bytes: '0200016101' },
  { type: 'Map(String, String)', value: { a: 'b' }, bytes: '0101610162' },
];

for (const { type, value, bytes } of BYTES) {
  test(`writes ${type} ${String(value) || "''"} as ClickHouse reads it`, () => assert.equal(bytesOf(type, value), bytes));
}

const REFUSED: readonly { type: string; value: unknown; why: RegExp }[] = [
  { type: 'UUID', value: '61f0c404', why: /column it \(UUID\): "61f0c404" is not a UUID/ },
  { type: 'UUID', value: null, why: /null is not a UUID/ },
  { type: 'String', value: 7, why: /7 is not a string/ },
  { type: 'String', value: undefined, why: /undefined is not a string/ },
  { type: 'String', value: '\ud800', why: /not well-formed/ },
  { type: 'FixedString(2)', value: 'a', why: /2 bytes/ },
  { type: 'UInt8', value: 256, why: /256 is not a whole number from 0 to 255/ },
  { type: 'UInt8', value: -1, why: /-1/ },
  { type: 'UInt8', value: 1.5, why: /1\.5/ },
  { type: 'UInt8', value: '1', why: /"1"/ },
  { type: 'UInt16', value: 65536, why: /65535/ },
  { type: 'UInt32', value: 2 ** 32, why: /4294967295/ },
  { type: 'UInt64', value: 2 ** 53, why: /safe integer/ },
  { type: 'UInt64', value: 2n ** 64n, why: /2\^64-1/ },
  { type: 'UInt64', value: -1n, why: /-1/ },
  { type: 'Int64', value: 1, why: /1 is not a bigint/ },
  { type: 'Int64', value: 2n ** 63n, why: /2\^63-1/ },
  { type: 'Float64', value: Number.NaN, why: /NaN is not a finite number/ },
  { type: 'Float64', value: Number.POSITIVE_INFINITY, why: /Infinity/ },
  { type: 'Float64', value: null, why: /null/ },
  { type: 'Float64', value: 1n, why: /1 is not/ },
  { type: 'Bool', value: 1, why: /not a boolean/ },
  { type: 'DateTime64(3)', value: 1.5, why: /whole milliseconds/ },
  { type: 'DateTime64(3)', value: Date.UTC(2300, 0, 1), why: /1900 to 2299/ },
  { type: 'Nullable(Float64)', value: undefined, why: /undefined/ },
  { type: 'Array(Float64)', value: [1, 2, null], why: /null at index 2 is not a finite number/ },
  { type: 'Array(Float64)', value: [1, '2'], why: /"2" at index 1/ },
  { type: 'Array(Float64)', value: [Number.NaN], why: /NaN at index 0/ },
  { type: 'Array(Float64)', value: Float64Array.of(1, Number.NEGATIVE_INFINITY), why: /-Infinity at index 1/ },
  { type: 'Array(Float64)', value: new Array(2), why: /undefined at index 0/ },
  { type: 'Array(Int64)', value: [1n, 2], why: /2 is not a bigint/ },
  { type: 'Array(String)', value: 'ab', why: /not an array/ },
  { type: 'Map(String, String)', value: { a: 1 }, why: /1 is not a string/ },
  { type: 'Map(String, String)', value: [], why: /not an object/ },
];

for (const { type, value, why } of REFUSED) {
  test(`refuses ${String(value) || "''"} as ${type}, naming the column`, () => {
    assert.throws(
      () => bytesOf(type, value),
      (error: unknown) => error instanceof RangeError && error.message.startsWith('column it ') && why.test(error.message),
    );
  });
}

test('refuses a type it has no writer for when it is compiled', () => {
  assert.throws(() => createRowBinaryEncoder([{ name: 'it', type: 'Decimal(9, 2)' }]), /Decimal\(9, 2\)/);
});

test('writes infinities only where the column says so, and NaN nowhere', () => {
  assert.equal(bytesOf('Array(Float64)', [Number.NEGATIVE_INFINITY, 0], { infinite: true }), '02000000000000f0ff0000000000000000');
  assert.throws(() => bytesOf('Array(Float64)', [0, Number.NaN], { infinite: true }), /NaN at index 1/);
  assert.throws(() => bytesOf('Float64', Number.NaN, { infinite: true }), /NaN/);
});

test('keeps earlier results when it is called again, and forgets rows that failed', () => {
  const encoder = createRowBinaryEncoder([{ name: 'a', type: 'UInt8' }]);
  const first = encoder.encode([{ a: 1 }, { a: 2 }]);
  assert.throws(() => encoder.encode([{ a: 3 }, { a: 256 }]));
  const second = encoder.encode([{ a: 4 }]);
  assert.deepEqual([first.toString('hex'), second.toString('hex')], ['0102', '04']);
});

test('grows for values far larger than its buffer', () => {
  const values = Float64Array.from({ length: 300_000 }, (_, index) => index / 7);
  const encoder = createRowBinaryEncoder([{ name: 'v', type: 'Array(Float64)' }]);
  const bytes = encoder.encode([{ v: values }, { v: [...values] }]);
  assert.equal(bytes.length, 2 * (3 + 8 * values.length));
  assert.ok(bytes.subarray(0, bytes.length / 2).equals(bytes.subarray(bytes.length / 2)));
});

test('writes long strings as UTF-8 with their length in bytes (property)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const bytes = createRowBinaryEncoder([{ name: 's', type: 'String' }]).encode([{ s: text }]);
      const size = Buffer.byteLength(text);
      const header = size < 128 ? [size] : [(size % 128) | 128, Math.floor(size / 128)];
      assert.deepEqual(bytes, Buffer.concat([Buffer.from(header), Buffer.from(text)]));
    }),
  );
});

const ROUND_TRIP: readonly RowBinaryColumn[] = [
  { name: 'id', type: 'UUID' },
  { name: 'text', type: 'String' },
  { name: 'word', type: 'LowCardinality(String)' },
  { name: 'fixed', type: 'FixedString(3)' },
  { name: 'u8', type: 'UInt8' },
  { name: 'u16', type: 'UInt16' },
  { name: 'u32', type: 'UInt32' },
  { name: 'u64', type: 'UInt64' },
  { name: 'i64', type: 'Int64' },
  { name: 'f64', type: 'Float64' },
  { name: 'yes', type: 'Bool' },
  { name: 'time', type: 'DateTime64(3)' },
  { name: 'maybe', type: 'Nullable(Float64)' },
  { name: 'numbers', type: 'Array(Float64)', infinite: true },
  { name: 'times', type: 'Array(Int64)' },
  { name: 'words', type: 'Array(LowCardinality(String))' },
  { name: 'labels', type: 'Map(LowCardinality(String), String)' },
];

const ROWS = fc.array(
  fc.record({
    id: fc.uuid(),
    text: fc.string({ unit: 'grapheme', maxLength: 200 }),
    word: fc.constantFrom('', 'ns', 'µs'),
    fixed: fc.constantFrom('abc', 'µ1'),
    u8: fc.nat(255),
    u16: fc.nat(65535),
    u32: fc.nat(2 ** 32 - 1),
    u64: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.maxSafeNat()),
    i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    f64: fc.double({ noNaN: true, noDefaultInfinity: true }),
    yes: fc.boolean(),
    time: fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2299, 11, 31) }),
    maybe: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    numbers: fc.array(fc.double({ noNaN: true }), { maxLength: 5 }),
    times: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 5 }),
    words: fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }),
    labels: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string({ maxLength: 20 }), { maxKeys: 3 }),
  }),
  { minLength: 40, maxLength: 40 },
);

describe('against ClickHouse', () => {
  const { client } = useEmbeddedStore();

  test('ClickHouse gives back the rows and the very bytes that were sent', async () => {
    const rows = fc.sample(ROWS, { numRuns: 25, seed: 7 }).flat();
    const bytes = createRowBinaryEncoder(ROUND_TRIP).encode(rows);
    const table = ROUND_TRIP.map(({ name, type }) => `${name} ${type}`).join(', ');
    await client().command({ query: `CREATE TABLE row_binary (${table}) ENGINE = Memory` });
    const insert = await client().exec({
      query: 'INSERT INTO row_binary FORMAT RowBinary',
      values: Readable.from([bytes], { objectMode: false }),
    });
    for await (const _ of insert.stream) void _;
    const answer = await client().exec({ query: 'SELECT * FROM row_binary FORMAT RowBinary', clickhouse_settings: { max_threads: 1 } });
    const chunks: Buffer[] = [];
    for await (const chunk of answer.stream) chunks.push(Buffer.from(chunk));
    assert.ok(Buffer.concat(chunks).equals(bytes), 'the bytes differ');
    const read = await client().query({
      query:
        'SELECT toString(id) AS id, text, toString(u64) AS u64, toString(i64) AS i64, toUnixTimestamp64Milli(time) AS time FROM row_binary',
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1, output_format_json_quote_64bit_integers: 0 },
    });
    const expected = rows.map(({ id, text, u64, i64, time }) => ({ id, text, u64: String(u64), i64: String(i64), time }));
    assert.deepEqual(await read.json(), expected);
  });
});
