import type { SeriesMeasurement } from '../../wire/measurements.ts';
import { toBaseUnit } from '../../wire/units.ts';
import type { Reason, SeriesDefinition } from '../../wire/verdict.ts';
import { toNumberText } from '../finding.ts';
import type { Judging } from '../judging.ts';

/** A task's budget in the unit of its series, and who set it. */
export type TaskBudget = { readonly value: number; readonly source: 'policy' | 'baseline' | 'run' };

/** What bounds say about one measured series. */
export type TaskBounds = {
  readonly budget: TaskBudget | null;
  /** Smallest bound of a static analysis, in the series' unit; null when none was sent. */
  readonly staticBound: number | null;
  /** Smallest probabilistic bound that a tool stated, whatever its probability; null when none was sent. */
  readonly pwcetBound: number | null;
  /** `budget_changed` informs; `mixed_units` means that a budget exists and cannot be applied. */
  readonly reasons: readonly Reason[];
};

/** Bounds of the candidate and of the golden runs, as sent with `wcet?format=bounds`. */
export type BoundSources = {
  readonly candidate: readonly SeriesMeasurement[];
  readonly baseline: readonly SeriesMeasurement[];
  /** Units in which each task (region) was measured by the candidate or the baseline. */
  readonly measuredUnits: ReadonlyMap<string, ReadonlySet<string>>;
};

/**
 * The bounds of a task: policy beats baseline beats run (VERDICTS 15.6); of several budgets of one source the smallest holds. A bound
 * applies to series of its own unit only: cycles and time are not converted, for that the frequency would have to be known and constant.
 * @param series the measured series; its region is the task
 */
export function findTaskBounds(series: SeriesDefinition, sources: BoundSources, judging: Judging): TaskBounds {
  const policy = toSmallest((judging.policy.budgets ?? []).flatMap((budget) => toPolicyBudget(budget, series)));
  const baseline = toSmallest(collectBounds(sources.baseline, series, 'budget'));
  const run = toSmallest(collectBounds(sources.candidate, series, 'budget'));
  const reasons: Reason[] = [];
  const earlier = baseline ?? run;
  for (const [name, value] of [
    ['policy', policy],
    ['run', run],
  ] as const) {
    if (value === null || earlier === null || value === earlier) continue;
    reasons.push({
      code: 'budget_changed',
      detail: `${name} says ${toNumberText(value)}, before it was ${toNumberText(earlier)} ${series.unit}`,
    });
  }
  const budget = chooseBudget(policy, baseline, run);
  if (budget === null && isBudgetedInAnotherUnit(series, sources, judging)) {
    reasons.push({ code: 'mixed_units', detail: `the budget of ${series.region} is not in ${series.unit}` });
  }
  const collectBoth = (kind: 'static' | 'pwcet') => [
    ...collectBounds(sources.candidate, series, kind),
    ...collectBounds(sources.baseline, series, kind),
  ];
  return { budget, staticBound: toSmallest(collectBoth('static')), pwcetBound: toSmallest(collectBoth('pwcet')), reasons };
}

function chooseBudget(policy: number | null, baseline: number | null, run: number | null): TaskBudget | null {
  if (policy !== null) return { value: policy, source: 'policy' };
  if (baseline !== null) return { value: baseline, source: 'baseline' };
  return run === null ? null : { value: run, source: 'run' };
}

function toPolicyBudget(
  budget: { readonly task: string; readonly value: number; readonly unit: string },
  series: SeriesDefinition,
): readonly number[] {
  const base = toBaseUnit(budget.unit);
  return budget.task === series.region && base?.unit === series.unit ? [budget.value * base.factor] : [];
}

function collectBounds(
  measurements: readonly SeriesMeasurement[],
  series: SeriesDefinition,
  kind: 'budget' | 'static' | 'pwcet',
): readonly number[] {
  return measurements
    .filter((measurement) => measurement.series.region === series.region && measurement.series.unit === series.unit)
    .flatMap((measurement) => measurement.readings)
    .flatMap((reading) => (reading.kind === kind && reading.value !== null && reading.value > 0 ? [reading.value] : []));
}

/** A budget for this task exists, in a unit in which none of its series was measured. */
function isBudgetedInAnotherUnit(series: SeriesDefinition, sources: BoundSources, judging: Judging): boolean {
  const stated = (judging.policy.budgets ?? [])
    .filter((budget) => budget.task === series.region)
    .map((budget) => toBaseUnit(budget.unit)?.unit);
  const sent = [...sources.candidate, ...sources.baseline]
    .filter((one) => one.series.region === series.region && one.readings.some((reading) => reading.kind === 'budget'))
    .map((one) => one.series.unit);
  const measured = sources.measuredUnits.get(series.region) ?? new Set();
  return [...stated, ...sent].some((unit) => unit === undefined || !measured.has(unit));
}

function toSmallest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b));
}
