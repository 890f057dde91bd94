import type { RecordSeries } from '../records.ts';
import type { Rejected } from './rejections.ts';

/** A series as the attributes of a point declare it. */
export type Declared = {
  readonly series: RecordSeries;
  /** Region, metric and labels by name; no two identities have the same text. */
  readonly identity: string;
  /** What the point says of the device or thread it comes from. */
  readonly source: string;
  /** Whether somebody said which direction is better. */
  readonly isDirected: boolean;
};

/** By the attributes of points, of one metric. */
export type MetricCache = Map<string, Declared | Rejected>;

/** Characters of keys that are kept, an entry counted as this many more: as many series as a few large exporters have, some tens of megabytes. */
const CHARACTERS = 30_000_000;
const ENTRY_CHARACTERS = 500;

/**
 * Series declared by earlier requests: an exporter sends the same ones every few seconds, and declaring one costs as much as a dozen points.
 * What it gives is what declaring again would give, so it may forget at any time.
 */
export class SeriesCache {
  /** The series of the least and the largest value of intervals, beside that of their distribution; null when there is no room for them. */
  readonly extremes = new WeakMap<RecordSeries, readonly [minimum: Declared, maximum: Declared] | null>();
  readonly #limit: number;
  readonly #metrics = new Map<string, MetricCache>();
  #characters = 0;

  constructor(limit: number = CHARACTERS) {
    this.#limit = limit;
  }

  /** @param key everything that a declaration depends on beside the attributes of the point */
  find(key: string): MetricCache {
    const known = this.#metrics.get(key);
    if (known !== undefined) return known;
    const metric: MetricCache = new Map();
    this.count(key.length);
    this.#metrics.set(key, metric);
    return metric;
  }

  /** Called for each new entry; when there are too many all are let go, while requests under way keep theirs. */
  count(characters: number): void {
    this.#characters += characters + ENTRY_CHARACTERS;
    if (this.#characters <= this.#limit) return;
    this.#metrics.clear();
    this.#characters = 0;
  }
}
