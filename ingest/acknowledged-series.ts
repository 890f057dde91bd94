import type { KnownSeries } from './rows.ts';

/** Definitions kept: an id and a text of some fifty characters each. */
const DEFINITIONS = 100_000;

/** A definition and the receipt of the payload that brought its row. */
type Acknowledged = { readonly definition: string; readonly receiptId: string };

/**
 * Series that acknowledged payloads of a run brought, by id, with their definitions: an exporter sends the same ones every few seconds, and a row
 * each time would cost more than the points. Whoever does not know them sends their rows again, which changes nothing; a process may forget at will.
 */
export class AcknowledgedSeries {
  readonly #limit: number;
  readonly #runs = new Map<string, Map<string, Acknowledged>>();
  #size = 0;

  constructor(limit: number = DEFINITIONS) {
    this.#limit = limit;
  }

  /**
   * What a payload need not send. Of two payloads with one receipt only one counts, and which one is not known before both are stored: so what
   * a payload of this very receipt brought is sent again.
   */
  of(runId: string, receiptId: string): KnownSeries {
    const known = this.#runs.get(runId);
    return {
      get: (seriesId) => {
        const found = known?.get(seriesId);
        return found === undefined || found.receiptId === receiptId ? undefined : found.definition;
      },
    };
  }

  /** Called once a payload is sure to count. */
  add(runId: string, receiptId: string, definitions: ReadonlyMap<string, string>): void {
    if (this.#size + definitions.size > this.#limit) {
      this.#runs.clear();
      this.#size = 0;
    }
    const known = this.#runs.get(runId) ?? new Map<string, Acknowledged>();
    const before = known.size;
    for (const [seriesId, definition] of definitions) if (!known.has(seriesId)) known.set(seriesId, { definition, receiptId });
    this.#runs.set(runId, known);
    this.#size += known.size - before;
  }
}
