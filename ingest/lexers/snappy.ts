/**
 * Snappy that gives exactly the bytes it promised, or an error.
 * @param length bytes expected, as stated outside the block
 * @throws RangeError when the block is damaged or of another length. Source: google/snappy format_description.txt
 */
export function unpackSnappy(input: Uint8Array, length: number): Uint8Array {
  let source = 0;
  const next = () => input[source++] ?? fail('it is cut off');
  const little = (bytes: number) => {
    let value = 0;
    for (let index = 0; index < bytes; index++) value += next() * 2 ** (8 * index);
    return value;
  };
  let promised = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = next();
    promised += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
    if (shift > 28) fail('its length is no 32-bit number');
  }
  if (promised !== length) fail(`it promises ${promised} bytes, not ${length}`);
  const output = new Uint8Array(length);
  let target = 0;
  while (source < input.length) {
    const tag = next();
    const kind = tag & 3;
    const high = tag >> 2;
    if (kind === 0) {
      const count = (high < 60 ? high : little(high - 59)) + 1;
      if (source + count > input.length || target + count > length) fail('a literal is cut off');
      output.set(input.subarray(source, source + count), target);
      source += count;
      target += count;
      continue;
    }
    const count = kind === 1 ? (high & 7) + 4 : high + 1;
    const distance = kind === 1 ? (tag >> 5) * 256 + next() : little(kind === 2 ? 2 : 4);
    if (distance === 0 || distance > target || target + count > length) fail('a copy lies outside the data');
    for (let index = target; index < target + count; index++) output[index] = output[index - distance] ?? 0;
    target += count;
  }
  if (target !== length) fail('it gives fewer bytes than promised');
  return output;
}

function fail(why: string): never {
  throw new RangeError(`snappy: ${why}`);
}
