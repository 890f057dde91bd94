import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { perfStatTextFormat } from '../../../../ingest/formats/pmu/perf-stat-text.ts';
import { readPieces } from '../support/perf-reading.ts';
import { assertRefused, codesOf, fixture, readingsOf, samplesOf } from '../support/reading.ts';

const HEAD = "\n Performance counter stats for 'x':\n\n";
const read = (text: string, parameters = {}) => readPieces(perfStatTextFormat, text, parameters);

describe('perf-stat-text', () => {
  const lines: readonly [line: string, expected: readonly unknown[]][] = [
    ['            306.14 msec task-clock                       #    0.955 CPUs utilized          ', ['cpu.task_clock', {}, 306140000]],
    ['     1,007,991,218      cycles                                             (59.72%)', ['cpu.cycles', {}, 1007991218, 'multiplexed']],
    ['          1,306.14 msec task-clock', ['cpu.task_clock', {}, 1306140000]],
    ['   <not supported>      cycles                                      ', ['cpu.cycles', {}, null, 'not_supported']],
    ['     <not counted>      cycles                                      (0.00%)', ['cpu.cycles', {}, null, 'not_counted']],
    ['CPU1               7      context-switches [software]', ['sched.context_switches', { cpu: '1' }, 7]],
    ['S0        2                150      context-switches    #  298.194 /sec', ['sched.context_switches', { socket: 'S0' }, 150]],
    ['     my prog-12                 7      cycles:u', ['cpu.cycles', { thread: 'my prog', modifier: 'u' }, 7]],
    ['                 7      cycles                    /system.slice', ['cpu.cycles', { cgroup: '/system.slice' }, 7]],
    ['              5.25 Joules power/energy-pkg/', ['perf.power/energy-pkg/', {}, 5.25]],
  ];
  for (const [line, [metric, labels, value, ...flags]] of lines) {
    test(`reads ${JSON.stringify(line.trim())}`, () => {
      const [reading] = readingsOf(read(`${HEAD}${line}\n`));
      assert.deepEqual([reading?.series.metric, reading?.series.labels, reading?.value, reading?.line], [metric, labels, value, 4]);
      assert.deepEqual(reading?.quality, flags);
    });
  }

  test('reads cores and the elapsed time of a real machine', () => {
    const readings = readingsOf(read(fixture('perf-6.1-pmu/per-core.txt')));
    assert.equal(readings.length, 9);
    assert.deepEqual([readings[4]?.series.labels, readings[4]?.value], [{ core: 'S0-D0-C1' }, 103790000]);
    assert.deepEqual([readings[8]?.series.metric, readings[8]?.value, readings[8]?.quality], ['cpu.elapsed', 103773209, []]);
  });

  test('makes autocorrelated samples of intervals', () => {
    const result = read(fixture('perf-6.1-pmu/interval-per-cpu.txt'));
    assert.deepEqual(
      samplesOf(result).map(({ series, values }) => [series.labels, values]),
      [
        [{ cpu: '0', aggregation: 'interval' }, [50250000, 50440000, 20570000]],
        [{ cpu: '1', aggregation: 'interval' }, [50290000, 50440000, 20550000]],
      ],
    );
  });

  test('leaves out the table of single times, and does not trust 6.1 with -r', () => {
    const result = read(fixture('perf-6.1-pmu/runs-table.txt'));
    assert.deepEqual(codesOf(result), ['table_left_out', 'mean_of_runs', 'perf_version_unknown']);
    assert.deepEqual(
      readingsOf(result).map(({ value, quality }) => [value, ...quality]),
      [[910000, 'tool_bug'], [1, 'tool_bug'], [50999000]],
    );
  });

  test('leaves out second metrics, metric groups, and what stands before and after', () => {
    const text = `hello\n${HEAD}                 7      cycles   #  0.5 GHz\n                      #  0.30 stalled cycles per insn\n   TopdownL1 (cpu_core)   #  26.1 %  tma_backend_bound\n\n  0.5 seconds time elapsed\n\nSome events weren't counted.\n`;
    const result = read(text);
    assert.deepEqual([result.records.length, codesOf(result)], [2, ['lines_skipped', 'metrics_left_out']]);
  });

  test('prefers duration_time to the time below the counters', () => {
    const result = read(`${HEAD}         368909775 ns   duration_time\n\n    0.3689 seconds time elapsed\n`);
    assert.deepEqual(readingsOf(result)[0]?.value, 368909775);
    assert.equal(result.records.length, 1);
  });

  const refused: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    ['Topdown requested but the topdown metric groups are not present.\n', 1, /no counters of perf stat/],
    [`${HEAD}            294,37 msec task-clock\n`, 4, /LC_ALL=C/],
    [`${HEAD}             8.032      context-switches\n`, 4, /LC_ALL=C/],
    [`${HEAD}               443      page-faults     #    1,508 K/sec\n`, 4, /LC_ALL=C/],
    [`${HEAD}               443      page-faults     ( +-  0,26% )\n`, 4, /LC_ALL=C/],
    [`${HEAD}               443      page-faults     (59,72%)\n`, 4, /LC_ALL=C/],
    [`${HEAD}           12,34,567      page-faults\n`, 4, /LC_ALL=C/],
    [`${HEAD}               443      page-faults\n\n   0,6227 +- 0,0493 seconds time elapsed\n`, 6, /LC_ALL=C/],
    [`${HEAD}             8 032      page-faults\n`, 4, /no counter of perf stat/],
    [`${HEAD}            30x.14 msec task-clock   # 0.9 CPUs utilized\n`, 4, /no counter of perf stat/],
    [`${HEAD} cs/sec  cs_per_second migrations/sec  migrations_per_second\n    14142.8   0.0\n`, 4, /without --metric-only/],
    [`${HEAD}      7      context-swit`, 4, /cut off/],
    [`${HEAD}      7      cycles\n      8      instructions\n      7      cycles\n      8      instructions\n`, 6, /second output/],
    [`${HEAD}      7      cycles\n${HEAD}      7      cycles\n`, 6, /second output/],
  ];
  for (const [text, line, message] of refused) {
    test(`refuses ${JSON.stringify(text.replace(HEAD, '').slice(0, 60))}`, () => {
      assertRefused(() => read(text), line, message);
    });
  }
});
