import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../../ingest/format.ts';
import { arrowFormat } from '../../../../ingest/formats/samples/arrow.ts';
import { csvFormat } from '../../../../ingest/formats/samples/csv.ts';
import { parquetFormat } from '../../../../ingest/formats/samples/parquet.ts';
import { useEmbeddedStore } from '../../../support/embedded-store.ts';
import { writeByClickHouse } from '../support/clickhouse-files.ts';
import { inMemory, readFileFormat, readOrRefuse, samplesOf, valuesOf } from '../support/file-reading.ts';
import { NO_PARAMETERS } from '../support/reading.ts';

/**
 * Files written by ClickHouse, which shares no code with the readers. Numbers in the tables are those of the queries, converted by hand.
 */
const GIVEN = { metric: 'latency', unit: 'ns', region: 'r' } as const;
const { store } = useEmbeddedStore();

const write = (format: string, query: string, settings?: Readonly<Record<string, string>>) =>
  writeByClickHouse(store(), `${query} FORMAT ${format}`, settings);
const formatOf = (name: string) => (name === 'Parquet' ? parquetFormat : arrowFormat);
const KINDS = ['Parquet', 'Arrow', 'ArrowStream'] as const;

const ROWS = `SELECT number * 1.5 + 0.25 AS value, concat('region-', toString(number % 3)) AS region,
  toLowCardinality(if(number % 2 = 0, 'a', 'b')) AS \`label.path\`, toInt32(number % 4) AS \`label.gpu\`,
  fromUnixTimestamp64Nano(toInt64(1769860800000000000 + number), 'UTC') AS at, toUInt8(1 + number % 2) AS repetition FROM numbers(1000)`;

describe('the rows of a file are those of a csv with the same content', () => {
  const parquet = ['none', 'snappy', 'gzip', 'zstd', 'lz4', 'brotli'].map((codec) => ['Parquet', 'parquet', codec] as const);
  const arrow = ['none', 'lz4_frame', 'zstd'].flatMap((codec) => [
    ['Arrow', 'arrow', codec] as const,
    ['ArrowStream', 'arrow', codec] as const,
  ]);
  let csv = '';
  before(async () => {
    const text = await write('CSVWithNames', ROWS, { date_time_output_format: 'iso' });
    const stream = csvFormat.mode === 'stream' ? csvFormat.open({ ...NO_PARAMETERS, ...GIVEN }) : undefined;
    csv = toText([...(stream?.push(text.toString().replaceAll('"', '')) ?? []), ...(stream?.end() ?? [])]);
  });
  for (const [format, name, codec] of [...parquet, ...arrow]) {
    test(`${format}, ${codec}`, async () => {
      const settings = { [`output_format_${name}_compression_method`]: codec, output_format_parquet_row_group_size: '300' };
      const result = await readFileFormat(formatOf(format), inMemory(await write(format, ROWS, settings)), GIVEN);
      assert.equal(toText(result.records), csv);
      assert.deepEqual(result.warnings, []);
    });
  }
});

/** What a payload says, line numbers aside: the header of a csv has one. */
function toText(records: readonly object[]): string {
  return JSON.stringify(records, (key, value: unknown) => {
    if (key === 'line') return undefined;
    if (value instanceof BigInt64Array) return Array.from(value, String);
    return typeof value === 'bigint' ? String(value) : value;
  });
}

