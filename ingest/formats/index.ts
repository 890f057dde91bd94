import type { PayloadKind } from '../../wire/payload.ts';
import type { Format } from '../format.ts';
import { boundsFormat } from './bounds.ts';
import { bpftraceJsonFormat } from './bpftrace-json.ts';
import { csvFormat } from './csv.ts';
import { cyclesCsvFormat } from './cycles-csv.ts';
import { dcgmExporterFormat } from './dcgm-exporter.ts';
import { kernelLogFormat } from './kernel-log.ts';
import { ndjsonFormat } from './ndjson.ts';
import { perfStatJsonFormat } from './perf-stat-json.ts';

/** Every format by the kind of payload it comes in; wire/payload.ts lists the same ids. To add one: its file, a line here, its id there. */
export const FORMATS_BY_KIND: Readonly<Record<PayloadKind, readonly Format[]>> = {
  ebpf: [bpftraceJsonFormat],
  pmu: [perfStatJsonFormat],
  gpu: [dcgmExporterFormat],
  wcet: [cyclesCsvFormat, boundsFormat],
  samples: [csvFormat, ndjsonFormat],
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
