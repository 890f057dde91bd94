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
      ],
    );
    assert.deepEqual(codesOf(result), ['unknown_unit']);
  });

  test('refuses a German locale at its first decimal comma', () => {
    const error = assertRefused(() => read(fixture('perf-6.12/german-locale.jsonl')), 1, /decimal comma.*LC_ALL=C/);
    // python3: open(file).readline().index('0,57') + 2 == 89
    assert.equal(error.column, 89);
  });

  const broken: readonly [text: string, line: number, message: RegExp][] = [
    [fixture('perf-7.2/metric-only.jsonl'), 1, /without --metric-only/],
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
