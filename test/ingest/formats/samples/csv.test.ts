import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../../ingest/format.ts';
import { csvFormat } from '../../../../ingest/formats/samples/csv.ts';
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

const read = (text: string, parameters = {}) => readRecords(csvFormat, [text], parameters);

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

test('reads values of one column with everything else from the parameters', () => {
  assert.deepEqual(read('value\n3\n1.5\n-2e1\n', { ...LATENCY, labels: { gpu: '0' }, repetition: 2 }), [
    {
      kind: 'samples',
      series: {
        region: 'r',
        metric: 'latency',
        nativeMetric: 'latency',
        unit: 'ns',
        better: 'lower',
        assume: 'sampled',
        judgedAs: 'location',
        valueKind: 'samples',
        labels: { gpu: '0' },
        attributes: {},
      },
      repetition: 2,
      values: [3, 1.5, -20],
      atNs: [],
      quality: [],
      line: 2,
    },
  ]);
});

test('takes columns before parameters, and parameters where a cell is empty', () => {
  const records = read('region,value,unit,label.gpu\nmemcpy,1,us,1\n,2,,\n', { ...LATENCY, labels: { gpu: '0' } });
  const seen = records.map(({ series, values }) => [series.region, series.labels['gpu'], values]);
  assert.deepEqual(seen, [
    ['memcpy', '1', [1000]],
    ['r', '0', [2]],
  ]);
});

test('reads quoted fields with commas, quotes and line breaks, CRLF, a byte order mark and a last line without its end', () => {
  const records = read('\ufeffregion,"value"\r\n"a,""b""\r\nc",1\r\nplain, 2 \r\n"plain","3"', { ...LATENCY, region: undefined });
  assert.deepEqual(
    records.map(({ series, values, line }) => [series.region, values, line]),
    [
      ['a,"b"\r\nc', [1], 2],
      ['plain', [2, 3], 4],
    ],
  );
});

test('converts to base units with one rounding: 1.001 us is 1001 ns, 0.1 mW a tenth of a milliwatt', () => {
  assert.deepEqual(read('value\n1.001\n0.007\n', { ...LATENCY, unit: 'us' })[0]?.values, [1001, 7]);
  assert.deepEqual(read('value\n0.1\n', { region: 'r', metric: 'power', unit: 'mW', better: 'lower' })[0]?.values, [0.0001]);
  assert.deepEqual(read('value\n1.5\n', { ...LATENCY, unit: 'min' })[0]?.values, [9e10]);
  assert.deepEqual(read('value\n50\n', { region: 'r', metric: 'gpu.utilisation', unit: '%' })[0]?.values, [0.5]);
});

test('keeps integers that are not doubles apart, in order', () => {
  const records = read('value\n1\n9007199254740993\n9007199254740992\n2\n', LATENCY);
  assert.deepEqual(
    records.map(({ values, quality, line }) => [values, quality, line]),
    [
      [[1], [], 2],
      [[9007199254740992], ['precision_lost'], 3],
      [[9007199254740992, 2], [], 4],
    ],
  );
});

test('keeps every digit of RFC 3339 and epoch nanoseconds', () => {
  const times = [
    '2026-01-31T12:00:00.123456789Z',
    '2026-01-31T13:00:00.1+01:00',
    '1769860800123456789',
    '2026-01-31T12:00:59Z',
    '2026-01-31T12:00:59.5Z',
  ];
  const [record] = read(`value,at\n${times.map((time) => `1,${time}`).join('\n')}\n`, LATENCY);
  assert.deepEqual(record?.atNs, [
    1769860800123456789n,
    1769860800100000000n,
    1769860800123456789n,
    1769860859000000000n,
    1769860859500000000n,
  ]);
});

test('gives values without a time of their own the time of the parameters', () => {
  const records = read('value,at\n1,\n2,1769860800123456789\n', { ...LATENCY, atNs: 7n });
  assert.deepEqual(
    records.map(({ atNs }) => atNs),
    [[7n, 1769860800123456789n]],
  );
});

for (const { printed, why } of BAD_VALUES) {
  test(`refuses ${printed || 'an empty field'} as a value at its line and column`, () => {
    refuses(`region,value,metric\na,1,latency\na,${printed},latency\n`, { unit: 'ns' }, { line: 3, column: 3, why });
  });
}

