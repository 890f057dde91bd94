import { LIMITS } from '../../wire/limits.ts';
import type { Attributes, AttributeValue, Scope } from './messages.ts';
import type { ProtobufReader } from './protobuf-reader.ts';
import { Stretches } from './stretches.ts';

/** Attributes, resources and scopes of a protobuf request: opentelemetry/proto/{common,resource}/v1. */

export type Attribute = Attributes[number];

/** Slots of the memory, and the longest attribute it holds, bytes. */
const SLOT_BITS = 11;
const REMEMBERED_BYTES = 256;

/** Lists that are remembered: an exporter has as many sets of attributes. */
const LIST_BITS = 12;

/**
 * Reads KeyValue, and remembers where in the request it has seen which: the points of a request mostly differ in one attribute of several, and
 * making the others' texts anew would cost more than all the rest of decoding. Each slot holds one, the last that came, so its size is bounded.
 */
export class AttributeReader {
  readonly #reader: ProtobufReader;
  readonly #stretches: Stretches;
  readonly #starts = new Uint32Array(1 << SLOT_BITS);
  readonly #lengths = new Uint16Array(1 << SLOT_BITS);
  readonly #attributes: (Attribute | undefined)[] = new Array(1 << SLOT_BITS).fill(undefined);
  readonly #pending: Attribute[] = [];
  /** Of the slots of the pending ones. */
  #pendingHash = 0;
  #lastSlot = 0;
  readonly #lists: (Attributes | undefined)[] = new Array(1 << LIST_BITS).fill(undefined);

  /** @param bytes the whole request, which `reader` reads */
  constructor(reader: ProtobufReader, bytes: Uint8Array) {
    this.#reader = reader;
    this.#stretches = new Stretches(bytes);
  }

  /** Reads the attribute that is the current field's value, for `take`. */
  add(): void {
    this.#pending.push(this.read());
    this.#pendingHash = Math.imul(this.#pendingHash ^ (this.#lastSlot + 1), 0x9e3779b1);
  }

  /** What was added since the last call; mostly one and the same list where the same attributes came before, so that it may be known again. */
  take(): Attributes {
    const pending = this.#pending;
    if (pending.length === 0) return NONE;
    const slot = this.#pendingHash >>> (32 - LIST_BITS);
    const remembered = this.#lists[slot];
    const attributes = remembered !== undefined && areIdentical(remembered, pending) ? remembered : pending.slice();
    this.#lists[slot] = attributes;
    this.#pendingHash = 0;
    pending.length = 0;
    return attributes;
  }

  /** The attribute that is the current field's value. */
  read(): Attribute {
    const reader = this.#reader;
    const outer = reader.enter();
    const start = reader.position;
    const length = reader.end - start;
    if (length > REMEMBERED_BYTES) {
      const attribute = readKeyValue(reader, 0);
      reader.leave(outer);
      return attribute;
    }
    const slot = this.#stretches.hash(start, start + length) >>> (32 - SLOT_BITS);
    this.#lastSlot = slot;
    const remembered = this.#lengths[slot] === length ? this.#attributes[slot] : undefined;
    const attribute =
      remembered !== undefined && this.#stretches.isSame(this.#starts[slot] ?? start, start, length) ? remembered : readKeyValue(reader, 0);
    this.#starts[slot] = start;
    this.#lengths[slot] = length;
    this.#attributes[slot] = attribute;
    reader.leave(outer);
    return attribute;
  }
}

const NONE: Attributes = [];

function areIdentical(a: Attributes, b: Attributes): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** KeyValue, inside of which the reader stands. */
function readKeyValue(reader: ProtobufReader, depth: number): Attribute {
  let key = '';
  let value: AttributeValue = null;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.text();
    else if (field === 2) value = readAnyValue(reader, value, depth + 1);
    else reader.skip();
  }
  return [key, value];
}

/** AnyValue: of the kinds that came the last counts, and lists that came twice are one list. @param before what an earlier occurrence gave */
function readAnyValue(reader: ProtobufReader, before: AttributeValue, depth: number): AttributeValue {
  if (depth > LIMITS.otlpAttributeDepth) reader.fail(`an attribute is nested more than ${LIMITS.otlpAttributeDepth} levels deep`);
  let value = before;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) value = reader.text();
    else if (field === 2) value = reader.bool();
    else if (field === 3) value = reader.int64();
    else if (field === 4) value = reader.double();
    else if (field === 5) value = readArray(reader, Array.isArray(value) ? value : [], depth);
    else if (field === 6) value = { entries: readEntries(reader, isEntries(value) ? value.entries : [], depth) };
    else if (field === 7) value = reader.bytes();
    else reader.skip();
  }
  reader.leave(outer);
  return value;
}

function isEntries(value: AttributeValue): value is { readonly entries: Attributes } {
  return typeof value === 'object' && value !== null && 'entries' in value && Array.isArray(value.entries);
}

/** ArrayValue. */
function readArray(reader: ProtobufReader, before: readonly AttributeValue[], depth: number): readonly AttributeValue[] {
  const values = reader.reopen(before);
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) values.push(readAnyValue(reader, null, depth + 1));
    else reader.skip();
  }
  reader.leave(outer);
  return values;
}

/** KeyValueList. */
function readEntries(reader: ProtobufReader, before: Attributes, depth: number): Attributes {
  const entries = reader.reopen(before);
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) {
      reader.skip();
      continue;
    }
    const list = reader.enter();
    entries.push(readKeyValue(reader, depth));
    reader.leave(list);
  }
  reader.leave(outer);
  return entries;
}

/** Adds what a Resource says. @param resource what earlier occurrences said */
export function readResourceInto(resource: Attribute[], reader: ProtobufReader, attributes: AttributeReader): void {
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) resource.push(attributes.read());
    else reader.skip();
  }
  reader.leave(outer);
}

export const NO_SCOPE: Scope = { name: '', version: '', attributes: NONE };

/** InstrumentationScope. @param before what an earlier occurrence gave */
export function readScope(before: Scope, reader: ProtobufReader, attributes: AttributeReader): Scope {
  let { name, version } = before;
  const all = reader.reopen(before.attributes);
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 2) version = reader.text();
    else if (field === 3) all.push(attributes.read());
    else reader.skip();
  }
  reader.leave(outer);
  return { name, version, attributes: all };
}
