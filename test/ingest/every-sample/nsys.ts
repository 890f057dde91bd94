import { as, document, push, type SampleFolder } from './row.ts';

export const NSYS: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'nsys2024.6.2-cuda_api_sum-head.csv': as(push('gpu/nsys-csv')),
  'nsys2024.6.2-cuda_gpu_kern_sum-run1.csv': as(push('gpu/nsys-csv')),
  'nsys2024.6.2-cuda_gpu_kern_sum-run2.csv': as(push('gpu/nsys-csv')),
  'nsys2025.3.2-jetson-thor-cuda_gpu_trace.csv': as(push('gpu/nsys-csv')),
  'nsys2026.3.1-cuda_gpu_trace.csv': as(push('gpu/nsys-csv')),
  'nsys2026.3.1-nvtx_pushpop_trace.csv': as(push('gpu/nsys-csv')),
  'stdout-preamble-before-csv.txt': as(push('gpu/nsys-csv')),
};
