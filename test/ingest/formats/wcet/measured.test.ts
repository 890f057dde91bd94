import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { babeltraceFormat } from '../../../../ingest/formats/wcet/babeltrace.ts';
import { btfFormat } from '../../../../ingest/formats/wcet/btf.ts';
import { mappedCsvFormat } from '../../../../ingest/formats/wcet/mapped-csv.ts';
import { plainListFormat } from '../../../../ingest/formats/wcet/plain-list.ts';
import type { WcetFormat } from '../../../../ingest/formats/wcet/wcet-format.ts';
import { assertRefused, codesOf, fixture, readingsOf, samplesOf } from '../support/reading.ts';
import { type Query, readWcet } from '../support/wcet-reading.ts';

const t: Query = { task: 't', unit: 'cycles' };
const event = (time: string, delta: string, name: string, fields: string) =>
  `[${time}] (+${delta}) vm rt:${name}: { cpu_id = 1 }, { ${fields} }\n`;
const valuesOf = (result: Parameters<typeof samplesOf>[0]) =>
  samplesOf(result).map(({ series, values }) => [series.region, series.metric, values]);

describe('measured execution times', () => {
  test('a plain list keeps its order and converts to the base unit exactly', () => {
    assert.deepEqual(valuesOf(readWcet(plainListFormat, '\uFEFF1.001 3\r\n2\n', { task: 't', unit: 'us' })), [
      ['t', 'execution.time', [1001, 3000, 2000]],
    ]);
    assert.deepEqual(valuesOf(readWcet(plainListFormat, '1,5,\n7\n', { ...t, delimiter: 'comma' })), [
      ['t', 'execution.cycles', [1, 5, 7]],
    ]);
  });

  // By hand: A runs 2..5, 9..12, 21..22 and 31..33, 34..37 us; r1 2..5, 9..11 and 31..33, 34..36 (its task is preempted without a suspend).
  test('BTF takes preemption and waiting out of execution times, and leaves them in response times', () => {
    const result = readWcet(btfFormat, fixture('wcet-tools-synthetic/preempted.btf'));
    assert.deepEqual(
      samplesOf(result).map(({ series, values }) => [series.labels['entity'], series.region, series.metric, values]),
      [
        ['task', 'B', 'execution.time', [4000]],
        ['task', 'B', 'response.time', [4000]],
        ['runnable', 'r1', 'execution.time', [5000, 4000]],
        ['task', 'A', 'execution.time', [7000, 5000]],
        ['task', 'A', 'response.time', [22_000, 7000]],
        ['isr', 'tick', 'execution.time', [1000]],
      ],
    );
    assert.deepEqual(codesOf(result), ['incomplete_activation', 'open_activation']);
  });

  test('babeltrace reads cycles and pairs, across midnight, with lost events flagged', () => {
    const text =
      event('23:59:59.999999000', '?.?????????', 'job_start', 'task = "a, }", job = 0') +
      '[warning] Tracer discarded 12 events between [..]\n' +
      event('00:00:00.000001000', '0.000002000', 'job_end', 'task = "a, }", job = 0, cycles = 70, more = [ [0] = { x = "}" } ], input = 5');
    const result = readWcet(babeltraceFormat, text);
    assert.deepEqual(valuesOf(result), [
      ['a, }', 'execution.cycles', [70]],
      ['a, }', 'execution.time', [2000]],
    ]);
    assert.deepEqual([samplesOf(result)[0]?.quality, samplesOf(result)[0]?.inputs], [['lost_events'], ['5']]);
  });

  test('activations without an input have an empty one beside those that have it', () => {
    const at = (second: number) => `00:00:0${second}.000000000`;
    const ends = [
      event(at(1), '1', 'x_end', 'cycles = 1'),
      event(at(2), '1', 'x_end', 'cycles = 2, input = "a"'),
      event(at(3), '1', 'x_end', 'cycles = 3'),
    ];
    assert.deepEqual(samplesOf(readWcet(babeltraceFormat, ends.join('')))[0]?.inputs, ['', 'a', '']);
  });

  test('BTF times beyond 2^53 ticks are subtracted exactly', () => {
    const text = '#timeScale ns\n1443097648250368731,C,0,T,a,0,start\n1443097648250368734,C,0,T,a,0,terminate\n';
    assert.deepEqual(valuesOf(readWcet(btfFormat, text)), [['a', 'execution.time', [3]]]);
  });

  test('babeltrace converts clock cycles only with a stated frequency', () => {
    const line = (ticks: string, name: string) => `[${ticks.padStart(20, '0')}] vm rt:${name}: { }, { task = "t" }\n`;
    const text = line('100', 'x_entry') + line('350', 'x_exit');
    assert.deepEqual(valuesOf(readWcet(babeltraceFormat, text, { frequencyHz: '5e8' })), [['t', 'execution.time', [500]]]);
    assertRefused(() => readWcet(babeltraceFormat, text), 1, /send frequencyHz=/);
  });

  test('mapped-csv reads what the caller says its columns are', () => {
    const text = 'Name;W;In;Limit\n"f;1";0.5;x;\ng;2;y;9\n';
    const query = {
      'column.task': 'Name',
      'column.value': 'W',
      'column.input': 'In',
      'column.static': 'Limit',
      unit: 'us',
      delimiter: 'semicolon',
      tool: 'T',
    };
    const result = readWcet(mappedCsvFormat, text, query);
    assert.deepEqual(valuesOf(result), [
      ['f;1', 'execution.time', [500]],
      ['g', 'execution.time', [2000]],
    ]);
    assert.deepEqual(samplesOf(result)[1]?.inputs, ['y']);
    assert.deepEqual(
      readingsOf(result).map(({ series, value, tool }) => [series.region, series.metric, value, tool]),
      [['g', 'execution.time.static', 9000, 'T']],
    );
  });

  const cycles: Query = { task: 't', 'column.cycles': 'c' };
  const broken: readonly [format: WcetFormat<string>, text: string, query: Query, line: number, message: RegExp][] = [
    [plainListFormat, '1\n', { unit: 'ns' }, 1, /send task=/],
    [plainListFormat, '1\n', { task: 't' }, 1, /send unit=/],
    [plainListFormat, ' \n\n', t, 1, /empty/],
    [plainListFormat, '1\n2,5\n', t, 2, /send delimiter=comma/],
    [plainListFormat, '1,,2\n', { ...t, delimiter: 'comma' }, 1, /is empty/],
    [plainListFormat, '1\nnan\n', t, 2, /not a number/],
    [plainListFormat, '1\n-3\n', t, 2, /negative/],
    [plainListFormat, '0\n0\n', t, 1, /0 in every activation/],
    [plainListFormat, `${'1\n'.repeat(2000)}\0`, t, 2001, /binary/],
    [btfFormat, '#version 2.2.0\n1,C,0,T,a,0,start\n', {}, 2, /no #timeScale/],
    [btfFormat, '#timeScale lightyears\n', {}, 1, /none of ns/],
    [btfFormat, '#timeScale ns\n5,C,0,T,a,0,start\n4,C,0,T,a,0,terminate\n', {}, 3, /before 5/],
    [btfFormat, '#timeScale ns\n5,C,0,T,a,0,start\n9,C,0,T,a', {}, 3, /5 fields, not 7/],
    [btfFormat, '#timeScale ns\n5,C,0,T,a,0,start\n9,C,0,T,a,0,preempt\n10,C,0,T,a,0,terminate\n', {}, 1, /no task, interrupt/],
    [
      babeltraceFormat,
      event('00:00:02.000000000', '1', 'x_start', 'a = 1') + event('00:00:01.000000000', '1', 'x_end', 'a = 1'),
      {},
      2,
      /before that/,
    ],
    [babeltraceFormat, event('00:00:02.000000000', '1', 'x_end', 'cycles = ten'), {}, 1, /cycles is not a number/],
    [babeltraceFormat, event('00:00:02.000000000', '1', 'x_end', 'cycles = 1').slice(0, -4), {}, 1, /cut off/],
    [babeltraceFormat, event('noon', '1', 'x_end', 'cycles = 1'), {}, 1, /the time "noon"/],
    [mappedCsvFormat, 'c\n1\n', { 'column.cycles': 'c' }, 1, /which task/],
    [mappedCsvFormat, 'c\n1\n', { task: 't' }, 1, /no column is said to hold values/],
    [mappedCsvFormat, 'c\n1\n', { task: 't', 'column.value': 'c' }, 1, /send unit=/],
    [mappedCsvFormat, 'd\n1\n', cycles, 1, /has no column "c"; it has d/],
    [mappedCsvFormat, 'c,c\n1,2\n', cycles, 1, /occurs twice/],
    [mappedCsvFormat, 'c\n', cycles, 1, /no values/],
    [mappedCsvFormat, 'c,d\n1,2\n3', cycles, 3, /1 fields, the header has 2/],
    [mappedCsvFormat, 'c,d\n1,"2\n3"', cycles, 2, /not closed/],
    [mappedCsvFormat, 'c,d\n1,2\n,2\n', cycles, 3, /is empty/],
    [mappedCsvFormat, 'c\n1\n', { task: 't', 'column.pwcet': 'c', unit: 'ns' }, 1, /needs probability=/],
    [mappedCsvFormat, 'c\n1\n', { ...cycles, delimiter: 'dot' }, 1, /delimiter="dot" is unknown/],
  ];
  for (const [format, text, query, line, message] of broken) {
    test(`${format.id} refuses ${JSON.stringify(text.slice(0, 60))} ${JSON.stringify(query)}`, () => {
      assertRefused(() => readWcet(format, text, query), line, message);
    });
  }
});
