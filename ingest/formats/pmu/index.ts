import type { Format } from '../../format.ts';
import { googleBenchmarkJsonFormat } from './google-benchmark-json.ts';
import { likwidCsvFormat } from './likwid-csv.ts';
import { papiHlFormat } from './papi-hl.ts';
import { perfDataJsonFormat } from './perf-data-json.ts';
import { perfScriptFormat } from './perf-script.ts';
import { perfStatCsvFormat } from './perf-stat-csv.ts';
import { perfStatJsonFormat } from './perf-stat-json.ts';
import { perfStatTextFormat } from './perf-stat-text.ts';

/** Formats of performance counters and of benchmarks that print them. */
export const PMU_FORMATS: readonly Format[] = [
  perfStatJsonFormat,
  perfStatCsvFormat,
  perfStatTextFormat,
  perfScriptFormat,
  perfDataJsonFormat,
  papiHlFormat,
  likwidCsvFormat,
  googleBenchmarkJsonFormat,
];
