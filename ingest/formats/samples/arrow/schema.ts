import { FlatBuffer, type FlatTable, toSafe } from '../../../lexers/flatbuffer.ts';
import type { ColumnType } from '../columns.ts';

/**
 * What the messages of an Arrow file say before their data: columns, and where the buffers of a batch lie.
 * Source: apache/arrow format/Schema.fbs and Message.fbs, 1.5.
 */

/** How the buffers of a field lie in a batch. `variadic` ones are counted by the batch itself. */
type Layout = { readonly buffers: number; readonly hasValidity: boolean } | { readonly variadic: true };

export type ArrowField = {
  readonly name: string;
  readonly type: ColumnType;
  /** Bits of one value; 0 for what is not of fixed width. */
  readonly bitWidth: number;
  readonly signed: boolean;
  /** Whether offsets have 64 bits. */
  readonly large: boolean;
  /** Items of a fixed-size list. */
  readonly listSize: number | null;
  readonly layout: Layout;
  /** Set when the values are indexes into a dictionary: then bitWidth and signed are those of the index. */
  readonly dictionary: { readonly id: bigint; readonly values: ArrowField } | null;
  readonly children: readonly ArrowField[];
};

export type ArrowNode = { readonly length: number; readonly nullCount: number };
export type ArrowBatch = {
  readonly length: number;
  readonly nodes: readonly ArrowNode[];
  readonly buffers: readonly { readonly offset: number; readonly length: number }[];
  readonly compression: 'none' | 'lz4' | 'zstd';
  readonly variadicCounts: readonly number[];
};

export type ArrowMessage =
  | { readonly kind: 'schema'; readonly fields: readonly ArrowField[] }
  | { readonly kind: 'batch'; readonly bodyLength: number; readonly batch: ArrowBatch }
  | {
      readonly kind: 'dictionary';
      readonly bodyLength: number;
      readonly id: bigint;
      readonly isDelta: boolean;
      readonly batch: ArrowBatch;
    };

/** Tables and elements in one message: 100,000 buffers would be 30,000 columns. */
const MESSAGE_BUDGET = 4_000_000;
const DEPTH_MOST = 16;
const HEADER_SCHEMA = 1;
const HEADER_DICTIONARY = 2;
const HEADER_BATCH = 3;

/** @throws RangeError or TypeError when the bytes are no message that is read */
export function decodeMessage(bytes: Uint8Array): ArrowMessage {
  const message = new FlatBuffer(bytes, MESSAGE_BUDGET).root();
  const kind = message.int8(1);
  const header = message.table(2);
  const bodyLength = toSafe(message.int64(3));
  if (header === null) throw new RangeError('a message has no header');
  if (kind === HEADER_SCHEMA) return { kind: 'schema', fields: decodeSchema(header) };
  if (kind === HEADER_BATCH) return { kind: 'batch', bodyLength, batch: decodeBatch(header) };
  const data = kind === HEADER_DICTIONARY ? header.table(1) : null;
  if (data === null) throw new RangeError('a message is neither schema nor batch');
  return { kind: 'dictionary', bodyLength, id: header.int64(0), isDelta: header.int8(2) !== 0, batch: decodeBatch(data) };
}

export type ArrowFooter = { readonly fields: readonly ArrowField[]; readonly batches: number };

/** What the end of an Arrow file says of it: its columns, and how many batches it has. @throws RangeError when it is damaged */
export function decodeFooter(bytes: Uint8Array): ArrowFooter {
  const footer = new FlatBuffer(bytes, MESSAGE_BUDGET).root();
  const schema = footer.table(1);
  if (schema === null) throw new RangeError('the end of the file names no columns');
  return { fields: decodeSchema(schema), batches: footer.count(3, 24) };
}

function decodeSchema(schema: FlatTable): readonly ArrowField[] {
  if (schema.int16(0) !== 0) throw new RangeError('numbers are big-endian; write them little-endian');
  return schema.tables(1).map((field) => decodeField(field, 0));
}

function decodeBatch(header: FlatTable): ArrowBatch {
  const compression = header.table(3);
  if (compression !== null && compression.int8(1) !== 0) throw new RangeError('the batch is compressed in an unknown way');
  const codec = compression === null ? 'none' : (['lz4', 'zstd'] as const)[compression.int8(0)];
  if (codec === undefined) throw new RangeError('the batch is compressed with an unknown codec; use lz4, zstd or none');
  const pair = (values: readonly number[]) => [values[0] ?? 0, values[1] ?? 0] as const;
  return {
    length: toSafe(header.int64(0)),
    nodes: header
      .int64s(1, 2)
      .map(pair)
      .map(([length, nullCount]) => ({ length, nullCount })),
    buffers: header
      .int64s(2, 2)
      .map(pair)
      .map(([offset, length]) => ({ offset, length })),
    compression: codec,
    variadicCounts: header.int64s(4, 1).map((values) => values[0] ?? 0),
  };
}

