import type { Verdict } from '../../wire/verdict.ts';

/** Counts of calls over nights. */
export type Tally = {
  nights: number;
  /** Nights in which an unchanged series was called worse. */
  alarmNights: number;
  /** Unchanged series called in either direction, and how many there were. */
  falseCalls: number;
  unchanged: number;
  /** Changed series called worse, and how many there were. */
  found: number;
  changed: number;
  /** Unchanged series called worse: with `found` they make the false discovery rate. */
  falseWorse: number;
  /** Repetitions of unchanged series measured again, in two-stage nights. */
  measuredAgain: number;
};

export function createTally(): Tally {
  return { nights: 0, alarmNights: 0, falseCalls: 0, unchanged: 0, found: 0, changed: 0, falseWorse: 0, measuredAgain: 0 };
}

/** Adds one night: what was called of which series, by index. */
export function addNight(tally: Tally, calls: readonly ('worse' | 'better' | null)[], changedCount: number): void {
  const worse = calls.slice(changedCount).filter((call) => call === 'worse').length;
  tally.nights += 1;
  tally.alarmNights += worse > 0 ? 1 : 0;
  tally.falseCalls += calls.slice(changedCount).filter((call) => call !== null).length;
  tally.unchanged += calls.length - changedCount;
  tally.found += calls.slice(0, changedCount).filter((call) => call === 'worse').length;
  tally.changed += changedCount;
  tally.falseWorse += worse;
}

/** What a verdict calls each series: worse when any of its statistics is, else better when any is. */
export function toCalls(verdict: Verdict, seriesCount: number, statistic?: string): readonly ('worse' | 'better' | null)[] {
  const calls: ('worse' | 'better' | null)[] = Array.from({ length: seriesCount }, () => null);
  for (const finding of verdict.findings) {
    const index = Number(finding.region.slice(1));
    if (!Number.isInteger(index) || (statistic !== undefined && finding.statistic !== statistic)) continue;
    if (finding.status === 'drift' || finding.status === 'regression') calls[index] = 'worse';
    else if (finding.status === 'improvement' && calls[index] === null) calls[index] = 'better';
  }
  return calls;
}

export const toFalseShare = (tally: Tally): number => tally.falseCalls / Math.max(1, tally.unchanged);
export const toPower = (tally: Tally): number => tally.found / Math.max(1, tally.changed);
export const toNightShare = (tally: Tally): number => tally.alarmNights / Math.max(1, tally.nights);
export const toDiscoveryRate = (tally: Tally): number => tally.falseWorse / Math.max(1, tally.falseWorse + tally.found);
