import { LIMITS } from '../../../../wire/limits.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import type { BaseUnit } from '../../../../wire/units.ts';
import { ParseError, type PayloadParameters } from '../../../format.ts';
import { type DecimalScale, decimalScale, readDecimal, UNSCALED } from '../../../lexers/decimal.ts';
import { JsonLine, type JsonMember } from '../../../lexers/json-line.ts';
import { LineStream } from '../../../lexers/line-stream.ts';
import { TimestampReader } from '../../../lexers/timestamp.ts';
import type { IngestRecord, ReadingRecord, RecordSeries } from '../../../records.ts';
import { readNamedUnits, UNITS_PARAMETER } from '../../named-units.ts';
import { identityOf, warnOfUnused } from '../../series.ts';
import { WarningTally } from '../../warning-tally.ts';
import { type K6Trend, readK6Trend } from './metrics.ts';
import { declareTrend, toK6Count } from './series.ts';

/** Values of a record; a full one leaves, so that memory is bounded by the number of series. */
const VALUES_PER_RECORD = 65_536;
/** Values held over all series before every buffer leaves. */
const VALUES_HELD = 524_288;

type Buffer = { readonly series: RecordSeries; readonly scale: DecimalScale; values: number[]; atNs: bigint[]; line: number };
type Declared = { readonly type: string; readonly contains: string; readonly line: number };
type Count = { count: number; sum: number; readonly line: number };
type Point = { readonly name: string; readonly json: JsonLine; readonly data: ReadonlyMap<string, JsonMember> };

/** The lines of `k6 run --out json`: Metric declares, Point is one value. */
export class K6LineReader {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #units: ReadonlyMap<string, BaseUnit>;
  readonly #kept: readonly string[];
  readonly #declared = new Map<string, Declared>();
  readonly #buffers = new Map<string, Buffer | undefined>();
  readonly #series = new Map<string, Buffer>();
  readonly #counts = new Map<string, Count>();
  readonly #times = new TimestampReader();
  readonly #lines = new LineStream((text, line) => this.#readLine(text, line));
  #complete: IngestRecord[] = [];
  #held = 0;

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.#units = readNamedUnits(parameters);
    this.#kept = (parameters.extra['tags'] ?? '').split(',').filter((tag) => tag !== '');
    warnOfUnused(parameters, ['metric', 'unit'], this.#tally);
  }

  push(text: string): readonly IngestRecord[] {
    this.#lines.push(text);
    return this.#take();
  }

  end(): readonly IngestRecord[] {
    this.#lines.end();
    this.#releaseAll();
    for (const [name, count] of this.#counts) this.#complete.push(this.#toReading(name, count));
    const records = this.#take();
    if (this.#declared.size === 0 || (records.length === 0 && this.#buffers.size === 0))
      throw new ParseError('no point was written: the test ended before its first request, or the file was sent before it was written', {
        line: 1,
        column: 1,
      });
    return records;
  }

  warnings() {
    return this.#tally.list();
  }

  #take(): readonly IngestRecord[] {
    const records = this.#complete;
    this.#complete = [];
    return records;
  }

  #readLine(text: string, line: number): void {
    const start = 0;
    const json = new JsonLine(text, { start, end: text.length, line });
    if (json.skipBlanks(start) >= text.length) return;
    const members = toMap(json, json.members(start));
    const data = members.get('data');
    const type = textOf(json, members.get('type'));
    const name = textOf(json, members.get('metric'));
    if (data?.kind !== 'object' || name === undefined || name === '' || (type !== 'Metric' && type !== 'Point'))
      throw new ParseError('the line is no line of k6 --out json: type Metric or Point, metric and data are needed', json.place(start));
    const point: Point = { name, json, data: toMap(json, json.membersOf(data)) };
    if (type === 'Metric') this.#declare(point);
    else this.#readPoint(point, start);
  }

