import type { Quality } from '../../../wire/quality.ts';
import type { BaseUnit } from '../../../wire/units.ts';
import { ParseError } from '../../format.ts';
import { toDouble } from '../../lexers/number.ts';
import type { IngestRecord, ReadingRecord } from '../../records.ts';
import { addBuckets, addExact, type Buckets, bucketsFell, recogniseScheme, toEdges } from './bpftrace-buckets.ts';
import type { CollectedMaps, Integer, Stats, TimeSeries } from './bpftrace-maps.ts';
import { type Arithmetic, type MergedPrints, mergePrints, type Print } from './bpftrace-prints.ts';
import { BpftraceSeries, type MapPlace, type RecordContext } from './bpftrace-series.ts';

/** Decoded maps → records in base units, one a map and key. */

type Session = RecordContext & { readonly series: BpftraceSeries };

const HISTOGRAMS: Arithmetic<Buckets> = { fell: bucketsFell, add: addBuckets };
const STATS: Arithmetic<Stats> = {
  fell: (before, after) => after.count < before.count,
  add: (left, right) => ({ count: addExact(left.count, right.count), total: addExact(left.total, right.total) }),
};
const SCALARS: Arithmetic<Integer> = { fell: (before, after) => after < before, add: addExact };
/** A tseries keeps its last intervals; prints overlap, and the later print of an interval is the complete one. */
const TIME_SERIES: Arithmetic<TimeSeries> = { fell: () => false, add: (left, right) => new Map([...left, ...right]) };

/** @throws ParseError when a map of times or sizes has no unit, or two maps become one series */
export function toRecords(maps: CollectedMaps, context: RecordContext): IngestRecord[] {
  const series = new BpftraceSeries(maps, context.parameters);
  const session: Session = { ...context, series };
  const records = [
    ...[...maps.histograms].flatMap(([name, prints]) => histogramRecords(name, prints, session)),
    ...[...maps.stats].flatMap(([name, prints]) => statsRecords(name, prints, session)),
    ...[...maps.averages].flatMap(([name, prints]) => averageRecords(name, prints, session)),
    ...[...maps.timeSeries].flatMap(([name, prints]) => timeSeriesRecords(name, prints, session)),
    ...[...maps.scalars].flatMap(([name, prints]) => scalarRecords(name, prints, session)),
  ];
  series.assertUnitUsed();
  return records;
}

function histogramRecords(name: string, prints: readonly Print<Buckets>[], session: Session): IngestRecord[] {
  const merged = mergePrints(prints, session.prints, HISTOGRAMS);
  warnOfPrints(name, prints.length, merged, session);
  const place: MapPlace = { name, kind: 'histograms', line: merged.line };
  const unit = session.series.unitOf(place);
  const scheme = recogniseScheme(merged.values.values());
  const fail = (detail: string): never => {
    throw new ParseError(`map ${name}: ${detail}`, { line: merged.line, column: 1 });
  };
  return [...merged.values].flatMap(([key, buckets]) => {
    if (buckets.size === 0) return warnOfEmpty(place, session);
    const { edges, counts, exact, repaired } = toEdges(buckets, unit.factor, fail);
    const quality = qualityOf(merged, session, exact);
    quality.push('sum_unknown');
    if (repaired) quality.push('repaired');
    return {
      kind: 'histogram',
      series: session.series.seriesOf(place, key, unit),
      repetition: session.parameters.repetition,
      scheme,
      edges,
      counts,
      sum: null,
      atNs: session.parameters.atNs ?? null,
      quality,
      line: merged.line,
    };
  });
}

function statsRecords(name: string, prints: readonly Print<Stats>[], session: Session): IngestRecord[] {
  const merged = mergePrints(prints, session.prints, STATS);
  warnOfPrints(name, prints.length, merged, session);
  const place: MapPlace = { name, kind: 'stats', line: merged.line };
  const unit = session.series.unitOf(place);
  return [...merged.values].map(([key, { count, total }]) => {
    const [amount, sum] = [toDouble(count), toDouble(total)];
    return {
      kind: 'summary',
      series: session.series.seriesOf(place, key, unit),
      repetition: session.parameters.repetition,
      count: amount.value,
      sum: sum.value * unit.factor,
      // The printed average is cut to an integer; total/count is not.
      mean: amount.value === 0 ? null : (sum.value * unit.factor) / amount.value,
      minimum: null,
      maximum: null,
      quality: qualityOf(merged, session, amount.exact && sum.exact),
      line: merged.line,
    };
  });
}

