import type { SeriesMeasurement } from '../../wire/measurements.ts';
import type { Finding, Reason, VerdictStatus } from '../../wire/verdict.ts';
import { at } from '../compare/at.ts';
import { toDelta } from '../compare/tolerances.ts';
import { createFinding, toNumberText, toPercentText } from '../finding.ts';
import type { Judging } from '../judging.ts';
import { computeDeltaInterval, toEvidence } from '../location/evidence.ts';
import { GUARDED } from '../location/explain.ts';
import type { SeriesPair } from '../pair-series.ts';
import { type BoundSources, findTaskBounds, type TaskBounds } from './bounds.ts';
import { computePathCoverage, type PathCoverage } from './path-coverage.ts';
import { type PreparedTail, prepareTail, runTailTests, type TailTest } from './tail-test.ts';
import { computeWaterMarks, type WaterMarks } from './water-marks.ts';

/** Less of the budget than this left is a drift (VERDICTS 6). */
const THIN_MARGIN = 0.2;
/** Less of the golden paths than this exercised is inconclusive (VERDICTS 6). */
const COVERAGE_MINIMUM = 0.95;

/** A task of the candidate with everything the rules look at. */
type Task = {
  readonly pair: SeriesPair;
  readonly candidate: SeriesMeasurement;
  readonly marks: WaterMarks | null;
  readonly baselineMarks: WaterMarks | null;
  readonly bounds: TaskBounds;
  readonly coverage: PathCoverage | null;
};

/**
 * Judges execution times against budgets and against the golden runs (VERDICTS 6 and 15.6 without extreme-value statistics).
 *
 * First match: high-water mark over the budget, or a regression of the tail: regression; path coverage below 95 %: inconclusive; margin
 * below 20 %: drift; else what the tail test says. A tail regression is put before coverage and margin because neither explains it away.
 * A new high-water mark alone never fails: under no change at all it happens in n_c / (n_g + n_c) of runs.
 * @param tasks pairs the candidate has, whose definitions agree; a pair without a baseline is held against its budget only
 */
export function judgeWcet(tasks: readonly SeriesPair[], sources: BoundSources, judging: Judging): readonly Finding[] {
  const measured = tasks.flatMap((pair) => (pair.candidate === null ? [] : [toTask(pair, pair.candidate, sources, judging)]));
  const prepared = new Map<Task, PreparedTail>();
  const untested = new Map<Task, readonly Reason[]>();
  for (const task of measured) {
    if (task.pair.baseline.length === 0) continue;
    const tail = prepareTail(task.pair, task.candidate, judging, measured.length);
    if ('reasons' in tail) untested.set(task, tail.reasons);
    else prepared.set(task, tail);
  }
  const tests = runTailTests([...prepared.values()]);
  const tested = new Map([...prepared.keys()].map((task, i) => [task, at(tests, i)]));
  return measured.map((task) => toFinding(task, tested.get(task) ?? null, untested.get(task) ?? []));
}

function toTask(pair: SeriesPair, candidate: SeriesMeasurement, sources: BoundSources, judging: Judging): Task {
  return {
    pair,
    candidate,
    marks: computeWaterMarks([candidate]),
    baselineMarks: computeWaterMarks(pair.baseline),
    bounds: findTaskBounds(pair.series, sources, judging),
    coverage: computePathCoverage(pair),
  };
}

function toFinding(task: Task, test: TailTest | null, untested: readonly Reason[]): Finding {
  const { pair, marks, bounds } = task;
  const reasons = explainBudget(task);
  const status = chooseStatus(task, test, reasons);
  const testReasons = test === null ? explainUntested(pair, untested) : explainTest(test);
  return createFinding(
    { series: pair.series, family: 'wcet', statistic: test?.entry.statistic ?? null },
    {
      status,
      gated: pair.baseline.length > 0 || status !== 'inconclusive',
      ...(test === null ? toMarkValues(task) : toTestValues(test)),
      sampleCount: marks?.sampleCount ?? 0,
      repetitionCount: task.candidate.samples.length,
      evidence: { ...toMarkEvidence(task), ...(test === null ? {} : { test: toTestEvidence(test) }) },
      reasons: [...reasons, ...testReasons, ...bounds.reasons],
    },
  );
}

/** Reasons from budget, coverage and static bounds, worst first. */
function explainBudget(task: Task): readonly Reason[] {
  const { marks, bounds, coverage, pair } = task;
  const reasons: Reason[] = [];
  if (marks !== null && bounds.budget !== null) {
    const margin = computeMargin(marks, bounds.budget.value);
    const detail = `high-water mark ${toNumberText(marks.highest)} of ${toNumberText(bounds.budget.value)} ${pair.series.unit} (${bounds.budget.source})`;
    if (margin < 0) reasons.push({ code: 'over_budget', detail });
    else if (margin < THIN_MARGIN) reasons.push({ code: 'thin_margin', detail });
  }
  if (coverage !== null && coverage.ratio < COVERAGE_MINIMUM) {
    reasons.push({ code: 'path_coverage', detail: `${toPercentText(coverage.ratio)} of ${coverage.goldenPathCount} paths` });
  }
  for (const [name, bound] of [
    ['static bound', bounds.staticBound],
    ['pWCET', bounds.pwcetBound],
  ] as const) {
    if (marks === null || bound === null || bound >= marks.highest) continue;
    const detail = `below_high_water_mark: ${name} ${toNumberText(bound)}, measured ${toNumberText(marks.highest)}`;
    reasons.push({ code: 'quality', detail });
  }
  return reasons;
}

