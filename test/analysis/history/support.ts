import type { HistoryPoint, HistoryRun, SeriesHistory } from '../../../analysis/history/series-history.ts';
import type { Environment } from '../../../wire/run.ts';
import { ENVIRONMENT } from '../support/judge-input.ts';

/** Run number `i` of a nightly, `r000` and so on, of commit `c<i>`. */
export function createHistoryRun(i: number, environment: Partial<Environment> = {}): HistoryRun {
  const runId = `r${String(i).padStart(3, '0')}`;
  return { runId, subject: { name: 'driver', version: '2.4.1', commit: `c${i}` }, environment: { ...ENVIRONMENT, ...environment } };
}

/** A series whose values are those given, with runs r000, r001, … whose environment `toEnvironment` adds to. */
export function createHistory(
  values: readonly (number | null)[],
  overrides: Partial<SeriesHistory> = {},
  toEnvironment: (i: number) => Partial<Environment> = () => ({}),
): SeriesHistory {
  const points: readonly HistoryPoint[] = values.map((value, i) => ({ run: createHistoryRun(i, toEnvironment(i)), value }));
  return { seriesId: 's1', region: 'kernel', metric: 'latency', better: 'lower', points, ...overrides };
}

/** `before` values around `from`, then `after` values around `to`, with the same small jitter every time. */
export function createStep(before: number, from: number, after: number, to: number): number[] {
  return Array.from({ length: before + after }, (_, i) => (i < before ? from : to) * (1 + 0.002 * (((i * i * 5) % 17) / 8 - 1)));
}
