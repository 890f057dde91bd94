import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ParseError } from '../../../../ingest/format.ts';
import { googleBenchmarkJsonFormat } from '../../../../ingest/formats/pmu/google-benchmark-json.ts';
import { likwidCsvFormat } from '../../../../ingest/formats/pmu/likwid-csv.ts';
import { papiHlFormat } from '../../../../ingest/formats/pmu/papi-hl.ts';
import { type AnyFormat, read, show } from '../support/any-format.ts';
import { assertRefused, codesOf, fixture, hasSamples, SAMPLES, sample } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

const PMU: readonly AnyFormat[] = [googleBenchmarkJsonFormat, papiHlFormat, likwidCsvFormat];

describe('google-benchmark-json', () => {
  const text = fixture('google-benchmark-synthetic/counters.json');

  test('converts times once, keeps the failed repetition, counts by name, and drops aggregates where samples exist', () => {
    const result = read(googleBenchmarkJsonFormat, text, { extra: { units: 'ratio:1' } });
    assert.deepEqual(result.records.map(show), [
      'BM/1 | duration | 1001',
      'BM/1 | duration.cpu | 1000',
      'BM/1 | cpu.cycles | aggregation=per_iteration | 100.5',
      'BM/1 | benchmark.ratio | null | not_a_number',
      'BM/1 | duration | null | not_run',
    ]);
    assert.deepEqual(codesOf(result), ['cpu_scaling', 'unit_missing', 'benchmark_failed']);
  });

  test('reads a counter whose unit is stated', () => {
    const { records } = read(googleBenchmarkJsonFormat, text, { extra: { units: 'FLOPs:GFLOP/s' } });
    assert.ok(records.map(show).includes('BM/1 | benchmark.FLOPs | 2500000000'));
  });

  test('refuses a unit that is none, text after the report and a time without unit', () => {
    assertRefused(() => read(googleBenchmarkJsonFormat, text, { extra: { units: 'FLOPs' } }), 1, /name:unit/);
    assertRefused(() => read(googleBenchmarkJsonFormat, `${text}\nx`), 54, /follows/);
    assertRefused(() => read(googleBenchmarkJsonFormat, text.replace('"us"', '"fortnight"')), 14, /time_unit/);
  });
});

describe('papi-hl', () => {
  test('keeps threads apart, flags rounded integers, marks instant values and leaves out what has no unit', () => {
    const result = read(papiHlFormat, fixture('papi-synthetic/two-threads.json'));
    assert.deepEqual(result.records.map(show), [
      'a | papi.timebase_ticks | thread=0 | 10',
      'a | duration | thread=0 | 20',
      'a | cpu.instructions | thread=0 | 9007199254740992 | precision_lost',
      'a | cpu.cycles | thread=0 | type=instant | modifier=u=1 | 5',
      'a | papi.ARM::X | thread=0 | 3',
      'a | papi.timebase_ticks | thread=1 | 11',
      'a | duration | thread=1 | 21',
    ]);
    assert.deepEqual(codesOf(result), ['instant_values', 'unit_missing']);
  });

  test('refuses parents that run in a circle', () => {
    const text = fixture('papi-synthetic/two-threads.json').replace('"-1"', '"0"');
    assert.throws(() => read(papiHlFormat, text), /nested more than/);
  });
});

describe('likwid-csv', () => {
  test('gives means of one call, and nothing for a thread that never called', () => {
    const result = read(likwidCsvFormat, fixture('likwid-synthetic/marker-two-groups.csv'));
    const mean = 'group=FLOPS_DP | aggregation=mean_per_call';
    assert.deepEqual(result.records.map(show), [
      `a,b | duration | cpu=0 | ${mean} | 125000000`,
      'a,b | likwid.calls | cpu=0 | group=FLOPS_DP | 4',
      `a,b | duration | cpu=3 | ${mean} | null | not_counted`,
      'a,b | likwid.calls | cpu=3 | group=FLOPS_DP | 0',
      `a,b | cpu.instructions | cpu=0 | ${mean} | 250`,
      `a,b | cpu.instructions | cpu=3 | ${mean} | null | not_counted`,
      `a,b | likwid.PWR_PKG_ENERGY | cpu=0 | ${mean} | 0.625 | unit_assumed`,
      `a,b | likwid.PWR_PKG_ENERGY | cpu=3 | ${mean} | null | unit_assumed | not_supported`,
      'a,b | likwid.DP | cpu=0 | group=FLOPS_DP | 12500000',
      'a,b | likwid.DP | cpu=3 | group=FLOPS_DP | null | not_a_number',
      `a,b | likwid.Memory data volume | cpu=0 | ${mean} | 500000000`,
      `a,b | likwid.Memory data volume | cpu=3 | ${mean} | null | not_a_number`,
      'a,b | likwid.CPI | cpu=0 | group=FLOPS_DP | 0.5',
      'a,b | likwid.CPI | cpu=3 | group=FLOPS_DP | null | not_a_number',
    ]);
    assert.deepEqual(codesOf(result), ['other_output', 'unknown_unit']);
  });

  test('does not take the zeros of a group that never had its turn for counts', () => {
    const result = read(likwidCsvFormat, fixture('likwid-synthetic/multiplexed.csv'));
    assert.deepEqual(result.records.map(show), [
      'process | cpu.instructions | cpu=0 | group=CPI | 1000 | multiplexed',
      'process | likwid.DRAM_READS | cpu=0 | group=MEM | null | multiplexed | not_counted',
    ]);
    assert.deepEqual(codesOf(result), ['multiplexed_groups']);
  });

  test('refuses a table that is cut off, and one that comes twice', () => {
    const text = fixture('likwid-synthetic/multiplexed.csv');
    assertRefused(() => read(likwidCsvFormat, text.slice(0, text.indexOf('DRAM'))), 5, /1 rows early/);
    assertRefused(() => read(likwidCsvFormat, text + text), 9, /comes again/);
  });
});

