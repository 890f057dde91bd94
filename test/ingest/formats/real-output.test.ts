import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Format } from '../../../ingest/format.ts';
import { bpftraceJsonFormat } from '../../../ingest/formats/ebpf/bpftrace-json.ts';
import { kernelLogFormat } from '../../../ingest/formats/events/kernel-log.ts';
import { dcgmExporterFormat } from '../../../ingest/formats/gpu/dcgm-exporter.ts';
import { perfStatJsonFormat } from '../../../ingest/formats/pmu/perf-stat-json.ts';
import { cyclesCsvFormat } from '../../../ingest/formats/wcet/cycles-csv.ts';
import { assertRefused, hasSamples, histogramsOf, parse, readingsOf, SAMPLES, sample, samplesOf, sumOf } from './support/reading.ts';
import { assertSound } from './support/sound.ts';

/** Real output. Expected counts come from Python's json module over the same files (sums of "count", lines with "counter-value"). */
const skip = hasSamples ? false : 'the collection of real samples is not beside this checkout';

const filesOf = (folder: string, ending: RegExp) =>
  readdirSync(new URL(folder, SAMPLES))
    .filter((name) => ending.test(name))
    .map((name) => `${folder}${name}`);

describe('real output of the tools', { skip }, () => {
  const every: readonly [format: Format, folder: string, ending: RegExp, parameters: Record<string, string>, refused: RegExp][] = [
    [bpftraceJsonFormat, 'bpftrace/', /json$/, { unit: 'ns' }, /biolat/],
    [bpftraceJsonFormat, 'bpftrace/upstream-outputs/', /json$/, { unit: '1' }, /^$/],
    [perfStatJsonFormat, 'perf/', /-j\.(jsonl|txt)$/, {}, /p6.*-metriconly/],
    [perfStatJsonFormat, 'riscv/', /_j\.jsonl$/, {}, /^$/],
    [dcgmExporterFormat, 'dcgm/', /\.prom$/, {}, /^$/],
    [kernelLogFormat, 'nvidia-smi/', /^xid/, {}, /^$/],
    [kernelLogFormat, 'riscv/', /dmesg/, {}, /^$/],
  ];
  for (const [format, folder, ending, parameters, refused] of every) {
    for (const path of hasSamples ? filesOf(folder, ending) : []) {
      test(`${format.id} ${refused.test(path) ? 'refuses' : 'reads'} ${path}`, () => {
        const text = sample(path);
        assert.ok(format.detect(text.slice(0, 4096)), 'detected');
        if (refused.test(path)) assert.throws(() => parse(format, text, parameters), { name: 'ParseError' });
        else assertSound(parse(format, text, parameters));
      });
    }
  }

  const histograms: readonly [file: string, unit: string | undefined, total: number, count: number][] = [
    ['v0.17-biolat.json', undefined, 26127, 6],
    ['v0.27-biolat.json', undefined, 26146, 6],
    ['v0.17-runqlat.json', 'us', 2 * 2157, 28],
    ['v0.23-runqlat.json', 'us', 2 * 46914, 49],
    ['v0.27-runqlat.json', 'us', 2 * 56644, 22],
    ['v0.23-hist2.json', 'ns', 108341 + 98918 + 47 + 207693, 2],
    ['v0.27-hist2.json', 'ns', 244122 + 30 + 244346, 2],
  ];
  for (const [file, unit, total, count] of histograms) {
    test(`keeps every event of ${file}`, () => {
      const found = histogramsOf(parse(bpftraceJsonFormat, sample(`bpftrace/${file}`), { unit }));
      assert.equal(found.length, count);
      assert.equal(sumOf(found.flatMap(({ counts }) => counts)), total);
    });
  }

  test('reads every kind of map of v0.17-sysc.json and v0.27-tseries.json', () => {
    const { records } = parse(bpftraceJsonFormat, sample('bpftrace/v0.17-sysc.json'), { unit: 'ns' });
    const kinds = ['histogram', 'summary', 'reading'].map((kind) => records.filter((record) => record.kind === kind).length);
    // 63 keys of @lat_ns, 5 of @st, 37 of @a, 5 of @c, and @mn, @mx, @sm.
    assert.deepEqual(kinds, [63, 5, 37 + 5 + 3]);
    const series = samplesOf(parse(bpftraceJsonFormat, sample('bpftrace/v0.27-tseries.json'), { unit: '1' }));
    assert.deepEqual([series.length, sumOf(series.map(({ values }) => values.length))], [31, 53 + 6]);
    assert.equal(sumOf(series.find(({ series: { metric } }) => metric === 'rate')?.values ?? []), 149215);
  });

  test('restores the last bucket of v0.17-mix.json, which 0.27 prints right', () => {
    for (const [version, flags] of [
      ['0.17', ['sum_unknown', 'repaired']],
      ['0.27', ['sum_unknown']],
    ] as const) {
      const found = histogramsOf(parse(bpftraceJsonFormat, sample(`bpftrace/v${version}-mix.json`), { unit: 'ns' })).find(
        ({ series }) => series.metric === 'h',
      );
      assert.deepEqual(
        [found?.edges.at(0), found?.edges.at(-1), found?.counts.at(-1), sumOf(found?.counts ?? [])],
        [Number.NEGATIVE_INFINITY, 2 ** 32, 1, 5],
      );
      assert.deepEqual(found?.quality, flags);
    }
  });

  const counters: readonly [file: string, lines: number, absent: number, flag: string | undefined, flagged: number][] = [
    ['perf/p61-j.jsonl', 12, 5, 'not_supported', 5],
    ['perf/p61-d-j.jsonl', 12, 8, 'not_supported', 8],
    ['perf/p61-r5-j.jsonl', 12, 5, 'tool_bug', 12],
    ['perf/p612-r5-j.jsonl', 11, 2, 'tool_bug', 0],
    ['perf/p61-perthread-j.jsonl', 57, 0, undefined, 57],
    ['perf/p612-arm64-qemu-cortexa57-j.jsonl', 10, 6, 'not_supported', 6],
    ['perf/p72-j.jsonl', 11, 2, 'tool_bug', 3],
    ['riscv/qemu-virt-mux_perf_stat_j.jsonl', 5, 0, 'multiplexed', 5],
    ['riscv/qemu-virt-short_perf_stat_j.jsonl', 5, 3, 'not_counted', 3],
    ['riscv/qemu-virt-perf_stat_j.jsonl', 10, 5, 'not_supported', 5],
  ];
  for (const [file, lines, absent, flag, flagged] of counters) {
    test(`gives each of the ${lines} counters of ${file} a reading`, () => {
      const readings = readingsOf(parse(perfStatJsonFormat, sample(file)));
      assert.deepEqual([readings.length, readings.filter(({ value }) => value === null).length], [lines, absent]);
      const have = readings.filter(({ quality }) => (flag === undefined ? quality.length === 0 : quality.some((name) => name === flag)));
      assert.equal(have.length, flagged);
    });
  }

  test('gives each interval of p61-I-j.jsonl that counted a sample', () => {
    // 20 lines, of which 5 not supported and 9 not counted.
    const result = parse(perfStatJsonFormat, sample('perf/p61-I-j.jsonl'));
    assert.equal(sumOf(samplesOf(result).map(({ values }) => values.length)), 6);
    assert.equal(readingsOf(result).length, 1);
  });

  test('refuses the cycles of rdcycle without a perf event, and reads its nanoseconds', () => {
    const text = sample('wcet/riscv64-qemu-rdcycle-insertsort.csv');
    assertRefused(() => parse(cyclesCsvFormat, text, { extra: { task: 'insertsort' } }), 2, /cycles is 0 in every row/);
    const renamed = text.replace('cycles', 'unused');
    const [times] = samplesOf(parse(cyclesCsvFormat, renamed, { extra: { task: 'insertsort' } }));
    assert.deepEqual([times?.values.length, times?.values.slice(0, 3)], [text.trimEnd().split('\n').length - 1, [65400, 71000, 86200]]);
  });
});
