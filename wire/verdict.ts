import type { Assume, Better, JudgedAs } from './metrics.ts';
import type { ValueKind } from './payload.ts';
import type { Statistic } from './policy.ts';

/** Verdicts and findings as stored and answered (DESIGN, verdict body). */
export const VERDICT_STATUSES = ['pass', 'drift', 'regression', 'improvement', 'inconclusive'] as const;
export type VerdictStatus = (typeof VERDICT_STATUSES)[number];
export const FAMILIES = ['center', 'tail', 'roofline', 'wcet', 'rate', 'threshold'] as const;
export type Family = (typeof FAMILIES)[number];

export type Reason = { readonly code: ReasonCode; readonly detail: string };

/** Every reason a finding or a verdict can carry, with what it means; GLOSSARY and docs/verdicts.md draw on it. */
export const REASONS = {
  no_baseline: 'no approved golden baseline matches this project, suite and comparability class',
  provisional: 'fewer than five accepted runs of history: a drift or regression needs twice the usual size',
  too_few_repetitions: 'fewer repetitions than this family needs',
  too_few_samples: 'fewer samples per repetition than this statistic needs',
  too_few_events: 'too few events to see a change of the tolerated size',
  not_precise_enough: 'the noise hides a change of the tolerated size',
  scattered: 'the repetitions scatter many times as widely as the baseline’s',
  missing_in_candidate: 'the baseline measured this series and the run did not',
  missing_in_baseline: 'the run measured this series and the baseline did not',
  starved: 'less than half of the baseline’s samples or repetitions',
  definition_changed: 'unit, direction or kind of the series differs from the baseline',
  definition_conflict: 'payloads of one run define the series differently',
  not_positive: 'zero or negative values have no ratio',
  not_counted: 'the tool could not count this',
  not_supported: 'the machine does not offer this value',
  no_exposure: 'a rate needs to know how long was watched: send `exposure` or `at`',
  counter_reset: 'the counter went backwards between readings',
  histogram_resolution: 'buckets are too coarse to tell a change of the tolerated size',
  not_judged: 'this kind of value is kept and shown, and not judged',
  required_missing: 'the policy requires this metric and the run has no finding for it',
  too_many_inconclusive: 'more than 20 % of the judged series are inconclusive',
  nothing_judged: 'the run holds no series that can be judged',
  incomparable: 'the baseline was measured in another comparability class',
  over_budget: 'the high-water mark is over the budget',
  thin_margin: 'less than 20 % of the budget is left',
  path_coverage: 'fewer than 95 % of the baseline’s paths were exercised',
  budget_changed: 'the budget differs from the baseline’s',
  mixed_units: 'cycles and time cannot be compared',
  quality: 'the values carry a flag that makes them unfit for judging',
  regressed: 'worse than the tolerance for a regression',
  drifted: 'worse than the tolerance for a drift',
  improved: 'better than the tolerance',
  golden_guard: 'within tolerance of the accepted runs, and a regression against the golden runs: many small steps add up',
  suite_shift: 'the whole suite moved together: the environment, or a change of everything',
  machine_moved: 'the control runs of frozen code moved, so the machine did',
  muted: 'the policy shows this finding and does not let it gate, until the mute expires',
  accepted_drift: 'a drift that was accepted as the new level, by hand or by policy',
  emulated_clock: 'emulated timing is never compared with hardware timing',
} as const;
export type ReasonCode = keyof typeof REASONS;

export type Finding = {
  readonly seriesId: string;
  readonly region: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly labels: Readonly<Record<string, string>>;
  readonly family: Family;
  /** Which statistic of a repetition this is about; null for rates, budgets and exact values. */
  readonly statistic: Statistic | null;
  readonly status: VerdictStatus;
  /** Whether the finding counts in the roll-up. */
  readonly gated: boolean;
  /** Value of the statistic in the baseline and in the candidate, in `unit`. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** How much worse, as a fraction of the baseline (VERDICTS 15.4); null without a ratio. */
  readonly delta: number | null;
  readonly deltaCi95: readonly [number, number] | null;
  readonly tolerance: { readonly drift: number; readonly regression: number } | null;
  /** Smallest delta this evidence could have called, on delta's scale; null when it cannot be said. */
  readonly minimumDetectableEffect: number | null;
  readonly repetitionsNeeded: number | null;
  readonly pValue: number | null;
  readonly qValue: number | null;
  /** Samples and repetitions of the candidate behind this finding. */
  readonly sampleCount: number;
  readonly repetitionCount: number;
  /** candidate / baseline - 1, in the metric's own sign. */
  readonly change: number | null;
  /** The run that first raised this finding; null when it has nothing to raise. */
  readonly since: string | null;
  readonly ongoing: boolean;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly reasons: readonly Reason[];
};

export type DifferingKey = {
  readonly key: string;
  readonly baseline: unknown;
  readonly candidate: unknown;
  /** `class`: must be equal to compare; `change`: may be the cause; `condition`: explains noise; `identity`: names the machine. */
  readonly class: 'class' | 'change' | 'condition' | 'identity';
};

export type Comparability = {
  readonly status: 'comparable' | 'different' | 'incomparable' | 'no_baseline';
  readonly differing: readonly DifferingKey[];
};

export type Attribution = { readonly cause: string; readonly evidence: string; readonly share: number | null };

/** A drift that the policy took as the new level (VERDICTS 15.1); belongs in the audit log. */
export type PolicyAcceptance = {
  readonly seriesId: string;
  readonly statistic: Statistic | null;
  /** The run that first raised it. */
  readonly since: string;
  /** The runs at the new level that made the policy accept it, oldest first. */
  readonly runIds: readonly string[];
};

export type Verdict = {
  readonly id: string;
  readonly runId: string;
  readonly project: string;
  readonly suite: string;
  readonly status: VerdictStatus;
  /** Gated findings that pass or improve, as a share of all gated findings; null when nothing was judged. */
  readonly score: number | null;
  readonly reasons: readonly Reason[];
  readonly comparability: Comparability;
  readonly attribution: readonly Attribution[];
  /** Findings worth measuring again (VERDICTS 3.8): series ids with their statistic. */
  readonly suspects: readonly {
    readonly seriesId: string;
    readonly region: string;
    readonly metric: string;
    readonly statistic: Statistic | null;
  }[];
  readonly findings: readonly Finding[];
  readonly baseline: { readonly id: string; readonly digest: string } | null;
  /** Without a baseline: the one of another class that comparability speaks of. */
  readonly nearestBaseline?: { readonly id: string; readonly digest: string } | null;
  /** Earlier runs that could serve as history, oldest first. */
  readonly references: readonly string[];
  /** Earlier stages of the same measurement, oldest first; absent where the run follows none. */
  readonly follows?: readonly string[];
  /** Control runs of frozen code that were looked at, the nearest last; absent without any. */
  readonly controls?: readonly string[];
  /** Drifts in the history of this verdict that the policy accepted; absent without any. */
  readonly acceptances?: readonly PolicyAcceptance[];
  readonly historyDigest: string | null;
  readonly policyDigest: string;
  readonly engine: { readonly version: string; readonly seed: number };
  readonly computedAt: string;
  readonly reportUrl: string;
};

/** A series as defined by what landed. */
export type SeriesDefinition = {
  readonly seriesId: string;
  readonly region: string;
  readonly metric: string;
  readonly nativeMetric: string;
  readonly unit: string;
  readonly better: Better;
  readonly assume: Assume;
  readonly judgedAs: JudgedAs;
  readonly labels: Readonly<Record<string, string>>;
  readonly valueKind: ValueKind;
};
