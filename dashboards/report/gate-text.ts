import type { Finding, Verdict, VerdictStatus } from '../../wire/verdict.ts';
import { fold, listLines, toFindingTable, toMarkdownTable } from './markdown.ts';
import { formatPercent, NO_VALUE } from './quantities.ts';
import { countNoun, sortWorstFirst, toFindingName } from './summary.ts';
import { alignColumns, toFigures } from './text.ts';
import { toMarkdownCell, toMarkdownCode, toMarkdownLink, toMarkdownText, toPlainLine } from './untrusted.ts';

/** What a gate answer must have to be printed; the gate's own answer has more. */
export type PrintedGate = {
  readonly status: 'pass' | 'fail' | 'inconclusive' | 'unknown';
  readonly reasons: readonly {
    readonly code: string;
    readonly detail: string;
    readonly effect: 'fail' | 'inconclusive' | 'unknown' | 'note';
  }[];
  readonly findings: readonly (Finding & { readonly suite: string; readonly runId: string })[];
  readonly findingCount: number;
  readonly runs: readonly {
    readonly runId: string;
    readonly suite: string;
    readonly state: string;
    readonly role: string;
    readonly status: VerdictStatus | null;
    readonly score: number | null;
    readonly override: { readonly reason: string; readonly by: string } | null;
  }[];
  readonly subject: { readonly query: string; readonly name: string | null; readonly version: string | null };
  readonly baseline: Verdict['baseline'];
  readonly policyDigest: string;
  readonly reportUrl: string | null;
};

const SENTENCES = {
  pass: 'the subject may go out',
  fail: 'the subject must not go out',
  inconclusive: 'there is not enough evidence to let the subject out',
  unknown: 'no run of this subject is known',
} as const;

const COLOURS = { pass: 32, fail: 31, inconclusive: 35, unknown: 35 } as const;
const FINDING_ROWS = 20;

/**
 * A gate's answer for a terminal: the decision, what blocks, runs, findings. Ends in a line end.
 * @param gate name of the gate
 */
export function renderGateText(
  answer: PrintedGate,
  { gate, colour = false }: { readonly gate: string; readonly colour?: boolean },
): string {
  const status = colour ? `\u001b[1;${COLOURS[answer.status]}m${answer.status.toUpperCase()}\u001b[0m` : answer.status.toUpperCase();
  const blocks = answer.reasons.filter(({ effect }) => effect !== 'note');
  const notes = answer.reasons.filter(({ effect }) => effect === 'note');
  const toLine = ({ code, detail }: { readonly code: string; readonly detail: string }) =>
    `  ${toPlainLine(code)}: ${toPlainLine(detail, 600)}`;
  const sections: readonly (readonly string[])[] = [
    [`${status}  ${toPlainLine(describeSubject(answer))}: ${SENTENCES[answer.status]} (gate ${toPlainLine(gate)})`],
    blocks.length === 0 ? [] : ['What blocks', ...blocks.map(toLine)],
    notes.length === 0 ? [] : ['Also said', ...notes.map(toLine)],
    listRuns(answer),
    listFindings(answer),
    [`policy ${toPlainLine(answer.policyDigest)}`, ...(answer.reportUrl === null ? [] : [`report ${toPlainLine(answer.reportUrl, 400)}`])],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** A gate's answer as Markdown, for a pull request or a release note. Ends in a line end. */
export function renderGateMarkdown(answer: PrintedGate, { gate }: { readonly gate: string }): string {
  const toLine = ({ code, detail }: { readonly code: string; readonly detail: string }) =>
    `${toMarkdownCode(code)}: ${toMarkdownText(detail)}`;
  const findings = sortWorstFirst(answer.findings).slice(0, FINDING_ROWS);
  const runs = answer.runs
    .slice(0, 50)
    .map((run) => [
      toMarkdownCell(run.runId),
      toMarkdownCell(run.suite),
      toMarkdownText(describeRole(run)),
      toMarkdownText(run.status ?? run.state),
      formatPercent(run.score),
    ]);
  const blocks = [
    `### Plumbline gate ${toMarkdownCode(gate)}: ${answer.status}`,
    `**${toMarkdownCode(describeSubject(answer))}: ${SENTENCES[answer.status]}.**`,
    listLines('What blocks', answer.reasons.filter(({ effect }) => effect !== 'note').map(toLine)),
    listLines('Also said', answer.reasons.filter(({ effect }) => effect === 'note').map(toLine)),
    findings.length === 0 ? '' : fold(countNoun(answer.findingCount, 'finding'), toFindingTable(findings)),
    runs.length === 0
      ? ''
      : fold(
          countNoun(answer.runs.length, 'run'),
          toMarkdownTable([['run', 'suite', 'role', 'verdict', 'score'], ...runs], { right: new Set([4]) }),
        ),
    `${answer.reportUrl === null ? '' : `${toMarkdownLink('Report', answer.reportUrl)} · `}policy ${toMarkdownCode(answer.policyDigest)}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function describeSubject({ subject }: PrintedGate): string {
  return subject.name === null || subject.version === null ? subject.query : `${subject.name} ${subject.version}`;
}

function describeRole({ role, override }: PrintedGate['runs'][number]): string {
  return override === null ? role : `${role}, overridden by ${override.by}: ${override.reason}`;
}

function listRuns({ runs }: PrintedGate): readonly string[] {
  if (runs.length === 0) return [];
  const rows = runs.map((run) =>
    [run.status ?? run.state, run.suite, run.runId, run.score === null ? NO_VALUE : formatPercent(run.score), describeRole(run)].map(
      (cell) => toPlainLine(cell, 80),
    ),
  );
  return [
    'Runs',
    ...alignColumns([['verdict', 'suite', 'run', 'score', 'role'], ...rows], { right: new Set([3]) }).map((line) => `  ${line}`),
  ];
}

function listFindings({ findings, findingCount }: PrintedGate): readonly string[] {
  if (findings.length === 0) return [];
  const shown = sortWorstFirst(findings).slice(0, FINDING_ROWS);
  const rows = shown.map((finding) => {
    const [baseline = '', candidate = '', , worse = '', , tolerance = '', , q = ''] = toFigures(finding);
    return [
      finding.status,
      toPlainLine(finding.suite, 32),
      toPlainLine(toFindingName(finding), 64),
      baseline,
      candidate,
      worse,
      tolerance,
      q,
    ];
  });
  const table = alignColumns([['status', 'suite', 'finding', 'baseline', 'candidate', 'worse by', 'tolerance', 'q'], ...rows], {
    right: new Set([3, 4, 5, 6, 7]),
  });
  const left = findingCount - shown.length;
  return ['Findings', ...table.map((line) => `  ${line}`), ...(left > 0 ? [`  … and ${left} more, in the reports`] : [])];
}
