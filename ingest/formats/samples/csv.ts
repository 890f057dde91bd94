import { LIMITS } from '../../../wire/limits.ts';
import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { CsvRowScanner, plainFieldEnd } from '../../lexers/csv-rows.ts';
import { PlainDecimalScanner, quote, readDecimal } from '../../lexers/decimal.ts';
import type { Int64Halves } from '../../lexers/int64-list.ts';
import { detach, StreamText } from '../../lexers/stream-text.ts';
import { NO_LINE_END } from '../../lexers/text.ts';
import { TimestampReader } from '../../lexers/timestamp.ts';
import { SampleBuffers, type SampleTarget } from './sample-buffers.ts';
import { type Place, refuseBeyondLimit, type SampleDeclaration } from './sample-series.ts';

/**
 * `samples?format=csv`: RFC 4180 with a header row. `value` is required; region, metric, unit, better, assume, at, repetition and
 * label.<name> are columns or query parameters; an empty cell says nothing. A column of another name is ignored with one warning: whether it
 * becomes part of a series' identity must not depend on its values, so a label is always named label.<name>.
 */
export const csvFormat: Format = {
  id: 'csv',
  kind: 'samples',
  mode: 'stream',
  summary: 'comma-separated samples with a header row that names the column value (RFC 4180)',
  extraParameters: [],
  detect: (head) => {
    const header = head.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
    const names = header.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
    return names.includes('value');
  },
  open: openCsv,
};

const LABEL_PREFIX = 'label.';
const TEXT_COLUMNS = ['region', 'metric', 'unit', 'better', 'assume', 'repetition'] as const;
type TextColumn = (typeof TEXT_COLUMNS)[number];

/** What changes from row to row of one series: its value and time, and columns that are not read. */
type Slot = { readonly column: number; readonly reads: 'value' | 'at' | 'nothing' };

type Columns = {
  readonly names: readonly string[];
  readonly value: number;
  readonly at: number | null;
  readonly text: Readonly<Record<TextColumn, number | null>>;
  readonly labels: readonly { readonly name: string; readonly column: number }[];
  /** By column, ascending. */
  readonly slots: readonly Slot[];
  readonly isSlot: readonly boolean[];
};

/**
 * A row as it was last seen of a series, without its slots: pieces[i] stands before slot i, the last piece ends the line. A row of the same
 * pieces needs no splitting, which makes reading several times faster.
 */
type Template = {
  readonly pieces: readonly string[];
  readonly target: SampleTarget;
  /** Whether it is one whole line, which the next row may equal. */
  readonly repeatable: boolean;
  /** What came after it last. */
  follower: Template | undefined;
};

const CODE_LF = 10;
const CODE_QUOTE = 34;
const CODE_COMMA = 44;
/** Templates kept at most; a payload whose rows never repeat would fill memory. */
const TEMPLATES_KEPT = 32_768;

function openCsv(parameters: PayloadParameters): StreamParser {
  const stream = new CsvStream(parameters);
  return { push: (text) => stream.push(text), end: () => stream.end(), warnings: () => stream.warnings() };
}

