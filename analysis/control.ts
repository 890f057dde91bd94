import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Attribution, Finding, VerdictStatus } from '../wire/verdict.ts';
import { NO_HISTORY } from './accepted/accept.ts';
import { HISTORY_MINIMUM_RUNS } from './compare/run-component.ts';
import { toOrientedLimits } from './compare/tolerances.ts';
import { toPercentText } from './finding.ts';
import type { Judging } from './judging.ts';
import type { Entry } from './location/entry.ts';
import { judgeShift } from './location/judge-entries.ts';
import { prepareLocation, prepareTotal } from './location/judge-location.ts';
import { checkDefinitions, compareText, pairSeries } from './pair-series.ts';

/** Runs of frozen code on one machine: the one nearest to the run that is judged, and those before, none of them withdrawn. */
export type ControlRuns = {
  readonly runId: string;
  readonly measurements: readonly SeriesMeasurement[];
  /** Earlier control runs of the same frozen subject and comparability class, oldest first. */
  readonly earlier: readonly { readonly runId: string; readonly measurements: readonly SeriesMeasurement[] }[];
};

/**
 * How far the machine itself has moved: the median over the centres of the control run's series, against earlier control runs.
 * @returns a finding that never gates, or null when no series has an earlier counterpart
 */
export function measureMachine(control: ControlRuns, judging: Judging): Finding | null {
  const alone: Judging = { ...judging, history: NO_HISTORY, suspects: null };
  const earlier = control.earlier.flatMap((run) => run.measurements);
  const entries = pairSeries(control.measurements, earlier, control.earlier.length).flatMap((pair): readonly Entry[] => {
    const { candidate, series } = pair;
    if (candidate === null || pair.baseline.length === 0 || series.better === 'either' || checkDefinitions(pair).length > 0) return [];
    const prepared = candidate.samples.length > 0 ? prepareLocation(pair, candidate, alone) : prepareTotal(pair, candidate, alone);
    return prepared.entries.filter((entry) => entry.statistic === 'centre' && entry.withheld.length === 0).map(rollControl);
  });
  const largest = [...groupByShape(entries)].sort((a, b) => b.length - a.length || compareText(a[0]?.shape ?? '', b[0]?.shape ?? ''))[0];
  const finding = judgeShift(largest ?? [], alone);
  if (finding === undefined) return null;
  const seriesId = `control/${finding.seriesId}`;
  return { ...finding, seriesId, labels: { ...finding.labels, control: 'frozen code' }, gated: false };
}

/** With enough control runs, how they differ is known from themselves. */
function rollControl(entry: Entry): Entry {
  const [first, ...others] = entry.baseline;
  return first === undefined || others.length < HISTORY_MINIMUM_RUNS ? entry : { ...entry, baseline: [first], history: others };
}

function groupByShape(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  return [...new Set(entries.map((entry) => entry.shape))].map((shape) => entries.filter((entry) => entry.shape === shape));
}

function hasMoved(machine: Finding): boolean {
  return machine.status === 'drift' || machine.status === 'regression' || machine.status === 'improvement';
}

/**
 * Withdraws what the machine's own motion may explain, or hide: a finding whose verdict would be another without that motion is
 * inconclusive, and blocks. Nothing is corrected by it, so that a control run that went wrong cannot make a slow subject pass.
 * @param machine how far the control run has moved; null without one
 */
export function doubtMachine(finding: Finding, machine: Finding | null): Finding {
  const own = finding.evidence['deltaLog'];
  const moved = machine?.evidence['deltaLog'];
  const sampled = finding.family === 'center' || finding.family === 'tail';
  if (machine === null || !hasMoved(machine) || !sampled || finding.better === 'either' || finding.tolerance === null) return finding;
  if (typeof own !== 'number' || typeof moved !== 'number') return finding;
  const { drift } = toOrientedLimits(finding.tolerance, finding.better).rising;
  const worse = finding.status === 'drift' || finding.status === 'regression';
  const good = finding.status === 'pass' || finding.status === 'improvement';
  const explained = worse && own - moved < drift;
  const hidden = good && own - moved >= drift;
  if (!explained && !hidden) return finding;
  const detail = `control runs of frozen code moved by ${toPercentText(machine.change ?? 0)}; without that ${explained ? 'nothing' : 'something'} would be left`;
  return { ...finding, status: 'inconclusive', reasons: [...finding.reasons, { code: 'machine_moved', detail }] };
}

/** Names the machine as a cause where its control runs moved. */
export function attributeMachine(status: VerdictStatus, machine: Finding | null): readonly Attribution[] {
  if (machine === null || !hasMoved(machine) || status === 'pass' || status === 'improvement') return [];
  return [{ cause: 'machine', evidence: `control runs of frozen code moved by ${toPercentText(machine.change ?? 0)}`, share: null }];
}
