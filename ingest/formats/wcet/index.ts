import type { Format } from '../../format.ts';
import { aitXmlFormat } from './ait-xml.ts';
import { babeltraceFormat } from './babeltrace.ts';
import { boundTFormat } from './bound-t.ts';
import { boundsFormat } from './bounds.ts';
import { btfFormat } from './btf.ts';
import { cbmcFormat } from './cbmc.ts';
import { chronoviseCsvFormat } from './chronovise-csv.ts';
import { cyclesCsvFormat } from './cycles-csv.ts';
import { mappedCsvFormat } from './mapped-csv.ts';
import { otawaFormat } from './otawa.ts';
import { plainListFormat } from './plain-list.ts';
import { platinPmlFormat } from './platin-pml.ts';

/** Formats of execution times and of bounds on them. */
export const WCET_FORMATS: readonly Format[] = [
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
