import type { Environment } from '../../wire/run.ts';
import type { WarningTally } from './facts.ts';

/**
 * A clock as an environment names it. Everywhere the offset is this machine minus its reference: a positive offset is a clock that is ahead.
 * Uncertainty bounds the error: |offset| and what asymmetry of the path can hide.
 */
export type ClockFacts = NonNullable<Environment['clock']>;

const NS_PER_S = 1e9;
/** chronyc goes on saying Normal when the source is lost: eight updates without news count as lost, but never less than this. */
const SHORTEST_SILENCE_S = 2048;

/** What chronyc prints of a synchronised clock, in seconds; `aheadS` is positive when this machine's clock is ahead. */
export type ChronyTracking = {
  readonly sourceName: string;
  readonly referenceTimeS: number;
  readonly aheadS: number;
  readonly rootDelayS: number;
  readonly rootDispersionS: number;
  readonly updateIntervalS: number;
};

/**
 * The clock that chronyd keeps, as collectors/environment computes it: uncertainty is |offset| + root dispersion + root delay / 2, the maximum
 * error of chronyc(1), section tracking.
 * @param nowS when this was printed, seconds since the epoch
 */
export function toChronyClock(tracking: ChronyTracking, nowS: number, warnings: WarningTally): ClockFacts {
  const ageS = nowS - tracking.referenceTimeS;
  const patienceS = Math.max(SHORTEST_SILENCE_S, 8 * tracking.updateIntervalS);
  if (ageS > patienceS) {
    warnings.add(
      'stale_reference',
      `the last update of this clock lies ${Math.round(ageS)} s back, so its source counts as lost; when this was printed earlier, say when with at=<time>`,
      null,
    );
  } else if (ageS < -patienceS) {
    warnings.add(
      'future_reference',
      `the last update of this clock lies ${Math.round(-ageS)} s ahead of the time it was sent; one of the two clocks is wrong`,
      null,
    );
  }
  return {
    source: toChronySource(tracking.sourceName),
    synchronised: Math.abs(ageS) <= patienceS,
    offsetNs: Math.round(tracking.aheadS * NS_PER_S) + 0, // + 0 makes -0 a 0
    uncertaintyNs: Math.round((Math.abs(tracking.aheadS) + tracking.rootDispersionS + tracking.rootDelayS / 2) * NS_PER_S),
  };
}

/** What disciplines the clock, by the name chrony gives its source: reference clocks have names such as PHC0, servers addresses. */
export function toChronySource(name: string): string {
  if (/^(PHC|PTP)/.test(name)) return 'ptp';
  if (/^(PPS|GPS|NMEA)/.test(name)) return 'gnss';
  return 'ntp';
}

/** A whole number of nanoseconds; undefined with a warning when no double holds it, as the offset of a clock that was never set. */
export function toOffsetNs(text: string, line: number, warnings: WarningTally): number | undefined {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value + 0;
  warnings.add('offset_too_large', `the offset ${text.slice(0, 40)} ns is no offset of a clock that was set, and was left out`, line);
  return undefined;
}

/** One measurement of linuxptp: this clock minus its reference, the servo's state and the path's delay, nanoseconds. */
export type ServoSample = { readonly offset: string; readonly state: string; readonly delay: string | undefined; readonly line: number };

/** Servo states of linuxptp: s0 unlocked, s1 step, s2 locked, s3 locked and stable. */
export function isLocked({ state }: ServoSample): boolean {
  return state === '2' || state === '3';
}

/**
 * The clock by a stretch of measurements: the last offset; the uncertainty bounds every offset since the servo locked, plus what the path can
 * hide. A servo that is not locked gives its offset, which was measured, but no uncertainty.
 * @param samples in order of time, at least one
 * @param delayShare of the printed delay that asymmetry can hide: 1 for the mean one-way delay of ptp4l, 1/2 for a round trip
 */
export function toServoClock(samples: readonly ServoSample[], delayShare: number, warnings: WarningTally): ClockFacts {
  const last = samples.at(-1);
  if (last === undefined) throw new RangeError('samples must not be empty');
  const offsetNs = toOffsetNs(last.offset, last.line, warnings);
  const measured = offsetNs === undefined ? {} : { offsetNs };
  if (!isLocked(last)) return { source: 'ptp', synchronised: false, ...measured };
  const lockedFrom = samples.findLastIndex((sample) => !isLocked(sample)) + 1;
  const locked = samples.slice(lockedFrom);
  const offsets = locked.map((sample) => Math.abs(Number(sample.offset)));
  const delays = locked.map((sample) => Math.max(0, Number(sample.delay ?? Number.NaN)));
  const uncertaintyNs = Math.ceil(largest(offsets) + delayShare * largest(delays));
  if (!Number.isSafeInteger(uncertaintyNs)) {
    warnings.add('no_uncertainty', 'the log does not bound the error of this clock', last.line);
    return { source: 'ptp', synchronised: true, ...measured };
  }
  return { source: 'ptp', synchronised: true, ...measured, uncertaintyNs };
}

/** NaN when one is; 0 for none. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (Number.isNaN(value) ? value : Math.max(most, value)), 0);
}
