import { as, document, push, type SampleFolder } from './row.ts';

export const PAPI: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'arm64-qemu-papi710-hl-PAPI_REPORT-stdout.txt': as(push('pmu/papi-hl')),
  'arm64-qemu-papi710-hl-cycles-instructions.json': as(push('pmu/papi-hl')),
  'arm64-qemu-papi710-hl-taskclock.json': as(push('pmu/papi-hl')),
  'arm64-qemu-papi_avail.txt': document('a list of presets'),
  'arm64-qemu-papi_command_line.txt': document('papi_command_line, a check of an installation: send papi_hl_output'),
  'arm64-qemu-papi_component_avail.txt': document('a list of components'),
  'arm64-qemu-papi_native_avail-head.txt': document('a list of events'),
  'papi_avail.txt': document('a list of presets'),
  'papi_component_avail.txt': document('a list of components'),
  'papi_mem_info.txt': document('a description of caches'),
  'papi_native_avail.txt': document('a list of events'),
};
