import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../../ingest/format.ts';
import { ndjsonFormat } from '../../../../ingest/formats/samples/ndjson.ts';
import { JsonLine } from '../../../../ingest/lexers/json-line.ts';
import { LIMITS } from '../../../../wire/limits.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import {
  BAD_VALUES,
  cutText,
  type FlatSample,
  flatten,
  LATENCY,
  openStream,
  readOrRefuse,
  readRecords,
} from '../../../support/sample-payloads.ts';

const read = (text: string, parameters = {}) => readRecords(ndjsonFormat, [text], parameters);

function refuses(text: string, parameters: object, expected: { line: number; column: number; why: RegExp }): void {
  assert.throws(
    () => read(text, parameters),
    (error: unknown) => {
      assert.ok(error instanceof ParseError, String(error));
      assert.match(error.message, expected.why);
      assert.deepEqual({ line: error.line, column: error.column }, { line: expected.line, column: expected.column });
      return true;
    },
  );
}

test('reads value and values, labels in both spellings, empty lines and CRLF', () => {
  const text = [
    '\ufeff{"region":"a","value":1.5,"labels":{"gpu":"0"}}',
    '{ "region" : "a" , "values" : [ 2, 3e0 ,4] , "label.gpu" : "0" }\r',
    '',
    '{"region":"a\\u0062","value":-5,"repetition":2}',
    '{"region":"ab","value":6,"repetition":2}',
  ].join('\n');
  assert.deepEqual(
    read(text, { ...LATENCY, unit: 'us' }).map(({ series, repetition, values, line }) => [
      series.region,
      series.labels,
      repetition,
      values,
      line,
    ]),
    [
      ['a', { gpu: '0' }, 1, [1500, 2000, 3000, 4000], 1],
      ['ab', {}, 2, [-5000, 6000], 4],
    ],
  );
});

test('keeps every digit of a time, as text or as a number, for one value or an array', () => {
  const text =
    '{"at":"2026-01-31T12:00:00.000000001Z","value":1}\n{"at":1769860800000000003,"values":[2,3]}\n{"value":4,"at":"1769860800000000005"}\n';
  assert.deepEqual(read(text, LATENCY)[0]?.atNs, [1769860800000000001n, 1769860800000000003n, 1769860800000000003n, 1769860800000000005n]);
});

test('keeps integers that are not doubles apart, in order', () => {
  const records = read('{"values":[1,9007199254740993,9007199254740992]}\n{"value":9007199254740995}\n', LATENCY);
  assert.deepEqual(
    records.map(({ values, quality }) => [values, quality]),
    [
      [[1], []],
      [[9007199254740992], ['precision_lost']],
      [[9007199254740992], []],
      [[9007199254740996], ['precision_lost']],
    ],
  );
});

for (const { printed, why } of BAD_VALUES) {
  // Of two numbers without a comma the second is what JSON cannot read.
  const shift = printed === '12 34' ? 3 : 0;
  test(`refuses ${printed || 'nothing'} as a value at its line and column`, () => {
    refuses(`{"region":"a","value":1}\n{"region":"a","value":${printed}}\n`, LATENCY, { line: 2, column: 23 + shift, why });
  });
  test(`refuses ${printed || 'nothing'} inside values at its line and column`, () => {
    refuses(`{"values":[1,${printed},2]}\n`, LATENCY, { line: 1, column: 14 + shift, why });
  });
}

