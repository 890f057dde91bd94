/**
 * Fields of small protobuf messages, as bytes to be joined (protobuf.dev/programming-guides/encoding). A field that has its default is no bytes,
 * as proto3 writes it.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** int32 or int64. @param value from -2^63 */
export function writeInteger(field: number, value: bigint | number): Buffer {
  const integer = BigInt.asUintN(64, BigInt(value));
  return integer === 0n ? Buffer.alloc(0) : Buffer.concat([writeVarint(tag(field, VARINT)), writeVarint(integer)]);
}

/** string; half of a surrogate pair, which has no UTF-8, becomes U+FFFD. */
export function writeText(field: number, value: string): Buffer {
  return value === '' ? Buffer.alloc(0) : writeMessage(field, Buffer.from(value));
}

/** An embedded message, or bytes; present even when empty. */
export function writeMessage(field: number, ...parts: readonly Buffer[]): Buffer {
  const message = Buffer.concat(parts);
  return Buffer.concat([writeVarint(tag(field, LENGTH_DELIMITED)), writeVarint(BigInt(message.length)), message]);
}

const tag = (field: number, wireType: number) => BigInt((field << 3) | wireType);

function writeVarint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const bits = Number(rest & 0x7fn);
    if (rest < 0x80n) return Buffer.from([...bytes, bits]);
    bytes.push(bits | 0x80);
  }
}
