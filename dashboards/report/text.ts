import type { RunRecord } from '../../wire/run.ts';
import type { DifferingKey, Finding, Verdict, VerdictStatus } from '../../wire/verdict.ts';
import { formatCount, formatPercent, formatProbability, formatQuantity, NO_VALUE } from './quantities.ts';
import { countStatuses, describeCause, sortDiffering, sortWorstFirst, suggestNext } from './summary.ts';
import { toPlainLine } from './untrusted.ts';

export type VerdictReport = {
  readonly verdict: Verdict;
  readonly run: Pick<RunRecord, 'runId' | 'project' | 'suite' | 'kind' | 'subject' | 'environment'>;
};

export type TextOptions = {
  /** ANSI colours; the caller decides (terminal, NO_COLOR). */
  readonly colour?: boolean;
  /** Rows of the findings table, ≥ 0; the rest is counted. */
  readonly findingLimit?: number;
};

/** What each class of a differing key means to the reader. */
export const KEY_CLASSES = {
  class: 'must be equal to compare',
  change: 'may be the cause',
  condition: 'explains noise',
  identity: 'names the machine',
} as const satisfies Readonly<Record<DifferingKey['class'], string>>;

const COLOURS = { regression: 31, drift: 33, inconclusive: 35, improvement: 36, pass: 32 } as const satisfies Readonly<
  Record<VerdictStatus, number>
>;

/**
 * One verdict for a terminal: status and cause first, findings worst first, what differs, why, and what to try next. Ends in a line end.
 * Text from outside cannot move the cursor, colour anything or start a line.
 */
export function renderVerdictText({ verdict, run }: VerdictReport, { colour = false, findingLimit = 50 }: TextOptions = {}): string {
  const sections = [
    describeHeader({ verdict, run }, colour),
    listFindings(verdict, { colour, findingLimit }),
    section('Differs from the baseline', listDiffering(verdict)),
    section('Likely causes', listCauses(verdict)),
    section(
      'Reasons',
      verdict.reasons.map(({ code, detail }) => `${code}: ${toPlainLine(detail, 600)}`),
    ),
    section('What to try next', suggestNext(verdict)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** A status in capitals, in its colour when asked. */
export function paintStatus(status: VerdictStatus, text: string, colour: boolean): string {
  return colour ? `\u001b[1;${COLOURS[status]}m${text}\u001b[0m` : text;
}

/**
 * Rows in aligned columns, two spaces between; the first row is the header.
 * @param right indexes of columns that are flushed right (numbers)
 */
export function alignColumns(rows: readonly (readonly string[])[], { right }: { readonly right: ReadonlySet<number> }): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, [...cell].length);
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const gap = ' '.repeat((widths[i] ?? 0) - [...cell].length);
        return right.has(i) ? `${gap}${cell}` : `${cell}${gap}`;
      })
      .join('  ')
      .trimEnd(),
  );
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function describeHeader({ verdict, run }: VerdictReport, colour: boolean): readonly string[] {
  const { subject, environment } = run;
  const commit = subject.commit === undefined ? '' : ` (${subject.commit.slice(0, 12)})`;
  const baseline = verdict.baseline === null ? 'none' : `${verdict.baseline.id} ${verdict.baseline.digest.slice(0, 19)}`;
  const about = alignColumns(
    [
      ['run', `${run.runId}, ${run.kind}, suite ${run.suite} of ${run.project}`],
      ['machine', `${environment.hostname}, ${environment.isa}`],
      ['baseline', `${baseline} (${verdict.comparability.status})`],
      ['score', verdict.score === null ? NO_VALUE : formatPercent(verdict.score)],
      ['report', verdict.reportUrl],
    ].map((row) => row.map((cell) => toPlainLine(cell))),
    { right: new Set() },
  );
  return [
    `${paintStatus(verdict.status, verdict.status.toUpperCase(), colour)}  ${toPlainLine(`${subject.name} ${subject.version}${commit}`)}`,
    toPlainLine(describeCause(verdict), 600),
    '',
    ...about.map((line) => `  ${line}`),
  ];
}

