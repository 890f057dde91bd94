import type { Quality } from '../../../wire/quality.ts';
import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { toDouble } from '../../lexers/number.ts';
import type { HistogramRecord, IngestRecord, SummaryRecord } from '../../records.ts';
import { declareSeries, identityOf } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import { type BccPlace, type BccSubject, readUnitWord, toBccMetric } from './bcc-names.ts';
import type { BccTotals } from './bcc-tables.ts';
import { addBuckets, addExact, type Buckets, bucketsFell, toEdges } from './bpftrace-buckets.ts';
import type { Integer } from './bpftrace-maps.ts';

/** One printed histogram, whole. */
export type BccHistogram = {
  readonly word: string;
  readonly subject: BccSubject | undefined;
  readonly place: BccPlace;
  readonly buckets: Buckets;
  readonly form: 'log2' | 'linear';
  readonly line: number;
};

type Added = {
  readonly first: HistogramRecord;
  readonly sum: Buckets;
  readonly last: Buckets;
  /** Whether a print may go on from the one before: argdist -c does not clear its tables, and prints no banner. */
  readonly mayGrow: boolean;
  readonly unit: BaseUnit;
  readonly times: number;
  readonly word: string;
};
type AddedSummary = { readonly first: SummaryRecord; readonly count: Integer; readonly sum: Integer; readonly factor: number };
/** Half of the counts: more in the first bucket, and the unit of the tool is too coarse to show a change. */
const COARSE_SHARE = 0.5;

/** Adds what a tool printed interval by interval (it clears its tables after each print) and makes records of the sums. */
export class BccRecords {
  private readonly parameters: PayloadParameters;
  private readonly tally: WarningTally;
  private readonly histograms = new Map<string, Added>();
  private readonly summaries = new Map<string, AddedSummary>();
  private readonly asked: BaseUnit | undefined;
  private askedUsed = false;
  private contradicted: string | undefined;

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    const prints = parameters.extra['prints'] ?? 'auto';
    if (!['auto', 'cumulative', 'cleared'].includes(prints))
      throw new ParseError(`prints=${prints} is none of auto, cumulative, cleared`, { line: 1, column: 1 });
    this.parameters = parameters;
    this.tally = tally;
    this.asked = parameters.unit === undefined ? undefined : toBaseUnit(parameters.unit);
  }

  get isEmpty(): boolean {
    return this.histograms.size === 0 && this.summaries.size === 0;
  }

  /** @throws ParseError when nothing says the unit */
  add({ word, subject, place, buckets, form, line }: BccHistogram): void {
    const unit = this.unitOf(word, line);
    const { parameters } = this;
    if (place.dropped !== undefined)
      this.tally.add('ids_dropped', `histograms that only ${place.dropped} tells apart were added: it differs from run to run`, line);
    const series = declareSeries(
      {
        region: place.region ?? parameters.region ?? subject?.region ?? 'system',
        metric: parameters.metric ?? toBccMetric(subject, word, unit),
        nativeMetric: word,
        unit: unit.unit,
        valueKind: 'histogram',
        labels: place.labels,
        judgedAs: unit.unit === 'ns' ? 'location' : 'context',
        line,
      },
      parameters,
    );
    const identity = identityOf(series);
    const before = this.histograms.get(identity);
    if (before !== undefined && (before.word !== word || before.first.scheme !== form)) {
      const detail = `${series.metric} of '${series.region}' is printed in '${before.word}' and in '${word}': send the output of one call of the tool`;
      throw new ParseError(detail, { line, column: 1 });
    }
    const first: HistogramRecord = before?.first ?? {
      kind: 'histogram',
      series,
      repetition: parameters.repetition,
      scheme: form,
      edges: [],
      counts: [],
      sum: null,
      atNs: parameters.atNs ?? null,
      quality: [],
      line,
    };
    const sum = before === undefined ? buckets : addBuckets(before.sum, buckets);
    const grows = before === undefined || (before.mayGrow && !bucketsFell(before.last, buckets));
    const mayGrow = grows && subject === undefined && place.dropped === undefined;
    this.histograms.set(identity, { first, sum, last: buckets, mayGrow, unit, times: (before?.times ?? 0) + 1, word });
  }

  /** The line after a histogram that says count and total over all sections. */
  addTrailer(
    subject: BccSubject | undefined,
    trailer: { readonly unitWord: string; readonly total: Integer; readonly count: Integer },
    line: number,
  ): void {
    const unit = readUnitWord(trailer.unitWord);
    if (unit === undefined || unit.unit !== 'ns')
      throw new ParseError(`the unit '${trailer.unitWord}' of the average is unknown`, { line, column: 1 });
    const { parameters } = this;
    const series = declareSeries(
      {
        region: parameters.region ?? subject?.region ?? 'system',
        metric: `${parameters.metric ?? toBccMetric(subject, trailer.unitWord, unit)}.summary`,
        nativeMetric: 'avg',
        unit: unit.unit,
        valueKind: 'summary',
        judgedAs: 'total',
        line,
      },
      parameters,
    );
    const identity = `${identityOf(series)}\n${unit.factor}`;
    const before = this.summaries.get(identity);
    const first = before?.first ?? summary(series, parameters.repetition, line);
    const [count, sum] = [addExact(before?.count ?? 0, trailer.count), addExact(before?.sum ?? 0, trailer.total)];
    this.summaries.set(identity, { first, count, sum, factor: unit.factor });
  }

  /** All histograms and summaries, in the order of the file. */
  finish(quality: readonly Quality[]): IngestRecord[] {
    if (!this.askedUsed && this.contradicted !== undefined) {
      const detail = `unit=${this.parameters.unit} contradicts the header '${this.contradicted}', which says the unit: leave out unit=`;
      throw new ParseError(detail, { line: 1, column: 1 });
    }
    const histograms = [...this.histograms.values()].map((added) => this.toHistogram(added, quality));
    const summaries = [...this.summaries.values()].map((added) => toSummary(added, quality));
    return [...histograms, ...summaries];
  }

  private toHistogram({ first, sum, last, mayGrow, unit, times, word }: Added, quality: readonly Quality[]): HistogramRecord {
    const { series, line } = first;
    const prints = this.parameters.extra['prints'] ?? 'auto';
    const isCumulative = times > 1 && (prints === 'cumulative' || (prints === 'auto' && mayGrow));
    if (isCumulative)
      this.tally.add('cumulative_prints', 'tables of one series were printed several times as they grew: the last print counts', null);
    else if (times > 1)
      this.tally.add(
        'added_prints',
        'tables of one series were printed several times and added: the tool clears them after each print',
        null,
      );
    const fail = (detail: string): never => {
      throw new ParseError(detail, { line, column: 1 });
    };
    const { edges, counts, exact } = toEdges(isCumulative ? last : sum, unit.factor, fail);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (first.scheme === 'log2' && unit.unit === 'ns' && (counts[0] ?? 0) > COARSE_SHARE * total) {
      const detail = `over half of the counts of '${series.region}' lie in the first bucket, below 2 ${word}: measure in a finer unit`;
      this.tally.add('low_resolution', detail, line);
    }
    const flags: Quality[] = [...quality, 'sum_unknown'];
    if (!exact) flags.push('precision_lost');
    if (isCumulative) flags.push('cumulative_snapshot');
    return { ...first, edges, counts, quality: flags };
  }

  private unitOf(word: string, line: number): BaseUnit {
    const named = readUnitWord(word);
    const { asked } = this;
    if (named !== undefined) {
      if (asked !== undefined && (asked.unit !== named.unit || asked.factor !== named.factor)) this.contradicted = word;
      return named;
    }
    if (asked === undefined) {
      const detail = `the header '${word.slice(0, 40)}' does not say a unit: send unit= (ns, us, ms, bytes, 1 …)`;
      throw new ParseError(detail, { line, column: 1 });
    }
    this.askedUsed = true;
    return asked;
  }
}

