import { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';
import { type JsonObject, JsonReader } from './json.ts';
import { StreamText } from './stream-text.ts';

/** What a document that arrives in pieces holds: members of its top object, and the elements of the one array that may be large. */
export type JsonElementsVisitor = {
  /** A member whose value is an object. */
  readonly member: (name: string, value: JsonObject, line: number) => void;
  readonly element: (value: JsonObject, line: number) => void;
};

type Part = 'start' | 'members' | 'elements' | 'end';

const CODE_LF = 10;
const CODE_QUOTE = 34;
const CODE_COMMA = 44;
const CODE_OPEN_BRACKET = 91;
const CODE_BACKSLASH = 92;
const CODE_CLOSE_BRACKET = 93;
const CODE_OPEN_BRACE = 123;
const CODE_CLOSE_BRACE = 125;
const NAME = /"([^"\\]{0,200})"\s{0,20}:\s{0,20}/y;
const SCALAR = /(?:"(?:[^"\\\n]|\\[^\n]){0,10000}"|[\w.+-]{1,400})(?=[\s,}])/y;

/**
 * Reads one JSON object with one large array of objects, without holding either: `{"headers": {…}, "samples": [{…}, …]}`. Each inner object is
 * read by `JsonReader`, with its rules; one may have as many characters as a line.
 */
export class JsonElements {
  readonly #array: string;
  readonly #advice: string;
  readonly #visitor: JsonElementsVisitor;
  readonly #text = new StreamText();
  readonly #seen = new Set<string>();
  #part: Part = 'start';
  /** Whether a comma, or nothing yet, lets the next member or element follow. */
  #mayFollow = true;
  #needsNext = false;
  #line = 1;
  #column = 1;

  /** @param array name of the member that holds the array @param advice ends every error */
  constructor(array: string, advice: string, visitor: JsonElementsVisitor) {
    this.#array = array;
    this.#advice = advice;
    this.#visitor = visitor;
  }

  /** @throws ParseError when the text is not such a document */
  push(chunk: string): void {
    const text = this.#text.add(chunk);
    if (text !== undefined) this.#text.keep(this.#read(text, false));
  }

  /** @throws ParseError when the document is not complete */
  end(): void {
    const text = this.#text.rest();
    const at = this.#read(text, true);
    if (this.#part === 'start' && at === text.length) this.#fail('the payload is empty');
    if (this.#part !== 'end') this.#fail('the payload was cut off');
  }

  /** Offset after what was read. */
  #read(text: string, final: boolean): number {
    let at = 0;
    for (;;) {
      at = this.#skipSpace(text, at);
      if (at >= text.length) return at;
      const next = this.#step(text, at, final);
      if (next === -1) {
        if (text.length - at > LIMITS.lineCharacters) this.#fail(`a value has more than ${LIMITS.lineCharacters} characters`);
        return at;
      }
      this.#count(text, at, next);
      at = next;
    }
  }

  /** Offset after one token, member or element; -1 when it is not complete. */
  #step(text: string, at: number, final: boolean): number {
    const code = text.charCodeAt(at);
    if (this.#part === 'start' && code === CODE_OPEN_BRACE) {
      this.#part = 'members';
      return at + 1;
    }
    if (this.#part === 'start' || this.#part === 'end') this.#fail(`expected ${this.#part === 'end' ? 'nothing more' : 'an object'}`);
    if (code === CODE_COMMA && !this.#mayFollow) {
      this.#mayFollow = true;
      this.#needsNext = true;
      return at + 1;
    }
    const isClosing = code === (this.#part === 'members' ? CODE_CLOSE_BRACE : CODE_CLOSE_BRACKET);
    if (isClosing && !this.#needsNext) {
      this.#part = this.#part === 'members' ? 'end' : 'members';
      this.#mayFollow = false;
      return at + 1;
    }
    if (!this.#mayFollow || isClosing) this.#fail(`expected ${isClosing ? 'a value' : 'a comma or a closing bracket'}`);
    return this.#part === 'members' ? this.#member(text, at, final) : this.#element(text, at);
  }

  #member(text: string, at: number, final: boolean): number {
    NAME.lastIndex = at;
    const name = NAME.exec(text)?.[1];
    const start = NAME.lastIndex;
    // A name, or what is behind it, may not have arrived; a name of 200 characters has.
    if (name === undefined || start >= text.length) {
      return final || text.length - at > 500 ? this.#fail('expected a name and a value') : -1;
    }
    if (this.#seen.has(name)) this.#fail(`the name '${name}' occurs twice in one object`);
    const code = text.charCodeAt(start);
    let end = start + 1;
    if (name === this.#array) {
      if (code !== CODE_OPEN_BRACKET) this.#fail(`'${name}' is not an array`);
      this.#part = 'elements';
    } else if (code === CODE_OPEN_BRACE) {
      end = closingEnd(text, start);
      if (end === -1) return -1;
      this.#visitor.member(name, this.#object(text, at, start, end), this.#line);
    } else {
      SCALAR.lastIndex = start;
      if (!SCALAR.test(text)) return final || text.length - start > 10_100 ? this.#fail(`the value of '${name}' is not expected`) : -1;
      end = SCALAR.lastIndex;
    }
    this.#seen.add(name);
    if (this.#seen.size > 1000) this.#fail('the object has more than 1000 members');
    this.#needsNext = false;
    this.#mayFollow = name === this.#array;
    return end;
  }

  #element(text: string, at: number): number {
    if (text.charCodeAt(at) !== CODE_OPEN_BRACE) this.#fail(`an element of '${this.#array}' is not an object`);
    const end = closingEnd(text, at);
    if (end === -1) return -1;
    this.#visitor.element(this.#object(text, at, at, end), this.#line);
    this.#needsNext = false;
    this.#mayFollow = false;
    return end;
  }

  /** @param at where line and column are known @param start of the object */
  #object(text: string, at: number, start: number, end: number): JsonObject {
    const reader = new JsonReader(text.slice(at, end), this.#advice);
    reader.position = start - at;
    try {
      const object = reader.readObject();
      if (reader.position !== end - at) reader.fail('brackets do not match');
      return object;
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const { line, column } = error;
      throw new ParseError(error.message, { line: this.#line + line - 1, column: line === 1 ? this.#column + column - 1 : column });
    }
  }

  #skipSpace(text: string, from: number): number {
    let at = from;
    for (let code = text.charCodeAt(at); code === 32 || (code >= 9 && code <= 13); ) code = text.charCodeAt(++at);
    this.#count(text, from, at);
    return at;
  }

  #count(text: string, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      if (text.charCodeAt(i) !== CODE_LF) this.#column++;
      else {
        this.#line++;
        this.#column = 1;
      }
    }
  }

  #fail(detail: string): never {
    throw new ParseError(`${detail}: ${this.#advice}`, { line: this.#line, column: this.#column });
  }
}

/** Offset after the bracket that closes the one at `open`, strings minded; -1 when it has not come. */
function closingEnd(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === CODE_QUOTE) {
      at = stringEnd(text, at);
      if (at === -1) return -1;
    } else if (code === CODE_OPEN_BRACE || code === CODE_OPEN_BRACKET) {
      depth++;
    } else if ((code === CODE_CLOSE_BRACE || code === CODE_CLOSE_BRACKET) && --depth === 0) {
      return at + 1;
    }
  }
  return -1;
}

/** Offset of the closing quote. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === CODE_QUOTE) return at;
    if (code === CODE_BACKSLASH) at++;
  }
  return -1;
}