function decodeField(field: FlatTable, depth: number): ArrowField {
  if (depth > DEPTH_MOST) throw new RangeError(`columns are nested deeper than ${DEPTH_MOST}`);
  const children = field.tables(5).map((child) => decodeField(child, depth + 1));
  const plain = decodeType(field.int8(2), field.table(3), children);
  const values: ArrowField = {
    large: false,
    listSize: null,
    dictionary: null,
    signed: false,
    ...plain,
    name: field.text(0) ?? '',
    children,
  };
  const encoding = field.table(4);
  if (encoding === null) return values;
  const index = encoding.table(1);
  return {
    ...values,
    bitWidth: index?.int32(0) ?? 32,
    signed: index === null || index.int8(1) !== 0,
    layout: FIXED,
    children: [],
    dictionary: { id: encoding.int64(0), values },
  };
}

const FIXED: Layout = { buffers: 2, hasValidity: true };
const OFFSETS: Layout = { buffers: 3, hasValidity: true };
const VIEWS: Layout = { variadic: true };
const BARE: Layout = { buffers: 1, hasValidity: true };

type PlainType = Pick<ArrowField, 'type' | 'bitWidth' | 'layout'> & Partial<Pick<ArrowField, 'signed' | 'large' | 'listSize'>>;

const other = (name: string, layout: Layout = FIXED, bitWidth = 0): PlainType => ({ type: { kind: 'other', name }, bitWidth, layout });

/** The numbers are those of the union Type in Schema.fbs. */
function decodeType(number: number, type: FlatTable | null, children: readonly ArrowField[]): PlainType {
  switch (number) {
    case 2:
      return { type: { kind: 'integer' }, bitWidth: type?.int32(0) ?? 0, signed: (type?.int8(1) ?? 0) !== 0, layout: FIXED };
    case 3:
      return { type: { kind: 'number' }, bitWidth: [16, 32, 64][type?.int16(0) ?? 0] ?? 0, layout: FIXED };
    case 5:
    case 20:
      return { type: { kind: 'text' }, bitWidth: 0, layout: OFFSETS, large: number === 20 };
    case 6:
      return { type: { kind: 'boolean' }, bitWidth: 1, layout: FIXED };
    case 7:
      return { type: { kind: 'decimal', scale: type?.int32(1) ?? 0 }, bitWidth: type?.int32(2, 128) ?? 128, layout: FIXED, signed: true };
    case 10: {
      const nsPerUnit = [1_000_000_000n, 1_000_000n, 1000n, 1n][type?.int16(0) ?? 0] ?? 1n;
      const zone = type?.text(1) ?? '';
      return { type: { kind: 'time', nsPerUnit, hasZone: zone !== '' }, bitWidth: 64, layout: FIXED, signed: true };
    }
    case 12:
    case 16:
    case 21:
      return decodeList(number, type, children);
    case 24:
      return { type: { kind: 'text' }, bitWidth: 128, layout: VIEWS };
    default:
      return decodeUnread(number);
  }
}

function decodeList(number: number, type: FlatTable | null, children: readonly ArrowField[]): PlainType {
  const element = children[0]?.type ?? { kind: 'other', name: 'nothing' };
  const list = { type: { kind: 'list', element }, bitWidth: 0 } as const;
  if (number === 16) return { ...list, layout: BARE, listSize: type?.int32(0) ?? 0 };
  return { ...list, layout: FIXED, large: number === 21 };
}

/** Types that are not read but stand between others in a batch. */
function decodeUnread(number: number): PlainType {
  const unread: Readonly<Record<number, PlainType>> = {
    1: other('null', { buffers: 0, hasValidity: false }),
    4: other('binary', OFFSETS),
    8: other('a date'),
    9: other('a time of day'),
    11: other('an interval'),
    13: other('a struct', BARE),
    15: other('fixed-size binary'),
    17: other('a map'),
    18: other('a duration'),
    19: other('binary', OFFSETS),
    22: other('run-end encoded', { buffers: 0, hasValidity: false }),
    23: other('binary', VIEWS),
    25: other('a list view', { buffers: 3, hasValidity: true }),
    26: other('a list view', { buffers: 3, hasValidity: true }),
  };
  const found = unread[number];
  if (found === undefined)
    throw new RangeError(number === 14 ? 'a column is a union, which is not read' : `a column has the unknown type ${number}`);
  return found;
}
