import { ParseError } from '../format.ts';
import { trimBlanks } from './decimal.ts';

/**
 * Finds the rows and fields of comma-separated text (RFC 4180, strict): fields may be quoted and then hold commas, doubled quotes and line
 * breaks; rows end in LF or CRLF. What is not RFC 4180 (a quote inside a plain field, text after a closing quote, a lone CR) is refused.
 */

const CODE_LF = 10;
const CODE_CR = 13;
const CODE_QUOTE = 34;
const CODE_COMMA = 44;

/** Scans one row at a time and holds where its fields are until the next call, without copying any text. */
export class CsvRowScanner {
  /** Fields of the row found last. */
  fieldCount = 0;
  /** Lines the row found last covers; more than 1 when a quoted field holds line breaks. */
  lineCount = 1;
  /** Whether the row found last ends in a line break. */
  terminated = false;

  #text = '';
  #from = 0;
  #line = 1;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /**
   * Finds the row that starts at `from`.
   * @param text the text, which may end anywhere
   * @param from offset of the row's first character, < text.length
   * @param line number of the row's first line, for errors
   * @param final whether nothing follows `text`, so that the last row may lack its line break
   * @returns the offset after the row and its line break, or -1 when the row is not complete
   * @throws ParseError when the row is not RFC 4180
   */
  next(text: string, from: number, line: number, final: boolean): number {
    this.#text = text;
    this.#from = from;
    this.#line = line;
    this.fieldCount = 0;
    this.lineCount = 1;
    let position = from;
    for (;;) {
      const start = position;
      position = text.charCodeAt(position) === CODE_QUOTE ? this.#quotedEnd(start, final) : plainFieldEnd(text, start);
      if (position === -1) return -1;
      this.#starts[this.fieldCount] = start;
      this.#ends[this.fieldCount] = position;
      this.fieldCount++;
      const code = text.charCodeAt(position);
      if (code !== CODE_COMMA) return this.#rowEnd(position, code, final);
      position++;
    }
  }

  /**
   * Whether the last field of the row found last may be the beginning of another: RFC 4180 lets the last line break out, but then 12 may have
   * been 1250 before the file was cut off. A quoted field says where it ends.
   */
  get mayBeCut(): boolean {
    return !this.terminated && !this.#isQuoted(this.fieldCount - 1);
  }

  /** Offset of the field's first character, the opening quote included. */
  start(field: number): number {
    return at(this.#starts, field);
  }

  /** Offset after the field's last character, the closing quote included. */
  end(field: number): number {
    return at(this.#ends, field);
  }

  /** What the field says: without quotes, or without the blanks around a plain field. */
  field(field: number): string {
    const start = this.start(field);
    const end = this.end(field);
    if (this.#text.charCodeAt(start) !== CODE_QUOTE) return trimBlanks(this.#text.slice(start, end));
    return this.#text.slice(start + 1, end - 1).replaceAll('""', '"');
  }

  /** Line and column (from 1) of the field's first character; past the last field: where it should begin. */
  place(field: number): { readonly line: number; readonly column: number } {
    return this.#placeOf(field < this.fieldCount ? this.start(field) : this.end(this.fieldCount - 1));
  }

  /** Offset after the closing quote; -1 when the text ends before it is clear where the field ends. */
  #quotedEnd(start: number, final: boolean): number {
    const text = this.#text;
    let close = text.indexOf('"', start + 1);
    while (close !== -1 && text.charCodeAt(close + 1) === CODE_QUOTE) close = text.indexOf('"', close + 2);
    if (close === -1 || close + 1 === text.length) {
      if (!final) return -1;
      if (close === -1) throw new ParseError('a quoted field is not closed before the end of the payload', this.#placeOf(start));
    }
    for (let lineBreak = text.indexOf('\n', start); lineBreak !== -1 && lineBreak < close; lineBreak = text.indexOf('\n', lineBreak + 1)) {
      this.lineCount++;
    }
    return close + 1;
  }

  #rowEnd(position: number, code: number, final: boolean): number {
    const text = this.#text;
    this.terminated = code === CODE_LF || (code === CODE_CR && text.charCodeAt(position + 1) === CODE_LF);
    if (code === CODE_LF) return position + 1;
    if (this.terminated) return position + 2;
    const last = position + (code === CODE_CR ? 1 : 0);
    if (last >= text.length) return final ? text.length : -1;
    const place = this.#placeOf(position);
    if (code === CODE_CR) throw new ParseError('a carriage return stands alone; end lines with LF or CRLF', place);
    if (this.#isQuoted(this.fieldCount - 1)) {
      throw new ParseError('text follows a closing quote; double the quotes inside a quoted field ("")', place);
    }
    throw new ParseError('a quote stands inside a plain field; quote the whole field, without blanks before it', place);
  }

  #isQuoted(field: number): boolean {
    return this.#text.charCodeAt(this.start(field)) === CODE_QUOTE;
  }

  #placeOf(offset: number): { readonly line: number; readonly column: number } {
    let line = this.#line;
    let lineStart = this.#from;
    for (let lineBreak = this.#text.indexOf('\n', lineStart); lineBreak !== -1 && lineBreak < offset; ) {
      line++;
      lineStart = lineBreak + 1;
      lineBreak = this.#text.indexOf('\n', lineStart);
    }
    return { line, column: offset - lineStart + 1 };
  }
}

/** Where a plain field ends: the offset of the first comma, line break or quote from `position` on, or the length of the text. */
export function plainFieldEnd(text: string, position: number): number {
  const length = text.length;
  let end = position;
  for (; end < length; end++) {
    const code = text.charCodeAt(end);
    if (code === CODE_COMMA || code === CODE_LF || code === CODE_CR || code === CODE_QUOTE) break;
  }
  return end;
}

function at(offsets: readonly number[], field: number): number {
  const offset = offsets[field];
  if (offset === undefined) throw new RangeError(`field ${field} must lie in 0..${offsets.length - 1}`);
  return offset;
}
