import { toBaseUnit } from '../../../wire/units.ts';
import { ParseError } from '../../format.ts';
import type { CsvRowScanner } from '../../lexers/csv-rows.ts';
import { type DecimalScale, decimalScale, quote } from '../../lexers/decimal.ts';

/**
 * Which table of `nsys stats` a header row begins, told by its columns: names of reports changed (gpukernsum became cuda_gpu_kern_sum) and do
 * not stand in files. Times carry their unit in the header, which --timeunit changes.
 */
export type TimeColumn = {
  readonly column: number;
  readonly name: string /** Undefined when nothing says the unit. */;
  readonly scale: DecimalScale | undefined;
};

type Common = { readonly report: string; readonly fieldCount: number; readonly name: number; readonly line: number };

/** A row an execution. */
export type TraceTable = Common & {
  readonly kind: 'trace';
  readonly start: TimeColumn;
  readonly duration: TimeColumn;
  readonly device: number | undefined;
};
/** A row a name, with count, sum and extremes. */
export type SummaryTable = Common & {
  readonly kind: 'summary';
  readonly count: number;
  readonly total: TimeColumn;
  readonly mean: TimeColumn | undefined;
  readonly minimum: TimeColumn | undefined;
  readonly maximum: TimeColumn | undefined;
  /** Columns that tell rows of one name apart. */
  readonly labels: readonly { readonly label: string; readonly column: number }[];
};
export type NsysTable = TraceTable | SummaryTable;

/** Column names without unit, as versions spell them → one name. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Average: 'Avg',
    Minimum: 'Min',
    Maximum: 'Max',
    'Time (%)': 'Time%',
    'Time(%)': 'Time%',
    Calls: 'Num Calls',
    CorrID: 'CorrId',
  }),
);
const NAMES = ['Name', 'Range', 'Operation'] as const;
const COUNTS = ['Instances', 'Num Calls', 'Count', 'Operations'] as const;
const NO_UNIT = '';

type Header = {
  readonly index: ReadonlyMap<string, number>;
  readonly units: ReadonlyMap<string, string>;
  readonly unit: string | undefined;
  readonly line: number;
};

/** `Avg (ns)` → Avg and ns; a name without parentheses has no unit. */
function splitUnit(cell: string): { readonly name: string; readonly unit: string } {
  const open = cell.lastIndexOf('(');
  if (open <= 0 || !cell.endsWith(')') || ALIASES.has(cell)) return { name: ALIASES.get(cell) ?? cell, unit: NO_UNIT };
  const name = cell.slice(0, open).trim();
  return { name: ALIASES.get(name) ?? name, unit: cell.slice(open + 1, -1).trim() };
}

/**
 * @param rows scanner on the row
 * @param unit of times whose column does not say it (old versions), as the caller spells it
 * @returns undefined when the row begins no table that is read
 * @throws ParseError when a column occurs twice or is in no unit of time
 */
export function readNsysHeader(rows: CsvRowScanner, unit: string | undefined, line: number): NsysTable | undefined {
  const index = new Map<string, number>();
  const units = new Map<string, string>();
  for (let column = 0; column < rows.fieldCount; column++) {
    const split = splitUnit(rows.field(column));
    if (index.has(split.name)) continue;
    index.set(split.name, column);
    units.set(split.name, split.unit);
  }
  const header: Header = { index, units, unit, line };
  const name = NAMES.map((wanted) => index.get(wanted)).find((column) => column !== undefined);
  if (name === undefined) return undefined;
  return readTrace(header, name, rows.fieldCount) ?? readSummary(header, name, rows.fieldCount);
}

function readTrace(header: Header, name: number, fieldCount: number): TraceTable | undefined {
  const start = timeColumn(header, 'Start');
  const duration = timeColumn(header, 'Duration');
  if (start === undefined || duration === undefined) return undefined;
  const { index, line } = header;
  return { kind: 'trace', report: traceReport(index), fieldCount, name, line, start, duration, device: index.get('Device') };
}

function traceReport(index: ReadonlyMap<string, number>): string {
  if (index.has('GrdX') || index.has('Strm')) return 'cuda_gpu_trace';
  if (index.has('NameTree') || index.has('RangeStack')) return 'nvtx_pushpop_trace';
  return index.has('Result') ? 'cuda_api_trace' : 'trace';
}

function readSummary(header: Header, name: number, fieldCount: number): SummaryTable | undefined {
  const { index, line } = header;
  const count = COUNTS.map((wanted) => index.get(wanted)).find((column) => column !== undefined);
  const total = timeColumn(header, 'Total Time');
  if (count === undefined || total === undefined) return undefined;
  const labels = [
    { label: 'grid', names: ['GridXYZ'] },
    { label: 'block', names: ['BlockXYZ'] },
  ].flatMap(({ label, names }) => {
    const column = names.map((wanted) => index.get(wanted)).find((found) => found !== undefined);
    return column === undefined ? [] : [{ label, column }];
  });
  const [mean, minimum, maximum] = ['Avg', 'Min', 'Max'].map((wanted) => timeColumn(header, wanted));
  return { kind: 'summary', report: summaryReport(index), fieldCount, name, line, count, total, mean, minimum, maximum, labels };
}

function summaryReport(index: ReadonlyMap<string, number>): string {
  if (index.has('Category')) return 'cuda_gpu_sum';
  if (index.has('GridXYZ')) return 'cuda_gpu_kern_gb_sum';
  if (index.has('Range') || index.has('Style')) return 'nvtx_sum';
  if (index.has('Operation')) return 'cuda_gpu_mem_time_sum';
  return index.has('Num Calls') ? 'api_sum' : 'cuda_gpu_kern_sum';
}

function timeColumn({ index, units, unit, line }: Header, name: string): TimeColumn | undefined {
  const column = index.get(name);
  if (column === undefined) return undefined;
  const printed = units.get(name);
  const symbol = printed === NO_UNIT ? unit : printed;
  if (symbol === undefined) return { column, name, scale: undefined };
  const base = toBaseUnit(symbol);
  if (base?.unit === 'ns') return { column, name, scale: decimalScale(base.factor) };
  throw new ParseError(`the column ${quote(name)} is in ${quote(symbol)}, which is no unit of time`, { line, column: 1 });
}
