import { ParseError } from '../format.ts';
import { StreamText } from './stream-text.ts';
import { assertLineLength, openText } from './text.ts';

/** Characters that must have arrived before a text is looked at for binary content; a shorter text is looked at when it ends. */
const HEAD_CHARACTERS = 1024;

/**
 * Lines of a text that arrives in pieces, each once it is complete, without its line end (LF or CRLF). What the pieces are makes no
 * difference to what is visited. Empty and binary texts are refused, as `openText` does for texts that are read at once.
 */
export class CheckedLines {
  readonly #text = new StreamText();
  readonly #visit: (line: string, number: number) => void;
  #opened = false;
  #line = 1;
  #seen = false;
  #cut = false;

  constructor(visit: (line: string, number: number) => void) {
    this.#visit = visit;
  }

  /** @throws ParseError when a line is too long, or the text is binary */
  push(chunk: string): void {
    const text = this.#text.add(chunk);
    if (text === undefined) return;
    const tooEarly = !this.#opened && text.length < HEAD_CHARACTERS;
    this.#text.keep(tooEarly ? 0 : this.#read(text, false));
  }

  /** @throws ParseError when the text was empty or blank */
  end(): void {
    const text = this.#text.rest();
    this.#cut = text !== '' && !text.endsWith('\n');
    this.#read(text, true);
    if (!this.#seen) openText('');
  }

  /** The number of the last line when it has no line end: a number there may have lost digits; null when it has one, and before `end`. */
  get unfinishedLine(): number | null {
    return this.#cut ? this.#line - 1 : null;
  }

  /** Offset after the last line that was visited. */
  #read(text: string, final: boolean): number {
    this.#open(text);
    let start = 0;
    while (start < text.length) {
      let end = text.indexOf('\n', start);
      if (end < 0) {
        assertLineLength(text.length - start, this.#line);
        if (!final) return start;
        end = text.length;
      }
      assertLineLength(end - start, this.#line);
      const last = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
      const line = text.slice(start, last);
      const zero = line.indexOf('\0');
      if (zero >= 0) throw new ParseError('the payload is binary, not text (a byte 0)', { line: this.#line, column: zero + 1 });
      this.#visit(line, this.#line++);
      start = end + 1;
    }
    return text.length;
  }

  #open(text: string): void {
    this.#seen ||= text.trim() !== '';
    if (this.#opened || !this.#seen) return;
    this.#opened = true;
    openText(text.slice(0, HEAD_CHARACTERS));
  }
}
