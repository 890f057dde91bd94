import { parseDecimal } from '../../lexers/number.ts';
import { detach } from '../../lexers/stream-text.ts';
import { isAbsent, type PerfPrefix, readPrefix } from './perf-fields.ts';

/**
 * Lines of the text that `perf stat` prints for people:
 * `[interval] [CPU0 | S0-D0-C0 cpus | comm-tid]  1,234.56 msec task-clock   #  0.955 CPUs utilized  ( +- 1.29% )  (59.72%)`.
 * Source: tools/perf/util/stat-display.c; captures of 6.1, 6.12 and 7.2.
 */
export type TextCounter = {
  readonly prefix: PerfPrefix;
  /** Without digit groups: `1234.56`, or `<not counted>`. */
  readonly value: string;
  /** Offset of the value in the line. */
  readonly position: number;
  readonly unit: string;
  readonly event: string;
  readonly hasVariance: boolean;
  readonly percent: number | undefined;
  /** What stands behind the hash, without the variance. */
  readonly metric: string | undefined;
};

/** A time below the counters: `0.3267 +- 0.0117 seconds time elapsed  ( +- 3.58% )`. */
export type TextClock = { readonly event: string; readonly value: string; readonly position: number; readonly hasVariance: boolean };

const WORD = /\S+/g;
/** Plain, or in groups of three; at most two decimals, so that a German 8.032 is none. */
const VALUE = /^(\d+|\d{1,3}(,\d{3})+)(\.\d{1,2})?$/;
/** Also what another locale makes of a value, to be refused as one. */
const ANY_VALUE = /^(\d[\d.,'’]*|<not (counted|supported)>)$/;
const DECIMAL_COMMA = /\d,\d/;
const RUNNING = /\((\d+[.,]\d\d)%\)$/;
const CLOCK = /^ *(\d[\d.,]*)( \+- \d[\d.,]*)? seconds (time elapsed|user|sys)\b/;
/** The events of the same name; the text prints them in seconds. */
const CLOCK_EVENTS: Readonly<Record<string, string>> = { 'time elapsed': 'duration_time', user: 'user_time', sys: 'system_time' };
/** Words behind the value: unit, event, and what 6.12 puts in brackets behind software events. */
const WORDS = 3;

type Word = { readonly text: string; readonly start: number };

/** `comma`: the line has numbers of another locale. */
export function readTextCounter(line: string): TextCounter | 'comma' | undefined {
  const running = RUNNING.exec(line);
  const variance = line.indexOf('( +-');
  const end = variance !== -1 ? variance : running === null ? line.length : running.index;
  const hash = line.indexOf('#');
  const words = wordsOf(line.slice(0, hash === -1 || hash > end ? end : hash));
  const texts = words.map(({ text }) => text);
  const prefix = readPrefix(texts, ' ', (text) => ANY_VALUE.test(text));
  const value = words[prefix?.next ?? words.length];
  if (prefix === undefined || value === undefined || !ANY_VALUE.test(value.text)) return undefined;
  const metric = hash === -1 || hash > end ? undefined : line.slice(hash + 1, end).trim();
  const isForeign = !VALUE.test(value.text) && !isAbsent(value.text);
  if (isForeign || DECIMAL_COMMA.test(metric ?? '') || DECIMAL_COMMA.test(line.slice(end))) return 'comma';
  const named = readNames(words.slice(prefix.next + 1), value);
  if (named === undefined) return undefined;
  return {
    prefix: named.cgroup === undefined ? prefix : { ...prefix, aggregation: { ...prefix.aggregation, cgroup: detach(named.cgroup) } },
    value: value.text.replaceAll(',', ''),
    position: value.start,
    unit: named.unit,
    event: named.event,
    hasVariance: variance !== -1,
    percent: running === null ? undefined : parseDecimal(running[1] ?? ''),
    metric,
  };
}

type Names = { readonly unit: string; readonly event: string; readonly cgroup: string | undefined };

/** A unit follows its value after one blank; without one, perf leaves room for it. Behind the event stands its cgroup, if any. */
function readNames(words: readonly Word[], value: Word): Names | undefined {
  const [first] = words;
  if (first === undefined || words.length > WORDS) return undefined;
  const hasUnit = words.length > 1 && first.start === value.start + value.text.length + 1;
  const [event, ...rest] = words.slice(hasUnit ? 1 : 0).map(({ text }) => text);
  if (event === undefined || rest.length > 1) return undefined;
  const unit = hasUnit ? first.text : '';
  const [extra] = rest;
  // A number is neither unit nor event: a group that another locale cut off (`8 032`).
  if (/^[\d(]/.test(unit) || /^\d+$/.test(event)) return undefined;
  return extra?.startsWith('[') === true ? { unit, event: `${event} ${extra}`, cgroup: undefined } : { unit, event, cgroup: extra };
}

/** Words and where they stand; `<not counted>` is one. */
function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(WORD)) {
    const last = words.at(-1);
    if (last?.text === '<not' && match[0].endsWith('ed>')) words[words.length - 1] = { text: `<not ${match[0]}`, start: last.start };
    else words.push({ text: match[0], start: match.index });
  }
  return words;
}

export function readTextClock(line: string): TextClock | 'comma' | undefined {
  const [, value, spread, name] = CLOCK.exec(line) ?? [];
  const event = name === undefined ? undefined : CLOCK_EVENTS[name];
  if (value === undefined || event === undefined) return undefined;
  if (value.includes(',') || spread?.includes(',') === true) return 'comma';
  return { event, value, position: line.indexOf(value), hasVariance: spread !== undefined };
}

/** A second metric of a counter, or of a metric group (`TopdownL1 (cpu_core)  #  26.1 %  tma_backend_bound`). */
export function isMetricLine(line: string): boolean {
  const hash = line.indexOf('#');
  return hash !== -1 && /^ *([A-Za-z][\w-]* *(\(\w+\) *)?)?$/.test(line.slice(0, hash));
}
