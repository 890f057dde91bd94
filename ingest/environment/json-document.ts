import { JsonReader, type JsonValue } from '../lexers/json.ts';
import { openText } from '../lexers/text.ts';
import { refuse } from './facts.ts';

/** A value as `JSON.parse` would give it, read strictly. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | { readonly [member: string]: PlainValue };
export type PlainMembers = { readonly [member: string]: PlainValue };

/**
 * The one object a text holds. Other than `JSON.parse` it refuses a name that occurs twice, an integer that no double holds, deep nesting
 * and anything after the object.
 * @param advice what to do about text that is not JSON; becomes the end of the error
 * @throws ParseError with line and column
 */
export function readJsonDocument(text: string, advice: string): PlainMembers {
  const reader = new JsonReader(openText(text), advice);
  if (!reader.next()) refuse('there is no JSON object');
  const members = reader.readObject();
  if (reader.next()) reader.fail('something follows the JSON object');
  return Object.fromEntries([...members].map(([name, value]) => [name, toPlain(value)]));
}

function toPlain(value: JsonValue): PlainValue {
  if (typeof value === 'bigint') {
    return BigInt(Number(value)) === value ? Number(value) : refuse(`the integer ${value} cannot be kept exactly; write it as a string`);
  }
  if (Array.isArray(value)) return value.map(toPlain);
  return value instanceof Map ? Object.fromEntries([...value].map(([name, member]) => [name, toPlain(member)])) : value;
}
