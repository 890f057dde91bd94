import { readUuid } from './uuid-bytes.ts';

/**
 * Rows to ClickHouse's RowBinary bytes, compiled once for a list of columns. Values are checked, never coerced: a wrong type, a number out
 * of range, a NaN or a missing member is a RangeError that names the column. Layout: https://clickhouse.com/docs/interfaces/formats/RowBinary
 *
 * | type | JavaScript value |
 * |---|---|
 * | UUID | string 8-4-4-4-12, any case |
 * | String, FixedString(n) | well-formed string; FixedString(n) of exactly n bytes of UTF-8 |
 * | UInt8, UInt16, UInt32 | number, whole and in range |
 * | UInt64 | number that is a safe integer ≥ 0, or bigint |
 * | Int64 | bigint |
 * | Float64 | finite number; ±Infinity only where the column says `infinite: true`; NaN never |
 * | Bool | boolean |
 * | DateTime64(3), DateTime64(3, 'UTC') | whole milliseconds since 1970, years 1900 to 2299 |
 * | Nullable(T), LowCardinality(T) | null or T; T |
 * | Array(T) | array; for Float64 also Float64Array, for Int64 also BigInt64Array |
 * | Map(K, V) | plain object, K a String type |
 */
export type RowBinaryColumn = {
  readonly name: string;
  readonly type: string;
  /** Float64 values may be ±Infinity (edges of a histogram). */
  readonly infinite?: boolean;
};

export type RowBinaryEncoder<Row extends object> = {
  /** Names of the columns as the bytes have them: for `INSERT INTO t (${columnNames.join(', ')}) FORMAT RowBinary`. */
  readonly columnNames: readonly string[];
  /**
   * The bytes of all rows, in order; members that are no column are not read.
   * @throws RangeError naming column and value; no row of the call is kept then
   */
  readonly encode: (rows: readonly Row[]) => Buffer;
};

/**
 * An encoder for rows of these columns. Its working memory is kept between calls, its results are the caller's.
 * @param columns in insert order
 * @throws RangeError when a column's type is not in the table above
 * @example createRowBinaryEncoder([{ name: 'a', type: 'UInt16' }]).encode([{ a: 258 }]) // <Buffer 02 01>
 */
export function createRowBinaryEncoder<Row extends object = object>(columns: readonly RowBinaryColumn[]): RowBinaryEncoder<Row> {
  const bytes = new GrowingBytes();
  const writers = columns.map((column) => ({ name: column.name, write: compile(column.type, column) }));
  return {
    columnNames: columns.map(({ name }) => name),
    encode: (rows) => {
      bytes.clear();
      for (const row of rows) {
        if (!isRecord(row)) throw new RangeError(`a row must be an object, not ${show(row)}`);
        for (const { name, write } of writers) write(bytes, row[name]);
      }
      return bytes.copy();
    },
  };
}

type Write = (out: GrowingBytes, value: unknown) => void;

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const INITIAL_BYTES = 64 * 1024;
/** Working memory beyond this is given back after a call, so that one large insert does not stay. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** Numbers converted at a time on their way into the bytes. */
const BATCH = 1024;
/** Up to this length a loop is faster than a call into the runtime. */
const SHORT_STRING = 48;
const INT64_LEAST = -(2n ** 63n);
const INT64_MOST = 2n ** 63n - 1n;
const UINT64_MOST = 2n ** 64n - 1n;
/** DateTime64 holds 1900-01-01 to 2299-12-31. */
const DATE_TIME_LEAST_MS = Date.UTC(1900, 0, 1);
const DATE_TIME_MOST_MS = Date.UTC(2300, 0, 1) - 1;
const LONE_SURROGATE = /\p{Surrogate}/u;

class GrowingBytes {
  buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  offset = 0;

  clear(): void {
    this.offset = 0;
  }

  /** Makes room for `size` more bytes; call before each write. */
  reserve(size: number): void {
    if (this.offset + size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.buffer.length, this.offset + size));
    this.buffer.copy(larger, 0, 0, this.offset);
    this.buffer = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.offset++] = value;
  }

  /** Lengths as LEB128. @param value safe integer ≥ 0 */
  length(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Eight-byte numbers as they lie in memory, little-endian. */
  words(source: Float64Array | BigInt64Array): void {
    this.reserve(source.byteLength);
    this.buffer.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), this.offset);
    if (!LITTLE_ENDIAN) this.buffer.subarray(this.offset, this.offset + source.byteLength).swap64();
    this.offset += source.byteLength;
  }

  copy(): Buffer {
    const result = Buffer.allocUnsafeSlow(this.offset);
    this.buffer.copy(result, 0, 0, this.offset);
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    return result;
  }
}

