import type { Format, ParseResult, PayloadParameters } from '../../format.ts';
import { type JsonObject, JsonReader } from '../../lexers/json.ts';
import { toDouble } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { ReadingRecord } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';

/**
 * Bounds on execution time, one JSON object a line: {task, kind: budget|static|pwcet, value, unit: cycles|ns, probability?, tool?}. Each
 * kind is a metric of its own (execution.time.budget, execution.cycles.pwcet …) in the region of its task: bounds and measured values
 * never share a series.
 */
const ADVICE = 'send one object per line: {"task": "…", "kind": "budget", "value": 100000, "unit": "cycles"}';
const MEMBERS = new Set(['task', 'kind', 'value', 'unit', 'probability', 'tool']);
const KINDS = ['budget', 'static', 'pwcet'] as const;
const UNITS = { cycles: { unit: '{cycle}', metric: 'execution.cycles' }, ns: { unit: 'ns', metric: 'execution.time' } } as const;

export const boundsFormat: Format = {
  id: 'bounds',
  kind: 'wcet',
  mode: 'whole',
  summary: 'one JSON object per line: {"task", "kind": "budget|static|pwcet", "value", "unit": "cycles|ns", "probability"?, "tool"?}',
  extraParameters: [],
  detect: (head) => /^\uFEFF?\s*\{/.test(head),
  parse: parseBounds,
};

function parseBounds(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const reader = new JsonReader(openText(text), ADVICE);
  const records: ReadingRecord[] = [];
  const values = new Map<string, number>();
  while (reader.next()) {
    const { line, position } = reader;
    const record = toReading(reader, line, parameters);
    const bound = `${record.reading} of ${record.series.region} in ${record.series.unit}`;
    const key = `${bound}\n${record.probability}\n${record.tool}`;
    const earlier = values.get(key);
    if (earlier === undefined) {
      values.set(key, record.value ?? Number.NaN);
      records.push(record);
    } else if (earlier === record.value) tally.add('duplicate_bound', 'a bound was stated twice', line);
    else reader.fail(`the ${bound} is stated twice, as ${earlier} and as ${record.value}`, position);
  }
  return { records, warnings: tally.list() };
}

function toReading(reader: JsonReader, line: number, parameters: PayloadParameters): ReadingRecord {
  const { position } = reader;
  const members = reader.readObject();
  const fail = (detail: string): never => reader.fail(detail, position);
  for (const name of members.keys()) if (!MEMBERS.has(name)) fail(`the member '${name.slice(0, 40)}' is unknown`);
  const task = readText(members, 'task') ?? fail('task is missing, or not a text');
  const kind = KINDS.find((name) => name === members.get('kind')) ?? fail('kind is none of budget, static, pwcet');
  const unit = members.get('unit');
  if (unit !== 'cycles' && unit !== 'ns') return fail('unit is none of cycles, ns');
  const { unit: baseUnit, metric } = UNITS[unit];
  const value = readValue(members, fail);
  const tool = members.has('tool') ? (readText(members, 'tool') ?? fail('tool is not a text')) : null;
  const series = declareSeries(
    { region: task, metric: `${metric}.${kind}`, nativeMetric: kind, unit: baseUnit, valueKind: 'bound', line },
    { ...parameters, better: undefined, assume: undefined },
  );
  return {
    kind: 'reading',
    series,
    repetition: parameters.repetition,
    reading: kind,
    value: value.value,
    atNs: parameters.atNs ?? null,
    exposureS: null,
    probability: readProbability(members, kind, fail),
    tool,
    quality: value.exact ? [] : ['precision_lost'],
    line,
  };
}

function readText(members: JsonObject, name: string): string | undefined {
  const value = members.get(name);
  return typeof value === 'string' && value.trim() !== '' && value.length <= 512 ? value : undefined;
}

function readValue(members: JsonObject, fail: (detail: string) => never): { readonly value: number; readonly exact: boolean } {
  const value = members.get('value');
  if (typeof value !== 'number' && typeof value !== 'bigint') return fail('value is missing, or not a number');
  return value > 0 ? toDouble(value) : fail('value is not above 0');
}

/** A pWCET without its probability says nothing; the other kinds have none. */
function readProbability(members: JsonObject, kind: (typeof KINDS)[number], fail: (detail: string) => never): number | null {
  const probability = members.get('probability');
  if (kind !== 'pwcet') return members.has('probability') ? fail(`a bound of kind ${kind} has no probability`) : null;
  if (typeof probability !== 'number') return fail('a pwcet needs its probability');
  return probability > 0 && probability < 1 ? probability : fail('probability must lie between 0 and 1');
}
