import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { CsvRowScanner } from '../../lexers/csv-rows.ts';
import { readDecimal, readInteger } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { NO_LINE_END, openText } from '../../lexers/text.ts';
import type { SamplesRecord } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type CyclesColumns, readCyclesColumns, type ValueColumn } from './cycles-columns.ts';

/**
 * Measured execution times: CSV with a column `cycles` or `ns` or both, one row an activation, in the order of measurement. Order is kept:
 * tests for independence need it. Columns task and repetition tell series apart; path and input class travel with each activation.
 */
export const cyclesCsvFormat: Format = {
  id: 'cycles-csv',
  kind: 'wcet',
  mode: 'whole',
  summary: 'CSV with a header row and a column cycles or ns (task, path, input, repetition optional)',
  extraParameters: ['task', 'frequencyHz'],
  detect: isHeader,
  parse: parseCyclesCsv,
};

/** A first row of names, one of them cycles or ns: perf stat -x prints `1011437827,,cycles,…`, which is no header. */
function isHeader(head: string): boolean {
  const row = head.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  const names = row.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return names.some((name) => name === 'cycles' || name === 'ns') && !names.some((name) => /^[-+.]?\d/.test(name));
}

/** One task and repetition, with the values of each column and the path and input class of each row. */
type Group = {
  readonly task: string;
  readonly repetition: number;
  readonly line: number;
  readonly paths: string[];
  readonly inputs: string[];
  /** One list a value column, in the order of the rows. */
  readonly values: readonly number[][];
  /** Whether an integer of the column was not exactly a double. */
  readonly lost: boolean[];
};

function parseCyclesCsv(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const opened = openText(text);
  const rows = new CsvRowScanner();
  const attributes = readAttributes(parameters);
  let position = rows.next(opened, 0, 1, true);
  const columns = readCyclesColumns(rows, parameters, tally);
  const groups = new Map<string, Group>();
  for (let line = 1 + rows.lineCount; position < opened.length; line += rows.lineCount) {
    const start = position;
    position = rows.next(opened, position, line, true);
    if (position - start > LIMITS.lineCharacters)
      throw new ParseError(`a row has more than ${LIMITS.lineCharacters} characters`, { line, column: 1 });
    if (rows.fieldCount === 1 && rows.field(0) === '') continue;
    if (rows.fieldCount !== columns.count) refuseRow(rows, columns.count, position >= opened.length);
    if (rows.mayBeCut) tally.add('no_line_end', NO_LINE_END, line);
    addRow(opened, rows, columns, groups, parameters, line);
  }
  if (groups.size === 0) throw new ParseError('there is a header row but no values', { line: 1, column: 1 });
  for (const [index, column] of columns.values.entries()) assertCounts(column, index, groups);
  const records = [...groups.values()].flatMap((group) => toRecords(group, columns, attributes, parameters));
  return { records, warnings: tally.list() };
}

/** The stated frequency of the counter travels beside the series; cycles stay cycles. */
function readAttributes(parameters: PayloadParameters): Readonly<Record<string, string>> {
  const text = parameters.extra['frequencyHz'];
  if (text === undefined) return {};
  const reading = readDecimal(text);
  if ('value' in reading && reading.value > 0) return { frequencyHz: text };
  throw new ParseError(`frequencyHz=${text.slice(0, 40)} is not a number of hertz above 0`, { line: 1, column: 1 });
}

function refuseRow(rows: CsvRowScanner, expected: number, isLast: boolean): never {
  const cut =
    isLast && rows.fieldCount < expected ? '; the file is cut off, or was still being written' : '; quote fields that hold commas';
  throw new ParseError(
    `a row has ${rows.fieldCount} fields, the header has ${expected}${cut}`,
    rows.place(Math.min(rows.fieldCount, expected)),
  );
}

