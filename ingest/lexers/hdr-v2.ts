import { inflateSync } from 'node:zlib';

/**
 * HdrHistogram's V2 encoding: base64 of a cookie, a length and a zlib stream; in it a header of 40 bytes and the counts, each a zig-zag
 * LEB128 number of at most 9 bytes, negative for that many empty cells. Source: HdrHistogram, AbstractHistogram.encodeIntoCompressedByteBuffer
 * and ZigZagEncoding.
 */
export type HdrHistogram = {
  /** Cells of two histograms are the same when both numbers are. */
  readonly unitMagnitude: number;
  readonly subBucketHalfCountMagnitude: number;
  /** Count by index of the cell, filled cells only, ascending. */
  readonly counts: ReadonlyMap<number, number>;
  /** Whether a count was not exactly a double. */
  readonly precisionLost: boolean;
};
/** Completes "the histogram …". */
export type HdrRefusal = { readonly refusal: string };

const V2_COMPRESSED = 0x1c849304;
const V2_PLAIN = 0x1c849303;
/** Bits of the word size in a cookie. */
const COOKIE_MASK = 0xffffff0f;
const OLDER_COOKIES = new Set([0x1c849301, 0x1c849302, 0x1c849308, 0x1c849309]);
const DOUBLE_COOKIES = new Set([0x0c72124e, 0x0c72124f]);
const HEADER_BYTES = 40;
const OUTER_BYTES = 8;
/** A histogram of 5 digits over all 63 bits has 7 million cells; real ones stay far below. */
const INFLATED_BYTES = 16 * 1024 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Reads one histogram from its base64 text, without blanks. */
export function decodeHdr(base64: string): HdrHistogram | HdrRefusal {
  if (!BASE64.test(base64) || base64.replace(/=+$/, '').length % 4 === 1) return { refusal: 'is not base64, or was cut off' };
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < OUTER_BYTES) return { refusal: `has ${bytes.length} bytes, fewer than its header: it was cut off` };
  const cookie = bytes.readUInt32BE(0);
  const kind = (cookie & COOKIE_MASK) >>> 0;
  if (kind === V2_PLAIN) return decodePlain(bytes);
  if (DOUBLE_COOKIES.has(cookie))
    return { refusal: 'is a DoubleHistogram, whose values have no fixed unit: record integers in a Histogram' };
  if (OLDER_COOKIES.has(kind)) return { refusal: 'is in the V0 or V1 encoding: write it with HdrHistogram 2.1.5 or later' };
  if (kind !== V2_COMPRESSED) return { refusal: `begins with 0x${cookie.toString(16)}, which is no cookie of HdrHistogram V2` };
  const length = bytes.readInt32BE(4);
  if (length !== bytes.length - OUTER_BYTES)
    return { refusal: `states ${length} compressed bytes and has ${bytes.length - OUTER_BYTES}: it is damaged or was cut off` };
  const inner = inflate(bytes.subarray(OUTER_BYTES));
  return inner === undefined ? { refusal: 'cannot be decompressed: it is damaged or was cut off' } : decodePlain(inner);
}

function inflate(compressed: Buffer): Buffer | undefined {
  try {
    const result: unknown = inflateSync(compressed, { maxOutputLength: INFLATED_BYTES, info: true });
    if (typeof result !== 'object' || result === null) return undefined;
    const buffer: unknown = Reflect.get(result, 'buffer');
    const engine: unknown = Reflect.get(result, 'engine');
    const used: unknown = typeof engine === 'object' && engine !== null ? Reflect.get(engine, 'bytesWritten') : undefined;
    // What zlib leaves unread after its stream would be lost in silence.
    return Buffer.isBuffer(buffer) && used === compressed.length ? buffer : undefined;
  } catch {
    // Every reason is the same to the caller: these bytes are no whole zlib stream.
    return undefined;
  }
}

