import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { perfStatJsonFormat } from '../../../../ingest/formats/pmu/perf-stat-json.ts';
import { assertRefused, codesOf, fixture, parse, readingsOf, samplesOf } from '../support/reading.ts';

const read = (text: string, parameters = {}) => parse(perfStatJsonFormat, text, parameters);

describe('perf-stat-json', () => {
  test('labels each CPU and drops the PMU that 6.12 puts behind software events', () => {
    const readings = readingsOf(read(fixture('perf-6.12/per-cpu.jsonl')));
    assert.deepEqual(
      readings.map(({ series, value, quality }) => [series.metric, series.labels['cpu'], value, ...quality]),
      [
        ['cpu.task_clock', '0', 201693784],
        ['cpu.task_clock', '1', 201715887],
        ['sched.context_switches', '0', 23],
        ['sched.context_switches', '1', 11],
        ['cpu.cycles', '0', null, 'not_supported'],
        ['cpu.cycles', '1', null, 'not_supported'],
      ],
    );
    assert.deepEqual([readings[0]?.series.unit, readings[0]?.series.judgedAs, readings[0]?.series.region], ['ns', 'total', 'process']);
  });

  test('flags counters that ran part of the time, and keeps those that never ran as null', () => {
    const multiplexed = readingsOf(read(fixture('perf-6.12-riscv64/multiplexed.jsonl'), { region: 'axpy' }));
    assert.deepEqual(multiplexed[0]?.quality, ['multiplexed']);
    assert.deepEqual([multiplexed[0]?.value, multiplexed[0]?.series.region], [1011437827, 'axpy']);
    const starved = readingsOf(read(fixture('perf-6.12-riscv64/starved.jsonl')));
    assert.deepEqual([starved[2]?.value, starved[2]?.quality], [null, ['not_counted']]);
  });

  test('keeps modifiers apart and warns that -r prints a mean', () => {
    const result = read(fixture('perf-6.12-riscv64/modifiers.jsonl'));
    assert.deepEqual(readingsOf(result)[0]?.series.labels, { modifier: 'u' });
    assert.deepEqual([readingsOf(result)[0]?.series.metric, codesOf(result)], ['cpu.cycles', ['mean_of_runs']]);
  });

  const versions: readonly [file: string, edit: (text: string) => string, code: string, flagged: boolean][] = [
    ['perf-6.12/runs.jsonl', (text) => text, 'mean_of_runs', false],
    ['perf-6.12/runs.jsonl', (text) => text.replace(/"metric-value" : "([^"]*)"/g, '"metric-value" : $1'), 'last_run_only', true],
    ['perf-synthetic/unknown-version.jsonl', (text) => text, 'perf_version_unknown', true],
    ['perf-synthetic/unknown-version.jsonl', (text) => `# started on Fri Nov 20 18:13:34 2026\n\n${text}`, 'last_run_only', true],
  ];
  for (const [file, edit, code, flagged] of versions) {
    test(`tells what -r printed in ${file}: ${code}`, () => {
      const result = read(edit(fixture(file)));
      assert.deepEqual(codesOf(result), [code]);
      assert.equal(readingsOf(result)[0]?.quality.includes('tool_bug'), flagged);
    });
  }

  test('tells a mean by a clock whose value is not its own run time, where no metric tells the version', () => {
    // As 7.2 prints -r 5 (task-clock of p72-r5-x.csv), and as 6.1 would.
    const clock = (value: string) =>
      `{"counter-value" : "${value}", "unit" : "msec", "event" : "task-clock", "variance" : 1.40, "event-runtime" : 140640234, "pcnt-running" : 100.00}\n`;
    for (const [value, code, flags] of [
      ['138.430000', 'mean_of_runs', []],
      ['140.640234', 'last_run_only', ['tool_bug']],
    ] as const) {
      const result = read(clock(value));
      assert.deepEqual([codesOf(result), readingsOf(result)[0]?.quality], [[code], flags]);
    }
  });

  test('makes autocorrelated samples of intervals, in a series of their own', () => {
    const result = read(fixture('perf-6.12/interval.jsonl'));
    const [clock] = samplesOf(result);
    assert.deepEqual(clock?.values, [674406, 75663]);
    assert.deepEqual(
      [clock?.quality, clock?.series.labels, clock?.series.judgedAs],
      [['autocorrelated', 'not_counted'], { aggregation: 'interval' }, 'location'],
    );
    const [cycles] = readingsOf(result);
    assert.deepEqual([cycles?.value, cycles?.series.valueKind, cycles?.quality], [null, 'samples', ['autocorrelated', 'not_supported']]);
  });

  test('names threads without their number', () => {
    const [, worker] = readingsOf(read(fixture('perf-6.12/per-thread.jsonl')));
    assert.deepEqual([worker?.series.labels, worker?.series.attributes], [{ thread: 'tokio-rt-worker' }, { tid: '70' }]);
  });

  test('flags the elapsed time that 7.2 prints as 0', () => {
    const elapsed = readingsOf(read(fixture('perf-7.2/plain.jsonl'))).find(({ series }) => series.metric === 'cpu.elapsed');
    assert.deepEqual([elapsed?.value, elapsed?.quality], [0, ['unit_assumed', 'tool_bug']]);
  });

  test('maps event names, keeps unknown ones, numbers one name twice and leaves out an unknown unit', () => {
    const result = read(fixture('perf-synthetic/names.jsonl'));
    assert.deepEqual(
      readingsOf(result).map(({ series, value, quality }) => [series.metric, series.unit, series.labels, value, quality]),
      [
        ['cpu.cycles', '{cycle}', {}, 1, []],
        ['cpu.cycles', '{cycle}', { instance: '2' }, 2, []],
        ['cpu.cycles', '{cycle}', { pmu: 'cpu_core', modifier: 'u' }, 3, []],
        ['perf.sched:sched_switch', '1', {}, 4, []],
        ['perf.power/energy-pkg/', 'J', {}, 5.25, []],
        ['cpu.instructions', '{instruction}', { modifier: 'uk' }, 9007199254740992, ['precision_lost']],
        ['perf.metric.insn_per_cycle', '1', {}, 1, []],
      ],
    );
    assert.deepEqual(codesOf(result), ['repeated_counter', 'unknown_unit']);
  });

  test('restores decimal commas, which no JSON can mean otherwise, and flags what it restored', () => {
    const result = read(fixture('perf-6.12/german-locale.jsonl'));
    assert.deepEqual(
      readingsOf(result).map(({ value, quality }) => [value, ...quality]),
      [
        [113576576, 'repaired'],
        [8000, 'repaired'],
        [0, 'repaired'],
        [611, 'repaired'],
        ...Array.from({ length: 4 }, () => [null, 'not_supported']),
      ],
    );
    assert.deepEqual(codesOf(result), ['decimal_comma', 'mean_of_runs']);
  });

  test('restores a short line as it does a long one', () => {
    const [reading] = readingsOf(read('{"counter-value" : "1,500000", "event" : "cycles", "pcnt-running" : 59,00}'));
    assert.deepEqual([reading?.value, reading?.quality], [1.5, ['multiplexed', 'repaired']]);
  });

  test('lands what 7.2 prints with --metric-only, each metric with its unit', () => {
    const result = read(fixture('perf-7.2/metric-only.jsonl'), { unit: 'ms' });
    assert.deepEqual(
      readingsOf(result).map(({ series, value, quality }) => [series.metric, series.unit, value, ...quality]),
      [
        ['perf.metric.cs_per_second', 'Hz', 14648.4],
        ['perf.metric.migrations_per_second', 'Hz', 14.2],
        ['perf.metric.page_faults_per_second', 'Hz', 4089.6],
        ['perf.metric.CPUs_utilized', '1', null, 'not_a_number'],
        ['perf.metric.cycles_frequency', 'Hz', null, 'not_a_number'],
      ],
    );
    assert.deepEqual(codesOf(result), []);
  });

  const metrics: readonly [line: string, expected: readonly unknown[], parameters?: object][] = [
    [
      '{"metric-value" : "12.5", "metric-unit" : "%  tma_backend_bound", "metric-threshold" : "bad"}',
      ['tma_backend_bound', '1', {}, 0.125],
    ],
    ['{"core" : "S0-D0-C1", "counters" : 2, "GHz  cycles_frequency" : "3.2"}', ['cycles_frequency', 'Hz', { core: 'S0-D0-C1' }, 3.2e9]],
    ['{"metric-value" : 0.500000, "metric-unit" : "stalled cycles per insn"}', ['stalled_cycles_per_insn', '1', {}, 0.5]],
    ['{"tma_info_core_ipc" : "2.5"}', ['tma_info_core_ipc', '1', {}, 2.5], { unit: '1' }],
    ['{"metric-value" : -nan, "metric-unit" : "%  tma_retiring"}', ['tma_retiring', '1', {}, null, 'not_a_number']],
  ];
  for (const [line, [name, unit, labels, value, ...flags], parameters] of metrics) {
    test(`reads the metric ${line}`, () => {
      const [reading] = readingsOf(read(`${line}\n`, parameters));
      assert.deepEqual([reading?.series.metric, reading?.series.unit, reading?.series.labels], [`perf.metric.${name}`, unit, labels]);
      assert.deepEqual([reading?.value, reading?.quality], [value, flags]);
    });
  }

  test('lands a metric of the event tables beside its counter, and leaves out one that is derived from it', () => {
    const counter = (metric: string, unit: string) =>
      `{"counter-value" : "7.000000", "unit" : "", "event" : "slots", "metric-value" : "${metric}", "metric-unit" : "${unit}"}\n`;
    const named = readingsOf(read(counter('26.1', '%  tma_backend_bound')));
    assert.deepEqual([named.length, named[1]?.series.metric, named[1]?.value], [2, 'perf.metric.tma_backend_bound', 0.261]);
    for (const unit of ['K/sec', 'insn per cycle', '(null)', '', 'of all dTLB cache accesses', 'GHz']) {
      assert.equal(read(counter('0.5', unit)).records.length, 1, unit);
    }
    const unknown = read(counter('0.5', 'tma_info_core_ipc'));
    assert.deepEqual([unknown.records.length, codesOf(unknown)], [1, ['unknown_unit']]);
  });

  test('tells a second output in one file, and one counter that is printed twice', () => {
    const once = fixture('perf-7.2/plain.jsonl');
    assertRefused(() => read(once + once), once.trimEnd().split('\n').length + 1, /second output of perf stat begins here/);
    const interval = fixture('perf-6.12/interval.jsonl');
    assertRefused(() => read(interval + interval), interval.trimEnd().split('\n').length + 1, /time of the intervals goes back/);
    const old = `# started on Fri Nov 20 18:13:34 2026\n\n${once}`;
    assertRefused(() => read(old + old), once.trimEnd().split('\n').length + 3, /second output of perf stat begins here/);
    const line = (event: string) => `{"counter-value" : "7.000000", "unit" : "", "event" : "${event}"}\n`;
    const twice = read(['instructions', 'dTLB-load-misses', 'dTLB-load-misses'].map(line).join(''));
    assert.deepEqual([readingsOf(twice)[2]?.series.labels, codesOf(twice)], [{ instance: '2' }, ['repeated_counter']]);
  });

  test('is told from other JSON by what perf prints', () => {
    for (const head of [
      '{}\n{"metric-value" : ""}',
      '{"core" : "S0-D0-C0", "counters" : 2, "GHz" : "3.2"}',
      '{"insn per cycle" : "none"}',
    ]) {
      assert.ok(perfStatJsonFormat.detect(head), head);
    }
    for (const head of [
      '{"papi_version": "7.1.0"',
      '{"date": "1.5"}',
      '[{"a" : "1.5"}]',
      fixture('google-benchmark-synthetic/counters.json'),
    ]) {
      assert.ok(!perfStatJsonFormat.detect(head), head);
    }
  });

  test('labels cgroups and every part of a machine that perf knows', () => {
    for (const part of ['cpu', 'core', 'socket', 'die', 'node', 'cache', 'cluster', 'thread', 'cgroup']) {
      const [reading] = readingsOf(
        read(`{"${part}" : "S0", "counters" : 2, "counter-value" : "7.000000", "unit" : "", "event" : "cycles"}\n`),
      );
      assert.deepEqual(reading?.series.labels, { [part]: 'S0' });
    }
  });

  test('warns of members that perf is not known to print beside a counter', () => {
    assert.deepEqual(codesOf(read('{"counter-value" : "7", "event" : "cycles", "hwc" : "S0"}')), ['unknown_member']);
  });

  const broken: readonly [text: string, line: number, message: RegExp][] = [
    ['{"metric-value" : "0.50"}{"metric-value" : "3.1"}', 1, /without their names.*without --metric-only/],
    ['{"interval" : 0.2, "metric-value" : "none"}', 1, /without --metric-only/],
    ['{"tma_info_core_ipc" : "2.5"}', 1, /without name or unit/],
    ['{"GHz  cycles_frequency" : "3,2"}', 1, /'3,2' of the metric 'GHz {2}cycles_frequency' is no number; run perf with LC_ALL=C/],
    ['{"GHz  cycles_frequency" : 3}', 1, /is not a string/],
    ['{"counter-value" : "7", "event" : "cycles", "pcnt-running" : 100,0}', 1, /decimal comma.*LC_ALL=C/],
    ['{"counter-value" : "1.234,500000", "event" : "cycles", "pcnt-running" : 100,00}', 1, /'1.234,500000' of cycles.*LC_ALL=C/],
    ['{"counter-value" : "12.5", "event" : "cycles", "pcnt-running" : 100,00}', 1, /'12.5' of cycles.*LC_ALL=C/],
    ['{"counter-value" : "1,5", "event" : "cycles", "pcnt-running" : 100,00}', 1, /'1,5' of cycles.*LC_ALL=C/],
    ['{"counter-value" : "7", "event" : "cycles", "interval" : "0.2"}', 1, /interval is not a number/],
    ['{"counter-value" : "7", "event" : "cycles", "cpu" : 3}', 1, /cpu is not a string/],
    ['{"event" : "cycles"}', 1, /no counter-value/],
    ['{"counter-value" : "7",\n"event" : "cycles"}', 1, /send that alone and whole/],
    ['{}\n{"metric-value" : ""}{"metric-value" : ""}\n', 1, /without --metric-only/],
    ['# started on Fri Nov 20 18:13:34 2026\n\n', 1, /no counter values/],
    ['', 1, /empty/],
    ['{"counter-value" : "1,5", "unit" : "", "event" : "cycles"}', 1, /'1,5' of cycles is not a number: run perf with LC_ALL=C/],
    ['{"counter-value" : "nan", "unit" : "", "event" : "cycles"}', 1, /'nan' of cycles is not a number/],
    ['{"counter-value" : "0x10", "unit" : "", "event" : "cycles"}', 1, /'0x10' of cycles/],
    ['{"counter-value" : "-1", "unit" : "", "event" : "cycles"}', 1, /'-1' of cycles/],
    ['{"counter-value" : 7, "unit" : "", "event" : "cycles"}', 1, /not a string/],
    ['{"counter-value" : "7", "unit" : ""}', 1, /no event/],
    ['{"counter-value" : "7", "counter-value" : "8", "event" : "cycles"}', 1, /'counter-value' occurs twice/],
    [fixture('perf-6.12/per-cpu.jsonl').slice(0, 400), 2, /send that alone and whole/],
  ];
  for (const [text, line, message] of broken) {
    test(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      assertRefused(() => read(text), line, message);
    });
  }

  test('warns of parameters that the tool answers itself', () => {
    assert.deepEqual(codesOf(read(fixture('perf-6.12/per-cpu.jsonl'), { unit: 'ms', metric: 'latency' })), [
      'parameter_ignored',
      'parameter_ignored',
    ]);
  });
});
