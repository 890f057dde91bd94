import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type HistoryRun, judgeRun } from '../../analysis/index.ts';
import { createInput, createRun } from '../../test/analysis/support/judge-input.ts';
import { createSeries, measureSamples } from '../../test/analysis/support/measurements.ts';
import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Finding } from '../../wire/verdict.ts';
import { describeMachine, printTable } from '../support/report.ts';

/**
 * Real nights without a change (VERDICTS 14): fixed programs of kernels.ts in five processes a night, on this machine with whatever else it
 * does, judged online; then every fourth program slowed by a factor on paper. Nights are appended to a file and can be taken in portions.
 * Run: node --import tsx bench/verdicts/real.ts --file nights.ndjson [--measure 10]   (about 5 s a night); without --measure it judges the file.
 */
const REPETITIONS = 5;
/** Nights that only make history; the first three are golden. */
const GOLDEN_NIGHTS = 3;
const WARM_UP = 5;
const CHANGED_EVERY = 4;

const option = (name: string): string | undefined => {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
};

type Night = readonly Readonly<Record<string, readonly number[]>>[];

function measureNight(): Night {
  const kernels = fileURLToPath(new URL('./kernels.ts', import.meta.url));
  return Array.from({ length: REPETITIONS }, () => {
    const printed = execFileSync(process.execPath, ['--import', 'tsx', kernels], { maxBuffer: 2 ** 26 }).toString();
    const { measured }: { readonly measured: Readonly<Record<string, readonly number[]>> } = JSON.parse(printed);
    return measured;
  });
}

function toMeasurements(runId: string, night: Night, slowed: number): readonly SeriesMeasurement[] {
  return Object.keys(night[0] ?? {}).map((name, i) => {
    const factor = i % CHANGED_EVERY === 0 ? slowed : 1;
    const repetitions = night.map((one) => (one[name] ?? []).map((value) => value * factor));
    return measureSamples(runId, createSeries({ region: name }), repetitions);
  });
}

const isWorse = (finding: Finding): boolean => finding.status === 'drift' || finding.status === 'regression';

function judgeNights(nights: readonly Night[]): void {
  const golden = nights.slice(0, GOLDEN_NIGHTS).flatMap((night, i) => toMeasurements(`g${i}`, night, 1));
  const history: HistoryRun[] = [];
  const factors = [1.03, 1.05, 1.1];
  const found = factors.map(() => ({ worse: 0, of: 0 }));
  const quiet = { series: 0, fresh: 0, ongoing: 0, nights: 0, alarmNights: 0, shifts: 0 };
  nights.slice(GOLDEN_NIGHTS).forEach((night, order) => {
    const run = createRun(`n${order}`);
    const measurements = toMeasurements(run.runId, night, 1);
    const verdict = judgeRun(createInput(golden, measurements, { run, history: [...history] }));
    const centres = verdict.findings.filter((finding) => finding.statistic === 'centre' && finding.metric !== 'suite.shift');
    if (order >= WARM_UP) {
      const fresh = centres.filter((finding) => isWorse(finding) && !finding.ongoing);
      quiet.series += centres.length;
      quiet.fresh += fresh.length;
      quiet.ongoing += centres.filter((finding) => isWorse(finding) && finding.ongoing).length;
      quiet.nights += 1;
      quiet.alarmNights += fresh.length > 0 ? 1 : 0;
      quiet.shifts += verdict.findings.some((finding) => finding.metric === 'suite.shift' && isWorse(finding)) ? 1 : 0;
      const before = new Set(centres.filter(isWorse).map((finding) => finding.seriesId));
      factors.forEach((factor, k) => {
        const slowed = judgeRun(createInput(golden, toMeasurements(run.runId, night, factor), { run, history: [...history] }));
        const names = measurements.filter((_, i) => i % CHANGED_EVERY === 0).map((one) => one.series.seriesId);
        const tally = found[k];
        // What is raised anyway says nothing about finding the change.
        const asked = names.filter((seriesId) => !before.has(seriesId));
        if (tally === undefined) return;
        tally.of += asked.length;
        tally.worse += slowed.findings.filter((one) => one.statistic === 'centre' && isWorse(one) && asked.includes(one.seriesId)).length;
      });
    }
    history.push({ run, sealedAtNs: String(order), baselineId: 'b1', findings: verdict.findings, measurements });
  });
  const percent = (part: number, whole: number): string => (whole === 0 ? '-' : ((100 * part) / whole).toFixed(2));
  printTable(
    [
      'nights',
      'new % a series and night',
      'ongoing %',
      'nights with a new one',
      'suite shifts',
      ...factors.map((factor) => `+${Math.round(100 * factor - 100)} % found`),
    ],
    [
      [
        quiet.nights,
        percent(quiet.fresh, quiet.series),
        percent(quiet.ongoing, quiet.series),
        quiet.alarmNights,
        quiet.shifts,
        ...found.map((one) => percent(one.worse, one.of)),
      ],
    ],
  );
}

const file = option('file');
if (file === undefined) throw new Error('--file says where the nights are kept');
for (let night = 0; night < Number(option('measure') ?? '0'); night++) appendFileSync(file, `${JSON.stringify(measureNight())}\n`);
console.log(describeMachine());
const lines = existsSync(file)
  ? readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  : [];
judgeNights(lines.map((line): Night => JSON.parse(line)));
