import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { SeriesPair } from '../pair-series.ts';

/** Share of the golden paths that the candidate exercised, and how many there were. */
export type PathCoverage = { readonly ratio: number; readonly goldenPathCount: number };

/**
 * Path coverage of a task's series: |paths seen in both| / |golden paths| (VERDICTS 6).
 * @param pair a series of the WCET family
 * @returns null when the golden runs name no path
 */
export function computePathCoverage(pair: SeriesPair): PathCoverage | null {
  const golden = collectPaths(pair.baseline);
  if (golden.size === 0) return null;
  const seen = collectPaths(pair.candidate === null ? [] : [pair.candidate]);
  const exercised = [...golden].filter((path) => seen.has(path));
  return { ratio: exercised.length / golden.size, goldenPathCount: golden.size };
}

function collectPaths(measurements: readonly SeriesMeasurement[]): ReadonlySet<string> {
  return new Set(measurements.flatMap(({ samples }) => samples.flatMap(({ paths }) => paths)));
}
