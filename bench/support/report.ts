import { cpus, totalmem } from 'node:os';

/** The tables the benchmarks print, and whether their budgets were kept. */

type Cell = string | number;

/** One line on what it was measured with. */
export function describeMachine(): string {
  const all = cpus();
  return `machine: ${all.length} × ${all[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
}

/** Prints a Markdown table whose columns are aligned. */
export function printTable(header: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const texts = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)));
  const toLine = (row: readonly string[]) =>
    `| ${row.map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const [first = [], ...others] = texts;
  console.log([toLine(first), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...others.map(toLine)].join('\n'));
}

/** A figure against its budget. */
export type Budget = { readonly what: string; readonly measured: number; readonly unit: string } & (
  | { readonly atLeast: number }
  | { readonly atMost: number }
);

const isKept = (budget: Budget) => ('atLeast' in budget ? budget.measured >= budget.atLeast : budget.measured <= budget.atMost);

/** Prints which budgets are kept, and makes the process end with code 1 when one is not. */
export function concludeBudgets(budgets: readonly Budget[]): void {
  for (const budget of budgets) {
    const bound = 'atLeast' in budget ? `≥ ${budget.atLeast}` : `≤ ${budget.atMost}`;
    console.log(
      `${isKept(budget) ? 'kept  ' : 'MISSED'} ${budget.what}: ${budget.measured.toPrecision(3)} ${budget.unit} (budget ${bound} ${budget.unit})`,
    );
  }
  if (!budgets.every(isKept)) process.exitCode = 1;
}

/** The middle value; the upper one of two. @param values at least one */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new RangeError('median: no values');
  return middle;
}

export const toMillions = (count: number) => (count / 1e6).toFixed(2);
export const toMegabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
