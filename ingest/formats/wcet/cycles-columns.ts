import { ParseError, type PayloadParameters } from '../../format.ts';
import type { CsvRowScanner } from '../../lexers/csv-rows.ts';
import type { WarningTally } from '../warning-tally.ts';

/** The header row of cycles-csv: which columns hold values, which tell series apart. */

const VALUES = [
  { name: 'cycles', metric: 'execution.cycles', unit: '{cycle}' },
  { name: 'ns', metric: 'execution.time', unit: 'ns' },
] as const;
const KEYS = ['task', 'path', 'input', 'repetition'] as const;

export type ValueColumn = (typeof VALUES)[number] & { readonly column: number };
export type KeyColumn = { readonly name: (typeof KEYS)[number]; readonly column: number };

export type CyclesColumns = {
  readonly count: number;
  readonly values: readonly ValueColumn[];
  readonly keys: readonly KeyColumn[];
  /** The task of every row, when there is no column for it. */
  readonly task: string | undefined;
};

/** @throws ParseError when no column holds values, a name occurs twice, or nothing says the task */
export function readCyclesColumns(rows: CsvRowScanner, parameters: PayloadParameters, tally: WarningTally): CyclesColumns {
  const columns = new Map<string, number>();
  for (let column = 0; column < rows.fieldCount; column++) {
    const name = rows.field(column);
    if (columns.has(name)) throw new ParseError(`the column '${name.slice(0, 40)}' occurs twice`, rows.place(column));
    columns.set(name, column);
  }
  const values = VALUES.flatMap((value) => columnOf(value, columns));
  if (values.length === 0) {
    const names = [...columns.keys()].join(', ').slice(0, 100);
    throw new ParseError(
      `no column is named cycles or ns: the first row (${names}) must name the columns; convert other units to ns first`,
      { line: 1, column: 1 },
    );
  }
  const keys = KEYS.flatMap((name) => columnOf({ name }, columns));
  for (const [name, column] of columns) {
    if (values.some((value) => value.column === column) || keys.some((key) => key.column === column)) continue;
    tally.add(
      'ignored_column',
      `the column '${name.slice(0, 40)}' was left out: only task, path, input and repetition are read beside the values`,
      1,
    );
  }
  return { count: rows.fieldCount, values, keys, task: readTask(columns, parameters) };
}

function columnOf<T extends { readonly name: string }>(
  wanted: T,
  columns: ReadonlyMap<string, number>,
): (T & { readonly column: number })[] {
  const column = columns.get(wanted.name);
  return column === undefined ? [] : [{ ...wanted, column }];
}

function readTask(columns: ReadonlyMap<string, number>, parameters: PayloadParameters): string | undefined {
  const task = parameters.extra['task'] ?? parameters.region;
  if (columns.has('task')) {
    if (task === undefined) return undefined;
    throw new ParseError('the task is said twice: by the column task and by task= (or region=); leave one out', { line: 1, column: 1 });
  }
  if (task !== undefined && task !== '') return task;
  throw new ParseError('nothing says which task was measured: send task= or a column task', { line: 1, column: 1 });
}
