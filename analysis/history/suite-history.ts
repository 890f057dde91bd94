import { at } from '../compare/at.ts';
import { compareText } from '../pair-series.ts';
import { type ChangePointRule, DEFAULT_CHANGE_POINT_RULE } from './change-points.ts';
import { type CommonEvent, groupChanges } from './common-events.ts';
import { type BracketedChange, findBracketedChanges, type HistoryRun, type LeftOutPoint, type SeriesHistory } from './series-history.ts';

/** A suite's history within one comparability class: its sealed runs, oldest first, and its series over them. */
export type SuiteHistory = { readonly runs: readonly HistoryRun[]; readonly series: readonly SeriesHistory[] };

/** What a suite's history holds. */
export type SuiteHistoryReading = {
  /** By series id, then by index. */
  readonly changes: readonly BracketedChange[];
  /** In the order of the runs. */
  readonly events: readonly CommonEvent[];
  /** Values that could not be used, by series id. */
  readonly leftOut: readonly (LeftOutPoint & { readonly seriesId: string })[];
  /** Series with a usable value: the events' shares are of these. */
  readonly seriesCount: number;
};

/**
 * Finds the change points of every series of a suite and groups those that one cause may explain. The order of the series does not matter.
 * @throws RangeError when points are not in the order of `runs`, name a run twice or an unknown one, or are too many (MAX_HISTORY_POINTS)
 */
export function readSuiteHistory({ runs, series }: SuiteHistory, rule: ChangePointRule = DEFAULT_CHANGE_POINT_RULE): SuiteHistoryReading {
  const positions = new Map(runs.map((run, position) => [run.runId, position]));
  const sorted = [...series].sort((a, b) => compareText(a.seriesId, b.seriesId));
  for (const history of sorted) assertOrdered(history, positions);
  const readings = sorted.map((history) => ({ history, ...findBracketedChanges(history, rule) }));
  const changes = readings.flatMap((reading) => reading.changes);
  const seriesCount = readings.filter(({ history, leftOut }) => leftOut.length < history.points.length).length;
  return {
    changes,
    events: groupChanges({ runIds: runs.map((run) => run.runId), seriesCount, changes }),
    leftOut: readings.flatMap(({ history, leftOut }) => leftOut.map((point) => ({ seriesId: history.seriesId, ...point }))),
    seriesCount,
  };
}

function assertOrdered({ seriesId, points }: SeriesHistory, positions: ReadonlyMap<string, number>): void {
  const places = points.map(({ run }) => positions.get(run.runId) ?? -1);
  const wrong = places.findIndex((place, i) => place === -1 || (i > 0 && place <= at(places, i - 1)));
  if (wrong === -1) return;
  throw new RangeError(
    `readSuiteHistory: point ${wrong} of series ${seriesId} (run ${at(points, wrong).run.runId}) is out of the order of the runs`,
  );
}
