import { ThriftReader, type ThriftStruct } from '../../../lexers/thrift.ts';
import type { ColumnType } from '../columns.ts';

/** What the end of a Parquet file says of it. Source: apache/parquet-format 2.12, parquet.thrift and LogicalTypes.md. */

export const PHYSICAL = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'] as const;
export type Physical = (typeof PHYSICAL)[number];
export const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const;
export type Codec = (typeof CODECS)[number];

/** A column of the table: one leaf, alone or as the element of a list. */
export type ParquetColumn = {
  readonly name: string;
  readonly type: ColumnType;
  /** Null when it is nested otherwise than a list of plain values: then it is not read. */
  readonly leaf: ParquetLeaf | null;
  /** Index of its first leaf among those of a row group. */
  readonly firstLeaf: number;
};

export type ParquetLeaf = {
  readonly physical: Physical;
  readonly typeLength: number;
  readonly unsigned: boolean;
  readonly half: boolean;
  /** Levels from which on a list is there, has an element, and the element has a value. For a column without lists the first two are 0. */
  readonly maxDefinition: number;
  readonly listDefinition: number;
  readonly elementDefinition: number;
  readonly isList: boolean;
};

export type ParquetChunk = {
  readonly codec: Codec | undefined;
  readonly start: number;
  readonly end: number;
  readonly valueCount: number;
};
export type ParquetRowGroup = { readonly rowCount: number; readonly chunks: readonly ParquetChunk[] };
export type ParquetFooter = { readonly columns: readonly ParquetColumn[]; readonly rowGroups: readonly ParquetRowGroup[] };

/** Fields and elements in the footer: 4 MiB of it have far fewer. */
const FOOTER_BUDGET = 2_000_000;
const DEPTH_MOST = 16;

/** @throws RangeError or TypeError when it is damaged, encrypted or refers to other files */
export function decodeParquetFooter(bytes: Uint8Array): ParquetFooter {
  const footer = new ThriftReader(bytes, FOOTER_BUDGET).struct();
  const tree = decodeSchema(footer.structs(2));
  const rowGroups = footer.structs(4).map(decodeRowGroup);
  const rows = rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (rows !== footer.size(3)) throw new RangeError(`it says ${footer.size(3)} rows, its row groups have ${rows}`);
  let firstLeaf = 0;
  const columns = tree.children.map((node) => {
    const column = toColumn(node, firstLeaf);
    firstLeaf += countLeaves(node);
    return column;
  });
  for (const { chunks } of rowGroups) {
    if (chunks.length !== firstLeaf) throw new RangeError(`a row group has ${chunks.length} columns, the schema ${firstLeaf}`);
  }
  return { columns, rowGroups };
}

function decodeRowGroup(group: ThriftStruct): ParquetRowGroup {
  return { rowCount: group.size(3) ?? 0, chunks: group.structs(1).map(decodeChunk) };
}

function decodeChunk(chunk: ThriftStruct): ParquetChunk {
  const meta = chunk.struct(3);
  if (chunk.has(8) || chunk.has(9)) throw new RangeError('a column is encrypted; write the file without encryption');
  if (chunk.has(1)) throw new RangeError('a column lies in another file; write one file');
  if (meta === null) throw new RangeError('a column has no description');
  const data = meta.size(9) ?? 0;
  const dictionary = meta.size(11) ?? 0;
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  return { codec: CODECS[meta.number(4) ?? 0], start, end: start + (meta.size(7) ?? 0), valueCount: meta.size(5) ?? 0 };
}

type SchemaNode = { readonly element: ThriftStruct; readonly children: readonly SchemaNode[] };

/** The tree that the schema lists in depth-first order. */
function decodeSchema(elements: readonly ThriftStruct[]): SchemaNode {
  let next = 0;
  const read = (depth: number): SchemaNode => {
    const element = elements[next++];
    const childCount = element?.number(5) ?? 0;
    if (element === undefined || depth > DEPTH_MOST || childCount < 0 || childCount > elements.length) {
      throw new RangeError('the list of columns is damaged, or nested too deep');
    }
    return { element, children: Array.from({ length: childCount }, () => read(depth + 1)) };
  };
  const root = read(0);
  if (next !== elements.length) throw new RangeError('the list of columns is damaged');
  return root;
}

const countLeaves = ({ children }: SchemaNode): number =>
  children.length === 0 ? 1 : children.reduce((sum, child) => sum + countLeaves(child), 0);
const repetitionOf = ({ element }: SchemaNode) => element.number(3) ?? 0;
const OPTIONAL = 1;
const REPEATED = 2;

