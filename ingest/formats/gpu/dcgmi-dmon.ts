import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots, type Slot, type SlotValue } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { type DcgmField, isBlankValue } from './dcgm-fields.ts';
import { readDcgmiField } from './dcgmi-fields.ts';

/**
 * `dcgmi dmon`: rows of one entity each under a header that comes again every few rows. Rows have no time. A gauge becomes samples in the
 * order of the rows, a counter its first and last reading. Layout: dcgmi/DeviceMonitor.cpp of NVIDIA/DCGM (2.x-3.x), and the older one of
 * the user guide (`# Entity`, `Id`, right-aligned). N/A stands for every blank of DCGM.
 */
export const dcgmiDmonFormat = {
  id: 'dcgmi-dmon' as const,
  kind: 'gpu',
  mode: 'stream',
  summary: 'dcgmi dmon -e 1002,1004,155 -d 1000',
  extraParameters: [],
  detect: (head) =>
    head
      .replace(/^\uFEFF/, '')
      .split('\n', 200)
      .some(isHeader),
  open: (parameters) => new DmonStream(parameters),
} satisfies FormatDraft;

type Column = { readonly name: string; readonly start: number };

/** Entity as printed → region: MIG instances carry DCGM's own numbers, so they are no part of a GPU's region. */
const REGIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    GPU: 'gpu',
    'GPU-I': 'gpu-instance',
    'GPU-CI': 'compute-instance',
    vGPU: 'vgpu',
    Switch: 'nvswitch',
    CPU: 'cpu',
    Core: 'core',
  }),
);

const NOT_SUPPORTED: readonly Quality[] = ['not_supported'];

function isHeader(line: string): boolean {
  return /^[ \t]*#[ \t]?Entity[ \t]/.test(line);
}

class DmonStream implements StreamParser {
  readonly #tally = new WarningTally();
  readonly #slots: SeriesSlots;
  readonly #lines = new LineStream((line, number, terminated) => this.#take(line, number, terminated));
  #columns: readonly Column[] = [];
  #fields: readonly (DcgmField | undefined)[] = [];
  /** The line of a header whose unit row has not come yet. */
  #headerLine = 0;
  #rows = 0;

