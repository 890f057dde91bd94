import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { detach } from '../../lexers/stream-text.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { RepeatedRuns } from './perf-repeated-runs.ts';
import type { PerfLine } from './perf-stat-lines.ts';
import { PerfStatRecords } from './perf-stat-records.ts';
import { isMetricLine, readTextClock, readTextCounter, type TextClock, type TextCounter } from './perf-text-lines.ts';

/**
 * What `perf stat` prints for people: the same series as perf-stat-json, with fewer digits. The times below the counters are
 * those of duration_time, user_time and system_time where these were not counted. Between the heading and the times every line must be
 * understood; what stands before and after is the program's or advice. Seen: perf 6.1, 6.12 and 7.2.
 */
export const perfStatTextFormat = {
  id: 'perf-stat-text' as const,
  kind: 'pmu',
  mode: 'stream',
  summary: 'LC_ALL=C perf stat -o file -- program (-j keeps more digits)',
  extraParameters: [],
  detect: (head) => head.split('\n').some(isHeading),
  open: (parameters) => new PerfTextStream(parameters),
} satisfies FormatDraft;

const HEADING = /^ Performance counter stats for /;
/** 6.1 with -r: ` Performance counter stats for '/opt/wl.sh' (5 runs):`. */
const RUNS = / \(\d+ runs\):$/;
const INTERVAL_HEADING = /^# +time [ \w-]*counts +unit +events/;
const TABLE_HEADING = /^ *# Table of individual measurements:/;
const TABLE_END = /^ *# Final result:/;
const NO_LABELS: Readonly<Record<string, string>> = {};
/** task-clock is printed in ms with two decimals. */
const CLOCK_ROUNDING_NS = 5001;

/** Before the heading, among the counters, in the table of -r --table, after the first time. */
type Part = 'before' | 'counters' | 'table' | 'after';

function isHeading(line: string): boolean {
  return HEADING.test(line) || INTERVAL_HEADING.test(line);
}

class PerfTextStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #records: PerfStatRecords;
  readonly #runs = new RepeatedRuns();
  readonly #lines = new LineStream((line, number, terminated) => this.#take(line, number, terminated));
  readonly #clocks: { readonly clock: TextClock; readonly line: number }[] = [];
  readonly #events = new Set<string>();
  #part: Part = 'before';
  #isInterval = false;
  #hasRuns = false;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.#records = new PerfStatRecords(parameters, this.#tally);
  }

  push(text: string) {
    this.#lines.push(text);
    return this.#records.take();
  }

  end() {
    this.#lines.end();
    if (this.#records.isEmpty && this.#clocks.length > 0) this.#tally.add('no_counters', 'perf printed times but no counters', null);
    if (this.#part === 'counters' && !this.#isInterval) {
      this.#tally.add('maybe_cut_off', 'the times below the counters are missing, so counters may be missing too', null);
    }
    for (const { clock, line } of this.#clocks) this.#addClock(clock, line);
    if (this.#records.isEmpty) {
      const detail = "no counters of perf stat: send what LC_ALL=C perf stat -o FILE wrote, with its line 'Performance counter stats for'";
      throw new ParseError(detail, { line: 1, column: 1 });
    }
    warnOfUnused(this.#parameters, ['metric', 'unit'], this.#tally);
    return this.#records.finish(this.#runs.version());
  }

  warnings() {
    return this.#tally.list();
  }

  #take(printed: string, number: number, terminated: boolean): void {
    const line = printed.trimEnd();
    if (isHeading(line)) this.#enter(line, number);
    else if (line === '') return;
    else if (this.#part === 'counters') this.#takeCounter(line, number, terminated);
    else if (this.#part === 'table') this.#part = TABLE_END.test(line) ? 'counters' : 'table';
    else if (!this.#takeClock(line, number) && !line.startsWith('#')) {
      this.#tally.add('lines_skipped', 'lines that are not of perf stat were left out', number);
    }
  }

  #enter(line: string, number: number): void {
    const isInterval = INTERVAL_HEADING.test(line);
    // -I repeats its heading every 25 intervals; a second heading of totals is a second output.
    if (this.#part !== 'before' && !(isInterval && this.#isInterval)) {
      throw new ParseError('a second output of perf stat begins here: send each by itself, with repetition=1..n', {
        line: number,
        column: 1,
      });
    }
    this.#part = 'counters';
    this.#isInterval = isInterval;
    this.#hasRuns = RUNS.test(line);
  }

  #takeCounter(line: string, number: number, terminated: boolean): void {
    if (this.#takeClock(line, number)) return;
    if (TABLE_HEADING.test(line)) {
      this.#tally.add('table_left_out', 'the single times of -r --table were left out: push single runs with repetition=1..n', number);
      this.#part = 'table';
      return;
    }
    const counter = readTextCounter(line);
    if (counter === 'comma') this.#refuseLocale(number);
    // The name of an event that the end of the file cut off is the name of another.
    if (counter !== undefined && !terminated) {
      throw new ParseError('the last counter has no line end, so the output was cut off: send it whole', { line: number, column: 1 });
    }
    if (counter !== undefined) this.#add(counter, number);
    else if (isMetricLine(line)) {
      this.#tally.add('metrics_left_out', 'lines of metrics without a counter were left out: perf stat -j has them', number);
    } else this.#refuse(line, number);
  }

  #takeClock(line: string, number: number): boolean {
    if (this.#part === 'before') return false;
    const clock = readTextClock(line);
    if (clock === undefined) return false;
    if (clock === 'comma') this.#refuseLocale(number);
    this.#clocks.push({ clock, line: number });
    this.#part = 'after';
    if (this.#clocks.length <= 3) return true;
    throw new ParseError('perf stat prints a time once: send each output by itself', { line: number, column: 1 });
  }

  #add({ prefix, value, position, unit, event, hasVariance, percent, metric }: TextCounter, number: number): void {
    const name = detach(event);
    this.#events.add(name);
    const line: PerfLine = {
      line: number,
      event: name,
      unit: detach(unit),
      value,
      position,
      runningPercent: percent,
      runtimeNs: undefined,
      interval: prefix.interval,
      hasVariance: hasVariance || this.#hasRuns,
      aggregation: prefix.aggregation,
    };
    this.#records.add(line);
    if (line.hasVariance) this.#addEvidence(value, unit, name, metric);
  }

  #addEvidence(value: string, unit: string, event: string, metric: string | undefined): void {
    const printed = parseDecimal(value);
    if (printed === undefined) return;
    if (event === 'task-clock' && unit === 'msec' && printed > 0)
      this.#runs.addClock(printed * 1e6, CLOCK_ROUNDING_NS, metric !== undefined);
    const [, rate, rateUnit] = /^(\d+\.\d+) +(\S+)/.exec(metric ?? '') ?? [];
    if (rate !== undefined && rateUnit !== undefined && unit === '') this.#runs.addRate(printed, rate, rateUnit);
  }

  /** The mean of -r is right below the counters in every version, so no flag is due. */
  #addClock({ event, value, position, hasVariance }: TextClock, line: number): void {
    if (this.#events.has(event)) return;
    if (hasVariance)
      this.#tally.add('mean_of_runs', 'perf -r prints only the mean of its runs: push single runs with repetition=1..n', line);
    this.#records.add({
      line,
      event,
      unit: 'seconds',
      value,
      position,
      runningPercent: undefined,
      runtimeNs: undefined,
      interval: undefined,
      hasVariance: false,
      aggregation: NO_LABELS,
    });
  }

  #refuseLocale(line: number): never {
    throw new ParseError('numbers are printed as in another locale: run perf with LC_ALL=C', { line, column: 1 });
  }

  #refuse(line: string, number: number): never {
    const detail = `the line '${line.trim().slice(0, 60)}' is no counter of perf stat: send its output alone and whole, from a run without --metric-only`;
    throw new ParseError(detail, { line: number, column: 1 });
  }
}
