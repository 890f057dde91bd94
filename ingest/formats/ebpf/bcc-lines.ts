import { type Bucket, toInteger } from './bpftrace-buckets.ts';
import type { Integer } from './bpftrace-maps.ts';

/** Rows of the histograms that print_log2_hist and print_linear_hist draw. Source: bcc src/python/bcc/table.py, libbpf-tools trace_helpers.c. */

/** The first word of a histogram's header: `     usecs               : count    distribution`. */
export function readHeader(text: string): string | undefined {
  const cut = text.indexOf(': count');
  if (cut < 0 || text.slice(cut + 7).trim() !== 'distribution') return undefined;
  const word = text.slice(0, cut).trim();
  return word === '' ? undefined : word;
}

export type BccRow = Bucket & { readonly form: 'log2' | 'linear' };

const LOG2_ROW = /^ *(\d{1,20}) -> (\d{1,20}) *: (\d{1,20}) *\|[* ]*\+?\|$/;
const LINEAR_ROW = /^ *(\d{1,10}) *: (\d{1,20}) *\|[* ]*\+?\|$/;

/** Closed intervals of integers [a, b] become [a, b + 1). Undefined for a line that is no whole row. */
export function readRow(text: string): BccRow | undefined {
  const log2 = LOG2_ROW.exec(text);
  if (log2 !== null) {
    const [, low = '', high = ''] = log2;
    const lower = Number(low);
    const upper = Number(BigInt(high) + 1n);
    // Powers of two are doubles whatever their size; nothing else comes here.
    const isLog2 = lower === 0 ? upper === 2 : upper === 2 * lower && Number.isInteger(Math.log2(lower)) && BigInt(lower) === BigInt(low);
    const count = toInteger(log2[3]);
    return isLog2 && count !== undefined ? { lower, upper, count, repaired: false, form: 'log2' } : undefined;
  }
  const linear = LINEAR_ROW.exec(text);
  const count = toInteger(linear?.[2]);
  const lower = Number(linear?.[1]);
  return linear === null || count === undefined ? undefined : { lower, upper: lower + 1, count, repaired: false, form: 'linear' };
}

/** Whether a line was meant to be a row. */
export function looksLikeRow(text: string): boolean {
  return /^ *\d+ *(?:-> ?\d|: )/.test(text);
}

export type Trailer = { readonly unitWord: string; readonly total: Integer; readonly count: Integer };

/** `avg = 64 usecs, total: 1197522 usecs, count: 18588`; the average is cut to an integer and so not taken. */
export function readTrailer(text: string): Trailer | undefined {
  const match = /^avg = \d{1,20} ([a-z]+), total: (\d{1,20}) ([a-z]+), count: (\d{1,20})$/.exec(text);
  const [total, count] = [toInteger(match?.[2]), toInteger(match?.[4])];
  if (match === null || total === undefined || count === undefined || match[1] !== match[3]) return undefined;
  return { unitWord: match[1] ?? '', total, count };
}

/** What a tool that could not work says; its last line, because what comes before is a log of the verifier or a stack. */
export function isFailure(text: string): boolean {
  return /^(?:failed to |Failed to |ERROR|Error: |error: |[A-Za-z_.]*(?:Exception|Error): |fatal error: |libbpf: failed to (?:load|find|open))/.test(
    text,
  );
}

/** What may precede such a failure. */
export function isComplaint(text: string): boolean {
  return /^(?:libbpf: |Traceback \(most recent call last\)|modprobe: |\S*:\d+:\d+: (?:warning|error): )/.test(text);
}

/** Lines that say nothing of the measurement. */
export function isNoise(text: string): boolean {
  return text === '' || /^(?:\^C)?Detaching\.\.\.$/.test(text) || text === '^C';
}

/** `18:18:30` of -T (with date in some tools), `[18:22:40]`: a local time without a zone. */
export function isTime(text: string): boolean {
  return /^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d$/.test(text) || /^\[\d\d:\d\d:\d\d\]$/.test(text);
}
