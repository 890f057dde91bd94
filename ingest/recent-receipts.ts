/** Receipt ids kept: what exporters of a large run send in some minutes. */
const RECEIPTS = 10_000;

/**
 * Receipts that this process stored lately. A request that may be a repeated one is looked up before its rows are stored; one that was not seen
 * is stored at once, and whether it counts is asked once, afterwards: if another process had it, its rows count nowhere and go with the seal.
 */
export class RecentReceipts {
  readonly #limit: number;
  readonly #ids = new Set<string>();

  constructor(limit: number = RECEIPTS) {
    this.#limit = limit;
  }

  has(receiptId: string): boolean {
    return this.#ids.has(receiptId);
  }

  /** The oldest is let go beyond the limit. */
  add(receiptId: string): void {
    this.#ids.add(receiptId);
    if (this.#ids.size <= this.#limit) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
