import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { perfDataJsonFormat } from '../../../../ingest/formats/pmu/perf-data-json.ts';
import { perfScriptFormat } from '../../../../ingest/formats/pmu/perf-script.ts';
import { LIMITS } from '../../../../wire/limits.ts';
import { readPieces } from '../support/perf-reading.ts';
import { assertRefused, codesOf, fixture, readingsOf } from '../support/reading.ts';

const readScript = (text: string, parameters = {}) => readPieces(perfScriptFormat, text, parameters);
const readData = (text: string, parameters = {}) => readPieces(perfDataJsonFormat, text, parameters);
const seen = (result: ReturnType<typeof readScript>) =>
  readingsOf(result).map(({ series, value, quality }) => [series.metric, series.unit, series.labels, value, ...quality]);

describe('perf-script', () => {
  test('counts samples and their periods, without callchains', () => {
    const result = readScript(fixture('perf-6.1-pmu/script.txt'), { region: 'loop' });
    assert.deepEqual(seen(result), [
      ['perf.samples', '1', { comm: 'sh', event: 'cpu-clock' }, 17],
      // 17 x 1001001; python3 over the same file.
      ['cpu.clock', 'ns', { comm: 'sh', aggregation: 'sampled' }, 17017017, 'unit_assumed'],
    ]);
    assert.equal(result.records[0]?.kind === 'reading' && result.records[0].series.region, 'loop');
  });

  const lines: readonly [line: string, expected: readonly (readonly unknown[])[]][] = [
    [
      'my prog 12/13 [001]  2.000001:       10 cycles:u:  12b0 f+0x1 (/x)',
      [
        ['perf.samples', '1', { comm: 'my prog', event: 'cycles:u' }, 1],
        ['cpu.cycles', '{cycle}', { comm: 'my prog', modifier: 'u', aggregation: 'sampled' }, 10],
      ],
    ],
    ['a 5 1.000001: b 7 2.000001: sched:sched_switch: prev_comm=x', []],
    ['swapper     0 [000]  2.000001: sched:sched_switch: x ==> y', [['perf.sched:sched_switch', '1', { comm: 'swapper' }, 1]]],
    ['kworker/1:2-mm 7 [000]  2.000001: sched:sched_switch: x', [['perf.sched:sched_switch', '1', { comm: 'kworker' }, 1]]],
    [':123 123 [000]  2.000001: sched:sched_switch: x', [['perf.sched:sched_switch', '1', { comm: '[unknown]' }, 1]]],
    ['a 7 2.000001: cycles:u: ', [['perf.samples', '1', { comm: 'a', event: 'cycles:u' }, 1]]],
    [
      'a 7 2.000000001: 5 cpu/event=1,umask=2/:',
      [
        ['perf.samples', '1', { comm: 'a', event: 'cpu/event=1,umask=2/' }, 1],
        ['perf.cpu/event=1,umask=2/', '1', { comm: 'a', aggregation: 'sampled' }, 5],
      ],
    ],
  ];
  for (const [line, expected] of lines) {
    test(`reads ${JSON.stringify(line)}`, () => {
      if (expected.length === 0) assertRefused(() => readScript(`${line}\n`), 1, /no sample of perf script/);
      else for (const end of ['\n', '\r\n']) assert.deepEqual(seen(readScript(`\uFEFF# header${end}${line}${end}`)), expected);
    });
  }

  test('flags every count when the recorder lost samples', () => {
    const text = 'a 7 2.000001: sched:x_y: z\na 7 2.000002: PERF_RECORD_LOST lost 5\n';
    assert.deepEqual(seen(readScript(text)), [['perf.sched:x_y', '1', { comm: 'a' }, 1, 'lost_events']]);
  });

  const refused: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    ['# only a header\n', 1, /no samples/],
    ['\t  12b0 f (/x)\n', 1, /no sample of perf script/],
    ['a 7 2.000001: sched:x_y: z\nSegmentation fault\n', 2, /no sample of perf script/],
    ['a 7 2.000001: 5 cycles: \na 7 2.000001: 5 cyc', 2, /no sample of perf script/],
    ['a 7 2.000001: sched:', 1, /no sample of perf script/],
    ['a 7 2,000001: 5 cycles: \n', 1, /no sample of perf script/],
    [
      Array.from({ length: LIMITS.seriesPerPayload + 1 }, (_, i) => `c${i} 7 2.000001: s:e1: \n`).join(''),
      LIMITS.seriesPerPayload + 1,
      /more than 20000 pairs/,
    ],
  ];
  for (const [text, line, message] of refused) {
    test(`refuses ${JSON.stringify(text.slice(0, 50))} with ${message}`, () => {
      assertRefused(() => readScript(text), line, message);
    });
  }

  test('says that the last line may be cut off', () => {
    assert.deepEqual(codesOf(readScript('a 7 2.000001: 5 cycles: ')), ['maybe_cut_off']);
  });

  test('reads a line of a million words in linear time', () => {
    for (const word of ['1 ', '1.000001: ', 'a 1.000001: ', '[1] ']) {
      assertRefused(() => readScript(`${word.repeat(Math.floor(1_000_000 / word.length))}\n`), 1, /no sample/);
    }
  });
});

