import { LIMITS } from '../../wire/limits.ts';

/**
 * Finds where JSON values end in a text that may stop anywhere, without building them: a trace of 500 MB is mostly values that nobody reads.
 * Everywhere -1 means that the text stops first. Other than RFC 8259 it passes over the words that tools print for numbers that are none
 * (NaN, inf), and leaves the digits of numbers and the inside of strings to whoever reads them.
 */

const CODE_QUOTE = 34;
const CODE_PLUS = 43;
const CODE_COMMA = 44;
const CODE_MINUS = 45;
const CODE_POINT = 46;
const CODE_0 = 48;
const CODE_9 = 57;
const CODE_COLON = 58;
const CODE_OPEN_BRACKET = 91;
const CODE_BACKSLASH = 92;
const CODE_CLOSE_BRACKET = 93;
const CODE_OPEN_BRACE = 123;
const CODE_CLOSE_BRACE = 125;

const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'NaN', '-NaN', 'nan', '-nan', 'Infinity', '-Infinity', 'inf', '-inf']);
const LONGEST_WORD = 9;
/** Strings this short are cheaper to walk than to search. */
const SHORT_STRING = 24;

/** Tells of a place that is no JSON; never returns. @param position offset into the scanner's text */
export type FailAt = (detail: string, position: number) => never;

export class JsonScanner {
  readonly fail: FailAt;
  /** Offset after the name that `valueStart` read last. */
  nameEnd = 0;
  /** Whether `next` met the closing bracket. */
  closed = false;
  #text = '';
  /** The first backslash at or after the place that was looked from last. */
  #backslash = -1;

  constructor(fail: FailAt) {
    this.fail = fail;
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    this.#backslash = -1;
  }

  /** Offset of the first character from `from` on that is no blank; the length of the text when there is none. */
  skipBlanks(from: number): number {
    let position = from;
    for (let code = this.#text.charCodeAt(position); code === 32 || (code >= 9 && code <= 13 && code !== 11 && code !== 12); ) {
      code = this.#text.charCodeAt(++position);
    }
    return position;
  }

  /** Offset after the value that starts at `start`; -1 also for a number or word that the text ends with. */
  valueEnd(start: number): number {
    return this.#valueEnd(start, 1);
  }

  /** Where the value of the member begins whose name begins at `start`; `nameEnd` is then the offset after the name. */
  valueStart(start: number): number {
    const text = this.#text;
    if (text.charCodeAt(start) !== CODE_QUOTE) return this.#expected(start, 'a name in quotes');
    this.nameEnd = this.stringEnd(start);
    if (this.nameEnd === -1) return -1;
    const colon = this.skipBlanks(this.nameEnd);
    if (text.charCodeAt(colon) !== CODE_COLON) return this.#expected(colon, 'a colon');
    const value = this.skipBlanks(colon + 1);
    return value < text.length ? value : -1;
  }

  /**
   * Where the next member or element begins, after the one that ended at `end`; `closed` then says whether `bracket` closed instead, and the
   * offset is the one after it.
   */
  next(end: number, bracket: number): number {
    const position = this.skipBlanks(end);
    const code = this.#text.charCodeAt(position);
    this.closed = code === bracket;
    if (this.closed) return position + 1;
    if (code !== CODE_COMMA) return this.#expected(position, `a comma or ${String.fromCharCode(bracket)}`);
    const start = this.skipBlanks(position + 1);
    return start < this.#text.length ? start : -1;
  }

  /** Whether the text has `bracket` at `position`. */
  has(bracket: number, position: number): boolean {
    return this.#text.charCodeAt(position) === bracket;
  }

  /** Offset after the closing quote of the string that opens at `open`. */
  stringEnd(open: number): number {
    const text = this.#text;
    const near = Math.min(open + SHORT_STRING, text.length);
    for (let position = open + 1; position < near; position++) {
      const code = text.charCodeAt(position);
      if (code === CODE_QUOTE) return position + 1;
      if (code === CODE_BACKSLASH) return this.#escapedEnd(position);
    }
    const close = text.indexOf('"', near);
    if (close === -1) return -1;
    if (this.#backslash < near) {
      const found = text.indexOf('\\', near);
      this.#backslash = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#backslash > close ? close + 1 : this.#escapedEnd(this.#backslash);
  }

  #escapedEnd(backslash: number): number {
    const text = this.#text;
    for (let position = backslash; position < text.length; position++) {
      const code = text.charCodeAt(position);
      if (code === CODE_QUOTE) return position + 1;
      if (code === CODE_BACKSLASH) position++;
    }
    return -1;
  }

  #valueEnd(start: number, depth: number): number {
    const code = this.#text.charCodeAt(start);
    if (code === CODE_QUOTE) return this.stringEnd(start);
    if (code === CODE_OPEN_BRACE || code === CODE_OPEN_BRACKET) {
      if (depth > LIMITS.jsonDepth) this.fail(`nested more than ${LIMITS.jsonDepth} levels deep`, start);
      return code === CODE_OPEN_BRACE ? this.#objectEnd(start, depth) : this.#arrayEnd(start, depth);
    }
    return this.#wordEnd(start);
  }

  #objectEnd(open: number, depth: number): number {
    let position = this.skipBlanks(open + 1);
    if (this.#text.charCodeAt(position) === CODE_CLOSE_BRACE) return position + 1;
    for (;;) {
      const value = this.valueStart(position);
      const end = value === -1 ? -1 : this.#valueEnd(value, depth + 1);
      if (end === -1) return -1;
      position = this.next(end, CODE_CLOSE_BRACE);
      if (position === -1 || this.closed) return position;
    }
  }

  #arrayEnd(open: number, depth: number): number {
    let position = this.skipBlanks(open + 1);
    if (this.#text.charCodeAt(position) === CODE_CLOSE_BRACKET) return position + 1;
    for (;;) {
      const end = this.#valueEnd(position, depth + 1);
      if (end === -1) return -1;
      position = this.next(end, CODE_CLOSE_BRACKET);
      if (position === -1 || this.closed) return position;
    }
  }

  #wordEnd(start: number): number {
    const text = this.#text;
    let end = start;
    for (let code = text.charCodeAt(end); isNumberCode(code); ) code = text.charCodeAt(++end);
    const digits = text.charCodeAt(start) === CODE_MINUS ? start + 1 : start;
    if (digits === text.length) return -1;
    const isNumber = text.charCodeAt(digits) >= CODE_0 && text.charCodeAt(digits) <= CODE_9;
    if (isNumber && !isLetter(text.charCodeAt(end))) return end === text.length ? -1 : end;
    for (end = start; isLetter(text.charCodeAt(end)) || text.charCodeAt(end) === CODE_MINUS; ) end++;
    if (end === text.length && end - start <= LONGEST_WORD) return -1;
    if (!WORDS.has(text.slice(start, end))) this.fail('expected a value', start);
    return end;
  }

  #expected(position: number, what: string): number {
    return position >= this.#text.length ? -1 : this.fail(`expected ${what}`, position);
  }
}

function isNumberCode(code: number): boolean {
  if (code >= CODE_0 && code <= CODE_9) return true;
  return code === CODE_POINT || code === CODE_MINUS || code === CODE_PLUS || code === 101 || code === 69;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
