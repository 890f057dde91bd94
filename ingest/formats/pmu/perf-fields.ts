import { trimBlanks } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { detach } from '../../lexers/stream-text.ts';

/**
 * The fields of one counter as `perf stat -x SEP` prints them: [interval,][id,[cpus,]]value,unit,event,[cgroup,][variance%,]runtime,percent
 * [,metric,metric-unit]. Not RFC 4180: nothing is quoted, and event names may hold the separator (`cpu/event=0x1,umask=2/`). The man page
 * puts the variance behind the percentage; perf 6.1, 6.12 and 7.2 print it before the run time. Source: tools/perf/util/stat-display.c.
 */
export type CounterFields = {
  readonly prefix: PerfPrefix;
  readonly value: string;
  readonly unit: string;
  readonly event: string;
  readonly hasVariance: boolean;
  readonly runtimeNs: number;
  readonly percent: number;
  /** Whether decimal commas were read as points, which the separator makes certain. */
  readonly repaired: boolean;
  /** The metric that perf derives from this counter, and its unit; empty when there is none. */
  readonly metric: string;
  readonly metricUnit: string;
  /** Whether the locale has decimal commas; perf then cuts the metric off at its comma. */
  readonly hasCommas: boolean;
};

/** What stands before the value: the end of the interval in seconds, and the part of the machine. */
export type PerfPrefix = {
  readonly interval: number | undefined;
  readonly aggregation: Readonly<Record<string, string>>;
  /** Index of the field after the prefix. */
  readonly next: number;
};

const NO_AGGREGATION: Readonly<Record<string, string>> = {};
/** perf prints seconds with nine decimals, and no value with more than two; the point is not the locale's. */
const INTERVAL = /^\d+\.\d{9}$/;
const ABSENT = /^<not (counted|supported)>$/;
const DIGITS = /^\d+$/;
const METRIC = /^(-?\d+([.,]\d+)?|-?nan|-?inf|)$/;
const CPU = /^CPU(\d+)$/;
/** Ids as in perf-stat-json, by the key it prints them under. */
const MACHINE_PARTS: readonly (readonly [RegExp, string])[] = [
  [/^S\d+-D\d+-L\d+-ID-?\d+$/, 'cache'],
  [/^S\d+-D\d+-CLS-?\d+$/, 'cluster'],
  [/^S\d+(-D\d+)?-C\d+$/, 'core'],
  [/^S\d+-D\d+$/, 'die'],
  [/^S\d+$/, 'socket'],
  [/^N-?\d+$/, 'node'],
];
const THREAD = /[^\s]-\d+$/;
/** A comma decides nothing between fields when it is the separator. */
const POINT = { value: /^-?\d+(\.\d+)?$/, percent: /^\d+\.\d\d$/, variance: /^(\d+\.\d\d|-?nan|inf)%$/ } as const;
const COMMA = { value: /^-?\d+([.,]\d+)?$/, percent: /^\d+[.,]\d\d$/, variance: /^(\d+[.,]\d\d|-?nan|inf)%$/ } as const;
/** Separators that stand in no event name but between slashes, so that a further field is a cgroup. */
const PLAIN_SEPARATORS: readonly string[] = [',', ';', '\t', '|'];

const isPointValue = (field: string) => POINT.value.test(field) || ABSENT.test(field);
const isCommaValue = (field: string) => COMMA.value.test(field) || ABSENT.test(field);

export const isAbsent = (text: string): boolean => ABSENT.test(text);

/**
 * @param isValue tells a value from an id
 * @param hasCpus whether the number of CPUs follows the id; without it, it does when a number and then a value follow
 * @param separator joins the fields of a thread's name that holds it
 * @returns undefined when there is no value behind anything that perf prints before one
 */
export function readPrefix(
  fields: readonly string[],
  separator: string,
  isValue: (field: string) => boolean,
  hasCpus?: boolean,
): PerfPrefix | undefined {
  const first = trimBlanks(fields[0] ?? '');
  const interval = INTERVAL.test(first) ? parseDecimal(first) : undefined;
  // Behind the intervals, --summary prints totals with this word in front.
  const start = interval === undefined && first !== 'summary' ? 0 : 1;
  const valueAt = (index: number) => isValue(fields[index] ?? '');
  const id = trimBlanks(fields[start] ?? '');
  if (valueAt(start) || id === '') return { interval, aggregation: NO_AGGREGATION, next: start };
  const part = machinePart(id);
  if (part !== undefined) {
    const counted = hasCpus ?? (DIGITS.test(trimBlanks(fields[start + 1] ?? '')) && valueAt(start + 2));
    return { interval, aggregation: part, next: start + (counted ? 2 : 1) };
  }
  for (let end = start + 1; end < fields.length; end++) {
    if (!valueAt(end)) continue;
    const thread = trimBlanks(fields.slice(start, end).join(separator));
    if (THREAD.test(thread)) return { interval, aggregation: { thread: detach(thread) }, next: end };
  }
  return undefined;
}