const REFUSED: readonly { name: string; text: string; parameters?: object; line: number; column: number; why: RegExp }[] = [
  { name: 'an empty payload', text: '', line: 1, column: 1, why: /empty/ },
  { name: 'a header alone', text: 'value\n', line: 2, column: 1, why: /no values/ },
  { name: 'a missing column value', text: 'ns\n1\n', line: 1, column: 1, why: /no column value/ },
  { name: 'values without a header', text: '1\n2\n', line: 1, column: 1, why: /first row names the columns/ },
  { name: 'semicolons', text: 'region;value\na;1\n', line: 1, column: 1, why: /commas/ },
  { name: 'a column Value', text: 'region,Value\na,1\n', line: 1, column: 8, why: /write value/ },
  { name: 'two columns of one name', text: 'value,at,value\n', line: 1, column: 10, why: /two columns "value"/ },
  { name: 'a decimal comma that splits a field', text: 'value,region\n1,5,a\n', line: 2, column: 5, why: /"1,5" is one number/ },
  { name: 'a row with too few fields', text: 'value,region\n1\n', line: 2, column: 2, why: /1 fields, the header 2/ },
  { name: 'an empty line between rows', text: 'value\n1\n\n2\n', line: 3, column: 1, why: /empty line/ },
  { name: 'a quote inside a plain field', text: 'value\n1"2\n', line: 2, column: 2, why: /quote/ },
  { name: 'text after a closing quote', text: 'value\n"1"2\n', line: 2, column: 4, why: /closing quote/ },
  { name: 'a quote that is never closed', text: 'value,region\n1,"a\n2,b\n', line: 2, column: 3, why: /not closed/ },
  { name: 'lines that end in CR alone', text: 'value\r1\r2\r', line: 1, column: 6, why: /carriage return/ },
  { name: 'an unknown region', text: 'value\n1\n', parameters: { region: undefined }, line: 2, column: 1, why: /region=/ },
  { name: 'an unknown metric', text: 'value\n1\n', parameters: { metric: undefined }, line: 2, column: 1, why: /metric=/ },
  { name: 'an unknown unit', text: 'value\n1\n', parameters: { unit: undefined }, line: 2, column: 1, why: /unit=/ },
  { name: 'a unit nobody knows', text: 'value,unit\n1,parsecs\n', line: 2, column: 3, why: /"parsecs" is unknown/ },
  { name: 'a unit of another dimension', text: 'value,unit\n1,MB\n', line: 2, column: 3, why: /By.*ns, .*ms/ },
  { name: 'an unknown direction', text: 'value,metric\n1,foo\n', line: 2, column: 1, why: /better=lower, better=higher or better=either/ },
  { name: 'a direction that is none', text: 'value,better\n1,less\n', line: 2, column: 3, why: /lower, higher, either/ },
  { name: 'a repetition of 0', text: 'value,repetition\n1,0\n', line: 2, column: 3, why: /from 1 to 10000/ },
  { name: 'a repetition beyond the limit', text: 'value,repetition\n1,10001\n', line: 2, column: 3, why: /10000/ },
  { name: 'a time in seconds', text: 'value,at\n1,1769860800\n', line: 2, column: 3, why: /looks like seconds/ },
  { name: 'a time without an offset', text: 'value,at\n1,2026-01-31T12:00:00\n', line: 2, column: 3, why: /not a time/ },
  { name: 'a day that does not exist', text: 'value,at\n1,2026-02-30T12:00:00Z\n', line: 2, column: 3, why: /calendar/ },
  { name: 'a time finer than a nanosecond', text: 'value,at\n1,2026-01-31T12:00:00.0000000001Z\n', line: 2, column: 3, why: /finer/ },
  {
    name: 'two units of one series',
    text: 'value,metric,unit,better\n1,foo,ns,lower\n2,foo,By,lower\n',
    line: 3,
    column: 7,
    why: /unit ns on line 2 and By here/,
  },
  {
    name: 'two directions of one series',
    text: 'value,better\n1,lower\n2,either\n',
    line: 3,
    column: 3,
    why: /better lower on line 2 and either here/,
  },
  { name: 'a label without a name', text: 'value,label.\n1,2\n', line: 1, column: 7, why: /label/ },
  { name: 'a label name with blanks', text: 'value,label.a b\n1,2\n', line: 2, column: 3, why: /label name/ },
];

