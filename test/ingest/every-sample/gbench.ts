import { as, document, push, type SampleFolder } from './row.ts';

export const GBENCH: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'gb171-aggregates-only.json': as(push('pmu/google-benchmark-json')),
  'gb171-perfcounters-unavailable.json': as(push('pmu/google-benchmark-json')),
  'gb171-perfcounters-unavailable.stderr.txt': document('stderr of a benchmark: a warning, no values'),
  'gb171-plain.csv': document('--benchmark_format=csv, which has no context: send --benchmark_out_format=json'),
  'gb171-plain.json': as(push('pmu/google-benchmark-json')),
  'gb171-reps3.json': as(push('pmu/google-benchmark-json')),
  'gb171.stderr.txt': document('an empty stderr'),
  'gb191-perfcounters-unavailable.json': as(push('pmu/google-benchmark-json')),
  'gb191-perfcounters-unavailable.stderr.txt': document('stderr of a benchmark: a warning, no values'),
  'gb191-plain.csv': document('--benchmark_format=csv, which has no context: send --benchmark_out_format=json'),
  'gb191-plain.json': as(push('pmu/google-benchmark-json')),
};
