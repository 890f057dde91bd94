import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeMetricsJson } from '../../../ingest/otlp/decode-metrics-json.ts';
import { decodeTracesJson } from '../../../ingest/otlp/decode-traces-json.ts';
import { type AttributeValue, OtlpDecodeError } from '../../../ingest/otlp/messages.ts';
import { LIMITS } from '../../../wire/limits.ts';

const SAMPLES = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../shared/samples/otlp');
const skip = existsSync(SAMPLES) ? false : 'the real samples are not beside this checkout';
const readSample = (name: string) => readFileSync(join(SAMPLES, name), 'utf8');

const inMetric = (member: string) => `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{${member}}]}]}]}`;
const inPoint = (member: string) => inMetric(`"gauge":{"dataPoints":[{${member}}]}`);
const inHistogram = (member: string) => inMetric(`"histogram":{"dataPoints":[{${member}}]}`);
const inSpan = (member: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":[{${member}}]}]}]}`;
const inValue = (member: string) => `{"resourceMetrics":[{"resource":{"attributes":[{"key":"k","value":{${member}}}]}}]}`;

const pointsOf = (text: string) => decodeMetricsJson(text).resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]?.data.points ?? [];
function numberOf(member: string) {
  const point = pointsOf(inPoint(member))[0];
  assert.ok(point !== undefined && 'losesPrecision' in point);
  return { value: point.value, losesPrecision: point.losesPrecision };
}
const attributeOf = (member: string): AttributeValue | undefined => decodeMetricsJson(inValue(member)).resourceMetrics[0]?.resource[0]?.[1];
const spanOf = (member: string) => decodeTracesJson(inSpan(member)).resourceSpans[0]?.scopeSpans[0]?.spans[0];

describe('the examples of the protocol', { skip }, () => {
  test('metrics.json', () => {
    const request = decodeMetricsJson(readSample('metrics.json'));
    assert.deepEqual(request.resourceMetrics[0]?.resource, [['service.name', 'my.service']]);
    const { scope, metrics } = request.resourceMetrics[0]?.scopeMetrics[0] ?? assert.fail();
    assert.deepEqual(scope, { name: 'my.library', version: '1.0.0', attributes: [['my.scope.attribute', 'some scope attribute']] });
    assert.deepEqual(
      metrics.map(({ name, unit, data }) => [name, unit, data.kind, 'temporality' in data ? data.temporality : null, data.points.length]),
      [
        ['my.counter', '1', 'sum', 'delta', 1],
        ['my.gauge', '1', 'gauge', null, 1],
        ['my.histogram', '1', 'histogram', 'delta', 1],
        ['my.exponential.histogram', '1', 'exponentialHistogram', 'delta', 1],
      ],
    );
    const at = { startNs: 1544712660300000000n, atNs: 1544712660300000000n, noRecordedValue: false };
    assert.deepEqual(metrics[3]?.data.points[0], {
      attributes: [['my.exponential.histogram.attr', 'some value']],
      ...at,
      count: 3n,
      sum: 10,
      min: 0,
      max: 5,
      scale: 0,
      zeroCount: 1n,
      zeroThreshold: 0,
      positive: { offset: 1, bucketCounts: [0n, 2n] },
      negative: { offset: 0, bucketCounts: [] },
    });
    const histogram = { count: 2n, sum: 2, min: 0, max: 2, bucketCounts: [1n, 1n], explicitBounds: [1] };
    assert.deepEqual(metrics[2]?.data.points, [{ attributes: [['my.histogram.attr', 'some value']], ...at, ...histogram }]);
  });

  test('trace.json', () => {
    assert.deepEqual(decodeTracesJson(readSample('trace.json')).resourceSpans[0]?.scopeSpans[0]?.spans, [
      {
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        parentSpanId: 'eee19b7ec3c1b173',
        flags: 0,
        name: "I'm a server span",
        kind: 'server',
        startNs: 1544712660000000000n,
        endNs: 1544712661000000000n,
        attributes: [['my.span.attr', 'some value']],
        status: 'unset',
      },
    ]);
  });
});

