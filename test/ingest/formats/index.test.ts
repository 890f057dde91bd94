import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detectFormat, FORMATS_BY_KIND, findFormat } from '../../../ingest/formats/index.ts';
import { FORMATS, PAYLOAD_KINDS } from '../../../wire/payload.ts';
import { fixture } from './support/reading.ts';

describe('formats', () => {
  for (const kind of PAYLOAD_KINDS) {
    test(`of kind ${kind} are those that the wire contract lists`, () => {
      assert.deepEqual(
        FORMATS_BY_KIND[kind].map(({ id }) => id),
        [...FORMATS[kind]],
      );
      assert.ok(FORMATS_BY_KIND[kind].every((format) => format.kind === kind));
    });
  }

  const heads: readonly [kind: (typeof PAYLOAD_KINDS)[number], head: string, found: string][] = [
    ['ebpf', fixture('bpftrace-0.27/uprobe.json'), 'bpftrace-json'],
    ['ebpf', 'Attaching 3 probes...', 'bpftrace-text'],
    ['ebpf', 'hello', 'none'],
    ['pmu', fixture('perf-6.12/runs.jsonl'), 'perf-stat-json'],
    ['pmu', '\uFEFF# started on Fri Nov 20 18:13:34 2026\n\n{"counter-value" : "1"}', 'perf-stat-json'],
    ['pmu', '336.43,msec,task-clock,336438915,100.00,0.892,CPUs utilized', 'perf-stat-csv'],
    ['pmu', 'hello', 'none'],
    ['gpu', fixture('dcgm-exporter-1.4.6/sentinels.prom'), 'dcgm-exporter'],
    ['gpu', '<html>', 'none'],
    ['wcet', 'run,cycles\n0,1\n', 'cycles-csv'],
    ['wcet', '{"task":"t","kind":"budget","value":1,"unit":"ns"}', 'bounds'],
    ['wcet', 'benchmark_name,execution_time\n', 'none'],
    ['samples', 'region,value\na,1\n', 'csv'],
    ['events', fixture('nvidia-xid/xid-45.log'), 'kernel-log'],
    ['events', '{}', 'none'],
  ];
  for (const [kind, head, found] of heads) {
    test(`${kind} ${JSON.stringify(head.slice(0, 40))} is ${found}`, () => {
      const format = detectFormat(kind, head);
      assert.equal(typeof format === 'string' ? format : format.id, found);
    });
  }

  test('are found by kind and name', () => {
    assert.equal(findFormat('wcet', 'bounds')?.id, 'bounds');
    assert.equal(findFormat('pmu', 'bounds'), undefined);
  });
});
