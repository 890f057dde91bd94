import { type DifferingKey, type Finding, REASONS, type ReasonCode, type Verdict, type VerdictStatus } from '../../wire/verdict.ts';
import { formatPercent } from './quantities.ts';

/** Worst first. */
export const STATUS_ORDER = ['regression', 'drift', 'inconclusive', 'improvement', 'pass'] as const satisfies readonly VerdictStatus[];

/** Findings worst first: by status, gated before context, then by how much worse; equal ones in a fixed order. */
export function sortWorstFirst<F extends Finding>(findings: readonly F[]): readonly F[] {
  return [...findings].sort(
    (a, b) =>
      STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status) ||
      Number(b.gated) - Number(a.gated) ||
      compareDelta(a, b) ||
      compareText(toFindingKey(a), toFindingKey(b)),
  );
}

/** Drifts and regressions by size, improvements by size too, which makes the smallest delta the first. */
function compareDelta(a: Finding, b: Finding): number {
  const size = ({ status, delta }: Finding) => (delta === null ? Number.NEGATIVE_INFINITY : status === 'improvement' ? -delta : delta);
  const [sizeA, sizeB] = [size(a), size(b)];
  return sizeA === sizeB ? 0 : sizeB - sizeA;
}

function toFindingKey({ region, metric, statistic, seriesId }: Finding): string {
  return JSON.stringify([region, metric, statistic, seriesId]);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** How many gated findings have each status, worst first, none left out that occurs. */
export function countStatuses(findings: readonly Finding[]): readonly { readonly status: VerdictStatus; readonly count: number }[] {
  const gated = findings.filter((finding) => finding.gated);
  return STATUS_ORDER.map((status) => ({ status, count: gated.filter((finding) => finding.status === status).length })).filter(
    ({ count }) => count > 0,
  );
}

/** `latency p99 of copy`, in the words of whoever measured it: untrusted text. */
export function toFindingName({ region, metric, statistic }: Finding): string {
  return `${metric}${statistic === null ? '' : ` ${statistic}`} of ${region}`;
}

const KEY_ORDER = ['class', 'change', 'condition', 'identity'] as const satisfies readonly DifferingKey['class'][];

/** Differing keys: what forbids comparing first, then what may be the cause. */
export function sortDiffering(differing: readonly DifferingKey[]): readonly DifferingKey[] {
  return [...differing].sort((a, b) => KEY_ORDER.indexOf(a.class) - KEY_ORDER.indexOf(b.class));
}

/** `1 finding`, `2 findings`. */
export function countNoun(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Why the verdict is what it is, in a sentence or two. Untrusted text: region and metric names are in it. */
export function describeCause(verdict: Verdict): string {
  const worst = sortWorstFirst(verdict.findings.filter((finding) => finding.gated && finding.status === verdict.status))[0];
  const gated = verdict.findings.filter((finding) => finding.gated);
  switch (verdict.status) {
    case 'regression':
    case 'drift':
      return `${worst === undefined ? 'Something got worse' : describeWorse(worst)}${describeOthers(verdict)}.${describeLikelyCause(verdict)}`;
    case 'inconclusive':
      return `${describeDoubt(verdict.reasons[0]?.code)}; this blocks until there is evidence.`;
    case 'improvement':
      return `${worst === undefined ? 'Something got better' : `${toFindingName(worst)} got better by ${formatPercent(worst.delta === null ? null : Math.abs(worst.delta))}`}${describeOthers(verdict)}, and nothing got worse.`;
    case 'pass':
      if (gated.length === 0) return 'No finding counts in this verdict.';
      return `${gated.length === 1 ? 'The one gated finding stays' : `All ${gated.length} gated findings stay`} within tolerance.`;
  }
  return verdict.status satisfies never;
}

function describeWorse(finding: Finding): string {
  const limit = finding.status === 'regression' ? finding.tolerance?.regression : finding.tolerance?.drift;
  const tolerated = limit === undefined ? '' : ` (tolerated: ${formatPercent(limit)})`;
  if (finding.delta !== null) return `${toFindingName(finding)} is worse by ${formatPercent(finding.delta)}${tolerated}`;
  const code = finding.reasons[0]?.code;
  return `${toFindingName(finding)} is worse${code === undefined ? '' : `: ${REASONS[code]}`}`;
}

function describeOthers({ findings, status }: Verdict): string {
  const others = findings.filter((finding) => finding.gated && finding.status === status).length - 1;
  return others > 0 ? `, and ${others} more` : '';
}

function describeLikelyCause({ attribution, comparability }: Verdict): string {
  const cause = attribution[0];
  if (cause !== undefined)
    return ` Likely cause: ${cause.cause}${cause.share === null ? '' : ` (${formatPercent(cause.share)} of the change)`}.`;
  const changed = comparability.differing.filter((key) => key.class === 'change').map((key) => key.key);
  return changed.length === 0 ? '' : ` Changed since the baseline: ${changed.slice(0, 3).join(', ')}${changed.length > 3 ? ', …' : ''}.`;
}

function describeDoubt(code: ReasonCode | undefined): string {
  if (code === undefined) return 'There is too little evidence';
  const meaning = REASONS[code];
  return `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}`;
}

const NEXT_STEPS: Readonly<Partial<Record<ReasonCode, string>>> = {
  no_baseline: 'Approve a golden baseline for this suite and machine class: plumbline baseline propose, then approve with another token.',
  incomparable:
    'Measure on a machine of the baseline’s class, or approve a baseline for this class; the differing keys say what is in the way.',
  provisional: 'Keep measuring: from five accepted runs on, history calibrates the noise and the usual tolerances hold.',
  too_few_repetitions:
    'Push more repetitions: start the process again for each and push with repetition=2, 3, …; more samples of one process do not help.',
  too_few_samples: 'Take more samples in each repetition: 30 for a centre, 200 for p99, 1,000 for p99.9.',
  too_few_events: 'Watch for longer, so that enough events are seen.',
  not_precise_enough:
    'Push the repetitions that the findings ask for, or quieten the machine (governor, pinned clocks, nothing else running).',
  scattered: 'Find out what made the repetitions differ so much (another load, a throttled clock), then measure again.',
  missing_in_candidate:
    'Find out why the run no longer sends a series that the baseline holds; a renamed region or label makes another series.',
  required_missing: 'Send the metric that the policy requires, or take it out of the policy.',
  starved: 'Find out where the samples went: less than half of the usual ones arrived.',
  definition_changed: 'Give the series its old unit and direction, or a new name.',
  definition_conflict: 'Let every payload of a run define the series in the same way.',
  no_exposure: 'Say how long was watched: push with exposure=<seconds>.',
  counter_reset: 'Push the readings before and after the reset as two repetitions.',
  histogram_resolution: 'Send finer buckets or raw samples.',
  path_coverage: 'Exercise the inputs of the baseline: paths it measured were not run.',
  mixed_units: 'State frequencyHz, or measure both runs in the same unit.',
  quality: 'Look at the flags of the values: the tool lost, multiplexed or could not count them.',
  over_budget: 'Shorten the task or change its budget on purpose in the policy.',
  thin_margin: 'Plan for the margin: the next change may cross the budget.',
  emulated_clock: 'Measure timing on hardware, or approve a baseline of emulated runs.',
  golden_guard: 'Many small steps add up: find where it crept in, or approve a new golden baseline on purpose.',
  suite_shift: 'Run frozen code on this machine (a run of kind control): when it moves as well, the machine moved and not the subject.',
  machine_moved: 'Look at the machine (clock, cooling, neighbours, firmware), then measure again.',
  muted: 'Mend what is muted before its mute expires.',
  accepted_drift: 'Nothing to do for the accepted level: the reference follows it.',
  nothing_judged: 'Push something that can be judged: samples, totals, counters with exposure, or worst-case times.',
};

/** What an engineer can do next, most urgent first and nothing said twice. */
export function suggestNext(verdict: Verdict): readonly string[] {
  const steps: string[] = [];
  if (verdict.suspects.length > 0)
    steps.push(`Measure ${verdict.suspects.length} suspect series again with 3 more repetitions each; that settles most of them.`);
  const blocking = verdict.findings.filter((finding) => finding.gated && finding.status !== 'pass' && finding.status !== 'improvement');
  const codes = new Set([...verdict.reasons, ...blocking.flatMap((finding) => finding.reasons)].map((reason) => reason.code));
  for (const code of codes) {
    const step = NEXT_STEPS[code];
    if (step !== undefined) steps.push(step);
  }
  const needed = Math.max(
    0,
    ...blocking.filter(({ status }) => status === 'inconclusive').map(({ repetitionsNeeded }) => repetitionsNeeded ?? 0),
  );
  if (needed > 0) steps.push(`Repetitions that would settle every open finding: ${needed}.`);
  if (verdict.status === 'regression' || verdict.status === 'drift')
    steps.push(
      'Look at the changed keys first, then bisect between the baseline’s subject and this one; if the change is meant, approve a new baseline.',
    );
  return steps;
}
