import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeMetricsProtobuf } from '../../../ingest/otlp/decode-metrics-protobuf.ts';
import { decodeTracesProtobuf } from '../../../ingest/otlp/decode-traces-protobuf.ts';
import { type AttributeValue, type MetricPoints, OtlpDecodeError, type Span } from '../../../ingest/otlp/messages.ts';
import { LIMITS } from '../../../wire/limits.ts';

/** What the wire format allows and no encoder at hand writes, byte by byte (protobuf.dev/programming-guides/encoding). */

type Part = Buffer | readonly number[] | string;
const join = (parts: readonly Part[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
const tag = (field: number, wireType: number) => varint((field << 3) | wireType);
const inside = (field: number, ...parts: readonly Part[]) => join([tag(field, 2), varint(join(parts).length), ...parts]);
const whole = (field: number, value: number | bigint) => join([tag(field, 0), varint(value)]);
const fixed64 = (field: number, value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  return join([tag(field, 1), bytes]);
};
const packDoubles = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeDoubleLE(value, 8 * index);
  return bytes;
};
const double = (field: number, value: number) => join([tag(field, 1), packDoubles(value)]);

const inMetric = (...parts: readonly Part[]) => inside(1, inside(2, inside(2, ...parts)));
const points = (bytes: Buffer): MetricPoints => {
  const data = decodeMetricsProtobuf(bytes).resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]?.data;
  assert.ok(data !== undefined);
  return data;
};
const gaugePoint = (...parts: readonly Part[]) => inMetric(inside(5, inside(1, ...parts)));
const firstPoint = (bytes: Buffer) => points(bytes).points[0];
const toValue = (...anyValue: readonly Part[]): AttributeValue | undefined =>
  decodeMetricsProtobuf(inside(1, inside(1, inside(1, inside(1, 'k'), inside(2, ...anyValue))))).resourceMetrics[0]?.resource[0]?.[1];
const inSpan = (...parts: readonly Part[]) => inside(1, inside(2, inside(2, ...parts)));
const spanOf = (...parts: readonly Part[]): Span | undefined =>
  decodeTracesProtobuf(inSpan(...parts)).resourceSpans[0]?.scopeSpans[0]?.spans[0];

/** Unknown fields of every wire type; field 30 has a tag of two bytes. */
const UNKNOWN = join([
  whole(30, 2n ** 64n - 1n),
  fixed64(30, 1n),
  inside(30, [0xff, 0xfe]),
  join([tag(30, 5), [1, 2, 3, 4]]),
  join([tag(30, 3), whole(1, 7), tag(2, 3), inside(3, 'x'), tag(2, 4), tag(30, 4)]),
]);

