import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { trimBlanks } from '../../lexers/decimal.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { parseDecimal } from '../../lexers/number.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { readPerfEvent } from './perf-event.ts';
import { Profile, type ProfileSample } from './perf-profile.ts';

/**
 * `perf script` with its default fields: `comm tid [cpu] seconds: period event: …`, then the frames of the callchain, which are left out.
 * Tracepoints print no period. The times are of the clock of perf, not of the wall, and are left out. Seen: perf 6.1, 6.12 and 7.2.
 */
export const perfScriptFormat = {
  id: 'perf-script' as const,
  kind: 'pmu',
  mode: 'stream',
  summary: 'perf script -i perf.data (default fields)',
  extraParameters: [],
  detect,
  open: (parameters) => new PerfScriptStream(parameters),
} satisfies FormatDraft;

/** Seconds with six or nine decimals (--ns) and a colon; comm may hold anything, so the first that stands behind a thread id counts. */
const TIME = /\s\d{1,12}\.(?:\d{9}|\d{6}):(?=\s)/g;
const THREAD_ID = /^(-1|\d+)(\/(-1|\d+))?$/;
const CPU = /^\[\d+\]$/;
const LOST = /^PERF_RECORD_LOST(_SAMPLES)?\b/;
/** `subsystem:event`, both longer than any modifier list is alone. */
const TRACEPOINT = /^[\w-]+:[\w-]+$/;
const ADVICE = 'send the output of perf script -i perf.data with its default fields, alone and whole';

function detect(head: string): boolean {
  for (const line of head.replace(/^\uFEFF/, '').split('\n')) {
    if (line.trim() !== '' && !line.startsWith('#')) return readSample(line.trimEnd(), 1) !== undefined;
  }
  return false;
}

class PerfScriptStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #profile = new Profile();
  readonly #lines = new LineStream((line, number, terminated) => this.#take(line, number, terminated));
  #inSample = false;
  #hasBlank = false;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
  }

  push(text: string) {
    this.#lines.push(text);
    return [];
  }

  end() {
    this.#lines.end();
    if (this.#profile.isEmpty) throw new ParseError(`no samples: ${ADVICE}`, { line: 1, column: 1 });
    if (this.#hasBlank && this.#inSample) this.#tally.add('maybe_cut_off', 'the last sample has no end, so samples may be missing', null);
    warnOfUnused(this.#parameters, ['metric', 'unit'], this.#tally);
    return this.#profile.records(this.#parameters, this.#tally);
  }

  warnings() {
    return this.#tally.list();
  }

  #take(line: string, number: number, terminated: boolean): void {
    if (!terminated) this.#tally.add('maybe_cut_off', 'the last line has no line end, so samples may be missing', number);
    const text = line.trimEnd();
    if (text.includes('\r')) {
      throw new ParseError(`a carriage return stands inside a line, so what follows it would be lost: ${ADVICE}`, {
        line: number,
        column: text.indexOf('\r') + 1,
      });
    }
    if (text === '') {
      // With call chains a blank line ends each sample.
      this.#hasBlank ||= this.#inSample;
      this.#inSample = false;
      return;
    }
    // Frames start with a tab; only a sample has any.
    if (text.startsWith('#') || (line.startsWith('\t') && this.#inSample)) return;
    const sample = readSample(text, number);
    // A name that the end of the file cut off is another event; perf writes a blank behind its colon.
    const isCut = sample !== undefined && !terminated && !line.includes(`${sample.event}: `);
    if (sample === undefined || isCut) throw new ParseError(`the line is no sample of perf script: ${ADVICE}`, { line: number, column: 1 });
    this.#inSample = true;
    if (sample.event !== undefined && LOST.test(sample.event)) this.#profile.hasLost = true;
    else this.#profile.add(sample);
  }
}

/** @returns undefined when the line is no sample */
function readSample(line: string, number: number): ProfileSample | undefined {
  for (const match of line.matchAll(TIME)) {
    const comm = readComm(line.slice(0, match.index));
    if (comm === undefined) continue;
    return readEvent(trimBlanks(line.slice(match.index + match[0].length)), comm, number);
  }
  return undefined;
}

/** The command before the thread and the CPU; undefined when there is no thread. */
function readComm(head: string): string | undefined {
  let rest = head.trimEnd();
  let last = lastWord(rest);
  if (CPU.test(last)) {
    rest = rest.slice(0, -last.length).trimEnd();
    last = lastWord(rest);
  }
  if (!THREAD_ID.test(last)) return undefined;
  const comm = rest.slice(0, -last.length).trim();
  return comm === '' ? undefined : comm;
}

function lastWord(text: string): string {
  return text.slice(text.lastIndexOf(' ') + 1);
}

function readEvent(tail: string, comm: string, line: number): ProfileSample | undefined {
  const blank = tail.indexOf(' ');
  const first = blank === -1 ? tail : tail.slice(0, blank);
  if (LOST.test(first)) return { comm, event: first, isTracepoint: false, period: undefined, line };
  const period = /^\d+$/.test(first) ? parseDecimal(first) : undefined;
  const rest = period === undefined ? tail : trimBlanks(tail.slice(blank + 1));
  const end = rest.search(/\s|$/);
  const event = rest.slice(0, end);
  if (event.length < 2 || !event.endsWith(':') || (period !== undefined && blank === -1)) return undefined;
  const name = event.slice(0, -1);
  const isTracepoint = period === undefined && TRACEPOINT.test(name) && readPerfEvent(name).labels['modifier'] === undefined;
  return { comm, event: name, isTracepoint, period, line };
}
