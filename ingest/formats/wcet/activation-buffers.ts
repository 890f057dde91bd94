import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { detach } from '../../lexers/stream-text.ts';
import type { RecordSeries, SamplesRecord } from '../../records.ts';
import { refuseBeyondLimit } from '../samples/sample-series.ts';
import { declareSeries } from '../series.ts';

/** Values of one record at most, and values held back over all series at most; then all leave. */
const VALUES_PER_RECORD = 65_536;
const VALUES_HELD = 262_144;

/** Which series an activation belongs to. */
export type ActivationSeries = {
  readonly task: string;
  readonly metric: 'execution.cycles' | 'execution.time' | 'response.time';
  readonly nativeMetric: string;
  readonly unit: 'ns' | '{cycle}';
  readonly repetition: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
};

/** One measured activation; where some activations of a record have a path or input class, those without have an empty one. */
export type Activation = {
  readonly value: number;
  readonly precisionLost: boolean;
  readonly path?: string | undefined;
  readonly input?: string | undefined;
  readonly line: number;
};

type Buffer = {
  readonly series: RecordSeries;
  readonly repetition: number;
  values: number[];
  paths: string[];
  inputs: string[];
  precisionLost: boolean;
  line: number;
};

/**
 * Measured execution times until they leave as records. What leaves when depends on the values alone, not on how the payload arrived; the
 * values of a series stay in the order of measurement, across records too: tests for independence need it.
 */
export class ActivationBuffers {
  readonly #parameters: PayloadParameters;
  readonly #buffers = new Map<string, Buffer>();
  /** Metrics with a value other than 0, and those with any. */
  readonly #counted = new Set<string>();
  readonly #measured = new Set<string>();
  #complete: SamplesRecord[] = [];
  #held = 0;
  /** Whether the tracer said that it lost events. */
  lostEvents = false;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
  }

  /** @throws ParseError when the value is below 0 @throws ProblemError `limit-exceeded` beyond the series of one payload */
  append(where: ActivationSeries, activation: Activation, column = 1): void {
    const { value, line } = activation;
    if (value < 0) {
      const detail = 'an execution time is negative: time does not run backwards, a counter that wrapped must be corrected first';
      throw new ParseError(detail, { line, column });
    }
    const buffer = this.#bufferOf(where, activation.line);
    if (buffer.values.length === 0) buffer.line = line;
    buffer.values.push(value);
    if (activation.path !== undefined) placeClass(buffer.paths, buffer.values.length - 1, readClass(activation.path, line));
    if (activation.input !== undefined) placeClass(buffer.inputs, buffer.values.length - 1, readClass(activation.input, line));
    buffer.precisionLost ||= activation.precisionLost;
    this.#measured.add(where.metric);
    if (value !== 0) this.#counted.add(where.metric);
    this.#held++;
    if (buffer.values.length === VALUES_PER_RECORD) this.#release(buffer);
    if (this.#held > VALUES_HELD) this.#releaseAll();
  }

  get isEmpty(): boolean {
    return this.#measured.size === 0;
  }

  /** Records that became complete since the last call. */
  take(): readonly SamplesRecord[] {
    const records = this.#complete;
    this.#complete = [];
    return records;
  }

  /**
   * All records that remain.
   * @throws ParseError when every value of a metric is 0: rdcycle in user space reads 0 on Linux >= 6.6 unless a perf event owns the counter
   */
  finish(): readonly SamplesRecord[] {
    for (const metric of this.#measured) {
      if (this.#counted.has(metric)) continue;
      const cause =
        metric === 'execution.cycles'
          ? 'the counter did not run (rdcycle in user space reads 0 unless a perf event owns it)'
          : 'the clock stood still, or is too coarse';
      const detail = `${metric} is 0 in every activation: ${cause}; leave it out or measure again`;
      throw new ParseError(detail, { line: 1, column: 1 });
    }
    this.#releaseAll();
    return this.take();
  }

  #bufferOf(where: ActivationSeries, line: number): Buffer {
    const { task, metric, nativeMetric, unit, repetition } = where;
    const labels = where.labels ?? {};
    const key = JSON.stringify([repetition, task, metric, labels]);
    const known = this.#buffers.get(key);
    if (known !== undefined) return known;
    if (task.trim() === '') throw new ParseError('an activation does not name its task', { line, column: 1 });
    if (this.#buffers.size >= LIMITS.seriesPerPayload) {
      const detail = `the payload has more than ${LIMITS.seriesPerPayload} series of tasks; split it, or leave instance numbers out of the names`;
      refuseBeyondLimit(detail, { line, column: 1 });
    }
    const series = declareSeries(
      { region: detach(task), metric, nativeMetric, unit, valueKind: 'samples', labels, attributes: where.attributes ?? {}, line },
      this.#parameters,
    );
    const buffer = { series, repetition, values: [], paths: [], inputs: [], precisionLost: false, line };
    this.#buffers.set(key, buffer);
    return buffer;
  }

  #release(buffer: Buffer): void {
    const { series, repetition, values, paths, inputs, line } = buffer;
    const first = values[0];
    if (first === undefined) return;
    const quality: Quality[] = [];
    if (series.unit === '{cycle}' && values.length > 1 && values.every((value) => value === first)) quality.push('constant_counter');
    if (buffer.precisionLost) quality.push('precision_lost');
    if (this.lostEvents) quality.push('lost_events');
    for (const classes of [paths, inputs]) if (classes.length > 0) pad(classes, values.length);
    this.#complete.push({ kind: 'samples', series, repetition, values, atNs: [], paths, inputs, quality, line });
    this.#held -= values.length;
    buffer.values = [];
    buffer.paths = [];
    buffer.inputs = [];
    buffer.precisionLost = false;
  }

  #releaseAll(): void {
    for (const buffer of this.#buffers.values()) this.#release(buffer);
  }
}

/** Puts a class at the place of its value; values before it had none. */
function placeClass(classes: string[], index: number, text: string): void {
  pad(classes, index);
  classes.push(text);
}

function pad(classes: string[], length: number): void {
  while (classes.length < length) classes.push('');
}

function readClass(text: string, line: number): string {
  if (text.length <= LIMITS.labelCharacters) return detach(text);
  throw new ParseError(`a path or input class has more than ${LIMITS.labelCharacters} characters`, { line, column: 1 });
}
