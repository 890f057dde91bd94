/** Characters that JSON is written with, by their code. */
export const CODES = {
  lineFeed: 10,
  space: 32,
  quote: 34,
  comma: 44,
  zero: 48,
  nine: 57,
  colon: 58,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  n: 110,
  openBrace: 123,
  closeBrace: 125,
} as const;
