import type { Policy } from '../wire/policy.ts';
import type { Finding } from '../wire/verdict.ts';
import type { PolicyScope } from './judging.ts';

type Mute = NonNullable<Policy['mutes']>[number];

/**
 * Takes the gate away from a finding that the policy mutes, and says so on it: a muted finding is shown, with its status.
 * @param nowMs when the run is judged, epoch milliseconds; undefined lets no mute hold
 */
export function muteFinding(finding: Finding, judging: PolicyScope, nowMs: number | undefined): Finding {
  if (nowMs === undefined || !finding.gated) return finding;
  const mute = (judging.policy.mutes ?? []).find((row) => Date.parse(row.until) > nowMs && names(row, finding, judging.suite));
  if (mute === undefined) return finding;
  return {
    ...finding,
    gated: false,
    evidence: { ...finding.evidence, muted: { until: mute.until, reason: mute.reason } },
    reasons: [...finding.reasons, { code: 'muted', detail: `until ${mute.until}: ${mute.reason}` }],
  };
}

/** Whether a mute of the policy holds for this finding. */
export function isMuted(finding: Finding): boolean {
  return finding.reasons.some((reason) => reason.code === 'muted');
}

function names(row: Mute, finding: Finding, suite: string): boolean {
  return (
    row.metric === finding.metric &&
    (row.region ?? finding.region) === finding.region &&
    (row.suite ?? suite) === suite &&
    (row.statistic ?? finding.statistic) === finding.statistic
  );
}
