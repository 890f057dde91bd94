/** Compares stretches of one request's bytes, four bytes at a time. */
export class Stretches {
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A number of 32 bits that equal stretches have in common. @param start offset of the first byte @param end offset after the last */
  hash(start: number, end: number): number {
    let hash = end - start;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      hash = Math.imul(hash ^ this.#view.getUint32(at, true), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ this.#view.getUint8(at), 0x9e3779b1);
    return Math.imul(hash ^ (hash >>> 13), 0x85ebca6b) >>> 0;
  }

  /** Whether the `length` bytes from `a` and those from `b` are the same. */
  isSame(a: number, b: number, length: number): boolean {
    let at = 0;
    for (; at + 4 <= length; at += 4) if (this.#view.getUint32(a + at, true) !== this.#view.getUint32(b + at, true)) return false;
    for (; at < length; at++) if (this.#view.getUint8(a + at) !== this.#view.getUint8(b + at)) return false;
    return true;
  }
}
