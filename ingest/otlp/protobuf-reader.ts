import { isUtf8 } from 'node:buffer';
import { LIMITS } from '../../wire/limits.ts';
import { OtlpDecodeError } from './messages.ts';

/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding) field by field, without a schema and without copies. Other than
 * most readers it refuses a known field of the wrong wire type, where they drop the value, and text that is not UTF-8.
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

/** What a message and an item of a list take once decoded, bytes: measured on points of four attributes, rounded up. */
const MESSAGE_BYTES = 128;
const ITEM_BYTES = 32;
const TWO_32 = 2 ** 32;
/** High halves between these belong to integers that a double holds exactly. */
const EXACT_HIGH = 2 ** 21;
/** Nearly all counts of buckets are small; making a bigint costs more than reading the number. */
const SMALL_COUNTS: readonly bigint[] = Array.from({ length: 1024 }, (_, value) => BigInt(value));

/** A position in the bytes of one request. Call `next`, then the one read that fits the field; `skip` for a field that is not known. */
export class ProtobufReader {
  /** Offset of the next byte, and after the last of the message that is being read. */
  position = 0;
  #end: number;
  #wireType = 0;
  #field = 0;
  #fieldStart = 0;
  /** The halves of the last varint, without sign. */
  #low = 0;
  #high = 0;
  #bytesLeft: number = LIMITS.otlpDecodedBytes;
  readonly #view: DataView;
  readonly #bytes: Buffer;

