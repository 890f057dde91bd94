import { toSuiteShiftId } from '../accepted/history-run.ts';
import { at } from '../compare/at.ts';
import { computeMean, computeMedian } from '../compare/averages.ts';
import { computePooledVariance, MAD_SCALE } from '../compare/moderated-variance.ts';
import { DEFAULT_TOLERANCES, findPolicyTolerance } from '../compare/tolerances.ts';
import type { Judging } from '../judging.ts';
import { type Entry, SUITE_SHIFT, toRepetitionLogs } from './entry.ts';
import type { RepetitionValue, RunValues } from './repetition-values.ts';

/** What moves all series of one process together: a clock, a neighbour, a change of everything (VERDICTS 3.2). */

/** Fewest series whose median is a common mode and not one of them. */
const MINIMUM_SERIES = 20;
/** Standard error of a median over that of a mean; twice that is more than the series' own noise explains. */
const MEDIAN_EFFICIENCY = 1.2533;
const NOISE_FACTOR = 2;

/** Entries without their common mode, and the common mode as an entry of its own; null where there is none to speak of. */
export type CommonMode = { readonly entries: readonly Entry[]; readonly shift: Entry | null };

/** The common mode of each repetition, by run and repetition. */
type Modes = ReadonlyMap<string, number>;

/**
 * Takes the common mode out of a set of series measured in the same processes: the median, over the series, of how far a repetition lies
 * from the series' golden mean. Only when these medians scatter more than the series' own noise explains; then what was taken out is judged
 * as the suite's shift. Series without a better direction neither show nor lose it.
 * @param entries of one shape and statistic
 */
export function removeCommonMode(entries: readonly Entry[], judging: Judging): CommonMode {
  const directed = entries.filter((entry) => entry.pair.series.better !== 'either' && !entry.resolutionLimited);
  const [first] = directed;
  if (first === undefined || directed.length < MINIMUM_SERIES) return { entries, shift: null };
  const modes = computeModes(directed);
  if (!standsOut(directed, modes)) return { entries, shift: null };
  const moved = new Set(directed);
  return {
    entries: entries.map((entry) => (moved.has(entry) ? subtract(entry, modes) : entry)),
    shift: toShiftEntry(directed, modes, judging),
  };
}

/**
 * How far a whole run lies from its reference, as an entry: the median over its series, whatever their number and whether it stands out.
 * @param entries of one shape and statistic, all with a better direction
 * @returns null when no repetition of the reference or the run has a series
 */
export function measureShift(entries: readonly Entry[], judging: Judging): Entry | null {
  return entries.length === 0 ? null : toShiftEntry(entries, computeModes(entries, 1), judging);
}

function toKey(run: RunValues, value: RepetitionValue): string {
  return `${run.runId} ${value.repetition}`;
}

function computeModes(entries: readonly Entry[], minimumSeries = MINIMUM_SERIES): Modes {
  const residuals = new Map<string, number[]>();
  for (const entry of entries) {
    const golden = entry.baseline.filter((run) => run.values.length > 0);
    const level = computeMean(golden.map((run) => computeMean(run.values.map((value) => value.log))));
    for (const run of [...entry.baseline, ...entry.history, entry.candidate]) {
      for (const value of run.values) {
        const known = residuals.get(toKey(run, value));
        if (known === undefined) residuals.set(toKey(run, value), [value.log - level]);
        else known.push(value.log - level);
      }
    }
  }
  const shared = [...residuals].filter(([, values]) => values.length >= minimumSeries);
  return new Map(shared.map(([key, values]) => [key, computeMedian(values)]));
}

/**
 * Robust sd of the modes > 2 x 1.2533 x sqrt(median s2 / m), over the reference's repetitions: a candidate that alone has moved is not noise
 * that its environment is known to make, and its series show it themselves.
 */
function standsOut(entries: readonly Entry[], modes: Modes): boolean {
  const references = new Set(entries.flatMap((entry) => [...entry.baseline, ...entry.history].map((run) => run.runId)));
  const values = [...modes].filter(([key]) => references.has(key.slice(0, key.lastIndexOf(' ')))).map(([, mode]) => mode);
  if (values.length < 2) return false;
  const centre = computeMedian(values);
  const spread = MAD_SCALE * computeMedian(values.map((value) => Math.abs(value - centre)));
  const variances = entries.flatMap((entry) => {
    const { golden, history, candidate } = toRepetitionLogs(entry);
    const pooled = computePooledVariance([...golden, ...history, candidate]);
    return pooled.df === 0 ? [] : [pooled.variance];
  });
  if (variances.length === 0) return false;
  return spread > NOISE_FACTOR * MEDIAN_EFFICIENCY * Math.sqrt(computeMedian(variances) / entries.length);
}

function subtract(entry: Entry, modes: Modes): Entry {
  const move = (run: RunValues): RunValues => ({
    ...run,
    values: run.values.map((value) => ({ ...value, log: value.log - (modes.get(toKey(run, value)) ?? 0) })),
  });
  return {
    ...entry,
    baseline: entry.baseline.map(move),
    history: entry.history.map(move),
    candidate: move(entry.candidate),
    commonModeRemoved: true,
  };
}

/** The modes as a series: its value is the ratio to the golden level. Undefined modes leave their repetition out. */
function toShiftEntry(entries: readonly Entry[], modes: Modes, judging: Judging): Entry | null {
  const collect = (pick: (entry: Entry) => readonly RunValues[]): readonly RunValues[] => {
    const runs = new Map<string, Map<number, RepetitionValue>>();
    for (const run of entries.flatMap(pick)) {
      const values = runs.get(run.runId) ?? new Map<number, RepetitionValue>();
      for (const value of run.values) {
        const log = modes.get(toKey(run, value));
        if (log !== undefined) values.set(value.repetition, { ...value, log, batchVariance: null });
      }
      runs.set(run.runId, values);
    }
    return [...runs].map(([runId, values]) => toRunValues(runId, [...values.values()])).filter((run) => run.values.length > 0);
  };
  const [candidate] = collect((entry) => [entry.candidate]);
  const baseline = collect((entry) => entry.baseline);
  if (candidate === undefined || baseline.length === 0) return null;
  const { shape, statistic, family } = at(entries, 0);
  const seriesId = toSuiteShiftId(shape, statistic);
  const series = { ...at(entries, 0).pair.series, ...SUITE_SHIFT, seriesId, labels: { shape } };
  const stated = findPolicyTolerance(judging.policy, { suite: judging.suite, region: series.region, metric: series.metric, statistic });
  return {
    pair: { series, candidate: null, baseline: [], baselineRunCount: baseline.length },
    family,
    statistic,
    shape: 'suite',
    estimator: `median of ${entries.length} series`,
    baseline,
    history: collect((entry) => entry.history),
    candidate,
    tolerance: stated ?? DEFAULT_TOLERANCES[statistic],
    optional: false,
    resolutionLimited: false,
    commonModeRemoved: false,
    withheld: [],
  };
}

function toRunValues(runId: string, values: readonly RepetitionValue[]): RunValues {
  const sorted = [...values].sort((a, b) => a.repetition - b.repetition);
  return { runId, values: sorted, repetitionCount: sorted.length, reasons: [] };
}
