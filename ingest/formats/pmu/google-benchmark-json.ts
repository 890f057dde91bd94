import type { Quality } from '../../../wire/quality.ts';
import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import type { JsonObject, JsonValue } from '../../lexers/json.ts';
import { type JsonTree, readJsonTree, scaleNumber } from '../../lexers/json-tree.ts';
import { toDouble } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { IngestRecord, RecordSeries } from '../../records.ts';
import { readNamedUnits, UNITS_PARAMETER } from '../named-units.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type BenchmarkMetric, counterMetric, isCounter, TIME_METRICS } from './google-benchmark-metrics.ts';

/**
 * Google Benchmark's JSON. Each repetition of a benchmark is one sample (a mean over its iterations); aggregates are dropped where samples
 * exist, and of aggregates alone only the mean is kept. Seen: 1.7.1 and 1.9.1. Counters print no unit: the two rates of the library and perf
 * counters say theirs by name, others need units=name:unit.
 */
const ADVICE = 'send what --benchmark_out=FILE --benchmark_out_format=json wrote, alone and whole';

export const googleBenchmarkJsonFormat = {
  id: 'google-benchmark-json' as const,
  kind: 'pmu',
  mode: 'whole',
  summary: 'Google Benchmark --benchmark_out=FILE --benchmark_out_format=json (1.7 and later)',
  extraParameters: [UNITS_PARAMETER],
  detect: (head) => /^\uFEFF?\s*\{\s*"context"\s*:\s*\{/.test(head) && /"(date|executable|num_cpus|library_build_type)"\s*:/.test(head),
  parse: parseGoogleBenchmark,
} satisfies Omit<Extract<Format, { mode: 'whole' }>, 'id'> & { readonly id: string };

/** Non-finite counters stand bare, which is no JSON; quoted, they are read as what they are. */
const BARE_NON_FINITE = /(?<!\\)(": )(-?(?:NaN|Infinity|nan|inf))(?=,?\r?$)/gm;

type Group = { readonly series: RecordSeries; readonly values: number[]; readonly line: number };
type Session = {
  readonly parameters: PayloadParameters;
  readonly tally: WarningTally;
  readonly units: ReadonlyMap<string, BaseUnit>;
  readonly groups: Map<string, Group>;
  /** Values that were asked for and did not come. */
  readonly absent: IngestRecord[];
};
type Row = { readonly row: JsonObject; readonly region: string; readonly line: number };

function parseGoogleBenchmark(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const opened = openText(text).replace(BARE_NON_FINITE, '$1"$2"');
  const tree = readJsonTree(opened, 0, ADVICE);
  const rest = opened.slice(tree.end).search(/\S/);
  if (rest >= 0) throw new ParseError(`text follows the report: ${ADVICE}`, { line: lineAt(opened, tree.end + rest), column: 1 });
  warnOfContext(tree.root.get('context'), tally);
  const rows = readRows(tree);
  const session: Session = { parameters, tally, units: readNamedUnits(parameters), groups: new Map(), absent: [] };
  const sampled = new Set(rows.filter(({ row }) => row.get('run_type') !== 'aggregate').map(({ region }) => region));
  for (const row of rows) {
    if (row.row.get('run_type') !== 'aggregate') readIteration(row, session);
    else if (!sampled.has(row.region)) readAggregate(row, session);
  }
  const groups = [...session.groups.values()].filter(({ values }) => values.length > 0);
  const records = groups.map(({ series, values, line }) =>
    series.valueKind === 'samples'
      ? samplesOf(series, values, line, parameters)
      : readingOf(series, values[0] ?? null, [], line, parameters),
  );
  if (records.length + session.absent.length === 0)
    throw new ParseError('the report has no benchmarks: did a filter leave none?', { line: 1, column: 1 });
  return { records: [...records, ...session.absent], warnings: tally.list() };
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function warnOfContext(context: JsonValue | undefined, tally: WarningTally): void {
  if (!(context instanceof Map)) throw new ParseError(`the report has no context: ${ADVICE}`, { line: 1, column: 1 });
  if (context.get('library_build_type') === 'debug')
    tally.add('debug_build', 'the benchmark library was built as debug: timings may be affected, build it as release', 1);
  if (context.get('cpu_scaling_enabled') === true)
    tally.add('cpu_scaling', 'CPU frequency scaling was on: timings may be noisy, set the governor to performance', 1);
}

function readRows(tree: JsonTree): readonly Row[] {
  const list = tree.root.get('benchmarks');
  if (!Array.isArray(list)) throw new ParseError(`the report has no list of benchmarks: ${ADVICE}`, { line: 1, column: 1 });
  return list.map((row) => {
    if (!(row instanceof Map)) throw new ParseError('a benchmark is not an object', { line: 1, column: 1 });
    const line = tree.lineOf(row);
    const region = row.get('run_name') ?? row.get('name');
    if (typeof region !== 'string' || region === '') throw new ParseError('a benchmark has no run_name', { line, column: 1 });
    return { row, region, line };
  });
}

function readIteration(place: Row, session: Session): void {
  const { row, line } = place;
  const isFailed = row.get('error_occurred') === true || row.get('skipped') === true;
  if (isFailed) {
    const message = row.get('error_message') ?? row.get('skip_message');
    const what = typeof message === 'string' ? message.slice(0, 200) : 'no message';
    session.tally.add(row.get('skipped') === true ? 'benchmark_skipped' : 'benchmark_failed', `${place.region}: ${what}`, line);
    const series = groupOf(place, TIME_METRICS.real_time, 'samples', session).series;
    session.absent.push(readingOf(series, null, ['not_run'], line, session.parameters));
    return;
  }
  for (const name of ['real_time', 'cpu_time'] as const) {
    const value = row.get(name);
    if (typeof value !== 'number') throw new ParseError(`${place.region} has no ${name} that is a number`, { line, column: 1 });
    addValue(place, value, { ...TIME_METRICS[name], ...timeUnit(place) }, 'samples', session);
  }
  for (const [name, value] of row) {
    if (!isCounter(name)) continue;
    const metric = counterMetric(name, session.units);
    if (metric === undefined) warnOfUnit(name, line, session);
    else addCounter(place, value, metric, session);
  }
}

function warnOfUnit(name: string, line: number, { tally }: Session): void {
  tally.add('unit_missing', `the counter ${name} prints no unit and was left out: send ${UNITS_PARAMETER}=${name}:<unit>`, line);
}

function addCounter(place: Row, value: JsonValue, metric: BenchmarkMetric, session: Session): void {
  if (typeof value === 'number' || typeof value === 'bigint') {
    addValue(place, toDouble(value).value, metric, 'samples', session);
    return;
  }
  if (typeof value !== 'string' || !/^-?(nan|inf(inity)?)$/i.test(value))
    throw new ParseError(`the counter ${metric.native} of ${place.region} is not a number`, { line: place.line, column: 1 });
  const { series } = groupOf(place, metric, 'samples', session);
  session.absent.push(readingOf(series, null, ['not_a_number'], place.line, session.parameters));
}

/** Of a benchmark that reported aggregates only, the mean stands; the others cannot be compared without its samples. */
function readAggregate(place: Row, session: Session): void {
  const { row, line } = place;
  const name = row.get('aggregate_name');
  if (name === 'BigO' || name === 'RMS') {
    session.tally.add('fit_ignored', 'fits of complexity (BigO, RMS) are not measurements and were left out', line);
    return;
  }
  session.tally.add(
    'aggregates_only',
    `${place.region} came without its repetitions: only the mean is kept, run without --benchmark_report_aggregates_only`,
    line,
  );
  if (name !== 'mean') return;
  for (const time of ['real_time', 'cpu_time'] as const) {
    const value = row.get(time);
    if (typeof value === 'number') addValue(place, value, { ...TIME_METRICS[time], ...timeUnit(place) }, 'total', session);
  }
}

function timeUnit({ row, region, line }: Row): BaseUnit {
  const symbol = row.get('time_unit');
  const unit = typeof symbol === 'string' ? toBaseUnit(symbol) : undefined;
  if (unit?.unit === 'ns') return unit;
  throw new ParseError(`the time_unit of ${region} is none of ns, us, ms, s`, { line, column: 1 });
}

function addValue(place: Row, value: number, metric: BenchmarkMetric, valueKind: 'samples' | 'total', session: Session): void {
  const scaled = scaleNumber(value, decimalScale(metric.factor));
  if (scaled === undefined) throw new ParseError(`${metric.native} of ${place.region} is out of range`, { line: place.line, column: 1 });
  groupOf(place, metric, valueKind, session).values.push(scaled);
}

function groupOf(place: Row, metric: BenchmarkMetric, valueKind: 'samples' | 'total', session: Session): Group {
  const key = `${place.region}\n${metric.native}`;
  const known = session.groups.get(key);
  if (known !== undefined) return known;
  const label = place.row.get('label');
  const declared = declareSeries(
    {
      region: place.region,
      metric: metric.metric,
      nativeMetric: metric.native,
      unit: metric.unit,
      valueKind,
      labels: { ...metric.labels, ...(valueKind === 'total' ? { aggregation: 'mean' } : {}) },
      attributes: typeof label === 'string' && label !== '' ? { label } : {},
      line: place.line,
    },
    session.parameters,
  );
  // A value of each repetition is one of many: its distribution is judged; the mean of a run is judged as one number.
  const judgedAs = declared.judgedAs === 'context' ? 'context' : valueKind === 'samples' ? 'location' : 'total';
  const group = { series: { ...declared, judgedAs } as const, values: [], line: place.line };
  session.groups.set(key, group);
  return group;
}

function samplesOf(series: RecordSeries, values: readonly number[], line: number, { repetition }: PayloadParameters): IngestRecord {
  return { kind: 'samples', series, repetition, values, atNs: [], quality: [], line };
}

function readingOf(
  series: RecordSeries,
  value: number | null,
  quality: readonly Quality[],
  line: number,
  parameters: PayloadParameters,
): IngestRecord {
  const { repetition, atNs } = parameters;
  return {
    kind: 'reading',
    series,
    repetition,
    reading: 'total',
    value,
    atNs: atNs ?? null,
    exposureS: null,
    probability: null,
    tool: null,
    quality,
    line,
  };
}
