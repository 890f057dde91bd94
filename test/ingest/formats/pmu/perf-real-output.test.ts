import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { perfDataJsonFormat } from '../../../../ingest/formats/pmu/perf-data-json.ts';
import { perfScriptFormat } from '../../../../ingest/formats/pmu/perf-script.ts';
import { perfStatCsvFormat } from '../../../../ingest/formats/pmu/perf-stat-csv.ts';
import { perfStatJsonFormat } from '../../../../ingest/formats/pmu/perf-stat-json.ts';
import { perfStatTextFormat } from '../../../../ingest/formats/pmu/perf-stat-text.ts';
import { damaged, readOrRefuse, readPieces } from '../support/perf-reading.ts';
import { codesOf, fixture, hasSamples, readingsOf, SAMPLES, sample, samplesOf, sumOf } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

/** Real output of perf. Expected counts: lines of the file with a counter, and of those with "<not", by grep -c. */
const skip = hasSamples ? false : 'the collection of real samples is not beside this checkout';
const FORMATS = [perfStatJsonFormat, perfStatCsvFormat, perfStatTextFormat, perfScriptFormat, perfDataJsonFormat];

type Expected = readonly [file: string, readings: number, absent: number, samples: number, flags: string, codes?: string];
const READ: readonly Expected[] = [
  ['perf/p61-I-x.csv', 1, 1, 6, 'autocorrelated,not_counted,not_supported', 'missing_interval'],
  ['perf/p61-aA-I-x.csv', 2, 2, 12, 'autocorrelated,not_supported', 'missing_interval'],
  ['perf/p61-aA-x.csv', 6, 2, 0, 'not_supported'],
  ['perf/p61-default.txt', 11, 4, 0, 'not_supported'],
  ['perf/p61-nobignum.txt', 11, 4, 0, 'not_supported'],
  ['perf/p61-percore-x.csv', 6, 2, 0, 'not_supported'],
  ['perf/p61-r5-text.txt', 12, 5, 0, 'not_supported,tool_bug', 'last_run_only'],
  ['perf/p61-r5-x.csv', 12, 5, 0, 'not_supported,tool_bug', 'last_run_only'],
  ['perf/p61-script-default.txt', 2, 0, 0, 'unit_assumed'],
  ['perf/p61-script-tracepoints.txt', 12, 0, 0, ''],
  ['perf/p61-x-semicolon.csv', 3, 1, 0, 'not_supported'],
  ['perf/p61-x.csv', 12, 5, 0, 'not_supported'],
  ['perf/p612-aA-x.csv', 6, 2, 0, 'not_supported'],
  ['perf/p612-de-xs.txt', 8, 4, 0, 'not_supported,repaired', 'decimal_comma,mean_of_runs'],
  ['perf/p612-default.txt', 11, 4, 0, 'not_supported'],
  ['perf/p612-metriconly.txt', 3, 0, 0, '', 'no_counters'],
  ['perf/p612-percore-x.csv', 6, 2, 0, 'not_supported'],
  ['perf/p612-perthread-x.csv', 13, 13, 0, 'not_counted', 'repeated_counter'],
  ['perf/p612-r5.txt', 12 - 1, 2, 0, 'not_supported', 'mean_of_runs'],
  // Captured with head: its last sample has no blank line behind it.
  ['perf/p612-script-default.txt', 2, 0, 0, 'unit_assumed', 'maybe_cut_off'],
  ['perf/p612-x.csv', 11, 2, 0, 'not_supported'],
  ['perf/p72-I-x.csv', 1, 1, 4, 'autocorrelated,not_counted,not_supported', 'missing_interval'],
  ['perf/p72-aA-x.csv', 6, 2, 0, 'not_supported'],
  ['perf/p72-de-xs.txt', 5, 1, 0, 'not_supported,repaired', 'decimal_comma,mean_of_runs,metric_left_out'],
  ['perf/p72-default-x.csv', 5 + 5, 1 + 2, 0, 'not_counted,not_supported'],
  ['perf/p72-default.txt', 8, 1, 0, 'not_supported'],
  ['perf/p72-percore-x.csv', 6, 2, 0, 'not_supported'],
  ['perf/p72-perthread-x.csv', 13, 13, 0, 'not_counted', 'repeated_counter'],
  ['perf/p72-r5-x.csv', 11, 2, 0, 'not_supported,tool_bug,unit_assumed', 'mean_of_runs'],
  ['perf/p72-r5.txt', 11, 2, 0, 'not_supported,tool_bug,unit_assumed', 'mean_of_runs'],
  ['perf/p72-script-default.txt', 2, 0, 0, 'unit_assumed', 'maybe_cut_off'],
  ['perf/p72-x.csv', 11, 2, 0, 'not_supported,tool_bug,unit_assumed'],
  ['perf/topdown-x-perf4.15-cascadelake.csv', 4, 1, 0, 'not_counted,tool_bug,unit_assumed'],
  ['riscv/qemu-virt-mux_perf_stat.txt', 8, 0, 0, 'multiplexed'],
  ['riscv/qemu-virt-mux_perf_stat_x.csv', 5, 0, 0, 'multiplexed'],
  ['riscv/qemu-virt-perf_stat_default.txt', 11, 2, 0, 'not_supported'],
  ['riscv/qemu-virt-perf_stat_x.csv', 10, 5, 0, 'not_supported'],
  // perf stat -j; counted by eye, metrics of 7.2's event tables after the plus sign.
  ['perf/p61-I-j.jsonl', 1, 1, 6, 'autocorrelated,not_counted,not_supported', 'missing_interval'],
  ['perf/p61-aA-j.jsonl', 8, 2, 0, 'not_supported'],
  ['perf/p61-d-j.jsonl', 12, 8, 0, 'not_supported'],
  ['perf/p61-de-j.jsonl', 8, 4, 0, 'not_supported,repaired,tool_bug', 'decimal_comma,last_run_only'],
  ['perf/p61-default-j.jsonl', 8, 4, 0, 'not_supported'],
  ['perf/p61-j.jsonl', 12, 5, 0, 'not_supported'],
  ['perf/p61-percore-I-j.jsonl', 2, 2, 12, 'autocorrelated,not_supported', 'missing_interval'],
  ['perf/p61-percore-j.jsonl', 6, 2, 0, 'not_supported'],
  ['perf/p61-perdie-j.jsonl', 2, 0, 0, ''],
  ['perf/p61-pernode-j.jsonl', 2, 0, 0, ''],
  ['perf/p61-perthread-j.jsonl', 57, 0, 0, '', 'repeated_counter'],
  ['perf/p61-r5-j.jsonl', 12, 5, 0, 'not_supported,tool_bug', 'last_run_only'],
  ['perf/p612-I-j.jsonl', 1, 1, 4, 'autocorrelated,not_counted,not_supported', 'missing_interval'],
  ['perf/p612-aA-j.jsonl', 6, 2, 0, 'not_supported'],
  ['perf/p612-arm64-qemu-cortexa57-j.jsonl', 10, 6, 0, 'not_supported'],
  ['perf/p612-de-j.txt', 8, 4, 0, 'not_supported,repaired', 'decimal_comma,mean_of_runs'],
  ['perf/p612-default-j.jsonl', 8, 4, 0, 'not_supported'],
  ['perf/p612-j.jsonl', 11, 2, 0, 'not_supported'],
  ['perf/p612-percache-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p612-percluster-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p612-percore-I-j.jsonl', 2, 2, 4, 'autocorrelated,not_supported', 'missing_interval'],
  ['perf/p612-percore-j.jsonl', 6, 2, 0, 'not_supported'],
  ['perf/p612-perdie-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p612-pernode-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p612-persocket-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p612-perthread-j.jsonl', 8, 0, 0, ''],
  ['perf/p612-r5-j.jsonl', 11, 2, 0, 'not_supported', 'mean_of_runs'],
  ['perf/p72-I-j.jsonl', 1, 1, 4, 'autocorrelated,not_counted,not_supported', 'missing_interval'],
  ['perf/p72-de-j.txt', 5 + 5, 1 + 2, 0, 'not_a_number,not_supported,repaired', 'decimal_comma,mean_of_runs'],
  ['perf/p72-default-j.jsonl', 5 + 5, 1 + 2, 0, 'not_a_number,not_supported'],
  ['perf/p72-j.jsonl', 11, 2, 0, 'not_supported,tool_bug,unit_assumed'],
  ['perf/p72-metriconly-I-j.jsonl', 1, 1, 12, 'autocorrelated,not_a_number', 'missing_interval'],
  ['perf/p72-metriconly-j.jsonl', 5, 2, 0, 'not_a_number'],
  ['perf/p72-percache-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p72-percore-I-j.jsonl', 2, 2, 4, 'autocorrelated,not_supported', 'missing_interval'],
  ['perf/p72-percore-j.jsonl', 6, 2, 0, 'not_supported'],
  ['perf/p72-perdie-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p72-pernode-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p72-persocket-j.jsonl', 3, 1, 0, 'not_supported'],
  ['perf/p72-perthread-j.jsonl', 4, 0, 0, ''],
  ['riscv/qemu-virt-mux_perf_stat_j.jsonl', 5, 0, 0, 'multiplexed'],
  ['riscv/qemu-virt-perf_stat_I_j.jsonl', 0, 0, 6, 'autocorrelated'],
  ['riscv/qemu-virt-perf_stat_default_j.jsonl', 8, 2, 0, 'not_supported'],
  ['riscv/qemu-virt-perf_stat_fw_j.jsonl', 3, 0, 0, ''],
  ['riscv/qemu-virt-perf_stat_j.jsonl', 10, 5, 0, 'not_supported'],
  ['riscv/qemu-virt-perf_stat_r5_j.jsonl', 2, 0, 0, '', 'mean_of_runs'],
  ['riscv/qemu-virt-short_perf_stat_j.jsonl', 5, 3, 0, 'not_counted'],
];