const REFUSED: readonly { name: string; text: string; parameters?: object; line: number; column: number; why: RegExp }[] = [
  { name: 'an empty payload', text: '\n\n', line: 3, column: 1, why: /no values/ },
  { name: 'a line cut off', text: '{"value":1}\n{"value":2', line: 2, column: 11, why: /cut off/ },
  { name: 'a string cut off', text: '{"value":1}\n{"value":2,"region":"mem', line: 2, column: 25, why: /cut off/ },
  { name: 'numbers with a plus, leading zeros or a bare point', text: '{"value":+1}', line: 1, column: 10, why: /"\+1"/ },
  { name: 'a leading zero', text: '{"value":1}\n{"value":01}', line: 2, column: 10, why: /"01"/ },
  { name: 'an array of objects', text: '[{"value":1}]', line: 1, column: 1, why: /one object a line/ },
  { name: 'a bare number', text: '12\n', line: 1, column: 1, why: /not a JSON object/ },
  { name: 'two objects on a line', text: '{"value":1}{"value":2}', line: 1, column: 12, why: /one object a line/ },
  { name: 'a second value', text: '{"value":1,"value":2}', line: 1, column: 12, why: /"value" twice/ },
  { name: 'a second value spelt with an escape', text: '{"value":1,"\\u0076alue":2}', line: 1, column: 12, why: /"value" twice/ },
  { name: 'value beside values', text: '{"value":1,"values":[2]}', line: 1, column: 12, why: /both value and values/ },
  { name: 'an object without value', text: '{"region":"a"}', line: 1, column: 1, why: /neither value nor values/ },
  { name: 'empty values', text: '{"values":[ ]}', line: 1, column: 11, why: /empty/ },
  { name: 'values that are no array', text: '{"values":1}', line: 1, column: 11, why: /array/ },
  { name: 'a number as text', text: '{"value":"12"}', line: 1, column: 10, why: /string, not a number/ },
  { name: 'a trailing comma', text: '{"value":1,}', line: 1, column: 12, why: /name in double quotes/ },
  { name: 'a region that is no text', text: '{"value":1,"region":null}', line: 1, column: 21, why: /region is "null"/ },
  { name: 'a label that is no text', text: '{"value":1,"labels":{"gpu":0}}', line: 1, column: 28, why: /write a string/ },
  { name: 'a label said twice', text: '{"value":1,"labels":{"gpu":"0"},"label.gpu":"1"}', line: 1, column: 22, why: /twice/ },
  { name: 'labels that are no object', text: '{"value":1,"labels":"gpu"}', line: 1, column: 21, why: /object/ },
  { name: 'a repetition as text', text: '{"value":1,"repetition":"1"}', line: 1, column: 25, why: /whole number/ },
  { name: 'a repetition beyond the limit', text: '{"value":1,"repetition":10001}', line: 1, column: 25, why: /10000/ },
  { name: 'a time that is none', text: '{"value":1,"at":1.5}', line: 1, column: 17, why: /not a time/ },
  { name: 'an unknown unit', text: '{"value":1,"unit":"parsecs"}', line: 1, column: 19, why: /parsecs/ },
  {
    name: 'two units of one series',
    text: '{"value":1,"unit":"ns","metric":"m"}\n{"value":1,"unit":"By","metric":"m"}',
    parameters: { better: 'lower' },
    line: 2,
    column: 19,
    why: /unit ns on line 1/,
  },
  { name: 'a control character in a string', text: '{"value":1,"region":"a\tb"}', line: 1, column: 23, why: /control character/ },
  { name: 'absurd nesting', text: `{"value":1,"x":${'['.repeat(100)}`, line: 1, column: 47, why: /deeper than 32/ },
];

for (const { name, text, parameters, line, column, why } of REFUSED) {
  test(`refuses ${name}, pointing at it`, () => refuses(text, { ...LATENCY, ...parameters }, { line, column, why }));
}

test('ignores members it does not know with one warning each', () => {
  const parser = openStream(ndjsonFormat, LATENCY);
  const records = [
    ...parser.push('{"id":1,"value":5,"x":{"value":[7]}}\n{"id":"b","value":6,"x":null}\n{"y":[],"value":7}\n'),
    ...parser.end(),
  ];
  assert.deepEqual(
    records.map((record) => record.kind === 'samples' && record.values),
    [[5, 6, 7]],
  );
  assert.deepEqual(
    parser.warnings().map(({ code, line }) => [code, line]),
    [
      ['unknown_member', 1],
      ['unknown_member', 1],
      ['unknown_member', 3],
    ],
  );
});

test('bounds warnings however many members are unknown', () => {
  const parser = openStream(ndjsonFormat, LATENCY);
  for (let index = 0; index < 1000; index++) parser.push(`{"value":1,"m${index}":2}\n`);
  assert.equal(parser.warnings().length, LIMITS.warningsPerReceipt + 1);
  assert.equal(parser.warnings().at(-1)?.code, 'more_warnings');
});

test('takes a line of the limit and refuses one character more', () => {
  const filler = 'x'.repeat(LIMITS.lineCharacters - '{"value":1,"x":""}'.length);
  assert.equal(read(`{"value":1,"x":"${filler}"}\n`, LATENCY).length, 1);
  for (const pieces of [[`{"value":1,"x":"x${filler}"}\n`], ['{"value":1,"x":"', filler, filler]]) {
    assert.throws(
      () => readRecords(ndjsonFormat, pieces, LATENCY),
      (error) => error instanceof ProblemError && error.type === 'limit-exceeded',
    );
  }
});

test('recognises its own payloads by the first line', () => {
  for (const head of ['{"value":1}\n', '\ufeff\n{"region":"a","values" : [1']) assert.ok(ndjsonFormat.detect(head), head);
  for (const head of ['', 'value\n1\n', '{"type":"map"}\n', '[{"value":1}]', '{"a":1}\n{"value":1}'])
    assert.ok(!ndjsonFormat.detect(head), head);
});