describe('what protobuf allows', () => {
  test('fields in any order, and unknown ones of every wire type between them', () => {
    const bytes = join([
      UNKNOWN,
      inMetric(UNKNOWN, inside(5, UNKNOWN, inside(1, UNKNOWN, fixed64(6, -7n), UNKNOWN, fixed64(3, 9n))), UNKNOWN, inside(1, 'late')),
    ]);
    const metric = decodeMetricsProtobuf(bytes).resourceMetrics[0]?.scopeMetrics[0]?.metrics[0];
    assert.equal(metric?.name, 'late');
    assert.deepEqual(metric?.data.points, [
      { attributes: [], startNs: 0n, atNs: 9n, noRecordedValue: false, value: -7, losesPrecision: false },
    ]);
  });

  test('lists packed, not packed, and both in turn', () => {
    const counts = [fixed64(6, 1n), inside(6, fixed64(6, 2n).subarray(1), fixed64(6, 3n).subarray(1)), fixed64(6, 2n ** 64n - 1n)];
    const bounds = [inside(7, packDoubles(1, 2)), double(7, 3), inside(7, packDoubles(4)), inside(7)];
    const histogram = firstPoint(inMetric(inside(9, inside(1, ...counts, ...bounds))));
    assert.ok(histogram !== undefined && 'explicitBounds' in histogram);
    assert.deepEqual(histogram.bucketCounts, [1n, 2n, 3n, 2n ** 64n - 1n]);
    assert.deepEqual(histogram.explicitBounds, [1, 2, 3, 4]);
    const buckets = inside(
      8,
      whole(2, 5),
      inside(2, varint(127), varint(128), varint(1023), varint(1024), varint(2n ** 64n - 1n)),
      whole(2, 300),
    );
    const exponential = firstPoint(inMetric(inside(10, inside(1, buckets))));
    assert.ok(exponential !== undefined && 'scale' in exponential);
    assert.deepEqual(exponential.positive.bucketCounts, [5n, 127n, 128n, 1023n, 1024n, 2n ** 64n - 1n, 300n]);
  });

  test('of a scalar or a oneof that comes twice the last counts', () => {
    const twice = firstPoint(gaugePoint(fixed64(6, 2n ** 53n + 1n), double(4, 1.5), fixed64(3, 1n), fixed64(3, 2n)));
    assert.ok(twice !== undefined && 'losesPrecision' in twice);
    assert.deepEqual([twice.value, twice.losesPrecision, twice.atNs], [1.5, false, 2n]);
    assert.equal(toValue(whole(3, 7), inside(1, 'last')), 'last');
    assert.equal(toValue(inside(1, 'first'), whole(3, -7)), -7);
  });

  test('embedded messages that come twice are merged', () => {
    const attribute = (key: string) => inside(1, inside(1, key));
    const resource = decodeMetricsProtobuf(inside(1, inside(1, attribute('a')), inside(2), inside(1, attribute('b')))).resourceMetrics[0];
    assert.deepEqual(resource?.resource, [
      ['a', null],
      ['b', null],
    ]);
    const scopes = decodeMetricsProtobuf(inside(1, inside(2, inside(1, inside(1, 'name')), inside(1, inside(2, '1.0')))))
      .resourceMetrics[0];
    assert.deepEqual(scopes?.scopeMetrics[0]?.scope, { name: 'name', version: '1.0', attributes: [] });
    const sum = points(inMetric(inside(7, inside(1), whole(2, 1)), inside(7, inside(1), whole(3, 1))));
    assert.deepEqual([sum.kind, sum.points.length, 'temporality' in sum && sum.temporality], ['sum', 2, 'delta']);
    const exponential = firstPoint(inMetric(inside(10, inside(1, inside(8, whole(1, 3), whole(2, 1)), inside(8, whole(2, 2))))));
    assert.deepEqual(exponential !== undefined && 'positive' in exponential && exponential.positive, {
      offset: -2,
      bucketCounts: [1n, 2n],
    });
    assert.deepEqual(toValue(inside(5, inside(1, whole(2, 1))), inside(5, inside(1, inside(1, 'x')))), [true, 'x']);
    assert.equal(spanOf(inside(15, whole(3, 2)), inside(15, inside(2, 'message')))?.status, 'error');
  });

  test('of two kinds of points the last counts, and nothing comes back of what it replaced', () => {
    const data = points(inMetric(inside(5, inside(1)), inside(7, inside(1), inside(1)), inside(5, inside(1), inside(1), inside(1))));
    assert.deepEqual([data.kind, data.points.length], ['gauge', 3]);
  });

  test('numbers at their bounds', () => {
    const exact: readonly [integer: bigint, value: number, losesPrecision: boolean][] = [
      [2n ** 53n - 1n, Number.MAX_SAFE_INTEGER, false],
      [2n ** 53n + 1n, 2 ** 53, true],
      [-(2n ** 63n), -(2 ** 63), false],
      [2n ** 63n - 1n, 2 ** 63, true],
    ];
    for (const [integer, value, losesPrecision] of exact) {
      const point = firstPoint(gaugePoint(fixed64(6, integer)));
      assert.deepEqual(point !== undefined && 'value' in point && [point.value, point.losesPrecision], [value, losesPrecision]);
    }
    assert.equal(toValue(whole(3, -(2n ** 63n))), -(2n ** 63n));
    assert.equal(toValue(whole(3, 2n ** 63n - 1n)), 2n ** 63n - 1n);
    assert.equal(toValue(double(4, Number.NEGATIVE_INFINITY)), Number.NEGATIVE_INFINITY);
  });

  test('numbers of enums that a later version may add say nothing', () => {
    assert.deepEqual(
      [spanOf(whole(6, 9))?.kind, spanOf(whole(6, -1))?.kind, spanOf(inside(15, whole(3, 3)))?.status],
      ['unspecified', 'unspecified', 'unset'],
    );
    const sum = points(inMetric(inside(7, whole(2, 3))));
    assert.equal('temporality' in sum && sum.temporality, 'unspecified');
  });

  test('an id that is empty or all zero is none', () => {
    const span = spanOf(inside(1, Buffer.alloc(16)), inside(2), inside(4, Buffer.alloc(8)));
    assert.deepEqual([span?.traceId, span?.spanId, span?.parentSpanId], ['', '', '']);
  });

  test('an empty message is an empty request', () => {
    assert.deepEqual(decodeMetricsProtobuf(new Uint8Array()), { resourceMetrics: [] });
    assert.deepEqual(decodeTracesProtobuf(new Uint8Array()), { resourceSpans: [] });
  });

  test('nothing that is returned refers to the bytes', () => {
    const room = Buffer.concat([Buffer.from([1, 2, 3]), inside(1, inside(1, inside(1, inside(1, 'key'), inside(2, inside(7, [4, 5])))))]);
    const request = decodeMetricsProtobuf(room.subarray(3));
    room.fill(0);
    assert.deepEqual(request.resourceMetrics[0]?.resource, [['key', Uint8Array.of(4, 5)]]);
  });
});

