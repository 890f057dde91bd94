import { parseAllDocuments } from 'yaml';
import { LIMITS } from '../wire/limits.ts';
import { ProblemError, type ProblemPlace } from '../wire/problems.ts';

/** Aliases a policy may expand to; enough to share a few tolerances, far too few for a bomb. */
const ALIAS_LIMIT = 100;

/** Places named in one refusal; the first ones tell enough. */
export const PLACES_LIMIT = 50;

/**
 * Reads YAML 1.2 (core schema) or JSON text into a plain value, and refuses what those allow but nobody means: a key written twice (JSON.parse
 * would silently take the last), tags, several documents, alias bombs.
 * @throws ProblemError `payload-too-large` over LIMITS.jsonBodyBytes, `invalid-body` with line and column for everything else
 */
export function parsePolicyText(text: string): unknown {
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.jsonBodyBytes)
    throw new ProblemError('payload-too-large', `The policy has ${bytes} bytes; at most ${LIMITS.jsonBodyBytes} are read.`);
  const json = parseJson(text);
  if (json === undefined) return parseYaml(text);
  const repeated = findRepeatedKeys(text);
  if (repeated.length > 0) throw refuse('The policy writes a key twice.', repeated);
  return json.value;
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parseYaml(text: string): unknown {
  const { documents, places } = readDocuments(text);
  if (places.length > 0) throw refuse('The policy is not readable as YAML or JSON.', places);
  const [document, ...others] = documents;
  if (document === undefined || document.contents === null)
    throw refuse('The policy is empty.', [{ pointer: '', detail: 'write at least `version: 1`' }]);
  if (others.length > 0) throw refuse('The policy holds several YAML documents.', [{ pointer: '', detail: 'remove the `---` lines' }]);
  try {
    return document.toJS({ maxAliasCount: ALIAS_LIMIT });
  } catch (error) {
    // yaml throws ReferenceError when aliases expand beyond the limit, and the engine RangeError when nesting exhausts the stack.
    if (error instanceof ReferenceError || error instanceof RangeError)
      throw refuse('The policy nests or repeats too much.', [{ pointer: '', detail: `at most ${ALIAS_LIMIT} aliases are expanded` }]);
    throw error;
  }
}

function readDocuments(text: string) {
  try {
    const parsed = parseAllDocuments(text, { version: '1.2', schema: 'core', uniqueKeys: true, strict: true, logLevel: 'silent' });
    const documents = Array.isArray(parsed) ? parsed : [];
    const places = documents.flatMap(({ errors, warnings }) =>
      [...errors, ...warnings].map((problem) => ({
        pointer: problem.linePos === undefined ? '' : `line ${problem.linePos[0].line}, column ${problem.linePos[0].col}`,
        detail: problem.message.split(/ at line \d/, 1)[0] ?? problem.code,
      })),
    );
    return { documents, places };
  } catch (error) {
    if (error instanceof RangeError)
      throw refuse('The policy nests too deeply.', [{ pointer: '', detail: 'a policy is three levels deep' }]);
    throw error;
  }
}

/**
 * Pointers of object keys that occur twice.
 * @param text valid JSON
 * @example findRepeatedKeys('{"a":{"b":1,"b":2}}') // [{ pointer: '/a/b', detail: 'written twice' }]
 */
export function findRepeatedKeys(text: string): readonly ProblemPlace[] {
  const open: Level[] = [];
  const repeated: ProblemPlace[] = [];
  // Valid JSON consists of strings, brackets, commas and colons, and scalars that matter to nobody here.
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g)) {
    const top = open.at(-1);
    if (token === '{') open.push({ keys: new Set(), expectsKey: true, place: '' });
    else if (token === '[') open.push({ keys: null, expectsKey: false, place: '0' });
    else if (token === '}' || token === ']') open.pop();
    else if (top === undefined) continue;
    else if (token === ',') {
      if (top.keys === null) top.place = String(Number(top.place) + 1);
      else top.expectsKey = true;
    } else if (top.keys !== null && top.expectsKey) {
      const key = String(JSON.parse(token));
      top.place = key.replaceAll('~', '~0').replaceAll('/', '~1');
      top.expectsKey = false;
      if (top.keys.has(key)) repeated.push({ pointer: `/${open.map((level) => level.place).join('/')}`, detail: 'written twice' });
      top.keys.add(key);
    }
  }
  return repeated;
}

/** An open object (`keys`) or array (null), and the pointer step to where it is being read. */
type Level = { readonly keys: Set<string> | null; expectsKey: boolean; place: string };

function refuse(detail: string, errors: readonly ProblemPlace[]): ProblemError {
  return new ProblemError('invalid-body', detail, { errors: errors.slice(0, PLACES_LIMIT) });
}
