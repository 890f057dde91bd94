import { as, document, push, type SampleFolder } from './row.ts';

export const EBPF_EXPORTER: SampleFolder = {
  'README-bio-latency-excerpt.md': document('documentation with a page of ebpf_exporter in it'),
  'SOURCE.txt': document('where the samples come from'),
  'bio_latency.prom': as(push('ebpf/ebpf-exporter'), push('ebpf/ebpf-exporter', { since: 'start' })),
  'biolatency.yaml': document('the settings of ebpf_exporter'),
};
