import type { Better } from '../../wire/metrics.ts';
import type { Environment, Subject } from '../../wire/run.ts';
import type { DifferingKey } from '../../wire/verdict.ts';
import { compareEnvironments } from '../comparability.ts';
import { at } from '../compare/at.ts';
import { compareText } from '../pair-series.ts';
import { type ChangePoint, type ChangePointRule, DEFAULT_CHANGE_POINT_RULE, findChangePoints } from './change-points.ts';

/** A sealed run as history knows it. */
export type HistoryRun = { readonly runId: string; readonly subject: Subject; readonly environment: Environment };

/** One run's number for a series, in the series' unit; null when the run has none. */
export type HistoryPoint = { readonly run: HistoryRun; readonly value: number | null };

/** A series over runs of one comparability class, oldest first. Withdrawn runs are not in it. */
export type SeriesHistory = {
  readonly seriesId: string;
  readonly region: string;
  readonly metric: string;
  readonly better: Better;
  readonly points: readonly HistoryPoint[];
};

/** Which way a series moved; where neither way is better, every move is for the worse. */
export type Direction = 'worse' | 'better';

/** A change point with the runs on either side of it and what differs between them. */
export type BracketedChange = Omit<ChangePoint, 'index' | 'earliestIndex' | 'latestIndex'> & {
  readonly seriesId: string;
  readonly region: string;
  readonly metric: string;
  readonly direction: Direction;
  /** Position of `firstAfter` among the points given, from 0. */
  readonly index: number;
  readonly lastBefore: string;
  readonly firstAfter: string;
  /** Keys of environment and subject that differ between those two runs, ascending by key; hosts are of class `identity`. */
  readonly changed: readonly DifferingKey[];
  /** The runs between which the change lies, 95 %; and the keys that differ between them when that is a wider bracket. */
  readonly span: { readonly lastBefore: string; readonly firstAfter: string; readonly changed: readonly DifferingKey[] };
};

/** A run whose value could not be used, and why. */
export type LeftOutPoint = { readonly runId: string; readonly reason: 'no_value' | 'not_positive' | 'not_finite' };

/**
 * Change points of a series with their bracketing runs. Runs without a positive finite value are left out and named: one zero must not keep
 * a history from being read.
 * @returns changes ascending by index
 * @throws RangeError when there are more than MAX_HISTORY_POINTS values
 */
export function findBracketedChanges(
  history: SeriesHistory,
  rule: ChangePointRule = DEFAULT_CHANGE_POINT_RULE,
): { readonly changes: readonly BracketedChange[]; readonly leftOut: readonly LeftOutPoint[] } {
  const usable: UsablePoint[] = [];
  const leftOut: LeftOutPoint[] = [];
  for (const [position, { run, value }] of history.points.entries()) {
    if (value !== null && Number.isFinite(value) && value > 0) usable.push({ position, run, value });
    else leftOut.push({ runId: run.runId, reason: explainLeftOut(value) });
  }
  const changes = findChangePoints(
    usable.map((point) => point.value),
    rule,
  );
  return { changes: changes.map((change) => bracketChange(history, usable, change)), leftOut };
}

type UsablePoint = { readonly position: number; readonly run: HistoryRun; readonly value: number };

function explainLeftOut(value: number | null): LeftOutPoint['reason'] {
  if (value === null) return 'no_value';
  return Number.isFinite(value) ? 'not_positive' : 'not_finite';
}

function bracketChange(history: SeriesHistory, usable: readonly UsablePoint[], change: ChangePoint): BracketedChange {
  const { index, earliestIndex, latestIndex, ...size } = change;
  const after = at(usable, index);
  const outerBefore = at(usable, earliestIndex - 1).run;
  const outerAfter = at(usable, latestIndex).run;
  const before = at(usable, index - 1).run;
  return {
    seriesId: history.seriesId,
    region: history.region,
    metric: history.metric,
    direction: toDirection(history.better, change.logShift),
    index: after.position,
    lastBefore: before.runId,
    firstAfter: after.run.runId,
    changed: compareRuns(before, after.run),
    span: { lastBefore: outerBefore.runId, firstAfter: outerAfter.runId, changed: compareRuns(outerBefore, outerAfter) },
    ...size,
  };
}

/**
 * Which way a move on the log scale goes.
 * @param logShift ln(after / before), not 0
 */
export function toDirection(better: Better, logShift: number): Direction {
  switch (better) {
    case 'lower':
      return logShift > 0 ? 'worse' : 'better';
    case 'higher':
      return logShift < 0 ? 'worse' : 'better';
    case 'either':
      return 'worse';
    default:
      return better satisfies never;
  }
}

const SUBJECT_MEMBERS = ['name', 'version', 'commit', 'branch', 'digest'] as const;

/**
 * Keys that differ between two runs: those of the environment as compareEnvironments knows them, those of the subject as `subject.commit`
 * and so on, of class `change`.
 * @returns ascending by key; `baseline` holds the earlier value, `candidate` the later
 */
export function compareRuns(before: HistoryRun, after: HistoryRun): readonly DifferingKey[] {
  const { differing } = compareEnvironments(after.environment, [before.environment]);
  const ofSubject = SUBJECT_MEMBERS.flatMap((member): readonly DifferingKey[] => {
    const baseline = before.subject[member] ?? null;
    const candidate = after.subject[member] ?? null;
    return baseline === candidate ? [] : [{ key: `subject.${member}`, baseline, candidate, class: 'change' }];
  });
  return [...differing, ...ofSubject].sort((a, b) => compareText(a.key, b.key));
}
