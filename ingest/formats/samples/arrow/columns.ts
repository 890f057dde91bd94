import { unpackLz4Frame } from '../../../lexers/lz4.ts';
import { unpackZstd } from '../../../lexers/zstd.ts';
import type { ColumnCell } from '../columns.ts';
import { toIntegerCell } from '../columns.ts';
import type { ArrowBatch, ArrowField } from './schema.ts';

/** The cells of one field of one batch. @throws RangeError from `at` when the data is damaged */
export type ArrowCells = { readonly length: number; readonly at: (row: number) => ColumnCell };
export type Dictionaries = ReadonlyMap<bigint, ArrowCells>;

const LENGTH_PREFIX_BYTES = 8;
/** In place of a length: the buffer is not compressed after all. */
const STORED = -1n;

/**
 * Walks the fields of a batch in their order, which alone says which buffer belongs to which, and reads those asked for.
 * @param limitBytes what the buffers read may have after decompression, together
 * @throws RangeError when a buffer lies outside the body or is too short for its field
 */
export class ArrowColumns {
  readonly #body: Uint8Array;
  readonly #batch: ArrowBatch;
  readonly #dictionaries: Dictionaries;
  #node = 0;
  #buffer = 0;
  #variadic = 0;
  #leftBytes: number;

  constructor(body: Uint8Array, batch: ArrowBatch, dictionaries: Dictionaries, limitBytes: number) {
    this.#body = body;
    this.#batch = batch;
    this.#dictionaries = dictionaries;
    this.#leftBytes = limitBytes;
  }

  /** Steps over a field and its children. */
  skip(field: ArrowField): void {
    this.#node++;
    this.#buffer += 'variadic' in field.layout ? 2 + this.#nextVariadic() : field.layout.buffers;
    for (const child of field.children) this.skip(child);
  }

  read(field: ArrowField): ArrowCells {
    const node = this.#batch.nodes[this.#node++];
    if (node === undefined) throw new RangeError(`the batch has no data for column ${field.name}`);
    const { length } = node;
    const isValid = this.#readValidity(length, node.nullCount);
    const at = this.#readValues(field, length);
    return { length, at: (row) => (isValid(row) ? at(row) : null) };
  }

