/**
 * Times of a Kineto trace. They are printed as decimal microseconds, of the epoch or of `baseTimeNanoseconds`; a double holds epoch microseconds
 * only to a quarter, so they are read from their digits.
 */

const CODE_POINT = 46;
const CODE_0 = 48;
const NS_PER_US = 1000;
/** The year 2096; base and time together then fit 64 bits. */
const LATEST_ORIGIN_US = 4e15;
const MICROSECONDS = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/;

/** Nanoseconds of decimal microseconds, exact; what is less than a nanosecond is rounded half up. Undefined for text that is no such number. */
export function readMicroseconds(text: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = MICROSECONDS.exec(text) ?? [];
  if (whole === '') return undefined;
  const shift = Number(exponent) - fraction.length + 3;
  const digits = BigInt(whole + fraction);
  const power = 10n ** BigInt(Math.abs(shift));
  const nanoseconds = shift >= 0 ? digits * power : (digits + power / 2n) / power;
  return sign === '' ? nanoseconds : -nanoseconds;
}

/** Reads times as nanoseconds since the first one, which are exact as doubles for 104 days. */
export class TraceClock {
  /** Microseconds of the first time that was read. */
  #origin: number | undefined;

  /** Nanoseconds since the first time; NaN for what is no time, or lies too far from the first to be exact. */
  read(text: string, start: number, end: number): number {
    let microseconds = 0;
    let position = start;
    let code = text.charCodeAt(position);
    for (; code >= CODE_0 && code <= 57 && position < end; code = text.charCodeAt(++position))
      microseconds = microseconds * 10 + (code - CODE_0);
    if (position === start || microseconds > Number.MAX_SAFE_INTEGER) return this.#readSlowly(text.slice(start, end));
    let nanoseconds = 0;
    if (code === CODE_POINT && position < end) {
      let weight = 100;
      for (code = text.charCodeAt(++position); code >= CODE_0 && code <= 57 && position < end; code = text.charCodeAt(++position)) {
        nanoseconds += (code - CODE_0) * weight;
        weight = weight > 1 ? weight / 10 : 0;
        if (weight === 0 && position + 1 < end) return this.#readSlowly(text.slice(start, end));
      }
    }
    if (position !== end) return this.#readSlowly(text.slice(start, end));
    if (this.#origin === undefined && microseconds > LATEST_ORIGIN_US) return Number.NaN;
    this.#origin ??= microseconds;
    return exact((microseconds - this.#origin) * NS_PER_US + nanoseconds);
  }

  /** Nanoseconds since 1970. @param relativeNs as `read` gave it @param baseNs what the printed times count from */
  toEpochNs(relativeNs: number, baseNs: bigint): bigint {
    return BigInt(relativeNs) + BigInt(this.#origin ?? 0) * 1000n + baseNs;
  }

  #readSlowly(text: string): number {
    const nanoseconds = readMicroseconds(text);
    if (nanoseconds === undefined) return Number.NaN;
    const origin = this.#origin ?? Number(nanoseconds / 1000n);
    if (Math.abs(origin) > LATEST_ORIGIN_US) return Number.NaN;
    this.#origin = origin;
    return exact(Number(nanoseconds - BigInt(origin) * 1000n));
  }
}

function exact(nanoseconds: number): number {
  return Number.isSafeInteger(nanoseconds) ? nanoseconds : Number.NaN;
}