type Case = readonly [type: string, expression: string, values: readonly number[] | RegExp, flags?: string];
const VALUES: readonly Case[] = [
  ['Float64', 'toFloat64(0.1)', [0.1]],
  ['Float32, which is exactly a double', 'toFloat32(0.1)', [0.10000000149011612]],
  ['Int8', 'toInt8(-128)', [-128]],
  ['UInt8', 'toUInt8(255)', [255]],
  ['Int16', 'toInt16(-32768)', [-32768]],
  ['UInt16', 'toUInt16(65535)', [65535]],
  ['Int32', 'toInt32(-2147483648)', [-2147483648]],
  ['UInt32', 'toUInt32(4294967295)', [4294967295]],
  ['Int64', 'toInt64(9007199254740991)', [9007199254740991]],
  ['Int64 that no double holds', 'toInt64(9007199254740993)', [9007199254740992], 'precision_lost'],
  ['UInt64 that no double holds', 'toUInt64(18446744073709551615)', [18446744073709552000], 'precision_lost'],
  ['UInt64 that a double holds', 'toUInt64(9223372036854775808)', [9223372036854776000]],
  ['Decimal32', 'toDecimal32(-1.25, 3)', [-1.25]],
  ['Decimal64', 'toDecimal64(0.0001, 8)', [0.0001]],
  ['Decimal128', "toDecimal128('-12345678901234567.5', 4)", [-12345678901234568]],
  ['a nullable with a value', 'toNullable(toFloat64(2))', [2]],
  ['null', 'CAST(NULL AS Nullable(Float64))', /row 1|value is empty; leave the row out/],
  ['NaN', 'nan', /value is "NaN"/],
  ['infinity', '-inf', /value is "-Infinity"/],
  ['text', "'1.5'", /column value is of type text/],
  ['boolean', 'true', /column value is (?:of type boolean)/],
  ['a date', "toDate32('2026-01-31')", /column value is a date/],
  ['a list', '[1., 2.]', /column value is a list of number/],
  ['a struct', 'tuple(1, 2)', /column value is (?:nested|a struct)/],
];

describe('a value', () => {
  for (const [type, expression, expected, flags = ''] of VALUES) {
    for (const kind of KINDS) {
      test(`of ${type} in ${kind}`, async () => {
        const file = inMemory(await write(kind, `SELECT ${expression} AS value`));
        const reading = readFileFormat(formatOf(kind), file, GIVEN);
        if (expected instanceof RegExp) {
          await assert.rejects(reading, (error) => error instanceof ParseError && expected.test(error.message));
          return;
        }
        const result = await reading;
        assert.deepEqual(valuesOf(result), expected);
        assert.equal(samplesOf(result)[0]?.quality.join(), flags);
      });
    }
  }
});

const TIMES: readonly (readonly [name: string, expression: string, at: bigint | RegExp])[] = [
  ['seconds, as an integer', 'toInt64(1769860800)', /has 10 digits/],
  ['nanoseconds, as an integer', 'toInt64(1769860800000000001)', 1_769_860_800_000_000_001n],
  ['milliseconds with a zone', "fromUnixTimestamp64Milli(1769860800001, 'UTC')", 1_769_860_800_001_000_000n],
  ['microseconds with a zone', "fromUnixTimestamp64Micro(1769860800000001, 'UTC')", 1_769_860_800_000_001_000n],
  ['nanoseconds with a zone', "fromUnixTimestamp64Nano(1769860800000000001, 'UTC')", 1_769_860_800_000_000_001n],
  ['RFC 3339 as text', "'2026-01-31T12:00:00.000000001Z'", 1_769_860_800_000_000_001n],
  ['text without an offset', "'2026-01-31T12:00:00'", /is not a time/],
  ['a float', 'toFloat64(1.5)', /column at is of type number/],
];

describe('a time', () => {
  for (const [name, expression, expected] of TIMES) {
    for (const kind of ['Parquet', 'Arrow'] as const) {
      test(`of ${name} in ${kind}`, async () => {
        const reading = readFileFormat(formatOf(kind), inMemory(await write(kind, `SELECT 1. AS value, ${expression} AS at`)), GIVEN);
        if (expected instanceof RegExp) await assert.rejects(reading, expected);
        else assert.deepEqual([...(samplesOf(await reading)[0]?.atNs ?? [])], [expected]);
      });
    }
  }
});