function chooseStatus(task: Task, test: TailTest | null, reasons: readonly Reason[]): VerdictStatus {
  const codes = reasons.map((reason) => reason.code);
  if (codes.includes('over_budget') || test?.status === 'regression') return 'regression';
  if (codes.includes('path_coverage') || task.bounds.reasons.some((reason) => reason.code === 'mixed_units')) return 'inconclusive';
  if (test !== null && test.entry.withheld.length > 0) return 'inconclusive';
  if (codes.includes('thin_margin')) return 'drift';
  return test?.status ?? 'inconclusive';
}

function explainUntested(pair: SeriesPair, untested: readonly Reason[]): readonly Reason[] {
  return pair.baseline.length > 0 ? untested : [{ code: 'no_baseline', detail: 'held against its budget only' }];
}

function explainTest(test: TailTest): readonly Reason[] {
  const { delta } = toDelta(test.comparison.delta, test.entry.pair.series.better);
  const size = `${test.entry.estimator} is ${toPercentText(Math.abs(delta))}`;
  const { tolerance, withheld } = test.entry;
  const held: Reason = { code: 'provisional', detail: `no history yet: a regression needs ${toPercentText(2 * tolerance.regression)}` };
  switch (test.status) {
    case 'regression':
      return [
        { code: 'regressed', detail: `${size} worse, tolerated are ${toPercentText(tolerance.regression)}` },
        ...(test.guarded ? [GUARDED] : []),
        ...withheld,
      ];
    case 'drift': {
      const provisional = test.decision.status === 'regression' ? [held] : [];
      return [{ code: 'drifted', detail: `${size} worse, tolerated are ${toPercentText(tolerance.drift)}` }, ...provisional, ...withheld];
    }
    case 'improvement':
      return [{ code: 'improved', detail: `${size} better` }, ...withheld];
    case 'inconclusive':
      return [{ code: 'not_precise_enough', detail: `a change of ${toPercentText(tolerance.regression)} is not excluded` }, ...withheld];
    case 'pass':
      return withheld;
    default:
      return test.status satisfies never;
  }
}

function computeMargin(marks: WaterMarks, budget: number): number {
  return 1 - marks.highest / budget;
}

/** Without a test the finding shows the high-water marks; their ratio is evidence, not a delta. */
function toMarkValues(task: Task): Partial<Finding> {
  return { baseline: task.baselineMarks?.highest ?? null, candidate: task.marks?.highest ?? null };
}

function toTestValues(test: TailTest): Partial<Finding> {
  const { comparison, decision, entry } = test;
  const { better } = entry.pair.series;
  const sign = better === 'higher' ? -1 : 1;
  return {
    baseline: Math.exp(sign * comparison.referenceLog),
    candidate: Math.exp(sign * comparison.candidateLog),
    ...toDelta(comparison.delta, better),
    deltaCi95: computeDeltaInterval(comparison, better, 0.95),
    tolerance: entry.tolerance,
    minimumDetectableEffect: Math.abs(toDelta(decision.minimumDetectableLog, better).delta),
    repetitionsNeeded: decision.repetitionsNeeded,
    pValue: test.pCombined,
    qValue: test.qWorse,
  };
}

function toMarkEvidence(task: Task): Readonly<Record<string, unknown>> {
  const { marks, baselineMarks, bounds, coverage } = task;
  const band = baselineMarks?.repetitionHighs ?? [];
  return {
    highWaterMark: marks?.highest ?? null,
    lowWaterMark: marks?.lowest ?? null,
    sampleCount: marks?.sampleCount ?? 0,
    budget: bounds.budget?.value ?? null,
    budgetSource: bounds.budget?.source ?? null,
    margin: marks === null || bounds.budget === null ? null : computeMargin(marks, bounds.budget.value),
    staticBound: bounds.staticBound,
    baselineHighWaterMark: baselineMarks?.highest ?? null,
    goldenDelta: marks === null || baselineMarks === null || baselineMarks.highest <= 0 ? null : marks.highest / baselineMarks.highest - 1,
    // Where the golden repetitions' own high-water marks lie.
    driftBand: band.length === 0 ? null : [band.reduce((a, b) => Math.min(a, b)), band.reduce((a, b) => Math.max(a, b))],
    pathCoverage: coverage?.ratio ?? null,
    goldenPathCount: coverage?.goldenPathCount ?? null,
  };
}

function toTestEvidence(test: TailTest): Readonly<Record<string, unknown>> {
  const maxima = { deltaLog: test.maxima.delta, se: test.maxima.se, df: test.maxima.df, pWorse: test.maxima.pWorse };
  return { ...toEvidence(test.entry, test.comparison, test.decision), pCombined: test.pCombined, maxima };
}
