import { decimalScale, readDecimal } from '../../lexers/decimal.ts';
import type { SummaryRecord } from '../../records.ts';

/** Rows of `perf trace -s` (builtin-trace.c) and `perf sched latency` (builtin-sched.c), both in milliseconds with three decimals. */
export type TraceRow = {
  readonly name: string;
  readonly count: number;
  readonly sumNs: number | null;
  readonly meanNs: number | null;
  readonly minimumNs: number | null;
  readonly maximumNs: number | null;
  /** False where perf prints zeros because it saw no end (execve) or no wait. */
  readonly isMeasured: boolean;
};

const MILLISECONDS = decimalScale(1e6);

function readMilliseconds(text: string | undefined): number | undefined {
  const reading = text !== undefined && /^\d{1,12}\.\d{3}$/.test(text) ? readDecimal(text, MILLISECONDS) : undefined;
  return reading !== undefined && 'value' in reading ? reading.value : undefined;
}

function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The name in ` wl.sh (24929), 255 events, 1.5%`; undefined for another line. */
export function readThread(text: string): string | undefined {
  const match = /^ (.{0,64}) \(-?\d+\), \d+ events, \d+(?:\.\d+)?%/.exec(text);
  return match === null ? undefined : nameOf(match[1] ?? '');
}

/** perf prints `:4711` for a process whose name it does not know. */
function nameOf(printed: string): string {
  const name = printed.trim();
  return name === '' || /^:-?\d+$/.test(name) ? '(unnamed)' : name;
}

/** `   write   2003   0   558.193   0.012   0.279   12.302   5.05%`; undefined when a column is missing. */
export function readSyscall(text: string): (TraceRow & { readonly errors: number }) | undefined {
  const words = text.trim().split(/ +/);
  const [name = '', calls, failed, ...times] = words;
  const [sum, minimum, mean, maximum] = times.slice(0, 4).map(readMilliseconds);
  const [count, errors] = [readCount(calls), readCount(failed)];
  if (words.length !== 8 || !/^\d+\.\d{2}%$/.test(times[4] ?? '') || !/^[\w:]+$/.test(name)) return undefined;
  if (
    count === undefined ||
    errors === undefined ||
    sum === undefined ||
    minimum === undefined ||
    mean === undefined ||
    maximum === undefined
  )
    return undefined;
  // No system call takes less than half a microsecond under perf trace: zeros mean that its end was not seen.
  const isMeasured = maximum > 0;
  if (!isMeasured || count === 0)
    return { name, count, errors, sumNs: null, meanNs: null, minimumNs: null, maximumNs: null, isMeasured: false };
  return { name, count, errors, sumNs: sum, meanNs: sum / count, minimumNs: minimum, maximumNs: maximum, isMeasured };
}

const DELAY =
  /^ *(\S.{0,63}?):(?:\d+|\(\d+\)) *\| *(\d+\.\d{3}) ms \| *(\d{1,15}) \| avg: *(\d+\.\d{3}) ms \| max: *(\d+\.\d{3}) ms \| max start: *(\d+\.\d+) s \| max end: *(\d+\.\d+) s$/;

/** `  python:23524 | 298.391 ms | 13 | avg: 0.276 ms | max: 1.963 ms | max start: 2018.205527 s | …`; `(3)` stands for merged threads. */
export function readDelay(text: string): (TraceRow & { readonly runtimeNs: number }) | undefined {
  const match = DELAY.exec(text.endsWith('|') ? text.slice(0, -1).trimEnd() : text);
  if (match === null) return undefined;
  const [, name = '', runtime, switches, average, longest, start = ''] = match;
  const [runtimeNs, meanNs, maximumNs, count] = [
    readMilliseconds(runtime),
    readMilliseconds(average),
    readMilliseconds(longest),
    readCount(switches),
  ];
  if (runtimeNs === undefined || meanNs === undefined || maximumNs === undefined || count === undefined) return undefined;
  // Without a wait the time of the longest one stays 0.
  const isMeasured = Number(start) > 0;
  const base = { name: nameOf(name), count, sumNs: null, minimumNs: null, runtimeNs, isMeasured };
  return isMeasured ? { ...base, meanNs, maximumNs } : { ...base, meanNs: null, maximumNs: null };
}

/** Two threads of one name as one; what one of them lacks the sum lacks. */
export function addDelays(left: SummaryRecord, right: SummaryRecord): SummaryRecord {
  const count = left.count + right.count;
  const sum = left.sum === null || right.sum === null ? null : left.sum + right.sum;
  const weighted = left.mean === null || right.mean === null ? null : (left.mean * left.count + right.mean * right.count) / count;
  return {
    ...left,
    count,
    sum,
    mean: sum === null || count === 0 ? weighted : sum / count,
    minimum: left.minimum === null || right.minimum === null ? null : Math.min(left.minimum, right.minimum),
    maximum: left.maximum === null || right.maximum === null ? null : Math.max(left.maximum, right.maximum),
    quality: [...new Set([...left.quality, ...right.quality])],
  };
}
