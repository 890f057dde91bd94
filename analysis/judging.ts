import type { Policy } from '../wire/policy.ts';
import type { SeriesDefinition } from '../wire/verdict.ts';
import type { AcceptedHistory } from './accepted/accept.ts';

/** What every family needs to know beside the numbers. */
export type Judging = {
  readonly suite: string;
  readonly policy: Policy;
  readonly history: AcceptedHistory;
  /** Finding keys that the first stage of a two-stage measurement named; null where the run follows none. */
  readonly suspects: ReadonlySet<string> | null;
};

/** What names a series to a policy. */
export type PolicyScope = Pick<Judging, 'suite' | 'policy'>;

/** Whether the policy requires a finding for this series. */
export function isRequired(judging: PolicyScope, series: Pick<SeriesDefinition, 'region' | 'metric'>): boolean {
  return (judging.policy.required ?? []).some(
    (row) =>
      row.metric === series.metric && (row.region ?? series.region) === series.region && (row.suite ?? judging.suite) === judging.suite,
  );
}

/** Whether the policy requires this series or states a tolerance for its metric by name: then a context series is judged too. */
export function isNamedByPolicy(judging: PolicyScope, series: Pick<SeriesDefinition, 'region' | 'metric'>): boolean {
  const tolerated = (judging.policy.tolerances ?? []).some(
    (row) =>
      row.metric === series.metric && (row.region ?? series.region) === series.region && (row.suite ?? judging.suite) === judging.suite,
  );
  return tolerated || isRequired(judging, series);
}
