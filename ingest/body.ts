import { isAscii, isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { ProblemError } from '../wire/problems.ts';

/** A request body on its way in: decompressed, measured, hashed, and read as strict UTF-8, never held as a whole. */
export type BodyOptions = {
  /** The request's Content-Encoding; undefined or empty means identity, and then a gzip or zstd file is told by its first bytes. */
  readonly contentEncoding: string | undefined;
  /** Bytes accepted, after decompression. */
  readonly limitBytes: number;
  /** Decompressed bytes accepted for each byte sent, once `graceBytes` have come out. */
  readonly ratio: number;
  readonly graceBytes: number;
};

export type Body = {
  /**
   * The decompressed bytes as they arrive; can be read once. Whoever stops early (break, throw) leaves the rest of the request to be
   * drained, so that an answer still reaches the client.
   * @throws ProblemError `payload-too-large`, `invalid-payload` or, when the client went away, `invalid-body`
   */
  readonly chunks: AsyncIterable<Buffer>;
  /** The chunks as strict UTF-8, see `decodeUtf8`; instead of `chunks`. */
  readonly text: () => AsyncIterable<string>;
  /** Decompressed bytes given so far. */
  readonly byteCount: () => number;
  /** Lowers the limit once more is known of the body. @throws ProblemError `payload-too-large` when it has been passed already */
  readonly lowerLimit: (limitBytes: number) => void;
  /** Lets what was not read pass unread; for a reader that gives up without ending its iteration. Calling it after the end does nothing. */
  readonly discard: () => void;
  /** SHA-256 of all decompressed bytes, lower-case hex. @throws RangeError before the chunks were read to their end */
  readonly sha256: () => string;
};

/** Decompressed bytes given at a time. */
const CHUNK_BYTES = 128 * 1024;
/**
 * What is still read of a refused request, bytes: closing a connection while its client sends would take the answer away with it (RFC 9112,
 * section 9.6). Beyond that the connection is closed.
 */
const DRAIN_BYTES = 64 * 1024 * 1024;

type Decompressor = () => Transform;

/**
 * Starts reading a body. Nothing is read before `chunks` is.
 * @param stream the request, or any stream of bytes; it is never left half-read: it ends, is drained, or is destroyed
 * @throws ProblemError `unsupported-encoding` when this Node cannot undo the encoding
 */
export function readBody(stream: Readable, options: BodyOptions): Body {
  const hash = createHash('sha256');
  const tally = { sentBytes: 0, bytes: 0, limitBytes: options.limitBytes, digest: '' };
  const decompressor = findDecompressor(stream, options.contentEncoding);

  async function* chunks(): AsyncGenerator<Buffer> {
    const source = readSource(stream, tally);
    for await (const chunk of decompressor === null ? decompressFile(source, tally) : decompress(source, decompressor, tally)) {
      tally.bytes += chunk.length;
      assertBelowLimit(tally);
      if (tally.bytes > options.graceBytes && tally.bytes > options.ratio * tally.sentBytes) {
        throw tooLarge(`each byte sent became more than ${options.ratio}; send it less compressed`, tally);
      }
      hash.update(chunk);
      yield chunk;
    }
    tally.digest = hash.digest('hex');
  }

  const reading = chunks();
  return {
    chunks: reading,
    text: () => decodeUtf8(reading),
    byteCount: () => tally.bytes,
    lowerLimit: (limitBytes) => {
      tally.limitBytes = Math.min(tally.limitBytes, limitBytes);
      assertBelowLimit(tally);
    },
    discard: () => {
      const drained = () => drain(stream);
      reading.return(undefined).then(drained, drained);
    },
    sha256: () => {
      if (tally.digest === '') throw new RangeError('sha256: the body was not read to its end');
      return tally.digest;
    },
  };
}

function assertBelowLimit(tally: { readonly bytes: number; readonly limitBytes: number }): void {
  if (tally.bytes > tally.limitBytes) throw tooLarge(`it has more than ${tally.limitBytes} bytes after decompression`, tally);
}

/** A compressed file sent as it is (`curl --data-binary @trace.json.gz`) is read as if its Content-Encoding had said so. */
async function* decompressFile(source: AsyncGenerator<Buffer>, tally: { sentBytes: number }): AsyncGenerator<Buffer> {
  try {
    let head: Buffer = Buffer.alloc(0);
    while (head.length < MAGIC_BYTES) {
      const next = await source.next();
      if (next.done === true) break;
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    }
    const create = findFileDecompressor(head);
    yield* create === null ? prepend(head, source) : decompress(prepend(head, source), create, tally);
  } finally {
    await source.return(undefined);
  }
}

async function* prepend(head: Buffer, source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* source;
}

/** Enough to tell gzip (RFC 1952: 1f 8b) from zstd (RFC 8878: 28 b5 2f fd); neither is UTF-8. */
const MAGIC_BYTES = 4;
const isGzip = (head: Buffer) => head[0] === 0x1f && head[1] === 0x8b;
const isZstd = (head: Buffer) => head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528;

function findFileDecompressor(head: Buffer): Decompressor | null {
  if (isGzip(head)) return createGunzip;
  return isZstd(head) ? createUnzstd() : null;
}

const createGunzip: Decompressor = () => zlib.createGunzip({ chunkSize: CHUNK_BYTES });

function createUnzstd(): Decompressor | null {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  return isTransformFactory(create) ? () => create({ chunkSize: CHUNK_BYTES }) : null;
}

function findDecompressor(stream: Readable, contentEncoding: string | undefined): Decompressor | null {
  const encoding = (contentEncoding ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return null;
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip;
  const unzstd = createUnzstd();
  if (encoding === 'zstd' && unzstd !== null) return unzstd;
  drain(stream);
  const accepted = ['identity', 'gzip', ...(unzstd === null ? [] : ['zstd'])];
  const detail = `Content-Encoding ${JSON.stringify(contentEncoding)} is not supported; use one of ${accepted.join(', ')}`;
  throw new ProblemError('unsupported-encoding', detail, { members: { encodings: accepted } });
}

/** Node has zstd from 22.15 on, and the types of Node 20 do not know it. */
function isTransformFactory(value: unknown): value is (options: { readonly chunkSize: number }) => Transform {
  return typeof value === 'function';
}

/** The bytes as sent. When the reader stops, the stream is drained; when the stream fails, that is the client's doing. */
async function* readSource(stream: Readable, tally: { sentBytes: number }): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      const bytes = toBuffer(chunk);
      tally.sentBytes += bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  } catch (cause) {
    throw new ProblemError('invalid-body', 'the request body stopped before its end; send it again', { cause });
  } finally {
    drain(stream);
  }
}