  #readValues(field: ArrowField, length: number): (row: number) => ColumnCell {
    const { type, bitWidth, dictionary } = field;
    if (dictionary !== null) return this.#readIndexes(field, dictionary.id, length);
    switch (type.kind) {
      case 'integer':
      case 'time':
        return type.kind === 'time' ? this.#readTimes(length) : readIntegers(this.#take(), field, length);
      case 'number':
        return readFloats(this.#take(), bitWidth, length);
      case 'boolean': {
        const bits = assertBytes(this.#take(), Math.ceil(length / 8));
        return (row) => bitAt(bits, row);
      }
      case 'decimal':
        return readDecimals(this.#take(), bitWidth, length);
      case 'text':
        return field.layout !== undefined && 'variadic' in field.layout ? this.#readViews(length) : this.#readTexts(field, length);
      case 'list':
        return this.#readLists(field, length);
      case 'other':
        throw new RangeError(`column ${field.name} is ${type.name}, which is not read`);
      default:
        return type satisfies never;
    }
  }

  #readTimes(length: number): (row: number) => ColumnCell {
    const view = toView(assertBytes(this.#take(), 8 * length));
    return (row) => view.getBigInt64(8 * row, true);
  }

  #readIndexes(field: ArrowField, id: bigint, length: number): (row: number) => ColumnCell {
    const dictionary = this.#dictionaries.get(id);
    const indexes = readIntegers(this.#take(), field, length);
    return (row) => {
      const index = Number(indexes(row));
      if (dictionary === undefined || !(index >= 0 && index < dictionary.length)) {
        throw new RangeError(`the index ${index} of column ${field.name} is in no dictionary`);
      }
      return dictionary.at(index);
    };
  }

  #readOffsets(large: boolean, length: number): (index: number) => number {
    const bytes = this.#take();
    if (length === 0) return () => 0;
    const view = toView(assertBytes(bytes, (large ? 8 : 4) * (length + 1)));
    return large ? (index) => Number(view.getBigInt64(8 * index, true)) : (index) => view.getInt32(4 * index, true);
  }

  #readTexts({ name, large }: ArrowField, length: number): (row: number) => ColumnCell {
    const offsets = this.#readOffsets(large, length);
    const bytes = this.#take();
    return (row) => {
      const start = offsets(row);
      const end = offsets(row + 1);
      if (!(start >= 0 && end >= start && end <= bytes.length)) throw new RangeError(`a text of column ${name} lies outside its buffer`);
      return decodeText(bytes.subarray(start, end));
    };
  }

  /** Texts of up to 12 bytes stand in their view, longer ones in one of the data buffers. */
  #readViews(length: number): (row: number) => ColumnCell {
    const views = assertBytes(this.#take(), 16 * length);
    const data = Array.from({ length: this.#nextVariadic() }, () => this.#take());
    const view = toView(views);
    return (row) => {
      const size = view.getInt32(16 * row, true);
      if (size >= 0 && size <= 12) return decodeText(views.subarray(16 * row + 4, 16 * row + 4 + size));
      const buffer = data[view.getInt32(16 * row + 8, true)];
      const start = view.getInt32(16 * row + 12, true);
      if (size < 0 || buffer === undefined || start < 0 || start + size > buffer.length)
        throw new RangeError('a text lies outside its buffer');
      return decodeText(buffer.subarray(start, start + size));
    };
  }

  #readLists({ name, large, listSize, children }: ArrowField, length: number): (row: number) => ColumnCell {
    const fixed = listSize === null ? null : (index: number) => index * listSize;
    const offsets = fixed ?? this.#readOffsets(large, length);
    const [element] = children;
    if (element === undefined) throw new RangeError(`the lists of column ${name} hold nothing`);
    const cells = this.read(element);
    return (row) => {
      const start = offsets(row);
      const end = offsets(row + 1);
      if (!(start >= 0 && end >= start && end <= cells.length)) throw new RangeError(`a list of column ${name} lies outside its values`);
      return Array.from({ length: end - start }, (_, index) => cells.at(start + index));
    };
  }

  #readValidity(length: number, nullCount: number): (row: number) => boolean {
    const bits = this.#take();
    if (bits.length === 0 && nullCount === 0) return () => true;
    assertBytes(bits, Math.ceil(length / 8));
    return (row) => bitAt(bits, row);
  }

  #nextVariadic(): number {
    const count = this.#batch.variadicCounts[this.#variadic++];
    if (count === undefined || count > this.#batch.buffers.length)
      throw new RangeError('the batch does not say how many buffers a column has');
    return count;
  }

  #take(): Uint8Array {
    const place = this.#batch.buffers[this.#buffer++];
    if (place === undefined) throw new RangeError('the batch has too few buffers for its columns');
    const { offset, length } = place;
    if (offset + length > this.#body.length) throw new RangeError('a buffer lies outside the batch');
    const bytes = this.#body.subarray(offset, offset + length);
    return this.#batch.compression === 'none' || length === 0 ? bytes : this.#unpack(bytes, this.#batch.compression);
  }

  #unpack(bytes: Uint8Array, codec: 'lz4' | 'zstd'): Uint8Array {
    const stated = toView(bytes).getBigInt64(0, true);
    const packed = bytes.subarray(LENGTH_PREFIX_BYTES);
    if (stated === STORED) return packed;
    if (stated < 0n || stated > BigInt(this.#leftBytes)) throw new RangeError(`a buffer of ${stated} bytes is beyond the limit of a batch`);
    const length = Number(stated);
    this.#leftBytes -= length;
    return codec === 'lz4' ? unpackLz4Frame(packed, length) : unpackZstd(packed, length);
  }
}

function readIntegers(bytes: Uint8Array, { bitWidth, signed, name }: ArrowField, length: number): (row: number) => ColumnCell {
  const view = toView(assertBytes(bytes, (bitWidth / 8) * length));
  if (bitWidth === 8) return signed ? (row) => view.getInt8(row) : (row) => view.getUint8(row);
  if (bitWidth === 16) return signed ? (row) => view.getInt16(2 * row, true) : (row) => view.getUint16(2 * row, true);
  if (bitWidth === 32) return signed ? (row) => view.getInt32(4 * row, true) : (row) => view.getUint32(4 * row, true);
  if (bitWidth !== 64) throw new RangeError(`column ${name} has integers of ${bitWidth} bits`);
  return (row) => toIntegerCell(signed ? view.getBigInt64(8 * row, true) : view.getBigUint64(8 * row, true));
}

function readFloats(bytes: Uint8Array, bitWidth: number, length: number): (row: number) => ColumnCell {
  const view = toView(assertBytes(bytes, (bitWidth / 8) * length));
  if (bitWidth === 64) return (row) => view.getFloat64(8 * row, true);
  if (bitWidth === 32) return (row) => view.getFloat32(4 * row, true);
  if (bitWidth === 16) return (row) => toHalf(view.getUint16(2 * row, true));
  throw new RangeError(`floats of ${bitWidth} bits are not read`);
}

/** IEEE 754 binary16: every half is exactly a double. */
export function toHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function readDecimals(bytes: Uint8Array, bitWidth: number, length: number): (row: number) => ColumnCell {
  if (![32, 64, 128, 256].includes(bitWidth)) throw new RangeError(`decimals of ${bitWidth} bits are not read`);
  const width = bitWidth / 8;
  const view = toView(assertBytes(bytes, width * length));
  return (row) => {
    if (width === 4) return BigInt(view.getInt32(4 * row, true));
    let value = view.getBigInt64(width * row + width - 8, true);
    for (let word = width - 16; word >= 0; word -= 8) value = (value << 64n) | view.getBigUint64(width * row + word, true);
    return value;
  };
}

const bitAt = (bits: Uint8Array, row: number) => (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
const toView = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function assertBytes(bytes: Uint8Array, needed: number): Uint8Array {
  if (bytes.length < needed) throw new RangeError(`a buffer has ${bytes.length} bytes, its rows need ${needed}`);
  return bytes;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws TypeError when the bytes are not UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  return bytes.length === 0 ? '' : UTF8.decode(bytes);
}
