import assert from 'node:assert/strict';
import { type Format, ParseError, type PayloadFile, type PayloadParameters } from '../../../../ingest/format.ts';
import type { IngestRecord, SamplesRecord } from '../../../../ingest/records.ts';
import type { Warning } from '../../../../wire/payload.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import { NO_PARAMETERS } from './reading.ts';

/** Reads a binary format out of memory. */
type FileFormat = Omit<Extract<Format, { readonly mode: 'file' }>, 'id'>;
export type FileResult = { readonly records: readonly IngestRecord[]; readonly warnings: readonly Warning[] };

export function inMemory(bytes: Uint8Array): PayloadFile {
  return {
    byteLength: bytes.byteLength,
    read: async (start, end) => {
      if (!(start >= 0 && end >= start && end <= bytes.byteLength)) throw new RangeError(`bytes ${start} to ${end}`);
      return new Uint8Array(bytes.subarray(start, end));
    },
    openTables: () => Promise.reject(new RangeError('no tables in memory')),
  };
}

export async function readFileFormat(
  format: FileFormat,
  file: PayloadFile,
  parameters: Partial<PayloadParameters> = {},
): Promise<FileResult> {
  const parser = format.openFile(file, { ...NO_PARAMETERS, ...parameters });
  const records: IngestRecord[] = [];
  for await (const some of parser.records) records.push(...some);
  return { records, warnings: parser.warnings() };
}

/** A result, or why it was refused; any other error is the parser's own fault and fails the test. */
export async function readOrRefuse(format: FileFormat, bytes: Uint8Array, parameters: Partial<PayloadParameters> = {}) {
  try {
    return await readFileFormat(format, inMemory(bytes), parameters);
  } catch (error) {
    assert.ok(error instanceof ParseError || error instanceof ProblemError, error instanceof Error ? (error.stack ?? '') : String(error));
    return error.message;
  }
}

export const samplesOf = ({ records }: FileResult): readonly SamplesRecord[] =>
  records.flatMap((record) => (record.kind === 'samples' ? [record] : []));

export const valuesOf = (result: FileResult): readonly number[] => samplesOf(result).flatMap(({ values }) => [...values]);
