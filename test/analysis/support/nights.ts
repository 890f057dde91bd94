import type { HistoryRun } from '../../../analysis/accepted/history-run.ts';
import { type JudgeInput, judgeRun } from '../../../analysis/judge-run.ts';
import type { SeriesMeasurement } from '../../../wire/measurements.ts';
import type { SeriesDefinition, Verdict } from '../../../wire/verdict.ts';
import { createInput, createRun } from './judge-input.ts';
import { createSeries, measureTotals } from './measurements.ts';
import { drawNormal } from './random.ts';

/** Forty kernels measured as totals; the first is the one that tests change. */
export const KERNELS: readonly SeriesDefinition[] = Array.from({ length: 40 }, (_, i) =>
  createSeries({ region: `k${String(i).padStart(2, '0')}`, metric: 'time', judgedAs: 'total', valueKind: 'total' }),
);

/** How a night differs: `shift` of all kernels, `factor` of the first one; noise between repetitions, and between runs in common. */
export type Night = { readonly factor?: number; readonly shift?: number; readonly sd?: number; readonly repetitions?: number };

/** One run of all kernels. */
export function measureNight(runId: string, random: () => number, night: Night = {}): readonly SeriesMeasurement[] {
  const { factor = 1, shift = 0, sd = 0.005, repetitions = 3 } = night;
  return KERNELS.map((series, i) =>
    measureTotals(
      runId,
      series,
      Array.from({ length: repetitions }, () => 1000 * (i + 1) * (i === 0 ? factor : 1) * Math.exp(shift + sd * drawNormal(random))),
    ),
  );
}

/** A judged run as the next one's history. */
export function toHistoryRun(verdict: Verdict, measurements: readonly SeriesMeasurement[], order: number): HistoryRun {
  return {
    run: createRun(verdict.runId),
    sealedAtNs: String(order),
    baselineId: verdict.baseline?.id ?? null,
    findings: verdict.findings,
    measurements,
  };
}

/** Judges nights in the order they come, each with what came before it; `night-1` is the first. */
export function judgeNights(
  golden: readonly SeriesMeasurement[],
  nights: readonly (readonly SeriesMeasurement[])[],
  overrides: Partial<JudgeInput> = {},
): readonly Verdict[] {
  const history: HistoryRun[] = [];
  return nights.map((measurements, i) => {
    const run = createRun(`night-${i + 1}`);
    const verdict = judgeRun(createInput(golden, measurements, { ...overrides, run, history: [...history] }));
    history.push(toHistoryRun(verdict, measurements, i));
    return verdict;
  });
}
