/** Buckets [edges[i], edges[i + 1]) with counts[i]; edges ascending, one more than counts, infinite at the ends where the tool was open. */
export type Buckets = { readonly edges: readonly number[]; readonly counts: readonly number[] };

/**
 * Edges that all histograms share: every edge but those that lie inside a bucket that counted something. Nothing is known of where in a bucket
 * its values were, so a histogram cut more coarsely makes the sum as coarse, and no distribution is invented.
 * @returns ascending
 */
export function findCommonEdges(histograms: readonly Buckets[]): readonly number[] {
  const filled = histograms.flatMap(({ edges, counts }) =>
    counts.flatMap((count, index) => (count === 0 ? [] : [[edges[index] ?? Number.NaN, edges[index + 1] ?? Number.NaN] as const])),
  );
  filled.sort((a, b) => a[0] - b[0]);
  const candidates = [...new Set(histograms.flatMap(({ edges }) => edges))].sort((a, b) => a - b);
  let next = 0;
  let reach = Number.NEGATIVE_INFINITY;
  return candidates.filter((edge) => {
    for (let bucket = filled[next]; bucket !== undefined && bucket[0] < edge; bucket = filled[next]) {
      reach = Math.max(reach, bucket[1]);
      next += 1;
    }
    return edge >= reach;
  });
}

/** The same counts in wider buckets. @param edges ascending, none of them inside a bucket that counted something */
export function coarsen({ edges: own, counts }: Buckets, edges: readonly number[]): readonly number[] {
  const coarse = new Array<number>(Math.max(0, edges.length - 1)).fill(0);
  let place = 0;
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue;
    const lower = own[index] ?? Number.NaN;
    while (place + 1 < coarse.length && (edges[place + 1] ?? Number.NaN) <= lower) place += 1;
    coarse[place] = (coarse[place] ?? 0) + count;
  }
  return coarse;
}

/** Adds histograms bucket by bucket on the edges they share; gaps are empty buckets. */
export function addHistograms(histograms: readonly Buckets[]): Buckets {
  const edges = findCommonEdges(histograms);
  const counts = new Array<number>(Math.max(0, edges.length - 1)).fill(0);
  for (const histogram of histograms) {
    for (const [index, count] of coarsen(histogram, edges).entries()) counts[index] = (counts[index] ?? 0) + count;
  }
  return { edges, counts };
}