  /** @param bytes one message; read in place, and nothing that is returned refers to them */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** Number of the next field; 0 at the end of the message. @throws OtlpDecodeError as all reads here, when the bytes are not protobuf */
  next(): number {
    if (this.position >= this.#end) return 0;
    this.#fieldStart = this.position;
    const byte = this.#view.getUint8(this.position);
    if (byte < 0x80) {
      this.position++;
      this.#wireType = byte & 7;
      this.#field = byte >>> 3;
    } else {
      this.#readVarint();
      if (this.#high !== 0) this.fail('a field number is larger than protobuf has', this.#fieldStart);
      this.#wireType = this.#low & 7;
      this.#field = this.#low >>> 3;
    }
    if (this.#field === 0) this.fail('a field has the number 0', this.#fieldStart);
    return this.#field;
  }

  /** Goes into the embedded message that is this field's value. @returns what `leave` needs to come back */
  enter(): number {
    const length = this.#readLength();
    this.#charge(MESSAGE_BYTES);
    const outer = this.#end;
    this.#end = this.position + length;
    return outer;
  }

  /** @param outer what `enter` returned */
  leave(outer: number): void {
    this.position = this.#end;
    this.#end = outer;
  }

  /** Moves over a field that this service does not read, group or not. */
  skip(): void {
    if (this.#wireType === GROUP_START) this.#skipGroup(this.#field, 1);
    else if (this.#wireType === GROUP_END) this.fail('a group ends that did not begin', this.#fieldStart);
    else this.#skipValue();
  }

  /**
   * A list that goes on because the message it is in came again, which protobuf merges; a copy. It counts as memory, or a message that comes a
   * million times would be copied a million times.
   */
  reopen<T>(list: readonly T[]): T[] {
    this.#charge(list.length * ITEM_BYTES);
    return list.slice();
  }

  /** The position after the message that is being read. */
  get end(): number {
    return this.#end;
  }

  double(): number {
    return this.#view.getFloat64(this.#take(FIXED64, 8), true);
  }

  fixed64(): bigint {
    return this.#fixed64At(this.#take(FIXED64, 8));
  }

  /** sfixed64, exact: a number where a double holds it. */
  sfixed64(): number | bigint {
    const at = this.#take(FIXED64, 8);
    const high = this.#view.getInt32(at + 4, true);
    return high >= -EXACT_HIGH && high < EXACT_HIGH
      ? high * TWO_32 + this.#view.getUint32(at, true)
      : narrow(this.#view.getBigInt64(at, true));
  }

  /** int64, exact: a number where a double holds it. */
  int64(): number | bigint {
    this.#expectVarint();
    const high = this.#high | 0;
    return high >= -EXACT_HIGH && high < EXACT_HIGH
      ? high * TWO_32 + this.#low
      : narrow(BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low)));
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(FIXED32, 4), true);
  }

  /** uint32; larger numbers lose their high bits, as the format demands. */
  uint32(): number {
    this.#expectVarint();
    return this.#low;
  }

  /** int32, or an enum. */
  int32(): number {
    return this.uint32() | 0;
  }

  sint32(): number {
    const zigzag = this.uint32();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  bool(): boolean {
    this.#expectVarint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** Repeated double, packed or not. @param before what earlier occurrences gave; may be the list that is returned */
  doubles(before: number[]): number[] {
    if (this.#wireType !== LENGTH_DELIMITED) {
      this.#charge(ITEM_BYTES);
      before.push(this.double());
      return before;
    }
    const end = this.#enterPacked(8);
    const list = this.#extend(before, (end - this.position) / 8);
    for (let index = before.length; this.position < end; this.position += 8) list[index++] = this.#view.getFloat64(this.position, true);
    return list;
  }

  /** Repeated fixed64, packed or not. @param before as above */
  fixed64s(before: bigint[]): bigint[] {
    if (this.#wireType !== LENGTH_DELIMITED) {
      this.#charge(ITEM_BYTES);
      before.push(this.fixed64());
      return before;
    }
    const end = this.#enterPacked(8);
    const list = this.#extend(before, (end - this.position) / 8);
    for (let index = before.length; this.position < end; this.position += 8) list[index++] = this.#fixed64At(this.position);
    return list;
  }

  /** Repeated uint64, packed or not. @param before as above */
  uint64s(before: bigint[]): bigint[] {
    if (this.#wireType !== LENGTH_DELIMITED) {
      this.#expectVarint();
      this.#charge(ITEM_BYTES);
      before.push(this.#varintAsBigint());
      return before;
    }
    const length = this.#readLength();
    const outer = this.#end;
    const start = this.position;
    this.#end = start + length;
    const list = this.#extend(before, this.#countVarints(start, this.#end));
    this.#fillUint64s(list, before.length);
    this.#end = outer;
    return list;
  }

  /** string. @throws OtlpDecodeError when it is not UTF-8 */
  text(): string {
    const length = this.#readLength();
    const start = this.position;
    const end = start + length;
    this.position = end;
    let at = start;
    while (at < end && this.#view.getUint8(at) < 0x80) at++;
    if (at === end) return this.#bytes.toString('latin1', start, end);
    if (!isUtf8(this.#bytes.subarray(start, end))) this.fail('text is not UTF-8', start);
    return this.#bytes.toString('utf8', start, end);
  }

  /** bytes, copied. */
  bytes(): Uint8Array {
    const length = this.#readLength();
    const start = this.position;
    this.position += length;
    return new Uint8Array(this.#bytes.subarray(start, this.position));
  }

  /** bytes that are an id of `length` bytes, as lower-case hex; '' when empty or all zero. @throws OtlpDecodeError at any other length */
  id(length: 8 | 16, name: string): string {
    const found = this.#readLength();
    const start = this.position;
    if (found !== 0 && found !== length) this.fail(`a ${name} has ${found} bytes, not ${length}`, start);
    this.position += found;
    for (let at = start; at < this.position; at++) {
      if (this.#view.getUint8(at) !== 0) return this.#bytes.toString('hex', start, this.position);
    }
    return '';
  }

  /** @param at offset of what is wrong @throws OtlpDecodeError always */
  fail(detail: string, at = this.position): never {
    throw new OtlpDecodeError(detail, `byte ${at}`);
  }

  #charge(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) this.fail(`the request takes more than ${LIMITS.otlpDecodedBytes} bytes of memory: send it in parts`);
  }

  /** Moves over `length` bytes of a field's value; where they begin. */
  #take(wireType: number, length: number): number {
    if (this.#wireType !== wireType) this.#failWireType();
    const at = this.position;
    if (length > this.#end - at) this.#failCutOff();
    this.position = at + length;
    return at;
  }

  #readLength(): number {
    if (this.#wireType !== LENGTH_DELIMITED) this.#failWireType();
    const start = this.position;
    const byte = start < this.#end ? this.#view.getUint8(start) : 0x80;
    if (byte < 0x80) {
      this.position++;
      this.#low = byte;
      this.#high = 0;
    } else this.#readVarint();
    const length = this.#high * TWO_32 + this.#low;
    if (length > this.#end - this.position) {
      this.fail(`a length of ${length} goes beyond the ${this.#end - this.position} bytes that follow`, start);
    }
    return length;
  }

  /** End of a packed list whose items have `size` bytes each. */
  #enterPacked(size: number): number {
    const length = this.#readLength();
    if (length % size !== 0) this.fail(`a packed list has ${length} bytes, which ${size} does not divide`);
    return this.position + length;
  }

  /** A list that has room for `count` more: of its final size at once, because a list that grows leaves twice its size for the collector. */
  #extend<T>(before: readonly T[], count: number): T[] {
    this.#charge((before.length + count) * ITEM_BYTES);
    return before.length === 0 ? new Array<T>(count) : before.concat(new Array<T>(count));
  }

  #expectVarint(): void {
    if (this.#wireType !== VARINT) this.#failWireType();
    this.#readVarint();
  }

  #readVarint(): void {
    let low = 0;
    let high = 0;
    const start = this.position;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.#end) this.#failCutOff();
      const byte = this.#view.getUint8(this.position++);
      const bits = byte & 0x7f;
      if (shift <= 28) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) break;
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    this.fail('a varint has more than 64 bits', start);
  }

  /** Varints that end in a stretch of bytes. */
  #countVarints(start: number, end: number): number {
    let count = 0;
    let at = start;
    // Four bytes at a time: the high bits that are not set, added up by a multiplication.
    for (; at + 4 <= end; at += 4) count += Math.imul((~this.#view.getUint32(at, true) & 0x80808080) >>> 7, 0x01010101) >>> 24;
    for (; at < end; at++) if (this.#view.getUint8(at) < 0x80) count++;
    return count;
  }

  /** Reads varints to the end of the message; those of one or two bytes, nearly all counts of buckets, without going through their halves. */
  #fillUint64s(list: bigint[], from: number): void {
    const end = this.#end;
    let index = from;
    let at = this.position;
    while (at < end) {
      const first = this.#view.getUint8(at);
      const second = first < 0x80 || at + 1 >= end ? 0 : this.#view.getUint8(at + 1);
      const small = second < 0x80 ? SMALL_COUNTS[first < 0x80 ? first : (first & 0x7f) | (second << 7)] : undefined;
      if (small !== undefined && (first < 0x80 || at + 1 < end)) {
        list[index++] = small;
        at += first < 0x80 ? 1 : 2;
        continue;
      }
      this.position = at;
      this.#readVarint();
      list[index++] = this.#varintAsBigint();
      at = this.position;
    }
    this.position = end;
  }

  #varintAsBigint(): bigint {
    const small = this.#high === 0 ? SMALL_COUNTS[this.#low] : undefined;
    return small ?? (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  #fixed64At(at: number): bigint {
    const small = this.#view.getUint32(at + 4, true) === 0 ? SMALL_COUNTS[this.#view.getUint32(at, true)] : undefined;
    return small ?? this.#view.getBigUint64(at, true);
  }

  #skipValue(): void {
    if (this.#wireType === VARINT) this.#readVarint();
    else if (this.#wireType === FIXED64) this.#take(FIXED64, 8);
    else if (this.#wireType === LENGTH_DELIMITED) this.#take(LENGTH_DELIMITED, this.#readLength());
    else if (this.#wireType === FIXED32) this.#take(FIXED32, 4);
    else this.fail(`a field has the wire type ${this.#wireType}, which protobuf does not know`, this.#fieldStart);
  }

  #skipGroup(field: number, depth: number): void {
    const start = this.#fieldStart;
    if (depth > LIMITS.otlpAttributeDepth) this.fail(`groups are nested more than ${LIMITS.otlpAttributeDepth} levels deep`, start);
    for (let inner = this.next(); inner !== 0; inner = this.next()) {
      if (this.#wireType === GROUP_END) {
        if (inner !== field) this.fail(`group ${field} ends as group ${inner}`, this.#fieldStart);
        return;
      }
      if (this.#wireType === GROUP_START) this.#skipGroup(inner, depth + 1);
      else this.#skipValue();
    }
    this.fail('a group does not end', start);
  }

  #failWireType(): never {
    this.fail(`field ${this.#field} has the wire type ${this.#wireType}, which is not its own`, this.#fieldStart);
  }

  #failCutOff(): never {
    this.fail(`field ${this.#field} is cut off`, this.#fieldStart);
  }
}

function narrow(value: bigint): number | bigint {
  const double = Number(value);
  return Number.isSafeInteger(double) ? double : value;
}
