import { at } from '../compare/at.ts';
import type { CommonEvent } from './common-events.ts';
import { compareRuns, type Direction, type HistoryRun } from './series-history.ts';

/** One place where something could have moved: a step between two runs, or another suite or host at the time. */
export type Observation = {
  /** The run, suite or host, for the reader. */
  readonly id: string;
  /** Keys that differed there, as compareRuns names them. */
  readonly changedKeys: readonly string[];
  readonly outcome: Direction | 'quiet';
};

/**
 * A suite's history as observations: every step from a run to the next, quiet unless an event lies in it. An event that spans several steps
 * is one observation from its last run before to its first run after: which of the steps it was is not known.
 * @param runs of one suite and class, oldest first; those of the verdict under question left out
 * @param events of the same runs (groupChanges); a mixed one counts as `worse`
 * @throws RangeError when an event names a run that is not among `runs`
 */
export function toObservations(
  runs: readonly HistoryRun[],
  events: readonly Pick<CommonEvent, 'lastBefore' | 'firstAfter' | 'direction'>[],
): readonly Observation[] {
  const positions = new Map(runs.map((run, position) => [run.runId, position]));
  const spans = events.map((event) => {
    const before = positions.get(event.lastBefore);
    const after = positions.get(event.firstAfter);
    if (before !== undefined && after !== undefined && before < after) return { before, after, direction: event.direction };
    throw new RangeError(`toObservations: no step from ${event.lastBefore} to ${event.firstAfter} among the runs given`);
  });
  const observed = spans.map(({ before, after, direction }): Observation & { readonly position: number } => ({
    ...compareAt(runs, before, after),
    outcome: direction === 'better' ? 'better' : 'worse',
    position: after,
  }));
  for (let after = 1; after < runs.length; after++) {
    const inside = spans.some((span) => span.before < after && after <= span.after);
    if (!inside) observed.push({ ...compareAt(runs, after - 1, after), outcome: 'quiet', position: after });
  }
  return observed.sort((a, b) => a.position - b.position).map(({ id, changedKeys, outcome }) => ({ id, changedKeys, outcome }));
}

function compareAt(runs: readonly HistoryRun[], before: number, after: number): Pick<Observation, 'id' | 'changedKeys'> {
  const run = at(runs, after);
  return { id: run.runId, changedKeys: compareRuns(at(runs, before), run).map((one) => one.key) };
}
