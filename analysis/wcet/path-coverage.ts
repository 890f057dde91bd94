import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { SeriesPair } from '../pair-series.ts';

/** Share of the golden paths that the candidate exercised, and how many there were. */
export type PathCoverage = { readonly ratio: number; readonly goldenPathCount: number };

/** Series of one task measured in one way share a coverage. */
export function toCoverageKey(pair: SeriesPair): string {
  return `${pair.series.region}\n${pair.series.metric}`;
}

/**
 * Path coverage per task: |paths seen in both| / |golden paths| (VERDICTS 6).
 * @param pairs every series of the WCET family
 * @returns by coverage key; tasks without a golden path are absent
 */
export function computePathCoverages(pairs: readonly SeriesPair[]): ReadonlyMap<string, PathCoverage> {
  const coverages = new Map<string, PathCoverage>();
  for (const pair of pairs) {
    const golden = collectPaths(pair.baseline);
    if (golden.size === 0) continue;
    const seen = collectPaths(pair.candidate === null ? [] : [pair.candidate]);
    const exercised = [...golden].filter((path) => seen.has(path));
    coverages.set(toCoverageKey(pair), { ratio: exercised.length / golden.size, goldenPathCount: golden.size });
  }
  return coverages;
}

function collectPaths(measurements: readonly SeriesMeasurement[]): ReadonlySet<string> {
  return new Set(measurements.flatMap(({ samples }) => samples.flatMap(({ paths }) => paths)));
}
