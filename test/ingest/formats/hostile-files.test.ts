import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParseError } from '../../../ingest/format.ts';
import { decodeMessage } from '../../../ingest/formats/samples/arrow/schema.ts';
import { arrowFormat } from '../../../ingest/formats/samples/arrow.ts';
import { parquetFormat } from '../../../ingest/formats/samples/parquet.ts';
import { unpackLz4, unpackLz4Frame } from '../../../ingest/lexers/lz4.ts';
import { unpackHybrid } from '../../../ingest/lexers/rle-hybrid.ts';
import { unpackSnappy } from '../../../ingest/lexers/snappy.ts';
import { ThriftReader } from '../../../ingest/lexers/thrift.ts';
import { unpackZstd } from '../../../ingest/lexers/zstd.ts';
import { inMemory, readFileFormat } from './support/file-reading.ts';

/** Few bytes that ask for much: each is refused at once, before memory is taken. */
const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))]);
const i64 = (value: number) => varint(value * 2);

/** A footer with `rows` rows and no row group, or one that lists `groups` of them. */
function parquetOf(footer: readonly number[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), Buffer.from(footer), length, Buffer.from('PAR1')]);
}

const refusals: readonly (readonly [name: string, bytes: Buffer, why: RegExp])[] = [
  ['a footer longer than the file', Buffer.from('PAR1\xff\xff\xff\x7fPAR1', 'latin1'), /damaged/],
  ['structures in structures', parquetOf(Array.from({ length: 100_000 }, () => 0x1c)), /nested too deep/],
  ['a list of two billion', parquetOf([0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07]), /longer than the data/],
  ['a number without end', parquetOf([0x36, ...Array.from({ length: 100_000 }, () => 0xff)]), /more than 64 bits/],
  [
    'rows that no column has',
    parquetOf([0x29, 0x1c, 0x48, 1, 97, 0x15, 0, 0, 0x16, ...i64(1e12), 0x19, 0x0c, 0]),
    /says 1000000000000 rows/,
  ],
  ['an encrypted file', Buffer.from('PAREaaaaaaaaPARE'), /encrypted/],
];
for (const [name, bytes, why] of refusals) {
  test(`a Parquet file with ${name} is refused at once`, async () => {
    const started = performance.now();
    await assert.rejects(readFileFormat(parquetFormat, inMemory(bytes)), (error) => error instanceof ParseError && why.test(error.message));
    assert.ok(performance.now() - started < 1000);
  });
}

test('an Arrow stream whose message is longer than the stream is refused', async () => {
  for (const length of [0x7fffffff, -5, 1000]) {
    const bytes = Buffer.alloc(24);
    bytes.writeUInt32LE(0xffffffff);
    bytes.writeInt32LE(length, 4);
    await assert.rejects(readFileFormat(arrowFormat, inMemory(bytes)), ParseError);
  }
});

test('an Arrow schema whose fields all share one child that shares one child is refused, not unfolded', () => {
  // Tables laid out by hand: each of 64 levels holds the next one twice: 2^64 fields in a few kilobytes.
  const bytes = makeBombSchema(64);
  const started = performance.now();
  assert.throws(() => decodeMessage(bytes), /nested deeper than 16/);
  assert.ok(performance.now() - started < 2000);
});

