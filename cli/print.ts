/** Characters that act in a terminal or hide: controls (which start escapes), formatters, line separators. */
const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text from outside as one harmless line; what could act is shown by its number.
 * @example toLine('a\u001b[31m') // 'a\\u{1b}[31m'
 */
export function toLine(text: string): string {
  return text.replace(ACTING, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

const widthOf = (cell: string) => [...cell].length;

/**
 * Rows in aligned columns with two spaces between; ends in a line end, and is empty without rows below the header.
 * @param header names of the columns
 * @param rows cells; text from outside is made harmless here
 */
export function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows.map((row) => row.map(toLine))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  const toText = (line: readonly string[]) =>
    line
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd();
  return `${lines.map(toText).join('\n')}\n`;
}

/**
 * Names and values in two columns, absent values left out.
 * @example toFacts([['state', 'open'], ['branch', undefined]]) // 'state  open\n'
 */
export function toFacts(facts: readonly (readonly [name: string, value: string | null | undefined])[]): string {
  const known = facts.flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [[name, toLine(value)] as const],
  );
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

/** `1 run`, `2 runs`. */
export function toCount(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
