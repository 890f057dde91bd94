import { as, document, layout, push, type SampleFolder } from './row.ts';

export const DCGM: SampleFolder = {
  '1.x-compatibility-metrics.csv': document('the list of fields that dcgm-exporter is set up with'),
  'SOURCE.txt': document('where the samples come from'),
  'dcgm-exporter-HEAD-test-render.prom': layout(push('gpu/dcgm-exporter')),
  'dcgmi-dmon-shape-UNVERIFIED-VALUES.txt': layout(push('gpu/dcgmi-dmon')),
  'dcgmi-nvlink-e-json-shape.json': layout(push('gpu/dcgmi-nvlink'), push('samples/ndjson')),
  'dcp-metrics-included.csv': document('the list of fields that dcgm-exporter is set up with'),
  'default-counters.csv': document('the list of fields that dcgm-exporter is set up with'),
  'dra166-a100-mig.prom': as(push('gpu/dcgm-exporter')),
  'gmt138-old-exporter-v100.prom': as(push('gpu/dcgm-exporter')),
  'issue272-old-namespace-lowercase.prom': as(push('gpu/dcgm-exporter')),
  'issue512-h100-mig-gr_engine.prom': as(push('gpu/dcgm-exporter')),
  'issue58-titanv-idle-empty-pod.prom': as(push('gpu/dcgm-exporter')),
  'issue581-gb200-nvlink5-counters.prom': as(push('gpu/dcgm-exporter')),
  'issue68-a30-profiling.prom': as(push('gpu/dcgm-exporter')),
  'old-dcgm-exporter-1.4.6-sentinels-nvlink.prom': as(push('gpu/dcgm-exporter')),
};
