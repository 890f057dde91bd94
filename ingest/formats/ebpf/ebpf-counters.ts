import type { Quality } from '../../../wire/quality.ts';
import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';
import { ParseError } from '../../format.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import type { ReadingRecord, RecordSeries } from '../../records.ts';
import { type ScrapedCounter, type ScrapedHistogram, type Snapshot, toBounds } from './ebpf-scrapes.ts';
import { IDS, PREFIX, type Session, seriesOf, suffixOf, unitOf } from './ebpf-series.ts';

/** Counters of ebpf_exporter, and histograms of which only a standing is known. Both count since the exporter started. */

const COUNT: BaseUnit = toBaseUnit('1') ?? { unit: '1', factor: 1 };

/** Counters by their first and last page, so that what happened between them counts once. @throws ParseError for a value that is no count */
export function toCounters(session: Session): readonly ReadingRecord[] {
  const { scrapes, tally } = session;
  const groups = new Map<string, ScrapedCounter[]>();
  for (const counter of scrapes.counters) {
    const { name, pairs, sample } = counter;
    if (!name.startsWith(PREFIX)) continue;
    if (pairs.some((label, index) => index % 2 === 0 && IDS.has(label))) {
      tally.add('ids_dropped', `${name} counts by process or cgroup, which differ from run to run, and was left out`, sample.line);
      continue;
    }
    const key = JSON.stringify([name, ...pairs]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [counter]);
    else if (group.at(-1)?.scrape === counter.scrape) refuse(`${name} comes twice in a page with the same labels`, sample.line);
    else group.push(counter);
  }
  return [...groups.values()].flatMap((group) => toStandingsOf(group, session));
}

function toStandingsOf(group: readonly ScrapedCounter[], session: Session): readonly ReadingRecord[] {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return [];
  const base = first.name.replace(/_total$/, '');
  const unit = suffixOf(base)?.unit ?? COUNT;
  const series = seriesOf(base, first.pairs, { unit, valueKind: 'counter', line: first.sample.line }, session);
  const values = group.map((counter) => readValue(counter, unit));
  const fell = values.some((value, index) => value < (values[index - 1] ?? 0));
  if (last.scrape !== session.scrapes.scrapeCount - 1)
    session.tally.add('vanished', `${first.name} is missing in the last page: its last standing has no time`, last.sample.line);
  const isLastPage = last.scrape === session.scrapes.scrapeCount - 1;
  const standings = group.length === 1 ? [last] : [first, last];
  return standings.map((counter) => {
    const { sample } = counter;
    const isEnd = counter === last && isLastPage;
    const printedAtNs = sample.timestamp === '' ? null : BigInt(sample.timestamp) * 1_000_000n;
    const value = readValue(counter, unit);
    const quality: Quality[] = Number.isInteger(value) && !Number.isSafeInteger(value) ? ['precision_lost'] : [];
    if (counter === last && fell) quality.push('counter_reset');
    // `at=` and `exposure=` say one time: that of the last page.
    const atNs = printedAtNs ?? (isEnd ? (session.parameters.atNs ?? null) : null);
    return toReading(
      series,
      value,
      { atNs, exposureS: isEnd ? (session.parameters.exposureS ?? null) : null, quality, line: sample.line },
      session,
    );
  });
}

function readValue({ name, sample }: ScrapedCounter, { factor }: BaseUnit): number {
  const value = parseDecimal(sample.value, decimalScale(factor));
  return value !== undefined && value >= 0 ? value : refuse(`the value '${sample.value.slice(0, 40)}' of ${name} is no count`, sample.line);
}

/**
 * One page of a histogram, as standings of its buckets, its count and its sum: of two such payloads of one run, at two times, the increase can be
 * told, and never is what the exporter counted before taken for what this run did.
 * @throws ParseError when no time is known, with what to do
 */
export function toStandings({ name, pairs }: ScrapedHistogram, snapshot: Snapshot, session: Session): readonly ReadingRecord[] {
  const { parameters, tally } = session;
  const { line } = snapshot;
  if (parameters.atNs === undefined) {
    const detail = `${name} counts since the exporter started, and one page does not say when: send the pages from before and after the measurement as one payload (cat before.prom after.prom), or since=start if the exporter was started for it (a machine booted for the test), or each page with at=<its time>, which lands its buckets as counters`;
    refuse(detail, line);
  }
  const unit = unitOf(name, parameters, line);
  const scale = decimalScale(unit.factor);
  const { upper, counts } = toBounds(snapshot, name, (text) => parseDecimal(text, scale));
  const detail =
    'one page of a histogram landed as counters only (.bucket by le, .count, .sum), whose latency is not judged: send both pages as one payload (cat before.prom after.prom) for that';
  tally.add('histogram_as_counters', detail, line);
  const sum = snapshot.sum === undefined ? undefined : parseDecimal(snapshot.sum, scale);
  const add = (part: 'bucket' | 'count' | 'sum', labels: Readonly<Record<string, string>>, value: number, partUnit: BaseUnit) =>
    toReading(
      seriesOf(name, pairs, { unit: partUnit, valueKind: 'counter', line, part: { name: part, labels } }, session),
      value,
      { atNs: parameters.atNs ?? null, exposureS: parameters.exposureS ?? null, quality: [], line },
      session,
    );
  const buckets = upper.map((bound, index) =>
    add('bucket', { le: String(bound) }, counts[index] ?? refuse('a bucket has no count', line), COUNT),
  );
  const total = counts.reduce((all, count) => all + count, 0);
  // A program that stores no sum gives 0, which is then none.
  const hasSum = sum !== undefined && sum > 0;
  return [...buckets, add('count', {}, total, COUNT), ...(hasSum ? [add('sum', {}, sum, unit)] : [])];
}

function toReading(
  series: RecordSeries,
  value: number,
  facts: Pick<ReadingRecord, 'atNs' | 'exposureS' | 'quality' | 'line'>,
  { parameters }: Session,
): ReadingRecord {
  return {
    kind: 'reading',
    series,
    repetition: parameters.repetition,
    reading: 'cumulative',
    value,
    probability: null,
    tool: null,
    ...facts,
  };
}

function refuse(detail: string, line: number): never {
  throw new ParseError(detail, { line, column: 1 });
}
