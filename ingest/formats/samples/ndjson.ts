import { LIMITS } from '../../../wire/limits.ts';
import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { PlainDecimalScanner, quote, readDecimal, UNSCALED } from '../../lexers/decimal.ts';
import type { Int64Halves } from '../../lexers/int64-list.ts';
import { JsonLine, type JsonMember, type JsonSpan } from '../../lexers/json-line.ts';
import { detach, StreamText } from '../../lexers/stream-text.ts';
import { TimestampReader } from '../../lexers/timestamp.ts';
import { SampleBuffers, type SampleTarget } from './sample-buffers.ts';
import { type Place, refuseBeyondLimit, type SampleDeclaration } from './sample-series.ts';

/**
 * `samples?format=ndjson`: one object a line with the names of the csv format, `value` or `values: […]`, labels as `labels: {…}` or as
 * `label.<name>`. Members of another name are ignored with one warning each. Numbers are read from their printed digits: JSON.parse would
 * make 1e999 infinite and round integers in silence. Empty lines are allowed, as in other readers of NDJSON.
 */
export const ndjsonFormat: Format = {
  id: 'ndjson',
  kind: 'samples',
  mode: 'stream',
  summary: 'samples as one JSON object a line, with value or values',
  extraParameters: [],
  detect: (head) => {
    const first = /^\uFEFF?\s*(.*)/.exec(head)?.[1] ?? '';
    const ofLoadTester = /^\{[ \t]*"(root_group|options|state|metrics|setup_data)"[ \t]*:/.test(first);
    return first.startsWith('{') && !ofLoadTester && /"values?"[ \t]*:/.test(first);
  },
  open: openNdjson,
};

const KNOWN_MEMBERS: readonly string[] = ['value', 'values', 'region', 'metric', 'unit', 'better', 'assume', 'at', 'repetition', 'labels'];
const LABEL_PREFIX = 'label.';
/** Lines of this many series are recognised by how they look; more would fill memory. */
const TEMPLATES_KEPT = 32_768;
const CODE_PLUS = 43;
const CODE_MINUS = 45;
const CODE_0 = 48;
const CODE_9 = 57;

/** What changes from line to line of one series; a time in quotes is a slot without its quotes. */
type SlotKind = 'value' | 'values' | 'atText' | 'atDigits' | 'nothing';
type Slot = { readonly nameStart: number; readonly start: number; readonly end: number; readonly kind: SlotKind };

/** A line as it was last seen of a series, without its slots: pieces[i] stands before slot i, the last piece ends the line. */
type Template = {
  readonly pieces: readonly string[];
  readonly slots: readonly SlotKind[];
  readonly target: SampleTarget;
  /** How each slot is announced: `"value":`. */
  readonly markers: readonly string[];
  /** Whether a line can be read by it alone. */
  readonly repeatable: boolean;
  /** What came after it last. */
  follower: Template | undefined;
};

function openNdjson(parameters: PayloadParameters): StreamParser {
  const stream = new NdjsonStream(parameters);
  return { push: (text) => stream.push(text), end: () => stream.end(), warnings: () => stream.warnings() };
}

class NdjsonStream {
  readonly #parameters: PayloadParameters;
  readonly #buffers: SampleBuffers;
  readonly #decimals = new PlainDecimalScanner();
  readonly #times = new TimestampReader();
  readonly #text = new StreamText();
  /** By the line with empty slots: two lines with the same key say the same outside the slots. */
  readonly #templates = new Map<string, Template>();
  #generation = 0;
  #line = 1;
  #before: Template | undefined;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.#buffers = new SampleBuffers(parameters);
  }

  push(chunk: string) {
    const text = this.#text.add(chunk);
    if (text !== undefined) this.#text.keep(this.#read(text));
    return this.#buffers.take();
  }

  end() {
    const text = this.#text.rest();
    const last = this.#read(text);
    if (last < text.length) this.#readLine(text, last, text.length);
    if (this.#buffers.count === 0)
      throw new ParseError('the payload has no values; write one JSON object a line', { line: this.#line, column: 1 });
    return this.#buffers.finish();
  }

  warnings() {
    return this.#buffers.warnings();
  }

  /** Reads all complete lines and gives the offset where the incomplete one begins. */
  #read(text: string): number {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#readLine(text, from, end);
      this.#line++;
      from = end + 1;
    }
    if (text.length - from > LIMITS.lineCharacters) this.#refuseLength();
    return from;
  }

  #readLine(text: string, start: number, end: number): void {
    if (end - start > LIMITS.lineCharacters) this.#refuseLength();
    if (this.#repeat(text, start, end, this.#before?.follower)) return;
    if (this.#repeat(text, start, end, this.#guess(text, start, end))) return;
    const line = new JsonLine(text, { start, end, line: this.#line });
    if (!isEmpty(text, start, end)) this.#readObject(line);
  }

  /** Reads a line that equals a template; false when it does not, or cannot be read this way. */
  #repeat(text: string, start: number, end: number, template: Template | undefined): boolean {
    if (template === undefined) return false;
    const { pieces, slots, target } = template;
    let position = start;
    let value = 0;
    let at: bigint | Int64Halves | null = this.#parameters.atNs ?? null;
    for (let index = 0; index < slots.length; index++) {
      const piece = pieces[index];
      if (piece === undefined || !text.startsWith(piece, position)) return false;
      const slotStart = position + piece.length;
      const kind = slots[index];
      if (kind === 'value') {
        value = this.#decimals.scan(text, slotStart, target.scale);
        position = this.#decimals.end;
        if (position === -1 || !startsAsJson(text, slotStart)) return false;
      } else if (kind === 'nothing') {
        const line = new JsonLine(text, { start, end, line: this.#line });
        if (line.skipBlanks(slotStart) !== slotStart) return false;
        position = line.skipValue(slotStart);
      } else {
        position = kind === 'atText' ? text.indexOf('"', slotStart) : digitsEnd(text, slotStart);
        const time = this.#times.readQuickly(text, slotStart, position);
        if (time === undefined) return false;
        at = time;
      }
    }
    const last = pieces[slots.length];
    if (last === undefined || position + last.length !== end || !text.startsWith(last, position)) return false;
    this.#buffers.append(target.buffer, value, false, at, this.#line);
    this.#follow(template);
    return true;
  }

  /** The template that a line probably equals, when its slots are announced like those of the line before. */
  #guess(text: string, start: number, end: number): Template | undefined {
    const before = this.#before;
    if (before === undefined) return undefined;
    let key = '';
    let position = start;
    for (let index = 0; index < before.slots.length; index++) {
      const marker = before.markers[index];
      const kind = before.slots[index];
      const found = marker === undefined ? -1 : text.indexOf(marker, position);
      if (marker === undefined || found === -1 || found >= end || kind === 'nothing') return undefined;
      const slotStart = found + marker.length;
      key += text.slice(position, slotStart);
      position = kind === 'atText' ? text.indexOf('"', slotStart) : this.#numberEnd(text, slotStart);
      if (position === -1) return undefined;
    }
    return this.#templates.get(key + text.slice(position, end));
  }

  #numberEnd(text: string, start: number): number {
    this.#decimals.scan(text, start, UNSCALED);
    return this.#decimals.end;
  }

  #readObject(line: JsonLine): void {
    const members = line.members(line.start);
    const byName = this.#indexMembers(line, members);
    const template = this.#findTemplate(line, members, byName);
    const atNs = this.#readAt(line, byName.get('at'));
    const single = byName.get('value');
    const array = byName.get('values');
    if (single !== undefined) this.#append(line, single, template.target, atNs);
    if (array !== undefined) this.#appendAll(line, array, template.target, atNs);
    this.#follow(template);
  }

  /** The members that are read, by name. @throws ParseError when one is said twice, or none or two of value and values */
  #indexMembers(line: JsonLine, members: readonly JsonMember[]): ReadonlyMap<string, JsonMember> {
    const byName = new Map<string, JsonMember>();
    for (const member of members) {
      const { name, nameStart } = member;
      if (!isKnownMember(name)) {
        this.#buffers.warn(
          'unknown_member',
          name,
          `member ${quote(name)} is ignored; to keep it as a label name it label.${name}`,
          line.line,
        );
      } else if (byName.has(name)) {
        line.fail(`says ${quote(name)} twice`, nameStart);
      } else {
        byName.set(name, member);
      }
    }
    const array = byName.get('values');
    if (array === undefined && !byName.has('value')) line.fail('has neither value nor values', line.start);
    if (array !== undefined && byName.has('value')) line.fail('has both value and values; write one of them', array.nameStart);
    return byName;
  }

  #append(line: JsonLine, span: JsonSpan, target: SampleTarget, atNs: bigint | null): void {
    const reading = readDecimal(line.raw(span), target.scale);
    if ('refusal' in reading) throw new ParseError(`value ${reading.refusal}`, line.place(span.start));
    this.#buffers.append(target.buffer, reading.value, reading.precisionLost, atNs, line.line);
  }

  #appendAll(line: JsonLine, array: JsonSpan, target: SampleTarget, atNs: bigint | null): void {
    if (array.kind !== 'array')
      throw new ParseError(`values is ${quote(line.raw(array))}; write an array of numbers`, line.place(array.start));
    const { buffer, scale } = target;
    // The line is known to be JSON: between the elements stand blanks and one comma.
    let position = line.skipBlanks(array.start + 1);
    if (position === array.end - 1)
      throw new ParseError('values is empty; leave the line out when nothing was measured', line.place(array.start));
    while (position < array.end) {
      const value = this.#decimals.scan(line.text, position, scale);
      if (this.#decimals.end === -1) {
        const element = line.value(position);
        this.#append(line, element, target, atNs);
        position = element.end;
      } else {
        this.#buffers.append(buffer, value, false, atNs, line.line);
        position = this.#decimals.end;
      }
      position = line.skipBlanks(line.skipBlanks(position) + 1);
    }
  }

  #follow(template: Template): void {
    if (this.#before !== undefined && template.repeatable) this.#before.follower = template;
    this.#before = template.repeatable ? template : undefined;
    if (this.#buffers.generation === this.#generation) return;
    this.#generation = this.#buffers.generation;
    this.#before = undefined;
    this.#templates.clear();
  }

  #readAt(line: JsonLine, member: JsonMember | undefined): bigint | null {
    if (member === undefined) return this.#parameters.atNs ?? null;
    const text = member.kind === 'string' ? line.string(member) : line.raw(member);
    if (text === '') return this.#parameters.atNs ?? null;
    const reading = this.#times.read(text);
    if ('refusal' in reading) throw new ParseError(`at ${reading.refusal}`, line.place(member.start));
    return reading.atNs;
  }

  #findTemplate(line: JsonLine, members: readonly JsonMember[], byName: ReadonlyMap<string, JsonMember>): Template {
    const slots = members.flatMap((member) => findSlot(member) ?? []);
    const pieces: string[] = [];
    let start = line.start;
    for (const slot of slots) {
      pieces.push(line.text.slice(start, slot.start));
      start = slot.end;
    }
    pieces.push(line.text.slice(start, line.end));
    const key = pieces.join('');
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const placeOf = (name: string): Place => line.place(byName.get(name)?.start ?? byName.get('labels')?.start ?? line.start);
    const target = this.#buffers.target(declare(line, byName), placeOf);
    const template: Template = {
      pieces: pieces.map(detach),
      slots: slots.map(({ kind }) => kind),
      markers: slots.map((slot) => detach(line.text.slice(slot.nameStart, slot.start))),
      target,
      repeatable: slots.some(({ kind }) => kind === 'value'),
      follower: undefined,
    };
    template.follower = template;
    if (this.#templates.size >= TEMPLATES_KEPT) this.#templates.clear();
    this.#templates.set(detach(key), template);
    return template;
  }

  #refuseLength(): never {
    refuseBeyondLimit(`a line has more than ${LIMITS.lineCharacters} characters`, { line: this.#line, column: 1 });
  }
}

