import { ParseError } from '../format.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { parseJsonNumber } from './number.ts';

/**
 * One Python literal on one line, as `print(a_dict)` writes it: dicts, lists, tuples, text, bytes, numbers, True, False and None. Source: The
 * Python Language Reference 2.4 and 6.2; what repr() never prints (triple quotes, raw text, expressions) is refused.
 */
const NESTING_LIMIT = 16;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING_START = /b?(['"])/y;
const WORD = /[A-Za-z_]+/y;
const WORDS: ReadonlyMap<string, JsonValue> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };

/** The literal that is all of `text`. @throws ParseError that ends in `advice` */
export function readPythonLiteral(text: string, line: number, advice: string): JsonValue {
  const reader = new PythonReader(text, line, advice);
  return reader.readAll();
}

class PythonReader {
  private readonly text: string;
  private readonly line: number;
  private readonly advice: string;
  private position = 0;

  constructor(text: string, line: number, advice: string) {
    this.text = text;
    this.line = line;
    this.advice = advice;
  }

  readAll(): JsonValue {
    this.skipSpace();
    const value = this.readValue(1);
    this.skipSpace();
    if (this.position < this.text.length) this.fail('there is text after the value');
    return value;
  }

  private readValue(depth: number): JsonValue {
    if (depth > NESTING_LIMIT) this.fail(`nested more than ${NESTING_LIMIT} levels deep`);
    const character = this.text.charAt(this.position);
    if (character === '{') return this.readDict(depth);
    if (character === '[') return this.readList(']', depth);
    if (character === '(') return this.readList(')', depth);
    if (this.match(STRING_START) !== undefined) return this.readString();
    const number = this.match(NUMBER);
    if (number !== undefined) {
      this.position += number.length;
      return parseJsonNumber(number) ?? this.fail(`'${number.slice(0, 40)}' is not a number that can be kept`);
    }
    const word = this.match(WORD);
    const value = word === undefined ? undefined : WORDS.get(word);
    if (word === undefined || value === undefined) return this.fail('expected a Python value');
    this.position += word.length;
    return value;
  }

  private readDict(depth: number): JsonObject {
    const members: JsonObject = new Map();
    this.position++;
    while (!this.closes('}', members.size > 0)) {
      if (this.match(STRING_START) === undefined) this.fail('expected a name in quotes');
      const name = this.readString();
      this.skipSpace();
      this.expect(':');
      this.skipSpace();
      if (members.has(name)) this.fail(`the name '${name.slice(0, 40)}' occurs twice`);
      members.set(name, this.readValue(depth + 1));
    }
    return members;
  }

  private readList(end: string, depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.position++;
    while (!this.closes(end, items.length > 0)) items.push(this.readValue(depth + 1));
    return items;
  }

  /** Moves to the next item, or over the bracket that ends the list; a comma may stand before it. */
  private closes(end: string, needsComma: boolean): boolean {
    this.skipSpace();
    const hasComma = needsComma && this.text.charAt(this.position) === ',';
    if (hasComma) {
      this.position++;
      this.skipSpace();
    }
    if (this.text.charAt(this.position) === end) {
      this.position++;
      return true;
    }
    if (needsComma && !hasComma) this.fail(`expected ',' or '${end}'`);
    return false;
  }

  private readString(): string {
    const start = this.match(STRING_START) ?? '';
    const quote = start.slice(-1);
    this.position += start.length;
    let value = '';
    for (;;) {
      const character = this.text.charAt(this.position++);
      if (character === '') return this.fail('a text does not end in its line');
      if (character === quote) return value;
      value += character === '\\' ? this.readEscape() : character;
    }
  }

  private readEscape(): string {
    const letter = this.text.charAt(this.position++);
    const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : 0;
    if (digits === 0) return ESCAPES[letter] ?? this.fail('bad escape in a text');
    const hex = this.text.slice(this.position, this.position + digits);
    if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length !== digits) return this.fail('bad escape in a text');
    this.position += digits;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    return pattern.exec(this.text)?.[0];
  }

  private expect(character: string): void {
    if (this.text.charAt(this.position) !== character) this.fail(`expected '${character}'`);
    this.position++;
  }

  private skipSpace(): void {
    while (this.text.charAt(this.position) === ' ') this.position++;
  }

  private fail(detail: string): never {
    const found = this.position >= this.text.length ? 'the line ends too early' : detail;
    throw new ParseError(`${found}: ${this.advice}`, { line: this.line, column: this.position + 1 });
  }
}