async function* decompress(source: AsyncGenerator<Buffer>, create: Decompressor, tally: { sentBytes: number }): AsyncGenerator<Buffer> {
  const decompressor = create();
  let failure: unknown;
  const feeding = pipeline(source, decompressor).catch((error: unknown) => {
    failure = error;
  });
  try {
    for await (const chunk of decompressor) yield toBuffer(chunk);
  } catch (error) {
    await feeding;
    const cause = failure ?? error;
    if (cause instanceof ProblemError) throw cause;
    throw invalid('the body cannot be decompressed: it is damaged or was cut off; check it with gzip -t and send it again', cause);
  } finally {
    decompressor.destroy();
  }
  assertAllUsed(decompressor, tally.sentBytes);
}

/** A gzip file may have several members, but nothing else after them: what zlib leaves unread would be lost in silence. */
function assertAllUsed(decompressor: Transform, sentBytes: number): void {
  const used: unknown = Reflect.get(decompressor, 'bytesWritten');
  if (typeof used !== 'number' || used === sentBytes) return;
  throw invalid(`the compressed body ends at byte ${used}, and other bytes follow; send the compressed file alone`, undefined);
}

/**
 * The text of a body. A byte order mark at its start is left out; every character is decoded whole, wherever the chunks are cut.
 * @throws ProblemError `invalid-payload` naming the byte that is not UTF-8, or a NUL; UTF-16 and compressed files are told by name
 */
export async function* decodeUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.length - incompleteBytes(bytes);
    const text = decodeWhole(bytes.subarray(0, end), offset);
    rest = bytes.subarray(end);
    if (text !== '') yield offset === 0 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    offset += end;
  }
  if (rest.length > 0) decodeWhole(rest, offset);
}

