import { ParseError, type PayloadParameters } from '../../format.ts';
import { quote, readDecimal } from '../../lexers/decimal.ts';
import { readDelimiter } from '../../lexers/delimited-line.ts';
import { CYCLES, type ExecutionUnit, findTask, NANOSECONDS, requireUnit } from './wcet-format.ts';

/** What the caller says of the columns of a CSV that is not ours. */
export type ColumnMapping = {
  readonly delimiter: string;
  /** The task of every row, when no column names it. */
  readonly task: string | undefined;
  readonly taskColumn: string | undefined;
  readonly pathColumn: string | undefined;
  readonly inputColumn: string | undefined;
  readonly repetitionColumn: string | undefined;
  readonly measured: readonly { readonly column: string; readonly unit: ExecutionUnit }[];
  readonly bounds: readonly { readonly column: string; readonly unit: ExecutionUnit; readonly kind: 'budget' | 'static' | 'pwcet' }[];
  readonly probability: number | undefined;
  readonly tool: string;
  readonly attributes: Readonly<Record<string, string>>;
};

const BOUND_KINDS = ['budget', 'static', 'pwcet'] as const;
const START = { line: 1, column: 1 };

/** @throws ParseError when no column holds values, one column is mapped twice, or task, unit or probability are missing */
export function readMapping(parameters: PayloadParameters): ColumnMapping {
  const { extra } = parameters;
  const columnOf = (name: string) => extra[`column.${name}`];
  const value = columnOf('value');
  const stated = BOUND_KINDS.flatMap((kind) => {
    const column = columnOf(kind);
    return column === undefined ? [] : [{ kind, column }];
  });
  const declared = value === undefined && stated.length === 0 ? undefined : requireUnit(parameters, 'of column.value and of bounds');
  const cycles = columnOf('cycles');
  const ns = columnOf('ns');
  const measured = [
    ...(cycles === undefined ? [] : [{ column: cycles, unit: CYCLES }]),
    ...(ns === undefined ? [] : [{ column: ns, unit: NANOSECONDS }]),
    ...(value === undefined || declared === undefined ? [] : [{ column: value, unit: declared }]),
  ];
  const bounds = declared === undefined ? [] : stated.map((bound) => ({ ...bound, unit: declared }));
  if (measured.length === 0 && bounds.length === 0) {
    const advice = 'send column.cycles=, column.ns=, or column.value= with unit=; bounds are column.budget=, column.static=, column.pwcet=';
    throw new ParseError(`no column is said to hold values: ${advice}`, START);
  }
  if (new Set(measured.map(({ unit }) => unit.metric)).size < measured.length)
    throw new ParseError('two columns are said to hold the same metric; map one of them', START);
  return {
    delimiter: readDelimiter(extra['delimiter']) ?? ',',
    ...readTaskOrColumn(parameters),
    pathColumn: columnOf('path'),
    inputColumn: columnOf('input'),
    repetitionColumn: columnOf('repetition'),
    measured,
    bounds,
    probability: readProbability(
      extra['probability'],
      stated.some(({ kind }) => kind === 'pwcet'),
    ),
    tool: extra['tool'] ?? 'mapped-csv',
    attributes: readFrequency(extra['frequencyHz']),
  };
}

function readTaskOrColumn(parameters: PayloadParameters): Pick<ColumnMapping, 'task' | 'taskColumn'> {
  const task = findTask(parameters);
  const taskColumn = parameters.extra['column.task'];
  if ((task === undefined) !== (taskColumn === undefined)) return { task, taskColumn };
  const problem = task === undefined ? 'nothing says which task was measured' : 'the task is said twice';
  throw new ParseError(`${problem}: send column.task=, or task= for all rows`, START);
}

function readProbability(text: string | undefined, needed: boolean): number | undefined {
  if (text === undefined && !needed) return undefined;
  const reading = readDecimal(text ?? '');
  if (needed && 'value' in reading && reading.value > 0 && reading.value < 1) return reading.value;
  const detail = needed
    ? `column.pwcet= needs probability= between 0 and 1, such as 1e-9, not ${quote(text ?? '')}`
    : 'probability= goes with column.pwcet= only';
  throw new ParseError(detail, START);
}

/** The stated frequency of the counter travels beside the series; cycles stay cycles. */
function readFrequency(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  const reading = readDecimal(text);
  if ('value' in reading && reading.value > 0) return { frequencyHz: text };
  throw new ParseError(`frequencyHz=${quote(text)} is not a number of hertz above 0`, START);
}
