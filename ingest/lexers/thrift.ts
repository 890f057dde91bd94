/**
 * Thrift's compact protocol, read with every length checked; few bytes can describe endless structures, so what is read is counted.
 * Source: apache/thrift doc/specs/thrift-compact-protocol.md.
 */
export type ThriftValue = boolean | number | bigint | Uint8Array | readonly ThriftValue[] | ThriftStruct;

const DEPTH_MOST = 24;
const VARINT_BYTES = 10;
const EMPTY: readonly ThriftStruct[] = [];

/** Fields of a struct by their number; a field of another type than asked for counts as missing. */
export class ThriftStruct {
  readonly #fields: ReadonlyMap<number, ThriftValue>;

  constructor(fields: ReadonlyMap<number, ThriftValue>) {
    this.#fields = fields;
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  boolean(field: number): boolean | null {
    const value = this.#fields.get(field);
    return typeof value === 'boolean' ? value : null;
  }

  /** An integer of up to 32 bits. */
  number(field: number): number | null {
    const value = this.#fields.get(field);
    return typeof value === 'number' ? value : null;
  }

  /** An integer of 64 bits that is a size or a place. @throws RangeError when it is below 0 or beyond 2^53 */
  size(field: number): number | null {
    const value = this.#fields.get(field);
    if (typeof value !== 'bigint') return null;
    if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${value} is no size`);
    return Number(value);
  }

  text(field: number): string | null {
    const value = this.#fields.get(field);
    return value instanceof Uint8Array ? new TextDecoder('utf-8', { fatal: true }).decode(value) : null;
  }

  struct(field: number): ThriftStruct | null {
    const value = this.#fields.get(field);
    return value instanceof ThriftStruct ? value : null;
  }

  structs(field: number): readonly ThriftStruct[] {
    const value = this.#fields.get(field);
    if (!Array.isArray(value)) return EMPTY;
    return value.filter((element): element is ThriftStruct => element instanceof ThriftStruct);
  }

  texts(field: number): readonly string[] {
    const value = this.#fields.get(field);
    if (!Array.isArray(value)) return [];
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return value.flatMap((element: unknown) => (element instanceof Uint8Array ? [decoder.decode(element)] : []));
  }
}

export class ThriftReader {
  readonly #bytes: Uint8Array;
  #left: number;
  /** Where the next byte is read. */
  position = 0;

  /** @param budget fields and list elements that may be read */
  constructor(bytes: Uint8Array, budget: number) {
    this.#bytes = bytes;
    this.#left = budget;
  }

  /** @throws RangeError when it is cut off, too deep or too large */
  struct(depth = 0): ThriftStruct {
    if (depth > DEPTH_MOST) throw new RangeError('structures are nested too deep');
    const fields = new Map<number, ThriftValue>();
    let field = 0;
    for (;;) {
      const header = this.#byte();
      const type = header & 15;
      if (type === 0) return new ThriftStruct(fields);
      field = header >> 4 === 0 ? Number(this.#zigzag()) : field + (header >> 4);
      fields.set(field, type === 1 || type === 2 ? type === 1 : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    this.#left--;
    if (this.#left < 0) throw new RangeError('the description is too large');
    switch (type) {
      case 1:
      case 2:
        return this.#byte() === 1;
      case 3:
        return this.#byte();
      case 4:
      case 5:
        return Number(BigInt.asIntN(32, this.#zigzag()));
      case 6:
        return BigInt.asIntN(64, this.#zigzag());
      case 7:
        return this.#take(8);
      case 8:
        return this.#take(Number(this.#varint()));
      case 9:
      case 10:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`a field has the type ${type}`);
    }
  }

  #list(depth: number): readonly ThriftValue[] {
    if (depth > DEPTH_MOST) throw new RangeError('structures are nested too deep');
    const header = this.#byte();
    const length = header >> 4 === 15 ? Number(this.#varint()) : header >> 4;
    if (length > this.#bytes.length - this.position) throw new RangeError('a list is longer than the data');
    return Array.from({ length }, () => this.#value(header & 15, depth + 1));
  }

  #take(length: number): Uint8Array {
    const start = this.position;
    if (length > this.#bytes.length - start) throw new RangeError('a text is longer than the data');
    this.position += length;
    return this.#bytes.subarray(start, this.position);
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  #varint(): bigint {
    let value = 0;
    let high = 0n;
    for (let index = 0; index < VARINT_BYTES; index++) {
      const byte = this.#byte();
      if (index < 4) value += (byte & 127) * 2 ** (7 * index);
      else high |= BigInt(byte & 127) << BigInt(7 * index);
      if (byte < 128) return BigInt(value) | high;
    }
    throw new RangeError('a number has more than 64 bits');
  }

  #byte(): number {
    const byte = this.#bytes[this.position++];
    if (byte === undefined) throw new RangeError('the data is cut off');
    return byte;
  }
}
