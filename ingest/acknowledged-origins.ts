import type { CounterOrigin, KnownOrigins } from './otlp/index.ts';
import type { RecordSeries } from './records.ts';

/** The origin told last, and the receipt of the payload that told it. */
type Acknowledged = { readonly runId: string; readonly repetition: number; readonly sinceNs: bigint; readonly receiptId: string };

/**
 * Where counters began, as acknowledged payloads told it: the zero at the start comes with every point of a cumulative counter, and storing it each
 * time would double the rows. Whoever does not know an origin stores its zero again, which changes nothing. Kept as long as the cache of series
 * keeps the series, one origin each.
 */
export class AcknowledgedOrigins {
  readonly #origins = new WeakMap<RecordSeries, Acknowledged>();

  /**
   * What a payload need not tell. Of two payloads with one receipt only one counts, and which one is not known before both are stored: so what
   * a payload of this very receipt told is told again.
   */
  of(runId: string, receiptId: string): KnownOrigins {
    return {
      has: ({ series, repetition, sinceNs }) => {
        const found = this.#origins.get(series);
        return (
          found !== undefined &&
          found.sinceNs === sinceNs &&
          found.repetition === repetition &&
          found.runId === runId &&
          found.receiptId !== receiptId
        );
      },
    };
  }

  /** Called once a payload is sure to count. */
  add(runId: string, receiptId: string, origins: readonly CounterOrigin[]): void {
    for (const { series, repetition, sinceNs } of origins) this.#origins.set(series, { runId, repetition, sinceNs, receiptId });
  }
}
