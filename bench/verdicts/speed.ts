import type { HistoryRun } from '../../analysis/index.ts';
import { judgeRun } from '../../analysis/index.ts';
import { createInput, createRun } from '../../test/analysis/support/judge-input.ts';
import { createSeries } from '../../test/analysis/support/measurements.ts';
import { createRandom, drawNormal } from '../../test/analysis/support/random.ts';
import { REPETITION_STATISTICS, type RepetitionStatistic, type SampleRepetition, type SeriesMeasurement } from '../../wire/measurements.ts';
import { concludeBudgets, describeMachine } from '../support/report.ts';

/**
 * How long judging with history takes once the store has answered: 200 series and 20,000 (a large nightly), each with one golden run of 5
 * repetitions, 30 nights of 3, and a night of 3. Every series has all four statistics. Run: node --import tsx bench/verdicts/speed.ts [--large]
 */
const HISTORY_RUNS = 30;

function drawRepetition(random: () => number, repetition: number): SampleRepetition {
  const centre = 4 + 0.01 * drawNormal(random);
  const toRecord = (compute: (index: number) => number): Readonly<Record<RepetitionStatistic, number>> => {
    const [c = 0, p50 = 0, p90 = 0, p99 = 0, p99Smoothed = 0, p999 = 0, p999Smoothed = 0, maximum = 0] = REPETITION_STATISTICS.map((_, i) =>
      compute(i),
    );
    return { centre: c, p50, p90, p99, p99Smoothed, p999, p999Smoothed, maximum };
  };
  return {
    repetition,
    sampleCount: 1000,
    notPositiveCount: 0,
    minimum: 40,
    maximum: 90,
    statistics: toRecord((i) => centre + 0.1 * i + 0.005 * i * drawNormal(random)),
    batchVariances: toRecord(() => 1e-5 * (1 + random())),
    paths: [],
    quality: [],
  };
}

/** Milliseconds of judging one night of `count` series. */
function measure(count: number): number {
  const random = createRandom(1);
  const all = Array.from({ length: count }, (_, i) => createSeries({ region: `k${i}` }));
  const draw = (runId: string, repetitions: number): readonly SeriesMeasurement[] =>
    all.map((series) => ({
      runId,
      series,
      conflicting: false,
      samples: Array.from({ length: repetitions }, (_, k) => drawRepetition(random, k + 1)),
      readings: [],
      histograms: [],
    }));
  const golden = draw('g1', 5);
  // What the first night finds serves for every earlier one: their statuses are what counts.
  const { findings } = judgeRun(createInput(golden, draw('first', 3)));
  const history = Array.from(
    { length: HISTORY_RUNS },
    (_, i): HistoryRun => ({
      run: createRun(`n${i}`),
      sealedAtNs: String(i),
      baselineId: 'b1',
      findings,
      // Only the latest runs are read; the store need not send more measurements than that.
      measurements: i < HISTORY_RUNS - 12 ? [] : draw(`n${i}`, 3),
    }),
  );
  const night = draw('night', 3);
  const startedAt = performance.now();
  const verdict = judgeRun(createInput(golden, night, { history }));
  const ms = performance.now() - startedAt;
  if (verdict.findings[0]?.evidence['mode'] !== 'rolling') throw new Error('the night was not judged with history');
  console.log(
    `${count} series, ${verdict.findings.length} findings: ${ms.toFixed(0)} ms, ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB heap`,
  );
  return ms;
}

console.log(describeMachine());
measure(200);
const budgets = [{ what: 'judging 200 series with history', measured: measure(200) / 1000, unit: 's', atMost: 1 }];
if (process.argv.includes('--large'))
  budgets.push({ what: 'judging 20,000 series with history', measured: measure(20_000) / 1000, unit: 's', atMost: 30 });
concludeBudgets(budgets);