describe('what is refused', () => {
  const refused: readonly [what: string, bytes: Buffer, place: string, message: RegExp][] = [
    ['a varint of 11 bytes', join([tag(9, 0), Array(10).fill(0x80), [1]]), 'byte 1', /more than 64 bits/],
    ['a varint of 65 bits', join([tag(9, 0), Array(9).fill(0xff), [2]]), 'byte 1', /more than 64 bits/],
    ['a length beyond the bytes', join([tag(1, 2), [3], [0, 0]]), 'byte 1', /a length of 3 goes beyond the 2 bytes/],
    ['a length of 2^31', join([tag(1, 2), varint(2 ** 31)]), 'byte 1', /a length of 2147483648/],
    ['a length of 2^64 - 1', join([tag(1, 2), varint(-1)]), 'byte 1', /goes beyond the 0 bytes/],
    [
      'a length beyond the message around it',
      join([tag(1, 2), [2], tag(1, 2), [1], [0]]),
      'byte 3',
      /a length of 1 goes beyond the 0 bytes/,
    ],
    ['a field 0', Buffer.from([0x02, 0x00]), 'byte 0', /number 0/],
    ['a field number beyond 2^29', join([varint(2n ** 32n + 8n), [0]]), 'byte 0', /larger than protobuf has/],
    ['wire type 6', join([tag(9, 6)]), 'byte 0', /wire type 6/],
    ['a known field of another wire type', gaugePoint(whole(4, 1)), 'byte 10', /field 4 has the wire type 0/],
    ['a message where a list of varints is', whole(1, 1), 'byte 0', /field 1 has the wire type 0/],
    ['text that is not UTF-8', inMetric(inside(1, [0xc3, 0x28])), 'byte 8', /not UTF-8/],
    ['a surrogate in UTF-8', inMetric(inside(1, [0xed, 0xa0, 0x80])), 'byte 8', /not UTF-8/],
    ['a packed list of 9 bytes', inMetric(inside(9, inside(1, inside(7, Buffer.alloc(9))))), 'byte 12', /9 bytes, which 8 does not divide/],
    ['a packed varint that goes on after its list', inMetric(inside(10, inside(1, inside(8, inside(2, [1, 0x80]))))), 'byte 12', /cut off/],
    ['half a double', join([tag(9, 1), [0, 0, 0, 0]]), 'byte 0', /field 9 is cut off/],
    ['a group that does not end', join([tag(9, 3), whole(1, 1)]), 'byte 0', /does not end/],
    ['a group that ends as another', join([tag(9, 3), tag(8, 4)]), 'byte 1', /group 9 ends as group 8/],
    ['the end of no group', join([tag(9, 4)]), 'byte 0', /did not begin/],
  ];
  for (const [what, bytes, place, message] of refused) {
    test(what, () =>
      assert.throws(
        () => decodeMetricsProtobuf(bytes),
        (error) => error instanceof OtlpDecodeError && error.place === place && message.test(error.message),
      ),
    );
  }

  for (const [field, name, length] of [
    [1, 'trace id', 15],
    [1, 'trace id', 8],
    [2, 'span id', 16],
    [4, 'parent span id', 7],
  ] as const) {
    test(`a ${name} of ${length} bytes`, () => {
      assert.throws(() => spanOf(inside(field, Buffer.alloc(length, 1))), {
        name: 'OtlpDecodeError',
        message: new RegExp(`a ${name} has ${length} bytes`),
      });
    });
  }
});

describe('limits', () => {
  const nest = (levels: number): Buffer => (levels === 0 ? whole(2, 1) : inside(5, inside(1, nest(levels - 1))));
  const nestGroups = (levels: number): Buffer => (levels === 0 ? whole(1, 1) : join([tag(1, 3), nestGroups(levels - 1), tag(1, 4)]));

  test('an attribute may be nested so deep and no deeper', () => {
    assert.ok(toValue(nest(LIMITS.otlpAttributeDepth - 1)) !== undefined);
    assert.throws(() => toValue(nest(LIMITS.otlpAttributeDepth)), /nested more than 32 levels/);
    assert.throws(() => toValue(nest(2000)), OtlpDecodeError);
  });

  test('groups may be nested so deep and no deeper', () => {
    const unknown = (levels: number) => join([tag(9, 3), nestGroups(levels - 1), tag(9, 4)]);
    assert.deepEqual(decodeMetricsProtobuf(unknown(LIMITS.otlpAttributeDepth)), { resourceMetrics: [] });
    assert.throws(() => decodeMetricsProtobuf(unknown(LIMITS.otlpAttributeDepth + 1)), /nested more than 32 levels/);
  });

  test('a request may take so much memory and no more', () => {
    // The resource and what is around it are messages as well; each attribute here is one of two bytes.
    const most = LIMITS.otlpDecodedBytes / 128 - 2;
    const withAttributes = (count: number) => inside(1, inside(1, Buffer.alloc(2 * count, join([tag(1, 2), [0]]))));
    assert.equal(decodeMetricsProtobuf(withAttributes(most)).resourceMetrics[0]?.resource.length, most);
    assert.throws(() => decodeMetricsProtobuf(withAttributes(most + 1)), /takes more than 536870912 bytes of memory/);
  });

  test('a message that comes a hundred thousand times is refused before merging it takes a minute', () => {
    const gauge = inside(5, inside(1));
    const started = performance.now();
    assert.throws(() => points(inMetric(Buffer.alloc(100_000 * gauge.length, gauge))), /of memory/);
    assert.ok(performance.now() - started < 10_000);
  });
});