/** A flatbuffer message: version 4, header Schema, whose fields vector holds the first of `levels` fields with two equal children. */
function makeBombSchema(levels: number): Uint8Array {
  const buffer = Buffer.alloc(256 + levels * 64);
  let at = 4;
  const table = (slots: number) => {
    const vtable = at;
    buffer.writeUInt16LE(4 + 2 * slots, vtable);
    buffer.writeUInt16LE(4 + 4 * slots, vtable + 2);
    for (let slot = 0; slot < slots; slot++) buffer.writeUInt16LE(4 + 4 * slot, vtable + 4 + 2 * slot);
    const start = vtable + 4 + 2 * slots;
    buffer.writeInt32LE(start - vtable, start);
    at = start + 4 + 4 * slots;
    return start;
  };
  const message = table(4);
  buffer.writeUInt32LE(message, 0);
  // No body.
  buffer.writeUInt16LE(0, message - 12 + 4 + 6);
  buffer.writeUInt8(1, message + 8);
  const schema = table(2);
  buffer.writeUInt32LE(schema - (message + 12), message + 12);
  let pointer = schema + 8;
  for (let level = 0; level < levels; level++) {
    buffer.writeUInt32LE(at - pointer, pointer);
    const vector = at;
    buffer.writeUInt32LE(level === 0 ? 1 : 2, vector);
    at += level === 0 ? 8 : 12;
    const field = table(6);
    for (let index = 0; index < (level === 0 ? 1 : 2); index++)
      buffer.writeUInt32LE(field - (vector + 4 + 4 * index), vector + 4 + 4 * index);
    buffer.writeUInt16LE(0, field - 16 + 4);
    buffer.writeUInt16LE(0, field - 16 + 10);
    buffer.writeUInt16LE(0, field - 16 + 12);
    buffer.writeUInt8(13, field + 4 + 8);
    pointer = field + 4 + 20;
  }
  return buffer;
}

test('runs longer than what is wanted are cut, runs of nothing end', () => {
  const endless = Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 7);
  assert.deepEqual([...unpackHybrid(endless, 3, 4)], [7, 7, 7, 7]);
  assert.throws(() => unpackHybrid(new Uint8Array(10_000), 1, 5), RangeError);
  assert.throws(() => unpackHybrid(Uint8Array.of(3), 8, 8), /cut off/);
  assert.throws(() => unpackHybrid(endless, 31, 4), /31 bits/);
});

test('compressed blocks give exactly what they promise, or nothing', () => {
  // Snappy: length 4, a literal of 4 bytes (tag 3 << 2). Source: format_description.txt
  const snappy = Uint8Array.of(4, 12, 1, 2, 3, 4);
  assert.deepEqual([...unpackSnappy(snappy, 4)], [1, 2, 3, 4]);
  for (const length of [3, 5]) assert.throws(() => unpackSnappy(snappy, length), RangeError);
  // A literal whose length is 2^32: libraries that compute it in 32 bits walk backwards for ever.
  assert.throws(() => unpackSnappy(Uint8Array.of(4, 0xfc, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4), 4), RangeError);
  assert.throws(() => unpackSnappy(Uint8Array.of(4, 0, 1, 0x0e, 9, 0), 4), /outside the data/);
  // LZ4: 4 literals (token 0x40).
  const lz4 = Uint8Array.of(0x40, 1, 2, 3, 4);
  assert.deepEqual([...unpackLz4(lz4, 4)], [1, 2, 3, 4]);
  for (const length of [3, 5]) assert.throws(() => unpackLz4(lz4, length), RangeError);
  assert.throws(() => unpackLz4(Uint8Array.of(0x1f, 1, 1, 0, ...Array.from({ length: 1000 }, () => 255)), 100), RangeError);
  assert.throws(() => unpackLz4Frame(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 4), /no LZ4 frame/);
  // zstd: a frame of one raw block of 4 bytes; content size 4 in the header. Source: RFC 8878
  const zstd = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 4, 0x21, 0, 0, 1, 2, 3, 4);
  assert.deepEqual([...unpackZstd(zstd, 4)], [1, 2, 3, 4]);
  for (const length of [3, 5, 1_000_000]) assert.throws(() => unpackZstd(zstd, length), RangeError);
});

test('Thrift counts what it reads', () => {
  const many = Uint8Array.from([0x19, 0xf3, ...varint(5000), ...Array.from({ length: 5000 }, () => 1), 0]);
  assert.throws(() => new ThriftReader(many, 1000).struct(), /too large/);
  assert.ok(new ThriftReader(many, 10_000).struct().has(1));
});
