import { decodeText, toHalf } from '../arrow/columns.ts';
import type { ColumnCell, ColumnType } from '../columns.ts';
import { toIntegerCell } from '../columns.ts';
import type { ParquetLeaf } from './footer.ts';

/** Values that stand one after another, without nulls. @throws RangeError from `at` when one is damaged */
export type ParquetValues = { readonly length: number; readonly at: (index: number) => ColumnCell };

/** A decimal of 256 bits is the widest there is. */
const DECIMAL_BYTES = 32;

/**
 * Values in the encoding PLAIN. Source: apache/parquet-format Encodings.md.
 * @throws RangeError when the bytes are too few, or the type is not read
 */
export function readPlain(bytes: Uint8Array, leaf: ParquetLeaf, type: ColumnType, length: number): ParquetValues {
  switch (leaf.physical) {
    case 'BOOLEAN': {
      const bits = assertBytes(bytes, Math.ceil(length / 8));
      return { length, at: (index) => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1 };
    }
    case 'INT32':
    case 'INT64':
    case 'FLOAT':
    case 'DOUBLE':
      return readFixed(bytes, leaf, type, length);
    case 'FIXED_LEN_BYTE_ARRAY': {
      const width = leaf.typeLength;
      if (!(width >= 1 && width <= DECIMAL_BYTES)) throw new RangeError(`values of ${width} bytes are not read`);
      assertBytes(bytes, width * length);
      return { length, at: (index) => toCell(bytes.subarray(width * index, width * (index + 1)), leaf, type) };
    }
    case 'BYTE_ARRAY': {
      const ends = findEnds(bytes, length);
      return { length, at: (index) => toCell(bytes.subarray(index === 0 ? 4 : (ends[index - 1] ?? 0) + 4, ends[index]), leaf, type) };
    }
    default:
      throw new RangeError(`${leaf.physical} is not read`);
  }
}

/** Bytes of all values mixed: first the first bytes of all, then the second. Source: Encodings.md, BYTE_STREAM_SPLIT */
export function readSplit(bytes: Uint8Array, leaf: ParquetLeaf, type: ColumnType, length: number): ParquetValues {
  const width = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, FIXED_LEN_BYTE_ARRAY: leaf.typeLength, BOOLEAN: 0, INT96: 0, BYTE_ARRAY: 0 }[
    leaf.physical
  ];
  if (!(width >= 1 && width <= DECIMAL_BYTES)) throw new RangeError(`split values of ${width} bytes are not read`);
  assertBytes(bytes, width * length);
  const plain = new Uint8Array(width * length);
  for (let part = 0; part < width; part++) {
    for (let index = 0; index < length; index++) plain[index * width + part] = bytes[part * length + index] ?? 0;
  }
  return readPlain(plain, leaf, type, length);
}

function readFixed(bytes: Uint8Array, leaf: ParquetLeaf, type: ColumnType, length: number): ParquetValues {
  const { physical, unsigned } = leaf;
  const wide = physical === 'INT64' || physical === 'DOUBLE';
  assertBytes(bytes, (wide ? 8 : 4) * length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (physical === 'DOUBLE') return { length, at: (index) => view.getFloat64(8 * index, true) };
  if (physical === 'FLOAT') return { length, at: (index) => view.getFloat32(4 * index, true) };
  const isBig = type.kind === 'time' || type.kind === 'decimal';
  if (physical === 'INT32') {
    const read = (index: number) => (unsigned ? view.getUint32(4 * index, true) : view.getInt32(4 * index, true));
    return { length, at: isBig ? (index) => BigInt(read(index)) : read };
  }
  const read = (index: number) => (unsigned ? view.getBigUint64(8 * index, true) : view.getBigInt64(8 * index, true));
  return { length, at: isBig ? read : (index) => toIntegerCell(read(index)) };
}

function toCell(bytes: Uint8Array, { half, physical }: ParquetLeaf, type: ColumnType): ColumnCell {
  if (type.kind === 'text') return decodeText(bytes);
  if (half && bytes.length === 2) return toHalf((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8));
  if (type.kind !== 'decimal' || bytes.length === 0 || bytes.length > DECIMAL_BYTES) {
    throw new RangeError(`a value of ${bytes.length} bytes of ${physical} is not read`);
  }
  let value = BigInt(((bytes[0] ?? 0) << 24) >> 24);
  for (let index = 1; index < bytes.length; index++) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return value;
}

/** Where each text ends; each begins with its length in four bytes. */
function findEnds(bytes: Uint8Array, length: number): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ends = new Uint32Array(length);
  let position = 0;
  for (let index = 0; index < length; index++) {
    position += 4 + (position + 4 > bytes.length ? Number.POSITIVE_INFINITY : view.getUint32(position, true));
    if (position > bytes.length) throw new RangeError('a text lies outside its page');
    ends[index] = position;
  }
  return ends;
}

function assertBytes(bytes: Uint8Array, needed: number): Uint8Array {
  if (bytes.length < needed) throw new RangeError(`a page has ${bytes.length} bytes of values and needs ${needed}`);
  return bytes;
}
