import type { IngestRecord } from '../../../ingest/records.ts';
import type { Outcome } from './outcome.ts';
import type { Push, SampleRow } from './row.ts';

/** A file with what became of each way to push it. */
export type ReadRow = {
  readonly file: string;
  readonly row: SampleRow;
  readonly outcomes: readonly { readonly push: Push; readonly outcome: Outcome }[];
  /** For export requests: what lands, in words. */
  readonly exported: string | undefined;
  /** For documents: the words of the body's decoder when it is no text, and the formats that read it all the same. */
  readonly refusal: string | undefined;
  readonly strangers: readonly string[];
};

const ABSENT = '·';

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function countOf(records: readonly IngestRecord[]): string {
  const parts: string[] = [];
  const samples = records.filter((record) => record.kind === 'samples');
  if (samples.length > 0)
    parts.push(
      `${plural(
        samples.reduce((sum, { values }) => sum + values.length, 0),
        'sample',
      )} in ${plural(samples.length, 'record')}`,
    );
  const readings = records.filter((record) => record.kind === 'reading');
  const absent = readings.filter(({ value }) => value === null).length;
  if (readings.length > 0) parts.push(`${plural(readings.length, 'reading')}${absent === 0 ? '' : ` (${absent} absent)`}`);
  const histograms = records.filter((record) => record.kind === 'histogram');
  const counted = histograms.reduce((sum, { counts }) => sum + counts.reduce((total, count) => total + count, 0), 0);
  if (histograms.length > 0) parts.push(`${plural(histograms.length, 'histogram')} of ${counted}`);
  const summaries = records.filter((record) => record.kind === 'summary');
  if (summaries.length > 0)
    parts.push(
      `${summaries.length} ${summaries.length === 1 ? 'summary' : 'summaries'} of ${summaries.reduce((sum, { count }) => sum + count, 0)}`,
    );
  const events = records.filter((record) => record.kind === 'event');
  if (events.length > 0) parts.push(plural(events.length, 'event'));
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

function flagsOf(records: readonly IngestRecord[]): string {
  const counts = new Map<string, number>();
  for (const record of records)
    if (record.kind !== 'event') for (const flag of record.quality) counts.set(flag, (counts.get(flag) ?? 0) + 1);
  return tally(counts);
}

function codesOf(warnings: readonly { readonly code: string }[]): string {
  const counts = new Map<string, number>();
  for (const { code } of warnings) counts.set(code, (counts.get(code) ?? 0) + 1);
  return tally(counts);
}

function tally(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 0) return ABSENT;
  const sorted = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([name, count]) => (count === 1 ? name : `${name}×${count}`)).join(' ');
}

const queryOf = ({ query }: Push) =>
  Object.keys(query).length === 0
    ? ABSENT
    : Object.entries(query)
        .map(([name, value]) => `${name}=${value}`)
        .join('&');

/** The cells of one push; a last cell without a column of its own is as long as it is. */
function cellsOf(push: Push, outcome: Outcome): readonly string[] {
  const first = [push.to, queryOf(push), push.detected];
  if (outcome.is === 'refused') return [...first, `REFUSED ${outcome.text}`];
  if (outcome.is === 'environment') return [...first, `${JSON.stringify(outcome.environment)}  warnings: ${codesOf(outcome.warnings)}`];
  return [...first, countOf(outcome.records), `flags: ${flagsOf(outcome.records)}`, `warnings: ${codesOf(outcome.warnings)}`];
}

function linesOf({ file, row, outcomes, exported, refusal, strangers }: ReadRow): readonly (readonly string[])[] {
  const also = strangers.length === 0 ? [] : [['', `ALSO READ BY ${strangers.join(', ')}`]];
  if (row.is === 'otlp') return [[file, `POST /v1/${row.signal}  ${exported ?? ''}`], ...also];
  if (row.is === 'document') return [[file, `no payload: ${row.why}${refusal === undefined ? '' : `. REFUSED ${refusal}`}`], ...also];
  const name = row.layout ? `${file} (layout)` : file;
  return [...outcomes.map(({ push, outcome }, index) => [index === 0 ? name : '', ...cellsOf(push, outcome)]), ...also];
}

/** Cells that stand below each other start in one column; the last cell of a row may be as long as it is. */
function align(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((cells) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.flatMap((cells) => (column < cells.length - 1 ? [(cells[column] ?? '').length] : []))),
  );
  const pad = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)));
  return rows.map((cells) => pad(cells).join('  ').trimEnd()).join('\n');
}

const INTRODUCTION = `Every file of the collection of real tool output, and what becomes of it.

Columns: the file; the route and format it is pushed to; its query; what it is taken for without format= (itself, none, ambiguous);
then what lands, the quality flags of its records (×n: of n records) and the warnings of its receipt. REFUSED gives line, column and words.
"(layout)" marks files whose values nobody measured. Written by test/ingest/every-sample.test.ts with UPDATE_GOLDEN=1; read what changed.
`;

/** The golden page. */
export function renderPage(folders: readonly (readonly [folder: string, rows: readonly ReadRow[]])[]): string {
  const sections = folders.map(([folder, rows]) => `## ${folder}\n\n${align(rows.flatMap(linesOf))}\n`);
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}
