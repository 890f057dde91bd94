import type { FormatId, PayloadKind } from '../../wire/payload.ts';
import { EBPF_EXAMPLES } from './ebpf/examples.ts';
import { EVENTS_EXAMPLES } from './events/examples.ts';
import type { FormatExample } from './example.ts';
import { GPU_EXAMPLES } from './gpu/examples.ts';
import { PMU_EXAMPLES } from './pmu/examples.ts';
import { SAMPLES_EXAMPLES } from './samples/examples.ts';
import { WCET_EXAMPLES } from './wcet/examples.ts';

/** An example of every format, by kind and id. */
export const FORMAT_EXAMPLES = {
  ebpf: EBPF_EXAMPLES,
  pmu: PMU_EXAMPLES,
  gpu: GPU_EXAMPLES,
  wcet: WCET_EXAMPLES,
  samples: SAMPLES_EXAMPLES,
  events: EVENTS_EXAMPLES,
} as const;

export type { FormatExample } from './example.ts';

/** The example of a format. @throws RangeError when the kind has no format of that id */
export function findExample(kind: PayloadKind, id: FormatId): FormatExample {
  const found = Object.entries(FORMAT_EXAMPLES[kind]).find(([name]) => name === id)?.[1];
  if (found === undefined) throw new RangeError(`no example of ${kind}/${id}`);
  return found;
}
