import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { perfStatCsvFormat } from '../../../../ingest/formats/pmu/perf-stat-csv.ts';
import { perfStatJsonFormat } from '../../../../ingest/formats/pmu/perf-stat-json.ts';
import { identityOf } from '../../../../ingest/formats/series.ts';
import { LIMITS } from '../../../../wire/limits.ts';
import { readPieces } from '../support/perf-reading.ts';
import { assertRefused, codesOf, fixture, parse, readingsOf, samplesOf } from '../support/reading.ts';

const read = (text: string, parameters = {}) => readPieces(perfStatCsvFormat, text, parameters);
const readingOf = (text: string, parameters = {}) => readingsOf(read(text, parameters))[0];

describe('perf-stat-csv', () => {
  test('gives the series that perf-stat-json gives for the same counters', () => {
    const json = fixture('perf-7.2/plain.jsonl');
    // The lines of the JSON file as perf -x prints them.
    const csv = json
      .trimEnd()
      .split('\n')
      .map((line) => {
        const counter: Record<string, string> = JSON.parse(line);
        const value = counter['counter-value'] ?? '';
        return [value.replace(/\.0+$/, ''), counter['unit'], counter['event'], counter['event-runtime'], '100.00', '', ''].join(';');
      })
      .join('\n');
    const seen = (result: ReturnType<typeof parse>) =>
      readingsOf(result).map(({ series, value }) => [identityOf(series), series.unit, value]);
    assert.deepEqual(seen(read(csv)), seen(parse(perfStatJsonFormat, json)));
  });

  const lines: readonly [line: string, expected: readonly unknown[]][] = [
    ['323.70,msec,task-clock,323698248,100.00,0.832,CPUs utilized', ['cpu.task_clock', {}, 323700000]],
    ['7,,cycles:u,10,100.00,,', ['cpu.cycles', { modifier: 'u' }, 7]],
    ['7||cycles|10|100.00||', ['cpu.cycles', {}, 7]],
    ['7\t\tcycles\t10\t100.00\t\t', ['cpu.cycles', {}, 7]],
    ['7  cycles 10 100.00 0.5 insn per cycle', ['cpu.cycles', {}, 7]],
    ['7,,cpu/event=0x1,umask=2/,10,100.00,,', ['perf.cpu/event=0x1,umask=2/', {}, 7]],
    [
      '7,,cpu/event=0x1,umask=2/u,/system.slice,1.50%,10,100.00,,',
      ['perf.cpu/event=0x1,umask=2/u', { cgroup: '/system.slice' }, 7, 'tool_bug'],
    ],
    ['7,,cycles,10,59.00,,', ['cpu.cycles', {}, 7, 'multiplexed']],
    ['<not counted>,,cycles,0,0.00,,', ['cpu.cycles', {}, null, 'not_counted']],
    ['<not supported>,,cycles,0,100.00,,', ['cpu.cycles', {}, null, 'not_supported']],
    ['9007199254740993,,cycles,10,100.00,,', ['cpu.cycles', {}, 9007199254740992, 'precision_lost']],
    ['0,,duration_time,1,100.00,,', ['cpu.elapsed', {}, 0, 'unit_assumed', 'tool_bug']],
    ['5.25,Joules,power/energy-pkg/,10,100.00,,', ['perf.power/energy-pkg/', {}, 5.25]],
    ['CPU3,7,,cycles,10,100.00,,', ['cpu.cycles', { cpu: '3' }, 7]],
    ['summary,CPU3,7,,cycles,10,100.00,,', ['cpu.cycles', { cpu: '3' }, 7]],
    ['S0-D0-C1,2,7,,cycles,10,100.00,,', ['cpu.cycles', { core: 'S0-D0-C1' }, 7]],
    ['S0-D0-C1,7,,cycles,10,100.00,,', ['cpu.cycles', { core: 'S0-D0-C1' }, 7]],
    ['S1,2,7,,cycles,10,100.00,,', ['cpu.cycles', { socket: 'S1' }, 7]],
    ['S0-D1,2,7,,cycles,10,100.00,,', ['cpu.cycles', { die: 'S0-D1' }, 7]],
    ['N0,2,7,,cycles,10,100.00,,', ['cpu.cycles', { node: 'N0' }, 7]],
    ['S0-D0-L3-ID0,2,7,,cycles,10,100.00,,', ['cpu.cycles', { cache: 'S0-D0-L3-ID0' }, 7]],
    ['S0-D0-CLS65535,2,7,,cycles,10,100.00,,', ['cpu.cycles', { cluster: 'S0-D0-CLS65535' }, 7]],
    ['a,5,b-c-12,7,,cycles,10,100.00,,', ['cpu.cycles', { thread: 'a,5,b-c' }, 7]],
    ['113,32;msec;task-clock;113438221;100,00;0;CPUs utilized', ['cpu.task_clock', {}, 113320000, 'repaired']],
  ];
  for (const [line, [metric, labels, value, ...flags]] of lines) {
    test(`reads ${JSON.stringify(line)}`, () => {
      for (const end of ['\n', '\r\n', '']) {
        const reading = readingOf(`\uFEFF# started on Fri Nov 20 18:13:34 2026${end || '\n'}\n${line}${end}`);
        assert.deepEqual([reading?.series.metric, reading?.series.labels, reading?.value, reading?.line], [metric, labels, value, 3]);
        assert.deepEqual(reading?.quality, flags);
      }
    });
  }

  test('makes autocorrelated samples of intervals, however the file arrives', () => {
    const text = Array.from({ length: 5000 }, (_, i) => `     ${i}.000000001,${i},,cycles,10,100.00,,\n`).join('');
    for (const size of [1000, 1_000_000]) {
      const parts = samplesOf(readPieces(perfStatCsvFormat, text, {}, size));
      assert.deepEqual(
        parts.map(({ values, line, quality }) => [values.length, line, quality]),
        [
          [4096, 1, ['autocorrelated']],
          [904, 4097, ['autocorrelated']],
        ],
      );
      assert.deepEqual(parts[1]?.values.at(-1), 4999);
      assert.deepEqual(parts[0]?.series.labels, { aggregation: 'interval' });
    }
  });

  const runs: readonly [text: string, code: string, flagged: boolean][] = [
    ['290.36,msec,task-clock,1.58%,290359158,100.00,0.954,CPUs utilized\n8154,,context-switches,3.92%,1,100.00,,', 'last_run_only', true],
    ['138.43,msec,task-clock,1.40%,140640234,100.00,,\n2133,,context-switches,3.26%,1,100.00,,', 'mean_of_runs', false],
    ['2133,,context-switches,3.26%,1,100.00,,', 'perf_version_unknown', true],
  ];
  for (const [text, code, flagged] of runs) {
    test(`tells what -r printed: ${code}`, () => {
      const result = read(text);
      assert.deepEqual(codesOf(result), [code]);
      assert.equal(
        readingsOf(result).every(({ quality }) => quality.includes('tool_bug')),
        flagged,
      );
    });
  }

  test('reads a table of metrics whose values all have their column', () => {
    const result = read('core,cpus,retiring,bad speculation,frontend bound,backend bound\nS0-C0,1,151.0,3.9,26.0,,\n');
    assert.deepEqual(
      readingsOf(result).map(({ series, value, quality }) => [series.metric, series.unit, series.labels, value, ...quality]),
      [
        ['perf.metric.retiring', '1', { core: 'S0-C0' }, 1.51, 'unit_assumed', 'tool_bug'],
        ['perf.metric.bad_speculation', '1', { core: 'S0-C0' }, 0.039, 'unit_assumed'],
        ['perf.metric.frontend_bound', '1', { core: 'S0-C0' }, 0.26, 'unit_assumed'],
        ['perf.metric.backend_bound', '1', { core: 'S0-C0' }, null, 'unit_assumed', 'not_counted'],
      ],
    );
    const [first] = samplesOf(read('time,M/sec  branch_frequency,foo,\n1.000000001,2.5,7,\n2.000000001,nan,8,\n', { unit: '1' }));
    assert.deepEqual([first?.values, first?.series.unit, first?.quality], [[2500000], 'Hz', ['autocorrelated', 'not_a_number']]);
    assert.equal(readingsOf(read(fixture('perf-6.1-pmu/metric-only.csv'))).length, 2);
  });

  test('lands further metrics, and metrics of the event tables beside their counter', () => {
    const [, stalled, , tma] = readingsOf(
      read('7,,cycles,10,100.00,0.998,GHz\n,,,,,0.50,stalled cycles per insn\n7,,slots,10,100.00,26.1,%  tma_backend_bound\n'),
    );
    assert.deepEqual([stalled?.series.metric, stalled?.series.unit, stalled?.value], ['perf.metric.stalled_cycles_per_insn', '1', 0.5]);
    assert.deepEqual([tma?.series.metric, tma?.series.unit, tma?.value], ['perf.metric.tma_backend_bound', '1', 0.261]);
    const cut = read('7,,cycles,10,100.00,14369.5,cs/sec  cs_per_sec');
    assert.deepEqual([cut.records.length, codesOf(cut)], [1, ['metric_left_out']]);
  });

  test('keeps threads and cgroups of a real machine', () => {
    assert.equal(readingOf(fixture('perf-6.1-pmu/cgroup.csv'))?.series.labels['cgroup'], '/');
    const threads = readingsOf(read(fixture('perf-6.1-pmu/per-thread.csv')));
    assert.deepEqual(threads.at(-1)?.series.labels, { thread: 'memfd:sealed-91' });
  });

  const refused: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    ['7,,cycles,10,100.00,,\n292,19,msec,task-clock,0,62%,292188167,100,00,0,CPUs utilized\n', 2, /LC_ALL=C/],
    ['8040,,context-switches,292188167,100,00,27,K/sec', 1, /LC_ALL=C/],
    ['1,5;;cycles;10;100.00;;', 1, /'1,5' of cycles is not a number: run perf with LC_ALL=C/],
    ['-1;;cycles;10;100.00;;', 1, /'-1' of cycles/],
    ['7;;cycles;10;100.0', 1, /not one of perf stat -x/],
    ['7;;cycles;10;100.00;;7;;cycles;10;100.00;;', 1, /not one of perf stat -x/],
    ['7,,cycles,10,100.00,,\nbash: foo: not found\n', 2, /not one of perf stat -x/],
    ['7,,cpu/event=1,umask=2,10,100.00,,', 1, /not one of perf stat -x/],
    ['# started on x\n\n\n,,,,\n', 1, /without --metric-only/],
    ['cs/sec  cs_per_second,faults/sec  page_faults_per_second,CPUs  CPUs_utilized,\n14059.4,0.0,\n', 2, /2 values for 3 metrics/],
    ['cpu,foo,\nCPU0,1,\n', 1, /unit of the metric 'foo': send unit=/],
    ['cpu,GHz,\nCPU0,1,5,\n', 2, /2 values for 1 metrics/],
    ['# started on a\n7,,cycles,10,100.00,,\n# started on b\n7,,cycles,10,100.00,,\n', 3, /second output/],
    ['7,,cycles,10,100.00,,\n8,,instructions,10,100.00,,\n'.repeat(2), 3, /second output/],
    ['0.200000000,7,,cycles,10,100.00,,\n0.100000000,7,,cycles,10,100.00,,\n', 2, /time of the intervals goes back.*second output/],
    ['time,GHz,\n1.000000001,2.5', 2, /no line end, so the output was cut off/],
    ['7,,cycles,10,100.00,,\n,,,,,0.50,stalled cycles per in', 2, /cut off/],
    ['7,,cycles,10,100.00,,\n,,,,,0.50\n', 2, /cut off/],
    ['7,,cycles,10,100.00,,\n\0\n', 2, /binary/],
    [`${'a'.repeat(LIMITS.lineCharacters + 1)}\n`, 1, /characters/],
    ['7,,cycles,10,100.00,,\n'.repeat(LIMITS.seriesPerPayload + 1), LIMITS.seriesPerPayload + 1, /more than 20000 counters/],
  ];
  for (const [text, line, message] of refused) {
    test(`refuses ${JSON.stringify(text.slice(0, 60))} with ${message}`, () => {
      assertRefused(() => read(text), line, message);
    });
  }

  test('takes a separator of several characters when it is named', () => {
    assert.equal(readingOf('7::::cycles::10::100.00::::', { extra: { separator: '::' } })?.value, 7);
  });
});
