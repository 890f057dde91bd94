import type { Print } from './bpftrace-prints.ts';

/** One printed value of a map. */
export type MapEntry<T> = {
  readonly key: string | null;
  readonly value: T;
  readonly line: number;
  /** Something stands between it and the entry before: it begins another print. */
  readonly separated: boolean;
};

/** The entries of a map as prints. Text does not say where one print ends and the next of the same map begins unless something stands between. */
export type GroupedPrints<T> = {
  readonly prints: readonly Print<T>[] /** Another grouping is as likely. */;
  readonly isAmbiguous: boolean;
};

/**
 * A key comes once in a print. Going forward a print takes all it can, going backward the next one does; where both agree there is no doubt.
 * @param entries length ≥ 1, in the order of the file
 */
export function groupPrints<T>(entries: readonly MapEntry<T>[]): GroupedPrints<T> {
  const forward = startsForward(entries);
  const backward = startsBackward(entries);
  const isAmbiguous = forward.length !== backward.length || forward.some((start, index) => start !== backward[index]);
  const prints = forward.map((start, index): Print<T> => {
    const group = entries.slice(start, forward[index + 1] ?? entries.length);
    return { line: group[0]?.line ?? 1, values: new Map(group.map(({ key, value }) => [key, value])) };
  });
  return { prints, isAmbiguous };
}

function startsForward<T>(entries: readonly MapEntry<T>[]): readonly number[] {
  const starts: number[] = [];
  let keys = new Set<string | null>();
  for (const [index, { key, separated }] of entries.entries()) {
    if (index === 0 || separated || keys.has(key)) {
      starts.push(index);
      keys = new Set();
    }
    keys.add(key);
  }
  return starts;
}

function startsBackward<T>(entries: readonly MapEntry<T>[]): readonly number[] {
  const starts: number[] = [];
  let keys = new Set<string | null>();
  let next: MapEntry<T> | undefined;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index];
    if (entry === undefined) throw new RangeError(`entry ${index} must lie in 0..${entries.length - 1}`);
    if (next !== undefined && (next.separated || keys.has(entry.key))) {
      starts.push(index + 1);
      keys = new Set();
    }
    keys.add(entry.key);
    next = entry;
  }
  starts.push(0);
  return starts.reverse();
}
