import { ParseError } from '../../format.ts';
import { readInteger } from '../../lexers/decimal.ts';
import { forEachLine } from '../../lexers/text.ts';
import type { WarningTally } from '../warning-tally.ts';

/** One row: an event or metric, and what stands in the column of each hardware thread. */
export type LikwidRow = { readonly name: string; readonly counter: string; readonly values: readonly string[]; readonly line: number };

export type LikwidTable = {
  /** Undefined outside of marker regions. */
  readonly region: string | undefined;
  /** Number of the group, as printed. */
  readonly group: string;
  readonly groupName: string;
  readonly isRaw: boolean;
  readonly line: number;
  /** Hardware threads, in the order of the columns. */
  cpus: readonly string[];
  /** Of a marker region, by column. */
  calls: readonly number[];
  runtimes: readonly string[];
  readonly rows: LikwidRow[];
  /** Whether another group of the file has the same name. */
  isRepeatedGroup: boolean;
};

/** A line of the timeline mode (-t): values of one group, metric after metric, for each hardware thread. */
export type LikwidInterval = { readonly fields: readonly string[]; readonly line: number };
export type LikwidHeader = { readonly metrics: readonly string[]; readonly line: number };

export type LikwidFile = {
  readonly tables: LikwidTable[];
  readonly intervals: LikwidInterval[];
  readonly timelineCpus: readonly string[];
  readonly headers: readonly LikwidHeader[];
};

const TABLE = /^TABLE,(?:Region (.+),)?Group (\d+) (Raw|Metric)( STAT)?,([^,]*),(\d+),*$/;
const COLUMN = /^(?:HWThread|Core) (\d+)$/;
const INTERVAL = /^\d+[, ]\d+[, ]\d+[, ][\d.]+[, ]/;

/** The tables and intervals of an output; what the program printed in between is counted and left out. @throws ParseError */
export function readLikwidFile(text: string, tally: WarningTally): LikwidFile {
  const reader = new LikwidReader(tally);
  const endsWhole = text.endsWith('\n');
  let last = '';
  let lastNumber = 1;
  forEachLine(text, (line, number) => {
    reader.read(line, number);
    last = line;
    lastNumber = number;
  });
  // Padding behind the last value shows that it is whole.
  if (!endsWhole && reader.endsInRow && !last.endsWith(',')) {
    throw new ParseError('the last row has no line end, so its last value may have lost digits: send the whole output', {
      line: lastNumber,
      column: 1,
    });
  }
  return reader.end();
}

class LikwidReader {
  readonly #tally: WarningTally;
  readonly #tables: LikwidTable[] = [];
  readonly #intervals: LikwidInterval[] = [];
  readonly #headers: LikwidHeader[] = [];
  #timelineCpus: readonly string[] = [];
  #table: LikwidTable | undefined;
  #left = 0;
  #isSkipped = false;
  #isRow = false;

  constructor(tally: WarningTally) {
    this.#tally = tally;
  }

  /** Whether the line read last was a row of numbers. */
  get endsInRow(): boolean {
    return this.#isRow;
  }

