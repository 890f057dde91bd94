import { LIMITS } from '../../../wire/limits.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { CsvRowScanner } from '../../lexers/csv-rows.ts';
import { quote, readInteger } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { detach, StreamText } from '../../lexers/stream-text.ts';
import type { IngestRecord } from '../../records.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots, type Slot } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { regionOfName } from './kernel-name.ts';
import { type NsysTable, readNsysHeader, type SummaryTable, type TimeColumn, type TraceTable } from './nsys-tables.ts';

/**
 * `nsys stats -f csv`: tables one after another with messages between them. Of a trace every execution is a duration sample of its kernel,
 * range or function, in the order of the starts; of a summary each name is one summary. The label report keeps both apart, and
 * collector=nsys keeps them apart from other profilers.
 */
export const nsysCsvFormat = {
  id: 'nsys-csv' as const,
  kind: 'gpu',
  mode: 'stream',
  summary: 'nsys stats -f csv -r cuda_gpu_kern_sum,cuda_gpu_trace report.nsys-rep',
  extraParameters: [],
  detect: (head) => {
    const text = head.replace(/^\uFEFF/, '');
    return HEADER_LINE.test(text) || /^Processing \[[^\n]{1,1000}\] with \[/m.test(text);
  },
  open: (parameters) => new NsysStream(parameters),
} satisfies FormatDraft;

const HEADER_LINE = /^"?(?:Time ?\(%\)|Start ?\([A-Za-zµμ]{1,10}\))"?,/m;
/** What nsys prints between tables. */
const MESSAGE = /^(?:\s|Processing \[|NOTICE|Generating |SKIPPED|Using |Exporting|\*\*)|^$/;
const TROUBLE = /^(?:SKIPPED|ERROR|WARNING|FATAL|Error|Warning)/;
const ADVICE = 'send what nsys stats -f csv printed, whole';

class NsysStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #slots: SeriesSlots;
  readonly #text = new StreamText();
  readonly #rows = new CsvRowScanner();
  /** `other` for a table that is not read. */
  #table: NsysTable | 'other' | undefined;
  #line = 1;
  #summaries: IngestRecord[] = [];
  #rowCount = 0;
  #hasTable = false;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    warnOfUnused(parameters, ['metric', 'region'], this.#tally);
    this.#slots = new SeriesSlots(parameters, { isTimeSeries: false });
  }

  push(chunk: string) {
    const text = this.#text.add(chunk);
    if (text !== undefined) this.#text.keep(this.#read(text, false));
    return this.#take();
  }

  end() {
    this.#read(this.#text.rest(), true);
    if (this.#rowCount === 0) {
      const found = this.#hasTable ? 'a header but no whole row below it' : 'no table of kernels, ranges or functions with their times';
      throw new ParseError(`there is ${found}: ${ADVICE}`, { line: 1, column: 1 });
    }
    return [...this.#take(), ...this.#slots.finish()];
  }

  warnings() {
    return this.#tally.list();
  }

  #take(): readonly IngestRecord[] {
    const records = [...this.#summaries, ...this.#slots.take()];
    this.#summaries = [];
    return records;
  }

  /** Reads all complete lines and rows and gives the offset where the incomplete one begins. */
  #read(text: string, final: boolean): number {
    let from = 0;
    while (from < text.length) {
      const end = text.indexOf('\n', from);
      const lineEnd = end < 0 ? text.length : end;
      if (lineEnd - from > LIMITS.lineCharacters) this.#refuse(`a line has more than ${LIMITS.lineCharacters} characters`);
      if (end < 0 && !final) return from;
      const line = text.slice(from, lineEnd).trimEnd();
      const isMessage = MESSAGE.test(line) || HEADER_LINE.test(line) || this.#table === undefined || this.#table === 'other';
      const next = isMessage ? lineEnd + 1 : this.#rows.next(text, from, this.#line, final);
      if (next === -1) return this.#incomplete(text, from);
      if (isMessage) this.#readLine(line);
      else this.#readRow();
      this.#line += isMessage ? 1 : this.#rows.lineCount;
      from = next;
    }
    return from;
  }

  /** A row that goes on in the next piece; one that never ends is refused before it fills memory. */
  #incomplete(text: string, from: number): number {
    if (text.length - from > LIMITS.lineCharacters) this.#refuse(`a row has more than ${LIMITS.lineCharacters} characters`);
    return from;
  }

  #readLine(line: string): void {
    if (line.includes('\0')) this.#refuse('the payload is binary, not text');
    const isTable = line.split(',', 3).length === 3;
    if (HEADER_LINE.test(line)) {
      this.#rows.next(line, 0, this.#line, true);
      this.#table = readNsysHeader(this.#rows, this.#parameters.unit, this.#line) ?? 'other';
      this.#hasTable ||= this.#table !== 'other';
      if (this.#table === 'other') this.#warnOther(line);
    } else if (MESSAGE.test(line) || TROUBLE.test(line)) {
      this.#table = undefined;
      if (TROUBLE.test(line)) this.#tally.add('tool_message', `nsys says ${quote(line)}`, this.#line);
    } else if (this.#table === undefined && isTable) {
      if (/^"?-?\d/.test(line)) this.#refuse('a row comes before the header of its table');
      this.#table = 'other';
      this.#warnOther(line);
    }
  }

  #warnOther(line: string): void {
    this.#tally.add('unknown_table', `a table was left out, its columns are none that is read: ${quote(line)}`, this.#line);
  }

  #readRow(): void {
    const table = this.#table;
    const rows = this.#rows;
    if (table === undefined || table === 'other') return;
    if (!rows.terminated) {
      this.#tally.add('unterminated_row', 'the last row has no line end, so its name may be cut off; the row was left out', this.#line);
      return;
    }
    if (rows.fieldCount !== table.fieldCount) {
      this.#refuse(`a row has ${rows.fieldCount} fields, the header in line ${table.line} has ${table.fieldCount}: the file is damaged`);
    }
    this.#rowCount++;
    if (table.kind === 'trace') this.#readExecution(table);
    else this.#readSummary(table);
  }

  #readExecution(table: TraceTable): void {
    const device = table.device === undefined ? '' : this.#rows.field(table.device);
    const slot = this.#slotOf(table, device, []);
    const text = this.#rows.field(table.duration.column);
    if (text === '') {
      this.#tally.add('missing_value', `executions without a duration were left out of ${table.report}`, this.#line);
      this.#slots.add(slot, { value: null, quality: ['not_counted'] }, this.#line);
      return;
    }
    this.#slots.add(slot, { value: this.#time(table.duration), quality: [] }, this.#line, this.#time(table.start));
  }

  #readSummary(table: SummaryTable): void {
    const rows = this.#rows;
    const count = readInteger(rows.field(table.count), { least: 0, most: Number.MAX_SAFE_INTEGER });
    if (count === undefined) this.#refuse(`the number of executions is ${quote(rows.field(table.count))}, no whole number`, table.count);
    const slot = this.#slotOf(table, '', table.labels);
    if (slot.count++ > 0) this.#tally.add('name_twice', 'a name comes twice in a summary: both rows are kept', this.#line);
    this.#summaries.push({
      kind: 'summary',
      series: slot.series,
      repetition: this.#parameters.repetition,
      count,
      sum: this.#time(table.total),
      mean: this.#timeOrNull(table.mean),
      minimum: this.#timeOrNull(table.minimum),
      maximum: this.#timeOrNull(table.maximum),
      quality: [],
      line: this.#line,
    });
  }

  #slotOf(table: NsysTable, device: string, columns: SummaryTable['labels']): Slot {
    const name = this.#rows.field(table.name);
    const own = columns.map(({ label, column }) => [label, this.#rows.field(column)] as const);
    const key = `${table.report}\n${device}\n${name}\n${own.join('\n')}`;
    const known = this.#slots.find(key);
    if (known !== undefined) return known;
    const { region, cutFrom } = regionOfName(name === '' ? '<unnamed>' : detach(name));
    if (cutFrom !== undefined)
      this.#tally.add('name_cut', 'names that are too long for a region were cut and marked with a hash', this.#line);
    // `NVIDIA Thor (0)`: the number tells GPUs of one machine apart, the model describes it.
    const gpu = /\((\d{1,6})\)$/.exec(device)?.[1] ?? device;
    return this.#slots.open(key, {
      region,
      metric: 'duration',
      nativeMetric: table.kind === 'trace' ? 'Duration' : 'Total Time',
      unit: 'ns',
      valueKind: table.kind === 'trace' ? 'samples' : 'summary',
      labels: { collector: 'nsys', report: table.report, ...(gpu === '' ? {} : { gpu: detach(gpu) }), ...Object.fromEntries(own) },
      attributes: { ...(device === '' ? {} : { device: detach(device) }), ...(cutFrom === undefined ? {} : { name: cutFrom }) },
      line: this.#line,
    });
  }

  /** Nanoseconds ≥ 0. @throws ParseError when nothing says the unit, or the text is no time */
  #time({ column, name, scale }: TimeColumn): number {
    const text = this.#rows.field(column);
    if (scale === undefined)
      this.#refuse(`the column ${quote(name)} does not say its unit: send unit=ns (or what --timeunit said)`, column);
    const value = parseDecimal(text, scale);
    if (value !== undefined && value >= 0) return value;
    return this.#refuse(`${name} is ${quote(text)}, no time ≥ 0: run nsys with LC_ALL=C`, column);
  }

  #timeOrNull(column: TimeColumn | undefined): number | null {
    if (column === undefined || this.#rows.field(column.column) === '') return null;
    if (column.scale !== undefined) return this.#time(column);
    this.#tally.add('unit_unknown', `${column.name} was left out: its column does not say its unit, send unit=`, this.#line);
    return null;
  }

  #refuse(detail: string, field?: number): never {
    const place = field === undefined ? { line: this.#line, column: 1 } : this.#rows.place(field);
    throw new ParseError(`${detail}; ${ADVICE}`, place);
  }
}
