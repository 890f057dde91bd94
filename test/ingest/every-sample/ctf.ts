import { as, document, push, type SampleFolder } from './row.ts';

export const CTF: SampleFolder = {
  'SOURCE.txt': document('where the samples come from'),
  'babeltrace2-clock-cycles.txt': as(push('wcet/babeltrace'), push('wcet/babeltrace', { frequencyHz: '1e9' })),
  'babeltrace2-clock-seconds.txt': as(push('wcet/babeltrace')),
  'babeltrace2-details.txt': as(push('wcet/babeltrace', {}, 'none')),
  'babeltrace2-text.txt': as(push('wcet/babeltrace')),
  'ctf18-ust-trace/channel0_0': document('a binary CTF stream: send the text of babeltrace2'),
  'ctf18-ust-trace/channel0_1': document('a binary CTF stream: send the text of babeltrace2'),
  'ctf18-ust-trace/index/channel0_0.idx': document('a binary CTF index: send the text of babeltrace2'),
  'ctf18-ust-trace/index/channel0_1.idx': document('a binary CTF index: send the text of babeltrace2'),
  'ctf18-ust-trace/metadata': document('a binary packet of CTF metadata: send the text of babeltrace2'),
};
