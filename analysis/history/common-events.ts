import { at } from '../compare/at.ts';
import { computeMedian } from '../compare/averages.ts';
import { compareText } from '../pair-series.ts';
import type { BracketedChange, Direction } from './series-history.ts';

/** Changes of several series of one suite that one cause may explain, because there is a step between two runs that all of them span. */
export type CommonEvent = {
  /** The runs between which all members may lie. */
  readonly lastBefore: string;
  readonly firstAfter: string;
  /** Series that changed, and their share of all series with a history across this place; 0..1. */
  readonly seriesCount: number;
  readonly share: number;
  /** `mixed` when some got worse and some better. */
  readonly direction: Direction | 'mixed';
  readonly worseCount: number;
  readonly betterCount: number;
  /** Median and largest (by size) of the members' ln(after / before). */
  readonly medianLogShift: number;
  readonly largest: BracketedChange;
  /** Keys that changed in every member's bracket. */
  readonly changedKeys: readonly string[];
  /** By region, metric and series id. */
  readonly members: readonly BracketedChange[];
};

/** What grouping needs to know about one suite and comparability class. */
export type SuiteChanges = {
  /** Ids of all runs of the suite and class, oldest first. */
  readonly runIds: readonly string[];
  /** Series with a history, those without changes included, >= the number of series among `changes`. */
  readonly seriesCount: number;
  readonly changes: readonly BracketedChange[];
};

/**
 * Groups change points of one suite into events: repeatedly, the span that ends first, with every span that holds the step into its last
 * run. Spans that merely form a chain, each overlapping the next, stay apart unless they share a step, so two causes a week apart are
 * not made one by a vague change between them. A series that changed twice inside is counted once in `seriesCount`.
 * @returns events with one member or more, in the order of the runs; equal input in any order gives equal output
 * @throws RangeError when a change names a run that is not among `runIds`
 */
export function groupChanges({ runIds, seriesCount, changes }: SuiteChanges): readonly CommonEvent[] {
  const positions = new Map(runIds.map((runId, position) => [runId, position]));
  const spans = changes
    .map((change) => ({
      change,
      before: findPosition(positions, change.span.lastBefore),
      after: findPosition(positions, change.span.firstAfter),
    }))
    .sort((a, b) => a.after - b.after || b.before - a.before || compareChanges(a.change, b.change));
  const events: CommonEvent[] = [];
  let left: readonly Span[] = spans;
  for (let first = left[0]; first !== undefined; first = left[0]) {
    const step = first.after;
    const members = left.filter((span) => span.before < step);
    events.push(toEvent(members, runIds, seriesCount));
    left = left.filter((span) => span.before >= step);
  }
  return events;
}

/** Runs by position: the change lies after `before` and not after `after`. */
type Span = { readonly change: BracketedChange; readonly before: number; readonly after: number };

function findPosition(positions: ReadonlyMap<string, number>, runId: string): number {
  const position = positions.get(runId);
  if (position === undefined) throw new RangeError(`groupChanges: run ${runId} is not among the runs of the suite`);
  return position;
}

function toEvent(spans: readonly Span[], runIds: readonly string[], seriesCount: number): CommonEvent {
  const members = spans.map((span) => span.change).sort(compareChanges);
  const series = new Set(members.map((member) => member.seriesId)).size;
  const worseCount = members.filter((member) => member.direction === 'worse').length;
  const betterCount = members.length - worseCount;
  const shifts = members.map((member) => member.logShift);
  return {
    lastBefore: at(runIds, Math.max(...spans.map((span) => span.before))),
    firstAfter: at(runIds, Math.min(...spans.map((span) => span.after))),
    seriesCount: series,
    share: series / seriesCount,
    direction: chooseDirection(worseCount, betterCount),
    worseCount,
    betterCount,
    medianLogShift: computeMedian(shifts),
    largest: members.reduce((a, b) => (Math.abs(b.logShift) > Math.abs(a.logShift) ? b : a)),
    changedKeys: findSharedKeys(members),
    members,
  };
}

function chooseDirection(worseCount: number, betterCount: number): CommonEvent['direction'] {
  if (betterCount === 0) return 'worse';
  return worseCount === 0 ? 'better' : 'mixed';
}

function findSharedKeys(members: readonly BracketedChange[]): readonly string[] {
  const keys = at(members, 0).span.changed.map((one) => one.key);
  return keys.filter((key) => members.every((member) => member.span.changed.some((one) => one.key === key)));
}

function compareChanges(a: BracketedChange, b: BracketedChange): number {
  return compareText(a.region, b.region) || compareText(a.metric, b.metric) || compareText(a.seriesId, b.seriesId) || a.index - b.index;
}