/** One value of each part of a machine, read in the file by eye. */
const PARTS: readonly [file: string, line: number, labels: Readonly<Record<string, string>>, value: number][] = [
  ['perf/p612-aA-j.jsonl', 4, { cpu: '1' }, 11],
  ['perf/p61-percore-j.jsonl', 7, { core: 'S0-D0-C1' }, 2534],
  ['perf/p612-persocket-j.jsonl', 2, { socket: 'S0' }, 51],
  ['perf/p61-perdie-j.jsonl', 4, { die: 'S0-D0' }, 3194],
  ['perf/p72-pernode-j.jsonl', 2, { node: 'N0' }, 69],
  ['perf/p612-percache-j.jsonl', 2, { cache: 'S0-D0-L3-ID0' }, 46],
  ['perf/p612-percluster-j.jsonl', 2, { cluster: 'S0-D0-CLS65535' }, 40],
  ['perf/p612-perthread-j.jsonl', 3, { thread: 'rcu_preempt' }, 9],
  ['perf/p72-perthread-j.jsonl', 2, { thread: 'kworker/1:0-virtio_vsock' }, 1],
  ['perf/p612-aA-x.csv', 6, { cpu: '1' }, 19],
  ['perf/p72-percore-x.csv', 7, { core: 'S0-D0-C1' }, 13],
];
const REFUSED: readonly [file: string, line: number, message: RegExp][] = [
  ['perf/p61-metriconly-j.jsonl', 1, /without --metric-only/],
  ['perf/p612-metriconly-j.jsonl', 1, /without --metric-only/],
  ['perf/p612-metriconly-I-j.jsonl', 1, /without --metric-only/],
  ['perf/p61-de-text.txt', 6, /LC_ALL=C/],
  ['perf/p61-de-x.csv', 3, /LC_ALL=C/],
  ['perf/p61-metriconly-x.csv', 1, /without --metric-only/],
  ['perf/p612-data-convert-head.json', 177, /cut off/],
  ['perf/p612-de-xc.txt', 3, /LC_ALL=C/],
  ['perf/p612-de.txt', 6, /LC_ALL=C/],
  ['perf/p612-metriconly-x.csv', 1, /without --metric-only/],
  ['perf/p72-data-convert-head.json', 182, /cut off/],
  ['perf/p72-de-xc.txt', 3, /LC_ALL=C/],
  ['perf/p72-de.txt', 6, /LC_ALL=C/],
  ['perf/p72-metriconly-x.csv', 4, /5 values for 11 metrics.*without --metric-only/],
  ['perf/p72-metriconly.txt', 6, /without --metric-only/],
];

