import { document, pending, type SampleFolder } from './row.ts';

export const KINETO: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'event_sync_trace.json': pending('kineto'),
  'hta-cupti_profiler_range-excerpt.json': pending('kineto'),
  'hta-mi250_rocm62.json': pending('kineto'),
  'hta-ns_resolution_trace-excerpt.json': pending('kineto'),
  'triton_example.json': pending('kineto'),
};
