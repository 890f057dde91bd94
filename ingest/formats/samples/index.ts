import type { Format } from '../../format.ts';
import { arrowFormat } from './arrow.ts';
import { csvFormat } from './csv.ts';
import { hdrHistogramFormat } from './hdr-histogram.ts';
import { hdrLogFormat } from './hdr-log.ts';
import { k6Format } from './k6.ts';
import { ndjsonFormat } from './ndjson.ts';
import { parquetFormat } from './parquet.ts';
import { wrk2Format } from './wrk2.ts';

/** Formats of samples and of load generators. */
export const SAMPLES_FORMATS: readonly Format[] = [
  csvFormat,
  ndjsonFormat,
  hdrLogFormat,
  hdrHistogramFormat,
  k6Format,
  wrk2Format,
  arrowFormat,
  parquetFormat,
];
