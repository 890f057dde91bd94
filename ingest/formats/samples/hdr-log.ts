import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { parseDecimal } from '../../lexers/number.ts';
import { WarningTally } from '../warning-tally.ts';
import { addHdr, decodeHdrAt, type HdrSum, toHdrRecord } from './hdr-records.ts';

/**
 * HdrHistogram interval logs (HistogramLogWriter 1.0 to 1.3): comments, a legend, then `[Tag=name,]start,length,max,base64` lines. The
 * intervals of a tag are parts of one run and are added; what happened when is not kept. Unit is the caller's: Interval_Max is scaled for show.
 */
export const hdrLogFormat = {
  id: 'hdr-log' as const,
  kind: 'samples',
  mode: 'stream',
  summary: 'HdrHistogram interval log (.hlog) as HistogramLogWriter writes it',
  extraParameters: [],
  detect: (head) =>
    /^\uFEFF?(\s*#[^\n]*\n)*\s*(#\[Histogram log format|"StartTimestamp","Interval_Length"|(Tag=[^,\n]{1,512},)?[\d.]+,[\d.]+,[\d.]+,HISTF)/.test(
      head,
    ),
  open: openHdrLog,
} satisfies Omit<Extract<Format, { mode: 'stream' }>, 'id'> & { readonly id: string };

/** Tags of one log at most. */
const TAGS_LIMIT = 1000;

function openHdrLog(parameters: PayloadParameters): StreamParser {
  const tally = new WarningTally();
  const sums = new Map<string | undefined, HdrSum>();
  let intervals = 0;
  const lines = new LineStream((text, line) => {
    const printed = text.trim();
    if (printed === '' || printed.startsWith('#') || printed.startsWith('"StartTimestamp"')) return;
    const { tag, base64, column } = splitInterval(printed, line);
    sums.set(tag, addHdr(sums.get(tag), decodeHdrAt(base64, { line, column }), line));
    if (sums.size > TAGS_LIMIT) throw new ParseError(`the log has more than ${TAGS_LIMIT} tags`, { line, column: 1 });
    intervals++;
  });
  return {
    push: (text) => {
      lines.push(text);
      return [];
    },
    end: () => {
      lines.end();
      if (intervals === 0)
        throw new ParseError('the log has no intervals: nothing was recorded, or it was sent before it was written', {
          line: 1,
          column: 1,
        });
      const filled = [...sums].filter(([, { counts }]) => counts.size > 0);
      for (const [tag, { counts, line }] of sums)
        if (counts.size === 0) tally.add('empty_histogram', `nothing was recorded${tag === undefined ? '' : ` for tag ${tag}`}`, line);
      if (filled.length === 0) throw new ParseError('every interval is empty: nothing was recorded', { line: 1, column: 1 });
      if (intervals > sums.size) tally.add('intervals_added', `${intervals} intervals were added, those of a tag to one histogram`, null);
      return filled.map(([tag, sum]) => toHdrRecord(sum, tag, parameters));
    },
    warnings: () => tally.list(),
  };
}

type Interval = { readonly tag: string | undefined; readonly base64: string; readonly column: number };

/** @throws ParseError when the line is no interval */
function splitInterval(printed: string, line: number): Interval {
  const fields = printed.split(',').map((field) => field.trim());
  const tag = fields[0]?.startsWith('Tag=') === true ? fields.shift()?.slice('Tag='.length) : undefined;
  const [start = '', length = '', maximum = '', base64 = ''] = fields;
  const isInterval = fields.length === 4 && [start, length, maximum].every((field) => (parseDecimal(field) ?? -1) >= 0) && tag !== '';
  if (isInterval) return { tag, base64, column: printed.lastIndexOf(',') + 2 };
  throw new ParseError(`the line is no interval [Tag=name,]start,length,max,histogram: '${printed.slice(0, 60)}'`, { line, column: 1 });
}
