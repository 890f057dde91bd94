import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLMap } from 'yaml';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { openText, type Place } from '../../lexers/text.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { PmlTimings } from './platin-timings.ts';
import type { WcetFormat } from './wcet-format.ts';

/**
 * PML of platin (T-CREST): the entries of `timing:`. Their functions are numbers; machine-functions of the same file (mapsto) name them.
 * origin tells what a number is: platin and aiT are bounds, trace is the longest run that was observed.
 */
export const platinPmlFormat: WcetFormat<'platin-pml'> = {
  id: 'platin-pml',
  kind: 'wcet',
  mode: 'whole',
  summary: 'a PML file of platin with a section timing: (task= when it lacks machine-functions)',
  extraParameters: ['task'],
  detect: (head) => /^\uFEFF?(?:format:[ \t]*['"]?pml-|timing:[ \t]*\r?$|machine-functions:[ \t]*\r?$)/m.test(head),
  parse: parsePml,
};

/** Nothing in a PML file nests deeper; the YAML parser recurses. */
const INDENT_LIMIT = 200;
const BRACKETS_LIMIT = 64;

function parsePml(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const opened = openText(text);
  assertShallow(opened);
  const lineCounter = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const documents = parseYaml(opened, lineCounter);
  if (!Array.isArray(documents)) throw new ParseError('the payload holds no YAML document', { line: 1, column: 1 });
  const timings = new PmlTimings(parameters, tally, placeOf);
  const roots: YAMLMap[] = [];
  for (const document of documents) {
    const [problem] = document.errors;
    if (problem !== undefined)
      throw new ParseError(`the file is not YAML: ${problem.message.split('\n', 1)[0]}; is it cut off?`, placeOf(problem.pos[0]));
    if (isMap(document.contents)) roots.push(document.contents);
  }
  for (const root of roots) for (const item of itemsOf(root, 'machine-functions')) timings.name(item);
  for (const root of roots) for (const item of itemsOf(root, 'timing')) timings.add(item);
  return timings.finish();

  function itemsOf(root: YAMLMap, name: string): readonly YAMLMap[] {
    const list = root.get(name, true);
    const place = placeOf(root.range?.[0] ?? 0);
    if (list === undefined || (isScalar(list) && list.value === null)) return [];
    if (!isSeq(list)) throw new ParseError(`${name} is not a list`, place);
    return list.items.map((item) => {
      if (isMap(item)) return item;
      throw new ParseError(`an entry of ${name} is not a mapping: ${quote(String(item))}`, place);
    });
  }
}

/** @throws ParseError when what `assertShallow` let through still exhausts the stack of the recursive YAML parser */
function parseYaml(text: string, lineCounter: LineCounter) {
  try {
    return parseAllDocuments(text, { lineCounter, uniqueKeys: true, logLevel: 'silent', prettyErrors: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ParseError('the file nests deeper than any PML file', { line: 1, column: 1 });
  }
}

/** @throws ParseError before the YAML parser would run out of stack */
function assertShallow(text: string): void {
  let depth = 0;
  let line = 1;
  let indent = 0;
  let atStart = true;
  for (let position = 0; position < text.length; position++) {
    const character = text.charAt(position);
    if (character === '\n') {
      line++;
      indent = 0;
      atStart = true;
      continue;
    }
    // A dash, a question mark and a blank may each open a level.
    if (atStart && (character === ' ' || character === '-' || character === '?')) indent++;
    else {
      // A name at the margin begins a section; brackets left open before it stood in texts.
      if (atStart && indent === 0 && /[A-Za-z]/.test(character)) depth = 0;
      atStart = false;
    }
    if (character === '[' || character === '{') depth++;
    else if ((character === ']' || character === '}') && depth > 0) depth--;
    if (depth <= BRACKETS_LIMIT && indent <= INDENT_LIMIT) continue;
    throw new ParseError('the file nests deeper than any PML file', { line, column: 1 });
  }
}
