import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boundsFormat } from '../../../../ingest/formats/wcet/bounds.ts';
import { cyclesCsvFormat } from '../../../../ingest/formats/wcet/cycles-csv.ts';
import { assertRefused, codesOf, fixture, parse, readingsOf, samplesOf } from '../support/reading.ts';

const read = (text: string, extra: Record<string, string> = { task: 't' }) => parse(cyclesCsvFormat, text, { extra });

describe('cycles-csv', () => {
  test('keeps the order of the rows and makes a series of each of cycles and ns', () => {
    const result = read('cycles,ns\n30,300\n10,100\n20,200\n', { task: 'sort', frequencyHz: '1e9' });
    assert.deepEqual(
      samplesOf(result).map(({ series, values }) => [
        series.metric,
        series.unit,
        series.judgedAs,
        series.region,
        series.attributes,
        values,
      ]),
      [
        ['execution.cycles', '{cycle}', 'wcet', 'sort', { frequencyHz: '1e9' }, [30, 10, 20]],
        ['execution.time', 'ns', 'wcet', 'sort', {}, [300, 100, 200]],
      ],
    );
  });

  test('groups by task and repetition, keeps path and input of each activation in order, and leaves out other columns with a warning', () => {
    const result = read(fixture('cycles-csv-synthetic/paths.csv'), {});
    assert.deepEqual(
      samplesOf(result).map(({ series, repetition, values, paths, inputs, line, quality }) => [
        series.region,
        series.labels,
        repetition,
        values,
        paths,
        inputs,
        line,
        quality,
      ]),
      [
        ['crc', {}, 1, [100, 90, 300], ['hot', 'hot', 'cold'], ['a,b', 'a,b', ''], 2, []],
        ['crc', {}, 2, [9007199254740992], ['hot'], ['a,b'], 5, ['precision_lost']],
      ],
    );
    assert.deepEqual(result.warnings, [
      {
        code: 'ignored_column',
        detail: "the column 'run' was left out: only task, path, input and repetition are read beside the values",
        line: 1,
      },
    ]);
  });

  test('flags a counter that never changes', () => {
    assert.deepEqual(samplesOf(read('cycles\n7\n7\n'))[0]?.quality, ['constant_counter']);
  });

  test('takes the region when no task is given', () => {
    assert.equal(samplesOf(parse(cyclesCsvFormat, 'ns\n7\n', { region: 'isr' }))[0]?.series.region, 'isr');
  });

  const broken: readonly [text: string, line: number, column: number, message: RegExp, extra?: Record<string, string>][] = [
    ['', 1, 1, /empty/],
    ['cycles\n', 1, 1, /no values/],
    ['cycles\n1\n', 1, 1, /send task=/, {}],
    ['task,cycles\nx,1\n', 1, 1, /said twice/],
    ['task,cycles\n,1\n', 2, 1, /does not say its task/, {}],
    ['12\n13\n', 1, 1, /no column is named cycles or ns/],
    ['execution_time\n0.5\n', 1, 1, /no column is named cycles or ns/],
    ['cycles,cycles\n1,2\n', 1, 8, /occurs twice/],
    ['run,cycles\n0,0\n1,0\n', 2, 1, /cycles is 0 in every row: the counter did not run/],
    ['run,ns\n0,1\n1,12abc\n', 3, 3, /after the number/],
    ['ns,run\n1,5,3\n', 2, 5, /3 fields, the header has 2/],
    ['ns\n"1,5"\n', 2, 1, /decimal comma/],
    ['ns,run\n12,1\n13', 3, 3, /cut off/],
    ['ns,run\nNaN,1\n', 2, 1, /not a number/],
    ['ns,run\nnull,1\n', 2, 1, /not a number/],
    ['ns,run\n,1\n', 2, 1, /empty/],
    ['ns\n1e999\n', 2, 1, /too large/],
    ['ns\n0x10\n', 2, 1, /not decimal/],
    ['ns,run\n1,2\n-1,2\n', 3, 1, /negative/],
    ['ns,repetition\n1,0\n', 2, 3, /whole number from 1/],
    ['ns\n1\n', 1, 1, /frequencyHz=fast/, { task: 't', frequencyHz: 'fast' }],
    ['ns\n1\n"2\n', 3, 1, /not closed/],
  ];
  for (const [text, line, column, message, extra] of broken) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(assertRefused(() => read(text, extra), line, message).column, column);
    });
  }

  test('reads CRLF, a byte order mark and blank lines', () => {
    assert.deepEqual(samplesOf(read('\uFEFFns\r\n1\r\n\r\n2\r\n'))[0]?.values, [1, 2]);
  });
});

describe('bounds', () => {
  const readBounds = (text: string) => parse(boundsFormat, text);

  test('gives each kind a metric of its own in the region of the task', () => {
    assert.deepEqual(
      readingsOf(readBounds(fixture('bounds-synthetic/crc.ndjson'))).map(({ series, reading, value, probability, tool, line }) => [
        series.region,
        series.metric,
        series.unit,
        series.valueKind,
        reading,
        value,
        probability,
        tool,
        line,
      ]),
      [
        ['icrc', 'execution.cycles.static', '{cycle}', 'bound', 'static', 143137, null, 'Bound-T', 1],
        ['icrc', 'execution.cycles.budget', '{cycle}', 'bound', 'budget', 150000, null, null, 2],
        ['icrc', 'execution.time.pwcet', 'ns', 'bound', 'pwcet', 131000.5, 1e-9, 'chronovise', 3],
      ],
    );
  });

  const bound = (members: string) => `{"task":"t","kind":"budget","value":1,"unit":"ns"${members}}`;
  const broken: readonly [text: string, line: number, message: RegExp][] = [
    [bound(',"colour":"red"'), 1, /'colour' is unknown/],
    [bound(',"probability":0.1'), 1, /kind budget has no probability/],
    [bound(',"unit":"cycles"'), 1, /'unit' occurs twice/],
    [`${bound('')}\n${bound('').replace('1,', '2,')}`, 2, /stated twice, as 1 and as 2/],
    ['{"task":"t","kind":"pwcet","value":1,"unit":"ns"}', 1, /needs its probability/],
    ['{"task":"t","kind":"pwcet","value":1,"unit":"ns","probability":1}', 1, /between 0 and 1/],
    ['{"task":"t","kind":"guess","value":1,"unit":"ns"}', 1, /kind is none of/],
    ['{"task":"t","kind":"budget","value":1,"unit":"ms"}', 1, /unit is none of/],
    ['{"task":"t","kind":"budget","value":"1","unit":"ns"}', 1, /not a number/],
    ['{"task":"t","kind":"budget","value":null,"unit":"ns"}', 1, /not a number/],
    ['{"task":"t","kind":"budget","value":0,"unit":"ns"}', 1, /not above 0/],
    ['{"task":"","kind":"budget","value":1,"unit":"ns"}', 1, /task is missing/],
    ['{"kind":"budget","value":1,"unit":"ns"}', 1, /task is missing/],
    [`${bound('')}\n{"task":"t`, 2, /stops inside a string/],
    ['[1]', 1, /expected an object/],
  ];
  for (const [text, line, message] of broken) {
    test(`refuses ${text}`, () => {
      assertRefused(() => readBounds(text), line, message);
    });
  }

  test('takes a bound that was stated twice alike once', () => {
    const result = readBounds(`${bound('')}\n${bound('')}\n`);
    assert.deepEqual([result.records.length, codesOf(result)], [1, ['duplicate_bound']]);
  });
});
