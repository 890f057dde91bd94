import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote, readDecimal } from '../../lexers/decimal.ts';
import { type DelimitedField, splitDelimited } from '../../lexers/delimited-line.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { BoundCollector } from './bound-collector.ts';
import { type ExecutionUnit, requireTask, requireUnit, type WcetFormat, warnOfUnfinished } from './wcet-format.ts';

/**
 * chronovise-app --csv-output: one row an analysis, the header only with --describe-csv. Source: captured output. The pWCET
 * stays even where the tool rejects its own fit (PPI_RESULT R) or a measured value is higher: both have to be seen.
 */
export const chronoviseCsvFormat: WcetFormat<'chronovise-csv'> = {
  id: 'chronovise-csv',
  kind: 'wcet',
  mode: 'whole',
  summary: 'rows of chronovise-app --csv-output, with or without the header of --describe-csv (task= and unit= required)',
  extraParameters: ['task'],
  detect: (head) => /^\uFEFF?(?:NR_SAMPLES,|The sample size is too low|\d+(?:,[^,\n]{1,40}){8},[PR](?:,[^,\n]{1,40}){4}\r?$)/m.test(head),
  parse: parseChronovise,
};

const COLUMNS =
  'NR_SAMPLES,KPSS_STAT,KPSS_CV,BDS_STAT,BDS_CV,RS_STAT,RS_CV,PPI_STAT,PPI_CV,PPI_RESULT,PWCET_MU,PWCET_SG,PWCET_XI,WCET10_M9'.split(',');
/** Execution time exceeded with probability 10^-9. */
const PWCET = /^WCET10_M([1-9]\d?)$/;
/** Tests that reject when the statistic is above its critical value: stationarity, independence, long memory. */
const TESTS = ['KPSS', 'BDS', 'RS'] as const;

type Row = { readonly columns: readonly string[]; readonly fields: readonly DelimitedField[]; readonly line: number };

function parseChronovise(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric'], tally);
  const opened = openText(text);
  const rows = readRows(opened);
  const task = requireTask(parameters, 'chronovise does not say it');
  const unit = requireUnit(parameters, 'chronovise does not say it');
  const bounds = new BoundCollector(parameters, tally);
  for (const [index, row] of rows.entries()) addRow(row, index + 1, { task, unit, bounds, tally });
  if (!opened.endsWith('\n')) warnOfUnfinished(rows.at(-1)?.line ?? 1, tally);
  return bounds.result();
}

function readRows(text: string): readonly Row[] {
  const rows: Row[] = [];
  let columns: readonly string[] = COLUMNS;
  let header = false;
  forEachLine(text, (line, number) => {
    if (line.trim() === '') return;
    const place = { line: number, column: 1 };
    if (line.startsWith('The sample size is too low'))
      throw new ParseError(
        'chronovise made no estimate: "The sample size is too low."; measure more, or send the samples as plain-list',
        place,
      );
    const fields = splitDelimited(line, ',', number);
    if (fields[0]?.text === 'NR_SAMPLES') {
      if (header || rows.length > 0) throw new ParseError('the header stands twice, or after a row', place);
      columns = fields.map((field) => field.text);
      if (new Set(columns).size < columns.length) throw new ParseError('a column of the header occurs twice', place);
      if (!columns.some((name) => PWCET.test(name)))
        throw new ParseError('no column is named WCET10_M<digits>: there is no pWCET to read', place);
      header = true;
      return;
    }
    if (fields.length !== columns.length) {
      const detail = `a row has ${fields.length} fields, not ${columns.length}: the file is cut off, or is no output of chronovise-app --csv-output`;
      throw new ParseError(detail, { line: number, column: fields.at(-1)?.column ?? 1 });
    }
    rows.push({ columns, fields, line: number });
  });
  if (rows.length === 0) throw new ParseError('there is a header but no row: chronovise made no estimate', { line: 1, column: 1 });
  return rows;
}

type Sink = { readonly task: string; readonly unit: ExecutionUnit; readonly bounds: BoundCollector; readonly tally: WarningTally };

/** Rows have no name: from the second on the place in the payload tells the analyses apart. */
function addRow(row: Row, ordinal: number, { task, unit, bounds, tally }: Sink): void {
  const { columns, fields, line } = row;
  const quality: Quality[] = [];
  const result = fieldOf(row, 'PPI_RESULT')?.text;
  if (result === 'R') {
    quality.push('rejected_by_tool');
    tally.add('rejected_by_tool', 'PPI_RESULT is R: chronovise rejects its own estimate, the pWCET is kept with a flag', line);
  } else if (result !== 'P') {
    throw new ParseError(`PPI_RESULT is ${quote(result ?? '')}, neither P nor R`, {
      line,
      column: fieldOf(row, 'PPI_RESULT')?.column ?? 1,
    });
  }
  for (const test of TESTS) {
    const statistic = readStatistic(row, `${test}_STAT`);
    const critical = readStatistic(row, `${test}_CV`);
    if (statistic === undefined || critical === undefined || statistic <= critical) continue;
    tally.add('not_iid', `the ${test} test of chronovise rejects the samples: they are not independent and identically distributed`, line);
  }
  for (const [index, name] of columns.entries()) {
    const digits = PWCET.exec(name)?.[1];
    const field = fields[index];
    if (digits === undefined || field === undefined) continue;
    const absent = /^[+-]?(?:nan|inf(?:inity)?)$/i.test(field.text);
    bounds.add({
      task,
      kind: 'pwcet',
      unit,
      text: absent ? null : field.text,
      nativeMetric: name,
      probability: Number(`1e-${digits}`),
      tool: 'chronovise',
      labels: ordinal === 1 ? {} : { analysis: String(ordinal) },
      quality: absent ? [...quality, 'not_a_number'] : quality,
      line,
      column: field.column,
    });
  }
}

function fieldOf({ columns, fields }: Row, name: string): DelimitedField | undefined {
  const index = columns.indexOf(name);
  return index < 0 ? undefined : fields[index];
}

/** A test's number; undefined when the test was not made, which chronovise prints as nan. */
function readStatistic(row: Row, name: string): number | undefined {
  const field = fieldOf(row, name);
  if (field === undefined || /^[+-]?(?:nan|inf(?:inity)?)$/i.test(field.text)) return undefined;
  const reading = readDecimal(field.text);
  if ('value' in reading) return reading.value;
  throw new ParseError(`${name} ${reading.refusal}`, { line: row.line, column: field.column });
}
