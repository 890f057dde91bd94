/**
 * Strict, exact reading of printed decimal numbers. A text is a number only when every character of it belongs to one: NaN, null, inf, hex,
 * digit groups and decimal commas are refused with what to do about them, a number too large or too small for a double is refused, and an
 * integer that a double cannot hold is told apart. A unit's power of ten is part of the reading, so 1.001 us is exactly 1001 ns.
 */

/** How printed numbers become base units: the factor, and its exponent when it is a power of ten (then conversion rounds only once). */
export type DecimalScale = { readonly factor: number; readonly powerOfTen: number | null };

export type DecimalValue = { readonly value: number /** The printed integer is not exactly a double. */; readonly precisionLost: boolean };
/** Why a text is no number, and what to do: completes the sentence "value …". */
export type DecimalRefusal = { readonly refusal: string };
export type DecimalReading = DecimalValue | DecimalRefusal;

/** 10^0 … 10^22: the powers of ten that are exactly doubles. */
const EXACT_POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const LARGEST_EXACT_POWER = 22;
/** No double needs an exponent beyond this, whatever its mantissa; keeps absurd exponents out of integer arithmetic. */
const EXPONENT_BOUND = 1e9;
const EXCERPT_CHARACTERS = 40;

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const INTEGER = /^[0-9]+$/;

const CODE_TAB = 9;
const CODE_SPACE = 32;
const CODE_0 = 48;
const CODE_9 = 57;
const CODE_PLUS = 43;
const CODE_MINUS = 45;
const CODE_POINT = 46;
const CODE_E = 69;
const CODE_SMALL_E = 101;

/**
 * The scale of a unit's factor.
 * @param factor what a printed number is multiplied with, finite and positive
 * @example decimalScale(1e-3) // { factor: 0.001, powerOfTen: -3 }
 */
export function decimalScale(factor: number): DecimalScale {
  if (!(factor > 0) || factor === Number.POSITIVE_INFINITY) throw new RangeError(`factor ${factor} must be finite and positive`);
  const exponent = Math.round(Math.log10(factor));
  return { factor, powerOfTen: Number(`1e${exponent}`) === factor ? exponent : null };
}

/** Printed numbers are base units already. */
export const UNSCALED: DecimalScale = decimalScale(1);

/**
 * Reads a whole text as one decimal number: `12`, `-0.5`, `+1.`, `.5`, `1e-9`; blanks around it are allowed, nothing else is.
 * @param text what was printed
 * @param scale conversion to the base unit, applied while reading
 * @returns the number in base units, correctly rounded when the factor is a power of ten; or why it is none
 * @example readDecimal('1.001', decimalScale(1e3)) // { value: 1001, precisionLost: false }
 */
export function readDecimal(text: string, scale: DecimalScale = UNSCALED): DecimalReading {
  const trimmed = trimBlanks(text);
  const parts = DECIMAL.exec(trimmed);
  if (parts === null) return { refusal: explainNoNumber(trimmed) };
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  if (whole === '' && fraction === '') return { refusal: explainNoNumber(trimmed) };
  const value = convert(`${sign}${whole}.${fraction}`, Number(exponent), scale);
  if (!Number.isFinite(value)) return { refusal: `is too large for a 64-bit float: ${quote(trimmed)}; use a larger unit` };
  if (value === 0 && /[1-9]/.test(whole + fraction)) {
    return { refusal: `is too close to zero for a 64-bit float: ${quote(trimmed)}; use a smaller unit` };
  }
  const integer = parts[4] === undefined && /^0*$/.test(fraction);
  return { value: value + 0, precisionLost: integer && !isExactInteger(whole) };
}

/**
 * Reads a whole number of a small range, printed with digits only.
 * @param text what was printed; blanks around it are allowed
 * @param range inclusive bounds, safe integers ≥ 0
 * @returns the number, or undefined when the text is none or is out of range
 */