function formatOf(text: string) {
  const head = text.slice(0, 4096);
  const fits = FORMATS.filter((format) => format.detect(head));
  assert.ok(fits.length <= 1, fits.map(({ id }) => id).join(' and '));
  return FORMATS.find((format) => format === fits[0]);
}

describe('real output of perf', { skip }, () => {
  for (const [file, readings, absent, samples, flags, codes] of READ) {
    test(`reads ${file}`, () => {
      const text = sample(file);
      const format = formatOf(text);
      assert.ok(format !== undefined);
      const result = readPieces(format, text);
      assertSound(result);
      const found = readingsOf(result);
      assert.deepEqual([found.length, found.filter(({ value }) => value === null).length], [readings, absent]);
      assert.equal(sumOf(samplesOf(result).map(({ values }) => values.length)), samples);
      const quality = new Set(result.records.flatMap((record) => (record.kind === 'event' ? [] : record.quality)));
      assert.equal([...quality].sort().join(), flags);
      assert.equal([...new Set(codesOf(result))].sort().join(), codes ?? '');
    });
  }

  for (const [file, line, labels, value] of PARTS) {
    test(`tells which part of the machine line ${line} of ${file} is of`, () => {
      const text = sample(file);
      const format = formatOf(text);
      assert.ok(format !== undefined);
      const found = readingsOf(readPieces(format, text)).find((reading) => reading.line === line);
      assert.deepEqual([found?.series.metric, found?.series.labels, found?.value], ['sched.context_switches', labels, value]);
    });
  }

  for (const [file, line, message] of REFUSED) {
    test(`refuses ${file}`, () => {
      const text = sample(file);
      const format = formatOf(text);
      assert.ok(format !== undefined);
      assert.throws(
        () => readPieces(format, text),
        (error: unknown) => error instanceof Error && 'line' in error && error.line === line && message.test(error.message),
      );
    });
  }

  test('takes no other file of these folders for its own', () => {
    const known = new Set([...READ, ...REFUSED].map(([file]) => file));
    for (const folder of ['perf/', 'riscv/', 'likwid/', 'papi/', 'gbench/', 'wcet/']) {
      for (const { name } of readdirSync(new URL(folder, SAMPLES), { withFileTypes: true }).filter((entry) => entry.isFile())) {
        if (!known.has(`${folder}${name}`)) assert.equal(formatOf(sample(`${folder}${name}`))?.id, undefined, name);
      }
    }
  });

  test('counts what Python counts in p61-script-tracepoints.txt', () => {
    const readings = readingsOf(readPieces(perfScriptFormat, sample('perf/p61-script-tracepoints.txt')));
    const counts = readings.map(({ series, value }) => `${series.metric} ${series.labels['comm']} ${value}`).sort();
    assert.deepEqual(
      counts.filter((text) => text.startsWith('perf.sched:sched_switch')),
      [
        'perf.sched:sched_switch Collector 4',
        'perf.sched:sched_switch Formatter 2',
        'perf.sched:sched_switch ThreadPool 3',
        'perf.sched:sched_switch Unknown 1',
        'perf.sched:sched_switch migration/0 1',
        'perf.sched:sched_switch perf 2',
        'perf.sched:sched_switch swapper 2',
      ],
    );
    assert.equal(sumOf(readings.map(({ value }) => value ?? 0)), 25);
  });
});

