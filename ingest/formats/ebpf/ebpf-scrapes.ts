import { ParseError } from '../../format.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { type PrometheusLabels, PrometheusReader, type PrometheusSample } from '../../lexers/prometheus-text.ts';
import { forEachLine } from '../../lexers/text.ts';

/** Histograms and counters of Prometheus pages, scrape by scrape. */

/** One histogram in one scrape; counts are cumulative over the bounds, as printed. */
export type Snapshot = {
  readonly scrape: number;
  readonly line: number;
  /** Upper bounds as printed, in the order of the page → count of what is at or below. */
  readonly counts: Map<string, number>;
  sum: string | undefined;
  count: number | undefined;
};
export type ScrapedHistogram = { readonly name: string; readonly pairs: readonly string[]; readonly snapshots: Snapshot[] };
export type ScrapedCounter = {
  readonly name: string;
  readonly pairs: readonly string[];
  readonly sample: PrometheusSample;
  readonly scrape: number;
};
export type Scrapes = {
  readonly histograms: ReadonlyMap<string, ScrapedHistogram>;
  readonly counters: readonly ScrapedCounter[];
  readonly scrapeCount: number;
  /** Names that are neither, in the order of the page. */
  readonly others: ReadonlySet<string>;
  /** Histograms and counters that are declared (`# TYPE`) without any sample. */
  readonly empty: readonly string[];
};

/** @throws ParseError when the page is damaged, cut off, or has no comments that tell one scrape from the next */
export function readScrapes(text: string): Scrapes {
  const starts = scrapeStarts(text);
  const reader = new PrometheusReader(text);
  const histograms = new Map<string, ScrapedHistogram>();
  const counters: ScrapedCounter[] = [];
  const others = new Set<string>();
  let scrape = 0;
  for (let sample = reader.next(); sample !== undefined; sample = reader.next()) {
    while ((starts[scrape] ?? Number.POSITIVE_INFINITY) <= sample.line) scrape++;
    const part = /^(.+)_(bucket|sum|count)$/.exec(sample.name);
    const [, base = '', kind] = part ?? [];
    if (part !== null && (reader.types.get(base) ?? 'histogram') === 'histogram' && isHistogramPart(sample, kind, base, histograms))
      addPart(sample, { base, kind, scrape }, { histograms, reader });
    else if (reader.types.get(sample.name) === 'counter') counters.push({ name: sample.name, pairs: sample.labels.pairs, sample, scrape });
    else others.add(sample.name);
  }
  const sampled = new Set([...histograms.values(), ...counters].map(({ name }) => name));
  const empty = [...reader.types].flatMap(([name, type]) => (/^(?:histogram|counter)$/.test(type) && !sampled.has(name) ? [name] : []));
  return { histograms, counters, scrapeCount: scrape + 1, others, empty };
}

/** Lines in which a scrape after the first begins: a comment comes that the scrape before already had. */
function scrapeStarts(text: string): readonly number[] {
  const starts: number[] = [];
  let seen = new Set<string>();
  forEachLine(text, (line, number) => {
    const comment = /^# (?:TYPE|HELP) \S{1,300}/.exec(line)?.[0];
    if (comment === undefined) return;
    if (seen.has(comment)) {
      starts.push(number);
      seen = new Set();
    }
    seen.add(comment);
  });
  return starts;
}

function isHistogramPart(
  sample: PrometheusSample,
  kind: string | undefined,
  base: string,
  histograms: ReadonlyMap<string, ScrapedHistogram>,
): boolean {
  return kind === 'bucket' ? labelOf(sample.labels, 'le') !== undefined : histograms.has(keyOf(base, sample.labels.pairs));
}

function addPart(
  sample: PrometheusSample,
  { base, kind, scrape }: { readonly base: string; readonly kind: string | undefined; readonly scrape: number },
  { histograms, reader }: { readonly histograms: Map<string, ScrapedHistogram>; readonly reader: PrometheusReader },
): void {
  const le = labelOf(sample.labels, 'le');
  const pairs = withoutBound(sample.labels.pairs);
  const key = keyOf(base, pairs);
  let histogram = histograms.get(key);
  if (histogram === undefined) {
    histogram = { name: base, pairs, snapshots: [] };
    histograms.set(key, histogram);
  }
  let snapshot = histogram.snapshots.at(-1);
  if (snapshot?.scrape !== scrape) {
    if (kind !== 'bucket') reader.fail(`${sample.name} stands before its buckets`);
    snapshot = { scrape, line: sample.line, counts: new Map(), sum: undefined, count: undefined };
    histogram.snapshots.push(snapshot);
  }
  if (kind === 'sum') {
    if (parseDecimal(sample.value) === undefined || snapshot.sum !== undefined)
      reader.fail(`the sum of ${base} is no number, or comes twice`);
    snapshot.sum = sample.value;
    return;
  }
  const count = readCount(sample) ?? reader.fail(`the value '${sample.value.slice(0, 40)}' of ${sample.name} is no count`);
  if (kind === 'count') snapshot.count = count;
  else if (le === undefined || snapshot.counts.has(le))
    reader.fail(`the bucket le="${le}" comes twice in a scrape without # TYPE comments: send pages as the exporter prints them`);
  else snapshot.counts.set(le, count);
}

function readCount({ value }: PrometheusSample): number | undefined {
  const count = /^[\d.eE+]+$/.test(value) ? parseDecimal(value) : undefined;
  return count !== undefined && Number.isSafeInteger(count) ? count : undefined;
}

function labelOf({ pairs }: PrometheusLabels, name: string): string | undefined {
  for (let i = 0; i + 1 < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1];
  return undefined;
}

function withoutBound(pairs: readonly string[]): readonly string[] {
  return pairs.filter((_, index) => pairs[index - (index % 2)] !== 'le');
}

function keyOf(name: string, pairs: readonly string[]): string {
  return JSON.stringify([name, ...withoutBound(pairs)]);
}

export type Bounds = { readonly upper: readonly number[]; readonly counts: readonly number[] };

/**
 * Bounds ascending in the printed unit times `toBase`, with the counts between them; the last bound is Infinity.
 * @throws ParseError when buckets are missing, fall, or disagree with the count
 */
export function toBounds({ counts, count, line }: Snapshot, name: string, toBase: (text: string) => number | undefined): Bounds {
  const fail = (detail: string): never => {
    throw new ParseError(`${name}: ${detail}: send the page of the exporter as it is`, { line, column: 1 });
  };
  const bounds = [...counts].map(([le, below]) => ({
    upper: /^\+?Inf$/.test(le) ? Number.POSITIVE_INFINITY : (toBase(le) ?? fail(`le="${le.slice(0, 40)}" is no number`)),
    below,
  }));
  bounds.sort((left, right) => (left.upper < right.upper ? -1 : 1));
  if (bounds.at(-1)?.upper !== Number.POSITIVE_INFINITY) fail('the bucket le="+Inf" is missing, the page is cut off');
  if (count === undefined) fail('the count is missing, the page is cut off');
  if (bounds.at(-1)?.below !== count) fail(`le="+Inf" holds ${bounds.at(-1)?.below}, the count says ${count}`);
  let before = 0;
  const between = bounds.map(({ upper, below }, index) => {
    if (index > 0 && bounds[index - 1]?.upper === upper) fail(`two buckets have the bound ${upper}`);
    if (below < before) fail(`the cumulative counts fall at ${upper}`);
    const own = below - before;
    before = below;
    return own;
  });
  return { upper: bounds.map(({ upper }) => upper), counts: between };
}
