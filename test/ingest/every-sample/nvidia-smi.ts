import { as, document, layout, push, type SampleFolder } from './row.ts';

export const NVIDIA_SMI: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'nvlink-e-gb300-tab-no-uuid.txt': as(push('gpu/nvidia-smi-nvlink')),
  'nvlink-e-h100-ml-engineering.txt': as(push('gpu/nvidia-smi-nvlink')),
  'nvlink-gt-d-v100-end.txt': as(push('gpu/nvidia-smi-nvlink')),
  'nvlink-gt-d-v100-start.txt': as(push('gpu/nvidia-smi-nvlink')),
  'nvlink-info-gb200.txt': layout(push('gpu/nvidia-smi-nvlink')),
  'nvlink-status-gb200.txt': layout(push('gpu/nvidia-smi-nvlink')),
  'nvlink-status-h800.txt': as(push('gpu/nvidia-smi-nvlink')),
  'nvlink-status-rtx8000.txt': as(push('gpu/nvidia-smi-nvlink')),
  'q-gsp-excerpts.txt': document('excerpts of nvidia-smi -q that name no GPU'),
  'q-h800-driver525-excerpt.txt': as(push('gpu/nvidia-smi-q'), push('environment/nvidia-smi-q')),
  'query-gpu-rtx3060-driver615.csv': as(push('gpu/nvidia-smi-query')),
  'query-gpu-rtx3080.csv': as(push('gpu/nvidia-smi-query')),
  'xid-kernel-log.txt': as(push('events/kernel-log')),
};
