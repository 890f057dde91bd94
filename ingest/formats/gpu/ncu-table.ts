import { LIMITS } from '../../../wire/limits.ts';
import { ParseError } from '../../format.ts';
import { CsvRowScanner } from '../../lexers/csv-rows.ts';
import { quote } from '../../lexers/decimal.ts';
import { assertLineLength } from '../../lexers/text.ts';
import type { WarningTally } from '../warning-tally.ts';

/** One value that Nsight Compute printed of one launch, as text. */
export type NcuCell = {
  readonly kernel: string;
  /** Process and launch number: cells of one launch share it. */
  readonly launch: string;
  readonly device: string | undefined;
  /** Of the details page. */
  readonly section: string | undefined;
  readonly metric: string;
  readonly unit: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
};

type Header = { readonly names: readonly string[]; readonly index: ReadonlyMap<string, number>; readonly isRaw: boolean };
type RawUnits = readonly string[] | undefined;

const IS_HEADER = /^"?ID"?,/;
const ADVICE = 'send what ncu --csv printed, whole';

/**
 * Reads the details page (a row a metric) or the raw page (a row a launch, after a row of units). What the program and ncu print around the
 * table is skipped; ncu's errors and warnings are reported.
 * @throws ParseError when there is no table, or a row has another shape than the header
 */
export function readNcuCells(text: string, tally: WarningTally, visit: (cell: NcuCell) => void): void {
  const rows = new CsvRowScanner();
  let header: Header | undefined;
  let units: RawUnits;
  let line = 1;
  for (let position = 0; position < text.length; line += rows.lineCount) {
    if (!startsRow(text, position, header !== undefined)) {
      position = skipLine(text, position, line, tally, header !== undefined);
      rows.lineCount = 1;
      continue;
    }
    const start = position;
    position = rows.next(text, position, line, true);
    if (position - start > LIMITS.lineCharacters) {
      throw new ParseError(`a row has more than ${LIMITS.lineCharacters} characters`, { line, column: 1 });
    }
    if (rows.field(0) === 'ID') {
      header = readHeader(rows, line);
      units = undefined;
    } else if (header !== undefined) {
      assertFields(rows, header, line);
      if (!header.isRaw) visitDetails(rows, header, line, visit);
      else if (units === undefined) units = readUnits(rows, header, line);
      else visitRaw(rows, header, units, line, visit);
    }
  }
  if (header === undefined)
    throw new ParseError(`no line starts the table of ncu ("ID","Process ID",…): ${ADVICE}`, { line: 1, column: 1 });
}

function startsRow(text: string, position: number, inTable: boolean): boolean {
  const code = text.charCodeAt(position);
  if (inTable && code === 34) return true;
  return IS_HEADER.test(text.slice(position, position + 6));
}

/** Skips a line that is none of the table and gives the offset after it. */
function skipLine(text: string, position: number, line: number, tally: WarningTally, inTable: boolean): number {
  const end = text.indexOf('\n', position);
  const after = end < 0 ? text.length : end + 1;
  assertLineLength((end < 0 ? text.length : end) - position, line);
  const content = text.slice(position, Math.min(after, position + 200)).trim();
  if (/^==(?:ERROR|WARNING)==/.test(content)) tally.add('tool_message', `ncu says ${quote(content)}`, line);
  else if (inTable && content !== '' && !content.startsWith('==')) {
    tally.add('foreign_line', 'lines inside the table that are none of its rows were left out: output of the program?', line);
  }
  return after;
}

function readHeader(rows: CsvRowScanner, line: number): Header {
  const names = Array.from({ length: rows.fieldCount }, (_, column) => rows.field(column));
  const index = new Map<string, number>();
  for (const [column, name] of names.entries()) if (!index.has(name)) index.set(name, column);
  if (!index.has('Kernel Name')) throw new ParseError(`the table has no column Kernel Name: ${ADVICE}`, { line, column: 1 });
  const isRaw = !index.has('Metric Name');
  if (!isRaw && !(index.has('Metric Value') && index.has('Metric Unit'))) {
    throw new ParseError(`the table has no columns Metric Unit and Metric Value: ${ADVICE}`, { line, column: 1 });
  }
  if (isRaw && !names.some(isMetricColumn)) throw new ParseError('the table has no column of any metric', { line, column: 1 });
  return { names, index, isRaw };
}

/** Columns of the raw page that are metrics; the others say which launch a row is, or an NVTX range. */
function isMetricColumn(name: string): boolean {
  return /^[a-z0-9]+__[a-z0-9_.]+$/i.test(name);
}

function assertFields(rows: CsvRowScanner, { names }: Header, line: number): void {
  if (rows.fieldCount === names.length) return;
  throw new ParseError(`a row has ${rows.fieldCount} fields, the header has ${names.length}: the file was cut off or damaged; ${ADVICE}`, {
    line,
    column: 1,
  });
}

function readUnits(rows: CsvRowScanner, { names }: Header, line: number): readonly string[] {
  if (rows.field(0) === '') return names.map((_, column) => rows.field(column));
  throw new ParseError(`the row of units is missing below the header of the raw page: ${ADVICE}`, { line, column: 1 });
}

type Launch = Pick<NcuCell, 'kernel' | 'launch' | 'device'>;

function readLaunch(rows: CsvRowScanner, { index }: Header): Launch {
  const of = (name: string) => {
    const column = index.get(name);
    return column === undefined ? '' : rows.field(column);
  };
  const device = of('Device');
  return { kernel: of('Kernel Name'), launch: `${of('Process ID')} ${of('ID')}`, device: device === '' ? undefined : device };
}

function visitDetails(rows: CsvRowScanner, header: Header, line: number, visit: (cell: NcuCell) => void): void {
  const column = header.index.get('Metric Value') ?? 0;
  const metric = rows.field(header.index.get('Metric Name') ?? 0);
  // A row of a rule has text instead of a metric.
  if (metric === '') return;
  const section = header.index.get('Section Name');
  visit({
    ...readLaunch(rows, header),
    section: section === undefined ? undefined : rows.field(section),
    metric,
    unit: rows.field(header.index.get('Metric Unit') ?? 0),
    text: rows.field(column),
    line,
    column: rows.place(column).column,
  });
}

function visitRaw(rows: CsvRowScanner, header: Header, units: readonly string[], line: number, visit: (cell: NcuCell) => void): void {
  const launch = readLaunch(rows, header);
  for (const [column, metric] of header.names.entries()) {
    if (!isMetricColumn(metric)) continue;
    const text = rows.field(column);
    if (text === '') continue;
    visit({ ...launch, section: undefined, metric, unit: units[column] ?? '', text, line, column: rows.place(column).column });
  }
}
