import { ParseError } from '../format.ts';
import { StreamText } from './stream-text.ts';
import { assertLineLength } from './text.ts';

/** One line without its end (`\n` or `\r\n`), numbered from 1. `isEnded` is false for a last line without a line feed: it may be cut off. */
export type NumberedLine = { readonly text: string; readonly number: number; readonly isEnded: boolean };

/** Cuts text that arrives in pieces into numbered lines; a byte order mark is dropped, a byte 0 is refused. */
export class NumberedLines {
  readonly #text = new StreamText();
  readonly #visit: (line: NumberedLine) => void;
  #number = 0;

  constructor(visit: (line: NumberedLine) => void) {
    this.#visit = visit;
  }

  /** @throws ParseError when a line is longer than `LIMITS.lineCharacters`, or is no text */
  push(chunk: string): void {
    const text = this.#text.add(chunk);
    if (text !== undefined) this.#text.keep(this.#lines(text));
  }

  /** Gives the last line, if it has no line feed. */
  end(): void {
    const text = this.#text.rest();
    const start = this.#lines(text);
    if (start < text.length) this.#line(text, start, text.length, false);
    this.#text.keep(text.length);
  }

  /** Offset of what is no whole line yet. */
  #lines(text: string): number {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line(text, start, end, true);
      start = end + 1;
    }
    assertLineLength(text.length - start, this.#number + 1);
    return start;
  }

  #line(text: string, start: number, end: number, isEnded: boolean): void {
    this.#number++;
    assertLineLength(end - start, this.#number);
    const line = text.slice(start, end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end);
    const zero = line.indexOf('\0');
    if (zero >= 0) throw new ParseError('the payload is binary, not text', { line: this.#number, column: zero + 1 });
    this.#visit({ text: line, number: this.#number, isEnded });
  }
}
