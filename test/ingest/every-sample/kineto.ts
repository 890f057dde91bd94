import { as, document, push, type SampleFolder } from './row.ts';

export const KINETO: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'event_sync_trace.json': as(push('gpu/kineto')),
  'hta-cupti_profiler_range-excerpt.json': as(push('gpu/kineto')),
  'hta-mi250_rocm62.json': as(push('gpu/kineto')),
  'hta-ns_resolution_trace-excerpt.json': as(push('gpu/kineto')),
  'triton_example.json': as(push('gpu/kineto')),
};