/** The part of a member that may change from line to line of one series; undefined for a member that says which series it is. */
function findSlot(member: JsonMember): Slot | undefined {
  const { name, nameStart, kind, start, end } = member;
  if (name === 'value' || name === 'values') return { nameStart, start, end, kind: name };
  if (!isKnownMember(name)) return { nameStart, start, end, kind: 'nothing' };
  if (name !== 'at') return undefined;
  return kind === 'string' ? { nameStart, start: start + 1, end: end - 1, kind: 'atText' } : { nameStart, start, end, kind: 'atDigits' };
}

/** What a line says of its series. @throws ParseError when a member has another type than text, or repetition than a number */
function declare(line: JsonLine, byName: ReadonlyMap<string, JsonMember>): SampleDeclaration {
  const textOf = (name: string) => {
    const member = byName.get(name);
    return member === undefined ? undefined : readText(line, name, member);
  };
  const repetition = byName.get('repetition');
  if (repetition !== undefined && repetition.kind !== 'number') {
    throw new ParseError(`repetition is ${quote(line.raw(repetition))}; write a whole number`, line.place(repetition.start));
  }
  return {
    region: textOf('region'),
    metric: textOf('metric'),
    unit: textOf('unit'),
    better: textOf('better'),
    assume: textOf('assume'),
    repetition: repetition === undefined ? undefined : line.raw(repetition),
    labels: declareLabels(line, byName),
  };
}

