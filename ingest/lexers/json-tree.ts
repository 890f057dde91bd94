import { type DecimalScale, readDecimal } from './decimal.ts';
import { type JsonObject, JsonReader, type JsonValue } from './json.ts';

/** One JSON document that spans lines, for tools that print a whole report as one object: its members, and the line each object begins on. */
export type JsonTree = {
  readonly root: JsonObject;
  /** Line, from 1, that an object of the tree begins on. */
  readonly lineOf: (object: JsonObject) => number;
  /** Offset after the document. */
  readonly end: number;
};

/**
 * Reads the object that starts at or after `from`; what follows it is the caller's to judge.
 * @param advice what to do about text that is not JSON or stops early; becomes the end of the error
 * @throws ParseError when no object starts there, or it is cut off or no JSON
 */
export function readJsonTree(text: string, from: number, advice: string): JsonTree {
  const reader = new JsonReader(text, advice);
  reader.position = from;
  if (!reader.next()) reader.fail('the text ends where an object should begin');
  const start = reader.position;
  const root = reader.readObject();
  const end = reader.position;
  const lines = locateObjects(text, start, end, reader.line);
  const lineByObject = new Map<JsonObject, number>();
  // Both walks meet the objects in the order of their opening braces.
  forEachObject(root, (object) => lineByObject.set(object, lines[lineByObject.size] ?? reader.line));
  return { root, lineOf: (object) => lineByObject.get(object) ?? reader.line, end };
}

function forEachObject(value: JsonValue, visit: (object: JsonObject) => void): void {
  if (value instanceof Map) {
    visit(value);
    for (const member of value.values()) forEachObject(member, visit);
  } else if (Array.isArray(value)) for (const item of value) forEachObject(item, visit);
}

/** The lines on which objects open, of text that is known to be JSON. */
function locateObjects(text: string, start: number, end: number, firstLine: number): readonly number[] {
  const lines: number[] = [];
  let line = firstLine;
  for (let position = start; position < end; position++) {
    const code = text.charCodeAt(position);
    if (code === 10) line++;
    else if (code === 123) lines.push(line);
    else if (code === 34) {
      for (position++; text.charCodeAt(position) !== 34; position++) if (text.charCodeAt(position) === 92) position++;
    }
  }
  return lines;
}

/**
 * A number of a JSON document in base units, rounded once where the factor is a power of ten.
 * @returns undefined when the product is no double
 * @example scaleNumber(1.001, decimalScale(1e3)) // 1001
 */
export function scaleNumber(value: number, scale: DecimalScale): number | undefined {
  const reading = readDecimal(String(value), scale);
  return 'value' in reading ? reading.value : undefined;
}
