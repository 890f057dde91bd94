import { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';
import { decodeJsonEscapes } from './json-escapes.ts';
import { parseJsonNumber } from './number.ts';
import { assertLineLength, type Place, placeAt } from './text.ts';

/**
 * A JSON reader for tool output: a sequence of values in one text (NDJSON, or several on a line). Other than `JSON.parse` it keeps integers
 * exact (a bigint when no double holds them), refuses a name that occurs twice in an object, limits nesting, and knows line and column.
 */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

/** perf prints up to 15 members, or one a metric. */
const FLAT_MEMBERS = 256;
/** Integers of this many digits are always exact. */
const EXACT_DIGITS = 15;
const EXACT_POWERS: readonly number[] = Array.from({ length: EXACT_DIGITS }, (_, exponent) => Number(`1e${exponent}`));

export class JsonReader {
  readonly text: string;
  position = 0;
  line: number;
  private lineEnd = -1;
  private readonly firstLine: number;
  private readonly advice: string;

  /**
   * @param advice what to do about text that is not JSON or stops early; becomes the end of the error
   * @param firstLine number of the first line of `text`, for one that is part of a larger one
   */
  constructor(text: string, advice: string, firstLine = 1) {
    this.text = text;
    this.advice = advice;
    this.firstLine = firstLine;
    this.line = firstLine;
  }

  /** Moves to the next value; false at the end of the text. `line` is then the line it starts in. */
  next(): boolean {
    this.skipSpace();
    this.countLines();
    return this.position < this.text.length;
  }

  /** Skips the rest of the line, for formats with comment lines. */
  skipLine(): void {
    const end = this.text.indexOf('\n', this.position);
    this.position = end < 0 ? this.text.length : end + 1;
  }

  /** The object that starts here. @throws ParseError when it is another value, is cut off or is not JSON */
  readObject(): JsonObject {
    if (this.text.charCodeAt(this.position) !== 123) this.fail(`expected an object, found ${this.found()}`);
    return this.readMembers(1);
  }

  /**
   * The object that starts here, as names and values in turn; for tools that print one small object a counter, where a Map would cost more
   * than reading. Give the arrays of the line before: what stands the same between its values is not read anew.
   * @param gaps text from value to value, name included
   * @returns whether names and gaps are those that were there before
   * @throws ParseError as `readObject`
   */
  readMembersInto(names: string[], values: JsonValue[], gaps: string[]): boolean {
    if (this.text.charCodeAt(this.position) !== 123) this.fail(`expected an object, found ${this.found()}`);
    const known = names.length;
    let count = 0;
    for (; count < known; count++) {
      const gap = gaps[count];
      if (gap === undefined || this.text.slice(this.position, this.position + gap.length) !== gap) break;
      this.position += gap.length;
      values[count] = this.readValue(1);
    }
    names.length = count;
    gaps.length = count;
    this.readFurtherMembers(names, values, gaps);
    values.length = names.length;
    return names.length === known && count === known;
  }

  /** Goes on behind the members that are there already. */
  private readFurtherMembers(names: string[], values: JsonValue[], gaps: string[]): void {
    let gapStart = this.position;
    if (names.length > 0 ? this.ends(125) : this.opensEmpty()) return;
    do {
      const start = this.position;
      const name = this.readName();
      if (names.includes(name)) this.fail(`the name '${name}' occurs twice in one object`, start);
      gaps.push(this.text.slice(gapStart, this.position));
      names.push(name);
      values[names.length - 1] = this.readValue(1);
      // Looking for a name twice is quadratic in their number, so that is bounded.
      if (names.length > FLAT_MEMBERS) this.fail(`an object has more than ${FLAT_MEMBERS} members`);
      gapStart = this.position;
    } while (!this.ends(125));
  }

  /** Enters an object; true when it is empty. */
  private opensEmpty(): boolean {
    this.enter(1);
    return this.closes(125);
  }

  /** @throws ParseError always, at `position` */
  fail(detail: string, position = this.position): never {
    throw new ParseError(`${detail}: ${this.advice}`, this.place(position));
  }

  place(position = this.position): Place {
    const { line, column } = placeAt(this.text, position);
    return { line: line + this.firstLine - 1, column };
  }

  skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.position++;
    }
  }

  private countLines(): void {
    while (this.position > this.lineEnd || this.lineEnd < 0) {
      const start = this.lineEnd + 1;
      if (this.lineEnd >= 0) this.line++;
      const end = this.text.indexOf('\n', start);
      this.lineEnd = end < 0 ? this.text.length : end;
      assertLineLength(this.lineEnd - start, this.line);
    }
  }

  private found(): string {
    return this.position < this.text.length ? `'${this.text.charAt(this.position)}'` : 'the end of the text';
  }

  private readValue(depth: number): JsonValue {
    const code = this.text.charCodeAt(this.position);
    if (code === 34) return this.readString();
    if (code === 123) return this.readMembers(depth + 1);
    if (code === 91) return this.readItems(depth + 1);
    if (code === 45 || (code >= 48 && code <= 57)) return this.readNumber();
    if (code === 116) return this.readWord('true', true);
    if (code === 102) return this.readWord('false', false);
    if (code === 110) return this.readWord('null', null);
    return this.fail(`expected a JSON value, found ${this.found()}`);
  }

  private readMembers(depth: number): JsonObject {
    this.enter(depth);
    const members: JsonObject = new Map();
    if (this.closes(125)) return members;
    for (;;) {
      const start = this.position;
      const name = this.readName();
      const size = members.size;
      members.set(name, this.readValue(depth));
      if (members.size === size) this.fail(`the name '${name}' occurs twice in one object`, start);
      if (this.ends(125)) return members;
    }
  }

  /** A member's name and the colon after it. */
  private readName(): string {
    if (this.text.charCodeAt(this.position) !== 34) this.fail(`expected a name in quotes, found ${this.found()}`);
    const name = this.readString();
    this.skipSpace();
    if (this.text.charCodeAt(this.position) !== 58) this.fail(`expected ':', found ${this.found()}`);
    this.position++;
    this.skipSpace();
    return name;
  }

  private readItems(depth: number): JsonValue[] {
    this.enter(depth);
    const items: JsonValue[] = [];
    if (this.closes(93)) return items;
    for (;;) {
      items.push(this.readValue(depth));
      if (this.ends(93)) return items;
    }
  }

  private enter(depth: number): void {
    if (depth > LIMITS.jsonDepth) this.fail(`nested more than ${LIMITS.jsonDepth} levels deep`);
    this.position++;
    this.skipSpace();
  }

  private closes(bracket: number): boolean {
    if (this.text.charCodeAt(this.position) !== bracket) return false;
    this.position++;
    return true;
  }

  /** After a member or item: true at the closing bracket, false when a comma promises another. */
  private ends(bracket: number): boolean {
    this.skipSpace();
    if (this.closes(bracket)) return true;
    if (this.text.charCodeAt(this.position) !== 44) this.fail(`expected ',' or '${String.fromCharCode(bracket)}', found ${this.found()}`);
    this.position++;
    this.skipSpace();
    return false;
  }

  private readString(): string {
    const start = this.position + 1;
    for (let i = start; ; i++) {
      const code = this.text.charCodeAt(i);
      if (code === 34) {
        this.position = i + 1;
        return this.text.slice(start, i);
      }
      if (code === 92) return this.readEscaped(start, i);
      if (!(code >= 32)) this.failInString(i);
    }
  }

  private readEscaped(start: number, firstEscape: number): string {
    const read = decodeJsonEscapes(this.text, firstEscape);
    if (read.value === undefined) return read.isEscape ? this.fail('bad escape in a string', read.end) : this.failInString(read.end);
    this.position = read.end + 1;
    return this.text.slice(start, firstEscape) + read.value;
  }

  private failInString(position: number): never {
    return this.fail(position < this.text.length ? 'a string does not end in its line' : 'the text stops inside a string', position);
  }

  private readNumber(): number | bigint {
    const start = this.position;
    let i = start;
    let value = 0;
    let code = this.text.charCodeAt(i);
    for (; code >= 48 && code <= 57; code = this.text.charCodeAt(++i)) value = value * 10 + (code - 48);
    // Plain natural numbers, nearly all there are: digits, then nothing that could go on a number.
    const first = this.text.charCodeAt(start);
    if (i > start && i - start <= EXACT_DIGITS && (first !== 48 || i === start + 1) && !continuesNumber(code)) {
      this.position = i;
      return value;
    }
    const plain = code === 46 ? this.readFraction(start, i, value) : undefined;
    if (plain !== undefined) return plain;
    while (continuesNumber(this.text.charCodeAt(i)) || (this.text.charCodeAt(i) >= 48 && this.text.charCodeAt(i) <= 57)) i++;
    const text = this.text.slice(start, i);
    const number = parseJsonNumber(text);
    if (number === undefined) this.fail(`'${text.slice(0, 40)}' is not a number that can be kept`, start);
    this.position = i;
    return number;
  }

  /** Digits, a point and digits, few enough that the result is rounded once; undefined, without moving, for every other number. */
  private readFraction(start: number, point: number, whole: number): number | undefined {
    const first = this.text.charCodeAt(start);
    let i = point + 1;
    let value = whole;
    let code = this.text.charCodeAt(i);
    for (; code >= 48 && code <= 57; code = this.text.charCodeAt(++i)) value = value * 10 + (code - 48);
    const power = EXACT_POWERS[i - point - 1];
    const isPlain = point > start && i > point + 1 && i - start - 1 <= EXACT_DIGITS && (first !== 48 || point === start + 1);
    if (!isPlain || power === undefined || continuesNumber(code)) return undefined;
    this.position = i;
    return value / power;
  }

  private readWord<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.position)) this.fail(`expected a JSON value, found ${this.found()}`);
    this.position += word.length;
    return value;
  }
}

/** Whether a character after digits goes on the number: point, exponent, sign. */
function continuesNumber(code: number): boolean {
  return code === 46 || code === 101 || code === 69 || code === 43 || code === 45;
}
