import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { CsvRowScanner } from '../../lexers/csv-rows.ts';
import { quote } from '../../lexers/decimal.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots, type Slot } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { fieldOf, isQueryHeader, QUERY_ATTRIBUTES, type QueryColumn, readQueryHeader, TEXT_FIELDS } from './nvidia-smi-columns.ts';
import { readSmiValue, type SmiValue } from './nvidia-smi-values.ts';

/**
 * `nvidia-smi --query-gpu=… --format=csv`, once or in a loop (-l): a header row with units, then a row a GPU. Columns are told by the
 * header alone: it names fields differently from the query. Rows of one GPU are samples in their order; local times are not read.
 */
export const nvidiaSmiQueryFormat = {
  id: 'nvidia-smi-query' as const,
  kind: 'gpu',
  mode: 'stream',
  summary: 'nvidia-smi --query-gpu=index,power.draw,clocks.sm --format=csv -l 1',
  extraParameters: [],
  detect: (head) =>
    head
      .replace(/^\uFEFF/, '')
      .split('\n', 20)
      .some((line) => isQueryHeader(line)),
  open: (parameters) => new QueryStream(parameters),
} satisfies FormatDraft;

class QueryStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #slots: SeriesSlots;
  readonly #rows = new CsvRowScanner();
  readonly #lines = new LineStream((line, number, terminated) => this.#take(line, number, terminated));
  #columns: readonly QueryColumn[] = [];
  #header = '';
  #rowCount = 0;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    warnOfUnused(parameters, ['metric', 'unit'], this.#tally);
    this.#slots = new SeriesSlots(parameters, { isTimeSeries: true });
  }

  push(text: string) {
    this.#lines.push(text);
    return this.#slots.take();
  }

  end() {
    this.#lines.end();
    if (this.#rowCount === 0) {
      const detail = this.#header === '' ? 'there is no header row' : 'there is a header row but no whole row of values';
      throw new ParseError(`${detail}: send the output of nvidia-smi --query-gpu=… --format=csv, with its header`, { line: 1, column: 1 });
    }
    if (this.#slots.size === 0) {
      throw new ParseError('no column holds a measurement: query power.draw, temperature.gpu, clocks.sm or the like', {
        line: 1,
        column: 1,
      });
    }
    if (this.#slots.hasCounters() && this.#parameters.atNs === undefined) {
      this.#tally.add('time_missing', 'counters came without a time: send at= so that a rate can be told', null);
    }
    return this.#slots.finish();
  }

  warnings() {
    return this.#tally.list();
  }

  #take(line: string, number: number, terminated: boolean): void {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed === this.#header) return;
    if (isQueryHeader(trimmed)) {
      this.#readHeader(trimmed, number);
    } else if (this.#header === '') {
      throw new ParseError(`the first line is no header row of nvidia-smi: ${quote(trimmed)}; use --format=csv without noheader`, {
        line: number,
        column: 1,
      });
    } else if (terminated) {
      this.#readRow(line, number);
    } else {
      this.#tally.add('unterminated_row', 'the last row has no line end, so its last value may be cut off; the row was left out', number);
    }
  }

  #readHeader(line: string, number: number): void {
    this.#header = line;
    this.#columns = readQueryHeader(line);
    const names = this.#columns.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new ParseError(`the column ${quote(twice)} occurs twice: query it once`, { line: number, column: 1 });
  }

  #readRow(line: string, number: number): void {
    const rows = this.#rows;
    rows.next(line, 0, number, true);
    if (rows.fieldCount !== this.#columns.length) {
      const advice = 'the output was cut off, two outputs were mixed, or nvidia-smi failed';
      throw new ParseError(`the row has ${rows.fieldCount} values, the header has ${this.#columns.length}: ${advice} (${quote(line)})`, {
        line: number,
        column: 1,
      });
    }
    this.#rowCount++;
    const region = this.#regionOf(number);
    const device = this.#textOf('uuid') ?? '';
    for (let index = 0; index < this.#columns.length; index++) {
      const column = this.#columns[index];
      if (column === undefined || QUERY_ATTRIBUTES.has(column.name) || TEXT_FIELDS.test(column.name)) continue;
      this.#readCell(column, rows.field(index), { region, device, line: number, column: rows.place(index).column });
    }
  }

  /** @throws ParseError when rows of several GPUs cannot be told from rows of one GPU over time */
  #regionOf(line: number): string {
    const index = this.#textOf('index');
    if (index !== undefined && /^\d{1,6}$/.test(index)) return `gpu${index}`;
    const bus = this.#textOf('pci.bus_id');
    if (bus !== undefined && /^[0-9a-fA-F:.]{4,20}$/.test(bus)) return `gpu/${bus.toLowerCase()}`;
    if (this.#parameters.region !== undefined) return this.#parameters.region;
    if (this.#rowCount === 1) return 'gpu';
    throw new ParseError(
      'nothing tells whether this row is of another GPU or of a later time: add index to --query-gpu, or send region= when all rows are of one GPU',
      { line, column: 1 },
    );
  }

  #textOf(name: string): string | undefined {
    const index = this.#columns.findIndex((column) => column.name === name);
    return index < 0 ? undefined : this.#rows.field(index);
  }

  #readCell(column: QueryColumn, text: string, place: Place): void {
    const { printed, unit } = column;
    const documented = fieldOf(column).documented;
    const value = readSmiValue(text, unit, documented);
    const at = { line: place.line, column: place.column };
    if (value.kind === 'unknown-unit') throw new ParseError(`${printed} is in the unknown unit ${quote(value.printed)}`, at);
    if (value.kind === 'no-unit') {
      this.#tally.add('unit_unknown', `${printed} was left out: nothing says its unit`, place.line);
    } else if (value.kind === 'text') {
      if (documented !== undefined || unit !== undefined)
        throw new ParseError(`${printed} is ${quote(text)}, not a number: run nvidia-smi with LC_ALL=C`, at);
      this.#tally.add('ignored_column', `${printed} was left out: it holds text`, place.line);
    } else {
      this.#keep(column, value, place);
    }
  }

  #keep(column: QueryColumn, value: SmiValue & { readonly kind: 'number' | 'missing' }, place: Place): void {
    const { metric } = fieldOf(column);
    const key = `${place.region}\n${metric}`;
    let slot = this.#slots.find(key);
    if (slot === undefined) slot = this.#open(key, column, value, place);
    if (slot === undefined) return;
    if (slot.device !== place.device) {
      throw new ParseError(
        `${place.region} is two devices in this payload (${quote(slot.device)} and ${quote(place.device)}): push two hosts as two runs`,
        { line: place.line, column: 1 },
      );
    }
    if (value.kind === 'missing') {
      this.#tally.add('missing_value', `${column.printed} of ${place.region} was not printed in some rows`, place.line);
      this.#slots.add(slot, { value: null, quality: [value.quality] }, place.line);
    } else if (value.unit !== slot.series.unit) {
      throw new ParseError(`${column.printed} is in ${value.unit} here and in ${slot.series.unit} before`, {
        line: place.line,
        column: place.column,
      });
    } else {
      this.#slots.add(slot, value.read, place.line);
    }
  }

  /** Undefined, with a warning, for a field that nobody lists and that has no unit yet. */
  #open(
    key: string,
    column: QueryColumn,
    value: SmiValue & { readonly kind: 'number' | 'missing' },
    { region, device, line }: Place,
  ): Slot | undefined {
    const { metric, unit: listed, cumulative } = fieldOf(column);
    const stated = listed ?? (value.kind === 'number' ? value.unit : undefined);
    if (stated === undefined) {
      this.#tally.add('ignored_column', `${column.printed} was left out: it holds no number with a unit`, line);
      return undefined;
    }
    const attributes: Record<string, string> = {};
    for (const [name, attribute] of QUERY_ATTRIBUTES) {
      const text = this.#textOf(name);
      if (text !== undefined && text !== '') attributes[attribute] = text;
    }
    const valueKind = cumulative ? 'counter' : 'samples';
    return this.#slots.open(key, { region, metric, nativeMetric: column.printed, unit: stated, valueKind, attributes, line }, device);
  }
}

type Place = { readonly region: string; readonly device: string; readonly line: number; readonly column: number };
