import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Reason } from '../../wire/verdict.ts';
import { checkReadings, groupReadings, type ReadingGroup } from '../location/repetition-values.ts';

/** Events of one repetition and how long was watched. */
export type RepetitionEvents = {
  readonly repetition: number;
  readonly eventCount: number;
  /** Seconds watched, > 0; null when nothing says. */
  readonly exposureS: number | null;
};

/** Events of one run, ascending by repetition, with what stands against trusting them. */
export type RunEvents = {
  readonly runId: string;
  readonly repetitions: readonly RepetitionEvents[];
  readonly reasons: readonly Reason[];
};

/**
 * Counts events per repetition. An increase (`delta`) counts as it is, watched for its `exposureS`. A counter's standing (`cumulative`)
 * gives the increases between consecutive readings, watched for the time between them. Where the counter went backwards the interval is
 * left out of both events and exposure and reported: it is not assumed to have restarted from 0.
 */
export function toRunEvents(measurement: SeriesMeasurement): RunEvents {
  const repetitions: RepetitionEvents[] = [];
  const reasons: Reason[] = [];
  for (const group of groupReadings(measurement.readings)) {
    const reason = checkReadings(group) ?? checkTracing(group);
    if (reason !== null) {
      reasons.push(reason);
      continue;
    }
    const counted = group.readings.every((reading) => reading.kind === 'cumulative') ? toIncreases(group) : toSums(group);
    reasons.push(...counted.reasons);
    if (counted.events !== null) repetitions.push(counted.events);
  }
  return { runId: measurement.runId, repetitions, reasons };
}

type Counted = { readonly events: RepetitionEvents | null; readonly reasons: readonly Reason[] };

/** A tracer that lost events under-counts: fatal to a count, harmless to a quantile. */
function checkTracing(group: ReadingGroup): Reason | null {
  const lost = group.readings.some((reading) => reading.quality.includes('lost_events'));
  return lost ? { code: 'quality', detail: `repetition ${group.repetition}: lost_events` } : null;
}

function toSums(group: ReadingGroup): Counted {
  let eventCount = 0;
  let exposureS: number | null = 0;
  for (const reading of group.readings) {
    if (reading.kind === 'cumulative' || reading.value === null) continue;
    if (reading.value < 0)
      return { events: null, reasons: [{ code: 'counter_reset', detail: `repetition ${group.repetition}: ${reading.value}` }] };
    eventCount += reading.value;
    exposureS = exposureS === null || reading.exposureS === null ? null : exposureS + reading.exposureS;
  }
  return { events: { repetition: group.repetition, eventCount, exposureS: toExposure(exposureS) }, reasons: [] };
}

function toIncreases(group: ReadingGroup): Counted {
  const where = `repetition ${group.repetition}`;
  const reasons: Reason[] = [];
  let intervals = 0;
  let eventCount = 0;
  let exposureS: number | null = 0;
  group.readings.forEach((reading, i) => {
    const before = group.readings[i - 1];
    if (before === undefined || before.value === null || reading.value === null) return;
    if (reading.value < before.value || reading.quality.includes('counter_reset')) {
      reasons.push({ code: 'counter_reset', detail: `${where}: ${before.value} fell to ${reading.value}` });
      return;
    }
    const watchedS =
      before.atNs === null || reading.atNs === null ? reading.exposureS : Number(BigInt(reading.atNs) - BigInt(before.atNs)) / 1e9;
    intervals += 1;
    eventCount += reading.value - before.value;
    exposureS = exposureS === null || watchedS === null ? null : exposureS + watchedS;
  });
  if (intervals > 0) return { events: { repetition: group.repetition, eventCount, exposureS: toExposure(exposureS) }, reasons };
  if (reasons.length === 0)
    reasons.push({ code: 'no_exposure', detail: `${where}: one reading of a cumulative counter shows no increase` });
  return { events: null, reasons };
}

/** Watching for no time is no exposure. */
function toExposure(seconds: number | null): number | null {
  return seconds !== null && Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
