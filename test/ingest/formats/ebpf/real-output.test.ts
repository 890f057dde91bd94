import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bccHistogramFormat } from '../../../../ingest/formats/ebpf/bcc-histogram.ts';
import { biolatencyJsonFormat } from '../../../../ingest/formats/ebpf/biolatency-json.ts';
import { biolatpctsJsonFormat } from '../../../../ingest/formats/ebpf/biolatpcts-json.ts';
import { bpftraceJsonFormat } from '../../../../ingest/formats/ebpf/bpftrace-json.ts';
import { bpftraceTextFormat } from '../../../../ingest/formats/ebpf/bpftrace-text.ts';
import { ebpfExporterFormat } from '../../../../ingest/formats/ebpf/ebpf-exporter.ts';
import { perfTraceFormat } from '../../../../ingest/formats/ebpf/perf-trace.ts';
import { type AnyFormat, read } from '../support/ebpf-reading.ts';
import { assertRefused, hasSamples, histogramsOf, sample, sumOf } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

/** Real output. Expected counts were added up by Python (re.finditer over `a -> b : n`, ast.literal_eval, str.split) over the same files. */
const skip = hasSamples ? false : 'the collection of real samples is not beside this checkout';
const FORMATS: readonly AnyFormat[] = [
  bpftraceJsonFormat,
  bpftraceTextFormat,
  bccHistogramFormat,
  biolatencyJsonFormat,
  biolatpctsJsonFormat,
  ebpfExporterFormat,
  perfTraceFormat,
];
type Row = readonly [file: string, format: AnyFormat, records: number, histograms: number, counts: number, flags: string, unit?: string];
const bcc = bccHistogramFormat;
const READ: readonly Row[] = [
  ['bpftrace/v0.17-mix.txt', bpftraceTextFormat, 7, 2, 9, 'cumulative_snapshot,sum_unknown', 'ns'],
  ['bpftrace/v0.17-runqlat.txt', bpftraceTextFormat, 20, 20, 3624, 'sum_unknown', 'us'],
  ['bpftrace/v0.17-sysc.txt', bpftraceTextFormat, 415, 319, 345928, 'sum_unknown', 'ns'],
  ['bcc/libbpf-biolatency-F.txt', bcc, 8, 8, 11819, 'sum_unknown'],
  ['bcc/libbpf-biolatency-Q-m.txt', bcc, 1, 1, 13269, 'sum_unknown'],
  ['bcc/libbpf-biolatency.txt', bcc, 1, 1, 14412, 'sum_unknown'],
  ['bcc/libbpf-bitesize.txt', bcc, 14, 14, 14357, 'sum_unknown'],
  ['bcc/libbpf-cpudist.txt', bcc, 1, 1, 19429, 'sum_unknown'],
  ['bcc/libbpf-hardirqs-d.txt', bcc, 3, 3, 16717, 'sum_unknown'],
  ['bcc/libbpf-runqlat-T.txt', bcc, 1, 1, 77444, 'sum_unknown'],
  ['bcc/libbpf-runqlat-m.txt', bcc, 1, 1, 96011, 'sum_unknown'],
  ['bcc/libbpf-runqlat.txt', bcc, 1, 1, 95043, 'sum_unknown'],
  ['bcc/libbpf-softirqs.txt', bcc, 5, 0, 0, ''],
  ['bcc/libbpf-syscount-L.txt', bcc, 10, 0, 0, ''],
  ['bcc/py031-argdist.txt', bcc, 1, 1, 10, 'sum_unknown', 'bytes'],
  ['bcc/py031-biolatency-Q.txt', bcc, 1, 1, 18433, 'sum_unknown'],
  ['bcc/py031-biolatency-QD.txt', bcc, 1, 1, 8643, 'sum_unknown'],
  ['bcc/py031-biolatency-Qe.txt', bcc, 2, 1, 18578, 'sum_unknown'],
  ['bcc/py031-biolatency-QmT.txt', bcc, 1, 1, 18095, 'sum_unknown'],
  ['bcc/py031-funclatency-u.txt', bcc, 2, 1, 12, 'sum_unknown'],
  ['bcc/py031-funclatency.txt', bcc, 2, 1, 12, 'sum_unknown'],
  ['bcc/py031-hardirqs-d.txt', bcc, 3, 3, 8381, 'sum_unknown'],
  ['bcc/py031-softirqs-d.txt', bcc, 5, 5, 20641, 'sum_unknown'],
  ['bcc/py031-syscount-L.txt', bcc, 10, 0, 0, ''],
  ['bcc/py031-biolatency-Qj.txt', biolatencyJsonFormat, 1, 1, 18162, 'sum_unknown'],
  ['bcc/py031-biolatency-Qjm.txt', biolatencyJsonFormat, 1, 1, 18798, 'sum_unknown'],
  // 3 intervals of 4 operations and 12 percentiles.
  ['bcc/py031-biolatpcts.txt', biolatpctsJsonFormat, 144, 0, 0, ''],
  ['ebpf_exporter/bio_latency.prom', ebpfExporterFormat, 2, 2, 49, 'cumulative_snapshot'],
  // Rows, each a summary and a count of errors; execve of three threads has no time.
  ['perf/p61-trace-s.txt', perfTraceFormat, 2 * 93, 0, 0, 'not_counted'],
  ['perf/p612-trace-s.txt', perfTraceFormat, 2 * 96, 0, 0, 'not_counted'],
  ['perf/p72-trace-s.txt', perfTraceFormat, 2 * 93, 0, 0, 'not_counted'],
  ['perf/p61-trace-S.txt', perfTraceFormat, 2 * 16, 0, 0, 'not_counted'],
  ['perf/p61-sched-latency.txt', perfTraceFormat, 2 * 15, 0, 0, 'not_counted'],
];
const REFUSED: readonly [file: string, format: AnyFormat, line: number, message: RegExp][] = [
  ['bcc/libbpf-biosnoop.err', bcc, 4, /measured nothing: failed to attach BPF programs: -2/],
  ['bcc/libbpf-ext4dist.err', bcc, 3, /failed to attach kprobe: -2/],
  ['bcc/libbpf-runqlen.err', bcc, 20, /failed to resolve CO-RE relocation/],
  ['bcc/libbpf-softirqs-d.err', bcc, 86, /failed to load object 'softirqs_bpf'/],
  ['bcc/py031-cpudist.err', bcc, 17, /Exception: Failed to attach BPF program/],
  ['bcc/py031-runqlen.txt', bcc, 1, /no histogram and no table/],
  ['bcc/py031-argdist.txt', bcc, 2, /'size' does not say a unit: send unit=/],
  ['bcc/upstream-biolatency_example.txt', bcc, 1, /no line of a bcc histogram/],
  ['bcc/upstream-runqlen_example.txt', bcc, 1, /no line of a bcc histogram/],
  ['bcc/upstream-syscount_example.txt', bcc, 1, /no line of a bcc histogram/],
  ['ebpf_exporter/bio_latency.prom', ebpfExporterFormat, 3, /one page does not say when/],
  ['perf/p61-trace.txt', perfTraceFormat, 1, /run perf trace -s/],
];
const detected = (file: string) => FORMATS.filter(({ detect }) => detect(sample(file).slice(0, 4096))).map(({ id }) => id);

