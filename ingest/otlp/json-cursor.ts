import { LIMITS } from '../../wire/limits.ts';
import { jsonPlaceAt } from './json-pointer.ts';
import { CODES } from './json-words.ts';
import { OtlpDecodeError } from './messages.ts';

/** The names that a message has in OTLP/JSON, at most 31. */
export type Names<T extends string> = { readonly list: readonly T[]; readonly indexes: ReadonlyMap<string, number> };

/** @param list lowerCamelCase, as the JSON mapping of protobuf makes them */
export function listNames<const T extends string>(...list: readonly T[]): Names<T> {
  return { list, indexes: new Map(list.map((name, index) => [name, index])) };
}

/** What an object and an item of a list take once decoded, bytes; as in protobuf-reader.ts. */
const OBJECT_BYTES = 128;
const ITEM_BYTES = 32;
/** Longer than every name in its other spelling; the search for one takes time that grows with the square of the length. */
const NAME_CHARACTERS = 60;
/** No double that a program prints is as long. */
const NUMBER_CHARACTERS = 400;
/** Integers of this many digits are always exact. */
const EXACT_DIGITS = 15;
/** Nearly all counts of buckets are small; making a bigint costs more than reading the number. */
const SMALL_COUNTS: readonly bigint[] = Array.from({ length: 1024 }, (_, value) => BigInt(value));
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^(-?(?:0|[1-9]\d{0,19}))(?:\.0{1,40})?(?:[eE]\+?(\d|1\d))?$/;
const HEX = /^[0-9a-fA-F]*$/;
const ONLY_ZEROS = /^0*$/;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Reads OTLP/JSON value by value, in the order of the text and without a tree: an object of three characters would be one of two hundred bytes.
 * Digits are taken from the text, so 64-bit integers are exact whether they come as text or as numbers. A known name that comes twice is refused,
 * because two readers would see two requests; so is a known name in snake_case, which as an unknown one would drop what it names in silence.
 * Known members that are null are passed over, which the JSON mapping takes for absent.
 */
export class JsonCursor {
  #position = 0;
  /** Whether a bracket was opened just now, so that no comma comes first. */
  #isFresh = false;
  #bytesLeft: number = LIMITS.otlpDecodedBytes;
  /** Which names came, a bit each, of the objects that are open. */
  readonly #seen: number[] = [];
  readonly #text: string;

  /** @throws OtlpDecodeError as all reads here, when the text is not such JSON */
  constructor(text: string) {
    this.#text = text;
    if (!text.isWellFormed()) this.fail('the text holds half of a surrogate pair', text.search(/\p{Surrogate}/u));
    this.#skipSpace();
  }

  /** To be called when the value was read: nothing may follow. */
  end(): void {
    this.#skipSpace();
    if (this.#position < this.#text.length) this.fail(`expected the end of the text, found ${this.#found()}`);
  }

  enterObject(): void {
    this.#enter(CODES.openBrace, 'an object');
    this.#seen.push(0);
  }

  /** The next member of the object that is known; its value must be read. Undefined at the object's end. */
  next<T extends string>(names: Names<T>): T | undefined {
    for (;;) {
      if (!this.#another(CODES.closeBrace)) {
        this.#seen.pop();
        return undefined;
      }
      const start = this.#position;
      const name = this.#readName();
      const index = names.indexes.get(name);
      if (index === undefined) {
        if (name.length <= NAME_CHARACTERS && name.includes('_')) this.#assertNotSnakeCase(name, names, start);
        this.#skipValue(1);
        continue;
      }
      this.#markSeen(index, name, start);
      if (!this.#isNull()) return names.list[index];
    }
  }

  enterArray(): void {
    this.#enter(CODES.openBracket, 'an array');
  }

  /** Whether the array goes on; then the item must be read. */
  item(): boolean {
    this.#charge(ITEM_BYTES);
    return this.#another(CODES.closeBracket);
  }

  string(): string {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) !== CODES.quote) this.fail(`expected text in quotes, found ${this.#found()}`);
    return this.#readString();
  }

