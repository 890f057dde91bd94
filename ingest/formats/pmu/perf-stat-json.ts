import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { JsonReader } from '../../lexers/json.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { IngestRecord, RecordSeries } from '../../records.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type PerfSeries, PerfSeriesTable } from './perf-series.ts';
import { type PerfFile, type PerfLine, readPerfFile } from './perf-stat-lines.ts';

/**
 * `perf stat -j`: one object a counter. A plain run gives one total a counter; -I gives the increase in each interval, which are samples of
 * one process and flagged so, in a series of their own (label aggregation=interval). Derived metric-values are left out: they are rounded
 * and scaled line by line. Seen: perf 6.1, 6.12, 7.2 on x86-64, riscv64 and arm64.
 */

const ADVICE =
  'perf stat -j prints one object per line on stderr or into -o FILE; send that alone and whole, without the output of the program';

export const perfStatJsonFormat: Format = {
  id: 'perf-stat-json',
  kind: 'pmu',
  mode: 'whole',
  summary: 'LC_ALL=C perf stat -j -o file -- program (6.1 and later)',
  extraParameters: [],
  detect: (head) =>
    /^\uFEFF?\s*(#[^\n]*\n\s*)*\{/.test(head) &&
    !/^\uFEFF?\s*\{\s*"(context|papi_version|linux-perf-json-version)"\s*:/.test(head) &&
    /\{\s*\}|"(counter-value|metric-value|[^"]*_per_second)"/.test(head),
  parse: parsePerfStat,
};

type Session = {
  readonly reader: JsonReader;
  readonly file: PerfFile;
  readonly parameters: PayloadParameters;
  readonly tally: WarningTally;
  readonly series: PerfSeriesTable;
};

function parsePerfStat(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  const reader = new JsonReader(openText(text), ADVICE);
  const file = readPerfFile(reader);
  if (file.lines.length === 0) {
    throw new ParseError('no counter values: perf printed only metrics, or nothing; run perf stat -j without --metric-only', {
      line: 1,
      column: 1,
    });
  }
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  warnOfRuns(file, tally);
  const session: Session = { reader, file, parameters, tally, series: new PerfSeriesTable(parameters, tally) };
  const records: IngestRecord[] = [];
  const intervals = new Map<RecordSeries, Interval>();
  for (const line of file.lines) {
    const found = session.series.find(line);
    if (found === undefined) continue;
    if (line.interval === undefined) records.push(totalRecord(line, found, session));
    else addInterval(line, found, intervals, session);
  }
  for (const [series, interval] of intervals) records.push(intervalRecord(series, interval, parameters.repetition));
  return { records, warnings: tally.list() };
}

export function warnOfRuns(file: PerfFile, tally: WarningTally): void {
  const repeated = file.lines.find((line) => line.hasVariance);
  if (repeated === undefined) return;
  const number = repeated.line;
  if (file.version === 'new')
    tally.add('mean_of_runs', 'perf -r prints only the mean of its runs: push single runs with repetition=1..n', number);
  else if (file.version === 'old')
    tally.add('last_run_only', 'perf 6.1 with -r prints the value of the last run, not the mean: push single runs', number);
  else
    tally.add(
      'perf_version_unknown',
      'perf -r: 6.1 prints the last run and later versions the mean, and this file does not tell which',
      number,
    );
}

function totalRecord(line: PerfLine, found: PerfSeries, { reader, file, parameters }: Session): IngestRecord {
  const value = readCounter(line, found, reader);
  return {
    kind: 'reading',
    series: found.series,
    repetition: parameters.repetition,
    reading: 'total',
    value,
    atNs: parameters.atNs ?? null,
    exposureS: parameters.exposureS ?? null,
    probability: null,
    tool: null,
    quality: qualityOf(line, value, found, file),
    line: line.line,
  };
}

type Interval = { readonly values: number[]; readonly quality: Set<Quality>; readonly line: number };

function addInterval(line: PerfLine, found: PerfSeries, intervals: Map<RecordSeries, Interval>, { reader, file, tally }: Session): void {
  let interval = intervals.get(found.series);
  if (interval === undefined) {
    interval = { values: [], quality: new Set(['autocorrelated']), line: line.line };
    intervals.set(found.series, interval);
  }
  const value = readCounter(line, found, reader);
  for (const flag of qualityOf(line, value, found, file)) interval.quality.add(flag);
  if (value === null) tally.add('missing_interval', `${line.event}: intervals that were ${line.value} were left out`, line.line);
  else interval.values.push(value);
}

/** Samples; a counter without any value in any interval is one reading without a value, so that its absence can be seen. */
export function intervalRecord(series: RecordSeries, { values, quality, line }: Interval, repetition: number): IngestRecord {
  const common = { series, repetition, quality: [...quality], line };
  if (values.length > 0) return { ...common, kind: 'samples', values, atNs: [] };
  return { ...common, kind: 'reading', reading: 'total', value: null, atNs: null, exposureS: null, probability: null, tool: null };
}

/** Base value, or null when the counter did not count. @throws ParseError for anything that is no number */
function readCounter(line: PerfLine, found: PerfSeries, reader: JsonReader): number | null {
  if (line.value === '<not counted>' || line.value === '<not supported>') return null;
  const value = parseDecimal(line.value, found.scale);
  if (value !== undefined && value >= 0) return value;
  const advice = line.value.includes(',') ? 'run perf with LC_ALL=C' : 'expected a number, <not counted> or <not supported>';
  throw new ParseError(
    `the counter-value '${line.value.slice(0, 40)}' of ${line.event} is not a number: ${advice}`,
    reader.place(line.position),
  );
}

export function qualityOf(line: PerfLine, value: number | null, found: PerfSeries, file: PerfFile): readonly Quality[] {
  const isMultiplexed = value !== null && line.runningPercent !== undefined && line.runningPercent < 100;
  // 7.2 prints duration_time as 0 with a runtime of 1 ns.
  const isBug = (line.hasVariance && file.version !== 'new') || (value === 0 && line.runtimeNs === 1 && line.event === 'duration_time');
  const isRounded = value !== null && value > Number.MAX_SAFE_INTEGER && losesPrecision(line.value);
  if (value !== null && !isMultiplexed && !isBug && !isRounded) return found.flags;
  const quality: Quality[] = [...found.flags];
  if (value === null) quality.push(line.value === '<not supported>' ? 'not_supported' : 'not_counted');
  if (isMultiplexed) quality.push('multiplexed');
  if (isRounded) quality.push('precision_lost');
  if (isBug) quality.push('tool_bug');
  return quality;
}