describe('numbers', () => {
  const integers: readonly [text: string, value: number, losesPrecision: boolean][] = [
    ['"5"', 5, false],
    ['5', 5, false],
    ['-5', -5, false],
    ['0', 0, false],
    ['1e3', 1000, false],
    ['5.0', 5, false],
    ['9007199254740993', 9007199254740992, true],
    ['"9007199254740993"', 9007199254740992, true],
    ['9007199254740992', 9007199254740992, false],
    ['-9223372036854775808', -(2 ** 63), false],
  ];
  for (const [text, value, losesPrecision] of integers) {
    test(`asInt ${text}`, () => assert.deepEqual(numberOf(`"asInt":${text}`), { value, losesPrecision }));
  }

  const doubles: readonly [text: string, value: number][] = [
    ['0.1', 0.1],
    ['"0.1"', 0.1],
    ['-0', -0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['0e-400', 0],
    ['"NaN"', Number.NaN],
    ['"Infinity"', Number.POSITIVE_INFINITY],
    ['"-Infinity"', Number.NEGATIVE_INFINITY],
  ];
  for (const [text, value] of doubles) test(`asDouble ${text}`, () => assert.ok(Object.is(numberOf(`"asDouble":${text}`).value, value)));

  test('a time of 19 digits is exact as text and as a number', () => {
    for (const text of ['"1544712660300000001"', '1544712660300000001'])
      assert.equal(pointsOf(inPoint(`"timeUnixNano":${text}`))[0]?.atNs, 1544712660300000001n);
  });

  test('an attribute is a bigint where a double would not hold it', () => {
    assert.equal(attributeOf('"intValue":"9007199254740993"'), 9007199254740993n);
    assert.equal(attributeOf('"intValue":9223372036854775807'), 9223372036854775807n);
    assert.equal(attributeOf('"intValue":"9007199254740991"'), 9007199254740991);
  });
});

describe('what is let pass', () => {
  test('null is absent, alone and beside a value of the same oneof', () => {
    assert.deepEqual(numberOf('"asInt":null,"asDouble":1.5,"attributes":null,"flags":null'), { value: 1.5, losesPrecision: false });
    assert.deepEqual(decodeMetricsJson('{"resourceMetrics":null}'), { resourceMetrics: [] });
  });

  test('unknown names are passed over, whatever they hold and how often they come', () => {
    const unknown = '"x":{"a":[1,-2.5e3,"\\u0041",true,false,null,{}],"b":{}},"x":[]';
    assert.equal(numberOf(`${unknown},"asDouble":1,${unknown}`).value, 1);
  });

  test('the name __proto__ is like any other', () => {
    const request = decodeMetricsJson(`{"__proto__":{"resourceMetrics":[{}]},"constructor":1}`);
    assert.deepEqual(request, { resourceMetrics: [] });
    assert.deepEqual(
      decodeMetricsJson(inValue('"kvlistValue":{"values":[{"key":"__proto__","value":{"boolValue":true}}]}')).resourceMetrics[0]?.resource,
      [['k', { entries: [['__proto__', true]] }]],
    );
  });

  test('hex of either case and base64 of either alphabet', () => {
    assert.equal(spanOf('"traceId":"5B8EFFF798038103D269B633813FC60c"')?.traceId, '5b8efff798038103d269b633813fc60c');
    assert.equal(spanOf('"parentSpanId":"0000000000000000"')?.parentSpanId, '');
    for (const text of ['+/8=', '-_8', '-_8=']) assert.deepEqual(attributeOf(`"bytesValue":"${text}"`), Uint8Array.of(0xfb, 0xff));
  });

  test('white space and escapes', () => {
    assert.equal(attributeOf(' "stringValue" :\t"a\\u00e9\\n\\ud83d\\ude00" '), 'aé\n😀');
  });
});

describe('what is refused', () => {
  const refused: readonly [what: string, text: string, message: RegExp][] = [
    ['no text', '', /^\/ \(line 1, column 1\): expected an object, found the end of the text/],
    ['an array', '[]', /expected an object, found '\['/],
    ['text after the request', '{}{}', /\/ \(line 1, column 3\): expected the end of the text, found '\{'/],
    ['a known name twice', inPoint('"asInt":1,"asInt":2'), /dataPoints\/0\/asInt \(line 1, column 85\): the name 'asInt' occurs twice/],
    ['snake_case, which would drop all in silence', '{"resource_metrics":[]}', /'resource_metrics' is written 'resourceMetrics'/],
    ['both values of a oneof', inPoint('"asInt":1,"asDouble":2'), /both asDouble and asInt/],
    ['two kinds of points', inMetric('"gauge":{},"sum":{}'), /both gauge and sum/],
    ['two kinds of value', inValue('"intValue":1,"stringValue":"x"'), /both intValue and stringValue/],
    ['the name of an enum', inMetric('"sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA"}'), /an enum is its number/],
    ['a broken enum', inSpan('"kind":1.5'), /'1.5' is not an integer/],
    [
      'a negative count',
      inHistogram('"count":-1'),
      /histogram\/dataPoints\/0\/count .*'-1' is not an integer from 0 to 18446744073709551615/,
    ],
    ['a broken count', inHistogram('"bucketCounts":[1,"1.5"]'), /bucketCounts\/1 .*'1.5' is not an integer/],
    ['a count of 2^64', inHistogram('"count":"18446744073709551616"'), /not an integer/],
    ['an integer of 2^63', inPoint('"asInt":"9223372036854775808"'), /not an integer/],
    ['an integer with a sign', inPoint('"asInt":"+5"'), /not an integer/],
    ['an integer with a leading zero', inPoint('"asInt":"05"'), /not an integer/],
    ['an empty integer', inPoint('"asInt":""'), /not an integer/],
    ['an integer of a million digits', inPoint(`"asInt":"${'9'.repeat(1e6)}"`), /not an integer/],
    ['a double beyond the largest', inPoint('"asDouble":1e999'), /not a number that a double holds/],
    ['a double below the smallest', inPoint('"asDouble":1e-999'), /not a number that a double holds/],
    ['hexadecimal', inPoint('"asDouble":"0x10"'), /not a number/],
    ['a bare NaN', inPoint('"asDouble":NaN'), /expected a number, found 'N'/],
    ['true as a number', inPoint('"asDouble":true'), /expected a number/],
    ['a number as a boolean', inMetric('"sum":{"isMonotonic":1}'), /expected true or false/],
    ['a number as text', inMetric('"name":5'), /expected text in quotes/],
    ['null in a list', inMetric('"gauge":{"dataPoints":[null]}'), /expected an object, found 'n'/],
    ['an id of 15 bytes', inSpan(`"traceId":"${'a'.repeat(30)}"`), /a trace id is 32 hex digits/],
    ['an id that is not hex', inSpan('"spanId":"eee19b7ec3c1b17g"'), /a span id is 16 hex digits/],
    ['bytes that are not base64', inValue('"bytesValue":"a*=="'), /base64/],
    ['bytes with something between them', inValue('"bytesValue":"AAAA AAAA"'), /base64/],
    ['bytes that stop after one digit', inValue('"bytesValue":"AAAAA"'), /base64/],
    ['half of a surrogate pair as it is', inMetric('"name":"a\ud800"'), /metrics\/0\/name \(line 1, column 60\): the text holds half/],
    ['half of a surrogate pair', inValue('"stringValue":"\\ud800"'), /half of a surrogate pair/],
    ['a bad escape', inMetric('"name":"\\x"'), /bad escape/],
    ['an escape cut off', inMetric('"name":"\\u00"'), /name \(line 1, column 59\): bad escape/],
    ['text that ends in a backslash', '{"resourceMetrics\\', /the JSON stops inside text/],
    ['a line break after an escape', inMetric('"name":"\\n\n"'), /control character/],
    ['a line break in text', inMetric('"name":"a\nb"'), /control character/],
    ['a trailing comma', inMetric('"name":"a",'), /expected a name in quotes, found '\}'/],
    ['an unknown value that is no JSON', inMetric('"x":[01]'), /not a number/],
  ];
  for (const [what, text, message] of refused) {
    const isTraces = text.startsWith('{"resourceSpans');
    test(what, () => {
      assert.throws(
        () => (isTraces ? decodeTracesJson(text) : decodeMetricsJson(text)),
        (error) => error instanceof OtlpDecodeError && message.test(error.message),
      );
    });
  }

  test('an error names its place on a line of many', () => {
    const text = JSON.stringify(JSON.parse(inPoint('"asInt":"x"')), null, 1);
    assert.throws(() => decodeMetricsJson(text), {
      place: '/resourceMetrics/0/scopeMetrics/0/metrics/0/gauge/dataPoints/0/asInt (line 11, column 20)',
    });
  });
});

describe('limits', () => {
  const nest = (levels: number): string => (levels === 0 ? '"boolValue":true' : `"arrayValue":{"values":[{${nest(levels - 1)}}]}`);

  test('an attribute may be nested so deep and no deeper', () => {
    assert.ok(attributeOf(nest(LIMITS.otlpAttributeDepth - 1)) !== undefined);
    assert.throws(() => attributeOf(nest(LIMITS.otlpAttributeDepth)), /nested more than 32 levels/);
  });

  test('what is passed over may be nested so deep and no deeper', () => {
    const unknown = (levels: number) => `{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    assert.deepEqual(decodeMetricsJson(unknown(LIMITS.jsonDepth)), { resourceMetrics: [] });
    assert.throws(() => decodeMetricsJson(unknown(LIMITS.jsonDepth + 1)), /nested more than 32 levels/);
    assert.throws(() => decodeMetricsJson(`{"x":${'['.repeat(1e6)}`), OtlpDecodeError);
  });

  test('a request may not take more memory than the limit', () => {
    const empty = `{"resourceMetrics":[${'{},'.repeat(LIMITS.otlpDecodedBytes / 128)}{}]}`;
    assert.throws(() => decodeMetricsJson(empty), /takes more than 536870912 bytes of memory/);
  });
});