describe('damaged files of perf', () => {
  const texts = [
    [
      'json',
      '# started on x\n\n{"cpu" : "0", "counter-value" : "1.500000", "unit" : "msec", "event" : "task-clock", "event-runtime" : 10, "pcnt-running" : 100.00}\n',
    ],
    [
      'json intervals',
      '{"interval" : 0.200256811, "counter-value" : "2.000000", "unit" : "", "event" : "cs", "pcnt-running" : 59.00, "metric-value" : "3.7", "metric-unit" : "cs/sec  cs_per_second"}\n{"interval" : 0.400256811, "GHz  cycles_frequency" : "2.5"}\n',
    ],
    [
      'json commas',
      '{"counter-value" : "295,342893", "unit" : "msec", "event" : "task-clock", "variance" : 0,64, "pcnt-running" : 100,00, "metric-value" : 0,503706, "metric-unit" : "%  a"}\n',
    ],
    ['csv', '# started on x\n\n     0.200,S0\n'],
    [
      'csv intervals',
      '     0.200228078,CPU0,0.45,msec,task-clock,1.50%,453276,100.00,0.002,CPUs utilized\n     0.400228078,CPU0,<not supported>,,cycles,0.00%,0,100.00,,\n',
    ],
    ['csv metrics', 'time,core,cpus,retiring,GHz,\n1.000000001,S0-C0,1,151.0,3.9,\n'],
    ['csv commas', '113,32;msec;task-clock;0,21%;113438221;100,00;0;CPUs utilized\n'],
    ['text', fixture('perf-6.1-pmu/per-core.txt').slice(0, 600)],
    ['text runs', fixture('perf-6.1-pmu/runs-table.txt')],
    ['text intervals', fixture('perf-6.1-pmu/interval-per-cpu.txt').slice(0, 500)],
    ['script', fixture('perf-6.1-pmu/script.txt').slice(0, 700)],
    ['tracepoints', 'a b 24918 [000]  2016.584931: sched:sched_wakeup: comm=migration/0\nswapper 0 2016.5849310: 5 cycles: \n'],
    ['data', fixture('perf-6.1-pmu/data.json').slice(0, 1500)],
    [
      'small data',
      '{"linux-perf-json-version": 1,\n"headers": {"arch": "x"},\n"samples": [{"comm": "a", "callchain": [{"ip": "0x1"}]}, {"comm": "b"}]}\n',
    ],
  ] as const;
  for (const [name, text] of texts) {
    test(`${name} cut off at any character`, () => {
      for (let end = 0; end <= text.length; end++) for (const format of FORMATS) readOrRefuse(format, text.slice(0, end));
    });

    test(`${name} with changed characters and lines`, () => {
      fc.assert(
        fc.property(damaged(text), (changed) => {
          for (const format of FORMATS) readOrRefuse(format, changed);
        }),
        { numRuns: 200 },
      );
    });

    test(`${name} in pieces of any size`, () => {
      const whole = FORMATS.map((format) => readOrRefuse(format, text));
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 50 }), (size) => {
          FORMATS.forEach((format, index) => {
            const expected = whole[index];
            if (expected !== undefined) assert.deepEqual(readPieces(format, text, {}, size), expected);
          });
        }),
        { numRuns: 20 },
      );
    });
  }
});