describe('perf-data-json', () => {
  test('counts the samples of each command, however the file arrives', () => {
    const text = fixture('perf-6.1-pmu/data.json');
    for (const size of [1, 7, 1_000_000]) {
      const result = readPieces(perfDataJsonFormat, text, {}, size);
      // grep -c '"timestamp"' data.json
      assert.deepEqual(seen(result), [['perf.samples', '1', { comm: 'sh' }, 17]]);
      const [reading] = readingsOf(result);
      assert.deepEqual(reading?.series.attributes, { 'perf-version': '6.1.192', arch: 'x86_64', 'cpu-desc': 'Intel(R) Xeon(R) Processor' });
      assert.equal(reading?.line, 35);
    }
  });

  const start = '{"linux-perf-json-version": 1, "headers": {"arch": "riscv64"}, "samples": [';
  test('reads samples on one line, and members behind them', () => {
    assert.deepEqual(seen(readData(`${start}{"comm":"a}"},{"comm":"a}"}], "more": "x"}\r\n`)), [['perf.samples', '1', { comm: 'a}' }, 2]]);
  });

  const refused: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    ['[]', 1, /expected an object/],
    [`${start}]}`, 1, /has no samples/],
    [`${start}{"comm":"a"}`, 1, /cut off/],
    [`${start}{"comm":"a"},]}`, 1, /expected a value/],
    [`${start}{"comm":"a"}{"comm":"a"}]}`, 1, /expected a comma/],
    [`${start}\n{"comm":"a",}]}`, 2, /expected a name/],
    [`${start}\n{"comm":[}]]}`, 2, /JSON value/],
    [`${start}\n{"tid":1}]}`, 2, /no command/],
    [`${start}7]}`, 1, /not an object/],
    [`${start}{"comm":"a"}]}{}`, 1, /nothing more/],
    [`{"samples": {}}`, 1, /not an array/],
    [`{"headers": {}, "headers": {}}`, 1, /twice/],
    [`${start}{"comm":"a","x":${'['.repeat(100)}${']'.repeat(100)}}]}`, 1, /nested more than/],
    [`${start}{"comm":"${'a'.repeat(LIMITS.lineCharacters)}`, 1, /more than/],
  ];
  for (const [text, line, message] of refused) {
    test(`refuses ${JSON.stringify(text.replace(start, '… ').slice(0, 40))}`, () => {
      for (const size of [1 << 21, 64 * 1024]) assertRefused(() => readPieces(perfDataJsonFormat, text, {}, size), line, message);
    });
  }
});
