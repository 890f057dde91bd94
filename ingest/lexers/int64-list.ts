/**
 * The two halves of a 64-bit integer, low without and high with sign. In a loop over a million values numbers cost nothing, while a bigint a
 * value costs more than reading its line. A producer may use one object again and again: copy what is to be kept.
 */
export type Int64Halves = { low: number; high: number };

const FIRST_CAPACITY = 16;
const LOW_FIRST = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const LOW = LOW_FIRST ? 0 : 1;
const HIGH = LOW_FIRST ? 1 : 0;

/** 64-bit integers in the order they came, eight bytes each: an array of bigints takes four times the memory and makes the collector copy it. */
export class Int64List {
  #values = new BigInt64Array(0);
  #halves = new Int32Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: bigint | Int64Halves): void {
    if (this.#length === this.#values.length) this.#grow();
    const place = this.#length++;
    if (typeof value === 'bigint') {
      this.#values[place] = value;
    } else {
      this.#halves[2 * place + LOW] = value.low;
      this.#halves[2 * place + HIGH] = value.high;
    }
  }

  /** The numbers, not copied; nothing may be pushed afterwards. */
  take(): BigInt64Array {
    return this.#values.subarray(0, this.#length);
  }

  #grow(): void {
    const larger = new BigInt64Array(Math.max(FIRST_CAPACITY, 2 * this.#values.length));
    larger.set(this.#values);
    this.#values = larger;
    this.#halves = new Int32Array(larger.buffer);
  }
}
