import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { detach } from '../../lexers/stream-text.ts';
import type { ReadingRecord, RecordSeries } from '../../records.ts';
import { declareSeries } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import { PerfSeriesTable } from './perf-series.ts';

/**
 * What a recording of events says as a measurement. The single samples are no independent values of anything (their times are the
 * sampler's), so each command gets totals: how often each tracepoint was hit, which is what perf stat counts; how many samples of each event
 * were taken; and the sum of their periods, which estimates what perf stat counts, in a series of its own (label aggregation=sampled).
 */
export type ProfileSample = {
  readonly comm: string;
  /** Undefined where the tool does not name it. */
  readonly event: string | undefined;
  readonly isTracepoint: boolean;
  /** Events that the sample stands for; undefined when not printed. */
  readonly period: number | undefined;
  readonly line: number;
};

/** Samples of one (event, command). */
type Count = ProfileSample & { samples: number; periods: number; isWhole: boolean };

const SAMPLES_METRIC = 'perf.samples';
const LOST: readonly Quality[] = ['lost_events'];
const NO_FLAGS: readonly Quality[] = [];

export class Profile {
  readonly #counts = new Map<string, Map<string, Count>>();
  readonly #attributes: Record<string, string> = {};
  #size = 0;
  /** Whether the recorder lost samples: every total is then too low. */
  hasLost = false;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Something of the recording that goes beside each series of `perf.samples`. */
  describe(name: string, value: string): void {
    this.#attributes[name] = value;
  }

  add(sample: ProfileSample): void {
    const name = stableName(sample.comm);
    const count = this.#counts.get(sample.event ?? '')?.get(name) ?? this.#declare(sample, name);
    count.samples++;
    if (sample.period === undefined) count.isWhole = false;
    else count.periods += sample.period;
  }

  #declare(sample: ProfileSample, name: string): Count {
    if (++this.#size > LIMITS.seriesPerPayload) this.#refuse(sample.line);
    // The names outlive the piece of text they were cut from.
    const event = sample.event === undefined ? undefined : detach(sample.event);
    const comm = detach(name);
    const count: Count = { ...sample, event, comm, samples: 0, periods: 0, isWhole: true };
    const byComm = this.#counts.get(event ?? '') ?? new Map<string, Count>();
    this.#counts.set(event ?? '', byComm.set(comm, count));
    return count;
  }

  records(parameters: PayloadParameters, tally: WarningTally): readonly ReadingRecord[] {
    const series = new PerfSeriesTable(parameters, tally);
    const records: ReadingRecord[] = [];
    for (const byComm of this.#counts.values()) {
      for (const count of byComm.values()) {
        if (!count.isTracepoint)
          records.push(this.#reading(this.#samplesSeries(count, parameters), count.samples, NO_FLAGS, count, parameters));
        const total = count.isTracepoint ? count.samples : count.isWhole ? count.periods : undefined;
        const { comm, event, line } = count;
        if (total === undefined || event === undefined) continue;
        const aggregation = count.isTracepoint ? { comm } : { comm, aggregation: 'sampled' };
        const found = series.find({ ...NOTHING_PRINTED, line, event, aggregation });
        if (found !== undefined) records.push(this.#reading(found.series, total, found.flags, count, parameters));
      }
    }
    return records;
  }

  #samplesSeries({ comm, event, line }: Count, parameters: PayloadParameters): RecordSeries {
    return declareSeries(
      {
        region: parameters.region ?? 'process',
        metric: SAMPLES_METRIC,
        nativeMetric: event ?? 'samples',
        unit: '1',
        valueKind: 'total',
        labels: event === undefined ? { comm } : { comm, event },
        attributes: this.#attributes,
        line,
      },
      parameters,
    );
  }

  #reading(series: RecordSeries, value: number, flags: readonly Quality[], { line }: Count, parameters: PayloadParameters): ReadingRecord {
    const quality = new Set<Quality>([...flags, ...(this.hasLost ? LOST : NO_FLAGS)]);
    // A sum of integers beyond 2^53 is rounded at each step.
    if (!Number.isSafeInteger(value)) quality.add('precision_lost');
    return {
      kind: 'reading',
      series,
      repetition: parameters.repetition,
      reading: 'total',
      value,
      atNs: parameters.atNs ?? null,
      exposureS: parameters.exposureS ?? null,
      probability: null,
      tool: null,
      quality: [...quality],
      line,
    };
  }

  #refuse(line: number): never {
    const detail = `more than ${LIMITS.seriesPerPayload} pairs of event and command: record fewer processes`;
    throw new ParseError(detail, { line, column: 1 });
  }
}

/** What perf stat prints beside an event and a recording does not. */
const NOTHING_PRINTED = {
  unit: '',
  value: '',
  position: 0,
  runningPercent: undefined,
  runtimeNs: undefined,
  interval: undefined,
  hasVariance: false,
} as const;

/** perf writes `:1234` for a thread whose name it does not know, and the kernel numbers its workers anew: both differ from run to run. */
function stableName(comm: string): string {
  if (/^:-?\d+$/.test(comm)) return '[unknown]';
  return comm.startsWith('kworker/') ? 'kworker' : comm;
}