function averageRecords(name: string, prints: readonly Print<Integer>[], session: Session): IngestRecord[] {
  // Means cannot be added, and a mean that falls says nothing about a clear(): the last print stands.
  const merged = mergePrints(prints, 'cumulative', SCALARS);
  warnOfPrints(name, prints.length, merged, session);
  session.tally.add(
    'mean_truncated',
    `map ${name} is an avg(), whose mean is cut to an integer; stats() keeps count and total`,
    merged.line,
  );
  return totalRecords({ name, kind: 'averages', line: merged.line }, merged, session);
}

function scalarRecords(name: string, prints: readonly Print<Integer>[], session: Session): IngestRecord[] {
  const merged = mergePrints(prints, session.prints, SCALARS);
  if (merged.reading === 'cleared' && session.prints === 'auto') {
    // A cleared count is a sum of parts, a falling min() or variable is not, and the output does not tell them apart.
    const detail = `map ${name} fell between prints and was left out: send prints=cleared for counts, prints=cumulative for values`;
    session.tally.add('ambiguous_prints', detail, merged.line);
    return [];
  }
  warnOfPrints(name, prints.length, merged, session);
  return totalRecords({ name, kind: 'scalars', line: merged.line }, merged, session);
}

function totalRecords(place: MapPlace, merged: MergedPrints<Integer>, session: Session): ReadingRecord[] {
  const { parameters, series } = session;
  const unit: BaseUnit = series.unitOf(place);
  return [...merged.values].map(([key, integer]) => {
    const { value, exact } = toDouble(integer);
    return {
      kind: 'reading',
      series: series.seriesOf(place, key, unit),
      repetition: parameters.repetition,
      reading: 'total',
      value: value * unit.factor,
      atNs: parameters.atNs ?? null,
      exposureS: parameters.exposureS ?? null,
      probability: null,
      tool: null,
      quality: qualityOf(merged, session, exact),
      line: merged.line,
    };
  });
}

function timeSeriesRecords(name: string, prints: readonly Print<TimeSeries>[], session: Session): IngestRecord[] {
  const merged = mergePrints(prints, 'cleared', TIME_SERIES);
  const place: MapPlace = { name, kind: 'timeSeries', line: merged.line };
  const unit = session.series.unitOf(place);
  return [...merged.values].flatMap(([key, intervals]) => {
    const values: number[] = [];
    let exact = true;
    for (const [, integer] of [...intervals].sort(([left], [right]) => (left < right ? -1 : 1))) {
      if (integer === null) {
        session.tally.add('missing_interval', `map ${name} has intervals without a value; they were left out`, merged.line);
        continue;
      }
      const double = toDouble(integer);
      exact &&= double.exact;
      values.push(double.value * unit.factor);
    }
    if (values.length === 0) return warnOfEmpty(place, session);
    return {
      kind: 'samples',
      series: session.series.seriesOf(place, key, unit),
      repetition: session.parameters.repetition,
      values,
      // interval_start is a wall clock without a zone: it orders, it does not date.
      atNs: [],
      quality: [...qualityOf({ reading: 'once' }, session, exact), 'autocorrelated'],
      line: merged.line,
    };
  });
}

function warnOfEmpty({ name, line }: MapPlace, session: Session): [] {
  session.tally.add('empty_map', `map ${name} was printed without values`, line);
  return [];
}

function warnOfPrints(name: string, prints: number, merged: MergedPrints<unknown>, session: Session): void {
  if (merged.reading === 'once') return;
  const times = `map ${name} was printed ${prints} times`;
  const detail =
    merged.reading === 'cumulative'
      ? `${times} as it grew: the last print counts`
      : `${times} and cleared in between: ${merged.parts} prints were added`;
  session.tally.add(`${merged.reading}_prints`, detail, merged.line);
  if (!merged.mixed) return;
  session.tally.add(
    'ambiguous_prints',
    `map ${name} grew between some prints and fell between others: say prints=cleared or prints=cumulative`,
    merged.line,
  );
}

function qualityOf({ reading }: Pick<MergedPrints<unknown>, 'reading'>, session: Session, exact: boolean): Quality[] {
  const quality: Quality[] = [...session.quality];
  if (!exact) quality.push('precision_lost');
  if (reading === 'cumulative') quality.push('cumulative_snapshot');
  return quality;
}
