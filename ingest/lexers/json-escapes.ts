/** The rest of a JSON string that has escapes, which few do. */

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

export type DecodedEscapes =
  | { readonly value: string /** Position of the closing quote. */; readonly end: number }
  | { readonly value: undefined /** Position of what is wrong. */; readonly end: number; readonly isEscape: boolean };

/**
 * Decodes from the first escape to the closing quote.
 * @returns the text, or where it breaks off: at a bad escape, or where the line or text ends inside the string
 */
export function decodeJsonEscapes(text: string, from: number): DecodedEscapes {
  let value = '';
  for (let i = from; ; ) {
    const code = text.charCodeAt(i);
    if (code === 34) return { value, end: i };
    if (!(code >= 32)) return { value: undefined, end: i, isEscape: false };
    if (code !== 92) {
      value += text.charAt(i++);
      continue;
    }
    const letter = text.charAt(i + 1);
    const hex = letter === 'u' ? text.slice(i + 2, i + 6) : '';
    const isUnicode = /^[0-9a-fA-F]{4}$/.test(hex);
    const character = isUnicode
      ? String.fromCharCode(Number.parseInt(hex, 16))
      : Object.hasOwn(ESCAPES, letter)
        ? ESCAPES[letter]
        : undefined;
    if (character === undefined) return { value: undefined, end: i, isEscape: true };
    value += character;
    i += isUnicode ? 6 : 2;
  }
}