function compile(type: string, column: RowBinaryColumn): Write {
  const wrapped = /^(LowCardinality|Nullable|Array)\((.+)\)$/.exec(type);
  const inner = wrapped?.[2] ?? '';
  if (wrapped?.[1] === 'LowCardinality') return compile(inner, column);
  if (wrapped?.[1] === 'Nullable') return compileNullable(inner, column);
  if (wrapped?.[1] === 'Array') return compileArray(inner, column);
  const map = /^Map\((String|LowCardinality\(String\)), (.+)\)$/.exec(type);
  if (map !== null) return compileMap(map[2] ?? '', column);
  const fixed = /^FixedString\(([1-9]\d*)\)$/.exec(type);
  if (fixed !== null) return compileFixedString(Number(fixed[1]), column);
  switch (type) {
    case 'UUID':
      return compileUuid(column);
    case 'String':
      return compileString(column);
    case 'UInt8':
      return compileUnsigned(1, column);
    case 'UInt16':
      return compileUnsigned(2, column);
    case 'UInt32':
      return compileUnsigned(4, column);
    case 'UInt64':
      return compileUInt64(column);
    case 'Int64':
      return compileInt64(column);
    case 'Float64':
      return compileFloat64(column);
    case 'Bool':
      return compileBool(column);
    case 'DateTime64(3)':
    case "DateTime64(3, 'UTC')":
      return compileDateTime(column);
    default:
      throw new RangeError(`column ${column.name}: type ${type} has no RowBinary writer`);
  }
}

function compileNullable(inner: string, column: RowBinaryColumn): Write {
  const write = compile(inner, column);
  return (out, value) => {
    out.byte(value === null ? 1 : 0);
    if (value !== null) write(out, value);
  };
}

function compileArray(inner: string, column: RowBinaryColumn): Write {
  if (inner === 'Float64') return compileFloat64Array(column);
  if (inner === 'Int64') return compileInt64Array(column);
  const write = compile(inner, column);
  return (out, value) => {
    if (!Array.isArray(value)) throw refusal(column, value, 'is not an array');
    out.length(value.length);
    for (let index = 0; index < value.length; index++) write(out, value[index]);
  };
}

function compileFloat64Array(column: RowBinaryColumn): Write {
  const batch = new Float64Array(BATCH);
  const refuse = (values: readonly unknown[] | Float64Array) => {
    const index = Array.from<unknown>(values).findIndex((value) => !isFloat64(value, column));
    return refusal(column, values[index], `at index ${index} is not a ${column.infinite === true ? '' : 'finite '}number`);
  };
  return (out, value) => {
    if (value instanceof Float64Array) {
      if (!areFloat64(value, value.length, column)) throw refuse(value);
      out.length(value.length);
      out.words(value);
      return;
    }
    if (!Array.isArray(value)) throw refusal(column, value, 'is not an array');
    out.length(value.length);
    for (let start = 0; start < value.length; start += BATCH) {
      const count = Math.min(BATCH, value.length - start);
      for (let index = 0; index < count; index++) {
        const number: unknown = value[start + index];
        // Any other type becomes NaN, which is refused below: a typed array alone would turn null into 0.
        batch[index] = typeof number === 'number' ? number : Number.NaN;
      }
      if (!areFloat64(batch, count, column)) throw refuse(value);
      out.words(count === BATCH ? batch : batch.subarray(0, count));
    }
  };
}

function compileInt64Array(column: RowBinaryColumn): Write {
  const batch = new BigInt64Array(BATCH);
  return (out, value) => {
    if (value instanceof BigInt64Array) {
      out.length(value.length);
      out.words(value);
      return;
    }
    if (!Array.isArray(value)) throw refusal(column, value, 'is not an array');
    out.length(value.length);
    for (let start = 0; start < value.length; start += BATCH) {
      const count = Math.min(BATCH, value.length - start);
      for (let index = 0; index < count; index++) batch[index] = toInt64(value[start + index], column);
      out.words(count === BATCH ? batch : batch.subarray(0, count));
    }
  };
}

function compileMap(inner: string, column: RowBinaryColumn): Write {
  const writeKey = compileString(column);
  const writeValue = compile(inner, column);
  return (out, value) => {
    if (!isRecord(value) || Array.isArray(value)) throw refusal(column, value, 'is not an object');
    const entries = Object.entries(value);
    out.length(entries.length);
    for (const [key, member] of entries) {
      writeKey(out, key);
      writeValue(out, member);
    }
  };
}

function compileString(column: RowBinaryColumn): Write {
  return (out, value) => {
    if (typeof value !== 'string') throw refusal(column, value, 'is not a string');
    const length = value.length;
    if (length <= SHORT_STRING && writeShortAscii(out, value)) return;
    const size = Buffer.byteLength(value);
    if (size !== length && LONE_SURROGATE.test(value)) throw refusal(column, value, 'is not well-formed Unicode');
    out.length(size);
    out.reserve(size);
    out.buffer.write(value, out.offset, size, 'utf8');
    out.offset += size;
  };
}

