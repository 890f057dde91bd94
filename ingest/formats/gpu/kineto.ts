import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { JsonArrayStream } from '../../lexers/json-array-stream.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { TraceClock } from './kineto/clock.ts';
import { readBaseTime, readModels, readRank } from './kineto/header.ts';
import { LeftOut } from './kineto/left-out.ts';
import { KinetoReader } from './kineto/reader.ts';
import { KinetoValues } from './kineto/series.ts';

/**
 * Traces of the PyTorch profiler (Kineto): every execution is a duration sample of its kernel, copy, API function, operator or annotation, in the
 * order of the starts. What only describes the machine or the host (trace name, user, process names) is not read. collector=kineto and activity
 * keep the series apart from other profilers'; streams are numbered anew in each process and are no label, as in nsys-csv.
 */
export const kinetoFormat = {
  id: 'kineto' as const,
  kind: 'gpu',
  mode: 'stream',
  summary: 'torch.profiler: export_chrome_trace("trace.json"), or on_trace_ready=tensorboard_trace_handler(…)',
  extraParameters: [],
  detect: (head) => /^\uFEFF?\s*\{/.test(head) && /"(?:traceEvents|deviceProperties)"\s*:\s*\[|"schemaVersion"\s*:\s*\d/.test(head),
  open: (parameters) => new KinetoStream(parameters),
} satisfies FormatDraft;

const ADVICE = 'send the file that torch.profiler wrote';
const HEADERS = ['baseTimeNanoseconds', 'deviceProperties', 'distributedInfo'];
/** Times below are no epoch microseconds: 2001-09-09. */
const EARLIEST_EPOCH_NS = 1_000_000_000_000_000_000n;

class KinetoStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #leftOut = new LeftOut();
  readonly #models = new Map<string, string>();
  readonly #clock = new TraceClock();
  readonly #values: KinetoValues;
  readonly #document: JsonArrayStream;
  readonly #reader: KinetoReader;
  #baseNs: bigint | undefined;
  #isBaseOdd = false;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    warnOfUnused(parameters, ['metric', 'unit', 'region'], this.#tally);
    this.#values = new KinetoValues(parameters, this.#clock);
    this.#document = new JsonArrayStream('traceEvents', ADVICE, {
      wants: (name) => HEADERS.includes(name),
      member: (name, value) => this.#readHeader(name, value),
      begin: () => {
        if (this.#baseNs !== undefined) this.#values.baseNs = this.#baseNs;
      },
      element: (start) => this.#reader.read(start),
    });
    this.#reader = new KinetoReader(this.#document, {
      values: this.#values,
      clock: this.#clock,
      leftOut: this.#leftOut,
      models: this.#models,
    });
  }

  push(chunk: string) {
    this.#document.push(chunk);
    return this.#values.take();
  }

  end() {
    const isWhole = this.#document.end();
    if (!isWhole) this.#tally.add('cut_off', 'the trace is cut off: its last events are missing, what was whole before them landed', null);
    if (this.#values.isEmpty) {
      const found = isWhole ? 'holds' : 'is cut off before';
      throw new ParseError(`the trace ${found} any kernel, copy, API call, operator or annotation: ${ADVICE}, whole`, {
        line: 1,
        column: 1,
      });
    }
    this.#resolveTimes(isWhole);
    if (this.#reader.hasCutNames) this.#tally.add('name_cut', 'names that are too long for a region were cut and marked with a hash', null);
    return this.#values.finish();
  }

  warnings() {
    return [...this.#tally.list(), ...this.#leftOut.list()];
  }

  #readHeader(name: string, value: string): void {
    if (name === 'deviceProperties') for (const [id, model] of readModels(value)) this.#models.set(id, model);
    else if (name === 'distributedInfo') this.#placeRank(readRank(value));
    else {
      this.#baseNs = readBaseTime(value);
      this.#isBaseOdd = this.#baseNs === undefined;
    }
  }

  /** A rank behind the events comes too late for values that left already. */
  #placeRank(rank: string | undefined): void {
    if (rank === undefined) return;
    if (this.#values.hasLeft && this.#parameters.labels['rank'] !== rank)
      throw new ParseError(`distributedInfo stands behind more events than can wait for it: send labels.rank=${rank}`, {
        line: 1,
        column: 1,
      });
    if (!this.#values.hasLeft) this.#values.rank = rank;
  }

  /** Says what printed times count from, or drops them. */
  #resolveTimes(isWhole: boolean): void {
    if (!this.#values.hasTimes) {
      this.#tally.add('times_unknown', this.#reader.hasOddTimes ? ODD_TIMES : LATE_BASE, null);
      return;
    }
    if (this.#baseNs !== undefined) {
      this.#values.baseNs = this.#baseNs;
      return;
    }
    // Without the end nobody knows whether a base would have come.
    if (isWhole && !this.#isBaseOdd && this.#clock.toEpochNs(0, 0n) >= EARLIEST_EPOCH_NS) {
      this.#values.baseNs = 0n;
      return;
    }
    const trouble = this.#isBaseOdd ? ODD_BASE : RELATIVE_TIMES;
    this.#tally.add('times_unknown', isWhole ? trouble : CUT_BASE, null);
    this.#values.dropTimes();
  }
}

const ODD_TIMES = 'an event has no time, or one more than 104 days from the first: values landed without times';
const ODD_BASE = 'baseTimeNanoseconds is no whole number of nanoseconds since 1970: values landed without times';
const LATE_BASE = 'baseTimeNanoseconds stands behind more events than can wait for it: values landed without times';
const RELATIVE_TIMES = 'times count from no date that the trace states: values landed without times';
const CUT_BASE = 'what times count from stands at the end, which is missing: values landed without times';
