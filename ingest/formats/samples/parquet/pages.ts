import * as zlib from 'node:zlib';
import type { ByteSource } from '../../../format.ts';
import { unpackHybrid } from '../../../lexers/rle-hybrid.ts';
import { ThriftReader, type ThriftStruct } from '../../../lexers/thrift.ts';
import type { ColumnCell } from '../columns.ts';
import type { ParquetChunk, ParquetColumn, ParquetLeaf } from './footer.ts';
import { unpackPage } from './unpack.ts';
import { type ParquetValues, readPlain, readSplit } from './values.ts';

/**
 * The pages of one column in one row group, one at a time: nothing larger than a page is held, and every size a page states is checked before
 * memory is taken for it. Source: apache/parquet-format README.md, data pages.
 */
export type ParquetPage = { readonly rowCount: number; readonly at: (row: number) => ColumnCell };

/** A page, packed or unpacked. Writers cut pages at 1 MiB, some at a whole row group. */
const PAGE_BYTES = 32 * 1024 * 1024;
const PAGE_VALUES = 4 * 1024 * 1024;
/** Elements of one list. */
const LIST_VALUES = 1024 * 1024;
/** Tried one after the other: a header holds the smallest and largest value, which may be long. */
const HEADER_BYTES: readonly number[] = [512, 64 * 1024, 1024 * 1024];
const HEADER_BUDGET = 1000;

const DATA = 0;
const DICTIONARY = 2;
const DATA_V2 = 3;
const INDEX = 1;
const ENCODINGS = [
  'PLAIN',
  '',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
];
const PLAIN = 0;
const RLE = 3;
const SPLIT = 9;
const isIndexed = (encoding: number) => encoding === 2 || encoding === 8;

type Header = { readonly fields: ThriftStruct; readonly bytes: number };

export class ParquetPages {
  readonly #file: ByteSource;
  readonly #column: ParquetColumn;
  readonly #leaf: ParquetLeaf;
  readonly #chunk: ParquetChunk;
  #position: number;
  #values = 0;
  #dictionary: ParquetValues | undefined;
  /** The last list of a page may go on in the next one. */
  #open: ColumnCell[] | null | undefined;

  /** @throws RangeError when the column lies outside the file */
  constructor(file: ByteSource, column: ParquetColumn, leaf: ParquetLeaf, chunk: ParquetChunk) {
    if (!(chunk.start >= 4 && chunk.end <= file.byteLength)) throw new RangeError(`column ${column.name} lies outside the file`);
    this.#file = file;
    this.#column = column;
    this.#leaf = leaf;
    this.#chunk = chunk;
    this.#position = chunk.start;
  }

