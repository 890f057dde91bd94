import type { Quality } from '../../../wire/quality.ts';
import type { BaseUnit } from '../../../wire/units.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { HistogramRecord, IngestRecord } from '../../records.ts';
import { WarningTally } from '../warning-tally.ts';
import { toCounters, toStandings } from './ebpf-counters.ts';
import { type Bounds, readScrapes, type ScrapedHistogram, type Snapshot, toBounds } from './ebpf-scrapes.ts';
import { PREFIX, type Session, seriesOf, unitOf } from './ebpf-series.ts';

/**
 * Pages of cloudflare/ebpf_exporter, one after another. Its histograms count since the exporter started, and histograms of one repetition
 * are added here: so the increase from the first page to the last counts. A page alone counts whole when `since=start` says that the exporter
 * was started for this measurement; with `at=` its buckets land as standings of counters, of which two payloads of a run make an increase;
 * otherwise it is refused.
 */
export const ebpfExporterFormat = {
  id: 'ebpf-exporter' as const,
  kind: 'ebpf',
  mode: 'whole',
  summary:
    'curl http://host:9435/metrics of ebpf_exporter, before and after the measurement: cat before.prom after.prom; or one page with since=start or at=',
  extraParameters: ['since'],
  detect: (head) => /^\uFEFF?\s*(?:# |[A-Za-z_:][A-Za-z0-9_:]*[{ ])/.test(head) && /^(?:# (?:HELP|TYPE) )?ebpf_exporter_/m.test(head),
  parse: parseEbpfExporter,
} satisfies Omit<Extract<Format, { readonly mode: 'whole' }>, 'id'> & { readonly id: string };

function parseEbpfExporter(text: string, parameters: PayloadParameters): ParseResult {
  const since = parameters.extra['since'];
  if (since !== undefined && since !== 'start') throw new ParseError(`since=${since} is not start`, { line: 1, column: 1 });
  const opened = openText(text);
  if (!opened.endsWith('\n'))
    throw new ParseError('the last line has no line feed, so its number may be cut off: send the whole page', {
      line: opened.split('\n').length,
      column: 1,
    });
  const scrapes = readScrapes(opened);
  const session: Session = { parameters, tally: new WarningTally(), scrapes, seen: new Set() };
  const records: IngestRecord[] = [];
  for (const histogram of scrapes.histograms.values()) records.push(...toHistogram(histogram, session));
  records.push(...toCounters(session));
  for (const name of scrapes.others)
    if (name.startsWith(PREFIX)) session.tally.add('ignored_metric', `${name} is neither histogram nor counter and was left out`, null);
  for (const name of scrapes.empty)
    if (name.startsWith(PREFIX))
      session.tally.add('no_samples', `${name} is declared and has no samples: its program did not load, or counted nothing`, null);
  if (
    records.some((record) => record.kind === 'reading' && record.atNs === null && record.exposureS === null) &&
    since === undefined &&
    scrapes.scrapeCount === 1
  )
    session.tally.add('time_missing', 'counters came without a time: send at= so that a rate can be told', null);
  if (records.length === 0) session.tally.add('no_values', 'the pages have no histogram and no counter that grew', null);
  return { records, warnings: session.tally.list() };
}

function toHistogram(histogram: ScrapedHistogram, session: Session): readonly IngestRecord[] {
  const { name, pairs, snapshots } = histogram;
  const { parameters, tally, scrapes } = session;
  const last = snapshots.at(-1);
  if (last === undefined) return [];
  if (scrapes.scrapeCount === 1 && parameters.extra['since'] === undefined) return toStandings(histogram, last, session);
  if (last.scrape !== scrapes.scrapeCount - 1) {
    tally.add('vanished', `${name} is missing in the last page and was left out`, last.line);
    return [];
  }
  const unit = unitOf(name, parameters, last.line);
  const scale = decimalScale(unit.factor);
  const toBase = (text: string) => parseDecimal(text, scale);
  const all = snapshots.map((snapshot) => toBounds(snapshot, name, toBase));
  const increase = addIncreases(all, snapshots, parameters.extra['since'] === 'start', toBase, name);
  const total = increase.counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) {
    tally.add('empty_histogram', `${name} did not count between the pages`, last.line);
    return [];
  }
  const series = seriesOf(name, pairs, { unit, valueKind: 'histogram', line: last.line }, session);
  const { edges, counts } = toEdges(all.at(-1)?.upper ?? [], increase.counts, unit);
  const quality: Quality[] = [];
  if (scrapes.scrapeCount === 1) quality.push('cumulative_snapshot');
  if (increase.hasReset) quality.push('counter_reset');
  if (increase.sum === null) quality.push('sum_unknown');
  const scheme = recogniseScheme(edges);
  return [
    {
      kind: 'histogram',
      series,
      repetition: parameters.repetition,
      scheme,
      edges,
      counts,
      sum: increase.sum,
      atNs: parameters.atNs ?? null,
      quality,
      line: last.line,
    },
  ];
}

