import * as zlib from 'node:zlib';
import { decompress } from 'fzstd';

const FRAME_MAGIC = 0xfd2fb528;
/** Prefilled at the end of the output, to see whether it was written. */
const TAIL_BYTES = 64;

/**
 * One zstd frame that gives exactly `length` bytes.
 * @throws RangeError when it is damaged or of another length. Node undoes it from 22.15 on, fzstd before
 */
export function unpackZstd(input: Uint8Array, length: number): Uint8Array {
  if (input.length < 5 || new DataView(input.buffer, input.byteOffset, 4).getUint32(0, true) !== FRAME_MAGIC) fail('it is no zstd frame');
  const native: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  let output: Uint8Array;
  try {
    output = isNative(native) ? native(input, { maxOutputLength: Math.max(1, length) }) : unpackSlowly(input, length);
  } catch (cause) {
    throw new RangeError(`zstd: ${cause instanceof Error ? cause.message : 'it is damaged'}`, { cause });
  }
  if (output.length !== length) fail(`it gives ${output.length} bytes, not ${length}`);
  return output;
}

/** fzstd fills the memory it is given and does not say how far it came: a tail that keeps what two different attempts put there was not written. */
function unpackSlowly(input: Uint8Array, length: number): Uint8Array {
  const stated = readContentSize(input);
  if (stated !== null && stated !== BigInt(length)) fail(`it promises ${stated} bytes, not ${length}`);
  const output = new Uint8Array(length);
  const tail = output.subarray(Math.max(0, length - TAIL_BYTES));
  tail.fill(0xa5);
  decompress(input, output);
  if (length > 0 && tail.every((byte) => byte === 0xa5)) fail('it gives fewer bytes than promised');
  return output;
}

/** What the frame's header says it holds; null when it does not. Source: RFC 8878, section 3.1.1.1. */
function readContentSize(input: Uint8Array): bigint | null {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const flags = view.getUint8(4);
  const single = (flags & 32) !== 0;
  const position = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0);
  switch (flags >> 6) {
    case 0:
      return single ? BigInt(view.getUint8(position)) : null;
    case 1:
      return BigInt(view.getUint16(position, true) + 256);
    case 2:
      return BigInt(view.getUint32(position, true));
    default:
      return view.getBigUint64(position, true);
  }
}

function isNative(value: unknown): value is (input: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array {
  return typeof value === 'function';
}

function fail(why: string): never {
  throw new RangeError(`zstd: ${why}`);
}