describe('real output of eBPF tools and perf trace', { skip }, () => {
  for (const [file, format, records, histograms, counts, flags, unit] of READ) {
    test(`${file} is ${format.id}: ${records} records, ${histograms} histograms of ${counts} counts`, () => {
      assert.deepEqual(detected(file), [format.id]);
      const result = read(format, sample(file), { unit, extra: format.id === 'ebpf-exporter' ? { since: 'start' } : {} }, 1000);
      assertSound(result);
      assert.equal(result.records.length, records);
      assert.equal(histogramsOf(result).length, histograms);
      assert.equal(sumOf(histogramsOf(result).flatMap((histogram) => histogram.counts)), counts);
      const found = new Set(result.records.flatMap((record) => (record.kind === 'event' ? [] : record.quality)));
      assert.equal([...found].sort().join(), flags);
    });
  }
  for (const [file, format, line, message] of REFUSED) {
    test(`${file} is refused with ${message.source}`, () => {
      assert.deepEqual(detected(file), [format.id]);
      assertRefused(() => read(format, sample(file)), line, message);
    });
  }
  for (const file of [
    'bpftrace/v0.17-sysc.json',
    'bpftrace/v0.27-edge.json',
    'bcc/upstream-biosnoop_example.txt',
    'bcc/upstream-llcstat_example.txt',
  ]) {
    test(`${file} is none of the new formats`, () => {
      assert.deepEqual(detected(file), file.endsWith('json') ? ['bpftrace-json'] : []);
    });
  }

  test('keeps calls and times of perf trace -s', () => {
    const summaries = read(perfTraceFormat, sample('perf/p61-trace-s.txt')).records.filter((record) => record.kind === 'summary');
    assert.equal(sumOf(summaries.map(({ count }) => count)), 8293);
    assert.equal(Math.round(sumOf(summaries.map(({ sum }) => sum ?? 0)) / 1000), 1354627);
    assert.equal(summaries.filter(({ quality }) => quality.length > 0).length, 3);
  });
});