function decodePlain(bytes: Buffer): HdrHistogram | HdrRefusal {
  if (bytes.length < HEADER_BYTES) return { refusal: `has ${bytes.length} bytes, fewer than its header: it was cut off` };
  if ((bytes.readUInt32BE(0) & COOKIE_MASK) >>> 0 !== V2_PLAIN) return { refusal: 'has no V2 histogram inside' };
  const payloadLength = bytes.readInt32BE(4);
  const digits = bytes.readInt32BE(12);
  const lowest = bytes.readBigInt64BE(16);
  const highest = bytes.readBigInt64BE(24);
  if (payloadLength !== bytes.length - HEADER_BYTES)
    return { refusal: `states ${payloadLength} bytes of counts and has ${bytes.length - HEADER_BYTES}` };
  if (digits < 0 || digits > 5) return { refusal: `states ${digits} significant digits, which are 0 to 5` };
  if (lowest < 1n || highest < 2n * lowest) return { refusal: `states a range from ${lowest} to ${highest}, which is none` };
  if (bytes.readInt32BE(8) !== 0 || bytes.readDoubleBE(32) !== 1)
    return { refusal: 'is the inside of a DoubleHistogram, whose values have no fixed unit' };
  const unitMagnitude = lowest.toString(2).length - 1;
  const subBucketHalfCountMagnitude = Math.max(Math.ceil(Math.log2(2 * 10 ** digits)), 1) - 1;
  if (unitMagnitude + subBucketHalfCountMagnitude > 61) return { refusal: 'states more digits than its lowest value leaves room for' };
  const read = readCounts(bytes, countCells(highest, unitMagnitude, subBucketHalfCountMagnitude));
  return 'refusal' in read ? read : { unitMagnitude, subBucketHalfCountMagnitude, ...read };
}

/** Cells that reach up to `highest`. */
function countCells(highest: bigint, unitMagnitude: number, halfMagnitude: number): number {
  let buckets = 1;
  for (let reach = 1n << BigInt(unitMagnitude + halfMagnitude + 1); reach <= highest; reach <<= 1n) buckets++;
  return (buckets + 1) * 2 ** halfMagnitude;
}

type Counts = { readonly counts: ReadonlyMap<number, number>; readonly precisionLost: boolean };

function readCounts(bytes: Buffer, cellCount: number): Counts | HdrRefusal {
  const counts = new Map<number, number>();
  const reader = { position: HEADER_BYTES };
  let cell = 0;
  let precisionLost = false;
  while (reader.position < bytes.length) {
    const value = readZigZag(bytes, reader);
    if (value === undefined) return { refusal: 'ends inside a count: it is damaged' };
    if (value < 0n) cell += Number(-value);
    else if (value === 0n) cell++;
    else {
      const count = Number(value);
      precisionLost ||= BigInt(count) !== value;
      counts.set(cell++, count);
    }
    if (cell > cellCount) return { refusal: `has more than the ${cellCount} cells its header allows: it is damaged` };
  }
  return { counts, precisionLost };
}

/** Seven bits a byte, lowest first, a ninth byte whole; even numbers are positive. */
function readZigZag(bytes: Buffer, reader: { position: number }): bigint | undefined {
  let value = 0n;
  for (let index = 0n; index < 9n; index++) {
    const byte = bytes[reader.position];
    if (byte === undefined) return undefined;
    reader.position++;
    const isLast = index === 8n || byte < 128;
    value |= BigInt(index === 8n ? byte : byte & 127) << (7n * index);
    if (isLast) break;
  }
  return (value >> 1n) ^ -(value & 1n);
}

/** The lower end of a cell in recorded units; its upper end is that of the next. Exact: a few bits times a power of two. */
export function lowestOfCell(
  cell: number,
  { unitMagnitude, subBucketHalfCountMagnitude }: Pick<HdrHistogram, 'unitMagnitude' | 'subBucketHalfCountMagnitude'>,
): number {
  const half = 2 ** subBucketHalfCountMagnitude;
  if (cell < 2 * half) return cell * 2 ** unitMagnitude;
  const bucket = Math.floor(cell / half) - 1;
  return ((cell % half) + half) * 2 ** (bucket + unitMagnitude);
}
