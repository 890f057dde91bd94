import { ParseError } from '../format.ts';
import { StreamText } from './stream-text.ts';
import { assertLineLength } from './text.ts';

/** One line without its line end, its number from 1, and whether it had a line end: the last line of a file that was cut off has none. */
export type VisitTerminated = (line: string, number: number, terminated: boolean) => void;

const CODE_CR = 13;

/**
 * Text that arrives in pieces, as whole lines that know whether they were ended. What every stream of lines refuses (nothing at all, binary,
 * endless lines) is refused here.
 */
export class TerminatedLines {
  readonly #visit: VisitTerminated;
  readonly #text = new StreamText();
  #line = 1;
  #empty = true;

  constructor(visit: VisitTerminated) {
    this.#visit = visit;
  }

  /** @throws ParseError for a byte 0, or a line longer than `LIMITS.lineCharacters` */
  push(chunk: string): void {
    const text = this.#text.add(chunk);
    if (text === undefined) return;
    const from = this.#read(text);
    assertLineLength(text.length - from, this.#line);
    this.#text.keep(from);
  }

  /** The rest, which is a line when it is not empty. @throws ParseError when the text had nothing but white space */
  end(): void {
    const text = this.#text.rest();
    const from = this.#read(text);
    if (from < text.length) this.#take(text.slice(from), false);
    if (this.#empty) {
      throw new ParseError('the payload is empty: nothing was measured, or the file was sent before it was written', {
        line: 1,
        column: 1,
      });
    }
  }

  /** Visits every ended line and gives the offset where the one that is not begins. */
  #read(text: string): number {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#take(text.slice(from, end > from && text.charCodeAt(end - 1) === CODE_CR ? end - 1 : end), true);
      from = end + 1;
    }
    return from;
  }

  #take(line: string, terminated: boolean): void {
    assertLineLength(line.length, this.#line);
    const zero = line.indexOf('\0');
    if (zero >= 0) throw new ParseError('the payload is binary, not text', { line: this.#line, column: zero + 1 });
    this.#empty &&= line.trim() === '';
    this.#visit(line, this.#line, terminated);
    this.#line++;
  }
}
