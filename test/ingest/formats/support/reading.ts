import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../../../ingest/format.ts';
import type { FormatDraft } from '../../../../ingest/formats/draft.ts';
import type { HistogramRecord, IngestRecord, ReadingRecord, SamplesRecord } from '../../../../ingest/records.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);
/** Real output of the tools, beside the checkout on the machines of this project; tests that need it skip without it. */
export const SAMPLES = new URL('../../../../../shared/samples/', import.meta.url);
export const hasSamples = existsSync(SAMPLES);

export const NO_PARAMETERS: PayloadParameters = {
  repetition: 1,
  region: undefined,
  metric: undefined,
  unit: undefined,
  better: undefined,
  assume: undefined,
  atNs: undefined,
  exposureS: undefined,
  labels: {},
  extra: {},
};

/** Reads a text at once, also with a format that streams. */
export function parse(format: Format | FormatDraft, text: string, parameters: Partial<PayloadParameters> = {}): ParseResult {
  const all = { ...NO_PARAMETERS, ...parameters };
  if (format.mode === 'file') throw new RangeError(`${format.id} is no text`);
  if (format.mode === 'whole') return format.parse(text, all);
  const parser = format.open(all);
  const records = [...parser.push(text), ...parser.end()];
  return { records, warnings: parser.warnings() };
}

export function fixture(path: string): string {
  return readFileSync(new URL(path, FIXTURES), 'utf8');
}

export function sample(path: string): string {
  return readFileSync(new URL(path, SAMPLES), 'utf8');
}

/** Asserts that the text is refused, at that line and with a message that matches. */
export function assertRefused(read: () => unknown, line: number, message: RegExp): ParseError {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ParseError, String(error));
    assert.match(error.message, message);
    assert.equal(error.line, line, `line of: ${error.message}`);
    assert.ok(error.column >= 1);
    return error;
  }
  return assert.fail('the text was accepted');
}

export function readingsOf(result: ParseResult): readonly ReadingRecord[] {
  return result.records.filter((record) => record.kind === 'reading');
}

export function samplesOf(result: ParseResult): readonly SamplesRecord[] {
  return result.records.filter((record) => record.kind === 'samples');
}

export function histogramsOf(result: ParseResult): readonly HistogramRecord[] {
  return result.records.filter((record) => record.kind === 'histogram');
}

/** The one record of a region and metric. */
export function recordOf(result: ParseResult, region: string, metric: string): Exclude<IngestRecord, { kind: 'event' }> {
  const found = result.records.filter(
    (record) => record.kind !== 'event' && record.series.region === region && record.series.metric === metric,
  );
  assert.equal(found.length, 1, `${found.length} records of ${metric} of ${region}`);
  const [record] = found;
  if (record === undefined || record.kind === 'event') throw new RangeError('unreachable');
  return record;
}

export function codesOf(result: ParseResult): readonly string[] {
  return result.warnings.map(({ code }) => code);
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
