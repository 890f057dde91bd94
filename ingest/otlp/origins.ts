import type { RecordSeries } from '../records.ts';

/** A counter of one series and repetition that began at `sinceNs`, nanoseconds since the epoch, and stood at 0 then. */
export type CounterOrigin = { readonly series: RecordSeries; readonly repetition: number; readonly sinceNs: bigint };

/** Origins whose zero earlier requests of the run brought, for sure. */
export type KnownOrigins = { readonly has: (origin: CounterOrigin) => boolean };

/** The origins of one request: what standings of its counters begin with. */
export class RequestOrigins {
  /** An origin before this is older than the run, whose increase it would not be. */
  readonly runCreatedNs: bigint;
  /** Origins whose zero this request brings. */
  readonly told: CounterOrigin[] = [];
  readonly #known: KnownOrigins;

  constructor(runCreatedNs: bigint, known: KnownOrigins) {
    this.runCreatedNs = runCreatedNs;
    this.#known = known;
  }

  /** Whether the zero of this origin has to be stored; from then on it counts as told. */
  tell(origin: CounterOrigin): boolean {
    if (this.#known.has(origin)) return false;
    this.told.push(origin);
    return true;
  }
}
