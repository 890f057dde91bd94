import { type DecimalScale, UNSCALED } from './decimal.ts';
import { parseDecimal } from './number.ts';

/**
 * Numbers printed with digit groups in some locale: "1,234.5", "1.234,5", "1 234,5". Which of point and comma is the decimal separator is
 * decided once for a file, by values that can be read one way only.
 */
export type DecimalSeparator = '.' | ',';

/** What one value tells about its file: which separator is the decimal one, `either` when both readings make sense, `plain` when it has none. */
export type SeparatorEvidence = DecimalSeparator | 'either' | 'plain' | 'no-number';

/** Separators that only ever group: apostrophe, blank, no-break blanks. */
const GROUP_MARKS = /(?<=\d)['’ \u00A0\u2009\u202F](?=\d{3}(?!\d))/g;
const NUMBER = /^[+-]?\d[\d.,]*(?:[eE][+-]?\d{1,4})?$/;
const LONGEST = 60;

/** Without the marks that only group, when the text looks like a number. */
function ungroup(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const bare = text.replace(GROUP_MARKS, '');
  return NUMBER.test(bare) ? bare : undefined;
}

/**
 * @example weighSeparators('27.595.520') // ','
 * @example weighSeparators('117.344') // 'either'
 */
export function weighSeparators(text: string): SeparatorEvidence {
  const bare = ungroup(text);
  if (bare === undefined) return 'no-number';
  const mantissa = bare.replace(/^[+-]/, '').replace(/[eE].*$/, '');
  const points = mantissa.split('.').length - 1;
  const commas = mantissa.split(',').length - 1;
  if (points === 0 && commas === 0) return 'plain';
  if (points > 0 && commas > 0) return mantissa.lastIndexOf('.') > mantissa.lastIndexOf(',') ? '.' : ',';
  if (points > 1) return ',';
  if (commas > 1) return '.';
  const separator: DecimalSeparator = points === 1 ? '.' : ',';
  // A single separator groups only if one to three digits, no leading zero, stand before it and exactly three after it.
  const isGroup = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/.test(bare);
  return isGroup ? 'either' : separator;
}

/**
 * The value of a text whose decimal separator is known; undefined when the text is no number in that convention (groups are of three digits).
 * @example readGrouped('117.344', ',') // 117344
 */
export function readGrouped(text: string, decimal: DecimalSeparator, scale: DecimalScale = UNSCALED): number | undefined {
  const bare = ungroup(text);
  if (bare === undefined) return undefined;
  const group = decimal === '.' ? ',' : '.';
  const [whole = '', ...fractions] = bare.split(decimal);
  if (fractions.length > 1 || fractions.some((fraction) => fraction.includes(group))) return undefined;
  if (whole.includes(group) && !/^[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+(?:[eE].*)?$/.test(whole)) return undefined;
  const digits = whole.replaceAll(group, '');
  return parseDecimal(fractions.length === 0 ? digits : `${digits}.${fractions[0]}`, scale);
}