/** A slow reader of the same rules; numbers of more than 2^53 are marked by the printed digits beside them. */
function readSlowly(lines: readonly Line[]): ReadonlyMap<string, readonly FlatSample[]> {
  const bySeries = new Map<string, FlatSample[]>();
  for (const { region, unit, gpu, repetition, at, printed } of lines) {
    const key = JSON.stringify([region, 'latency', 'ns', gpu === '' ? {} : { gpu }, repetition]);
    const samples = bySeries.get(key) ?? [];
    bySeries.set(key, samples);
    for (const number of printed) {
      const [mantissa, exponent = '0'] = number.split('e');
      const precisionLost = /^-?\d+$/.test(number) && BigInt(number) !== BigInt(Number(number));
      const value = Number(`${mantissa}e${Number(exponent) + (unit === 'us' ? 3 : 0)}`) + 0;
      samples.push({ series: key, value, atNs: at, precisionLost });
    }
  }
  return bySeries;
}

const VALUE = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-300, max: 1e300 }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: 0, max: 2 ** 20 }).map((value) => value.toFixed(4)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }).map(String),
);
const LINE = fc.record({
  region: fc.constantFrom('a', 'b', 'c"d', 'é\n', ',"value":1'),
  unit: fc.constantFrom('ns', 'us'),
  gpu: fc.constantFrom('', '0', '1'),
  repetition: fc.constantFrom(1, 2),
  at: fc.option(fc.bigInt({ min: 10n ** 18n, max: 10n ** 18n + 1000n })),
  atAsText: fc.boolean(),
  printed: fc.array(VALUE, { minLength: 1, maxLength: 3 }),
  array: fc.boolean(),
  id: fc.oneof(fc.nat(5), fc.constant('x"y'), fc.constant([{ value: 1 }])),
  blank: fc.constantFrom('', '', ' '),
  order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
});
type Line = Pick<typeof LINE extends fc.Arbitrary<infer T> ? T : never, 'region' | 'unit' | 'gpu' | 'repetition' | 'at' | 'printed'>;
const LINES = fc.array(LINE, { minLength: 1, maxLength: 30 });

function print(lines: typeof LINES extends fc.Arbitrary<infer T> ? T : never): string {
  return lines
    .map(({ region, unit, gpu, repetition, at, atAsText, printed, array, id, blank, order }) => {
      const members = [
        `"region":${blank}${JSON.stringify(region)}`,
        `"unit":${blank}"${unit}"`,
        `"labels":${blank}{"gpu":"${gpu}"}`,
        `"repetition":${blank}${repetition}`,
        at === null ? '' : `"at":${blank}${atAsText ? `"${at}"` : at}`,
        printed.length === 1 && !array ? `"value":${blank}${printed[0]}` : `"values":${blank}[${printed.join(`,${blank}`)}]`,
        `"id":${blank}${JSON.stringify(id)}`,
      ];
      return `{${order
        .map((index) => members[index] ?? '')
        .filter((member) => member !== '')
        .join(`,${blank}`)}}\n`;
    })
    .join('');
}

test('reads what a slow reader reads (property)', () => {
  fc.assert(
    fc.property(LINES, (lines) => {
      assert.deepEqual(flatten(read(print(lines), { metric: 'latency' })), readSlowly(lines));
    }),
    { numRuns: 300 },
  );
});

test('gives the same records however the payload is cut (property)', () => {
  fc.assert(
    fc.property(LINES, fc.array(fc.nat(), { maxLength: 12 }), (lines, places) => {
      const text = print(lines);
      const whole = readOrRefuse(ndjsonFormat, [text], { metric: 'latency' });
      assert.deepEqual(readOrRefuse(ndjsonFormat, cutText(text, places), { metric: 'latency' }), whole);
      assert.deepEqual(readOrRefuse(ndjsonFormat, [...text], { metric: 'latency' }), whole);
    }),
    { numRuns: 150 },
  );
});

test('refuses a payload cut off inside a line, at any character (property)', () => {
  fc.assert(
    fc.property(LINES, (lines) => {
      const text = print(lines);
      for (let length = 1; length < text.length; length += 3) {
        const got = readOrRefuse(ndjsonFormat, [text.slice(0, length)], { metric: 'latency' });
        const whole = text.charAt(length) === '\n' || text.charAt(length - 1) === '\n';
        assert.equal(Array.isArray(got), whole);
      }
    }),
    { numRuns: 40 },
  );
});

test('takes as JSON what JSON.parse takes, and refuses the rest with a place (property)', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '"a"',
    '"a":',
    '1',
    '0',
    '-',
    '.',
    'e',
    '5',
    'true',
    'null',
    ' ',
    '\\',
    '\\n',
    'u12aF',
    '\t',
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => `{${pieces.join('')}}`),
    fc.json().map((json) => `{"a":${json}}`),
  );
  fc.assert(
    fc.property(text, (line) => {
      const isJson = doesNotThrow(() => JSON.parse(line));
      assert.equal(
        doesNotThrow(() => new JsonLine(line, { start: 0, end: line.length, line: 1 }).members(0)),
        isJson,
      );
    }),
    { numRuns: 3000 },
  );
});

function doesNotThrow(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxError || error instanceof ParseError, String(error));
    return false;
  }
}
