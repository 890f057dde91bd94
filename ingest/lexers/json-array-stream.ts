import { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';
import { quote } from './decimal.ts';
import { JsonScanner } from './json-scanner.ts';
import { StreamText } from './stream-text.ts';

/** What is read of a document. */
export type JsonArrayVisitor = {
  /** Whether the value of this member of the top object is wanted. */
  readonly wants: (name: string) => boolean;
  /** A wanted member, its value as printed, which is JSON as `JsonScanner` has it. */
  readonly member: (name: string, value: string) => void;
  /** The large array begins. */
  readonly begin: () => void;
  /** Reads the element of `scanner.text` that opens at `start`. @returns the offset after it, -1 when it is not whole yet */
  readonly element: (start: number) => number;
};

type Part = 'start' | 'members' | 'skipping' | 'elements' | 'end';

/** Characters of a wanted member: a distributedInfo names every rank. */
const MEMBER_CHARACTERS = 16 * LIMITS.lineCharacters;

const CODE_QUOTE = 34;
const CODE_COMMA = 44;
const CODE_OPEN_BRACKET = 91;
const CODE_BACKSLASH = 92;
const CODE_CLOSE_BRACKET = 93;
const CODE_OPEN_BRACE = 123;
const CODE_CLOSE_BRACE = 125;

/**
 * Reads one JSON object with one large array of objects, holding neither: `{"a": 1, "traceEvents": [{…}, …], "b": 2}`. Members before and after
 * the array are told, those that nobody wants are passed over whatever their size. A document may stop anywhere: what was whole was read.
 */
export class JsonArrayStream {
  readonly scanner = new JsonScanner((detail, position) => this.fail(detail, position));
  readonly #array: string;
  readonly #advice: string;
  readonly #visitor: JsonArrayVisitor;
  readonly #text = new StreamText();
  readonly #seen = new Set<string>();
  #part: Part = 'start';
  /** Nothing came yet in this object or array, or a comma came last, or an item did. */
  #before: 'nothing' | 'comma' | 'item' = 'nothing';
  /** Of a value that is passed over: brackets that are open, and whether its end lies in a string. */
  #depth = 0;
  #inString = false;
  /** Lines are counted up to here in the scanner's text; that line began at `#lineStart`, before the text when negative. */
  #counted = 0;
  #line = 1;
  #lineStart = 0;

  /** @param array name of the member that holds the array @param advice ends every error */
  constructor(array: string, advice: string, visitor: JsonArrayVisitor) {
    this.#array = array;
    this.#advice = advice;
    this.#visitor = visitor;
  }

  /** @throws ParseError when the text is no such document */
  push(chunk: string): void {
    const text = this.#text.add(chunk);
    if (text === undefined) return;
    const from = this.#read(text);
    this.lineAt(from);
    this.#counted = 0;
    this.#lineStart -= from;
    this.#text.keep(from);
  }

  /** @returns whether the document was whole @throws ParseError when it has no beginning */
  end(): boolean {
    const text = this.#text.rest();
    const at = this.#read(text);
    if (this.#part === 'start' && at >= text.length) this.fail('the payload is empty', at);
    return this.#part === 'end';
  }

  /** Line, from 1, of an offset into the scanner's text. Offsets may only grow from call to call. */
  lineAt(position: number): number {
    const { text } = this.scanner;
    for (let end = text.indexOf('\n', this.#counted); end !== -1 && end < position; end = text.indexOf('\n', this.#counted)) {
      this.#line++;
      this.#lineStart = end + 1;
      this.#counted = end + 1;
    }
    return this.#line;
  }

  /** @throws ParseError always */
  fail(detail: string, position: number): never {
    const line = this.lineAt(position);
    throw new ParseError(`${detail}: ${this.#advice}`, { line, column: Math.max(1, position - this.#lineStart + 1) });
  }

  /** Offset after what was read. */
  #read(text: string): number {
    this.scanner.text = text;
    let at = 0;
    for (;;) {
      if (this.#part !== 'skipping') at = this.scanner.skipBlanks(at);
      if (at >= text.length) return at;
      const next = this.#step(at);
      if (next === -1) return this.#incomplete(text, at);
      at = next;
    }
  }

  #incomplete(text: string, at: number): number {
    const limit = this.#part === 'members' ? MEMBER_CHARACTERS : LIMITS.lineCharacters;
    if (text.length - at > limit) this.fail(`a value has more than ${limit} characters`, at);
    return at;
  }

  /** Offset after one token, member or element; -1 when it is not whole. */
  #step(at: number): number {
    if (this.#part === 'skipping') return this.#skip(at);
    const code = this.scanner.text.charCodeAt(at);
    if (this.#part === 'start' && code === CODE_OPEN_BRACE) {
      this.#part = 'members';
      return at + 1;
    }
    if (this.#part === 'start' || this.#part === 'end')
      this.fail(`expected ${this.#part === 'end' ? 'nothing more' : 'an object in braces'}`, at);
    if (code === CODE_COMMA && this.#before === 'item') {
      this.#before = 'comma';
      return at + 1;
    }
    const isClosing = code === (this.#part === 'members' ? CODE_CLOSE_BRACE : CODE_CLOSE_BRACKET);
    if (isClosing && this.#before !== 'comma') {
      this.#part = this.#part === 'members' ? 'end' : 'members';
      this.#before = 'item';
      return at + 1;
    }
    if (isClosing || this.#before === 'item') this.fail(`expected ${isClosing ? 'a value' : 'a comma or a closing bracket'}`, at);
    return this.#part === 'members' ? this.#member(at) : this.#element(at);
  }

  #element(at: number): number {
    if (this.scanner.text.charCodeAt(at) !== CODE_OPEN_BRACE) this.fail(`an element of ${this.#array} is not an object`, at);
    const end = this.#visitor.element(at);
    if (end !== -1) this.#before = 'item';
    return end;
  }

  #member(at: number): number {
    const { scanner } = this;
    const start = scanner.valueStart(at);
    if (start === -1) return -1;
    const name = scanner.text.slice(at + 1, scanner.nameEnd - 1);
    if (name === this.#array) return this.#openArray(name, at, start);
    if (!this.#visitor.wants(name)) {
      this.#part = 'skipping';
      return start;
    }
    const end = scanner.valueEnd(start);
    if (end === -1) return -1;
    this.#note(name, at);
    this.#visitor.member(name, scanner.text.slice(start, end));
    this.#before = 'item';
    return end;
  }

  #openArray(name: string, at: number, start: number): number {
    if (!this.scanner.has(CODE_OPEN_BRACKET, start)) this.fail(`${quote(name)} is not an array`, start);
    this.#note(name, at);
    this.#part = 'elements';
    this.#before = 'nothing';
    this.#visitor.begin();
    return start + 1;
  }

  #note(name: string, at: number): void {
    if (this.#seen.has(name)) this.fail(`the name ${quote(name)} occurs twice in one object`, at);
    this.#seen.add(name);
  }

  /** Passes over a value that nobody wants, of any size: a string, a word, or what stands between brackets. */
  #skip(from: number): number {
    const { text } = this.scanner;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#inString) {
        if (code === CODE_BACKSLASH && at + 1 === text.length) return at === from ? -1 : at;
        if (code === CODE_BACKSLASH) at++;
        else if (code === CODE_QUOTE) this.#inString = false;
      } else if (this.#depth === 0 && (code === CODE_COMMA || code === CODE_CLOSE_BRACE)) {
        this.#part = 'members';
        this.#before = 'item';
        return at;
      } else if (code === CODE_QUOTE) this.#inString = true;
      else if (code === CODE_OPEN_BRACE || code === CODE_OPEN_BRACKET) this.#depth++;
      else if (code === CODE_CLOSE_BRACE || code === CODE_CLOSE_BRACKET) this.#depth--;
      if (this.#depth < 0) this.fail('a bracket closes nothing', at);
    }
    return text.length;
  }
}
