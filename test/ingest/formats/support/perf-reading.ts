import fc from 'fast-check';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../../../ingest/format.ts';
import type { FormatDraft } from '../../../../ingest/formats/draft.ts';
import type { IngestRecord } from '../../../../ingest/records.ts';
import { NO_PARAMETERS } from './reading.ts';
import { assertSound } from './sound.ts';

/** Reads a text with a format that streams, in pieces of `size` characters. */
export function readPieces(
  format: Format | FormatDraft,
  text: string,
  parameters: Partial<PayloadParameters> = {},
  size = 7919,
): ParseResult {
  if (format.mode !== 'stream') throw new RangeError(`${format.id} is read at once`);
  const parser = format.open({ ...NO_PARAMETERS, ...parameters });
  const records: IngestRecord[] = [];
  for (let start = 0; start < text.length; start += size) records.push(...parser.push(text.slice(start, start + size)));
  records.push(...parser.end());
  return { records, warnings: parser.warnings() };
}

/** Reads a damaged text: a sound result or a ParseError, nothing else. */
export function readOrRefuse(format: Format | FormatDraft, text: string): ParseResult | undefined {
  format.detect(text.slice(0, 4096));
  try {
    const result = readPieces(format, text);
    assertSound(result);
    return result;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return undefined;
  }
}

/** Texts that differ from `text` in a few characters, or in the order and number of their lines. */
export function damaged(text: string): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...'{}[]",;:.-+#%()eE019 \n\r\t\\\0aN<>\uFFFD') });
  const lines = text.split('\n');
  return fc.oneof(
    fc
      .array(change, { minLength: 1, maxLength: 3 })
      .map((changes) => changes.reduce((changed, { at, to }) => changed.slice(0, at) + to + changed.slice(at + 1), text)),
    fc
      .array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length })
      .map((order) => order.map((index) => lines[index]).join('\n')),
  );
}
