import { LIMITS } from '../../../wire/limits.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { type BabeltraceEvent, isBabeltraceLine, readBabeltraceLine } from '../../lexers/babeltrace-line.ts';
import { decimalScale, quote, readDecimal } from '../../lexers/decimal.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { toDouble } from '../../lexers/number.ts';
import { detach } from '../../lexers/stream-text.ts';
import { refuseBeyondLimit } from '../samples/sample-series.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { ActivationBuffers } from './activation-buffers.ts';
import { BabeltraceClock } from './babeltrace-clock.ts';
import type { WcetFormat } from './wcet-format.ts';

/**
 * Text of a CTF trace as babeltrace2 prints it: an event `x_end` after an `x_start` of the same task and thread is an activation that took the
 * time between them (preemption included, as with any pair of time stamps); a field `cycles` of the end is one in cycles.
 */
export const babeltraceFormat: WcetFormat<'babeltrace'> = {
  id: 'babeltrace',
  kind: 'wcet',
  mode: 'stream',
  summary: 'babeltrace2 text of a CTF trace with pairs of events x_start, x_end (_begin, _entry, _exit), or a field cycles of x_end',
  extraParameters: ['frequencyHz'],
  detect: (head) =>
    head
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/, 20)
      .some(isBabeltraceLine),
  open: openBabeltrace,
};

const PAIRED = /^(.+?)[_-](start|begin|entry|enter|end|stop|exit|finish)$/;
const BEGINS = new Set(['start', 'begin', 'entry', 'enter']);
/** What tells two activations under way apart; not the CPU, a task may move. */
const KEYS = ['vpid', 'pid', 'vtid', 'tid', 'task', 'job', 'id', 'instance'];
/** babeltrace2 writes these to standard error, which may have been joined. */
const NOTICE = /^(?:\[warning\]|WARNING:|\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} |.* W (?:LIB|PLUGIN)\/)/i;
const DISCARDED = /discarded (?:\d+ )?(?:event|packet)|(?:event|packet)s? discarded/i;

function openBabeltrace(parameters: PayloadParameters): StreamParser {
  const reader = new BabeltraceReader(parameters);
  const lines = new LineStream((line, number) => reader.read(line, number));
  return {
    push: (text) => {
      lines.push(text);
      return reader.buffers.take();
    },
    end: () => {
      lines.end();
      return reader.finish();
    },
    warnings: () => reader.tally.list(),
  };
}

class BabeltraceReader {
  readonly tally = new WarningTally();
  readonly buffers: ActivationBuffers;
  readonly #parameters: PayloadParameters;
  readonly #clock = new BabeltraceClock();
  readonly #begun = new Map<string, bigint>();
  readonly #nsPerCycle: number | undefined;
  #unconverted = 0;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.buffers = new ActivationBuffers(parameters);
    warnOfUnused(parameters, ['metric', 'unit', 'region'], this.tally);
    this.#nsPerCycle = readNsPerCycle(parameters.extra['frequencyHz']);
  }

  read(line: string, number: number): void {
    if (line.trim() === '') return;
    if (NOTICE.test(line) && !isBabeltraceLine(line)) {
      this.#readNotice(line, number);
      return;
    }
    const event = readBabeltraceLine(line, number);
    const at = this.#clock.read(event, number);
    const [, base, word] = PAIRED.exec(event.name) ?? [];
    if (base === undefined || word === undefined) return;
    const key = JSON.stringify([base, ...KEYS.map((name) => event.fields.get(name)?.text ?? '')]);
    if (BEGINS.has(word)) this.#begin(key, at, event, number);
    else this.#end(key, base, at, event, number);
  }

  finish() {
    if (this.#begun.size > 0)
      this.tally.add('open_activation', `${this.#begun.size} activations had not ended with the trace and are left out`, null);
    if (this.buffers.isEmpty) {
      const detail =
        this.#unconverted > 0
          ? 'the times are clock cycles of unknown frequency: send frequencyHz= (babeltrace2 --output-format=ctf-metadata prints it), or print without --clock-cycles'
          : 'no activation ended: nothing is between events named x_start and x_end, and no x_end has a field cycles';
      throw new ParseError(detail, { line: 1, column: 1 });
    }
    if (this.#unconverted > 0)
      this.tally.add(
        'unknown_frequency',
        'times between events were left out: they are clock cycles, send frequencyHz= to convert them',
        null,
      );
    return this.buffers.finish();
  }

  #readNotice(line: string, number: number): void {
    if (!DISCARDED.test(line)) {
      this.tally.add('tool_warning', `babeltrace2 says: ${line.slice(0, 200)}`, number);
      return;
    }
    this.buffers.lostEvents = true;
    this.tally.add('lost_events', `the tracer lost events: ${line.slice(0, 200)}`, number);
  }

  #begin(key: string, at: bigint, event: BabeltraceEvent, line: number): void {
    if (this.#begun.has(key))
      this.tally.add('incomplete_activation', `${event.name.slice(0, 60)} came twice without an end: the first is left out`, line);
    else if (this.#begun.size >= LIMITS.seriesPerPayload)
      refuseBeyondLimit(`more than ${LIMITS.seriesPerPayload} activations are open at once; events that end them are missing`, {
        line,
        column: 1,
      });
    this.#begun.set(detach(key), at);
  }

  #end(key: string, base: string, at: bigint, event: BabeltraceEvent, line: number): void {
    const { fields, name } = event;
    const task = fields.get('task')?.text ?? base;
    const common = { task, repetition: this.#parameters.repetition } as const;
    const activation = {
      path: fields.get('path')?.text ?? undefined,
      input: (fields.get('input') ?? fields.get('input_id'))?.text ?? undefined,
      line,
    };
    const cycles = fields.get('cycles');
    if (cycles !== undefined) {
      const reading = readDecimal(cycles.text ?? '');
      if ('refusal' in reading) throw new ParseError(`the field cycles ${reading.refusal}`, { line, column: cycles.column });
      const series = { ...common, metric: 'execution.cycles', nativeMetric: 'cycles', unit: '{cycle}' } as const;
      this.buffers.append(series, { ...activation, ...reading }, cycles.column);
    }
    const begunAt = this.#begun.get(key);
    this.#begun.delete(key);
    if (begunAt === undefined) {
      this.tally.add('incomplete_activation', `${quote(name)} came without a start: its time is left out`, line);
      return;
    }
    const factor = this.#clock.kind === 'cycles' ? this.#nsPerCycle : 1;
    if (factor === undefined) {
      this.#unconverted++;
      return;
    }
    const elapsed = toDouble(at - begunAt);
    const series = { ...common, metric: 'execution.time', nativeMetric: base, unit: 'ns' } as const;
    this.buffers.append(series, { ...activation, value: elapsed.value * factor, precisionLost: !elapsed.exact });
  }
}

function readNsPerCycle(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const reading = readDecimal(text, decimalScale(1));
  if ('value' in reading && reading.value > 0) return 1e9 / reading.value;
  throw new ParseError(`frequencyHz=${quote(text)} is not a number of hertz above 0`, { line: 1, column: 1 });
}