function addRow(
  text: string,
  rows: CsvRowScanner,
  columns: CyclesColumns,
  groups: Map<string, Group>,
  parameters: PayloadParameters,
  line: number,
): void {
  let key = '';
  for (const { name, column } of columns.keys) if (name === 'task' || name === 'repetition') key += `${rows.field(column)}\n`;
  let group = groups.get(key);
  if (group === undefined) {
    group = openGroup(rows, columns, parameters, line);
    groups.set(key, group);
  }
  for (const { name, column } of columns.keys) {
    if (name === 'path') group.paths.push(readClass(rows, column));
    if (name === 'input') group.inputs.push(readClass(rows, column));
  }
  for (let i = 0; i < columns.values.length; i++) {
    const column = columns.values[i];
    if (column === undefined) continue;
    const start = rows.start(column.column);
    const end = rows.end(column.column);
    // A plain number, nearly every cell, is read without the explanations of a refusal.
    const plain = parseDecimal(text.slice(start, end));
    const value = plain ?? readCell(rows, column);
    if (value < 0)
      throw new ParseError(
        `${column.name} is negative: time does not run backwards, a counter that wrapped must be corrected first`,
        rows.place(column.column),
      );
    group.values[i]?.push(value);
    if (end - start > 15 && isRounded(rows.field(column.column))) group.lost[i] = true;
  }
}

function isRounded(text: string): boolean {
  const reading = readDecimal(text);
  return 'value' in reading && reading.precisionLost;
}

function readCell(rows: CsvRowScanner, column: ValueColumn): number {
  const reading = readDecimal(rows.field(column.column));
  if ('value' in reading) return reading.value;
  throw new ParseError(`${column.name} ${reading.refusal}`, rows.place(column.column));
}

function openGroup(rows: CsvRowScanner, columns: CyclesColumns, parameters: PayloadParameters, line: number): Group {
  let task = columns.task;
  let { repetition } = parameters;
  for (const { name, column } of columns.keys) {
    const value = rows.field(column);
    if (name === 'repetition') {
      const number = readInteger(value, { least: 1, most: LIMITS.repetition });
      if (number === undefined)
        throw new ParseError(`repetition must be a whole number from 1 to ${LIMITS.repetition}`, rows.place(column));
      repetition = number;
    } else if (name === 'task') task = value;
  }
  if (task === undefined || task === '')
    throw new ParseError('the row does not say its task: fill the column task, or send task=', { line, column: 1 });
  return { task, repetition, line, paths: [], inputs: [], values: columns.values.map(() => []), lost: columns.values.map(() => false) };
}

/** A path or an input class by name. */
function readClass(rows: CsvRowScanner, column: number): string {
  const text = rows.field(column);
  if (text.length <= LIMITS.labelCharacters) return text;
  throw new ParseError(`a path or input class has more than ${LIMITS.labelCharacters} characters`, rows.place(column));
}

/**
 * rdcycle in user space reads 0 on Linux >= 6.6 unless a perf event owns the counter (riscv, kernel.perf_user_access=2): a column of zeros
 * is no measurement.
 */
function assertCounts(column: ValueColumn, index: number, groups: ReadonlyMap<string, Group>): void {
  for (const group of groups.values()) if (group.values[index]?.some((value) => value !== 0)) return;
  throw new ParseError(
    `${column.name} is 0 in every row: the counter did not run (rdcycle in user space reads 0 unless a perf event owns it); remove the column or measure again`,
    { line: 2, column: 1 },
  );
}

function toRecords(
  group: Group,
  columns: CyclesColumns,
  attributes: Readonly<Record<string, string>>,
  parameters: PayloadParameters,
): SamplesRecord[] {
  return columns.values.map(({ name, metric, unit }, index) => {
    const values = group.values[index] ?? [];
    const quality: Quality[] = [];
    const first = values[0];
    if (values.length > 1 && values.every((value) => value === first)) quality.push('constant_counter');
    if (group.lost[index] === true) quality.push('precision_lost');
    const series = declareSeries(
      {
        region: group.task,
        metric,
        nativeMetric: name,
        unit,
        valueKind: 'samples',
        labels: {},
        attributes: name === 'cycles' ? attributes : {},
        line: group.line,
      },
      parameters,
    );
    const { paths, inputs } = group;
    return { kind: 'samples', series, repetition: group.repetition, values, atNs: [], paths, inputs, quality, line: group.line };
  });
}