function declareLabels(line: JsonLine, byName: ReadonlyMap<string, JsonMember>): readonly (readonly [string, string])[] {
  const labels = new Map<string, string>();
  const add = (name: string, member: JsonMember) => {
    if (labels.has(name)) line.fail(`says the label ${quote(name)} twice`, member.nameStart);
    labels.set(name, readText(line, `label ${name}`, member));
  };
  for (const [name, member] of byName) if (name.startsWith(LABEL_PREFIX)) add(name.slice(LABEL_PREFIX.length), member);
  const object = byName.get('labels');
  if (object === undefined) return [...labels];
  if (object.kind !== 'object') {
    throw new ParseError(`labels is ${quote(line.raw(object))}; write an object of strings`, line.place(object.start));
  }
  for (const member of line.membersOf(object)) add(member.name, member);
  return [...labels];
}

function readText(line: JsonLine, name: string, member: JsonMember): string {
  if (member.kind === 'string') return detach(line.string(member));
  throw new ParseError(`${name} is ${quote(line.raw(member))}; write a string`, line.place(member.start));
}

function isKnownMember(name: string): boolean {
  return KNOWN_MEMBERS.includes(name) || name.startsWith(LABEL_PREFIX);
}

function isEmpty(text: string, start: number, end: number): boolean {
  for (let position = start; position < end; position++) if (!' \t\r'.includes(text.charAt(position))) return false;
  return true;
}

/** Whether a number that `readDecimal` takes starts as JSON wants it: without plus, and without zeros before other digits. */
function startsAsJson(text: string, start: number): boolean {
  const first = text.charCodeAt(start);
  if (first === CODE_PLUS) return false;
  const digit = first === CODE_MINUS ? start + 1 : start;
  return text.charCodeAt(digit) !== CODE_0 || digitsEnd(text, digit) === digit + 1;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  for (let code = text.charCodeAt(end); code >= CODE_0 && code <= CODE_9; code = text.charCodeAt(end)) end++;
  return end;
}
