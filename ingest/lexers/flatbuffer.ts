/**
 * FlatBuffers, read with every offset checked: a place outside the buffer is an error, never a zero. Tables may share parts, so that few
 * bytes describe endless trees; `spend` counts what is visited and ends that.
 * Source: flatbuffers.dev/internals.
 */
export class FlatBuffer {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #left: number;

  /** @param budget tables and vector elements that may be visited */
  constructor(bytes: Uint8Array, budget: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    this.#left = budget;
  }

  /** The table the buffer is about. @throws RangeError when it is not one */
  root(): FlatTable {
    return this.tableAt(this.offset(0));
  }

  /** @throws RangeError when there is no whole table at that place */
  tableAt(position: number): FlatTable {
    this.#spend(1);
    const vtable = position - this.#view.getInt32(position, true);
    const size = this.#view.getUint16(vtable, true);
    this.#view.getUint16(vtable + 2, true);
    if (size < 4 || vtable + size > this.#bytes.length) throw new RangeError(`no table at ${position}`);
    return new FlatTable(this, position, vtable, size);
  }

  /** Where the unsigned offset at `position` leads; always ahead. */
  offset(position: number): number {
    const target = position + this.#view.getUint32(position, true);
    if (target <= position || target > this.#bytes.length) throw new RangeError(`an offset at ${position} leads out of the buffer`);
    return target;
  }

  /** Where the elements of the vector at `position` begin, and how many there are. */
  vectorAt(position: number, elementBytes: number): { readonly start: number; readonly length: number } {
    const length = this.#view.getUint32(position, true);
    const start = position + 4;
    if (start + length * elementBytes > this.#bytes.length) throw new RangeError(`the vector at ${position} is longer than the buffer`);
    this.#spend(length);
    return { start, length };
  }

  textAt(position: number): string {
    const { start, length } = this.vectorAt(position, 1);
    return new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes.subarray(start, start + length));
  }

  get view(): DataView {
    return this.#view;
  }

  #spend(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new RangeError('the description of the data is too large');
  }
}

/** One table; `field` counts from 0 in the order of its schema. What is not there has the default. */
export class FlatTable {
  readonly #buffer: FlatBuffer;
  readonly #position: number;
  readonly #vtable: number;
  readonly #size: number;

  constructor(buffer: FlatBuffer, position: number, vtable: number, size: number) {
    this.#buffer = buffer;
    this.#position = position;
    this.#vtable = vtable;
    this.#size = size;
  }

  int8(field: number, otherwise = 0): number {
    const place = this.#place(field);
    return place === null ? otherwise : this.#buffer.view.getUint8(place);
  }

  int16(field: number, otherwise = 0): number {
    const place = this.#place(field);
    return place === null ? otherwise : this.#buffer.view.getInt16(place, true);
  }

  int32(field: number, otherwise = 0): number {
    const place = this.#place(field);
    return place === null ? otherwise : this.#buffer.view.getInt32(place, true);
  }

  int64(field: number): bigint {
    const place = this.#place(field);
    return place === null ? 0n : this.#buffer.view.getBigInt64(place, true);
  }

  table(field: number): FlatTable | null {
    const place = this.#place(field);
    return place === null ? null : this.#buffer.tableAt(this.#buffer.offset(place));
  }

  text(field: number): string | null {
    const place = this.#place(field);
    return place === null ? null : this.#buffer.textAt(this.#buffer.offset(place));
  }

  tables(field: number): readonly FlatTable[] {
    const place = this.#place(field);
    if (place === null) return [];
    const { start, length } = this.#buffer.vectorAt(this.#buffer.offset(place), 4);
    return Array.from({ length }, (_, index) => this.#buffer.tableAt(this.#buffer.offset(start + 4 * index)));
  }

  /** A vector of structs of two 64-bit integers, or of one. @throws RangeError when one is no safe integer */
  int64s(field: number, each: 1 | 2): readonly (readonly number[])[] {
    const place = this.#place(field);
    if (place === null) return [];
    const { start, length } = this.#buffer.vectorAt(this.#buffer.offset(place), 8 * each);
    const read = (at: number) => toSafe(this.#buffer.view.getBigInt64(at, true));
    return Array.from({ length }, (_, index) => Array.from({ length: each }, (_unused, part) => read(start + 8 * (each * index + part))));
  }

  /** How many structs of that size a vector has. */
  count(field: number, elementBytes: number): number {
    const place = this.#place(field);
    return place === null ? 0 : this.#buffer.vectorAt(this.#buffer.offset(place), elementBytes).length;
  }

  #place(field: number): number | null {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.#size) return null;
    const relative = this.#buffer.view.getUint16(this.#vtable + entry, true);
    return relative === 0 ? null : this.#position + relative;
  }
}

/** @throws RangeError for an integer that a double does not hold, or below 0 */
export function toSafe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`${value} is no size`);
  return number;
}
