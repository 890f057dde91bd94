import { LIMITS } from '../../../wire/limits.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { StreamText } from '../../lexers/stream-text.ts';
import { assertLineLength } from '../../lexers/text.ts';
import type { EventRecord, IngestRecord, ReadingRecord } from '../../records.ts';
import type { FormatDraft } from '../draft.ts';
import { refuseBeyondLimit } from '../samples/sample-series.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { isEventCode, readEventLine } from './event-lines.ts';

/**
 * `events?format=ndjson`, a format of our own: one event a line, `{"code": "link.down", "at": …, "message": …, "labels": {…}, "repetition": …}`, of
 * which only code is required. Of each code there is also a count for each repetition; `codes=` names those that were watched for, so that
 * a night without any counts zero. `exposure=` says how many seconds each repetition was watched.
 */
export const eventsNdjsonFormat = {
  id: 'ndjson' as const,
  kind: 'events',
  mode: 'stream',
  summary:
    'events as one JSON object a line: {"code": "link.down", "at"?, "message"?, "labels"?, "repetition"?}; codes=link.down,… for zero counts',
  extraParameters: ['codes'],
  detect: (head) => /^\uFEFF?\s*\{[^\n]*"code"[ \t]*:/.test(head),
  open: (parameters) => new EventStream(parameters),
} satisfies FormatDraft;

const DEFAULT_REGION = 'events';

class EventStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #text = new StreamText();
  readonly #watched: readonly string[];
  /** Repetition → code → how often, and the line it came first. */
  readonly #counts = new Map<number, Map<string, { count: number; readonly line: number }>>();
  #seriesCount = 0;
  #line = 1;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    warnOfUnused(parameters, ['metric', 'unit'], this.#tally);
    this.#watched = readCodes(parameters);
    if (parameters.exposureS === undefined)
      this.#tally.add(
        'exposure_missing',
        'counts came without the time that was watched: send exposure=<seconds> so that a rate can be told',
        null,
      );
    if (this.#watched.length === 0)
      this.#tally.add('codes_missing', 'only codes that occurred are counted: send codes=<code>,… so that a quiet night counts zero', null);
  }

  push(chunk: string) {
    const text = this.#text.add(chunk);
    if (text === undefined) return [];
    const events: IngestRecord[] = [];
    this.#text.keep(this.#readLines(text, events));
    return events;
  }

  end() {
    const records: IngestRecord[] = [];
    const text = this.#text.rest();
    this.#read(text.slice(this.#readLines(text, records)), records);
    if (this.#counts.size === 0 && this.#watched.length === 0)
      throw new ParseError('the payload has no event: write one JSON object a line, or send codes= to say what was watched for', {
        line: 1,
        column: 1,
      });
    if (this.#counts.size === 0) this.#counts.set(this.#parameters.repetition, new Map());
    if (this.#counts.size > 1 && this.#parameters.exposureS !== undefined)
      this.#tally.add('exposure_of_each', 'the payload has several repetitions: exposure= is taken for each of them', null);
    for (const [repetition, codes] of this.#counts) {
      for (const code of this.#watched) if (!codes.has(code)) codes.set(code, { count: 0, line: 1 });
      for (const [code, { count, line }] of codes) records.push(this.#toReading(repetition, code, count, line));
    }
    return records;
  }

  warnings() {
    return this.#tally.list();
  }

  /** Reads all complete lines and gives the offset where the incomplete one begins. */
  #readLines(text: string, events: IngestRecord[]): number {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#read(text.slice(from, end), events);
      this.#line++;
      from = end + 1;
    }
    assertLineLength(text.length - from, this.#line);
    return from;
  }

  #read(raw: string, events: IngestRecord[]): void {
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    assertLineLength(text.length, this.#line);
    const event = readEventLine(text, this.#line, this.#parameters, this.#tally);
    if (event === undefined) return;
    events.push(event);
    this.#count(event);
  }

  #count({ repetition, code, line }: EventRecord): void {
    let codes = this.#counts.get(repetition);
    if (codes === undefined) {
      codes = new Map();
      this.#counts.set(repetition, codes);
    }
    const counted = codes.get(code);
    if (counted !== undefined) {
      counted.count++;
      return;
    }
    if (this.#seriesCount === LIMITS.seriesPerPayload)
      refuseBeyondLimit(`the payload has more than ${LIMITS.seriesPerPayload} codes; put what changes with every event into labels`, {
        line,
        column: 1,
      });
    this.#seriesCount++;
    codes.set(code, { count: 1, line });
  }

  #toReading(repetition: number, code: string, value: number, line: number): ReadingRecord {
    const { region, atNs, exposureS } = this.#parameters;
    return {
      kind: 'reading',
      series: declareSeries(
        { region: region ?? DEFAULT_REGION, metric: code, nativeMetric: code, unit: '1', valueKind: 'counter', judgedAs: 'rate', line },
        this.#parameters,
      ),
      repetition,
      reading: 'delta',
      value,
      atNs: atNs ?? null,
      exposureS: exposureS ?? null,
      probability: null,
      tool: null,
      quality: [],
      line,
    };
  }
}

/** @throws ParseError when one is no code */
function readCodes({ extra }: PayloadParameters): readonly string[] {
  const codes = extra['codes']?.split(',').map((code) => code.trim()) ?? [];
  for (const code of codes) {
    if (!isEventCode(code))
      throw new ParseError(
        `codes= names ${quote(code)}; write dotted lower-case names with commas between, such as kernel.oops,link.down`,
        { line: 1, column: 1 },
      );
  }
  return [...new Set(codes)];
}