function decodeWhole(bytes: Buffer, offset: number): string {
  const zero = bytes.indexOf(0);
  if (zero === -1 && isAscii(bytes)) return bytes.toString('latin1');
  if (zero === -1 && isUtf8(bytes)) return bytes.toString('utf8');
  const bad = zero === -1 ? firstInvalidByte(bytes) : Math.min(zero, firstInvalidByte(bytes));
  throw refuseBytes(bytes, bad, offset);
}

function refuseBytes(bytes: Buffer, bad: number, offset: number): ProblemError {
  const place = `byte ${offset + bad} (counted from 0)`;
  const start = offset === 0 ? bytes.subarray(0, 4).toString('hex') : '';
  // No UTF-8 begins with a byte of UTF-16's order mark, and ASCII in UTF-16 has its first NUL at byte 0 or 1.
  if (/^f[ef]/.test(start) || (bytes[bad] === 0 && offset + bad <= 1)) {
    return invalid('the text is UTF-16, as PowerShell writes it; convert it: iconv -f UTF-16 -t UTF-8', undefined, place);
  }
  if (start.startsWith('1f8b')) return invalid('inside the compression is a gzip file: it is compressed twice; undo one', undefined, place);
  if (start.startsWith('28b52ffd')) {
    const why = createUnzstd() === null ? 'a zstd file, which this service cannot undo' : 'a zstd file inside another compression';
    return invalid(`the body is ${why}; send it as gzip, or as it is`, undefined, place);
  }
  if (bytes[bad] === 0) return invalid(`${place} is NUL: the payload is binary or damaged, not text`, undefined, place);
  const shown = bytes.subarray(bad, bad + 4).toString('hex');
  return invalid(`the text is not UTF-8 at ${place}: 0x${shown}; convert it with iconv -t UTF-8, or send it undamaged`, undefined, place);
}

/** Bytes at the end that begin a character which is not complete yet: 0 to 3. */
function incompleteBytes(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < sequenceLength(byte) ? back : 0;
  }
  return 0;
}

/** Bytes of the character that this byte begins. */
function sequenceLength(byte: number): number {
  if (byte >= 0xf0) return 4;
  return byte >= 0xe0 ? 3 : 2;
}

/** Offset of the first byte that begins no valid character; the length when all are valid. */
function firstInvalidByte(bytes: Buffer): number {
  let valid = 0;
  let step = bytes.length;
  // The longest valid prefix by halving: a prefix that is cut inside a character is not valid, so cuts are moved to where one begins.
  while (step > 0 && valid < bytes.length) {
    const cut = Math.min(valid + step, bytes.length);
    const whole = cut - incompleteBytes(bytes.subarray(valid, cut));
    if (whole > valid && isUtf8(bytes.subarray(valid, whole))) valid = whole;
    else step = step > 4 ? Math.ceil(step / 2) : step - 1;
  }
  return valid;
}

function invalid(detail: string, cause: unknown, pointer?: string): ProblemError {
  return new ProblemError('invalid-payload', detail, { cause, ...(pointer === undefined ? {} : { errors: [{ pointer, detail }] }) });
}

function tooLarge(why: string, tally: { readonly limitBytes: number }): ProblemError {
  return new ProblemError('payload-too-large', `the payload is over the limit: ${why}`, { members: { limitBytes: tally.limitBytes } });
}

const DRAINED = new WeakSet<Readable>();

/** Lets the rest of a stream pass unread up to a bound, then destroys it; late errors of an abandoned stream concern nobody. */
function drain(stream: Readable): void {
  if (DRAINED.has(stream)) return;
  DRAINED.add(stream);
  stream.on('error', () => {});
  if (stream.destroyed || stream.readableEnded) return;
  let left = DRAIN_BYTES;
  stream.on('data', (chunk: unknown) => {
    left -= toBuffer(chunk).length;
    if (left < 0) stream.destroy();
  });
  stream.resume();
}

function toBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new RangeError(`a body must be a stream of bytes, not of ${typeof chunk}`);
}