describe('columns', () => {
  for (const kind of KINDS) {
    const read = async (query: string) => readFileFormat(formatOf(kind), inMemory(await write(kind, query)), GIVEN);
    test(`${kind}: lists in values, over many pages`, async () => {
      const result = await read('SELECT arrayMap(x -> toFloat64(number * 100 + x), range(1 + number % 5)) AS values FROM numbers(20000)');
      assert.equal(valuesOf(result).length, 60_000);
      assert.deepEqual(valuesOf(result).slice(0, 6), [0, 100, 101, 200, 201, 202]);
    });
    test(`${kind}: refuses an empty list, and a list with a null`, async () => {
      await assert.rejects(read('SELECT CAST([] AS Array(Float64)) AS values'), /values is empty/);
      await assert.rejects(read('SELECT [1., NULL] AS values'), /value is empty/);
    });
    test(`${kind}: a column of another name is ignored with one warning; the unit converts`, async () => {
      const result = await read("SELECT toFloat64(number) + 1.5 AS value, 'us' AS unit, number AS host FROM numbers(2)");
      assert.deepEqual(valuesOf(result), [1500, 2500]);
      assert.deepEqual(
        result.warnings.map(({ code, line }) => [code, line]),
        [['unknown_column', null]],
      );
    });
    test(`${kind}: refuses files without a value column, without rows, and with a misspelt name`, async () => {
      await assert.rejects(read('SELECT 1 AS latency'), /no column is named value/);
      await assert.rejects(read('SELECT 1. AS Value'), /write value/);
      await assert.rejects(read('SELECT 1. AS value WHERE 0'), /columns but no values/);
    });
    test(`${kind}: an error names the row`, async () => {
      const reading = read('SELECT if(number = 70000, nan, 1.) AS value FROM numbers(100000)');
      await assert.rejects(reading, (error) => error instanceof ParseError && error.line === 70_001);
    });
  }
});

describe('damage', () => {
  for (const kind of KINDS) {
    test(`${kind}: every cut and every flipped byte gives a result or a refusal`, async () => {
      const bytes = await write(kind, `${ROWS} LIMIT 20`, { output_format_parquet_compression_method: 'snappy' });
      for (let length = 0; length < bytes.length; length += 7) await readOrRefuse(formatOf(kind), bytes.subarray(0, length), GIVEN);
      for (let place = 0; place < bytes.length; place += 5) {
        const damaged = Buffer.from(bytes);
        damaged[place] = (damaged[place] ?? 0) ^ (1 << (place % 8));
        await readOrRefuse(formatOf(kind), damaged, GIVEN);
      }
    });
    test(`${kind}: bytes that were overwritten give a result or a refusal in bounded time (property)`, async () => {
      const files: Buffer[] = [];
      for (const codec of ['none', 'zstd']) {
        const settings = { output_format_parquet_compression_method: codec, output_format_arrow_compression_method: codec };
        files.push(await write(kind, `${ROWS} LIMIT 50`, settings));
      }
      const writes = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.integer({ min: 1, max: 8 })), {
        minLength: 1,
        maxLength: 6,
      });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...files), writes, async (file, changes) => {
          const damaged = Buffer.from(file);
          for (const [place, value, length] of changes)
            damaged.fill(value, place % file.length, Math.min(file.length, (place % file.length) + length));
          const started = performance.now();
          await readOrRefuse(formatOf(kind), damaged, GIVEN);
          assert.ok(performance.now() - started < 5000);
        }),
        { numRuns: 300 },
      );
    });
    test(`${kind}: refuses any bytes at all (property)`, async () => {
      const starts = { Parquet: 'PAR1', Arrow: 'ARROW1\0\0', ArrowStream: '\xff\xff\xff\xff' };
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (rest) => {
          const message = await readOrRefuse(
            formatOf(kind),
            Buffer.concat([Buffer.from(starts[kind], 'latin1'), rest, Buffer.from(starts[kind].slice(0, 6))]),
            GIVEN,
          );
          assert.equal(typeof message, 'string');
        }),
        { numRuns: 200 },
      );
    });
  }
});
