import { toBaseUnit } from '../../../wire/units.ts';
import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { BtfActivations } from './btf-activations.ts';
import type { WcetFormat } from './wcet-format.ts';

/**
 * Best Trace Format 2.1 and 2.2 (Eclipse Auto IWG): `time,source,sourceInstance,type,target,targetInstance,event[,note]` after # lines.
 * Tasks (T), interrupts (I) and runnables (R) give execution times, tasks with an activation response times too.
 */
export const btfFormat: WcetFormat<'btf'> = {
  id: 'btf',
  kind: 'wcet',
  mode: 'stream',
  summary: 'a task trace in Best Trace Format 2.1 or 2.2 (unit= when it has no #timeScale)',
  extraParameters: [],
  detect: isBtf,
  open: openBtf,
};

const HEADER = /^#\s*(version|creator|creationDate|createDate|timeScale)\b/i;
const EVENT = /^-?\d+,[^,]*,-?\d*,(?:C|T|ISR|I|R|OS|STI|SEM|SIG|SCHED|M|S|SYS),[^,]*,-?\d*,[A-Za-z_]+/;
const TIME = /^\d{1,19}$/;
const FIELDS = 7;

function isBtf(head: string): boolean {
  const lines = head.replace(/^\uFEFF/, '').split(/\r?\n/, 100);
  const first = lines.find((line) => line.trim() !== '') ?? '';
  return EVENT.test(first) || (HEADER.test(first) && lines.some((line) => EVENT.test(line) || /^#\s*timeScale\b/i.test(line)));
}

function openBtf(parameters: PayloadParameters): StreamParser {
  const reader = new BtfReader(parameters);
  const lines = new LineStream((line, number) => reader.read(line, number));
  return {
    push: (text) => {
      lines.push(text);
      return reader.activations.take();
    },
    end: () => {
      lines.end();
      return reader.activations.finish();
    },
    warnings: () => reader.tally.list(),
  };
}

class BtfReader {
  readonly tally = new WarningTally();
  readonly activations: BtfActivations;
  readonly #parameters: PayloadParameters;
  #timeScale: string | undefined;
  #scaled = false;
  #lastTime = 0n;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    warnOfUnused(parameters, ['metric', 'region'], this.tally);
    this.activations = new BtfActivations(parameters, this.tally);
  }

  read(line: string, number: number): void {
    if (line.startsWith('#')) this.#readHeader(line, number);
    else if (line.trim() !== '') this.#readEvent(line, number);
  }

  #readHeader(line: string, number: number): void {
    const [, name = '', value = ''] = /^#\s*(\S+)\s*(.*)$/.exec(line) ?? [];
    if (name.toLowerCase() === 'version' && !/^2\.[12]\b/.test(value))
      this.tally.add('unknown_version', `BTF ${value.slice(0, 20)} is read as 2.1/2.2`, number);
    if (name.toLowerCase() !== 'timescale') return;
    const scale = value.trim();
    if (this.#timeScale !== undefined && this.#timeScale !== scale) this.#fail('#timeScale is said twice, differently', number, 1);
    if (this.#scaled && this.#timeScale === undefined) this.#fail('#timeScale stands after the first event', number, 1);
    if (toBaseUnit(scale)?.unit !== 'ns') this.#fail(`#timeScale ${quote(scale)} is none of ns, us, ms, s`, number, 1);
    this.#timeScale = scale;
  }

  #readEvent(line: string, number: number): void {
    if (!this.#scaled) this.#setScale(number);
    const fields = line.split(',', FIELDS);
    const [time = '', source = '', sourceInstance = '', type = '', target = '', targetInstance = '', event = ''] = fields;
    if (fields.length < FIELDS) {
      const detail = `an event has ${fields.length} fields, not ${FIELDS} (${quote(line)}): the file is cut off, or is not in BTF`;
      this.#fail(detail, number, line.length + 1);
    }
    if (!TIME.test(time)) this.#fail(`the time ${quote(time)} is no whole number of digits`, number, 1);
    const at = BigInt(time);
    if (at < this.#lastTime)
      this.#fail(`the time ${time} is before ${this.#lastTime} of an earlier line: a trace is in order of time`, number, 1);
    this.#lastTime = at;
    if (type !== 'T' && type !== 'I' && type !== 'ISR' && type !== 'R') return;
    if (target.trim() === '') this.#fail('the event does not name its target', number, line.indexOf(`,${type},`) + type.length + 3);
    const entity = type === 'ISR' ? 'I' : type;
    this.activations.read({ at, entity, source, sourceInstance, target, targetInstance, event: event.trim(), line: number });
  }

  #setScale(number: number): void {
    const { unit } = this.#parameters;
    if (this.#timeScale !== undefined && unit !== undefined)
      this.tally.add('parameter_ignored', "unit= has no effect: the tool's output says it itself", null);
    const base = toBaseUnit(this.#timeScale ?? unit ?? '');
    if (base?.unit !== 'ns') {
      const detail = 'the trace has no #timeScale before its first event: send unit=ns, unit=us, unit=ms or unit=s';
      throw new ParseError(detail, { line: number, column: 1 });
    }
    this.activations.factor = base.factor;
    this.#scaled = true;
  }

  #fail(detail: string, line: number, column: number): never {
    throw new ParseError(detail, { line, column });
  }
}
