/** Definitions kept: an id and a text of some fifty characters each. */
const DEFINITIONS = 100_000;

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * Series that acknowledged payloads of a run brought, by id, with their definitions: an exporter sends the same ones every few seconds, and a row
 * each time would cost more than the points. Whoever does not know them sends their rows again, which changes nothing; a process may forget at will.
 */
export class AcknowledgedSeries {
  readonly #limit: number;
  readonly #runs = new Map<string, Map<string, string>>();
  #size = 0;

  constructor(limit: number = DEFINITIONS) {
    this.#limit = limit;
  }

  of(runId: string): ReadonlyMap<string, string> {
    return this.#runs.get(runId) ?? NONE;
  }

  /** Called once a payload is sure to count. */
  add(runId: string, definitions: ReadonlyMap<string, string>): void {
    if (this.#size + definitions.size > this.#limit) {
      this.#runs.clear();
      this.#size = 0;
    }
    const known = this.#runs.get(runId) ?? new Map<string, string>();
    const before = known.size;
    for (const [seriesId, definition] of definitions) if (!known.has(seriesId)) known.set(seriesId, definition);
    this.#runs.set(runId, known);
    this.#size += known.size - before;
  }
}
