import type { GateAnswer } from '../../baselines/index.ts';
import type { Finding, Verdict } from '../../wire/verdict.ts';
import { CHANGED_KEY, PLANTED } from './walk.ts';

/** One thing the demo must find. */
export type Check = { readonly ok: boolean; readonly detail: string };

const nameFinding = ({ metric, statistic, region }: Finding) => `${metric}${statistic === null ? '' : ` ${statistic}`} of ${region}`;
const describeWorse = ({ delta }: Finding) => (delta === null ? '' : `, worse by ${(delta * 100).toFixed(1)} %`);

function checkPlanted(verdict: Verdict): readonly Check[] {
  return PLANTED.map(({ effect, matches, statuses }) => {
    const found = verdict.findings.filter(matches);
    const hit = found.find((finding) => statuses.includes(finding.status));
    if (hit !== undefined) return { ok: true, detail: `${effect}: ${hit.status}${describeWorse(hit)}` };
    const instead =
      found.length === 0 ? 'no such finding' : found.map((finding) => `${finding.status}${describeWorse(finding)}`).join('; ');
    return { ok: false, detail: `${effect}: expected ${statuses.join(' or ')}, found ${instead}` };
  });
}

/** What nobody planted must not be called a regression. */
function checkFalseAlarms(verdict: Verdict): Check {
  const alarms = verdict.findings.filter(
    (finding) => finding.gated && finding.status === 'regression' && !PLANTED.some(({ matches }) => matches(finding)),
  );
  if (alarms.length === 0) return { ok: true, detail: 'no regression where nothing was planted' };
  return {
    ok: false,
    detail: `regressions where nothing was planted: ${alarms.map((finding) => nameFinding(finding) + describeWorse(finding)).join('; ')}`,
  };
}

/** Holds the candidate's verdict and the gate's answer against what was planted. */
export function checkOutcome(verdict: Verdict, gate: GateAnswer): readonly Check[] {
  const changed = verdict.comparability.differing.some(({ key }) => key === CHANGED_KEY);
  return [
    { ok: verdict.status === 'regression', detail: `the verdict is ${verdict.status}` },
    ...checkPlanted(verdict),
    checkFalseAlarms(verdict),
    { ok: changed, detail: changed ? `${CHANGED_KEY} is named as what changed` : `${CHANGED_KEY} is not named among what changed` },
    { ok: gate.status === 'fail', detail: `the gate says ${gate.status}` },
  ];
}