  constructor(parameters: PayloadParameters) {
    warnOfUnused(parameters, ['metric', 'unit', 'region'], this.#tally);
    this.#slots = new SeriesSlots(parameters, { isTimeSeries: true });
  }

  push(text: string) {
    this.#lines.push(text);
    return this.#slots.take();
  }

  end() {
    this.#lines.end();
    if (this.#rows === 0) {
      const found = this.#headerLine === 0 ? 'no header of dcgmi dmon (#Entity …)' : 'a header but no whole row';
      throw new ParseError(`there is ${found}: send the whole output of dcgmi dmon`, { line: Math.max(1, this.#headerLine), column: 1 });
    }
    return this.#slots.finish();
  }

  warnings() {
    return this.#tally.list();
  }

  #take(line: string, number: number, terminated: boolean): void {
    if (isHeader(line)) this.#readHeader(line, number);
    else if (/^[ \t]*I[dD](?:[ \t]|$)/.test(line)) this.#readUnits(line);
    else if (line.trim() !== '') this.#readRow(line, number, terminated);
  }

  #readHeader(line: string, number: number): void {
    const columns = [...line.matchAll(/\S+/g)].map((match) => ({ name: match[0], start: match.index }));
    this.#columns = columns.slice(columns[0]?.name === '#' ? 2 : 1);
    this.#headerLine = number;
    const names = this.#columns.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new ParseError(`the field ${quote(twice)} occurs twice: name it once after -e`, { line: number, column: 1 });
    this.#declareFields('');
  }

  #readUnits(line: string): void {
    if (this.#headerLine > 0) this.#declareFields(line);
  }

  #declareFields(units: string): void {
    this.#fields = this.#columns.map(({ name, start }) => {
      const isUnit = start > 0 && /[ \t]/.test(units.charAt(start - 1)) && /\S/.test(units.charAt(start));
      return readDcgmiField(name, isUnit ? (/^\S+/.exec(units.slice(start))?.[0] ?? '') : '');
    });
  }

  #readRow(line: string, number: number, terminated: boolean): void {
    const entity = /^[ \t]*([A-Za-z-]{1,20})[ \t]+(\d{1,10})(?=[ \t]|$)/.exec(line);
    const region = REGIONS.get(entity?.[1] ?? '');
    if (entity === null || region === undefined) {
      this.#tally.add('ignored_line', `a line that is no row of the table was left out: ${quote(line.trim())}`, number);
      return;
    }
    if (this.#headerLine === 0) {
      throw new ParseError('a row comes before the header (#Entity …): send the output of dcgmi dmon from its beginning', {
        line: number,
        column: 1,
      });
    }
    if (!terminated) {
      this.#tally.add('unterminated_row', 'the last row has no line end, so its last number may be cut off; the row was left out', number);
      return;
    }
    const cells = this.#cellsOf(line, entity[0].length, number);
    this.#rows++;
    for (let index = 0; index < cells.length; index++) this.#readCell(`${region}${entity[2]}`, index, cells[index] ?? '', number);
  }

  /** One text a column: by blanks, or by place where a name holds blanks. @throws ParseError when the row has another shape */
  #cellsOf(line: string, from: number, number: number): readonly string[] {
    const cells = line
      .slice(from)
      .trim()
      .split(/[ \t]+/);
    if (cells.length === this.#columns.length) return cells;
    const placed = this.#columns.map(({ start }, index) => line.slice(start, this.#columns[index + 1]?.start).trim());
    const isPlaced = this.#columns.every(({ start }) => line.charAt(start - 1) === ' ' && line.length >= start);
    if (cells.length > this.#columns.length && isPlaced) return placed;
    throw new ParseError(
      `the row has ${cells.length} values, the header has ${this.#columns.length}: the output was cut off or two outputs were mixed`,
      { line: number, column: from + 1 },
    );
  }

  #readCell(region: string, index: number, text: string, line: number): void {
    const field = this.#fields[index];
    const name = this.#columns[index]?.name ?? '';
    if (field === undefined) {
      this.#tally.add('ignored_column', `${name} was left out: it is no number, or in a unit nobody knows`, line);
      return;
    }
    const read = readValue(text, field);
    if (read === undefined)
      throw new ParseError(`${name} is not a number: ${quote(text)}`, { line, column: (this.#columns[index]?.start ?? 0) + 1 });
    if (read.value === null) this.#tally.add('missing_value', `${name} of ${region} was not printed in some rows`, line);
    this.#slots.add(this.#slotOf(region, name, field, line), read, line);
  }

  #slotOf(region: string, name: string, field: DcgmField, line: number): Slot {
    const { metric, unit, cumulative } = field;
    const key = `${region}\n${metric}`;
    const known = this.#slots.find(key);
    if (known !== undefined) return known;
    return this.#slots.open(key, { region, metric, nativeMetric: name, unit, valueKind: cumulative ? 'counter' : 'samples', line });
  }
}

/** Undefined for a text that is neither a number nor a blank. */
function readValue(text: string, { scale, flags }: DcgmField): SlotValue | undefined {
  if (text === 'N/A') return { value: null, quality: [...flags, ...NOT_SUPPORTED] };
  if (isBlankValue(text)) return { value: null, quality: [...flags, 'sentinel'] };
  const value = parseDecimal(text, scale);
  if (value !== undefined) return { value, quality: text.length > 15 && losesPrecision(text) ? [...flags, 'precision_lost'] : flags };
  return /^[+-]?(?:nan|inf)$/i.test(text) ? { value: null, quality: [...flags, 'not_a_number'] } : undefined;
}
