import { toBaseUnit } from '../../../wire/units.ts';
import { ParseError } from '../../format.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { forEachLine } from '../../lexers/text.ts';

export type Wrk2Row = { readonly value: string; readonly percentile: string; readonly total: number; readonly line: number };

/** One latency distribution: what its lines print. */
export type Wrk2Section = {
  readonly title: string;
  readonly isCorrected: boolean;
  readonly line: number;
  /** The value at 100 %, which has a unit, in ns, and how exactly it is printed. */
  top: { readonly valueNs: number; readonly stepNs: number } | undefined;
  readonly rows: Wrk2Row[];
  max: string | undefined;
  totalCount: number | undefined;
  subBuckets: number | undefined;
};

export type Wrk2Report = {
  readonly url: string | undefined;
  readonly sections: readonly Wrk2Section[];
  readonly durationS: number | undefined;
  readonly requestsPerSecond: { readonly text: string; readonly line: number } | undefined;
  readonly errors: ReadonlyMap<string, { readonly count: number; readonly line: number }>;
};

const NUMBER = '([\\d.]+)';
const ROW = new RegExp(`^${NUMBER}\\s+${NUMBER}\\s+(\\d+)\\s+(?:${NUMBER}|inf)$`);
const MAX = new RegExp(`^#\\[Max\\s+=\\s+${NUMBER},\\s+Total count\\s+=\\s+(\\d+)\\]$`);
const BUCKETS = /^#\[Buckets\s+=\s+\d+,\s+SubBuckets\s+=\s+(\d+)\]$/;
const TIME = /^([\d.]+)(us|ms|s|m|h)$/;
const SOCKET = /^Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/;

/** Splits an output into what its lines say. @throws ParseError when two runs follow each other or a time is none */
export function readWrk2Lines(text: string): Wrk2Report {
  const report: { -readonly [Key in keyof Wrk2Report]: Wrk2Report[Key] } = {
    url: undefined,
    sections: [],
    durationS: undefined,
    requestsPerSecond: undefined,
    errors: new Map(),
  };
  const sections: Wrk2Section[] = [];
  const errors = new Map<string, { readonly count: number; readonly line: number }>();
  forEachLine(text, (untrimmed, line) => {
    const printed = untrimmed.trim();
    const url = /^Running [\d.]+[smh] test @ (\S+)$/.exec(printed)?.[1];
    if (url !== undefined) {
      if (report.url !== undefined)
        throw new ParseError('a second run begins here: push each by itself, with repetition=', { line, column: 1 });
      report.url = url;
      return;
    }
    const title = /^Latency Distribution \(HdrHistogram - ([^\n]{1,200})\)$/.exec(printed)?.[1];
    if (title !== undefined) sections.push(openSection(title, line, sections));
    else readSectionLine(printed, line, sections.at(-1));
    readEnd(printed, line, report, errors);
  });
  return { ...report, sections, errors };
}

function openSection(title: string, line: number, sections: readonly Wrk2Section[]): Wrk2Section {
  if (sections.some((section) => section.title === title))
    throw new ParseError(`${title} comes twice: push each run by itself`, { line, column: 1 });
  return {
    title,
    isCorrected: !/uncorrected/i.test(title),
    line,
    top: undefined,
    rows: [],
    max: undefined,
    totalCount: undefined,
    subBuckets: undefined,
  };
}

function readSectionLine(printed: string, line: number, section: Wrk2Section | undefined): void {
  if (section === undefined) return;
  const [, value, percentile, total] = ROW.exec(printed) ?? [];
  const top = /^100\.000%\s+(\S+)$/.exec(printed)?.[1];
  const [, max, count] = MAX.exec(printed) ?? [];
  const subBuckets = BUCKETS.exec(printed)?.[1];
  if (value !== undefined && percentile !== undefined) section.rows.push({ value, percentile, total: Number(total), line });
  else if (top !== undefined) section.top = { valueNs: readTimeNs(top, line), stepNs: readTimeNs(top.replace(/^[\d.]+/, '0.01'), line) };
  else if (max !== undefined) {
    section.max = max;
    section.totalCount = Number(count);
  } else if (subBuckets !== undefined) section.subBuckets = Number(subBuckets);
}

type Ending = { durationS: number | undefined; requestsPerSecond: { readonly text: string; readonly line: number } | undefined };

function readEnd(
  printed: string,
  line: number,
  report: Ending,
  errors: Map<string, { readonly count: number; readonly line: number }>,
): void {
  const duration = /^\d+ requests in (\S+), \S+ read$/.exec(printed)?.[1];
  if (duration !== undefined) report.durationS = readTimeNs(duration, line) / 1e9;
  const rate = /^Requests\/sec:\s+(\S+)$/.exec(printed)?.[1];
  if (rate !== undefined) report.requestsPerSecond = { text: rate, line };
  const status = /^Non-2xx or 3xx responses: (\d+)$/.exec(printed)?.[1];
  if (status !== undefined) errors.set('status', { count: Number(status), line });
  const socket = SOCKET.exec(printed);
  if (socket === null) return;
  ['connect', 'read', 'write', 'timeout'].forEach((cause, index) => {
    errors.set(cause, { count: Number(socket[index + 1]), line });
  });
}

function readTimeNs(text: string, line: number): number {
  const [, number = '', symbol = ''] = TIME.exec(text) ?? [];
  const unit = toBaseUnit(symbol === 'm' ? 'min' : symbol);
  const value = unit === undefined ? undefined : parseDecimal(number, decimalScale(unit.factor));
  if (value === undefined)
    throw new ParseError(`'${text.slice(0, 40)}' is not a time: no request was answered, or the output is damaged`, { line, column: 1 });
  return value;
}
