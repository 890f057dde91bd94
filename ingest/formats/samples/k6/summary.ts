import type { BaseUnit } from '../../../../wire/units.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../../format.ts';
import { decimalScale } from '../../../lexers/decimal.ts';
import type { JsonObject, JsonValue } from '../../../lexers/json.ts';
import { readJsonTree, scaleNumber } from '../../../lexers/json-tree.ts';
import { openText, placeAt } from '../../../lexers/text.ts';
import type { IngestRecord, ReadingRecord, RecordSeries } from '../../../records.ts';
import { readNamedUnits, UNITS_PARAMETER } from '../../named-units.ts';
import { declareSeries, warnOfUnused } from '../../series.ts';
import { WarningTally } from '../../warning-tally.ts';
import { readK6Trend } from './metrics.ts';
import { declareTrend, toK6Count } from './series.ts';

/** The end-of-test summary: statistics only, one reading each with the label statistic; the middle and percentiles are judged. */
const ADVICE = 'send the file of --summary-export, or handleSummary(data) written as JSON.stringify(data), whole';
/** Extremes of one run explain; they are no basis to judge. */
const CONTEXT_STATISTICS = ['min', 'max'];
/** `http_req_duration{expected_response:true}`: a part of the metric before the brace. */
const SUBMETRIC = /^([^{]+)\{(.+)\}$/;

type Session = {
  readonly parameters: PayloadParameters;
  readonly tally: WarningTally;
  readonly units: ReadonlyMap<string, BaseUnit>;
  readonly exposureS: number | undefined;
};
type Metric = { readonly name: string; readonly line: number; readonly contains: string | undefined; readonly values: JsonObject };

export function parseK6Summary(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const opened = openText(text);
  const tree = readJsonTree(opened, 0, ADVICE);
  const rest = opened.slice(tree.end).search(/\S/);
  if (rest >= 0) throw new ParseError(`text follows the summary: ${ADVICE}`, placeAt(opened, tree.end + rest));
  const metrics = tree.root.get('metrics');
  if (!(metrics instanceof Map)) throw new ParseError(`the summary has no metrics: ${ADVICE}`, { line: 1, column: 1 });
  const state = tree.root.get('state');
  const durationMs = state instanceof Map ? state.get('testRunDurationMs') : undefined;
  const exposureS = typeof durationMs === 'number' && durationMs > 0 ? durationMs / 1000 : undefined;
  const session: Session = { parameters, tally, units: readNamedUnits(parameters), exposureS };
  const records: IngestRecord[] = [];
  for (const [name, metric] of metrics) {
    if (!(metric instanceof Map)) throw new ParseError(`the metric ${name.slice(0, 60)} is not an object`, { line: 1, column: 1 });
    const own = metric.get('values');
    const contains = metric.get('contains');
    const values = own instanceof Map ? own : metric;
    records.push(
      ...readMetric({ name, line: tree.lineOf(metric), contains: typeof contains === 'string' ? contains : undefined, values }, session),
    );
  }
  if (records.length === 0) throw new ParseError('the summary has no trend, rate or counter with values', { line: 1, column: 1 });
  tally.add('summary_only', 'a summary keeps no samples: push k6 run --out json=FILE to have distributions compared', null);
  return { records, warnings: tally.list() };
}

function readMetric(metric: Metric, session: Session): readonly IngestRecord[] {
  const { name, values, line } = metric;
  if (SUBMETRIC.test(name) && !values.has('avg') && !values.has('med')) return [];
  if (values.has('passes') || values.has('fails')) return [toFailures(metric, session)];
  if (values.has('count') && values.has('rate')) return toCounter(metric, session);
  // A gauge sets the load (vus): it is no result.
  if (values.has('value')) return [];
  const statistics = [...values].filter(([statistic]) => /^(avg|min|med|max|p\([\d.]+\))$/.test(statistic));
  if (statistics.length > 0) return toStatistics(metric, statistics, session);
  session.tally.add('metric_ignored', `${name.slice(0, 60)} is neither trend, rate nor counter and was left out`, line);
  return [];
}

/** `passes` of http_req_failed are requests that did fail; of checks and other rates `fails` are. */
function toFailures({ name, values, line }: Metric, { parameters, exposureS }: Session): ReadingRecord {
  const value = readCount(name === 'http_req_failed' ? values.get('passes') : values.get('fails'), name, line);
  return toK6Count({ name, value, isRate: true, isData: false, line, ...(exposureS === undefined ? {} : { exposureS }) }, parameters);
}

function toCounter({ name, values, line, contains }: Metric, { parameters, exposureS }: Session): readonly ReadingRecord[] {
  // --summary-export does not say what a counter holds; the two of k6's own that hold bytes are documented.
  const isData = contains === 'data' || name === 'data_sent' || name === 'data_received';
  const value = readCount(values.get('count'), name, line);
  const count = toK6Count({ name, value, isRate: false, isData, line, ...(exposureS === undefined ? {} : { exposureS }) }, parameters);
  const rate = values.get('rate');
  if ((name !== 'http_reqs' && name !== 'iterations') || typeof rate !== 'number') return [count];
  const declared = declareSeries(
    {
      region: parameters.region ?? 'k6',
      metric: 'throughput',
      nativeMetric: name,
      unit: 'Hz',
      valueKind: 'total',
      labels: { of: name },
      line,
    },
    parameters,
  );
  return [count, toReading({ ...declared, judgedAs: 'total' }, rate, false, line, parameters)];
}

function readCount(value: JsonValue | undefined, name: string, line: number): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new ParseError(`${name.slice(0, 60)} has no count that is a number`, { line, column: 1 });
}

function toStatistics(
  { name, contains, line }: Metric,
  statistics: readonly (readonly [string, JsonValue])[],
  session: Session,
): readonly ReadingRecord[] {
  const { parameters, tally, units } = session;
  const [, base = name, part] = SUBMETRIC.exec(name) ?? [];
  const trend = readK6Trend(base, contains, units);
  if (trend === undefined) {
    tally.add(
      'unit_missing',
      `the trend ${base.slice(0, 60)} prints no unit and was left out: send ${UNITS_PARAMETER}=${base.slice(0, 60)}:<unit>`,
      line,
    );
    return [];
  }
  return statistics.map(([statistic, value]) => {
    const scaled = typeof value === 'number' ? scaleNumber(value, decimalScale(trend.factor)) : undefined;
    if (scaled === undefined) throw new ParseError(`${statistic} of ${name.slice(0, 60)} is not a number`, { line, column: 1 });
    const labels = { of: base, statistic, ...(part === undefined ? {} : { part }) };
    const declared = declareTrend({ region: parameters.region ?? 'k6', name, line, labels }, trend, 'total', parameters);
    const series: RecordSeries = CONTEXT_STATISTICS.includes(statistic) ? { ...declared, judgedAs: 'context' } : declared;
    return toReading(series, scaled, trend.isAssumed, line, parameters);
  });
}

function toReading(
  series: RecordSeries,
  value: number,
  isAssumed: boolean,
  line: number,
  { repetition, atNs, exposureS }: PayloadParameters,
): ReadingRecord {
  const common = { series, repetition, reading: 'total', value, atNs: atNs ?? null, exposureS: exposureS ?? null } as const;
  return { kind: 'reading', ...common, probability: null, tool: null, quality: isAssumed ? ['unit_assumed'] : [], line };
}
