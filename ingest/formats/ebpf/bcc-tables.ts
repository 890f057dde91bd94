import { toBaseUnit } from '../../../wire/units.ts';
import { type DecimalScale, decimalScale, readDecimal } from '../../lexers/decimal.ts';
import { readUnitWord } from './bcc-names.ts';
import { addExact, toInteger } from './bpftrace-buckets.ts';
import type { Integer } from './bpftrace-maps.ts';

/** Tables of syscount, softirqs and hardirqs: a name and one or two numbers a row. */
export type BccTable = {
  readonly of: 'syscall' | 'process' | 'softirq' | 'hardirq';
  readonly hasCount: boolean;
  /** Scale of the last column; undefined when there is no time. */
  readonly timeScale: DecimalScale | undefined;
};

/** `SYSCALL COUNT TIME (us)`, `PID COMM COUNT`, `SOFTIRQ TOTAL_usecs`; undefined for other lines. */
export function readTableHeader(text: string): BccTable | undefined {
  const syscalls = /^(SYSCALL|PID +COMM) +COUNT(?: +TIME \((us|ms)\))?$/.exec(text);
  if (syscalls !== null) {
    const timeScale = scaleOf(syscalls[2]);
    return { of: syscalls[1] === 'SYSCALL' ? 'syscall' : 'process', hasCount: true, timeScale };
  }
  const interrupts = /^(SOFT|HARD)IRQ +TOTAL_([a-z]+)$/.exec(text);
  if (interrupts === null) return undefined;
  const of = interrupts[1] === 'SOFT' ? 'softirq' : 'hardirq';
  if (interrupts[2] === 'count') return { of, hasCount: true, timeScale: undefined };
  const unit = readUnitWord(interrupts[2] ?? '');
  return unit === undefined || unit.unit !== 'ns' ? undefined : { of, hasCount: false, timeScale: decimalScale(unit.factor) };
}

function scaleOf(symbol: string | undefined): DecimalScale | undefined {
  const unit = symbol === undefined ? undefined : toBaseUnit(symbol);
  return unit === undefined ? undefined : decimalScale(unit.factor);
}

export type BccTableRow = { readonly name: string; readonly count: Integer; readonly timeNs: number };

/** A row of such a table; undefined when the line is none. Names may hold spaces (`[unknown: 321]`). */
export function readTableRow(text: string, table: BccTable): BccTableRow | undefined {
  const words = text.split(/\s+/);
  let timeNs = 0;
  let count: Integer = 0;
  if (table.timeScale !== undefined) {
    const printed = words.pop() ?? '';
    // syscount prints three decimals, the interrupt tables integers: anything else is cut off.
    const reading = (table.hasCount ? /^\d{1,15}\.\d{3}$/ : /^\d{1,15}$/).test(printed) ? readDecimal(printed, table.timeScale) : undefined;
    if (reading === undefined || !('value' in reading)) return undefined;
    timeNs = reading.value;
  }
  if (table.hasCount) {
    const printed = words.pop() ?? '';
    const integer = /^\d{1,20}$/.test(printed) ? toInteger(printed) : undefined;
    if (integer === undefined) return undefined;
    count = integer;
  }
  if (table.of === 'process' && !/^\d+$/.test(words.shift() ?? '')) return undefined;
  const name = words.join(' ');
  // A process may have an empty name, a system call or interrupt not.
  return name === '' && table.of !== 'process' ? undefined : { name: name === '' ? '(unnamed)' : name, count, timeNs };
}

/** The rows of one name, added over the intervals that a tool printed. */
export type BccTotals = { readonly table: BccTable; readonly count: Integer; readonly timeNs: number; readonly line: number };

export function addTotals(totals: BccTotals | undefined, row: BccTableRow, table: BccTable, line: number): BccTotals {
  if (totals === undefined) return { table, count: row.count, timeNs: row.timeNs, line };
  return { ...totals, count: addExact(totals.count, row.count), timeNs: totals.timeNs + row.timeNs };
}
