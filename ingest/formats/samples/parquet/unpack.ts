import * as zlib from 'node:zlib';
import { unpackLz4 } from '../../../lexers/lz4.ts';
import { unpackSnappy } from '../../../lexers/snappy.ts';
import { unpackZstd } from '../../../lexers/zstd.ts';
import type { Codec } from './footer.ts';

/**
 * A page decompressed: exactly as long as it says, so that no bomb grows and nothing missing becomes zeros.
 * @throws RangeError when it is damaged, of another length, or its codec is not read
 */
export function unpackPage(bytes: Uint8Array, codec: Codec | undefined, length: number): Uint8Array {
  const output = unpack(bytes, codec, length);
  if (output.length !== length) throw new RangeError(`a page gives ${output.length} bytes, not ${length}`);
  return output;
}

function unpack(bytes: Uint8Array, codec: Codec | undefined, length: number): Uint8Array {
  const options = { maxOutputLength: Math.max(1, length) };
  switch (codec) {
    case 'UNCOMPRESSED':
      return bytes;
    case 'SNAPPY':
      return unpackSnappy(bytes, length);
    case 'GZIP':
      return orDamaged(() => zlib.unzipSync(bytes, options));
    case 'BROTLI':
      return orDamaged(() => zlib.brotliDecompressSync(bytes, options));
    case 'ZSTD':
      return orDamaged(() => unpackZstd(bytes, length));
    case 'LZ4_RAW':
      return unpackLz4(bytes, length);
    case 'LZ4':
      return unpackHadoopLz4(bytes, length);
    default:
      throw new RangeError(`the compression ${codec ?? 'of an unknown number'} is not read; use snappy, gzip, zstd, lz4, brotli or none`);
  }
}

/** Old writers put two big-endian lengths before each block, others none. Source: apache/arrow cpp/src/arrow/util/compression_lz4.cc */
function unpackHadoopLz4(bytes: Uint8Array, length: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFramed = bytes.length >= 8 && view.getUint32(0) <= length && view.getUint32(4) <= bytes.length - 8;
  if (!isFramed) return unpackLz4(bytes, length);
  const output = new Uint8Array(length);
  let target = 0;
  for (let source = 0; source < bytes.length; ) {
    if (source + 8 > bytes.length) throw new RangeError('lz4: a block is cut off');
    const unpacked = view.getUint32(source);
    const packed = view.getUint32(source + 4);
    source += 8;
    if (packed > bytes.length - source || unpacked > length - target) throw new RangeError('lz4: a block is cut off');
    output.set(unpackLz4(bytes.subarray(source, source + packed), unpacked), target);
    source += packed;
    target += unpacked;
  }
  if (target !== length) throw new RangeError('lz4: it gives fewer bytes than promised');
  return output;
}

/** The libraries throw errors of their own for damaged data. */
function orDamaged(work: () => Uint8Array): Uint8Array {
  try {
    return work();
  } catch (cause) {
    throw new RangeError(`a page cannot be decompressed: ${cause instanceof Error ? cause.message : 'damaged'}`, { cause });
  }
}