function summary(series: SummaryRecord['series'], repetition: number, line: number): SummaryRecord {
  return { kind: 'summary', series, repetition, count: 0, sum: null, mean: null, minimum: null, maximum: null, quality: [], line };
}

function toSummary({ first, count, sum, factor }: AddedSummary, quality: readonly Quality[]): SummaryRecord {
  const [amount, total] = [toDouble(count), toDouble(sum)];
  const exact = amount.exact && total.exact;
  return {
    ...first,
    count: amount.value,
    sum: total.value * factor,
    // The printed average is cut to an integer; total/count is not.
    mean: amount.value === 0 ? null : (total.value * factor) / amount.value,
    quality: exact ? quality : [...quality, 'precision_lost'],
  };
}

const TABLE_METRICS = { syscall: 'syscall', process: 'syscall', softirq: 'softirq', hardirq: 'hardirq' } as const;

/** A row of a table: count and time together are a summary, one of them alone a total. */
export function toTableRecord(
  name: string,
  { table, count, timeNs, line }: BccTotals,
  session: { readonly parameters: PayloadParameters; readonly subject: BccSubject | undefined; readonly quality: readonly Quality[] },
): IngestRecord {
  const { parameters, subject } = session;
  const isFailed = subject?.sizeMetric === 'syscall.errors';
  const hasBoth = table.hasCount && table.timeScale !== undefined;
  const stem = TABLE_METRICS[table.of];
  const metric = hasBoth ? `${stem}.latency` : table.hasCount ? (isFailed ? 'syscall.errors' : `${stem}.count`) : `${stem}.time`;
  const series = declareSeries(
    {
      region: name,
      metric,
      nativeMetric: hasBoth ? 'TIME' : table.hasCount ? 'COUNT' : 'TOTAL',
      unit: table.timeScale === undefined ? '1' : 'ns',
      valueKind: hasBoth ? 'summary' : 'total',
      labels: isFailed && hasBoth ? { outcome: 'failed' } : {},
      line,
    },
    parameters,
  );
  const amount = toDouble(count);
  const quality: readonly Quality[] = amount.exact ? session.quality : [...session.quality, 'precision_lost'];
  if (hasBoth) {
    const mean = amount.value === 0 ? null : timeNs / amount.value;
    return { ...summary(series, parameters.repetition, line), count: amount.value, sum: timeNs, mean, quality };
  }
  return {
    kind: 'reading',
    series,
    repetition: parameters.repetition,
    reading: 'total',
    value: table.timeScale === undefined ? amount.value : timeNs,
    atNs: parameters.atNs ?? null,
    exposureS: parameters.exposureS ?? null,
    probability: null,
    tool: null,
    quality,
    line,
  };
}
