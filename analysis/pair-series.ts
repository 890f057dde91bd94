import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Reason, SeriesDefinition } from '../wire/verdict.ts';

/** One series of the candidate run beside the same series of every golden run that has it, in the order of the run ids. */
export type SeriesPair = {
  /** The candidate's definition; the baseline's where the candidate lacks the series. */
  readonly series: SeriesDefinition;
  readonly candidate: SeriesMeasurement | null;
  readonly baseline: readonly SeriesMeasurement[];
  /** Golden runs in all, with and without this series. */
  readonly baselineRunCount: number;
};

/**
 * Matches series by id. The result does not depend on the order of the arguments' elements.
 * @param candidate every series of the run that is judged
 * @param baseline every series of all golden runs
 * @param baselineRunCount golden runs, >= 0
 * @returns ascending by series id
 */
export function pairSeries(
  candidate: readonly SeriesMeasurement[],
  baseline: readonly SeriesMeasurement[],
  baselineRunCount: number,
): readonly SeriesPair[] {
  const golden = new Map<string, SeriesMeasurement[]>();
  for (const measurement of [...baseline].sort((a, b) => compareText(a.runId, b.runId))) {
    const known = golden.get(measurement.series.seriesId);
    if (known === undefined) golden.set(measurement.series.seriesId, [measurement]);
    else known.push(measurement);
  }
  const pairs: SeriesPair[] = candidate.map((measurement) => ({
    series: measurement.series,
    candidate: measurement,
    baseline: golden.get(measurement.series.seriesId) ?? [],
    baselineRunCount,
  }));
  const measured = new Set(candidate.map((measurement) => measurement.series.seriesId));
  for (const [seriesId, measurements] of golden) {
    const first = measurements[0];
    if (first !== undefined && !measured.has(seriesId)) {
      pairs.push({ series: first.series, candidate: null, baseline: measurements, baselineRunCount });
    }
  }
  return pairs.sort((a, b) => compareText(a.series.seriesId, b.series.seriesId));
}

/** Orders by UTF-16 code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const DEFINING = ['unit', 'better', 'assume', 'judgedAs', 'valueKind'] as const;

/** Whether two measurements agree on unit, direction, exactness and kind, so that their numbers can be compared. */
export function isSameDefinition(a: SeriesDefinition, b: SeriesDefinition): boolean {
  return DEFINING.every((member) => a[member] === b[member]);
}

/**
 * Checks that a pair speaks of one thing: payloads of one run agree, and so do the candidate and every golden run on unit, direction,
 * exactness and kind.
 * @returns the reasons against comparing, empty when there is none
 */
export function checkDefinitions(pair: SeriesPair): readonly Reason[] {
  const reasons: Reason[] = [];
  const all = pair.candidate === null ? pair.baseline : [pair.candidate, ...pair.baseline];
  const conflicting = all.filter((measurement) => measurement.conflicting).map((measurement) => measurement.runId);
  if (conflicting.length > 0) reasons.push({ code: 'definition_conflict', detail: `payloads disagree in ${conflicting.join(', ')}` });
  for (const member of DEFINING) {
    const other = all.find((measurement) => measurement.series[member] !== pair.series[member]);
    if (other === undefined) continue;
    const detail = `${member} is ${pair.series[member]} here and ${other.series[member]} in ${other.runId}`;
    reasons.push({ code: 'definition_changed', detail });
  }
  return reasons;
}