describe('real output', { skip: hasSamples ? false : 'the collection of real samples is not beside this checkout' }, () => {
  /** Counted with Python's json module and by hand over the same files. */
  const expected: Readonly<Record<string, readonly [records: number, values: number, codes: string]>> = {
    'gbench/gb171-aggregates-only.json': [2, 2, 'debug_build aggregates_only'],
    'gbench/gb171-perfcounters-unavailable.json': [4, 4, 'debug_build unit_missing'],
    'gbench/gb171-plain.json': [15, 14, 'debug_build unit_missing fit_ignored benchmark_failed'],
    'gbench/gb171-reps3.json': [4, 12, 'debug_build unit_missing'],
    'gbench/gb191-perfcounters-unavailable.json': [4, 4, 'debug_build unit_missing'],
    'gbench/gb191-plain.json': [15, 14, 'debug_build unit_missing fit_ignored benchmark_failed'],
    'papi/arm64-qemu-papi710-hl-PAPI_REPORT-stdout.txt': [9, 21, 'checkpoints_ignored'],
    'papi/arm64-qemu-papi710-hl-cycles-instructions.json': [15, 35, 'checkpoints_ignored'],
    'papi/arm64-qemu-papi710-hl-taskclock.json': [9, 21, 'checkpoints_ignored'],
    'likwid/arm64-qemu-likwid54-marker-O.csv': [12, 12, 'other_output'],
    'likwid/arm64-qemu-likwid54-o_file.csv': [5, 5, ''],
    'likwid/arm64-qemu-likwid54-perfctr_DATA-O.csv': [9, 4, 'tool_warning tool_warning'],
    'likwid/arm64-qemu-likwid54-perfctr_custom-O.csv': [6, 6, ''],
    'likwid/arm64-qemu-likwid54-perfctr_group-O.csv': [10, 10, ''],
    'likwid/arm64-qemu-likwid54-perfctr_group1-O.csv': [5, 5, ''],
    'likwid/arm64-qemu-likwid54-stethoscope-O.csv': [10, 10, ''],
    'likwid/arm64-qemu-likwid54-timeline.csv': [6, 24, ''],
  };
  const REFUSED = /no table of counters|expected an object|payload is empty/;
  for (const [folder, format] of [
    ['gbench', googleBenchmarkJsonFormat],
    ['papi', papiHlFormat],
    ['likwid', likwidCsvFormat],
  ] as const) {
    for (const name of hasSamples ? readdirSync(new URL(`${folder}/`, SAMPLES)) : []) {
      const path = `${folder}/${name}`;
      const counts = expected[path];
      test(`${path} ${counts === undefined ? 'is refused' : 'is read'}`, () => {
        const text = sample(path);
        if (counts === undefined) {
          assert.throws(
            () => read(format, text),
            (error) => error instanceof ParseError && REFUSED.test(error.message),
          );
          return;
        }
        assert.deepEqual(
          PMU.filter(({ detect }) => detect(text.slice(0, 4096))).map(({ id }) => id),
          [format.id],
        );
        const result = read(format, text);
        assertSound(result);
        const values = result.records.map((record) =>
          record.kind === 'samples' ? record.values.length : record.kind === 'reading' && record.value !== null ? 1 : 0,
        );
        assert.deepEqual([result.records.length, values.reduce((sum, count) => sum + count, 0), codesOf(result).join(' ')], counts);
      });
    }
  }
});
