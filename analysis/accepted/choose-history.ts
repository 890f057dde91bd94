import type { RunKind } from '../../wire/run.ts';
import { computeClassKey } from '../comparability.ts';
import { compareHistoryRuns, type HistoryRun, type JudgedRun } from './history-run.ts';

/** Runs of these kinds never become a reference: a pull request's code is nobody's level, and control runs measure other code. */
const NEVER_HISTORY: readonly RunKind[] = ['pr', 'control'];

/**
 * The earlier runs that may serve as history of a run: of its project, suite and comparability class, judged against the same baseline,
 * neither golden themselves nor a stage of this measurement.
 * @param runs any order
 * @param excluded run ids of the golden runs and of the stages that the run follows
 * @returns oldest first
 */
export function chooseHistory(
  runs: readonly HistoryRun[],
  run: JudgedRun,
  baselineId: string,
  excluded: ReadonlySet<string>,
): readonly HistoryRun[] {
  const { digest } = computeClassKey(run.environment);
  return runs
    .filter(
      ({ run: earlier, baselineId: judgedAgainst }) =>
        earlier.runId !== run.runId &&
        !excluded.has(earlier.runId) &&
        judgedAgainst === baselineId &&
        earlier.project === run.project &&
        earlier.suite === run.suite &&
        !NEVER_HISTORY.includes(earlier.kind) &&
        computeClassKey(earlier.environment).digest === digest,
    )
    .sort(compareHistoryRuns);
}