export function readInteger(text: string, range: { readonly least: number; readonly most: number }): number | undefined {
  const trimmed = trimBlanks(text);
  if (!INTEGER.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value >= range.least && value <= range.most ? value : undefined;
}

/**
 * The fast half of `readDecimal`, for use inside a longer text: takes numbers (`123`, `-1.5`, `1e-9`) where they stand, and
 * leaves everything else to `readDecimal`, integers that a double may not hold included. After `scan`, `end` is the offset after the number, or -1 when it was not taken.
 */
export class PlainDecimalScanner {
  end = -1;

  /** @returns the number in base units, correctly rounded as in `readDecimal`; meaningless when `end` is -1 */
  scan(text: string, start: number, scale: DecimalScale): number {
    this.end = -1;
    let position = start;
    let code = text.charCodeAt(position);
    const negative = code === CODE_MINUS;
    if (negative || code === CODE_PLUS) code = text.charCodeAt(++position);
    const digitsStart = position;
    let mantissa = 0;
    while (code >= CODE_0 && code <= CODE_9) {
      mantissa = mantissa * 10 + (code - CODE_0);
      code = text.charCodeAt(++position);
    }
    let digits = position - digitsStart;
    let fractionDigits = 0;
    let exponent = scale.powerOfTen ?? 0;
    if (digits === 0) return 0;
    if (code === CODE_POINT) {
      const fractionStart = ++position;
      code = text.charCodeAt(position);
      while (code >= CODE_0 && code <= CODE_9) {
        mantissa = mantissa * 10 + (code - CODE_0);
        code = text.charCodeAt(++position);
      }
      fractionDigits = position - fractionStart;
      if (fractionDigits === 0) return 0;
      digits += fractionDigits;
      exponent -= fractionDigits;
    }
    // Up to 16 digits below 2^53 the mantissa is exact, and one exact power of ten away the result is rounded once (Clinger 1990).
    const exact =
      digits <= 16 && mantissa <= Number.MAX_SAFE_INTEGER && exponent <= LARGEST_EXACT_POWER && exponent >= -LARGEST_EXACT_POWER;
    if (!exact || code === CODE_E || code === CODE_SMALL_E) {
      if (code !== CODE_E && code !== CODE_SMALL_E && digits - fractionDigits > 15) return 0;
      return this.#scanLong(text, start, position, scale);
    }
    this.end = position;
    let value = shiftExactly(mantissa, exponent);
    if (scale.powerOfTen === null) value *= scale.factor;
    // `-0` is the number 0: no measurement tells them apart.
    return negative && value !== 0 ? -value : value;
  }

  /** A number with an exponent, or of more digits than a double holds, as languages print doubles in full. */
  #scanLong(text: string, start: number, mantissaEnd: number, scale: DecimalScale): number {
    let end = mantissaEnd;
    let code = text.charCodeAt(end);
    if (code === CODE_E || code === CODE_SMALL_E) {
      code = text.charCodeAt(++end);
      if (code === CODE_MINUS || code === CODE_PLUS) end++;
      const digitsStart = end;
      for (code = text.charCodeAt(end); code >= CODE_0 && code <= CODE_9; ) code = text.charCodeAt(++end);
      if (end === digitsStart) return 0;
    }
    const value = convert(text.slice(start, mantissaEnd), end === mantissaEnd ? 0 : Number(text.slice(mantissaEnd + 1, end)), scale);
    if (value === 0 || !Number.isFinite(value)) return 0;
    this.end = end;
    return value;
  }
}

/** An excerpt of the caller's own text for an error message, at most 40 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > EXCERPT_CHARACTERS ? `${text.slice(0, EXCERPT_CHARACTERS)}…` : text);
}

function shiftExactly(mantissa: number, exponent: number): number {
  if (exponent === 0) return mantissa;
  const power = EXACT_POWERS[exponent < 0 ? -exponent : exponent];
  if (power === undefined) throw new RangeError(`exponent ${exponent} must lie in -22..22`);
  return exponent < 0 ? mantissa / power : mantissa * power;
}

/** @param mantissa sign, digits and point of a number, without exponent */
function convert(mantissa: string, exponent: number, scale: DecimalScale): number {
  const bounded = Math.max(-EXPONENT_BOUND, Math.min(EXPONENT_BOUND, exponent));
  const shifted = bounded + (scale.powerOfTen ?? 0);
  const value = Number(shifted === 0 ? mantissa : `${mantissa}e${shifted}`);
  return scale.powerOfTen === null ? value * scale.factor : value;
}

function isExactInteger(digits: string): boolean {
  const value = Number(digits);
  return value <= Number.MAX_SAFE_INTEGER || BigInt(digits) === BigInt(value);
}

/** Without the blanks (space, tab) around a field; linear, whatever a caller sends. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === CODE_SPACE || code === CODE_TAB;
}

/** Completes "value …" for a text that is no number. */
function explainNoNumber(text: string): string {
  if (text === '') return 'is empty; leave the row out when nothing was measured';
  if (/^[+-]?nan/i.test(text)) return `is ${quote(text)}, not a number; leave the row out when nothing was measured`;
  if (/^[+-]?(inf|infinity)$/i.test(text)) return `is ${quote(text)}; only finite numbers can be compared`;
  if (/^(null|nil|none|undefined|n\/?a|-+|\?)$/i.test(text)) {
    return `is ${quote(text)}, not a number; leave the row out when nothing was measured`;
  }
  if (/^[+-]?\d+,\d+([eE][+-]?\d+)?$/.test(text)) return `has a decimal comma: ${quote(text)}; print numbers with a point (LC_ALL=C)`;
  if (/^[+-]?[\d.]+(,\d{3})+/.test(text)) return `has digit groups: ${quote(text)}; print digits only (LC_ALL=C)`;
  if (/^[+-]?0[xXbBoO]/.test(text)) return `is not decimal: ${quote(text)}; print decimal numbers`;
  if (/^[+-]?\d[\d.]*_/.test(text)) return `has an underscore: ${quote(text)}; print digits only`;
  if (/^["'].*["']$/.test(text)) return `is a string, not a number: ${quote(text)}; write it without quotes`;
  const rest = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(.*)$/s.exec(text)?.[1];
  if (rest !== undefined && rest !== '') return `has ${quote(rest)} after the number: ${quote(text)}; give the unit by the name unit`;
  return `is not a number: ${quote(text)}`;
}
