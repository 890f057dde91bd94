import { type DecimalScale, PlainDecimalScanner, readDecimal, UNSCALED } from './decimal.ts';

/** Numbers that a tool prints as a field of their own: the whole text is the number, or it is none. */

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const JSON_INTEGER = /^-?\d+$/;
const SCANNER = new PlainDecimalScanner();

/**
 * The value of a whole text in base units, or undefined when it is no finite decimal number: `12abc`, `1,5`, `NaN` and `1e999` are none.
 * @example parseDecimal('336.438915', decimalScale(1e6)) // 336438915
 */
export function parseDecimal(text: string, scale: DecimalScale = UNSCALED): number | undefined {
  const value = SCANNER.scan(text, 0, scale);
  if (SCANNER.end === text.length) return value;
  const reading = readDecimal(text, scale);
  return 'value' in reading ? reading.value : undefined;
}

/** A number as JSON writes it: an integer that may not be exactly a double comes as bigint; undefined when the text is none or overflows. */
export function parseJsonNumber(text: string): number | bigint | undefined {
  const value = JSON_NUMBER.test(text) ? parseDecimal(text) : undefined;
  return value !== undefined && Math.abs(value) > Number.MAX_SAFE_INTEGER && JSON_INTEGER.test(text) ? BigInt(text) : value;
}

/** Whether `text` is an integer (`9007199254740993`, `9007199254740993.000000`) that no double holds exactly. */
export function losesPrecision(text: string): boolean {
  const reading = readDecimal(text);
  return 'value' in reading && reading.precisionLost;
}

/** An exact integer as a double, and whether it was rounded. */
export function toDouble(value: number | bigint): { readonly value: number; readonly exact: boolean } {
  if (typeof value === 'number') return { value, exact: true };
  const double = Number(value);
  return { value: double, exact: BigInt(double) === value };
}