/** Ids outlive the text they were cut from. @example machinePart('S0-D0-C1') // { core: 'S0-D0-C1' } */
export function machinePart(id: string): Readonly<Record<string, string>> | undefined {
  const cpu = CPU.exec(id)?.[1];
  if (cpu !== undefined) return { cpu: detach(cpu) };
  const part = MACHINE_PARTS.find(([pattern]) => pattern.test(id))?.[1];
  return part === undefined ? undefined : { [part]: detach(id) };
}

/** The counter of a line split at its separator; undefined when the line is none. */
export function readCounterFields(fields: readonly string[], separator: string): CounterFields | undefined {
  const notation = separator === ',' ? POINT : COMMA;
  const isValue = separator === ',' ? isPointValue : isCommaValue;
  const prefix = readPrefix(fields, separator, isValue);
  if (prefix === undefined || !isValue(fields[prefix.next] ?? '')) return undefined;
  const { next } = prefix;
  let runtime = next + 3;
  while (runtime < fields.length && !(DIGITS.test(fields[runtime] ?? '') && notation.percent.test(fields[runtime + 1] ?? ''))) runtime++;
  if (runtime >= fields.length) return undefined;
  const hasVariance = notation.variance.test(fields[runtime - 1] ?? '');
  const named = readName(fields, next + 2, hasVariance ? runtime - 1 : runtime, separator);
  if (named === undefined || !isTail(fields, runtime + 2, separator)) return undefined;
  const percentText = fields[runtime + 1] ?? '';
  const value = fields[next] ?? '';
  // The percentage of the same line shows that the locale has decimal commas; without that a comma stays what it is, and is refused.
  const repaired = percentText.includes(',') && value.includes(',');
  const runtimeNs = parseDecimal(fields[runtime] ?? '');
  const percent = parseDecimal(percentText.replace(',', '.'));
  if (runtimeNs === undefined || percent === undefined) return undefined;
  const { event, cgroup } = named;
  const aggregation = cgroup === undefined ? prefix.aggregation : { ...prefix.aggregation, cgroup: detach(cgroup) };
  return {
    prefix: { ...prefix, aggregation },
    value: repaired ? value.replace(',', '.') : value,
    unit: fields[next + 1] ?? '',
    event,
    hasVariance,
    runtimeNs,
    percent,
    repaired,
    metric: trimBlanks(fields[runtime + 2] ?? ''),
    metricUnit: fields.length <= runtime + 4 ? (fields[runtime + 3] ?? '') : fields.slice(runtime + 3).join(separator),
    hasCommas: percentText.includes(','),
  };
}

type CounterName = { readonly event: string; readonly cgroup: string | undefined };

/** A PMU event ends with its second slash; what comes behind an event is its cgroup (--for-each-cgroup). */
function readName(fields: readonly string[], start: number, end: number, separator: string): CounterName | undefined {
  let next = start + 1;
  let event = fields[start] ?? '';
  if (event === '' || start >= end) return undefined;
  while (next < end && isOpen(event)) event += `${separator}${fields[next++]}`;
  if (isOpen(event)) return undefined;
  if (next === end) return { event, cgroup: undefined };
  return next + 1 === end && PLAIN_SEPARATORS.includes(separator) ? { event, cgroup: fields[next] } : undefined;
}

/** Whether a PMU event lacks its second slash. */
function isOpen(event: string): boolean {
  const slash = event.indexOf('/');
  return slash !== -1 && event.indexOf('/', slash + 1) === -1;
}

/** Behind the percentage: nothing, or a derived metric and its unit. A number is due where perf prints one, so that joined lines show. */
function isTail(fields: readonly string[], start: number, separator: string): boolean {
  if (fields.length > start + 2 && PLAIN_SEPARATORS.includes(separator)) return false;
  const metric = fields[start] ?? '';
  return metric === '' || METRIC.test(trimBlanks(metric));
}

/** Whether a comma-separated line has decimal commas (`292,19,msec,task-clock,0,62%,292188167,100,00,0,CPUs utilized`). */
export function hasDecimalCommas(line: string): boolean {
  const fields = line.split(',');
  return fields.some(
    (field, index) =>
      index >= 3 && DIGITS.test(field) && /^\d{1,3}$/.test(fields[index + 1] ?? '') && /^\d\d$/.test(fields[index + 2] ?? ''),
  );
}

/** Characters that no separator is: those of numbers, names and `<not counted>`. */
const NO_SEPARATOR = /[A-Za-z0-9.<>%_()[\]"'-]/;
const CANDIDATES = 32;

/** The characters that split a line into a counter; perf takes any. One is normal, none means that the line is no counter. */
export function findSeparators(line: string): readonly string[] {
  const candidates = new Set<string>();
  // A separator stands in every counter at least four times, so a stretch of the line holds them all.
  for (const character of line.slice(0, 4096)) {
    if (!NO_SEPARATOR.test(character)) candidates.add(character);
    if (candidates.size > CANDIDATES) return [];
  }
  return [...candidates].filter((separator) => readCounterFields(splitLine(line, separator), separator) !== undefined);
}

/** 6.1 pads the interval with blanks before it. */
export function splitLine(line: string, separator: string): string[] {
  return (line.startsWith(' ') ? line.replace(/^ +/, '') : line).split(separator);
}
