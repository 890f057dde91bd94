import type { Better } from '../../wire/metrics.ts';
import type { Policy, Statistic } from '../../wire/policy.ts';

/** How much worse, as a fraction of the baseline (VERDICTS 15.4): from `drift` it matters, from `regression` it fails. */
export type Tolerance = { readonly drift: number; readonly regression: number };

/** Defaults of VERDICTS 3.8. */
export const DEFAULT_TOLERANCES: Readonly<Record<Statistic, Tolerance>> = {
  centre: { drift: 0.01, regression: 0.05 },
  p90: { drift: 0.02, regression: 0.08 },
  p99: { drift: 0.05, regression: 0.15 },
  p999: { drift: 0.1, regression: 0.25 },
};

/** What a tolerance is looked up for; `statistic` null for rates and exact values. */
export type ToleranceTarget = {
  readonly suite: string;
  readonly region: string;
  readonly metric: string;
  readonly statistic: Statistic | null;
};

/**
 * The policy's row for a target: of the rows whose every stated member equals the target's, the one that states most members; among
 * equals region beats metric beats statistic beats suite, then the later row. A row that states a statistic fits only that statistic.
 * @returns undefined when no row fits
 */
export function findPolicyTolerance(policy: Policy, target: ToleranceTarget): Tolerance | undefined {
  let best: Tolerance | undefined;
  let bestRank = -1;
  for (const row of policy.tolerances ?? []) {
    const fits = (row.suite ?? target.suite) === target.suite && (row.region ?? target.region) === target.region;
    if (!fits || (row.metric ?? target.metric) !== target.metric || (row.statistic ?? target.statistic) !== target.statistic) continue;
    const stated = [row.region, row.metric, row.statistic, row.suite].map((member) => (member === undefined ? 0 : 1));
    const rank = stated.reduce<number>((sum, bit, i) => sum + bit * (16 + 2 ** (3 - i)), 0);
    if (rank < bestRank) continue;
    bestRank = rank;
    best = { drift: Math.min(row.drift, row.regression), regression: row.regression };
  }
  return best;
}

/** Log distances of one direction in which a series can become worse, all > 0; Infinity = cannot be reached. */
export type LogLimits = { readonly drift: number; readonly regression: number; readonly twiceRegression: number };

/** Tolerances on the scale of the tests. `falling` exists for `either` only: the limits of the oriented log's negative. */
export type OrientedLimits = {
  readonly rising: LogLimits;
  readonly falling: LogLimits | null;
  /** How far the oriented log must fall to be an improvement; null when there is no better direction. */
  readonly improvement: number | null;
};

/**
 * Converts a tolerance from delta's scale to oriented natural logarithms. The value itself moves by ratio 1 + d when it rises and
 * 1 - d when it falls; a fall by 100 % or more cannot be reached (Infinity).
 * @example toOrientedLimits({ drift: 0.01, regression: 0.05 }, 'higher').rising.regression // 0.05129329438755058 (-ln 0.95)
 */
export function toOrientedLimits(tolerance: Tolerance, better: Better): OrientedLimits {
  const rise = (fraction: number): number => Math.log1p(fraction);
  const fall = (fraction: number): number => (fraction >= 1 ? Number.POSITIVE_INFINITY : -Math.log1p(-fraction));
  const toLimits = (scale: (fraction: number) => number): LogLimits => ({
    drift: scale(tolerance.drift),
    regression: scale(tolerance.regression),
    twiceRegression: scale(2 * tolerance.regression),
  });
  switch (better) {
    case 'lower':
      return { rising: toLimits(rise), falling: null, improvement: fall(tolerance.drift) };
    case 'higher':
      return { rising: toLimits(fall), falling: null, improvement: rise(tolerance.drift) };
    case 'either':
      return { rising: toLimits(rise), falling: toLimits(fall), improvement: null };
    default:
      return better satisfies never;
  }
}

/**
 * `delta` and `change` of an oriented log ratio (VERDICTS 15.4).
 * @param orientedLog larger is worse; plain ln ratio for `either`
 * @example toDelta(Math.log(2), 'higher') // { delta: 0.5, change: -0.5 }
 */
export function toDelta(orientedLog: number, better: Better): { readonly delta: number; readonly change: number } {
  const change = Math.expm1(better === 'higher' ? -orientedLog : orientedLog);
  switch (better) {
    case 'lower':
      return { delta: change, change };
    case 'higher':
      return { delta: -change, change };
    case 'either':
      return { delta: Math.abs(change), change };
    default:
      return better satisfies never;
  }
}

/**
 * An interval of oriented log ratios on delta's scale, ascending; for `either` it starts at 0 when the interval holds "no change".
 * @param low lower end, oriented log
 * @param high upper end, oriented log, >= low
 */
export function toDeltaInterval(low: number, high: number, better: Better): readonly [number, number] {
  const ends = [toDelta(low, better).delta, toDelta(high, better).delta];
  const inside = better === 'either' && low <= 0 && high >= 0;
  return [inside ? 0 : Math.min(...ends), Math.max(...ends)];
}
