import type { Quality } from '../../../wire/quality.ts';
import { ParseError } from '../../format.ts';
import { parseDecimal } from '../../lexers/number.ts';
import type { IngestRecord, RecordSeries } from '../../records.ts';
import { declareSeries } from '../series.ts';
import type { LikwidSession } from './likwid-csv.ts';
import { type LikwidName, readMetricName } from './likwid-names.ts';
import type { LikwidInterval } from './likwid-tables.ts';

/** Fields before the values: group, metrics, hardware threads, time since the start. */
const LEAD_FIELDS = 4;

type Vector = { readonly series: RecordSeries; readonly values: number[]; readonly quality: Set<Quality>; readonly line: number };

/** The timeline (-t): one vector of samples for each group, metric and hardware thread. @throws ParseError when a line is cut off */
export function timelineRecords(session: LikwidSession): IngestRecord[] {
  const { file, parameters } = session;
  const vectors = new Map<string, Vector>();
  for (const interval of file.intervals) readInterval(interval, vectors, session);
  return [...vectors.values()].map(({ series, values, quality, line }): IngestRecord => {
    const common = { series, repetition: parameters.repetition, quality: [...quality], line };
    if (values.length > 0) return { ...common, kind: 'samples', values, atNs: [] };
    return { ...common, kind: 'reading', reading: 'total', value: null, atNs: null, exposureS: null, probability: null, tool: null };
  });
}

function readInterval({ fields, line }: LikwidInterval, vectors: Map<string, Vector>, session: LikwidSession): void {
  const { timelineCpus: cpus, headers } = session.file;
  const fail: (detail: string) => never = (detail) => {
    throw new ParseError(detail, { line, column: 1 });
  };
  const [group = '', metricCount, cpuCount] = fields;
  // One header a group, in their order.
  const header = headers[Number(group) - 1];
  if (header === undefined)
    throw new ParseError(`group ${group.slice(0, 20)} has no header line (# GID|MetricsCount|…)`, { line, column: 1 });
  const { metrics } = header;
  if (Number(metricCount) !== metrics.length || Number(cpuCount) !== cpus.length)
    fail(`the line states ${metricCount} metrics of ${cpuCount} hardware threads, the header ${metrics.length} of ${cpus.length}`);
  if (fields.length !== LEAD_FIELDS + metrics.length * cpus.length)
    fail(
      `the line has ${fields.length - LEAD_FIELDS} values, not ${metrics.length * cpus.length}: it was cut off or mixed with other output`,
    );
  metrics.forEach((native, metric) => {
    const name = readMetricName(native);
    if (name === undefined) {
      session.tally.add('unknown_unit', `${native} is in an unknown unit and was left out`, header.line);
      return;
    }
    cpus.forEach((cpu, column) => {
      const printed = fields[LEAD_FIELDS + metric * cpus.length + column] ?? '';
      addValue(printed, vectorOf({ name, group, cpu, line }, vectors, session), fail, name);
    });
  });
}

function addValue(printed: string, vector: Vector, fail: (detail: string) => never, name: LikwidName): void {
  if (printed === '-') vector.quality.add('not_supported');
  else if (/^-?(nan|inf)$/i.test(printed)) vector.quality.add('not_a_number');
  else vector.values.push(parseDecimal(printed, name) ?? fail(`${name.native} is '${printed.slice(0, 40)}', not a number`));
}

type Place = { readonly name: LikwidName; readonly group: string; readonly cpu: string; readonly line: number };

function vectorOf({ name, group, cpu, line }: Place, vectors: Map<string, Vector>, { parameters }: LikwidSession): Vector {
  const key = `${group}\n${cpu}\n${name.native}`;
  const known = vectors.get(key);
  if (known !== undefined) return known;
  const declared = declareSeries(
    {
      region: parameters.region ?? 'process',
      // The length of an interval was asked for; it is no result.
      metric: name.metric === 'duration' ? 'likwid.interval' : name.metric,
      nativeMetric: name.native,
      unit: name.unit,
      valueKind: 'samples',
      labels: { cpu, group, aggregation: 'interval' },
      line,
    },
    parameters,
  );
  const vector: Vector = { series: declared, values: [], quality: new Set(['autocorrelated']), line };
  vectors.set(key, vector);
  return vector;
}
