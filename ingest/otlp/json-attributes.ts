import { LIMITS } from '../../wire/limits.ts';
import { type JsonCursor, listNames } from './json-cursor.ts';
import type { Attributes, AttributeValue, Scope } from './messages.ts';

/** Attributes, resources and scopes of a JSON request: opentelemetry/proto/{common,resource}/v1. */

const KEY_VALUE = listNames('key', 'value');
const ANY_VALUE = listNames('stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue');
const VALUES = listNames('values');
const RESOURCE = listNames('attributes');
const SCOPE = listNames('name', 'version', 'attributes');

/** The array that comes next, with what `read` makes of each item. */
export function readItems<T>(cursor: JsonCursor, read: (cursor: JsonCursor) => T): T[] {
  const items: T[] = [];
  for (cursor.enterArray(); cursor.item(); ) items.push(read(cursor));
  return items;
}

/** A list of KeyValue. @param depth lists around it */
export function readAttributes(cursor: JsonCursor, depth = 0): Attributes {
  const attributes: Attributes[number][] = [];
  for (cursor.enterArray(); cursor.item(); ) attributes.push(readKeyValue(cursor, depth));
  return attributes;
}

function readKeyValue(cursor: JsonCursor, depth: number): Attributes[number] {
  let key = '';
  let value: AttributeValue = null;
  cursor.enterObject();
  for (let name = cursor.next(KEY_VALUE); name !== undefined; name = cursor.next(KEY_VALUE)) {
    if (name === 'key') key = cursor.string();
    else value = readAnyValue(cursor, depth + 1);
  }
  return [key, value];
}

/** AnyValue; other than in protobuf the order of members means nothing, so two kinds at once are refused. */
function readAnyValue(cursor: JsonCursor, depth: number): AttributeValue {
  if (depth > LIMITS.otlpAttributeDepth) cursor.fail(`an attribute is nested more than ${LIMITS.otlpAttributeDepth} levels deep`);
  let value: AttributeValue = null;
  let kind: string | undefined;
  cursor.enterObject();
  for (let name = cursor.next(ANY_VALUE); name !== undefined; name = cursor.next(ANY_VALUE)) {
    if (kind !== undefined) cursor.fail(`a value is both ${kind} and ${name}`);
    kind = name;
    if (name === 'stringValue') value = cursor.string();
    else if (name === 'boolValue') value = cursor.bool();
    else if (name === 'intValue') value = cursor.int64();
    else if (name === 'doubleValue') value = cursor.double();
    else if (name === 'bytesValue') value = cursor.bytes();
    else if (name === 'arrayValue') value = readArray(cursor, depth);
    else value = { entries: readEntries(cursor, depth) };
  }
  return value;
}

function readArray(cursor: JsonCursor, depth: number): readonly AttributeValue[] {
  const values: AttributeValue[] = [];
  cursor.enterObject();
  while (cursor.next(VALUES) !== undefined) for (cursor.enterArray(); cursor.item(); ) values.push(readAnyValue(cursor, depth + 1));
  return values;
}

function readEntries(cursor: JsonCursor, depth: number): Attributes {
  let entries: Attributes = [];
  cursor.enterObject();
  while (cursor.next(VALUES) !== undefined) entries = readAttributes(cursor, depth);
  return entries;
}

/** The attributes of a Resource. */
export function readResource(cursor: JsonCursor): Attributes {
  let attributes: Attributes = [];
  cursor.enterObject();
  while (cursor.next(RESOURCE) !== undefined) attributes = readAttributes(cursor);
  return attributes;
}

/** InstrumentationScope. */
export function readScope(cursor: JsonCursor): Scope {
  let name = '';
  let version = '';
  let attributes: Attributes = [];
  cursor.enterObject();
  for (let member = cursor.next(SCOPE); member !== undefined; member = cursor.next(SCOPE)) {
    if (member === 'name') name = cursor.string();
    else if (member === 'version') version = cursor.string();
    else attributes = readAttributes(cursor);
  }
  return { name, version, attributes };
}