class CsvStream {
  readonly #parameters: PayloadParameters;
  readonly #buffers: SampleBuffers;
  readonly #rows = new CsvRowScanner();
  readonly #decimals = new PlainDecimalScanner();
  readonly #times = new TimestampReader();
  readonly #text = new StreamText();
  /** By the hash of what stands outside the slots; of two with one hash the latest. */
  readonly #templates = new Map<number, Template>();
  #columns: Columns | undefined;
  #generation = 0;
  #line = 1;
  /** The template of the row before: its follower is what probably comes next. */
  #before: Template | undefined;
  #emptyLine: number | undefined;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.#buffers = new SampleBuffers(parameters);
  }

  push(chunk: string) {
    const text = this.#text.add(chunk);
    if (text !== undefined) this.#text.keep(this.#read(text, false));
    return this.#buffers.take();
  }

  end() {
    this.#read(this.#text.rest(), true);
    if (this.#columns === undefined)
      throw new ParseError('the payload is empty; a header row with the column value is required', { line: 1, column: 1 });
    if (this.#buffers.count === 0) throw new ParseError('the payload has a header but no values', { line: this.#line, column: 1 });
    return this.#buffers.finish();
  }

  warnings() {
    return this.#buffers.warnings();
  }

  /** Reads all complete rows and gives the offset where the incomplete one begins. */
  #read(text: string, final: boolean): number {
    let from = 0;
    while (from < text.length) {
      let next = this.#repeat(text, from, this.#before?.follower);
      if (next === -1) next = this.#repeat(text, from, this.#guess(text, from));
      if (next === -1) next = this.#row(text, from, final);
      if (next === -1) break;
      if (next - from > LIMITS.lineCharacters) this.#refuseLength();
      from = next;
    }
    if (text.length - from > LIMITS.lineCharacters) this.#refuseLength();
    return from;
  }

  /** Reads a row that equals a template; -1 when it does not, or cannot be read this way. */
  #repeat(text: string, from: number, template: Template | undefined): number {
    const slots = this.#columns?.slots;
    if (template === undefined || slots === undefined) return -1;
    const { pieces, target } = template;
    let position = from;
    let value = 0;
    let at: bigint | Int64Halves | null = this.#parameters.atNs ?? null;
    for (let index = 0; index < slots.length; index++) {
      const piece = pieces[index];
      const slot = slots[index];
      if (piece === undefined || slot === undefined || !text.startsWith(piece, position)) return -1;
      const start = position + piece.length;
      if (slot.reads === 'value') {
        value = this.#decimals.scan(text, start, target.scale);
        position = this.#decimals.end;
        if (position === -1) return -1;
        continue;
      }
      position = plainFieldEnd(text, start);
      if (slot.reads === 'nothing' || position === start) continue;
      const time = this.#times.readQuickly(text, start, position);
      if (time === undefined) return -1;
      at = time;
    }
    const last = pieces[slots.length];
    if (last === undefined || !text.startsWith(last, position)) return -1;
    this.#append(template, value, false, at);
    this.#line++;
    return position + last.length;
  }

  /** Reads the row at `from`, whatever it is; -1 when it is not complete. */
  #row(text: string, from: number, final: boolean): number {
    const rows = this.#rows;
    const next = rows.next(text, from, this.#line, final);
    if (next === -1) return -1;
    if (final && rows.mayBeCut) this.#buffers.warn('no_line_end', '', NO_LINE_END, this.#line);
    if (this.#columns === undefined) {
      this.#columns = this.#readHeader();
    } else if (rows.fieldCount === 1 && rows.end(0) === from) {
      // Empty lines may end a payload; before a row they could be a value that is missing.
      this.#emptyLine ??= this.#line;
      this.#before = undefined;
    } else {
      if (this.#emptyLine !== undefined) {
        throw new ParseError('an empty line stands between rows; remove it', { line: this.#emptyLine, column: 1 });
      }
      this.#readRow(this.#columns, text, from, next);
    }
    this.#line += rows.lineCount;
    return next;
  }

  #readRow(columns: Columns, text: string, from: number, next: number): void {
    const rows = this.#rows;
    if (rows.fieldCount !== columns.names.length) throw this.#explainFieldCount(columns);
    const template = this.#findTemplate(columns, text, from, next);
    const { scale } = template.target;
    const plain = this.#decimals.scan(text, rows.start(columns.value), scale);
    const isPlain = this.#decimals.end === rows.end(columns.value);
    const reading = isPlain ? { value: plain, precisionLost: false } : readDecimal(rows.field(columns.value), scale);
    if ('refusal' in reading) throw new ParseError(`value ${reading.refusal}`, rows.place(columns.value));
    this.#append(template, reading.value, reading.precisionLost, this.#readAt(columns));
  }

  #append(template: Template, value: number, precisionLost: boolean, at: bigint | Int64Halves | null): void {
    const buffers = this.#buffers;
    buffers.append(template.target.buffer, value, precisionLost, at, this.#line);
    if (this.#before !== undefined && template.repeatable) this.#before.follower = template;
    this.#before = template.repeatable ? template : undefined;
    if (buffers.generation === this.#generation) return;
    this.#generation = buffers.generation;
    this.#before = undefined;
    this.#templates.clear();
  }

  #readAt(columns: Columns): bigint | null {
    const text = columns.at === null ? '' : this.#rows.field(columns.at);
    if (columns.at === null || text === '') return this.#parameters.atNs ?? null;
    const reading = this.#times.read(text);
    if ('refusal' in reading) throw new ParseError(`at ${reading.refusal}`, this.#rows.place(columns.at));
    return reading.atNs;
  }

  #findTemplate(columns: Columns, text: string, from: number, next: number): Template {
    const rows = this.#rows;
    const hash = this.#hash(text, from);
    const known = this.#templates.get(hash);
    const pieces: string[] = [];
    let start = from;
    for (const slot of columns.slots) {
      pieces.push(text.slice(start, rows.start(slot.column)));
      start = rows.end(slot.column);
    }
    pieces.push(text.slice(start, next));
    if (known?.pieces.every((piece, index) => piece === pieces[index])) return known;
    const target = this.#buffers.target(this.#declaration(columns), (name) => this.#placeOf(columns, name));
    const repeatable = rows.terminated && rows.lineCount === 1;
    const template: Template = { pieces: pieces.map(detach), target, repeatable, follower: undefined };
    if (!repeatable) return template;
    template.follower = template;
    if (this.#templates.size >= TEMPLATES_KEPT) this.#templates.clear();
    this.#templates.set(hash, template);
    return template;
  }

  #guess(text: string, from: number): Template | undefined {
    return this.#emptyLine === undefined ? this.#templates.get(this.#hash(text, from)) : undefined;
  }

  /** A hash of the line at `from` without its slots; only a guess where to look, so quotes need not be understood fully. */
  #hash(text: string, from: number): number {
    const isSlot = this.#columns?.isSlot ?? [];
    let hash = 0;
    let column = 0;
    let skipped = isSlot[0];
    let quoted = false;
    for (let position = from; position < text.length; position++) {
      const code = text.charCodeAt(position);
      if (code === CODE_LF) break;
      if (code === CODE_QUOTE) quoted = !quoted;
      if (code === CODE_COMMA && !quoted) skipped = isSlot[++column];
      if (skipped !== true) hash = (Math.imul(hash, 31) + code) | 0;
    }
    return hash;
  }

  #declaration(columns: Columns): SampleDeclaration {
    const rows = this.#rows;
    const textOf = (column: number | null) => (column === null ? undefined : detach(rows.field(column)));
    return {
      region: textOf(columns.text.region),
      metric: textOf(columns.text.metric),
      unit: textOf(columns.text.unit),
      better: textOf(columns.text.better),
      assume: textOf(columns.text.assume),
      repetition: textOf(columns.text.repetition),
      labels: columns.labels.map(({ name, column }) => [name, detach(rows.field(column))]),
    };
  }

  /** Where the row read now says a name; where it begins when no column does. */
  #placeOf(columns: Columns, name: string): Place {
    const column = columns.names.indexOf(name);
    return column === -1 ? { line: this.#line, column: 1 } : this.#rows.place(column);
  }

  #readHeader(): Columns {
    const rows = this.#rows;
    const names = Array.from({ length: rows.fieldCount }, (_, column) => detach(rows.field(column)));
    names.forEach((name, column) => {
      if (names.indexOf(name) !== column) throw new ParseError(`the header has two columns ${quote(name)}; keep one`, rows.place(column));
      if (name === 'label.') throw new ParseError('a label needs a name: write label.<name> in the header', rows.place(column));
    });
    if (!names.includes('value')) throw this.#explainNoValueColumn(names);
    const indexOf = (name: string) => (names.includes(name) ? names.indexOf(name) : null);
    const ignored = names.flatMap((name, column) => (isKnownColumn(name) ? [] : [column]));
    for (const column of ignored) this.#warnOfColumn(names[column] ?? '', column);
    const value = names.indexOf('value');
    const at = indexOf('at');
    const slots: readonly Slot[] = [
      { column: value, reads: 'value' },
      ...(at === null ? [] : [{ column: at, reads: 'at' } as const]),
      ...ignored.map((column) => ({ column, reads: 'nothing' }) as const),
    ];
    return {
      names,
      value,
      at,
      text: {
        region: indexOf('region'),
        metric: indexOf('metric'),
        unit: indexOf('unit'),
        better: indexOf('better'),
        assume: indexOf('assume'),
        repetition: indexOf('repetition'),
      },
      labels: names.flatMap((name, column) => (name.startsWith(LABEL_PREFIX) ? [{ name: name.slice(LABEL_PREFIX.length), column }] : [])),
      slots: slots.toSorted((a, b) => a.column - b.column),
      isSlot: names.map((_, column) => slots.some((slot) => slot.column === column)),
    };
  }

  #warnOfColumn(name: string, column: number): void {
    const advice =
      name === ''
        ? `column ${column + 1} has no name and is ignored`
        : `column ${quote(name)} is ignored; to keep it as a label name it label.${name}`;
    this.#buffers.warn('unknown_column', name, advice, this.#line);
  }

  #explainNoValueColumn(names: readonly string[]): ParseError {
    const place = { line: this.#line, column: 1 };
    const header = names.join(',');
    if (/[;\t]/.test(header) && names.length === 1) return new ParseError('the header has no comma; separate columns with commas', place);
    const near = names.findIndex((name) => name.toLowerCase() === 'value');
    if (near !== -1) return new ParseError(`the header says ${quote(names[near] ?? '')}; write value`, this.#rows.place(near));
    return new ParseError(`the header row has no column value: ${quote(header)}; the first row names the columns`, place);
  }

  #explainFieldCount(columns: Columns): ParseError {
    const rows = this.#rows;
    const expected = columns.names.length;
    const { value } = columns;
    const comma =
      rows.fieldCount === expected + 1 && /^[+-]?\d+$/.test(rows.field(value)) && /^\d+$/.test(rows.field(value + 1))
        ? `; if ${quote(`${rows.field(value)},${rows.field(value + 1)}`)} is one number, print it with a point (LC_ALL=C)`
        : '';
    const place = rows.place(Math.min(rows.fieldCount, expected));
    return new ParseError(`the row has ${rows.fieldCount} fields, the header ${expected}${comma}`, place);
  }

  #refuseLength(): never {
    refuseBeyondLimit(`a row has more than ${LIMITS.lineCharacters} characters`, { line: this.#line, column: 1 });
  }
}

function isKnownColumn(name: string): boolean {
  return name === 'value' || name === 'at' || TEXT_COLUMNS.some((known) => known === name) || name.startsWith(LABEL_PREFIX);
}
