import { ParseError } from '../format.ts';
import { quote, trimBlanks } from './decimal.ts';

/** Delimiters by the name that the parameter `delimiter` has for them. */
export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', space: ' ', pipe: '|' } as const;
export type DelimiterName = keyof typeof DELIMITERS;

/** A field of a line: what it says, and its column from 1. */
export type DelimitedField = { readonly text: string; readonly column: number };

/**
 * The delimiter that the caller names.
 * @throws ParseError when the name is unknown
 */
export function readDelimiter(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  for (const [known, delimiter] of Object.entries(DELIMITERS)) if (known === name) return delimiter;
  throw new ParseError(`delimiter=${quote(name)} is unknown: send one of ${Object.keys(DELIMITERS).join(', ')}`, { line: 1, column: 1 });
}

/**
 * The fields of one line. A field may be quoted and then hold delimiters and doubled quotes, but no line break; blanks around are dropped.
 * @throws ParseError when a quoted field is not closed, or text follows its closing quote
 */
export function splitDelimited(line: string, delimiter: string, number: number): DelimitedField[] {
  if (!line.includes('"')) return splitPlain(line, delimiter);
  const fields: DelimitedField[] = [];
  for (let start = 0; start <= line.length; ) {
    const blanks = countBlanks(line, start, delimiter);
    if (line.charAt(start + blanks) !== '"') {
      const end = endOfPlain(line, start, delimiter);
      fields.push({ text: trimBlanks(line.slice(start, end)), column: start + 1 });
      start = end + 1;
      continue;
    }
    const open = start + blanks;
    const close = closingQuote(line, open);
    if (close < 0) {
      const detail = 'a quoted field is not closed in its line; line breaks inside fields are not read, or the file is cut off';
      throw new ParseError(detail, { line: number, column: open + 1 });
    }
    const end = endOfPlain(line, close + 1, delimiter);
    if (trimBlanks(line.slice(close + 1, end)) !== '') {
      throw new ParseError('text follows a closing quote; double the quotes inside a quoted field ("")', {
        line: number,
        column: close + 2,
      });
    }
    fields.push({ text: line.slice(open + 1, close).replaceAll('""', '"'), column: open + 1 });
    start = end + 1;
  }
  return fields;
}

function splitPlain(line: string, delimiter: string): DelimitedField[] {
  let column = 1;
  return line.split(delimiter).map((text) => {
    const field = { text: trimBlanks(text), column };
    column += text.length + 1;
    return field;
  });
}

function closingQuote(line: string, open: number): number {
  let close = line.indexOf('"', open + 1);
  while (close >= 0 && line.charAt(close + 1) === '"') close = line.indexOf('"', close + 2);
  return close;
}

function endOfPlain(line: string, from: number, delimiter: string): number {
  const end = line.indexOf(delimiter, from);
  return end < 0 ? line.length : end;
}

function countBlanks(line: string, from: number, delimiter: string): number {
  let count = 0;
  for (let blank = line.charAt(from); (blank === ' ' || blank === '\t') && blank !== delimiter; blank = line.charAt(from + count)) count++;
  return count;
}
