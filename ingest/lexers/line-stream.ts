import { ParseError } from '../format.ts';
import { StreamText } from './stream-text.ts';
import { assertLineLength, openText } from './text.ts';

/** One line without its line end (`\n` or `\r\n`), its number from 1, and whether it had one: the last line of a file that was cut off has none. */
export type VisitLine = (line: string, number: number, isEnded: boolean) => void;

/** Characters that must have arrived before a text is looked at for binary content; a shorter text is looked at when it ends. */
const HEAD_CHARACTERS = 1024;
const CODE_CR = 13;

/**
 * Lines of a text that arrives in pieces, each visited once it is complete; how the text was cut makes no difference. Empty and binary texts
 * are refused as `openText` refuses those that are read at once, and so are lines longer than `LIMITS.lineCharacters`.
 */
export class LineStream {
  readonly #visit: VisitLine;
  readonly #text = new StreamText();
  #isOpened = false;
  #line = 1;
  #isBlank = true;
  #isCut = false;

  constructor(visit: VisitLine) {
    this.#visit = visit;
  }

  /** @throws ParseError when a line is too long, or the text is binary */
  push(chunk: string): void {
    const text = this.#text.add(chunk);
    if (text === undefined) return;
    if (!this.#isOpened && text.length < HEAD_CHARACTERS) this.#text.keep(0);
    else this.#text.keep(this.#read(text));
  }

  /** Visits the rest, which is a line when it is not empty. @throws ParseError when the text had nothing but white space */
  end(): void {
    const text = this.#text.rest();
    const from = this.#read(text);
    this.#isCut = from < text.length;
    if (this.#isCut) this.#take(text, from, text.length, false);
    if (this.#isBlank) openText('');
  }

  /** The number of the last line when it has no line end: a number there may have lost digits; null when it has one, and before `end`. */
  get unfinishedLine(): number | null {
    return this.#isCut ? this.#line - 1 : null;
  }

  /** Visits every ended line and gives the offset where the one that is not begins. */
  #read(text: string): number {
    this.#open(text);
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#take(text, from, end, true);
      from = end + 1;
    }
    assertLineLength(text.length - from, this.#line);
    return from;
  }

  #take(text: string, from: number, end: number, isEnded: boolean): void {
    assertLineLength(end - from, this.#line);
    const line = text.slice(from, end > from && text.charCodeAt(end - 1) === CODE_CR ? end - 1 : end);
    const zero = line.indexOf('\0');
    if (zero >= 0) throw new ParseError('the payload is binary, not text (a byte 0)', { line: this.#line, column: zero + 1 });
    this.#visit(line, this.#line, isEnded);
    this.#line += 1;
  }

  #open(text: string): void {
    this.#isBlank &&= !/\S/.test(text);
    if (this.#isOpened || this.#isBlank) return;
    this.#isOpened = true;
    openText(text.slice(0, HEAD_CHARACTERS));
  }
}