/** Columns of the table of findings, in text and in Markdown, and which of them hold numbers. */
export const FINDING_COLUMNS = [
  'status',
  'metric',
  'region',
  'baseline',
  'candidate',
  'change',
  'worse by',
  '95 % interval',
  'tolerance',
  'detectable',
  'q',
  'n',
] as const;
export const NUMBER_COLUMNS: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 8, 9, 10, 11]);

function listFindings({ findings }: Verdict, { colour, findingLimit }: Required<TextOptions>): readonly string[] {
  if (findings.length === 0) return [];
  const sorted = sortWorstFirst(findings);
  const shown = sorted.slice(0, findingLimit);
  const table = alignColumns([FINDING_COLUMNS, ...shown.map(toRow)], { right: NUMBER_COLUMNS });
  const counts = countStatuses(findings)
    .map(({ status, count }) => `${count} ${status}`)
    .join(', ');
  const lines = table.map((line, i) => {
    const finding = i === 0 ? undefined : shown[i - 1];
    return `  ${finding === undefined ? line : paintStatus(finding.status, finding.status, colour) + line.slice(finding.status.length)}`;
  });
  const left = sorted.length - shown.length;
  return [
    `Findings: ${counts || 'none gated'}`,
    ...lines,
    ...(left > 0 ? [`  … and ${left} more, in the report`] : []),
    ...(shown.some((finding) => !finding.gated) ? ['  * does not count in the verdict'] : []),
  ];
}

function toRow(finding: Finding): readonly string[] {
  return [
    `${finding.status}${finding.gated ? '' : ' *'}`,
    toPlainLine(`${finding.metric}${finding.statistic === null ? '' : ` ${finding.statistic}`}`, 32),
    toPlainLine(`${finding.region}${describeLabels(finding)}`, 48),
    ...toFigures(finding),
  ];
}

/** The cells of a finding that are numbers, from `baseline` to `n`; the Markdown table shows the same. */
export function toFigures(finding: Finding): readonly string[] {
  const { deltaCi95, tolerance, unit } = finding;
  return [
    toPlainLine(formatQuantity(finding.baseline, unit), 32),
    toPlainLine(formatQuantity(finding.candidate, unit), 32),
    formatPercent(finding.change, { signed: true }),
    formatPercent(finding.delta, { signed: true }),
    deltaCi95 === null ? NO_VALUE : `${formatPercent(deltaCi95[0], { signed: true })} … ${formatPercent(deltaCi95[1], { signed: true })}`,
    tolerance === null ? NO_VALUE : `${formatPercent(tolerance.drift)} / ${formatPercent(tolerance.regression)}`,
    formatPercent(finding.minimumDetectableEffect),
    formatProbability(finding.qValue),
    `${formatCount(finding.sampleCount)} / ${formatCount(finding.repetitionCount)}`,
  ];
}

/** ` {gpu=0, link=3}` in the order of names, nothing without labels. */
export function describeLabels({ labels }: Finding): string {
  const names = Object.keys(labels).sort();
  return names.length === 0 ? '' : ` {${names.map((name) => `${name}=${labels[name]}`).join(', ')}}`;
}

/** Any JSON value of a differing key on one line. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return NO_VALUE;
  return toPlainLine(typeof value === 'string' ? value : JSON.stringify(value), 60);
}

function listDiffering({ comparability }: Verdict): readonly string[] {
  const rows = sortDiffering(comparability.differing).map((key) => [
    toPlainLine(key.key, 60),
    describeValue(key.baseline),
    '→',
    describeValue(key.candidate),
    KEY_CLASSES[key.class],
  ]);
  return alignColumns(rows, { right: new Set() });
}

function listCauses({ attribution }: Verdict): readonly string[] {
  return attribution.map(({ cause, evidence, share }) =>
    toPlainLine(`${cause}${share === null ? '' : ` (${formatPercent(share)} of the change)`}: ${evidence}`, 600),
  );
}