  read(line: string, number: number): void {
    this.#isRow = false;
    if (line.startsWith('TABLE,') || line.startsWith('STRUCT,')) this.#open(line, number);
    else if (line.startsWith('# ')) this.#readHeader(line, number);
    else if (this.#table === undefined && this.#headers.length > 0 && INTERVAL.test(line)) {
      this.#intervals.push({ fields: line.split(/[, ]/).filter((field) => field !== ''), line: number });
      this.#isRow = true;
    } else if (this.#table === undefined || !this.#readRow(this.#table, line, number)) this.#readOther(line, number);
    else this.#isRow = true;
  }

  end(): LikwidFile {
    this.#close();
    for (const table of this.#tables) {
      table.isRepeatedGroup = this.#tables.some(({ groupName, group }) => groupName === table.groupName && group !== table.group);
    }
    return { tables: this.#tables, intervals: this.#intervals, timelineCpus: this.#timelineCpus, headers: this.#headers };
  }

  #open(line: string, number: number): void {
    this.#close();
    const [, region, group = '', kind, stat, groupName = '', rows = ''] = TABLE.exec(line) ?? [];
    this.#isSkipped = kind === undefined || stat !== undefined;
    if (this.#isSkipped) return;
    const isRaw = kind === 'Raw';
    const earlier = this.#tables.find((table) => table.region === region && table.group === group && table.isRaw === isRaw);
    if (earlier !== undefined)
      throw new ParseError(`the table of line ${earlier.line} comes again: push the output of each run by itself, with repetition=`, {
        line: number,
        column: 1,
      });
    this.#left = readInteger(rows, { least: 0, most: 100_000 }) ?? 0;
    this.#table = { region, group, groupName, isRaw, line: number, cpus: [], calls: [], runtimes: [], rows: [], isRepeatedGroup: false };
    this.#tables.push(this.#table);
  }

  #close(): void {
    const table = this.#table;
    if (table === undefined) return;
    throw new ParseError(`the table ends ${this.#left} rows early: the output was cut off, or rows of it were mixed with other output`, {
      line: table.line,
      column: 1,
    });
  }

  /** True when the line belongs to the table. */
  #readRow(table: LikwidTable, line: string, number: number): boolean {
    const fields = line.split(',');
    const [name = '', counter = ''] = fields;
    if (name === 'Region Info' || (name === 'Event' && counter === 'Counter') || name === 'Metric')
      return this.#readColumns(table, fields, number);
    const width = table.cpus.length;
    if (width === 0 || fields.length < width + 1) return false;
    const values = fields.slice(1, width + 1);
    if (name === 'RDTSC Runtime [s]' && table.rows.length === 0) table.runtimes = values;
    else if (name === 'call count' && table.rows.length === 0) table.calls = values.map((value) => readCalls(value, number));
    else return this.#readCounters(table, fields, number);
    return true;
  }

  #readCounters(table: LikwidTable, fields: readonly string[], number: number): boolean {
    const first = table.isRaw ? 2 : 1;
    const end = first + table.cpus.length;
    if (fields.length < end || (fields[0] ?? '') === '') return false;
    // A row is as wide as the table; more than padding behind it is another program's line.
    if (fields.slice(end).some((field) => field !== '')) return false;
    const [name = '', counter = ''] = fields;
    if (table.rows.some((row) => row.name === name && row.counter === (table.isRaw ? counter : '')))
      throw new ParseError(`the row ${name.slice(0, 60)} comes twice in one table`, { line: number, column: 1 });
    table.rows.push({ name, counter: table.isRaw ? counter : '', values: fields.slice(first, end), line: number });
    this.#left--;
    if (this.#left === 0) this.#table = undefined;
    return true;
  }

  #readColumns(table: LikwidTable, fields: readonly string[], number: number): boolean {
    const cpus = fields.flatMap((field) => COLUMN.exec(field)?.[1] ?? []);
    if (cpus.length === 0 || new Set(cpus).size < cpus.length)
      throw new ParseError('the columns of the table are no hardware threads (HWThread n, Core n)', { line: number, column: 1 });
    if (table.cpus.length > 0 && table.cpus.join() !== cpus.join())
      throw new ParseError('the columns of the table change inside of it', { line: number, column: 1 });
    table.cpus = cpus;
    return true;
  }

  #readHeader(line: string, number: number): void {
    const [, threads] = /^# (?:HWThreads|Cores): ([\d|]+)/.exec(line) ?? [];
    if (threads !== undefined) this.#timelineCpus = threads.split('|').filter((cpu) => cpu !== '');
    else if (line.startsWith('# GID|')) {
      this.#close();
      this.#headers.push({ metrics: line.slice(2).split('|').slice(4), line: number });
    }
  }

  #readOther(line: string, number: number): void {
    const isOwn = /^(-+|=+|\*+)?,*$/.test(line) || /^(CPU name|CPU type|CPU clock):/.test(line) || this.#isSkipped;
    if (isOwn) return;
    if (/^(WARN|WARNING|ERROR)\b/.test(line)) this.#tally.add('tool_warning', `likwid said: ${line.slice(0, 200)}`, number);
    else this.#tally.add('other_output', 'lines that the program printed itself were left out', number);
  }
}

function readCalls(text: string, line: number): number {
  const calls = readInteger(text, { least: 0, most: Number.MAX_SAFE_INTEGER });
  if (calls === undefined) throw new ParseError(`the call count '${text.slice(0, 40)}' is not a whole number`, { line, column: 1 });
  return calls;
}
