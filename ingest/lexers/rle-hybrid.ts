/** Indexes beyond 16 million are in no dictionary that is read. */
const WIDTH_MOST = 24;

/**
 * Parquet's run-length and bit-packed hybrid.
 * @param width bits of one number, 0 to 24
 * @param count numbers expected
 * @throws RangeError when the bytes give fewer. Source: apache/parquet-format Encodings.md, RLE
 */
export function unpackHybrid(bytes: Uint8Array, width: number, count: number): Int32Array {
  const output = new Int32Array(count);
  if (width === 0) return output;
  if (!(width >= 1 && width <= WIDTH_MOST)) throw new RangeError(`numbers of ${width} bits are not read`);
  const valueBytes = (width + 7) >> 3;
  let position = 0;
  let filled = 0;
  while (filled < count) {
    const { value: header, next } = readHeader(bytes, position);
    position = next;
    const left = count - filled;
    if (header % 2 === 1) {
      const groups = Math.floor(header / 2);
      const packed = Math.min(left, groups * 8);
      if (position + Math.ceil((packed * width) / 8) > bytes.length) throw new RangeError('packed numbers are cut off');
      unpackBits(bytes.subarray(position), width, output.subarray(filled, filled + packed));
      position += groups * width;
      filled += packed;
    } else {
      if (position + valueBytes > bytes.length) throw new RangeError('a repeated number is cut off');
      let value = 0;
      for (let index = 0; index < valueBytes; index++) value |= (bytes[position + index] ?? 0) << (8 * index);
      const run = Math.min(left, header / 2);
      output.fill(value, filled, filled + run);
      position += valueBytes;
      filled += run;
    }
  }
  return output;
}

function unpackBits(bytes: Uint8Array, width: number, output: Int32Array): void {
  const mask = 2 ** width - 1;
  for (let index = 0, bit = 0; index < output.length; index++, bit += width) {
    const at = bit >> 3;
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    output[index] = (word >>> (bit & 7)) & mask;
  }
}

function readHeader(bytes: Uint8Array, position: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[position + index];
    if (byte === undefined) throw new RangeError('the numbers are cut off');
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, next: position + index + 1 };
  }
  throw new RangeError('the length of a run has more than 32 bits');
}
