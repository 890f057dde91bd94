import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { decimalScale, readDecimal } from '../../lexers/decimal.ts';
import { JsonLine, type JsonSpan } from '../../lexers/json-line.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import type { IngestRecord, ReadingRecord, RecordSeries } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { isFailure } from './bcc-lines.ts';

/**
 * `biolatpcts -j` of bcc: a line of JSON an interval, {"read": {"50": 3.5e-05, …}, "write": …}, seconds. Each number is the centre of the bin
 * that holds the percentile, so it becomes a reading with the label `quantile`, never a sample: quantiles of quantiles mean nothing.
 */
export const biolatpctsJsonFormat = {
  id: 'biolatpcts-json' as const,
  kind: 'ebpf',
  mode: 'stream',
  summary: 'biolatpcts -j of bcc ({"read": {"50": 3.5e-05, …}, "write": …} a line)',
  extraParameters: [],
  detect: (head) => /^\uFEFF?\s*\{\s*"[a-z]{1,20}"\s*:\s*\{\s*"\d/.test(head),
  open: (parameters): StreamParser => {
    const reader = new PercentileReader(parameters);
    const lines = new LineStream((line, number) => reader.read(line, number));
    return {
      push: (text) => {
        lines.push(text);
        return reader.take();
      },
      end: () => {
        lines.end();
        return reader.end();
      },
      warnings: () => reader.tally.list(),
    };
  },
} satisfies Omit<Extract<Format, { readonly mode: 'stream' }>, 'id'> & { readonly id: string };

const SECONDS = decimalScale(1e9);
const PERCENTILE = /^\d{1,3}(?:\.\d{1,9})?$/;

class PercentileReader {
  readonly tally = new WarningTally();
  private readonly parameters: PayloadParameters;
  private readonly series = new Map<string, RecordSeries>();
  /** Series that had no request in any interval yet, with the line of the first. */
  private readonly idle = new Map<string, number>();
  private readonly measured = new Set<string>();
  private records: ReadingRecord[] = [];
  private isEmpty = true;

  constructor(parameters: PayloadParameters) {
    this.parameters = parameters;
    warnOfUnused(parameters, ['unit'], this.tally);
  }

  read(text: string, number: number): void {
    if (text.trim() === '') return;
    this.isEmpty = false;
    if (isFailure(text)) throw new ParseError(`the tool failed and measured nothing: ${text.slice(0, 300)}`, { line: number, column: 1 });
    const line = new JsonLine(text, { start: 0, end: text.length, line: number });
    const operations = line.members(0);
    for (const [index, operation] of operations.entries()) {
      if (operation.kind !== 'object') line.fail('has an operation that is no object of percentiles', operation.start);
      if (operations.findIndex(({ name }) => name === operation.name) !== index) line.fail('names an operation twice', operation.nameStart);
      this.readOperation(line, operation.name, operation, number);
    }
  }

  take(): readonly IngestRecord[] {
    const { records } = this;
    this.records = [];
    return records;
  }

  /** A series without a single request is a reading without a value. */
  end(): readonly IngestRecord[] {
    if (this.isEmpty)
      throw new ParseError('the payload is empty: nothing was measured, or the file was sent before it was written', {
        line: 1,
        column: 1,
      });
    for (const [key, line] of this.idle) {
      const series = this.series.get(key);
      if (series !== undefined && !this.measured.has(key)) this.add(series, null, line);
    }
    return this.take();
  }

  private readOperation(line: JsonLine, operation: string, object: JsonSpan, number: number): void {
    const seen = new Set<string>();
    for (const { name, kind, start, end, nameStart } of line.membersOf(object)) {
      if (!PERCENTILE.test(name) || Number(name) > 100) line.fail(`has '${name.slice(0, 40)}' where a percentile should be`, nameStart);
      // "50" and "50.0" are one percentile.
      const quantile = String(Number((Number(name) / 100).toPrecision(12)));
      if (seen.has(quantile)) line.fail(`names the percentile ${name} twice`, nameStart);
      seen.add(quantile);
      const reading = kind === 'number' ? readDecimal(line.raw({ kind, start, end }), SECONDS) : { refusal: 'is no number' };
      if (!('value' in reading)) line.fail(`has a percentile that ${reading.refusal}`, start);
      if (reading.value < 0) line.fail('has a negative latency', start);
      this.addPercentile(operation, quantile, reading.value, number);
    }
  }

  private addPercentile(operation: string, quantile: string, value: number, line: number): void {
    const key = `${operation}\n${quantile}`;
    let series = this.series.get(key);
    if (series === undefined) {
      series = this.declare(operation, quantile, line);
      this.series.set(key, series);
    }
    // The tool prints 0 where no request was seen; the lowest bin has a centre above 0.
    if (value === 0) {
      this.tally.add('idle_interval', `an interval without ${operation} requests was left out`, line);
      if (!this.idle.has(key)) this.idle.set(key, line);
      return;
    }
    this.measured.add(key);
    this.add(series, value, line);
  }

  private declare(operation: string, quantile: string, line: number): RecordSeries {
    const { parameters } = this;
    return declareSeries(
      {
        region: parameters.region ?? 'block',
        metric: parameters.metric ?? 'block.latency.quantile',
        nativeMetric: 'biolatpcts',
        unit: 'ns',
        valueKind: 'total',
        labels: { operation, quantile },
        judgedAs: 'total',
        line,
      },
      parameters,
    );
  }

  private add(series: RecordSeries, value: number | null, line: number): void {
    const { repetition, atNs, exposureS } = this.parameters;
    this.records.push({
      kind: 'reading',
      series,
      repetition,
      reading: 'total',
      value,
      atNs: atNs ?? null,
      exposureS: exposureS ?? null,
      probability: null,
      tool: null,
      quality: value === null ? ['not_counted'] : [],
      line,
    });
  }
}
