import type { Format, ParseResult, PayloadParameters } from '../../../../ingest/format.ts';
import type { IngestRecord } from '../../../../ingest/records.ts';
import { NO_PARAMETERS } from './reading.ts';

type Whole = Omit<Extract<Format, { readonly mode: 'whole' }>, 'id'>;
type Stream = Omit<Extract<Format, { readonly mode: 'stream' }>, 'id'>;
type File = Omit<Extract<Format, { readonly mode: 'file' }>, 'id'>;
/** A format, registered or not. */
export type AnyFormat = (Whole | Stream | File) & { readonly id: string };

/** @param piece characters given at once to a format that streams */
export function read(format: AnyFormat, text: string, parameters: Partial<PayloadParameters> = {}, piece = 65_536): ParseResult {
  const given = { ...NO_PARAMETERS, ...parameters };
  if (format.mode === 'whole') return format.parse(text, given);
  if (format.mode === 'file') throw new RangeError(`${format.id} is a file`);
  const parser = format.open(given);
  const records: IngestRecord[] = [];
  for (let start = 0; start < text.length; start += piece) records.push(...parser.push(text.slice(start, start + piece)));
  records.push(...parser.end());
  return { records, warnings: parser.warnings() };
}

/** One line a record: region, metric, labels, value or values, flags. */
export function show(record: IngestRecord): string {
  if (record.kind === 'event') return record.code;
  const { region, metric, labels } = record.series;
  const names = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const values =
    record.kind === 'samples'
      ? record.values.join(' ')
      : record.kind === 'reading'
        ? String(record.value)
        : record.kind === 'histogram'
          ? record.counts.join(' ')
          : '';
  return [region, metric, ...names, values, ...record.quality].join(' | ');
}
