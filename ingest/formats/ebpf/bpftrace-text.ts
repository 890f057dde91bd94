import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import { WarningTally } from '../warning-tally.ts';
import { type Buckets, toInteger } from './bpftrace-buckets.ts';
import { emptyMaps, type Integer, type Stats } from './bpftrace-maps.ts';
import type { Print, PrintMode } from './bpftrace-prints.ts';
import { toRecords } from './bpftrace-records.ts';
import { type MapLine, readBucketLine, readMapLine, readStats } from './bpftrace-text-lines.ts';
import { groupPrints, type MapEntry } from './bpftrace-text-prints.ts';

/**
 * What bpftrace prints without `-f json`. Maps become what they become from JSON, in the same series; an avg() cannot be told from a count
 * here, and what the script printed itself is left out. Seen: 0.17.0; the layout of the rows is that of the source up to HEAD.
 */
export const bpftraceTextFormat = {
  id: 'bpftrace-text' as const,
  kind: 'ebpf',
  mode: 'whole',
  summary: 'bpftrace script.bt > file, without -f json (0.17 and later)',
  extraParameters: ['prints'],
  detect: (head) =>
    /^(?:\uFEFF?Attaching \d+ probes?\.\.\.|\uFEFF?@[A-Za-z0-9_]*(?:\[|:(?: |\r?$)))/m.test(head) && !/^\uFEFF?\s*\{/.test(head),
  parse: parseBpftraceText,
} satisfies Omit<Extract<Format, { readonly mode: 'whole' }>, 'id'> & { readonly id: string };

/** A stack as a key has a line a frame, 127 at most. */
const KEY_LINES = 512;
const COMPLAINT = /WARNING: Failed to |^ERROR: /;

function parseBpftraceText(text: string, parameters: PayloadParameters): ParseResult {
  const prints = readPrintMode(parameters);
  const opened = openText(text);
  const reader = new TextReader();
  forEachLine(opened, (line, number) => reader.read(line, number));
  reader.end(opened.endsWith('\n'));
  const { tally } = reader;
  const maps = {
    ...emptyMaps(),
    histograms: toPrints(reader.histograms, prints, tally),
    stats: toPrints(reader.stats, prints, tally),
    scalars: toPrints(reader.scalars, prints, tally),
  };
  const records = toRecords(maps, { parameters, prints, quality: reader.quality(), tally });
  if (records.length === 0) tally.add('no_values', 'no map with values was printed', null);
  return { records, warnings: tally.list() };
}

function readPrintMode(parameters: PayloadParameters): PrintMode {
  const mode = parameters.extra['prints'];
  if (mode === undefined || mode === 'auto' || mode === 'cumulative' || mode === 'cleared') return mode ?? 'auto';
  throw new ParseError(`prints=${mode} is none of auto, cumulative, cleared`, { line: 1, column: 1 });
}

function toPrints<T>(maps: ReadonlyMap<string, readonly MapEntry<T>[]>, mode: PrintMode, tally: WarningTally): Map<string, Print<T>[]> {
  const prints = new Map<string, Print<T>[]>();
  for (const [name, entries] of maps) {
    const grouped = groupPrints(entries);
    if (grouped.isAmbiguous && mode === 'auto') {
      const detail = `map ${name} was printed several times with other keys each time, and where a print ends cannot be told: it was left out; send prints=cleared or prints=cumulative, or use -f json`;
      tally.add('ambiguous_prints', detail, entries[0]?.line ?? null);
    } else prints.set(name, [...grouped.prints]);
  }
  return prints;
}

type OpenHistogram = {
  readonly name: string;
  readonly key: string | null;
  readonly line: number;
  readonly separated: boolean;
  readonly buckets: Buckets;
  upper: number | undefined;
};
type OpenKey = { readonly line: number; readonly lines: string[] };

/** Reads line by line into the entries of each map. */
class TextReader {
  readonly histograms = new Map<string, MapEntry<Buckets>[]>();
  readonly stats = new Map<string, MapEntry<Stats>[]>();
  readonly scalars = new Map<string, MapEntry<Integer>[]>();
  readonly tally = new WarningTally();
  private histogram: OpenHistogram | undefined;
  private openKey: OpenKey | undefined;
  /** The map of the entry before, what it is ordered by, and the empty lines since. */
  private before: { readonly name: string; readonly rank: Integer | undefined } | undefined;
  private blanks = 0;
  private lost: Integer = 0;
  private hasHelperError = false;
  private lastNumber = 0;
  private lastIsNumber = false;

  read(text: string, number: number): void {
    this.lastNumber = number;
    this.lastIsNumber = false;
    if (this.openKey !== undefined) this.continueKey(text, this.openKey);
    else if (text === '') this.readBlank();
    else if (text.startsWith('@')) this.readMap(text, number);
    else if (this.histogram !== undefined && /^[[(]/.test(text)) this.readBucket(text, this.histogram, number);
    else this.readOther(text, number);
  }

  /** @param isEnded whether the last line has a line feed */
  end(isEnded: boolean): void {
    const { openKey, lastNumber } = this;
    if (openKey !== undefined) this.fail('the key of a map does not end: the output is cut off; send the whole file', openKey.line);
    if (!isEnded && this.lastIsNumber)
      this.fail('the last line has no line feed, so its number may be cut off: send the whole file', lastNumber);
    const { histogram } = this;
    this.closeHistogram();
    if (histogram === undefined) return;
    this.tally.add('maybe_cut_off', `the output stops inside map ${histogram.name}, where bpftrace prints an empty line`, lastNumber);
  }

  quality(): readonly Quality[] {
    const quality: Quality[] = [];
    if (this.lost > 0) quality.push('lost_events');
    if (this.hasHelperError) quality.push('helper_error');
    return quality;
  }

  private readBlank(): void {
    // The empty line after a histogram ends it; only further ones separate prints.
    if (this.histogram === undefined) this.blanks++;
    this.closeHistogram();
  }

  private continueKey(text: string, open: OpenKey): void {
    open.lines.push(text);
    if (text.endsWith(']:') || text.includes(']: ')) {
      this.openKey = undefined;
      this.readMap(open.lines.join('\n'), open.line);
    } else if (open.lines.length > KEY_LINES) this.fail(`the key of a map does not end within ${KEY_LINES} lines`, open.line);
  }

  private readMap(text: string, line: number): void {
    const read = readMapLine(text);
    if (read === 'open') {
      if (text.includes('\n')) this.fail('a line is neither map, bucket nor text', line);
      this.openKey = { line, lines: [text] };
      return;
    }
    if (read === undefined) {
      this.readOther(text, line);
      return;
    }
    this.closeHistogram();
    const { name, key, value } = read;
    const rank = toRank(value);
    const { before } = this;
    const fell = rank !== undefined && before?.rank !== undefined && rank < before.rank;
    // Maps are printed in ascending order of their values, each in one go.
    const separated = before?.name !== name || this.blanks > 0 || fell;
    this.before = { name, rank };
    this.blanks = 0;
    if (value === '') this.histogram = { name, key, line, separated, buckets: new Map(), upper: undefined };
    else this.addValue(read, line, separated);
  }

  private addValue({ name, key, value }: MapLine, line: number, separated: boolean): void {
    const stats = readStats(value);
    const integer = toInteger(value);
    this.lastIsNumber = stats !== undefined || integer !== undefined;
    if (stats !== undefined) append(this.stats, name, { key, value: { count: stats.count, total: stats.total }, line, separated });
    else if (integer !== undefined) append(this.scalars, name, { key, value: integer, line, separated });
    else if (/^count \d/.test(value)) this.fail('a stats() map has no count, average and total: the line is damaged', line);
    else this.tally.add('ignored_value', `map ${name} holds values that are no numbers`, line);
  }

  private readBucket(text: string, open: OpenHistogram, line: number): void {
    const bucket = readBucketLine(text);
    if (bucket === undefined) this.fail(`a bucket of map ${open.name} is damaged or cut off: send the output as bpftrace printed it`, line);
    if (open.upper !== undefined && open.upper !== bucket.lower)
      this.fail(`the bucket that starts at ${bucket.lower} does not follow the one that ends at ${open.upper}`, line);
    open.buckets.set(bucket.lower, bucket);
    open.upper = bucket.upper;
  }

  private readOther(text: string, line: number): void {
    const lost = /^(?:WARNING: )?Lost (\d{1,20}) events/.exec(text);
    this.closeHistogram();
    this.before = undefined;
    if (readBucketLine(text) !== undefined) this.fail('a bucket stands under no map: lines are missing before it', line);
    if (lost !== null) {
      this.lost = Number(this.lost) + Number(lost[1]);
      this.tally.add('lost_events', 'bpftrace lost events; maps are complete, printed events are not', line);
    } else if (COMPLAINT.test(text)) {
      this.hasHelperError = true;
      this.tally.add('helper_error', `bpftrace said: ${text.slice(0, 200)}`, line);
    } else if (!/^Attaching \d+ probes?\.\.\.$/.test(text)) {
      this.tally.add('ignored_output', 'lines that the script printed itself were left out', line);
    }
  }

  private closeHistogram(): void {
    const { histogram } = this;
    if (histogram === undefined) return;
    const { name, key, line, separated, buckets } = histogram;
    append(this.histograms, name, { key, value: buckets, line, separated });
    this.histogram = undefined;
  }

  private fail(detail: string, line: number): never {
    throw new ParseError(detail, { line, column: 1 });
  }
}

/** What the values of one print ascend by: the number, or the average. */
function toRank(value: string): Integer | undefined {
  return toInteger(value) ?? readStats(value)?.average;
}

function append<T>(maps: Map<string, MapEntry<T>[]>, name: string, entry: MapEntry<T>): void {
  const entries = maps.get(name);
  if (entries === undefined) maps.set(name, [entry]);
  else entries.push(entry);
}
