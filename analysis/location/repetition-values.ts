import type { Reading, RepetitionStatistic, SampleRepetition, SeriesMeasurement } from '../../wire/measurements.ts';
import type { Better } from '../../wire/metrics.ts';
import type { Quality } from '../../wire/quality.ts';
import type { Reason } from '../../wire/verdict.ts';
import { computeMean } from '../compare/averages.ts';
import { compareText } from '../pair-series.ts';

/** One repetition's number for one statistic. */
export type RepetitionValue = {
  readonly repetition: number;
  /** Oriented natural logarithm: larger is worse. */
  readonly log: number;
  readonly sampleCount: number;
  readonly batchVariance: number | null;
};

/** The repetitions of one run that can be judged, ascending, and why the others cannot. */
export type RunValues = {
  readonly runId: string;
  readonly values: readonly RepetitionValue[];
  /** Repetitions measured, usable or not. */
  readonly repetitionCount: number;
  readonly reasons: readonly Reason[];
  /** What a reader should know of repetitions that are judged all the same. */
  readonly notes?: readonly Reason[];
};

/** Flags that make a value unfit: the tool itself says the number is not the quantity. */
export const UNFIT: readonly Quality[] = ['sentinel', 'tool_bug', 'constant_counter', 'helper_error'];

/**
 * One statistic of the samples of one run.
 * @param column the statistic as ClickHouse computed it
 * @param minimumSampleCount samples a repetition needs for it
 */
export function toSampleValues(measurement: SeriesMeasurement, column: RepetitionStatistic, minimumSampleCount: number): RunValues {
  const values: RepetitionValue[] = [];
  const reasons: Reason[] = [];
  for (const repetition of [...measurement.samples].sort((a, b) => a.repetition - b.repetition)) {
    const log = repetition.statistics[column];
    const reason = checkSamples(repetition, log, minimumSampleCount);
    if (reason !== null || log === null) {
      if (reason !== null) reasons.push(reason);
      continue;
    }
    const batchVariance = repetition.batchVariances[column];
    values.push({ repetition: repetition.repetition, log, sampleCount: repetition.sampleCount, batchVariance });
  }
  return { runId: measurement.runId, values, repetitionCount: measurement.samples.length, reasons };
}

function checkSamples(repetition: SampleRepetition, log: number | null, minimumSampleCount: number): Reason | null {
  const where = `repetition ${repetition.repetition}`;
  const flag = repetition.quality.find((one) => UNFIT.includes(one));
  if (flag !== undefined) return { code: 'quality', detail: `${where}: ${flag}` };
  if (repetition.notPositiveCount > 0) {
    return { code: 'not_positive', detail: `${where}: ${repetition.notPositiveCount} values are zero or negative` };
  }
  if (repetition.sampleCount < minimumSampleCount || log === null || !Number.isFinite(log)) {
    return { code: 'too_few_samples', detail: `${where}: ${repetition.sampleCount} samples, ${minimumSampleCount} are needed` };
  }
  return null;
}

/** Readings of one repetition. */
export type ReadingGroup = { readonly repetition: number; readonly readings: readonly Reading[] };

/** Splits readings by repetition, ascending; within one they keep the order of measuring (by time where every reading has one). */
export function groupReadings(readings: readonly Reading[]): readonly ReadingGroup[] {
  const groups = new Map<number, Reading[]>();
  for (const reading of readings) {
    const known = groups.get(reading.repetition);
    if (known === undefined) groups.set(reading.repetition, [reading]);
    else known.push(reading);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([repetition, members]) => ({ repetition, readings: members.every((one) => one.atNs !== null) ? sortByTime(members) : members }));
}

function sortByTime(readings: readonly Reading[]): readonly Reading[] {
  const toKey = (reading: Reading): bigint => BigInt(reading.atNs ?? '0');
  return [...readings].sort((a, b) => {
    if (toKey(a) !== toKey(b)) return toKey(a) < toKey(b) ? -1 : 1;
    return (a.value ?? 0) - (b.value ?? 0) || compareText(a.kind, b.kind);
  });
}

/** The plain value of each repetition of a `total` series (the mean where one repetition printed several), before any logarithm. */
export type TotalValues = {
  readonly runId: string;
  readonly totals: readonly { readonly repetition: number; readonly value: number; readonly readingCount: number }[];
  readonly repetitionCount: number;
  readonly reasons: readonly Reason[];
};

/** Reads totals; a repetition with a missing, unfit or non-finite value is left out with its reason. */
export function toTotalValues(measurement: SeriesMeasurement): TotalValues {
  const totals: { repetition: number; value: number; readingCount: number }[] = [];
  const reasons: Reason[] = [];
  const groups = groupReadings(measurement.readings.filter((reading) => reading.kind === 'total'));
  for (const group of groups) {
    const reason = checkReadings(group);
    if (reason !== null) {
      reasons.push(reason);
      continue;
    }
    // Sorted, so that the mean's last bit does not depend on the order in which payloads arrived.
    const values = group.readings.flatMap((reading) => (reading.value === null ? [] : [reading.value])).sort((a, b) => a - b);
    totals.push({ repetition: group.repetition, value: computeMean(values), readingCount: values.length });
  }
  return { runId: measurement.runId, totals, repetitionCount: groups.length, reasons };
}

/** Why a repetition's readings cannot be judged; null when they can. */
export function checkReadings(group: ReadingGroup): Reason | null {
  const where = `repetition ${group.repetition}`;
  for (const reading of group.readings) {
    const flag = reading.quality.find((one) => UNFIT.includes(one));
    if (reading.quality.includes('not_counted')) return { code: 'not_counted', detail: where };
    if (reading.quality.includes('not_supported')) return { code: 'not_supported', detail: where };
    if (flag !== undefined) return { code: 'quality', detail: `${where}: ${flag}` };
    if (reading.kind !== 'total' && Math.abs(reading.value ?? 0) > Number.MAX_SAFE_INTEGER) {
      return { code: 'quality', detail: `${where}: precision_lost: ${reading.value} is no exact count` };
    }
    if (reading.value === null || !Number.isFinite(reading.value)) return { code: 'quality', detail: `${where}: no value` };
  }
  return null;
}

/** Totals as oriented logarithms; zero and negative values are left out with the reason `not_positive`. */
export function toTotalLogs(totals: TotalValues, better: Better): RunValues {
  const sign = better === 'higher' ? -1 : 1;
  const positive = totals.totals.filter((total) => total.value > 0);
  const reasons = totals.totals
    .filter((total) => total.value <= 0)
    .map((total): Reason => ({ code: 'not_positive', detail: `repetition ${total.repetition}: ${total.value}` }));
  const values = positive.map((total) => ({
    repetition: total.repetition,
    log: sign * Math.log(total.value),
    sampleCount: total.readingCount,
    batchVariance: null,
  }));
  return { runId: totals.runId, values, repetitionCount: totals.repetitionCount, reasons: [...totals.reasons, ...reasons] };
}
