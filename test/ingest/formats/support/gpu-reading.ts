import assert from 'node:assert/strict';
import { ParseError, type ParseResult, type PayloadParameters, type StreamParser } from '../../../../ingest/format.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import { NO_PARAMETERS } from './reading.ts';

/** A format as its file states it, whether wire/payload.ts lists its id yet or not. */
export type AnyFormat = {
  readonly id: string;
  readonly detect: (head: string) => boolean;
} & (
  | { readonly mode: 'whole'; readonly parse: (text: string, parameters: PayloadParameters) => ParseResult }
  | { readonly mode: 'stream'; readonly open: (parameters: PayloadParameters) => StreamParser }
);

/** @param pieceLength characters of each piece that a stream is given */
export function readAny(format: AnyFormat, text: string, parameters: Partial<PayloadParameters> = {}, pieceLength = 1 << 16): ParseResult {
  const all = { ...NO_PARAMETERS, ...parameters };
  if (format.mode === 'whole') return format.parse(text, all);
  const parser = format.open(all);
  const records = [];
  for (let from = 0; from < text.length; from += pieceLength) records.push(...parser.push(text.slice(from, from + pieceLength)));
  records.push(...parser.end());
  return { records, warnings: parser.warnings() };
}

/** The result, or undefined when the text is refused in a way that callers can read. */
export function readOrRefuse(format: AnyFormat, text: string, parameters: Partial<PayloadParameters> = {}): ParseResult | undefined {
  format.detect(text.slice(0, 4096));
  try {
    return readAny(format, text, parameters);
  } catch (error) {
    assert.ok(error instanceof ParseError || error instanceof ProblemError, String(error));
    if (error instanceof ParseError) assert.ok(error.line >= 1 && error.column >= 1 && error.message.length > 10, error.message);
    return undefined;
  }
}

/** One line a record: `kind region metric unit values|value|summary flags @line`, for tables of what a file becomes. */
export function outline(result: ParseResult): readonly string[] {
  return result.records.map((record) => {
    if (record.kind === 'event') return `event ${record.code} @${record.line}`;
    const { series, quality, line } = record;
    let text = '';
    if (record.kind === 'samples') text = record.values.join(' ');
    else if (record.kind === 'reading') text = `${record.reading} ${record.value}`;
    else if (record.kind === 'summary') text = [record.count, record.sum, record.mean, record.minimum, record.maximum].join(' ');
    const labels = Object.entries(series.labels).map(([name, value]) => ` ${name}=${value}`);
    return `${record.kind} ${series.region} ${series.metric} ${series.unit} ${text}${labels.join('')} [${quality.join()}] @${line}`;
  });
}