function toColumn(node: SchemaNode, firstLeaf: number): ParquetColumn {
  const name = node.element.text(4) ?? '';
  const nothing = { name, leaf: null, firstLeaf };
  if (node.children.length === 0) {
    const { type, leaf } = toLeaf(node);
    const definition = repetitionOf(node) === OPTIONAL ? 1 : 0;
    if (repetitionOf(node) === REPEATED) {
      return {
        name,
        firstLeaf,
        type: { kind: 'list', element: type },
        leaf: { ...leaf, isList: true, maxDefinition: 1, elementDefinition: 1 },
      };
    }
    return { name, firstLeaf, type, leaf: { ...leaf, maxDefinition: definition } };
  }
  const [inner, ...others] = node.children;
  const isList = node.element.number(6) === 3 || node.element.struct(10)?.has(3) === true;
  if (!isList || inner === undefined || others.length > 0 || repetitionOf(inner) !== REPEATED || repetitionOf(node) === REPEATED) {
    return { ...nothing, type: { kind: 'other', name: 'nested (a struct or a map)' } };
  }
  return toListColumn(node, inner, nothing);
}

/** `group list { repeated element }`, and the older two levels without the group. */
function toListColumn(node: SchemaNode, inner: SchemaNode, nothing: Omit<ParquetColumn, 'type'>): ParquetColumn {
  const [element, ...others] = inner.children.length === 0 ? [inner] : inner.children;
  if (
    element === undefined ||
    others.length > 0 ||
    element.children.length > 0 ||
    (element !== inner && repetitionOf(element) === REPEATED)
  ) {
    return { ...nothing, type: { kind: 'other', name: 'nested (a list of structures)' } };
  }
  const { type, leaf } = toLeaf(element);
  const listDefinition = repetitionOf(node) === OPTIONAL ? 1 : 0;
  const elementDefinition = listDefinition + 1;
  const maxDefinition = elementDefinition + (element !== inner && repetitionOf(element) === OPTIONAL ? 1 : 0);
  return {
    ...nothing,
    type: { kind: 'list', element: type },
    leaf: { ...leaf, isList: true, listDefinition, elementDefinition, maxDefinition },
  };
}

function toLeaf({ element }: SchemaNode): { readonly type: ColumnType; readonly leaf: ParquetLeaf } {
  const physical = PHYSICAL[element.number(1) ?? -1];
  if (physical === undefined) throw new RangeError('a column has no type');
  const converted = element.number(6);
  const integer = element.struct(10)?.struct(10) ?? null;
  const leaf = {
    physical,
    typeLength: element.number(2) ?? 0,
    unsigned: (converted !== null && converted >= 11 && converted <= 14) || integer?.boolean(2) === false,
    half: element.struct(10)?.has(15) === true,
    maxDefinition: 0,
    listDefinition: 0,
    elementDefinition: 0,
    isList: false,
  };
  return { type: toType(element, physical), leaf };
}

/** The numbers are those of LogicalType and ConvertedType in parquet.thrift. */
function toType(element: ThriftStruct, physical: Physical): ColumnType {
  const logical = element.struct(10);
  const converted = element.number(6);
  const isText = logical?.has(1) === true || logical?.has(4) === true || converted === 0 || converted === 4;
  if (logical?.has(5) === true || converted === 5) {
    return { kind: 'decimal', scale: logical?.struct(5)?.number(1) ?? element.number(7) ?? 0 };
  }
  const timestamp = logical?.struct(8) ?? null;
  if (timestamp !== null) {
    const unit = timestamp.struct(2);
    const nsPerUnit = unit?.has(1) === true ? 1_000_000n : unit?.has(2) === true ? 1000n : 1n;
    return { kind: 'time', nsPerUnit, hasZone: timestamp.boolean(1) === true };
  }
  // The older annotations mean instants in UTC (LogicalTypes.md, TIMESTAMP).
  if (converted === 9 || converted === 10) return { kind: 'time', nsPerUnit: converted === 9 ? 1_000_000n : 1000n, hasZone: true };
  if (logical?.has(6) === true || converted === 6) return { kind: 'other', name: 'a date' };
  if (logical?.has(7) === true || converted === 7 || converted === 8) return { kind: 'other', name: 'a time of day' };
  if (physical === 'FLOAT' || physical === 'DOUBLE' || logical?.has(15) === true) return { kind: 'number' };
  if (physical === 'BOOLEAN') return { kind: 'boolean' };
  if (physical === 'INT32' || physical === 'INT64') return { kind: 'integer' };
  if (physical === 'INT96') return { kind: 'other', name: 'INT96 (an old timestamp without zone)' };
  return physical === 'BYTE_ARRAY' && isText ? { kind: 'text' } : { kind: 'other', name: 'binary' };
}
