/**
 * LZ4 that gives exactly the bytes it promised, or an error: what is missing never becomes zeros.
 * Source: lz4 doc/lz4_Block_format.md and lz4_Frame_format.md.
 */

const MIN_MATCH = 4;
const FRAME_MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;

/**
 * One LZ4 block.
 * @param output where it goes, from `from` on; a match may reach back before `from`
 * @returns where the output ended
 * @throws RangeError when the block is damaged or gives more than fits
 */
export function unpackLz4Block(input: Uint8Array, output: Uint8Array, from: number): number {
  let source = 0;
  let target = from;
  const lengthOf = (first: number): number => {
    let length = first;
    if (first === 15) {
      let byte = 255;
      while (byte === 255) {
        byte = input[source++] ?? fail('a length is cut off');
        length += byte;
      }
    }
    return length;
  };
  while (source < input.length) {
    const token = input[source++] ?? 0;
    const literals = lengthOf(token >> 4);
    if (source + literals > input.length || target + literals > output.length) fail('literals are cut off');
    output.set(input.subarray(source, source + literals), target);
    source += literals;
    target += literals;
    if (source === input.length) return target;
    const distance = (input[source] ?? 0) | ((input[source + 1] ?? fail('a distance is cut off')) << 8);
    source += 2;
    const length = lengthOf(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > target || target + length > output.length) fail('a match lies outside the data');
    copyMatch(output, target, distance, length);
    target += length;
  }
  return target;
}

/** A match may overlap what it writes: then the bytes between repeat. */
function copyMatch(output: Uint8Array, target: number, distance: number, length: number): void {
  if (distance >= length) output.copyWithin(target, target - distance, target - distance + length);
  else for (let index = target; index < target + length; index++) output[index] = output[index - distance] ?? 0;
}

/** A block alone. @throws RangeError when it does not give exactly `length` bytes */
export function unpackLz4(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  if (input.length > 0 && unpackLz4Block(input, output, 0) !== length) fail('it gives fewer bytes than promised');
  if (input.length === 0 && length > 0) fail('it is empty');
  return output;
}

/** An LZ4 frame, as Arrow compresses buffers; checksums are left unread. @throws RangeError when it does not give exactly `length` bytes */
export function unpackLz4Frame(input: Uint8Array, length: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (view.getUint32(0, true) !== FRAME_MAGIC) fail('it is no LZ4 frame');
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1 || (flags & 1) !== 0) fail('the frame is of an unknown version, or needs a dictionary');
  const blockChecksum = (flags & 16) === 0 ? 0 : 4;
  let source = 4 + 2 + ((flags & 8) === 0 ? 0 : 8) + 1;
  const output = new Uint8Array(length);
  let target = 0;
  for (;;) {
    const size = view.getUint32(source, true);
    source += 4;
    if (size === 0) break;
    const bytes = size & ~UNCOMPRESSED;
    if (source + bytes > input.length) fail('a block is cut off');
    const block = input.subarray(source, source + bytes);
    if ((size & UNCOMPRESSED) === 0) target = unpackLz4Block(block, output, target);
    else if (target + bytes > length) fail('it gives more bytes than promised');
    else {
      output.set(block, target);
      target += bytes;
    }
    source += bytes + blockChecksum;
  }
  if (target !== length) fail('it gives fewer bytes than promised');
  return output;
}

function fail(why: string): never {
  throw new RangeError(`lz4: ${why}`);
}
