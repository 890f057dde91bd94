import type { Finding, Verdict } from '../../wire/verdict.ts';
import { formatPercent } from './quantities.ts';
import { countNoun, countStatuses, describeCause, sortDiffering, sortWorstFirst, suggestNext } from './summary.ts';
import { describeLabels, describeValue, FINDING_COLUMNS, KEY_CLASSES, NUMBER_COLUMNS, toFigures, type VerdictReport } from './text.ts';
import { toMarkdownCell, toMarkdownCode, toMarkdownLink, toMarkdownText } from './untrusted.ts';

/** Rows a reader sees at once, and rows in the folded list: a comment on GitHub holds 65,536 characters. */
const OPEN_ROWS = 10;
const FOLDED_ROWS = 50;
const LIST_ITEMS = 20;

/**
 * One verdict as a comment on a pull request: status and cause, the worst findings open, everything longer folded. Text from outside can
 * neither leave its cell nor mention anybody nor link anywhere. Ends in a line end.
 */
export function renderVerdictMarkdown({ verdict, run }: VerdictReport): string {
  const { subject } = run;
  const commit = subject.commit === undefined ? '' : ` at ${toMarkdownCode(subject.commit.slice(0, 12))}`;
  const blocks = [
    `### Plumbline: ${verdict.status}`,
    `**${toMarkdownText(describeCause(verdict))}**`,
    `${toMarkdownCode(`${subject.name} ${subject.version}`)}${commit}, suite ${toMarkdownCode(run.suite)} on ${toMarkdownCode(run.environment.hostname)} (${toMarkdownCode(run.environment.isa)}), compared with ${describeBaseline(verdict)}.`,
    ...listFindings(verdict),
    fold('Differs from the baseline', listDiffering(verdict)),
    listLines(
      'Likely causes',
      verdict.attribution.map(
        ({ cause, evidence, share }) =>
          `${toMarkdownText(cause)}${share === null ? '' : ` (${formatPercent(share)} of the change)`}: ${toMarkdownText(evidence)}`,
      ),
    ),
    listLines(
      'Reasons',
      verdict.reasons.map(({ code, detail }) => `${toMarkdownCode(code)}: ${toMarkdownText(detail)}`),
    ),
    listLines(
      'What to try next',
      suggestNext(verdict).map((step) => toMarkdownText(step)),
    ),
    `${toMarkdownLink('Report', verdict.reportUrl)} · run ${toMarkdownCode(run.runId)} · verdict ${toMarkdownCode(verdict.id)}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/**
 * A Markdown table; cells must be safe already.
 * @param rows the first is the header
 */
export function toMarkdownTable(rows: readonly (readonly string[])[], { right }: { readonly right: ReadonlySet<number> }): string {
  const [header = [], ...body] = rows;
  const rule = header.map((_, i) => (right.has(i) ? '--:' : '---'));
  return [header, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** A block folded under a summary; nothing for an empty block. */
export function fold(summary: string, block: string): string {
  return block === '' ? '' : `<details><summary>${summary}</summary>\n\n${block}\n\n</details>`;
}

/** A titled list of safe lines, cut after twenty; nothing for an empty list. */
export function listLines(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length - LIST_ITEMS;
  return [`**${title}**`, '', ...lines.slice(0, LIST_ITEMS).map((line) => `- ${line}`), ...(more > 0 ? [`- … and ${more} more`] : [])].join(
    '\n',
  );
}

function describeBaseline({ baseline, comparability }: Verdict): string {
  return baseline === null ? 'no baseline' : `baseline ${toMarkdownCode(baseline.id)} (${comparability.status})`;
}

/** The open table and the folded one. */
function listFindings({ findings }: Verdict): readonly string[] {
  if (findings.length === 0) return [];
  const sorted = sortWorstFirst(findings);
  const worth = sorted.filter((finding) => finding.gated && finding.status !== 'pass');
  const open = worth.slice(0, OPEN_ROWS);
  const rest = sorted.filter((finding) => !open.includes(finding));
  const folded = rest.slice(0, FOLDED_ROWS);
  const counts = countStatuses(findings)
    .map(({ status, count }) => `${count} ${status}`)
    .join(', ');
  const left = rest.length > folded.length ? `\n\n… and ${rest.length - folded.length} more, in the report.` : '';
  return [
    `Findings: ${counts || 'none gated'}.`,
    open.length === 0 ? '' : toFindingTable(open),
    rest.length === 0 ? '' : fold(countNoun(rest.length, 'more finding'), `${toFindingTable(folded)}${left}`),
  ];
}

/** The table of findings, as verdicts and gates show it. */
export function toFindingTable(findings: readonly Finding[]): string {
  return toMarkdownTable([FINDING_COLUMNS, ...findings.map(toRow)], { right: NUMBER_COLUMNS });
}

function toRow(finding: Finding): readonly string[] {
  return [
    `${finding.status}${finding.gated ? '' : ' (not gated)'}`,
    toMarkdownCell(`${finding.metric}${finding.statistic === null ? '' : ` ${finding.statistic}`}`, 48),
    toMarkdownCell(`${finding.region}${describeLabels(finding)}`),
    // Quantities carry a unit, and a unit such as `{a|b}` cannot exist, but a figure costs nothing to escape.
    ...toFigures(finding).map((figure) => toMarkdownText(figure)),
  ];
}

function listDiffering({ comparability }: Verdict): string {
  const differing = sortDiffering(comparability.differing);
  if (differing.length === 0) return '';
  const rows = differing
    .slice(0, FOLDED_ROWS)
    .map((key) => [
      toMarkdownCell(key.key),
      toMarkdownCell(describeValue(key.baseline)),
      toMarkdownCell(describeValue(key.candidate)),
      KEY_CLASSES[key.class],
    ]);
  const left = differing.length > rows.length ? `\n\n… and ${differing.length - rows.length} more, in the report.` : '';
  return `${toMarkdownTable([['key', 'baseline', 'candidate', 'meaning'], ...rows], { right: new Set() })}${left}`;
}
