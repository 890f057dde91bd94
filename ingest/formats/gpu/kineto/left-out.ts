import type { Warning } from '../../../../wire/payload.ts';
import { quote } from '../../../lexers/decimal.ts';

/** Reasons that are told apart, and names told with each. */
const REASONS = 40;
const NAMES = 3;

type Entry = { readonly code: string; readonly what: string; readonly line: number; readonly names: Set<string>; count: number };

/** What of a trace did not land, counted by reason and told with the names that came first: a trace has millions of events. */
export class LeftOut {
  readonly #entries = new Map<string, Entry>();
  #others = 0;

  /** @param what completes "… were left out: " @param line asked only for the first of a reason */
  add(code: string, what: string, name: string, line: () => number): void {
    const key = `${code} ${what}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size === REASONS) {
        this.#others++;
        return;
      }
      entry = { code, what, line: line(), names: new Set(), count: 0 };
      this.#entries.set(key, entry);
    }
    entry.count++;
    if (entry.names.size < NAMES) entry.names.add(quote(name));
  }

  list(): readonly Warning[] {
    const warnings: Warning[] = [...this.#entries.values()].map(({ code, what, line, names, count }) => ({
      code,
      detail: `${what}: ${count} left out, the first of ${[...names].join(', ')}`,
      line,
    }));
    if (this.#others > 0) warnings.push({ code: 'more_left_out', detail: `${this.#others} more events were left out`, line: null });
    return warnings;
  }
}
