import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Finding } from '../wire/verdict.ts';
import { createFinding } from './finding.ts';
import type { SeriesPair } from './pair-series.ts';

/**
 * Findings for series that the golden runs have and the candidate lacks. They block (VERDICTS 15.2) when at least half of the golden runs
 * measured the series with a value.
 * @param pairs series that are judged
 */
export function judgeMissing(pairs: readonly SeriesPair[]): readonly Finding[] {
  return pairs
    .filter((pair) => pair.candidate === null)
    .map((pair) => {
      const usual = pair.baseline.filter(hasValue).length >= pair.baselineRunCount / 2;
      const family = pair.series.judgedAs === 'wcet' || pair.series.judgedAs === 'rate' ? pair.series.judgedAs : 'center';
      return createFinding(
        { series: pair.series, family, statistic: family === 'center' ? 'centre' : null },
        {
          gated: usual,
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