  #declare({ name, json, data }: Point): void {
    if (this.#declared.has(name))
      throw new ParseError(`the metric ${name} is declared twice: push each run by itself, with repetition=`, {
        line: json.line,
        column: 1,
      });
    if (this.#declared.size > LIMITS.seriesPerPayload)
      throw new ProblemError('limit-exceeded', `more than ${LIMITS.seriesPerPayload} metrics`);
    this.#declared.set(name, {
      type: textOf(json, data.get('type')) ?? '',
      contains: textOf(json, data.get('contains')) ?? '',
      line: json.line,
    });
  }

  #readPoint(point: Point, start: number): void {
    const { name, json, data } = point;
    const declared = this.#declared.get(name);
    if (declared === undefined)
      throw new ParseError(
        `the line has a point of ${name.slice(0, 60)}, which no Metric line before it declares; send the file from its beginning`,
        json.place(start),
      );
    const span = data.get('value');
    if (span === undefined) throw new ParseError('the line has no value', json.place(start));
    const buffer = declared.type === 'trend' ? this.#bufferOf(point, declared) : undefined;
    const reading = readDecimal(json.raw(span), buffer?.scale ?? UNSCALED);
    if ('refusal' in reading) throw new ParseError(`value ${reading.refusal}`, json.place(span.start));
    if (buffer !== undefined) this.#append(buffer, reading.value, this.#readTime(point, start), json.line);
    else if (declared.type === 'counter' || declared.type === 'rate') this.#count(name, declared, reading.value, json.line);
    else if (declared.type === 'gauge')
      this.#tally.add('gauges_ignored', 'gauges (vus and the like) set the load and were left out', declared.line);
  }

  #readTime({ json, data }: Point, start: number): bigint {
    const span = data.get('time');
    const text = textOf(json, span);
    if (span === undefined || text === undefined) return json.fail('has no time', start);
    const reading = this.#times.read(text);
    if ('refusal' in reading) throw new ParseError(`time ${reading.refusal}`, json.place(span.start));
    return reading.atNs;
  }

  #count(name: string, declared: Declared, value: number, line: number): void {
    if (value < 0 || (declared.type === 'rate' && value > 1))
      throw new ParseError(`${name} is ${value}, which no ${declared.type} can be`, { line, column: 1 });
    const count = this.#counts.get(name) ?? { count: 0, sum: 0, line: declared.line };
    count.count++;
    count.sum += value;
    this.#counts.set(name, count);
  }

  #append(buffer: Buffer, value: number, atNs: bigint, line: number): void {
    if (buffer.values.length === 0) buffer.line = line;
    buffer.values.push(value);
    buffer.atNs.push(atNs);
    this.#held++;
    if (buffer.values.length === VALUES_PER_RECORD) this.#release(buffer);
    if (this.#held > VALUES_HELD) this.#releaseAll();
  }

  #release(buffer: Buffer): void {
    const { series, values, atNs, line } = buffer;
    if (values.length === 0) return;
    this.#complete.push({ kind: 'samples', series, repetition: this.#parameters.repetition, values, atNs, quality: [], line });
    this.#held -= values.length;
    buffer.values = [];
    buffer.atNs = [];
  }

  #releaseAll(): void {
    for (const buffer of this.#series.values()) this.#release(buffer);
  }

  #bufferOf(point: Point, declared: Declared): Buffer | undefined {
    const { name, json, data } = point;
    const span = data.get('tags');
    const key = `${name}\n${span === undefined ? '' : json.raw(span)}`;
    if (this.#buffers.has(key)) return this.#buffers.get(key);
    if (this.#buffers.size > 4 * LIMITS.seriesPerPayload)
      throw new ProblemError(
        'limit-exceeded',
        `more than ${4 * LIMITS.seriesPerPayload} combinations of tags: give requests a name tag, and drop tags of single users`,
      );
    const trend = readK6Trend(name, declared.contains, this.#units);
    const tags = span?.kind === 'object' ? toMap(json, json.membersOf(span)) : new Map<string, JsonMember>();
    if (trend === undefined)
      this.#tally.add(
        'unit_missing',
        `the trend ${name} prints no unit and was left out: send ${UNITS_PARAMETER}=${name}:<unit>`,
        declared.line,
      );
    const tagOf = (tag: string) => textOf(json, tags.get(tag)) ?? '';
    const buffer = trend === undefined ? undefined : this.#openBuffer(this.#toSeries(point, trend, tagOf), trend.factor, json.line);
    this.#buffers.set(` ${key}`.slice(1), buffer);
    return buffer;
  }

  /** Tags that are not part of the identity lead to one buffer, so that its values stay in their order. */
  #openBuffer(series: RecordSeries, factor: number, line: number): Buffer {
    const identity = identityOf(series);
    const known = this.#series.get(identity);
    if (known !== undefined) return known;
    const buffer: Buffer = { series, scale: decimalScale(factor), values: [], atNs: [], line };
    this.#series.set(identity, buffer);
    return buffer;
  }

  #toSeries({ name, json }: Point, trend: K6Trend, tagOf: (tag: string) => string): RecordSeries {
    const labels: Record<string, string> = {};
    const scenario = tagOf('scenario');
    if (scenario !== '' && scenario !== 'default') labels['scenario'] = scenario;
    for (const tag of ['method', ...this.#kept]) if (tagOf(tag) !== '') labels[tag] = tagOf(tag);
    // A refused request is answered fast: its latency must not flatter that of answers.
    if (tagOf('expected_response') === 'false') labels['response'] = 'unexpected';
    const own = toPath(tagOf('name') || tagOf('url')) || tagOf('group').replace(/^::/, '') || 'k6';
    return declareTrend({ region: this.#parameters.region ?? own, name, line: json.line, labels }, trend, 'samples', this.#parameters);
  }

  #toReading(name: string, { count, sum, line }: Count): ReadingRecord {
    const isRate = this.#declared.get(name)?.type === 'rate';
    return toK6Count(
      {
        name,
        value: isRate && name !== 'http_req_failed' ? count - sum : sum,
        isRate,
        isData: this.#declared.get(name)?.contains === 'data',
        line,
      },
      this.#parameters,
    );
  }
}

/** Of a URL only what was asked for; a name that is none stays. */
function toPath(name: string): string {
  const path = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(name)?.[1];
  return path === undefined ? name : path === '' ? '/' : path;
}

function toMap(json: JsonLine, members: readonly JsonMember[]): ReadonlyMap<string, JsonMember> {
  const map = new Map<string, JsonMember>();
  for (const member of members) {
    if (map.has(member.name)) json.fail(`has the name '${member.name.slice(0, 40)}' twice`, member.nameStart);
    map.set(member.name, member);
  }
  return map;
}

function textOf(json: JsonLine, member: JsonMember | undefined): string | undefined {
  return member?.kind === 'string' ? json.string(member) : undefined;
}
