import type { PayloadKind } from '../../wire/payload.ts';
import type { Format } from '../format.ts';
import { EBPF_FORMATS } from './ebpf/index.ts';
import { EVENTS_FORMATS } from './events/index.ts';
import { GPU_FORMATS } from './gpu/index.ts';
import { PMU_FORMATS } from './pmu/index.ts';
import { SAMPLES_FORMATS } from './samples/index.ts';
import { WCET_FORMATS } from './wcet/index.ts';

/** Every format by the kind of payload it comes in; wire/payload.ts lists the same ids. To add one: its file, a line in its kind's index, its id there. */
export const FORMATS_BY_KIND: Readonly<Record<PayloadKind, readonly Format[]>> = {
  ebpf: EBPF_FORMATS,
  pmu: PMU_FORMATS,
  gpu: GPU_FORMATS,
  wcet: WCET_FORMATS,
  samples: SAMPLES_FORMATS,
  events: EVENTS_FORMATS,
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
