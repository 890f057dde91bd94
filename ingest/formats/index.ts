import type { PayloadKind } from '../../wire/payload.ts';
import type { Format } from '../format.ts';
import { aitXmlFormat } from './ait-xml.ts';
import { babeltraceFormat } from './babeltrace.ts';
import { bccHistogramFormat } from './bcc-histogram.ts';
import { biolatencyJsonFormat } from './biolatency-json.ts';
import { biolatpctsJsonFormat } from './biolatpcts-json.ts';
import { boundTFormat } from './bound-t.ts';
import { boundsFormat } from './bounds.ts';
import { bpftraceJsonFormat } from './bpftrace-json.ts';
import { bpftraceTextFormat } from './bpftrace-text.ts';
import { btfFormat } from './btf.ts';
import { cbmcFormat } from './cbmc.ts';
import { chronoviseCsvFormat } from './chronovise-csv.ts';
import { csvFormat } from './csv.ts';
import { cyclesCsvFormat } from './cycles-csv.ts';
import { dcgmExporterFormat } from './dcgm-exporter.ts';
import { dcgmiDmonFormat } from './dcgmi-dmon.ts';
import { dcgmiNvlinkFormat } from './dcgmi-nvlink.ts';
import { ebpfExporterFormat } from './ebpf-exporter.ts';
import { googleBenchmarkJsonFormat } from './google-benchmark-json.ts';
import { hdrHistogramFormat } from './hdr-histogram.ts';
import { hdrLogFormat } from './hdr-log.ts';
import { k6Format } from './k6.ts';
import { kernelLogFormat } from './kernel-log.ts';
import { likwidCsvFormat } from './likwid-csv.ts';
import { mappedCsvFormat } from './mapped-csv.ts';
import { ncuCsvFormat } from './ncu-csv.ts';
import { ndjsonFormat } from './ndjson.ts';
import { nsysCsvFormat } from './nsys-csv.ts';
import { nvidiaSmiNvlinkFormat } from './nvidia-smi-nvlink.ts';
import { nvidiaSmiQFormat } from './nvidia-smi-q.ts';
import { nvidiaSmiQueryFormat } from './nvidia-smi-query.ts';
import { otawaFormat } from './otawa.ts';
import { papiHlFormat } from './papi-hl.ts';
import { perfDataJsonFormat } from './perf-data-json.ts';
import { perfScriptFormat } from './perf-script.ts';
import { perfStatCsvFormat } from './perf-stat-csv.ts';
import { perfStatJsonFormat } from './perf-stat-json.ts';
import { perfStatTextFormat } from './perf-stat-text.ts';
import { perfTraceFormat } from './perf-trace.ts';
import { plainListFormat } from './plain-list.ts';
import { platinPmlFormat } from './platin-pml.ts';
import { wrk2Format } from './wrk2.ts';

/** Every format by the kind of payload it comes in; wire/payload.ts lists the same ids. To add one: its file, a line here, its id there. */
export const FORMATS_BY_KIND: Readonly<Record<PayloadKind, readonly Format[]>> = {
  ebpf: [
    bpftraceJsonFormat,
    bpftraceTextFormat,
    bccHistogramFormat,
    biolatencyJsonFormat,
    biolatpctsJsonFormat,
    ebpfExporterFormat,
    perfTraceFormat,
  ],
  pmu: [
    perfStatJsonFormat,
    perfStatCsvFormat,
    perfStatTextFormat,
    perfScriptFormat,
    perfDataJsonFormat,
    papiHlFormat,
    likwidCsvFormat,
    googleBenchmarkJsonFormat,
  ],
  gpu: [
    dcgmExporterFormat,
    dcgmiDmonFormat,
    dcgmiNvlinkFormat,
    nvidiaSmiNvlinkFormat,
    nvidiaSmiQueryFormat,
    nvidiaSmiQFormat,
    ncuCsvFormat,
    nsysCsvFormat,
  ],
  wcet: [
    cyclesCsvFormat,
    boundsFormat,
    plainListFormat,
    boundTFormat,
    cbmcFormat,
    otawaFormat,
    platinPmlFormat,
    aitXmlFormat,
    chronoviseCsvFormat,
    btfFormat,
    babeltraceFormat,
    mappedCsvFormat,
  ],
  samples: [csvFormat, ndjsonFormat, hdrLogFormat, hdrHistogramFormat, k6Format, wrk2Format],
  events: [kernelLogFormat],
};

/** The format of that name among those of a kind; undefined when there is none. */
export function findFormat(kind: PayloadKind, id: string): Format | undefined {
  return FORMATS_BY_KIND[kind].find((format) => format.id === id);
}

/**
 * The one format of a kind that a payload without `format=` is in.
 * @param head the beginning of the payload, decoded; 4 KiB are enough
 */
export function detectFormat(kind: PayloadKind, head: string): Format | 'none' | 'ambiguous' {
  const [format, ...others] = FORMATS_BY_KIND[kind].filter(({ detect }) => detect(head));
  if (format === undefined) return 'none';
  return others.length === 0 ? format : 'ambiguous';
}