/** Writes length and bytes; false, and nothing written, when a character is not ASCII. */
function writeShortAscii(out: GrowingBytes, text: string): boolean {
  const { length } = text;
  out.reserve(length + 1);
  const { buffer, offset } = out;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 127) return false;
    buffer[offset + 1 + index] = code;
  }
  buffer[offset] = length;
  out.offset = offset + 1 + length;
  return true;
}

function compileFixedString(size: number, column: RowBinaryColumn): Write {
  return (out, value) => {
    if (typeof value !== 'string' || Buffer.byteLength(value) !== size) throw refusal(column, value, `is not a string of ${size} bytes`);
    if (LONE_SURROGATE.test(value)) throw refusal(column, value, 'is not well-formed Unicode');
    out.reserve(size);
    out.offset += out.buffer.write(value, out.offset, size, 'utf8');
  };
}

/** Rows of one insert mostly share their UUIDs: the one written last is not read again. */
function compileUuid(column: RowBinaryColumn): Write {
  const bytes = new Uint8Array(16);
  let written = '';
  return (out, value) => {
    if (value !== written || written === '') {
      written = '';
      if (typeof value !== 'string' || !readUuid(value, bytes)) throw refusal(column, value, 'is not a UUID');
      written = value;
    }
    out.reserve(16);
    const { buffer, offset } = out;
    for (let index = 0; index < 16; index++) buffer[offset + index] = bytes[index] ?? 0;
    out.offset = offset + 16;
  };
}

function compileUnsigned(size: 1 | 2 | 4, column: RowBinaryColumn): Write {
  const most = 2 ** (8 * size) - 1;
  return (out, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
      throw refusal(column, value, `is not a whole number from 0 to ${most}`);
    }
    out.reserve(size);
    out.offset = out.buffer.writeUIntLE(value, out.offset, size);
  };
}

function compileUInt64(column: RowBinaryColumn): Write {
  return (out, value) => {
    out.reserve(8);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
      out.buffer.writeUInt32LE(value % 2 ** 32, out.offset);
      out.offset = out.buffer.writeUInt32LE(Math.floor(value / 2 ** 32), out.offset + 4);
      return;
    }
    if (typeof value !== 'bigint' || value < 0n || value > UINT64_MOST) {
      throw refusal(column, value, 'is neither a safe integer ≥ 0 nor a bigint from 0 to 2^64-1');
    }
    out.offset = out.buffer.writeBigUInt64LE(value, out.offset);
  };
}

function compileInt64(column: RowBinaryColumn): Write {
  return (out, value) => {
    out.reserve(8);
    out.offset = out.buffer.writeBigInt64LE(toInt64(value, column), out.offset);
  };
}

function toInt64(value: unknown, column: RowBinaryColumn): bigint {
  if (typeof value === 'bigint' && value >= INT64_LEAST && value <= INT64_MOST) return value;
  throw refusal(column, value, 'is not a bigint from -2^63 to 2^63-1');
}

function compileFloat64(column: RowBinaryColumn): Write {
  return (out, value) => {
    if (typeof value !== 'number' || !isFloat64(value, column)) {
      throw refusal(column, value, `is not a ${column.infinite === true ? '' : 'finite '}number`);
    }
    out.reserve(8);
    out.offset = out.buffer.writeDoubleLE(value, out.offset);
  };
}

function isFloat64(value: unknown, column: RowBinaryColumn): boolean {
  return typeof value === 'number' && !Number.isNaN(value) && (column.infinite === true || Number.isFinite(value));
}

/** Whether all of the first `count` values may be written. */
function areFloat64(values: Float64Array, count: number, column: RowBinaryColumn): boolean {
  if (column.infinite === true) {
    for (let index = 0; index < count; index++) if (Number.isNaN(values[index])) return false;
    return true;
  }
  // x - x is 0 for finite x, NaN for all others, and NaN stays in a sum.
  let zero = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index] ?? Number.NaN;
    zero += value - value;
  }
  return zero === 0;
}

function compileBool(column: RowBinaryColumn): Write {
  return (out, value) => {
    if (typeof value !== 'boolean') throw refusal(column, value, 'is not a boolean');
    out.byte(value ? 1 : 0);
  };
}

function compileDateTime(column: RowBinaryColumn): Write {
  return (out, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < DATE_TIME_LEAST_MS || value > DATE_TIME_MOST_MS) {
      throw refusal(column, value, 'is not whole milliseconds since 1970 of the years 1900 to 2299');
    }
    out.reserve(8);
    out.buffer.writeInt32LE(Math.floor(value / 2 ** 32), out.offset + 4);
    out.buffer.writeUInt32LE(value - Math.floor(value / 2 ** 32) * 2 ** 32, out.offset);
    out.offset += 8;
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function refusal(column: RowBinaryColumn, value: unknown, what: string): RangeError {
  return new RangeError(`column ${column.name} (${column.type}): ${show(value)} ${what}`);
}

/** A value as an error message shows it, at most 60 characters. */
function show(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' && value !== null ? typeof value : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
