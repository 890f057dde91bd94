import { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';

/** What every text format does first: the byte order mark goes, an empty or binary payload is refused. */

const BYTE_ORDER_MARK = 0xfeff;
/** Characters looked at for control bytes, and the share of them that no text has. */
const BINARY_HEAD_CHARACTERS = 1024;
const BINARY_SHARE = 0.1;

/** Said of a text whose last line has no line end, where that is allowed. */
export const NO_LINE_END = 'the last line has no line end: if the file was cut off, its last value is too; end files with a line feed';

export type Place = { readonly line: number; readonly column: number };

/**
 * The text of a payload without its byte order mark.
 * @throws ParseError when nothing but white space is left, or when it holds bytes that no text has
 */
export function openText(text: string): string {
  const opened = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  if (!/\S/.test(opened))
    throw new ParseError('the payload is empty: nothing was measured, or the file was sent before it was written', firstPlace());
  const zero = opened.indexOf('\0');
  if (zero >= 0) throw new ParseError(`the payload is binary, not text (byte 0 at character ${zero + 1})`, placeAt(opened, zero));
  assertNoControls(opened.slice(0, BINARY_HEAD_CHARACTERS));
  return opened;
}

function assertNoControls(head: string): void {
  let strange = 0;
  for (let i = 0; i < head.length; i++) {
    const code = head.charCodeAt(i);
    // Tab, line feed, carriage return and escape (coloured logs) belong to text; U+FFFD stands for a byte that is not UTF-8.
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13 && code !== 27)) strange++;
  }
  if (strange > head.length * BINARY_SHARE) throw new ParseError('the payload is binary, not text', firstPlace());
}

function firstPlace(): Place {
  return { line: 1, column: 1 };
}

/** Line and column, from 1, of a position in `text`; costs one pass over what is before it. */
export function placeAt(text: string, position: number): Place {
  let line = 1;
  let start = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < position; i = text.indexOf('\n', i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: position - start + 1 };
}

/**
 * Calls `visit` for each line, without its line end (`\n` or `\r\n`), numbered from 1; what follows the last line feed is a line if not empty.
 * @throws ParseError when a line is longer than `LIMITS.lineCharacters`
 */
export function forEachLine(text: string, visit: (line: string, number: number) => void): void {
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    assertLineLength(end - start, number);
    const last = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
    visit(text.slice(start, last), number);
    start = end + 1;
  }
}

/** @throws ParseError when `characters` is more than a line may have */
export function assertLineLength(characters: number, line: number): void {
  if (characters <= LIMITS.lineCharacters) return;
  throw new ParseError(`line ${line} has ${characters} characters, more than ${LIMITS.lineCharacters}`, {
    line,
    column: LIMITS.lineCharacters + 1,
  });
}