  bool(): boolean {
    if (this.#takesWord('true')) return true;
    if (this.#takesWord('false')) return false;
    return this.fail(`expected true or false, found ${this.#found()}`);
  }

  /** A number, as such or as text, `"NaN"`, `"Infinity"` or `"-Infinity"`. */
  double(): number {
    const start = this.#position;
    const isText = this.#text.charCodeAt(start) === CODES.quote;
    const text = isText ? this.#readString() : this.#readNumberText();
    if (isText && (text === 'NaN' || text === 'Infinity' || text === '-Infinity')) return Number(text);
    const value = text.length <= NUMBER_CHARACTERS && JSON_NUMBER.test(text) ? Number(text) : Number.NaN;
    const isLost = value === 0 && /^[^eE]*[1-9]/.test(text);
    if (!Number.isFinite(value) || isLost) this.fail(`'${text.slice(0, 40)}' is not a number that a double holds`, start);
    return value;
  }

  /** fixed64 or uint64. */
  uint64(): bigint {
    const small = this.#takeSmallInteger();
    return small < 0 ? this.#integer(0n, MAX_UINT64) : (SMALL_COUNTS[small] ?? BigInt(small));
  }

  /** int64 or sfixed64, exact: a number where a double holds it. */
  int64(): number | bigint {
    const small = this.#takeSmallInteger();
    if (small >= 0) return small;
    const value = this.#integer(MIN_INT64, MAX_INT64);
    const double = Number(value);
    return Number.isSafeInteger(double) ? double : value;
  }

  uint32(): number {
    return Number(this.#integer(0n, 0xffff_ffffn));
  }

  int32(): number {
    return Number(this.#integer(-0x8000_0000n, 0x7fff_ffffn));
  }

  /** An enum: OTLP/JSON has only their numbers. */
  enumeration(): number {
    if (this.#text.charCodeAt(this.#position) === CODES.quote) this.fail('an enum is its number in OTLP/JSON, not its name');
    return this.int32();
  }

  /** An id of `length` bytes as lower-case hex; '' when empty or all zero. */
  id(length: 8 | 16, name: string): string {
    const start = this.#position;
    const text = this.string();
    if ((text.length !== 0 && text.length !== 2 * length) || !HEX.test(text)) this.fail(`a ${name} is ${2 * length} hex digits`, start);
    return ONLY_ZEROS.test(text) ? '' : text.toLowerCase();
  }

  /** base64, of either alphabet, padded or not. */
  bytes(): Uint8Array {
    const start = this.#position;
    const text = this.string();
    const bytes = Buffer.from(text, 'base64');
    // Buffer passes over what is no base64: what it read is then less than what there is.
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    const digits = text.length - padding;
    if (bytes.length !== Math.floor((digits * 3) / 4) || digits % 4 === 1) this.fail('bytes are base64 in OTLP/JSON', start);
    return new Uint8Array(bytes);
  }

  /** @throws OtlpDecodeError always, with a JSON pointer, line and column */
  fail(detail: string, at = this.#position): never {
    throw new OtlpDecodeError(detail, jsonPlaceAt(this.#text, at));
  }

  #charge(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) this.fail(`the request takes more than ${LIMITS.otlpDecodedBytes} bytes of memory: send it in parts`);
  }

  #enter(bracket: number, what: string): void {
    if (this.#text.charCodeAt(this.#position) !== bracket) this.fail(`expected ${what}, found ${this.#found()}`);
    this.#position++;
    this.#isFresh = true;
    this.#charge(OBJECT_BYTES);
  }

  /** Moves to the next member or item; past the closing bracket when there is none. */
  #another(closing: number): boolean {
    this.#skipSpace();
    const code = this.#text.charCodeAt(this.#position);
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    if (code === closing) {
      this.#position++;
      return false;
    }
    if (isFresh) return true;
    if (code !== CODES.comma) this.fail(`expected ',' or '${String.fromCharCode(closing)}', found ${this.#found()}`);
    this.#position++;
    this.#skipSpace();
    return true;
  }

  #markSeen(index: number, name: string, start: number): void {
    const last = this.#seen.length - 1;
    const seen = this.#seen[last] ?? 0;
    if ((seen & (1 << index)) !== 0) this.fail(`the name '${name}' occurs twice in one object`, start);
    this.#seen[last] = seen | (1 << index);
  }

  #assertNotSnakeCase<T extends string>(name: string, names: Names<T>, start: number): void {
    const camelCase = name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    if (names.indexes.has(camelCase)) this.fail(`'${name}' is written '${camelCase}' in OTLP/JSON`, start);
  }

  #readName(): string {
    if (this.#text.charCodeAt(this.#position) !== CODES.quote) this.fail(`expected a name in quotes, found ${this.#found()}`);
    const name = this.#readString();
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) !== CODES.colon) this.fail(`expected ':', found ${this.#found()}`);
    this.#position++;
    this.#skipSpace();
    return name;
  }

  #readString(): string {
    const start = this.#position + 1;
    for (let at = start; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === CODES.quote) {
        this.#position = at + 1;
        return this.#text.slice(start, at);
      }
      if (code === CODES.backslash) return this.#readEscaped(start, at);
      if (!(code >= CODES.space)) this.#failInString(at);
    }
  }

  /** Text with escapes, which may be all there is of a request; JSON.parse decodes it at once, where adding up characters takes the memory of each. */
  #readEscaped(start: number, firstEscape: number): string {
    let end = firstEscape;
    for (let code: number = CODES.backslash; code !== CODES.quote; code = this.#text.charCodeAt(end)) {
      if (!(code >= CODES.space)) this.#failInString(end);
      end += code === CODES.backslash ? 2 : 1;
    }
    const value = parseText(this.#text.slice(start - 1, end + 1));
    if (value === undefined) this.fail('bad escape in text', firstEscape);
    if (!value.isWellFormed()) this.fail('the text holds half of a surrogate pair', start - 1);
    this.#position = end + 1;
    return value;
  }

  #failInString(at: number): never {
    return this.fail(at < this.#text.length ? 'a control character in text is not escaped' : 'the JSON stops inside text', at);
  }

  #readNumberText(): string {
    const start = this.#position;
    let at = start;
    while (isNumberCode(this.#text.charCodeAt(at))) at++;
    if (at === start) this.fail(`expected a number, found ${this.#found()}`);
    this.#position = at;
    return this.#text.slice(start, at);
  }

  /** The natural number of up to 15 digits that stands here, in quotes or not; -1, and nothing is read, when it is something else. */
  #takeSmallInteger(): number {
    const isText = this.#text.charCodeAt(this.#position) === CODES.quote;
    const start = isText ? this.#position + 1 : this.#position;
    let value = 0;
    let at = start;
    let code = this.#text.charCodeAt(at);
    for (; code >= CODES.zero && code <= CODES.nine; code = this.#text.charCodeAt(++at)) value = value * 10 + (code - CODES.zero);
    const length = at - start;
    const isWhole = isText ? code === CODES.quote : !isNumberCode(code);
    const hasLeadingZero = length > 1 && this.#text.charCodeAt(start) === CODES.zero;
    if (length === 0 || length > EXACT_DIGITS || hasLeadingZero || !isWhole) return -1;
    this.#position = isText ? at + 1 : at;
    return value;
  }

  #integer(minimum: bigint, maximum: bigint): bigint {
    const start = this.#position;
    const text = this.#text.charCodeAt(start) === CODES.quote ? this.#readString() : this.#readNumberText();
    // A long run of digits would take time that grows with its square.
    const match = text.length <= 64 ? INTEGER.exec(text) : null;
    const [, digits, exponent] = match ?? [];
    const value = digits === undefined ? undefined : BigInt(digits) * 10n ** BigInt(exponent ?? 0);
    if (value === undefined || value < minimum || value > maximum) {
      this.fail(`'${text.slice(0, 40)}' is not an integer from ${minimum} to ${maximum}`, start);
    }
    return value;
  }

  #isNull(): boolean {
    return this.#text.charCodeAt(this.#position) === CODES.n && this.#takesWord('null');
  }

  #takesWord(word: string): boolean {
    if (!this.#text.startsWith(word, this.#position)) return false;
    this.#position += word.length;
    return true;
  }

  #skipValue(depth: number): void {
    if (depth > LIMITS.jsonDepth) this.fail(`nested more than ${LIMITS.jsonDepth} levels deep`);
    const code = this.#text.charCodeAt(this.#position);
    if (code === CODES.quote) this.#readString();
    else if (code === CODES.openBrace) {
      for (this.#open(); this.#another(CODES.closeBrace); this.#skipValue(depth + 1)) this.#readName();
    } else if (code === CODES.openBracket) {
      for (this.#open(); this.#another(CODES.closeBracket); ) this.#skipValue(depth + 1);
    } else if (isNumberCode(code)) {
      const text = this.#readNumberText();
      if (text.length > NUMBER_CHARACTERS || !JSON_NUMBER.test(text)) this.fail(`'${text.slice(0, 40)}' is not a number`);
    } else if (!this.#takesWord('null') && !this.#takesWord('true') && !this.#takesWord('false')) {
      this.fail(`expected a JSON value, found ${this.#found()}`);
    }
  }

  #open(): void {
    this.#position++;
    this.#isFresh = true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#position++;
    }
  }

  #found(): string {
    return this.#position < this.#text.length ? `'${this.#text.charAt(this.#position)}'` : 'the end of the text';
  }
}

/** A JSON string, quotes included; undefined when it is none. */
function parseText(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Digits, signs, point and exponent. */
function isNumberCode(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 45 || code === 46 || code === 43 || code === 101 || code === 69;
}