for (const { name, text, parameters, line, column, why } of REFUSED) {
  test(`refuses ${name}, pointing at it`, () => refuses(text, { ...LATENCY, ...parameters }, { line, column, why }));
}

test('ignores columns it does not know with one warning each', () => {
  const parser = openStream(csvFormat, LATENCY);
  const records = [...parser.push('id,value,gpu\n1,5,0\n2,6,1\n'), ...parser.end()];
  assert.deepEqual(
    records.map((record) => record.kind === 'samples' && [record.series.labels, record.values]),
    [[{}, [5, 6]]],
  );
  assert.deepEqual(
    parser.warnings().map(({ code, line }) => [code, line]),
    [
      ['unknown_column', 1],
      ['unknown_column', 1],
    ],
  );
  assert.match(parser.warnings()[1]?.detail ?? '', /label\.gpu/);
});

test('warns when a direction is not the one of the catalogue', () => {
  const parser = openStream(csvFormat, { ...LATENCY, better: 'higher' });
  parser.push('value\n1\n2\n');
  assert.deepEqual(
    parser.warnings().map(({ code }) => code),
    ['better_not_catalogue'],
  );
});

test('gives a record at 65,536 values and the rest at the end, in order', () => {
  const values = Array.from({ length: 70_000 }, (_, index) => index);
  const parser = openStream(csvFormat, LATENCY);
  const early = parser.push(`value\n${values.join('\n')}\n`);
  const late = parser.end();
  assert.deepEqual(
    [...early, ...late].map((record) => record.kind === 'samples' && [record.values.length, record.values[0], record.line]),
    [
      [65_536, 0, 2],
      [4464, 65_536, 65_538],
    ],
  );
  assert.equal(early.length, 1);
});

test('lets all go when more than 262,144 values are held, and goes on in order', () => {
  const rows = Array.from({ length: 300_000 }, (_, index) => `r${index % 10},${Math.floor(index / 10)}`);
  const parser = openStream(csvFormat, LATENCY);
  const early = parser.push(`region,value\n${rows.join('\n')}\n`);
  const counts = early.map((record) => (record.kind === 'samples' ? record.values.length : 0));
  assert.equal(early.length, 10);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    262_145,
  );
  for (const samples of flatten([...early, ...parser.end()].filter((record) => record.kind === 'samples')).values()) {
    assert.ok(samples.every(({ value }, index) => value === index));
  }
});

test('takes as many series as the limit says and refuses one more', () => {
  const rows = Array.from({ length: LIMITS.seriesPerPayload + 1 }, (_, index) => `r${index},1\n`);
  assert.equal(read(`region,value\n${rows.slice(1).join('')}`, LATENCY).length, LIMITS.seriesPerPayload);
  assert.throws(() => read(`region,value\n${rows.join('')}`, LATENCY), isLimit(/20000 series/));
});

test('takes rows and labels of the limit and refuses one character more', () => {
  const label = 'x'.repeat(LIMITS.labelCharacters);
  assert.equal(read(`value,label.a\n1,${label}\n`, LATENCY).length, 1);
  assert.throws(() => read(`value,label.a\n1,${label}x\n`, LATENCY), isLimit(/512/));
  const filler = 'x'.repeat(LIMITS.lineCharacters - 3);
  assert.equal(read(`value,id\n1,${filler}\n`, LATENCY).length, 1);
  assert.throws(() => read(`value,id\n1,${filler}x\n`, LATENCY), isLimit(/1048576 characters/));
  assert.throws(() => readRecords(csvFormat, ['value,id\n1,', filler, filler], LATENCY), isLimit(/1048576 characters/));
});

function isLimit(detail: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof ProblemError && error.type === 'limit-exceeded' && detail.test(error.message);
}

test('recognises its own payloads by the header', () => {
  for (const head of ['value\n1\n', '\ufeffregion,"value"\r\n', 'a,value,b']) assert.ok(csvFormat.detect(head), head);
  for (const head of ['', '1\n2\n', '{"value":1}\n', 'region,ns\n', '#[StartTime: 1]\n"value"']) assert.ok(!csvFormat.detect(head), head);
});

