import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Finding } from '../wire/verdict.ts';
import { createFinding } from './finding.ts';
import type { SeriesPair } from './pair-series.ts';
import { COVERAGE_MINIMUM } from './wcet/judge-wcet.ts';
import { computePathCoverages, toCoverageKey } from './wcet/path-coverage.ts';

/**
 * Findings for series that the golden runs have and the candidate lacks. They block (VERDICTS 15.2) when at least half of the golden runs
 * measured the series with a value; a missing path of a task blocks through the task's coverage instead.
 * @param pairs series that are judged
 * @param tasks every pair of the WCET family
 */
export function judgeMissing(pairs: readonly SeriesPair[], tasks: readonly SeriesPair[]): readonly Finding[] {
  const coverages = computePathCoverages(tasks);
  return pairs
    .filter((pair) => pair.candidate === null)
    .map((pair) => {
      const usual = pair.baseline.filter(hasValue).length >= pair.baselineRunCount / 2;
      const coverage = pair.series.labels['path'] === undefined ? undefined : coverages.get(toCoverageKey(pair));
      const family = pair.series.judgedAs === 'wcet' || pair.series.judgedAs === 'rate' ? pair.series.judgedAs : 'center';
      return createFinding(
        { series: pair.series, family, statistic: family === 'center' ? 'centre' : null },
        {
          gated: usual && (coverage === undefined || coverage.ratio < COVERAGE_MINIMUM),
          reasons: [
            { code: 'missing_in_candidate', detail: `measured in ${pair.baseline.length} of ${pair.baselineRunCount} golden runs` },
          ],
        },
      );
    });
}

function hasValue(measurement: SeriesMeasurement): boolean {
  const valued = measurement.readings.some((reading) => reading.value !== null);
  return valued || measurement.samples.length > 0 || measurement.histograms.length > 0;
}
