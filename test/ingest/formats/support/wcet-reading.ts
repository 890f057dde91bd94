import type { ParseResult, PayloadParameters } from '../../../../ingest/format.ts';
import { aitXmlFormat } from '../../../../ingest/formats/wcet/ait-xml.ts';
import { babeltraceFormat } from '../../../../ingest/formats/wcet/babeltrace.ts';
import { boundTFormat } from '../../../../ingest/formats/wcet/bound-t.ts';
import { boundsFormat } from '../../../../ingest/formats/wcet/bounds.ts';
import { btfFormat } from '../../../../ingest/formats/wcet/btf.ts';
import { cbmcFormat } from '../../../../ingest/formats/wcet/cbmc.ts';
import { chronoviseCsvFormat } from '../../../../ingest/formats/wcet/chronovise-csv.ts';
import { cyclesCsvFormat } from '../../../../ingest/formats/wcet/cycles-csv.ts';
import { mappedCsvFormat } from '../../../../ingest/formats/wcet/mapped-csv.ts';
import { otawaFormat } from '../../../../ingest/formats/wcet/otawa.ts';
import { plainListFormat } from '../../../../ingest/formats/wcet/plain-list.ts';
import { platinPmlFormat } from '../../../../ingest/formats/wcet/platin-pml.ts';
import type { WcetFormat } from '../../../../ingest/formats/wcet/wcet-format.ts';
import type { IngestRecord } from '../../../../ingest/records.ts';
import { NO_PARAMETERS } from './reading.ts';

/** Every format of kind wcet, in the order of the wire contract. */
export const WCET_FORMATS: readonly WcetFormat<string>[] = [
  cyclesCsvFormat,
  boundsFormat,
  plainListFormat,
  boundTFormat,
  cbmcFormat,
  otawaFormat,
  platinPmlFormat,
  aitXmlFormat,
  chronoviseCsvFormat,
  btfFormat,
  babeltraceFormat,
  mappedCsvFormat,
];

/** Query parameters by name, as a caller sends them; what is not common goes to `extra`. */
export type Query = Readonly<Record<string, string>>;

function toParameters({ unit, region, ...extra }: Query): PayloadParameters {
  return { ...NO_PARAMETERS, unit, region, extra };
}

/** Reads a text with a format, in pieces of `pieceLength` characters when it streams. */
export function readWcet(format: WcetFormat<string>, text: string, query: Query = {}, pieceLength = 65_536): ParseResult {
  const parameters = toParameters(query);
  if (format.mode === 'whole') return format.parse(text, parameters);
  if (format.mode === 'file') throw new RangeError(`${format.id} is a file`);
  const parser = format.open(parameters);
  const records: IngestRecord[] = [];
  for (let start = 0; start < text.length; start += pieceLength) records.push(...parser.push(text.slice(start, start + pieceLength)));
  records.push(...parser.end());
  return { records, warnings: parser.warnings() };
}

/** The ids of the formats that take a head for theirs. */
export function detectWcet(text: string): readonly string[] {
  return WCET_FORMATS.filter(({ detect }) => detect(text.slice(0, 4096))).map(({ id }) => id);
}