/** A slow reader of the same rules, one character at a time. */
function readSlowly(text: string): ReadonlyMap<string, readonly FlatSample[]> {
  const rows: string[][] = [[]];
  let field = '';
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (quoted && character === '"' && text.charAt(index + 1) === '"') field += text.charAt(index++);
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === ',' || character === '\n')) {
      rows.at(-1)?.push(field);
      field = '';
      if (character === '\n') rows.push([]);
    } else if (quoted || character !== '\r') field += character;
  }
  const [header = [], ...body] = rows.slice(0, -1);
  const bySeries = new Map<string, FlatSample[]>();
  for (const row of body) {
    const cell = (name: string) => row[header.indexOf(name)] ?? '';
    const gpu = cell('label.gpu');
    const labels = gpu === '' ? {} : { gpu };
    const key = JSON.stringify([cell('region'), 'latency', 'ns', labels, Number(cell('repetition'))]);
    const precisionLost = /^\d+$/.test(cell('value')) && BigInt(cell('value')) !== BigInt(Number(cell('value')));
    const [mantissa, exponent = '0'] = cell('value').split('e');
    const atNs = cell('at') === '' ? null : BigInt(cell('at'));
    const samples = bySeries.get(key) ?? [];
    bySeries.set(key, samples);
    samples.push({
      series: key,
      value: Number(`${mantissa}e${Number(exponent) + (cell('unit') === 'us' ? 3 : 0)}`) + 0,
      atNs,
      precisionLost,
    });
  }
  return bySeries;
}

const VALUES = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-300, max: 1e300 }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: 0, max: 2 ** 20 }).map((value) => value.toFixed(4)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }).map(String),
);
const ROW = fc.record({
  region: fc.constantFrom('a', 'b', 'c,d', 'e"f', 'g\nh', 'i'),
  unit: fc.constantFrom('ns', 'us'),
  gpu: fc.constantFrom('', '0', '1'),
  repetition: fc.constantFrom('1', '2'),
  at: fc.option(fc.bigInt({ min: 10n ** 18n, max: 10n ** 18n + 1000n }).map(String), { nil: '' }),
  value: VALUES,
  id: fc.nat(5).map(String),
  quoted: fc.boolean(),
  ending: fc.constantFrom('\n', '\n', '\r\n'),
});
const NAMES = fc.shuffledSubarray(['region', 'unit', 'label.gpu', 'repetition', 'at', 'value', 'id'], { minLength: 7 });
const PAYLOAD = fc.tuple(NAMES, fc.array(ROW, { minLength: 1, maxLength: 30 })).map(([names, rows]) => {
  const lines = rows.map((row) => {
    const cells: Readonly<Record<string, string>> = { ...row, quoted: '', 'label.gpu': row.gpu };
    const print = (cell: string) => (row.quoted || /[,"\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
    return names.map((name) => print(cells[name] ?? '')).join(',') + row.ending;
  });
  return `${names.join(',')}\n${lines.join('')}`;
});

test('reads what a slow reader reads (property)', () => {
  fc.assert(
    fc.property(PAYLOAD, (text) => {
      assert.deepEqual(flatten(read(text, { metric: 'latency' })), readSlowly(text));
    }),
    { numRuns: 300 },
  );
});

test('gives the same records however the payload is cut (property)', () => {
  fc.assert(
    fc.property(PAYLOAD, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
      const whole = readOrRefuse(csvFormat, [text], { metric: 'latency' });
      assert.deepEqual(readOrRefuse(csvFormat, cutText(text, places), { metric: 'latency' }), whole);
      assert.deepEqual(readOrRefuse(csvFormat, [...text], { metric: 'latency' }), whole);
    }),
    { numRuns: 150 },
  );
});

test('gives a result or a ParseError for a payload cut off at any character (property)', () => {
  fc.assert(
    fc.property(PAYLOAD, (text) => {
      for (let length = 0; length <= text.length; length += 3) readOrRefuse(csvFormat, [text.slice(0, length)], { metric: 'latency' });
    }),
    { numRuns: 40 },
  );
});

test('gives a result or a ParseError for any text (property)', () => {
  const text = fc.string({ unit: fc.constantFrom('v', 'value', '1', ',', '\n', '\r', '"', ' ', '.', 'e', '-', 'at'), maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 5 }), (rest, places) => {
      const payload = `value,at\n1,\n${rest}`;
      assert.deepEqual(readOrRefuse(csvFormat, cutText(payload, places), LATENCY), readOrRefuse(csvFormat, [payload], LATENCY));
    }),
    { numRuns: 1000 },
  );
});
