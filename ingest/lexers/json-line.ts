import { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';
import { quote } from './decimal.ts';

/**
 * Strict JSON (RFC 8259) of one line: where the members of an object and the elements of an array stand, without building them. Other than
 * JSON.parse it keeps the printed digits, sees names that occur twice, and tells the column of what is wrong.
 */

const WORD = /[^\s,:{}[\]"]+/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERALS = ['null', 'true', 'false'];

const CODE_SPACE = 32;
const CODE_QUOTE = 34;
const CODE_COMMA = 44;
const CODE_PLUS = 43;
const CODE_MINUS = 45;
const CODE_POINT = 46;
const CODE_0 = 48;
const CODE_9 = 57;
const CODE_COLON = 58;
const CODE_E = 69;
const CODE_SMALL_E = 101;
const CODE_OPEN_BRACKET = 91;
const CODE_CLOSE_BRACKET = 93;
const CODE_OPEN_BRACE = 123;
const CODE_CLOSE_BRACE = 125;

export type JsonKind = 'string' | 'number' | 'literal' | 'array' | 'object';

/** A value as it stands in the line: [start, end) is its text, quotes and brackets included. */
export type JsonSpan = { readonly kind: JsonKind; readonly start: number; readonly end: number };
export type JsonMember = JsonSpan & { readonly name: string; readonly nameStart: number };

/** One line of a text; offsets count in the text. */
export class JsonLine {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;

  /** @param start offset of the line's first character @param end offset after its last, without line break @param line from 1 */
  constructor(text: string, { start, end, line }: { readonly start: number; readonly end: number; readonly line: number }) {
    this.text = text;
    this.start = start;
    this.end = end;
    this.line = line;
  }

  /**
   * The members of the object that is all there is from `from` to the end of the line.
   * @throws ParseError when the line is no JSON object or goes on after it
   */
  members(from: number): readonly JsonMember[] {
    const open = this.skipBlanks(from);
    if (this.text.charCodeAt(open) !== CODE_OPEN_BRACE || open >= this.end) {
      const array = this.text.charCodeAt(open) === CODE_OPEN_BRACKET && open < this.end;
      this.fail(array ? 'is an array; write one object a line, without brackets and commas around them' : 'is not a JSON object', open);
    }
    const members: JsonMember[] = [];
    const close = this.#readMembers(open, 1, members);
    const rest = this.skipBlanks(close);
    if (rest < this.end) this.fail(`goes on after the object: ${quote(this.text.slice(rest, this.end))}; write one object a line`, rest);
    return members;
  }

  /** The members of an object inside the line. */
  membersOf(object: JsonSpan): readonly JsonMember[] {
    const members: JsonMember[] = [];
    this.#readMembers(object.start, 1, members);
    return members;
  }

  /** The value that starts at `position`. @throws ParseError when none does */
  value(position: number): JsonSpan {
    return this.#readValue(position, 1);
  }

  /** Offset after the JSON value that starts at `position`. @throws ParseError when none does */
  skipValue(position: number): number {
    return this.#skip(position, 1);
  }

  /** What a span of kind string says. */
  string(span: JsonSpan): string {
    const inner = this.text.slice(span.start + 1, span.end - 1);
    if (!inner.includes('\\')) return inner;
    const parsed: unknown = JSON.parse(this.text.slice(span.start, span.end));
    return String(parsed);
  }

  raw(span: JsonSpan): string {
    return this.text.slice(span.start, span.end);
  }

  place(position: number): { readonly line: number; readonly column: number } {
    return { line: this.line, column: Math.min(position, this.end) - this.start + 1 };
  }

  /** @throws ParseError "the line …" at the position */
  fail(detail: string, position: number): never {
    throw new ParseError(`the line ${detail}`, this.place(position));
  }

  /** Offset after the closing brace of the object that opens at `open`. */
  #readMembers(open: number, depth: number, members: JsonMember[] | null): number {
    let position = this.skipBlanks(open + 1);
    if (this.#is(CODE_CLOSE_BRACE, position)) return position + 1;
    for (;;) {
      if (!this.#is(CODE_QUOTE, position)) this.#failAt(position, 'a name in double quotes');
      const nameStart = position;
      const nameEnd = this.#skipString(position);
      position = this.skipBlanks(nameEnd);
      if (!this.#is(CODE_COLON, position)) this.#failAt(position, 'a colon');
      position = this.skipBlanks(position + 1);
      if (members === null) {
        position = this.#skip(position, depth);
      } else {
        const { kind, start, end } = this.#readValue(position, depth);
        members.push({ kind, start, end, name: this.string({ kind: 'string', start: nameStart, end: nameEnd }), nameStart });
        position = end;
      }
      position = this.skipBlanks(position);
      if (this.#is(CODE_CLOSE_BRACE, position)) return position + 1;
      if (!this.#is(CODE_COMMA, position)) this.#failAt(position, 'a comma or }');
      position = this.skipBlanks(position + 1);
    }
  }

  #readValue(start: number, depth: number): JsonSpan {
    const end = this.#skip(start, depth);
    return { kind: kindOf(this.text.charCodeAt(start)), start, end };
  }

  #skip(position: number, depth: number): number {
    if (position >= this.end) this.#failAt(position, 'a value');
    const code = this.text.charCodeAt(position);
    if (code === CODE_QUOTE) return this.#skipString(position);
    if (code === CODE_MINUS || (code >= CODE_0 && code <= CODE_9)) return this.#skipNumber(position);
    if (code !== CODE_OPEN_BRACE && code !== CODE_OPEN_BRACKET) return this.#skipLiteral(position);
    if (depth === LIMITS.jsonDepth) this.fail(`nests deeper than ${LIMITS.jsonDepth} levels`, position);
    return code === CODE_OPEN_BRACE ? this.#readMembers(position, depth + 1, null) : this.#skipArray(position, depth + 1);
  }

  #skipArray(open: number, depth: number): number {
    let position = this.skipBlanks(open + 1);
    if (this.#is(CODE_CLOSE_BRACKET, position)) return position + 1;
    for (;;) {
      position = this.skipBlanks(this.#skip(position, depth));
      if (this.#is(CODE_CLOSE_BRACKET, position)) return position + 1;
      if (!this.#is(CODE_COMMA, position)) this.#failAt(position, 'a comma or ]');
      position = this.skipBlanks(position + 1);
    }
  }

  #skipString(open: number): number {
    for (let position = open + 1; position < this.end; position++) {
      const code = this.text.charCodeAt(position);
      if (code === CODE_QUOTE) return position + 1;
      if (code === 92) {
        ESCAPE.lastIndex = position;
        if (!ESCAPE.test(this.text)) this.fail('has an unknown escape in a string; write a backslash as \\\\', position);
        position = ESCAPE.lastIndex - 1;
      } else if (code < CODE_SPACE) {
        this.fail('has a control character in a string; write it as \\u00XX', position);
      }
    }
    return this.fail('ends inside a string; was the payload cut off?', this.end);
  }

  #skipNumber(start: number): number {
    const digits = start + (this.text.charCodeAt(start) === CODE_MINUS ? 1 : 0);
    let end = this.#skipDigits(digits);
    // A zero stands alone before the point: `01` is no JSON.
    let valid = end > digits && (end === digits + 1 || this.text.charCodeAt(digits) !== CODE_0);
    if (this.#is(CODE_POINT, end)) {
      const fraction = end + 1;
      end = this.#skipDigits(fraction);
      valid &&= end > fraction;
    }
    if (this.#is(CODE_E, end) || this.#is(CODE_SMALL_E, end)) {
      const exponent = this.#is(CODE_PLUS, end + 1) || this.#is(CODE_MINUS, end + 1) ? end + 2 : end + 1;
      end = this.#skipDigits(exponent);
      valid &&= end > exponent;
    }
    // What follows a number can only be a delimiter: `1_000`, `0x1F` and `12abc` are no JSON.
    if (!valid || !this.#isDelimiter(end)) this.#failWord(start);
    return end;
  }

  #skipDigits(start: number): number {
    let end = start;
    for (let code = this.text.charCodeAt(end); code >= CODE_0 && code <= CODE_9; ) code = this.text.charCodeAt(++end);
    return end;
  }

  #skipLiteral(start: number): number {
    for (const literal of LITERALS) {
      if (this.text.startsWith(literal, start) && this.#isDelimiter(start + literal.length)) return start + literal.length;
    }
    return this.#failWord(start);
  }

  #failWord(start: number): never {
    WORD.lastIndex = start;
    const word = WORD.exec(this.text)?.[0] ?? '';
    if (word === '') this.#failAt(start, 'a value');
    const advice = /^[+-]?(nan|inf)/i.test(word) ? '; leave the value out when nothing was measured' : '';
    return this.fail(`has ${quote(word)} where JSON wants a value, such as a decimal number${advice}`, start);
  }

  #failAt(position: number, expected: string): never {
    if (position >= this.end) this.fail('ends inside the object; was the payload cut off?', this.end);
    return this.fail(`has ${quote(this.text.charAt(position))} where JSON wants ${expected}`, position);
  }

  #is(code: number, position: number): boolean {
    return position < this.end && this.text.charCodeAt(position) === code;
  }

  #isDelimiter(position: number): boolean {
    if (position >= this.end) return true;
    const code = this.text.charCodeAt(position);
    return code === CODE_COMMA || code === CODE_CLOSE_BRACE || code === CODE_CLOSE_BRACKET || isBlank(code);
  }

  /** Offset of the first character from `from` on that is no blank. */
  skipBlanks(from: number): number {
    let position = from;
    while (position < this.end && isBlank(this.text.charCodeAt(position))) position++;
    return position;
  }
}

function kindOf(code: number): JsonKind {
  if (code === CODE_QUOTE) return 'string';
  if (code === CODE_OPEN_BRACE) return 'object';
  if (code === CODE_OPEN_BRACKET) return 'array';
  return code === CODE_MINUS || (code >= CODE_0 && code <= CODE_9) ? 'number' : 'literal';
}

/** The blanks of JSON; a line break cannot stand inside a line. */
function isBlank(code: number): boolean {
  return code === CODE_SPACE || code === 9 || code === 13;
}
