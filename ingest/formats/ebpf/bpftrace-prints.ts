/**
 * Every bpftrace map is printed again at exit, so the same counts may come several times: a script that prints each second without
 * clearing prints one growing map, one that clears prints parts. Counts that only grow are snapshots of which the last counts; counts
 * that fall mean the map was cleared, and the last print before each fall is added. This is the rule of counter resets, per map.
 */

/** One print of a map: its values by key, null for a map without keys. */
export type Print<T> = { readonly line: number; readonly values: ReadonlyMap<string | null, T> };
export type Arithmetic<T> = { readonly fell: (before: T, after: T) => boolean; readonly add: (left: T, right: T) => T };
export type PrintMode = 'auto' | 'cumulative' | 'cleared';

export type MergedPrints<T> = {
  readonly values: ReadonlyMap<string | null, T>;
  /** `once` for a map printed once, else what the prints were taken for. */
  readonly reading: 'once' | 'cumulative' | 'cleared';
  /** How many prints were added. */
  readonly parts: number;
  /** Some steps fell and some did not: the rule may be wrong here. */
  readonly mixed: boolean;
  readonly line: number;
};

/** @param prints length ≥ 1, in the order of the file */
export function mergePrints<T>(prints: readonly Print<T>[], mode: PrintMode, arithmetic: Arithmetic<T>): MergedPrints<T> {
  const line = prints.at(-1)?.line ?? 0;
  const latest = latestOf(prints);
  if (prints.length === 1) return { values: latest, reading: 'once', parts: 1, mixed: false, line };
  if (mode === 'cumulative' || (mode === 'auto' && onlyGrew(prints, arithmetic))) {
    return { values: latest, reading: 'cumulative', parts: 1, mixed: false, line };
  }
  const parts = mode === 'cleared' ? prints : lastBeforeFalls(prints, arithmetic);
  return { values: addAll(parts, arithmetic), reading: 'cleared', parts: parts.length, mixed: parts.length < prints.length, line };
}

function latestOf<T>(prints: readonly Print<T>[]): Map<string | null, T> {
  const latest = new Map<string | null, T>();
  for (const print of prints) for (const [key, value] of print.values) latest.set(key, value);
  return latest;
}

/** A growing map may print only its top keys in between (`print(@m, 5)`), but the dump at exit has them all. */
function onlyGrew<T>(prints: readonly Print<T>[], arithmetic: Arithmetic<T>): boolean {
  const seen = new Map<string | null, T>();
  for (const print of prints) {
    for (const [key, value] of print.values) {
      const before = seen.get(key);
      if (before !== undefined && arithmetic.fell(before, value)) return false;
      seen.set(key, value);
    }
  }
  const last = prints.at(-1)?.values;
  return last !== undefined && last.size === seen.size;
}

function lastBeforeFalls<T>(prints: readonly Print<T>[], arithmetic: Arithmetic<T>): Print<T>[] {
  return prints.filter((print, index) => {
    const next = prints[index + 1];
    if (next === undefined) return true;
    for (const [key, value] of print.values) {
      const after = next.values.get(key);
      if (after === undefined || arithmetic.fell(value, after)) return true;
    }
    return false;
  });
}

function addAll<T>(parts: readonly Print<T>[], arithmetic: Arithmetic<T>): Map<string | null, T> {
  const sum = new Map<string | null, T>();
  for (const part of parts) {
    for (const [key, value] of part.values) {
      const before = sum.get(key);
      sum.set(key, before === undefined ? value : arithmetic.add(before, value));
    }
  }
  return sum;
}
