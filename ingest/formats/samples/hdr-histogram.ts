import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import { addHdr, decodeHdrAt, toHdrRecord } from './hdr-records.ts';

/** One HdrHistogram in base64 (V2, compressed or not), on one line or wrapped. Unit and region are the caller's: send unit= and region=. */
export const hdrHistogramFormat = {
  id: 'hdr-histogram' as const,
  kind: 'samples',
  mode: 'whole',
  summary: 'one HdrHistogram as base64 (V2, as encodeIntoCompressedByteBuffer writes it)',
  extraParameters: [],
  // The cookies of V2, compressed and not, and of DoubleHistogram, which is refused by name.
  detect: (head) => /^\uFEFF?\s*(HISTF|HISTE|DHISTE|DHISTF)[A-Za-z0-9+/=\s]*$/.test(head),
  parse: parseHdrHistogram,
} satisfies Omit<Extract<Format, { mode: 'whole' }>, 'id'> & { readonly id: string };

function parseHdrHistogram(text: string, parameters: PayloadParameters): ParseResult {
  const pieces: string[] = [];
  let first = 0;
  forEachLine(openText(text), (line, number) => {
    const piece = line.trim();
    if (piece === '') return;
    if (pieces.length > 0 && piece.startsWith('HISTFAAA'))
      throw new ParseError('a second histogram begins here: send a histogram log (format=hdr-log), or each by itself', {
        line: number,
        column: 1,
      });
    first ||= number;
    pieces.push(piece);
  });
  const histogram = decodeHdrAt(pieces.join(''), { line: first, column: 1 });
  return { records: [toHdrRecord(addHdr(undefined, histogram, first), undefined, parameters)], warnings: [] };
}
