import assert from 'node:assert/strict';
import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../ingest/format.ts';
import type { SamplesRecord } from '../../ingest/records.ts';

/** What tests of the csv and ndjson formats share. */

const SILENT: PayloadParameters = {
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

/** Parameters that say what a payload of bare values does not. */
export const LATENCY = { region: 'r', metric: 'latency', unit: 'ns' } as const;

export function openStream(format: Format, parameters: Partial<PayloadParameters> = {}): StreamParser {
  assert.equal(format.mode, 'stream');
  if (format.mode !== 'stream') throw new TypeError('unreachable');
  return format.open({ ...SILENT, ...parameters });
}

/** All records of a payload that arrives in these pieces. */
export function readRecords(
  format: Format,
  pieces: readonly string[],
  parameters: Partial<PayloadParameters> = {},
): readonly SamplesRecord[] {
  const parser = openStream(format, parameters);
  const records = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  return records.map((record) => {
    assert.equal(record.kind, 'samples');
    if (record.kind !== 'samples') throw new TypeError('unreachable');
    // Times come as an array of one kind or the other; the tests compare numbers.
    return { ...record, atNs: [...record.atNs] };
  });
}

/** The records, or the place and words of the refusal. */
export function readOrRefuse(format: Format, pieces: readonly string[], parameters: Partial<PayloadParameters> = {}): unknown {
  try {
    return readRecords(format, pieces, parameters);
  } catch (error) {
    if (error instanceof ParseError) return { line: error.line, column: error.column, detail: error.message };
    throw error;
  }
}

export type FlatSample = { readonly series: string; readonly value: number; readonly atNs: bigint | null; readonly precisionLost: boolean };

/** Values by series and repetition, in order, whatever records they came in. */
export function flatten(records: readonly SamplesRecord[]): ReadonlyMap<string, readonly FlatSample[]> {
  const bySeries = new Map<string, FlatSample[]>();
  for (const { series, repetition, values, atNs, quality } of records) {
    const key = JSON.stringify([series.region, series.metric, series.unit, series.labels, repetition]);
    const samples = bySeries.get(key) ?? [];
    bySeries.set(key, samples);
    values.forEach((value, index) => {
      samples.push({ series: key, value, atNs: atNs[index] ?? null, precisionLost: quality.includes('precision_lost') });
    });
  }
  return bySeries;
}

/** Cuts a text at the given places. */
export function cutText(text: string, places: readonly number[]): readonly string[] {
  const ordered = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return ordered.slice(1).map((end, index) => text.slice(ordered[index], end));
}

/** Values that are no measurement, as fields of a line, and what the refusal says. */
export const BAD_VALUES: readonly { readonly printed: string; readonly why: RegExp }[] = [
  { printed: 'NaN', why: /NaN/ },
  { printed: 'nan', why: /nan/ },
  { printed: 'null', why: /null.*leave/ },
  { printed: '', why: /empty|wants a value/ },
  { printed: '1e999', why: /too large/ },
  { printed: '-1e999', why: /too large/ },
  { printed: '1e-999', why: /too close to zero/ },
  { printed: 'inf', why: /inf/ },
  { printed: '-Infinity', why: /Infinity/ },
  { printed: '"1,5"', why: /decimal comma|string/ },
  { printed: '0x1F', why: /0x1F/ },
  { printed: '1_000', why: /1_000/ },
  { printed: '12abc', why: /12abc/ },
  { printed: '12 34', why: /34|comma/ },
  { printed: '1.2.3', why: /1\.2\.3/ },
  { printed: '--1', why: /--1/ },
  { printed: '1e', why: /1e/ },
  { printed: '٣', why: /٣/ },
];
