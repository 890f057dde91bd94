import { toCanonicalJson } from '../wire/canonical-json.ts';
import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Verdict } from '../wire/verdict.ts';
import { type JudgedRun, toFindingKey } from './accepted/history-run.ts';
import { computeClassKey } from './comparability.ts';
import { compareText, isSameDefinition } from './pair-series.ts';

/** An earlier stage of the same measurement: a run of the same subject on the same class of machine. */
export type FollowedRun = { readonly run: JudgedRun; readonly measurements: readonly SeriesMeasurement[] };

/** What a run continues (VERDICTS 3.8, two-stage rule): earlier stages, oldest first, and the suspects that the first one's verdict named. */
export type Follows = { readonly stages: readonly FollowedRun[]; readonly suspects: Verdict['suspects'] };

/**
 * Puts the repetitions of all stages together, as if one run had measured them; later stages' repetitions are numbered on. A series that
 * a later stage left out keeps the repetitions it has.
 * @param run the last stage
 * @throws RangeError when a stage is of another subject, suite, project or comparability class
 */
export function joinStages(
  run: JudgedRun,
  measurements: readonly SeriesMeasurement[],
  stages: readonly FollowedRun[],
): readonly SeriesMeasurement[] {
  for (const stage of stages) assertSameSubject(run, stage.run);
  const joined = new Map<string, SeriesMeasurement>();
  let offset = 0;
  for (const stage of [...stages.map((one) => one.measurements), measurements]) {
    let highest = offset;
    for (const measurement of [...stage].sort((a, b) => compareText(a.series.seriesId, b.series.seriesId))) {
      const moved = moveRepetitions({ ...measurement, runId: run.runId }, offset);
      highest = Math.max(highest, ...listRepetitions(moved));
      const known = joined.get(moved.series.seriesId);
      joined.set(moved.series.seriesId, known === undefined ? moved : join(known, moved));
    }
    offset = highest;
  }
  return [...joined.values()];
}

/** Finding keys of the suspects that the first stage named. */
export function toSuspectKeys(follows: Follows): ReadonlySet<string> {
  return new Set(follows.suspects.map(toFindingKey));
}

function assertSameSubject(run: JudgedRun, stage: JudgedRun): void {
  const name = ({ subject, suite, project, environment }: JudgedRun): string =>
    toCanonicalJson({ subject, suite, project, class: computeClassKey(environment).digest });
  if (name(run) !== name(stage))
    throw new RangeError(`joinStages: run ${stage.runId} is of another subject, suite or class than ${run.runId}`);
}

function listRepetitions({ samples, readings, histograms }: SeriesMeasurement): readonly number[] {
  return [...samples, ...readings, ...histograms].map((one) => one.repetition);
}

function moveRepetitions(measurement: SeriesMeasurement, offset: number): SeriesMeasurement {
  if (offset === 0) return measurement;
  return {
    ...measurement,
    samples: measurement.samples.map((one) => ({ ...one, repetition: one.repetition + offset })),
    readings: measurement.readings.map((one) => ({ ...one, repetition: one.repetition + offset })),
    histograms: measurement.histograms.map((one) => ({ ...one, repetition: one.repetition + offset })),
  };
}

function join(earlier: SeriesMeasurement, later: SeriesMeasurement): SeriesMeasurement {
  return {
    ...earlier,
    conflicting: earlier.conflicting || later.conflicting || !isSameDefinition(earlier.series, later.series),
    samples: [...earlier.samples, ...later.samples],
    readings: [...earlier.readings, ...later.readings],
    histograms: [...earlier.histograms, ...later.histograms],
  };
}
