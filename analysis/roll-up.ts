import type { Comparability, Finding, Reason, ReasonCode, Verdict, VerdictStatus } from '../wire/verdict.ts';
import { hasReason } from './finding.ts';
import { isRequired, type PolicyScope } from './judging.ts';
import { isMuted } from './mute.ts';

/** More than this share of the gated findings inconclusive makes the run inconclusive (VERDICTS 3.10). */
const INCONCLUSIVE_SHARE = 0.2;
/** Reasons of a single finding that keep the whole run from passing (VERDICTS 15.2). */
const BLOCKING: readonly ReasonCode[] = ['starved', 'missing_in_candidate', 'path_coverage', 'machine_moved'];

/** What the findings come to. */
export type RollUp = Pick<Verdict, 'status' | 'score' | 'reasons' | 'suspects'>;

/**
 * Rolls findings up into the status of the run, in the order of VERDICTS 15.2: regression > required series missing, starved or
 * inconclusive > drift > improvement > pass. Findings that are not gated count for nothing but a regression of theirs is never hidden:
 * hard budgets are always gated. Without a baseline, or with an incomparable one, nothing passes.
 * @param judging `hasBaseline: false` when `comparability` only speaks of the nearest baseline of another class
 */
export function rollUp(
  findings: readonly Finding[],
  comparability: Comparability,
  judging: PolicyScope & { readonly hasBaseline?: boolean },
): RollUp {
  const hasBaseline = judging.hasBaseline ?? true;
  const gated = findings.filter((finding) => finding.gated);
  const blocks = [...explainComparability(comparability, hasBaseline), ...findBlocks(findings, comparability, judging)];
  const status = chooseStatus(gated, blocks);
  const good = gated.filter((finding) => finding.status === 'pass' || finding.status === 'improvement');
  return {
    status,
    score: gated.length === 0 ? null : good.length / gated.length,
    reasons: [...summarise(gated, 'regressed', ['regressed', 'over_budget']), ...blocks, ...explainRest(gated, findings)],
    suspects: findings
      .filter((finding) => finding.evidence['suspect'] === true)
      .map(({ seriesId, region, metric, statistic }) => ({ seriesId, region, metric, statistic })),
  };
}

function chooseStatus(gated: readonly Finding[], blocks: readonly Reason[]): VerdictStatus {
  const has = (status: VerdictStatus): boolean => gated.some((finding) => finding.status === status);
  if (has('regression')) return 'regression';
  if (blocks.length > 0) return 'inconclusive';
  if (has('drift')) return 'drift';
  return has('improvement') ? 'improvement' : 'pass';
}

function explainComparability(comparability: Comparability, hasBaseline: boolean): readonly Reason[] {
  if (comparability.status === 'no_baseline') {
    return [{ code: 'no_baseline', detail: 'only budgets and absolute limits were judged' }];
  }
  if (comparability.status !== 'incomparable') return [];
  const keys = comparability.differing.filter((one) => one.class === 'class').map((one) => one.key);
  if (!hasBaseline)
    return [{ code: 'no_baseline', detail: `the nearest baseline is of another comparability class: ${keys.join(', ')} differ` }];
  const reason: Reason = { code: 'incomparable', detail: `differs in ${keys.join(', ')}` };
  const emulated: Reason = { code: 'emulated_clock', detail: 'one side ran on an emulator' };
  return keys.includes('emulated') ? [reason, emulated] : [reason];
}

/** Everything that keeps the run from passing although nothing regressed. */
function findBlocks(findings: readonly Finding[], comparability: Comparability, judging: PolicyScope): readonly Reason[] {
  const gated = findings.filter((finding) => finding.gated);
  const blocks: Reason[] = [];
  const comparable = comparability.status === 'comparable' || comparability.status === 'different';
  if (comparable && gated.length === 0) blocks.push({ code: 'nothing_judged', detail: 'no series of the run has a counterpart to judge' });
  for (const code of BLOCKING) blocks.push(...summarise(gated.filter(isInconclusive), code, [code]));
  blocks.push(...findRequiredBlocks(findings, comparable, judging));
  const free = gated.filter((finding) => !isRequired(judging, finding));
  const unknown = free.filter(isInconclusive);
  if (comparable && unknown.length > INCONCLUSIVE_SHARE * free.length) {
    blocks.push({ code: 'too_many_inconclusive', detail: `${unknown.length} of ${free.length}: ${listCodes(unknown)}` });
  }
  return blocks;
}

function isInconclusive(finding: Finding): boolean {
  return finding.status === 'inconclusive';
}

/** Without a comparable baseline a required series only has to be there: why it is inconclusive is said once, for the run. */
function findRequiredBlocks(findings: readonly Finding[], comparable: boolean, judging: PolicyScope): readonly Reason[] {
  const rows = (judging.policy.required ?? []).filter((row) => (row.suite ?? judging.suite) === judging.suite);
  return rows.flatMap((row): readonly Reason[] => {
    const name = row.region === undefined ? row.metric : `${row.region} ${row.metric}`;
    const present = findings.filter((finding) => !comparable || finding.gated || isMuted(finding));
    const matching = present.filter((finding) => finding.metric === row.metric && (row.region ?? finding.region) === finding.region);
    if (matching.length === 0) return [{ code: 'required_missing', detail: name }];
    const unknown = comparable ? matching.filter((finding) => finding.gated && isInconclusive(finding)) : [];
    return unknown.length === 0 ? [] : [{ code: 'required_missing', detail: `${name} is inconclusive: ${listCodes(unknown)}` }];
  });
}

/** The reasons that do not decide between pass and inconclusive: drifts, improvements, and that there is no history yet. */
function explainRest(gated: readonly Finding[], findings: readonly Finding[]): readonly Reason[] {
  const provisional = gated.filter((finding) => finding.evidence['provisional'] === true).length;
  const held: Reason = { code: 'provisional', detail: `${provisional} findings rest on the golden runs alone` };
  return [
    ...summarise(gated, 'drifted', ['drifted', 'thin_margin']),
    ...summarise(gated, 'budget_changed', ['budget_changed']),
    ...summarise(gated, 'improved', ['improved']),
    ...summarise(findings, 'suite_shift', ['suite_shift']),
    ...summarise(findings, 'muted', ['muted']),
    ...(provisional > 0 ? [held] : []),
  ];
}

/** One reason for all findings that carry one of the codes: how many, and the first three by name. */
function summarise(findings: readonly Finding[], code: ReasonCode, codes: readonly ReasonCode[]): readonly Reason[] {
  const carrying = findings.filter((finding) => codes.some((one) => hasReason(finding.reasons, one)));
  if (carrying.length === 0) return [];
  const names = carrying.slice(0, 3).map((finding) => [finding.region, finding.metric, finding.statistic ?? ''].join(' ').trim());
  const more = carrying.length > 3 ? ` and ${carrying.length - 3} more` : '';
  return [{ code, detail: `${names.join(', ')}${more}` }];
}

function listCodes(findings: readonly Finding[]): string {
  return [...new Set(findings.flatMap((finding) => finding.reasons.map((reason) => reason.code)))].sort().join(', ');
}
