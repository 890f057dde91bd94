import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { IngestRecord } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type LikwidName, readCounterName, readMetricName } from './likwid-names.ts';
import { type LikwidFile, type LikwidTable, readLikwidFile } from './likwid-tables.ts';
import { timelineRecords } from './likwid-timeline.ts';

/**
 * `likwid-perfctr -O`: raw counters and derived metrics of each hardware thread, for the whole run (also -S), or for marker regions, whose
 * totals over all calls become means of one call. STAT tables add up ratios and are left out. -t gives samples. Seen: LIKWID 5.4.1.
 */
export const likwidCsvFormat = {
  id: 'likwid-csv' as const,
  kind: 'pmu',
  mode: 'whole',
  summary: 'likwid-perfctr -O -C CPUS -g GROUP [-m] [-t TIME] [-S TIME] program (5.0 and later)',
  extraParameters: [],
  detect: (head) => /^(STRUCT,Info,|TABLE,(Region [^\n]{1,600},)?Group \d+ (Raw|Metric)|# GID\|MetricsCount\|)/m.test(head),
  parse: parseLikwid,
} satisfies Omit<Extract<Format, { mode: 'whole' }>, 'id'> & { readonly id: string };

export type LikwidSession = { readonly file: LikwidFile; readonly parameters: PayloadParameters; readonly tally: WarningTally };

function parseLikwid(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const file = readLikwidFile(openText(text), tally);
  const session: LikwidSession = { file, parameters, tally };
  if (file.tables.length === 0 && file.intervals.length === 0)
    throw new ParseError('no table of counters: send the stdout of likwid-perfctr -O with a group (-g), after a run that counted', {
      line: 1,
      column: 1,
    });
  if (new Set(file.tables.filter(({ region }) => region === undefined).map(({ group }) => group)).size > 1)
    tally.add('multiplexed_groups', 'several groups took turns: each counted a part of the run only; measure one group (-g) a run', null);
  const records = [...file.tables.flatMap((table) => tableRecords(table, session)), ...timelineRecords(session)];
  if (records.length === 0) throw new ParseError('the tables have no values', { line: 1, column: 1 });
  return { records, warnings: tally.list() };
}

function tableRecords(table: LikwidTable, session: LikwidSession): IngestRecord[] {
  const { file, parameters, tally } = session;
  const siblings = file.tables.filter(({ region, group }) => region === table.region && group === table.group);
  const raw = siblings.find(({ isRaw }) => isRaw);
  const context: Context = {
    isMultiplexed: table.region === undefined && file.tables.some(({ region, group }) => region === undefined && group !== table.group),
    lacksEvents: raw?.rows.some(({ values }) => values.includes('-')) ?? false,
    isIdle: raw?.rows.every(({ values, name }) => name.startsWith('Runtime') || values.every((value) => value === '0')) ?? false,
    calls: table.region === undefined ? undefined : raw?.calls,
  };
  const records: IngestRecord[] = table.isRaw ? regionRecords(table, session) : [];
  for (const row of table.rows) {
    // The region's own runtime has more digits.
    if (table.region !== undefined && row.name === 'Runtime (RDTSC) [s]') continue;
    const name = table.isRaw ? readCounterName(row.name, row.counter) : readMetricName(row.name);
    if (name === undefined) {
      tally.add('unknown_unit', `${row.name} is in an unknown unit and was left out`, row.line);
      continue;
    }
    row.values.forEach((value, column) => {
      records.push(toReading({ table, name, cpu: table.cpus[column] ?? '', value, line: row.line, context, parameters }));
    });
  }
  return records;
}

type Context = {
  readonly isMultiplexed: boolean;
  /** Events that could not be counted: what is derived from them prints as 0. */
  readonly lacksEvents: boolean;
  readonly isIdle: boolean;
  /** Calls of the region by hardware thread. */
  readonly calls: readonly number[] | undefined;
};

/** Calls of a marker region and the time one took. */
function regionRecords(table: LikwidTable, { parameters }: LikwidSession): IngestRecord[] {
  const { calls, runtimes, cpus } = table;
  if (table.region === undefined) return [];
  const context: Context = { isMultiplexed: false, lacksEvents: false, isIdle: false, calls };
  return cpus.flatMap((cpu, column) => {
    const common = { table, cpu, line: table.line, parameters };
    const name: LikwidName = {
      metric: 'duration',
      native: 'RDTSC Runtime [s]',
      unit: 'ns',
      factor: 1e9,
      powerOfTen: 9,
      isExtensive: true,
      flags: [],
    };
    const count: LikwidName = {
      metric: 'likwid.calls',
      native: 'call count',
      unit: '1',
      factor: 1,
      powerOfTen: 0,
      isExtensive: false,
      flags: [],
    };
    return [
      toReading({ ...common, name, value: runtimes[column] ?? '-', context }),
      toReading({ ...common, name: count, value: String(calls[column] ?? '-'), context: { ...context, calls: undefined } }),
    ];
  });
}

type Cell = {
  readonly table: LikwidTable;
  readonly name: LikwidName;
  readonly cpu: string;
  readonly value: string;
  readonly line: number;
  readonly context: Context;
  readonly parameters: PayloadParameters;
};

function toReading({ table, name, cpu, value: printed, line, context, parameters }: Cell): IngestRecord {
  const { region } = table;
  const isMean = context.calls !== undefined && name.isExtensive;
  const calls = context.calls?.[table.cpus.indexOf(cpu)];
  const { value, quality } = readCell(printed, name, line, context);
  const declared = declareSeries(
    {
      region: region ?? parameters.region ?? 'process',
      metric: name.metric,
      nativeMetric: name.native,
      unit: name.unit,
      valueKind: 'total',
      labels: {
        cpu,
        group: table.groupName,
        ...(table.isRepeatedGroup ? { instance: table.group } : {}),
        ...(isMean ? { aggregation: 'mean_per_call' } : {}),
      },
      line,
    },
    parameters,
  );
  const series = declared.judgedAs === 'location' ? { ...declared, judgedAs: 'total' as const } : declared;
  // A region that a hardware thread never entered was not measured there.
  const isAbsent = context.calls !== undefined && (calls === undefined || calls === 0);
  return {
    kind: 'reading',
    series,
    repetition: parameters.repetition,
    reading: 'total',
    value: value === null || isAbsent ? null : isMean ? value / (calls ?? Number.NaN) : value,
    atNs: parameters.atNs ?? null,
    exposureS: parameters.exposureS ?? null,
    probability: null,
    tool: null,
    quality: isAbsent && value !== null ? [...quality, 'not_counted'] : quality,
    line,
  };
}

function readCell(
  printed: string,
  name: LikwidName,
  line: number,
  context: Context,
): { readonly value: number | null; readonly quality: readonly Quality[] } {
  const quality: Quality[] = [...name.flags];
  if (context.isMultiplexed) quality.push('multiplexed');
  if (printed === '-') return { value: null, quality: [...quality, 'not_supported'] };
  if (/^-?(nan|inf)(\(ind\))?$/i.test(printed)) return { value: null, quality: [...quality, 'not_a_number'] };
  const value = parseDecimal(printed, name);
  if (value === undefined)
    throw new ParseError(`${name.native} is '${printed.slice(0, 40)}', not a number, -, nan or inf`, { line, column: 1 });
  // 0 of a group that never had its turn, or of a ratio of events that do not exist, is no measurement.
  if (value === 0 && context.isMultiplexed && context.isIdle) return { value: null, quality: [...quality, 'not_counted'] };
  if (value === 0 && context.lacksEvents && name.isDerived === true) return { value: null, quality: [...quality, 'not_supported'] };
  return { value, quality };
}
