/** Why points or spans of a request did not land, for the answer's `partial_success`. */

/** Different reasons told in one answer, and the characters of one. */
const REASONS_TOLD = 8;
const REASON_CHARACTERS = 300;

/** Counts what was rejected by its reason; equal reasons are told once. */
export class Rejections {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** @param reason what is wrong and what to do, without a full stop @param count points or spans; a metric without points counts none */
  add(reason: string, count = 1): void {
    const told = reason.length > REASON_CHARACTERS ? `${reason.slice(0, REASON_CHARACTERS).toWellFormed()}…` : reason;
    this.#total += count;
    const known = this.#counts.get(told);
    // A caller's names make reasons different from each other, so their number is bounded too.
    if (known !== undefined || this.#counts.size < 10 * REASONS_TOLD) this.#counts.set(told, (known ?? 0) + count);
  }

  merge(other: Rejections): void {
    for (const [reason, count] of other.#counts) this.add(reason, count);
    this.#total += other.#total - [...other.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get count(): number {
    return this.#total;
  }

  /** Most frequent first; '' when nothing was rejected. @param things what is counted: `data points`, `spans` */
  describe(things: string): string {
    if (this.#total === 0) return '';
    const sorted = [...this.#counts].sort(([, a], [, b]) => b - a);
    const told = sorted.slice(0, REASONS_TOLD).map(([reason, count]) => `${count} × ${reason}`);
    const rest = this.#total - sorted.slice(0, REASONS_TOLD).reduce((sum, [, count]) => sum + count, 0);
    return `${this.#total} ${things} rejected: ${told.join('; ')}${rest > 0 ? `; ${rest} for other reasons` : ''}`;
  }
}

/** A point, metric or span that cannot land; whoever reads it counts it and goes on with the next. */
export class Rejected extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Rejected';
  }
}
