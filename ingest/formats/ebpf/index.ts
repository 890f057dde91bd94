import type { Format } from '../../format.ts';
import { bccHistogramFormat } from './bcc-histogram.ts';
import { biolatencyJsonFormat } from './biolatency-json.ts';
import { biolatpctsJsonFormat } from './biolatpcts-json.ts';
import { bpftraceJsonFormat } from './bpftrace-json.ts';
import { bpftraceTextFormat } from './bpftrace-text.ts';
import { ebpfExporterFormat } from './ebpf-exporter.ts';
import { perfTraceFormat } from './perf-trace.ts';

/** Formats of eBPF tools and tracers. */
export const EBPF_FORMATS: readonly Format[] = [
  bpftraceJsonFormat,
  bpftraceTextFormat,
  bccHistogramFormat,
  biolatencyJsonFormat,
  biolatpctsJsonFormat,
  ebpfExporterFormat,
  perfTraceFormat,
];
