import type { Quality } from '../../../wire/quality.ts';
import type { BaseUnit } from '../../../wire/units.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import type { JsonObject, JsonValue } from '../../lexers/json.ts';
import { type JsonTree, readJsonTree } from '../../lexers/json-tree.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import { openText, placeAt } from '../../lexers/text.ts';
import type { IngestRecord, RecordSeries } from '../../records.ts';
import { readNamedUnits, UNITS_PARAMETER } from '../named-units.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type PapiDefinition, type PapiEvent, readPapiEvent } from './papi-events.ts';
import { nameRegions, type PapiRegion } from './papi-regions.ts';

/**
 * PAPI's high-level JSON (papi_hl_output/rank_*.json), or a program's stdout with PAPI_REPORT=1. All numbers are strings. A region that was
 * called three times is printed three times: the calls of one thread and path of names are one vector of samples. Seen: 7.1.0.
 */
const ADVICE = 'send one papi_hl_output/rank_*.json, or the stdout of a run with PAPI_REPORT=1, whole';
const MARK = 'PAPI-HL Output:';

export const papiHlFormat = {
  id: 'papi-hl' as const,
  kind: 'pmu',
  mode: 'whole',
  summary: 'PAPI high-level API: papi_hl_output/rank_*.json, or stdout with PAPI_REPORT=1 (7.0 and later)',
  extraParameters: [UNITS_PARAMETER],
  detect: (head) => /^PAPI-HL Output:/m.test(head) || /^\uFEFF?\s*\{\s*"papi_version"\s*:/.test(head),
  parse: parsePapi,
} satisfies Omit<Extract<Format, { mode: 'whole' }>, 'id'> & { readonly id: string };

type Vector = { readonly series: RecordSeries; readonly values: number[]; readonly quality: Set<Quality>; readonly line: number };
type Session = {
  readonly parameters: PayloadParameters;
  readonly tally: WarningTally;
  readonly units: ReadonlyMap<string, BaseUnit>;
  readonly definitions: ReadonlyMap<string, PapiDefinition>;
  readonly events: Map<string, PapiEvent | undefined>;
  readonly vectors: Map<string, Vector>;
};

function parsePapi(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const opened = openText(text);
  const tree = readReport(opened, tally);
  const units = readNamedUnits(parameters);
  const session: Session = { parameters, tally, units, definitions: readDefinitions(tree.root), events: new Map(), vectors: new Map() };
  const threads = tree.root.get('threads');
  if (!(threads instanceof Map))
    throw new ParseError('threads is no object: PAPI 7.0 or later is needed', { line: tree.lineOf(tree.root), column: 1 });
  let ordinal = 0;
  for (const [id, thread] of threads) readThread({ id, ordinal: ordinal++, thread }, tree, session);
  const records: IngestRecord[] = [...session.vectors.values()].map(({ series, values, quality, line }) => ({
    kind: 'samples',
    series,
    repetition: parameters.repetition,
    values,
    atNs: [],
    quality: [...quality],
    line,
  }));
  if (records.length === 0)
    throw new ParseError('no region was measured: PAPI_hl_region_begin was never called, or no event could be added', {
      line: 1,
      column: 1,
    });
  return { records, warnings: tally.list() };
}

/** The one report of the text; around a report on stdout stands what the program printed. */
function readReport(text: string, tally: WarningTally): JsonTree {
  const mark = text.startsWith(MARK) ? 0 : text.indexOf(`\n${MARK}`);
  if (mark < 0) {
    const tree = readJsonTree(text, 0, ADVICE);
    const rest = text.slice(tree.end).search(/\S/);
    if (rest >= 0) throw new ParseError(`text follows the report: ${ADVICE}`, placeAt(text, tree.end + rest));
    return tree;
  }
  const from = text.indexOf(MARK, mark) + MARK.length;
  const second = text.indexOf(`\n${MARK}`, from);
  if (second >= 0)
    throw new ParseError('a second report begins here: push the output of each process by itself', placeAt(text, second + 1));
  const tree = readJsonTree(text, from, ADVICE);
  if (/\S/.test(text.slice(0, mark) + text.slice(tree.end)))
    tally.add('other_output', 'what the program printed around the report was left out', null);
  return tree;
}

function readDefinitions(root: JsonObject): ReadonlyMap<string, PapiDefinition> {
  const definitions = new Map<string, PapiDefinition>();
  const printed = root.get('event_definitions');
  if (!(printed instanceof Map)) return definitions;
  for (const [name, definition] of printed) {
    if (!(definition instanceof Map)) continue;
    const component = definition.get('component');
    definitions.set(name, { component: typeof component === 'string' ? component : '', isInstant: definition.get('type') === 'instant' });
  }
  return definitions;
}

type Thread = { readonly id: string; readonly ordinal: number; readonly thread: JsonValue };

function readThread({ id, ordinal, thread }: Thread, tree: JsonTree, session: Session): void {
  const regions = thread instanceof Map ? thread.get('regions') : undefined;
  if (!(regions instanceof Map))
    throw new ParseError(`thread ${id.slice(0, 40)} has no regions`, { line: tree.lineOf(tree.root), column: 1 });
  // Small numbers count threads; large ones are addresses, which differ from run to run.
  const isCount = /^\d{1,4}$/.test(id);
  const labels = { thread: isCount ? id : String(ordinal) };
  const attributes = isCount ? {} : { threadId: id };
  for (const region of nameRegions(regions, tree)) readRegion(region, { labels, attributes }, session);
}

type Names = Pick<RecordSeries, 'labels' | 'attributes'>;

function readRegion(region: PapiRegion, names: Names, session: Session): void {
  for (const [native, printed] of region.members) {
    if (native === 'name' || native === 'parent_region_id') continue;
    const event = eventOf(native, region.line, session);
    if (event === undefined) continue;
    const text = readValue(native, printed, region.line, session.tally);
    const value = parseDecimal(text, decimalScale(event.factor));
    if (value === undefined)
      throw new ParseError(`${native} of ${region.path} is '${text.slice(0, 40)}', not a number`, { line: region.line, column: 1 });
    const vector = vectorOf(region, native, event, names, session);
    vector.values.push(value);
    if (text.length > 15 && losesPrecision(text)) vector.quality.add('precision_lost');
  }
}

/** After PAPI_hl_read a value is an object: what the region counted as a whole, and its standing at each read. */
function readValue(native: string, printed: JsonValue, line: number, tally: WarningTally): string {
  const value = printed instanceof Map ? printed.get('region_value') : printed;
  if (printed instanceof Map)
    tally.add('checkpoints_ignored', 'values of PAPI_hl_read inside regions were left out; region_value is the whole', line);
  if (typeof value === 'string') return value;
  throw new ParseError(`${native} has no value, which PAPI prints as a string`, { line, column: 1 });
}

function eventOf(native: string, line: number, session: Session): PapiEvent | undefined {
  if (session.events.has(native)) return session.events.get(native);
  const definition = session.definitions.get(native);
  const event = readPapiEvent(native, definition, session.units);
  session.events.set(native, event);
  if (event === undefined)
    session.tally.add('unit_missing', `${native} prints no unit and was left out: send ${UNITS_PARAMETER}=${native}:<unit>`, line);
  else if (event.isInstant)
    session.tally.add(
      'instant_values',
      `${native} is of type instant: its values are standings at the end of a region, not what it counted`,
      line,
    );
  return event;
}

function vectorOf(region: PapiRegion, native: string, event: PapiEvent, { labels, attributes }: Names, session: Session): Vector {
  const key = `${labels['thread']}\n${native}\n${region.path}`;
  const known = session.vectors.get(key);
  if (known !== undefined) return known;
  const declared = declareSeries(
    {
      region: region.path,
      metric: event.metric,
      nativeMetric: native,
      unit: event.unit,
      valueKind: 'samples',
      labels: { ...labels, ...event.labels },
      attributes,
      line: region.line,
    },
    session.parameters,
  );
  // What one call of a region counted is one value of many: its distribution is judged, not a total.
  const judgedAs = event.isInstant ? 'context' : declared.judgedAs === 'total' ? 'location' : declared.judgedAs;
  const vector: Vector = { series: { ...declared, judgedAs }, values: [], quality: new Set(event.flags), line: region.line };
  session.vectors.set(key, vector);
  return vector;
}