type Increase = { readonly counts: readonly number[]; readonly sum: number | null; readonly hasReset: boolean };

/** What was counted from the first page to the last; a histogram that is not in the first page began at 0, as one that was reset. */
function addIncreases(
  all: readonly Bounds[],
  snapshots: readonly Snapshot[],
  fromStart: boolean,
  toBase: (text: string) => number | undefined,
  name: string,
): Increase {
  const counts = new Array<number>(all[0]?.upper.length ?? 0).fill(0);
  let before: readonly number[] | undefined = fromStart || snapshots[0]?.scrape !== 0 ? counts.map(() => 0) : undefined;
  let sumBefore: number | null = before === undefined ? null : 0;
  let sum: number | null = 0;
  let hasReset = false;
  for (const [index, bounds] of all.entries()) {
    const snapshot = snapshots[index];
    if (bounds.upper.length !== counts.length || bounds.upper.some((upper, place) => upper !== all[0]?.upper[place]))
      throw new ParseError(`${name}: the buckets differ from page to page: send pages of one exporter`, {
        line: snapshot?.line ?? 1,
        column: 1,
      });
    const own = sumOf(snapshot, bounds, toBase);
    const base: readonly number[] = before ?? bounds.counts;
    const fell = bounds.counts.some((count, place) => count < (base[place] ?? 0));
    hasReset ||= fell;
    for (const [place, count] of bounds.counts.entries()) counts[place] = (counts[place] ?? 0) + count - (fell ? 0 : (base[place] ?? 0));
    if (before !== undefined)
      sum = sum === null || own === null || (sumBefore === null && !fell) ? null : sum + own - (fell ? 0 : (sumBefore ?? 0));
    before = bounds.counts;
    sumBefore = own;
  }
  return { counts, sum, hasReset };
}

/** A program that stores no sum gives 0, which is then none. */
function sumOf(snapshot: Snapshot | undefined, { counts }: Bounds, toBase: (text: string) => number | undefined): number | null {
  const sum = snapshot?.sum === undefined ? undefined : toBase(snapshot.sum);
  if (sum === undefined) return null;
  return sum === 0 && counts.some((count) => count > 0) ? null : sum;
}

/** Times and sizes begin at 0; the open bucket above is left out when nothing is in it. */
function toEdges(
  upper: readonly number[],
  counts: readonly number[],
  unit: BaseUnit,
): { readonly edges: number[]; readonly counts: number[] } {
  const isEmpty = counts.at(-1) === 0 && counts.length > 1;
  const first = upper[0] ?? 0;
  const lowest = (unit.unit === 'ns' || unit.unit === 'By') && first > 0 ? 0 : Number.NEGATIVE_INFINITY;
  const edges = [lowest, ...(isEmpty ? upper.slice(0, -1) : upper)];
  // exp2zero has a bound of 0: nothing lies below it.
  if (lowest === Number.NEGATIVE_INFINITY && counts[0] === 0 && edges.length > 2)
    return { edges: edges.slice(1), counts: counts.slice(1, edges.length - 1) };
  return { edges, counts: counts.slice(0, edges.length - 1) };
}

function recogniseScheme(edges: readonly number[]): HistogramRecord['scheme'] {
  const finite = edges.filter((edge) => Number.isFinite(edge) && edge !== 0);
  return finite.length > 1 && finite.every((edge, index) => index === 0 || edge === 2 * (finite[index - 1] ?? 0)) ? 'log2' : 'explicit';
}