  /** The next rows; undefined at the end. @throws RangeError when a page is damaged or larger than may be */
  async next(): Promise<ParquetPage | undefined> {
    while (this.#position < this.#chunk.end) {
      const header = await this.#readHeader();
      const packedBytes = header.fields.number(3) ?? -1;
      const unpackedBytes = header.fields.number(2) ?? -1;
      if (!(packedBytes >= 0 && packedBytes <= PAGE_BYTES && unpackedBytes >= 0 && unpackedBytes <= PAGE_BYTES)) {
        throw new RangeError(`a page of column ${this.#column.name} has more than ${PAGE_BYTES} bytes, or is damaged; write smaller pages`);
      }
      const start = this.#position + header.bytes;
      this.#position = start + packedBytes;
      if (this.#position > this.#chunk.end) throw new RangeError(`a page of column ${this.#column.name} is cut off`);
      const bytes = await this.#file.read(start, this.#position);
      assertChecksum(bytes, header.fields.number(4));
      const page = this.#decode(header.fields, bytes, unpackedBytes);
      if (page !== undefined && page.rowCount > 0) return page;
    }
    if (this.#values !== this.#chunk.valueCount) {
      throw new RangeError(`column ${this.#column.name} has ${this.#values} values and says ${this.#chunk.valueCount}`);
    }
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? undefined : { rowCount: 1, at: () => open };
  }

  async #readHeader(): Promise<Header> {
    for (const window of HEADER_BYTES) {
      const end = Math.min(this.#chunk.end, this.#position + window);
      const reader = new ThriftReader(await this.#file.read(this.#position, end), HEADER_BUDGET);
      try {
        return { fields: reader.struct(), bytes: reader.position };
      } catch (error) {
        if (end === this.#chunk.end || window === HEADER_BYTES.at(-1)) throw error;
      }
    }
    throw new RangeError('a page has no header');
  }

  #decode(header: ThriftStruct, bytes: Uint8Array, unpackedBytes: number): ParquetPage | undefined {
    const type = header.number(1);
    if (type === INDEX) return undefined;
    const details = header.struct(type === DATA ? 5 : type === DICTIONARY ? 7 : 8);
    const valueCount = details?.number(1) ?? -1;
    if (details === null || !(valueCount >= 0 && valueCount <= PAGE_VALUES)) {
      throw new RangeError(`a page of column ${this.#column.name} has more than ${PAGE_VALUES} values, or is damaged`);
    }
    if (type === DICTIONARY) {
      this.#dictionary = this.#readDictionary(unpackPage(bytes, this.#chunk.codec, unpackedBytes), valueCount);
      return undefined;
    }
    if (type !== DATA && type !== DATA_V2) throw new RangeError(`a page has the type ${type}`);
    this.#values += valueCount;
    const parts = type === DATA ? this.#splitV1(details, bytes, unpackedBytes) : this.#splitV2(details, bytes, unpackedBytes);
    const { maxDefinition, isList } = this.#leaf;
    const definitions = maxDefinition === 0 ? null : unpackHybrid(parts.definitions, bitsOf(maxDefinition), valueCount);
    const repetitions = isList ? unpackHybrid(parts.repetitions, 1, valueCount) : null;
    const present = definitions === null ? valueCount : definitions.reduce((sum, level) => sum + (level === maxDefinition ? 1 : 0), 0);
    const values = this.#readValues(parts.values, parts.encoding, present);
    if (repetitions !== null) return this.#assembleLists(repetitions, definitions, values);
    return definitions === null || present === valueCount
      ? { rowCount: valueCount, at: values.at }
      : placeNulls(definitions, maxDefinition, values);
  }

  #splitV1(details: ThriftStruct, bytes: Uint8Array, unpackedBytes: number) {
    const page = unpackPage(bytes, this.#chunk.codec, unpackedBytes);
    const { maxDefinition, isList } = this.#leaf;
    const levels = [isList ? 4 : null, maxDefinition > 0 ? 3 : null];
    let position = 0;
    const [repetitions, definitions] = levels.map((field) => {
      if (field === null) return NO_BYTES;
      if (details.number(field) !== RLE) throw new RangeError('a page has levels in an old encoding; write it with a newer library');
      if (position + 4 > page.length) throw new RangeError('the levels of a page are cut off');
      const length = new DataView(page.buffer, page.byteOffset + position, 4).getUint32(0, true);
      const start = position + 4;
      position = start + length;
      if (position > page.length) throw new RangeError('the levels of a page are cut off');
      return page.subarray(start, position);
    });
    return {
      repetitions: repetitions ?? NO_BYTES,
      definitions: definitions ?? NO_BYTES,
      values: page.subarray(position),
      encoding: details.number(2) ?? -1,
    };
  }

  #splitV2(details: ThriftStruct, bytes: Uint8Array, unpackedBytes: number) {
    const definitionBytes = details.number(5) ?? -1;
    const repetitionBytes = details.number(6) ?? -1;
    const levelBytes = definitionBytes + repetitionBytes;
    if (definitionBytes < 0 || repetitionBytes < 0 || levelBytes > Math.min(bytes.length, unpackedBytes)) {
      throw new RangeError('the levels of a page are cut off');
    }
    const packed = bytes.subarray(levelBytes);
    const isPacked = details.boolean(7) !== false;
    return {
      repetitions: bytes.subarray(0, repetitionBytes),
      definitions: bytes.subarray(repetitionBytes, levelBytes),
      values: isPacked ? unpackPage(packed, this.#chunk.codec, unpackedBytes - levelBytes) : packed,
      encoding: details.number(4) ?? -1,
    };
  }

  #readDictionary(bytes: Uint8Array, length: number): ParquetValues {
    const values = readPlain(bytes, this.#leaf, this.elementType, length);
    if (this.elementType.kind !== 'text') return values;
    // Decoded once: every row that uses an entry then shares its text.
    const texts = Array.from({ length }, (_, index) => values.at(index));
    return { length, at: (index) => texts[index] ?? null };
  }

  get elementType() {
    const { type } = this.#column;
    return type.kind === 'list' ? type.element : type;
  }

  #readValues(bytes: Uint8Array, encoding: number, length: number): ParquetValues {
    if (encoding === PLAIN) return readPlain(bytes, this.#leaf, this.elementType, length);
    if (encoding === SPLIT) return readSplit(bytes, this.#leaf, this.elementType, length);
    if (encoding === RLE && this.#leaf.physical === 'BOOLEAN') {
      const bits = unpackHybrid(bytes.subarray(4), 1, length);
      return { length, at: (index) => bits[index] === 1 };
    }
    if (!isIndexed(encoding)) {
      const name = ENCODINGS[encoding] ?? `${encoding}`;
      throw new RangeError(
        `column ${this.#column.name} has the encoding ${name}, which is not read; write PLAIN or a dictionary (data pages 1.0)`,
      );
    }
    const dictionary = this.#dictionary;
    if (length === 0) return { length, at: () => null };
    if (dictionary === undefined || bytes.length === 0) throw new RangeError(`column ${this.#column.name} has no dictionary`);
    const indexes = unpackHybrid(bytes.subarray(1), bytes[0] ?? 0, length);
    for (const index of indexes) {
      if (!(index >= 0 && index < dictionary.length))
        throw new RangeError(`an index of column ${this.#column.name} is not in its dictionary`);
    }
    return { length, at: (row) => dictionary.at(indexes[row] ?? 0) };
  }

  /** Lists out of levels; the last one is held back, since it may go on in the next page. */
  #assembleLists(repetitions: Int32Array, definitions: Int32Array | null, values: ParquetValues): ParquetPage {
    const { maxDefinition, elementDefinition, listDefinition } = this.#leaf;
    const rows: (readonly ColumnCell[] | null)[] = [];
    let value = 0;
    for (let index = 0; index < repetitions.length; index++) {
      const level = definitions?.[index] ?? maxDefinition;
      if (repetitions[index] === 0) {
        if (this.#open !== undefined) rows.push(this.#open);
        this.#open = level < listDefinition ? null : [];
      } else if (!Array.isArray(this.#open)) {
        throw new RangeError(`column ${this.#column.name} goes on with a list that did not begin`);
      }
      if (level < elementDefinition) continue;
      this.#open?.push(level === maxDefinition ? values.at(value++) : null);
      if ((this.#open?.length ?? 0) > LIST_VALUES)
        throw new RangeError(`a list of column ${this.#column.name} has more than ${LIST_VALUES} values`);
    }
    return { rowCount: rows.length, at: (row) => rows[row] ?? null };
  }
}

const NO_BYTES = new Uint8Array(0);
const bitsOf = (most: number) => 32 - Math.clz32(most);

function placeNulls(definitions: Int32Array, maxDefinition: number, values: ParquetValues): ParquetPage {
  let next = 0;
  const places = definitions.map((level) => (level === maxDefinition ? next++ : -1));
  return {
    rowCount: places.length,
    at: (row) => {
      const place = places[row] ?? -1;
      return place === -1 ? null : values.at(place);
    },
  };
}

/** @throws RangeError when the page has a checksum and another content. Source: parquet.thrift, PageHeader.crc */
function assertChecksum(bytes: Uint8Array, stated: number | null): void {
  const crc32: unknown = Reflect.get(zlib, 'crc32');
  if (stated === null || !isChecksum(crc32)) return;
  if (crc32(bytes) !== stated >>> 0) throw new RangeError('the checksum of a page is wrong');
}

function isChecksum(value: unknown): value is (bytes: Uint8Array) => number {
  return typeof value === 'function';
}
