import type { Finding, Reason } from '../../wire/verdict.ts';
import type { Comparison } from '../compare/compare-series.ts';
import type { Decision } from '../compare/decide.ts';
import { toNumberText, toPercentText } from '../finding.ts';
import type { Entry } from './entry.ts';

/** One in a million by chance: only a candidate that scatters many times as widely is meant, not one wild repetition. */
const WILD_PROBABILITY = 1e-6;

/** Whether the candidate's repetitions scatter so widely that nothing good can be said of them. */
export function isWild(comparison: Comparison): boolean {
  return comparison.spread.pWider <= WILD_PROBABILITY;
}

/** Everything that a sampled finding's reasons speak of. */
export type Explained = {
  readonly status: Finding['status'];
  readonly delta: number;
  readonly entry: Entry;
  readonly decision: Decision;
  readonly comparison: Comparison;
  /** The golden runs alone decided. */
  readonly guarded: boolean;
};

/** Why a sampled finding came out as it did, the deciding reason first. */
export function explain(explained: Explained): readonly Reason[] {
  const { status, delta, entry, decision, comparison, guarded } = explained;
  const { tolerance } = entry;
  const held = status === decision.status ? [] : [entry.resolutionLimited ? COARSE : toProvisionalReason(tolerance.regression)];
  const size = `${entry.estimator} is ${toPercentText(Math.abs(delta))} ${entry.pair.series.better === 'either' ? 'away' : 'worse'}`;
  const shift = entry.shape === 'suite' ? [SHIFTED] : [];
  switch (status) {
    case 'regression': {
      const detail = `${size}, tolerated are ${toPercentText(tolerance.regression)}`;
      return [{ code: 'regressed', detail }, ...(guarded ? [GUARDED] : []), ...shift];
    }
    case 'drift':
      return [{ code: 'drifted', detail: `${size}, tolerated are ${toPercentText(tolerance.drift)}` }, ...held, ...shift];
    case 'improvement':
      return [{ code: 'improved', detail: `${entry.estimator} is ${toPercentText(Math.abs(delta))} better` }, ...shift];
    case 'inconclusive': {
      if (entry.resolutionLimited) return [COARSE];
      if (isWild(comparison)) return [toWildReason(comparison)];
      const needed = decision.repetitionsNeeded;
      const advice = needed === null ? 'more runs are needed' : `${needed} repetitions are needed`;
      return [{ code: 'not_precise_enough', detail: `a change of ${toPercentText(tolerance.regression)} is not excluded; ${advice}` }];
    }
    case 'pass':
      return [];
    default:
      return status satisfies never;
  }
}

function toWildReason(comparison: Comparison): Reason {
  const ratio = toNumberText(comparison.spread.ratio ?? 1);
  return { code: 'scattered', detail: `the candidate’s repetitions scatter ${ratio} times as widely as the baseline’s` };
}

const COARSE: Reason = {
  code: 'histogram_resolution',
  detail: 'fewer than two bucket edges lie inside the values: neither a pass nor a regression',
};
/** The golden runs alone made a regression of what the accepted runs let pass. */
export const GUARDED: Reason = {
  code: 'golden_guard',
  detail: 'compared with the golden runs alone; the accepted runs since have moved too',
};
const SHIFTED: Reason = { code: 'suite_shift', detail: 'environment or global change; the series are judged without it' };

function toProvisionalReason(regression: number): Reason {
  const detail = `no history yet: a regression needs ${toPercentText(2 * regression)} and two repetitions on both sides`;
  return { code: 'provisional', detail };
}
