import type { Finding, ReasonCode } from '../../wire/verdict.ts';
import { hasReason, toPercentText } from '../finding.ts';
import type { Flakiness } from './flakiness.ts';

export type QuarantineRule = {
  /** Proposed when the flip rate is above this with 97.5 % confidence (lower end of its Wilson interval). */
  readonly flipRate: number;
  /** And when it flipped at least this often. */
  readonly minimumFlips: number;
  /** Lifted after this many conclusive verdicts in a row without a change of status. */
  readonly stableRuns: number;
};

/**
 * 5 %: a sound series is called wrongly in at most 0.75 % of nights (VERDICTS 15.1, real shared machine), each time two flips, so 1.5 % of
 * pairs, and a region of three such series stays below 5 %. Two flips: there and back; one may be the end of a bad night. 14 runs: what
 * flips one time in five stays quiet that long by luck in 4 % of cases (0.8^14); with nightlies that is two weeks.
 */
export const DEFAULT_QUARANTINE_RULE: QuarantineRule = { flipRate: 0.05, minimumFlips: 2, stableRuns: 14 };

/** `propose` and `lift` are for a person or a policy to decide; `keep` and `none` leave things as they are. */
export type QuarantineAdvice = {
  readonly suite: string;
  readonly region: string | null;
  readonly action: 'propose' | 'keep' | 'lift' | 'none';
  readonly evidence: string;
};

/**
 * Whether something ought to go into quarantine or to leave it. A region that was raised on new code and was never clean on it is not
 * proposed: a regression is not to be hidden as noise. What is stable again is not proposed for old flips, and what is stably worse leaves
 * quarantine as well, and gates. A whole suite is never proposed: it is its regions that flip.
 * @param quarantined whether it is in quarantine now
 */
export function adviseQuarantine(
  flakiness: Flakiness,
  quarantined: boolean,
  rule: QuarantineRule = DEFAULT_QUARANTINE_RULE,
): QuarantineAdvice {
  const { suite, region, flips, stableRunCount, raisedOnNewCode } = flakiness;
  const isStable = stableRunCount >= rule.stableRuns;
  const stableText = `${stableRunCount} runs without a change of status, ${rule.stableRuns} are enough`;
  if (quarantined) return { suite, region, action: isStable ? 'lift' : 'keep', evidence: stableText };
  const rateText = toFlipText(flakiness);
  if (region === null) return { suite, region, action: 'none', evidence: rateText };
  const isFlaky = flips.count >= rule.minimumFlips && flips.ci95 !== null && flips.ci95[0] > rule.flipRate;
  if (!isFlaky) return { suite, region, action: 'none', evidence: rateText };
  if (isStable) return { suite, region, action: 'none', evidence: `${rateText}; but ${stableText}` };
  if (raisedOnNewCode) return { suite, region, action: 'none', evidence: `${rateText}; but raised on new code, which may be a regression` };
  return { suite, region, action: 'propose', evidence: `${rateText}; tolerated are ${toPercentText(rule.flipRate)}` };
}

function toFlipText({ flips }: Flakiness): string {
  if (flips.rate === null || flips.ci95 === null) return 'no two verdicts on unchanged code';
  const [low, high] = flips.ci95;
  const interval = `${toPercentText(low)} to ${toPercentText(high)}`;
  return `flipped in ${flips.count} of ${flips.trials} verdicts on unchanged code (${toPercentText(flips.rate)}, 95 %: ${interval})`;
}

/** Reasons that gate in quarantine too: noise explains a number, not its absence. */
const ALWAYS_GATING: readonly ReasonCode[] = [
  'missing_in_candidate',
  'starved',
  'definition_changed',
  'definition_conflict',
  'over_budget',
];

/**
 * Findings as they are, but those in quarantine no longer gate and say so in their evidence (`quarantined: true`). Budgets, worst cases
 * and absolute limits gate all the same, as does a series that is missing or starved: quarantine is for noise.
 * @param isQuarantined whether the finding's region or series is in quarantine
 */
export function applyQuarantine(findings: readonly Finding[], isQuarantined: (finding: Finding) => boolean): readonly Finding[] {
  return findings.map((finding) => {
    if (!finding.gated || !isQuarantined(finding) || gatesAlways(finding)) return finding;
    return { ...finding, gated: false, evidence: { ...finding.evidence, quarantined: true } };
  });
}

function gatesAlways({ family, reasons }: Finding): boolean {
  return family === 'threshold' || family === 'wcet' || ALWAYS_GATING.some((code) => hasReason(reasons, code));
}
