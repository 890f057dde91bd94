import { type Buckets, coarsen, findCommonEdges } from './histogram-sum.ts';

/** Buckets that grew since some origin: the counter's start in nanoseconds since the epoch, null when nothing says. */
export type Standing = Buckets & { readonly sinceNs: string | null; readonly atNs: bigint | null };

export type Growth = { readonly increases: readonly Buckets[]; readonly hasReset: boolean };

/** Standings without a time come last, in the order given. */
function compareTimes(a: bigint | null, b: bigint | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/** What was counted between two standings of one origin; undefined when a bucket lost counts, so that the counter must have restarted. */
function subtract(earlier: Standing, later: Standing): Buckets | undefined {
  const edges = findCommonEdges([earlier, later]);
  const before = coarsen(earlier, edges);
  const counts = coarsen(later, edges).map((count, index) => count - (before[index] ?? 0));
  return counts.every((count) => count >= 0) ? { edges, counts } : undefined;
}

/** The increases between standings of one origin, and whether a count fell among them. */
function toIncreases(standings: readonly Standing[]): Growth {
  const ordered = [...standings].sort((a, b) => compareTimes(a.atNs, b.atNs));
  const pairs = ordered.slice(1).map((later, index) => subtract(ordered[index] ?? later, later));
  return { increases: pairs.filter((pair) => pair !== undefined), hasReset: pairs.includes(undefined) };
}

/**
 * What cumulative histograms of one series and repetition counted between their standings. Only standings of one origin are compared, so that
 * two processes that export side by side do not look like restarts, and what a restarted one counted before and after adds up; an interval in
 * which a count fell is left out and reported.
 * @param standings in any order
 */
export function toGrowth(standings: readonly Standing[]): Growth {
  const origins = new Map<string | null, Standing[]>();
  for (const standing of standings) {
    const known = origins.get(standing.sinceNs);
    if (known === undefined) origins.set(standing.sinceNs, [standing]);
    else known.push(standing);
  }
  const growths = [...origins.values()].map(toIncreases);
  return { increases: growths.flatMap(({ increases }) => increases), hasReset: growths.some(({ hasReset }) => hasReset) };
}
