import { ParseError } from '../format.ts';
import { quote } from './decimal.ts';

/**
 * One line of `babeltrace2` text output (sink.text.pretty with its default fields):
 * `[time] (+delta) host provider:event: { context }, { context }, { payload }`.
 */

/** A field as printed: a number or word as it stands, a text without its quotes, null for structures, arrays and variants. */
export type BabeltraceField = { readonly text: string | null; readonly column: number };

export type BabeltraceEvent = {
  /** What stands between the brackets: time of day, date and time, seconds, or cycles. */
  readonly time: string;
  /** Seconds since the event before, as printed; null for the first event and where it is not printed. */
  readonly delta: string | null;
  /** `provider:event`, without the host before it. */
  readonly name: string;
  /** Fields of all scopes; a payload field replaces a context field of its name. */
  readonly fields: ReadonlyMap<string, BabeltraceField>;
};

const HEAD = /^\[([^\]]{1,60})\] (?:\(\+([0-9.?]{1,40})\) )?([^{}"]{1,400}?): (?=\{)/;
const NAME = /[A-Za-z_][A-Za-z0-9_.]*/y;
const WORD = /[^,{}[\]"\s]+/y;
const NESTING_LIMIT = 64;

/** Whether a line begins like an event of babeltrace2. */
export function isBabeltraceLine(line: string): boolean {
  return HEAD.test(line);
}

/** @throws ParseError when the line is not an event, or stops inside one */
export function readBabeltraceLine(line: string, number: number): BabeltraceEvent {
  const head = HEAD.exec(line);
  if (head === null) {
    const detail = `the line is no event of babeltrace2 (${quote(line)}): print it with its default fields, without --names and --fields`;
    throw new ParseError(detail, { line: number, column: 1 });
  }
  const [whole, time = '', delta = '', title = ''] = head;
  const name = title.slice(title.lastIndexOf(' ') + 1);
  const fields = new ScopeReader(line, number).read(whole.length);
  return { time, delta: /^\d+(?:\.\d+)?$/.test(delta) ? delta : null, name, fields };
}

/** Reads `{ a = 1, b = "x" }, { … }` to the end of a line. */
class ScopeReader {
  readonly #line: string;
  readonly #number: number;
  readonly #fields = new Map<string, BabeltraceField>();
  #position = 0;

  constructor(line: string, number: number) {
    this.#line = line;
    this.#number = number;
  }

  read(from: number): ReadonlyMap<string, BabeltraceField> {
    this.#position = from;
    do this.#readScope();
    while (this.#take(','));
    this.#skipBlanks();
    if (this.#position < this.#line.length) this.#fail('goes on after the last brace');
    return this.#fields;
  }

  #readScope(): void {
    if (!this.#take('{')) this.#fail('has no { where a scope begins');
    if (this.#take('}')) return;
    do {
      this.#skipBlanks();
      NAME.lastIndex = this.#position;
      const name = NAME.exec(this.#line)?.[0] ?? this.#fail('has no name of a field');
      this.#position += name.length;
      if (!this.#take('=')) this.#fail(`has no = after the field ${quote(name)}`);
      this.#fields.set(name, this.#readValue());
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('has no } after a scope');
  }

  #readValue(): BabeltraceField {
    this.#skipBlanks();
    const start = this.#position;
    const column = start + 1;
    const first = this.#line.charAt(start);
    if (first === '"') return { text: this.#readString(), column };
    if (first === '{' || first === '[' || first === '(') {
      this.#skipNested();
      return { text: null, column };
    }
    WORD.lastIndex = start;
    const word = WORD.exec(this.#line)?.[0] ?? this.#fail('has no value after =');
    this.#position += word.length;
    return { text: word, column };
  }

  #readString(): string {
    let text = '';
    for (let position = this.#position + 1; position < this.#line.length; position++) {
      const character = this.#line.charAt(position);
      if (character === '"') {
        this.#position = position + 1;
        return text;
      }
      if (character === '\\') position++;
      text += this.#line.charAt(position);
    }
    return this.#fail('stops inside a text');
  }

  #skipNested(): void {
    let depth = 0;
    do {
      const character = this.#line.charAt(this.#position);
      if (character === '"') {
        this.#readString();
        continue;
      }
      if (character === '{' || character === '[' || character === '(') depth++;
      if (character === '}' || character === ']' || character === ')') depth--;
      if (depth > NESTING_LIMIT) this.#fail(`nests deeper than ${NESTING_LIMIT} levels`);
      this.#position++;
    } while (depth > 0 && this.#position < this.#line.length);
    if (depth > 0) this.#fail('stops inside a structure');
  }

  #take(character: string): boolean {
    this.#skipBlanks();
    if (this.#line.charAt(this.#position) !== character) return false;
    this.#position++;
    return true;
  }

  #skipBlanks(): void {
    while (this.#line.charAt(this.#position) === ' ') this.#position++;
  }

  #fail(detail: string): never {
    const place = { line: this.#number, column: Math.min(this.#position, this.#line.length) + 1 };
    throw new ParseError(`the event ${detail}; the file is cut off, or was edited`, place);
  }
}
