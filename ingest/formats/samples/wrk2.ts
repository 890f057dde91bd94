import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { IngestRecord, ReadingRecord, RecordSeries } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { readWrk2Lines, type Wrk2Report, type Wrk2Section } from './wrk2-lines.ts';
import { toWrk2Edges } from './wrk2-spectrum.ts';

/**
 * wrk2 with --latency: the percentile spectrum of its HdrHistogram becomes a histogram whose edges are the printed values; requests per
 * second and errors are totals of the run. The uncorrected latency (--u_latency) hides waiting and is kept for context only.
 */
export const wrk2Format = {
  id: 'wrk2' as const,
  kind: 'samples',
  mode: 'whole',
  summary: 'wrk2 -R RATE --latency URL (the whole text)',
  extraParameters: [],
  detect: (head) => /^\s*Latency Distribution \(HdrHistogram - |^\s*Detailed Percentile spectrum:|^\s*Running \d+[smh] test @ /m.test(head),
  parse: parseWrk2,
} satisfies Omit<Extract<Format, { mode: 'whole' }>, 'id'> & { readonly id: string };

type Session = { readonly report: Wrk2Report; readonly region: string; readonly parameters: PayloadParameters };

function parseWrk2(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const opened = openText(text);
  const report = readWrk2Lines(opened);
  if (report.sections.length === 0)
    throw new ParseError('there is no latency distribution of HdrHistogram: run wrk2 with --latency', { line: 1, column: 1 });
  const session: Session = { report, region: parameters.region ?? pathOf(report.url), parameters };
  const records: IngestRecord[] = report.sections.map((section) => toHistogram(section, session));
  if (report.requestsPerSecond === undefined)
    throw new ParseError('the line Requests/sec is missing: the output was cut off, or wrk2 was stopped before its end', {
      line: 1,
      column: 1,
    });
  if (/(?:^|\n)[ \t]*Requests\/sec:[^\n]*$/.test(opened))
    throw new ParseError('the output ends inside the line Requests/sec, so its number may be cut off: send the whole text', {
      line: report.requestsPerSecond.line,
      column: 1,
    });
  records.push(toThroughput(report.requestsPerSecond, session), ...toErrors(session));
  return { records, warnings: tally.list() };
}

/** What was asked for, without host, port and query, which differ from lab to lab. */
function pathOf(url: string | undefined): string {
  const path = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url ?? '')?.[1] ?? '';
  return path === '' ? '/' : path;
}

function toHistogram(section: Wrk2Section, session: Session): IngestRecord {
  const { edges, counts } = toWrk2Edges(section);
  const series = seriesOf(section.isCorrected ? 'latency' : 'latency.uncorrected', section.title, 'ns', 'histogram', section.line, session);
  const { repetition, atNs } = session.parameters;
  return {
    kind: 'histogram',
    series,
    repetition,
    scheme: 'explicit',
    edges,
    counts,
    sum: null,
    atNs: atNs ?? null,
    quality: ['sum_unknown'],
    line: section.line,
  };
}

function toThroughput({ text, line }: { readonly text: string; readonly line: number }, session: Session): ReadingRecord {
  const declared = seriesOf('throughput', 'Requests/sec', 'Hz', 'total', line, session);
  const series: RecordSeries = { ...declared, judgedAs: 'total' };
  if (/^-?(nan|inf)$/i.test(text)) return toReading(series, null, ['not_a_number'], line, session);
  const value = parseDecimal(text);
  if (value === undefined || value < 0) throw new ParseError(`Requests/sec is '${text.slice(0, 40)}', not a number`, { line, column: 1 });
  return toReading(series, value, [], line, session);
}

/** wrk2 prints the lines of errors only when there were any (wrk.c, main), so a complete output without them states zero. */
function toErrors(session: Session): readonly ReadingRecord[] {
  const { errors, durationS, requestsPerSecond } = session.report;
  return (['connect', 'read', 'write', 'timeout', 'status'] as const).map((cause) => {
    const line = errors.get(cause)?.line ?? requestsPerSecond?.line ?? 1;
    const series = seriesOf('request.errors', 'errors', '1', 'counter', line, session, { cause });
    const reading = toReading(series, errors.get(cause)?.count ?? 0, [], line, session);
    return { ...reading, reading: 'delta', exposureS: session.parameters.exposureS ?? durationS ?? null };
  });
}

function seriesOf(
  metric: string,
  nativeMetric: string,
  unit: string,
  valueKind: RecordSeries['valueKind'],
  line: number,
  { region, parameters, report }: Session,
  labels: Readonly<Record<string, string>> = {},
): RecordSeries {
  const attributes = report.url === undefined ? {} : { url: report.url.slice(0, 500) };
  return declareSeries({ region, metric, nativeMetric, unit, valueKind, labels, attributes, line }, parameters);
}

function toReading(
  series: RecordSeries,
  value: number | null,
  quality: readonly Quality[],
  line: number,
  { parameters }: Session,
): ReadingRecord {
  const { repetition, atNs, exposureS } = parameters;
  return {
    kind: 'reading',
    series,
    repetition,
    reading: 'total',
    value,
    atNs: atNs ?? null,
    exposureS: exposureS ?? null,
    probability: null,
    tool: null,
    quality,
    line,
  };
}
