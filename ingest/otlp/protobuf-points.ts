import type { ExponentialBuckets, ExponentialHistogramPoint, HistogramPoint, NumberPoint, SummaryPoint } from './messages.ts';
import type { AttributeReader } from './protobuf-attributes.ts';
import type { ProtobufReader } from './protobuf-reader.ts';

/** Data points of a protobuf request, each the value of the field that the reader stands at: opentelemetry/proto/metrics/v1/metrics.proto. */

/** DataPointFlags: no recorded value. */
const NO_RECORDED_VALUE = 1;

/** NumberDataPoint; of as_double and as_int the last counts. */
export function readNumberPoint(reader: ProtobufReader, attributes: AttributeReader): NumberPoint {
  let startNs = 0n;
  let atNs = 0n;
  let value: number | null = null;
  let losesPrecision = false;
  let flags = 0;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 7) attributes.add();
    else if (field === 2) startNs = reader.fixed64();
    else if (field === 3) atNs = reader.fixed64();
    else if (field === 4) {
      value = reader.double();
      losesPrecision = false;
    } else if (field === 6) {
      const integer = reader.sfixed64();
      value = Number(integer);
      losesPrecision = typeof integer === 'bigint' && BigInt(value) !== integer;
    } else if (field === 8) flags = reader.uint32();
    else reader.skip();
  }
  reader.leave(outer);
  return { attributes: attributes.take(), startNs, atNs, noRecordedValue: (flags & NO_RECORDED_VALUE) !== 0, value, losesPrecision };
}

/** HistogramDataPoint. */
export function readHistogramPoint(reader: ProtobufReader, attributes: AttributeReader): HistogramPoint {
  let startNs = 0n;
  let atNs = 0n;
  let count = 0n;
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  let flags = 0;
  let bucketCounts: bigint[] = [];
  let explicitBounds: number[] = [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 9) attributes.add();
    else if (field === 2) startNs = reader.fixed64();
    else if (field === 3) atNs = reader.fixed64();
    else if (field === 4) count = reader.fixed64();
    else if (field === 5) sum = reader.double();
    else if (field === 6) bucketCounts = reader.fixed64s(bucketCounts);
    else if (field === 7) explicitBounds = reader.doubles(explicitBounds);
    else if (field === 10) flags = reader.uint32();
    else if (field === 11) min = reader.double();
    else if (field === 12) max = reader.double();
    else reader.skip();
  }
  reader.leave(outer);
  const noRecordedValue = (flags & NO_RECORDED_VALUE) !== 0;
  return { attributes: attributes.take(), startNs, atNs, noRecordedValue, count, sum, min, max, bucketCounts, explicitBounds };
}

const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

/** ExponentialHistogramDataPoint. */
export function readExponentialHistogramPoint(reader: ProtobufReader, attributes: AttributeReader): ExponentialHistogramPoint {
  let startNs = 0n;
  let atNs = 0n;
  let count = 0n;
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  let scale = 0;
  let zeroCount = 0n;
  let zeroThreshold = 0;
  let positive = NO_BUCKETS;
  let negative = NO_BUCKETS;
  let flags = 0;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) attributes.add();
    else if (field === 2) startNs = reader.fixed64();
    else if (field === 3) atNs = reader.fixed64();
    else if (field === 4) count = reader.fixed64();
    else if (field === 5) sum = reader.double();
    else if (field === 6) scale = reader.sint32();
    else if (field === 7) zeroCount = reader.fixed64();
    else if (field === 8) positive = readBuckets(positive, reader);
    else if (field === 9) negative = readBuckets(negative, reader);
    else if (field === 10) flags = reader.uint32();
    else if (field === 12) min = reader.double();
    else if (field === 13) max = reader.double();
    else if (field === 14) zeroThreshold = reader.double();
    else reader.skip();
  }
  reader.leave(outer);
  return {
    attributes: attributes.take(),
    startNs,
    atNs,
    noRecordedValue: (flags & NO_RECORDED_VALUE) !== 0,
    count,
    sum,
    min,
    max,
    scale,
    zeroCount,
    zeroThreshold,
    positive,
    negative,
  };
}

/** Buckets. @param before what an earlier occurrence gave */
function readBuckets(before: ExponentialBuckets, reader: ProtobufReader): ExponentialBuckets {
  let offset = before.offset;
  let bucketCounts = reader.reopen(before.bucketCounts);
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) offset = reader.sint32();
    else if (field === 2) bucketCounts = reader.uint64s(bucketCounts);
    else reader.skip();
  }
  reader.leave(outer);
  return { offset, bucketCounts };
}

/** SummaryDataPoint. */
export function readSummaryPoint(reader: ProtobufReader, attributes: AttributeReader): SummaryPoint {
  let startNs = 0n;
  let atNs = 0n;
  let count = 0n;
  let sum = 0;
  let flags = 0;
  const quantiles: SummaryPoint['quantiles'][number][] = [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 7) attributes.add();
    else if (field === 2) startNs = reader.fixed64();
    else if (field === 3) atNs = reader.fixed64();
    else if (field === 4) count = reader.fixed64();
    else if (field === 5) sum = reader.double();
    else if (field === 6) quantiles.push(readQuantile(reader));
    else if (field === 8) flags = reader.uint32();
    else reader.skip();
  }
  reader.leave(outer);
  const noRecordedValue = (flags & NO_RECORDED_VALUE) !== 0;
  return { attributes: attributes.take(), startNs, atNs, noRecordedValue, count, sum, quantiles };
}

/** ValueAtQuantile. */
function readQuantile(reader: ProtobufReader): SummaryPoint['quantiles'][number] {
  let quantile = 0;
  let value = 0;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) quantile = reader.double();
    else if (field === 2) value = reader.double();
    else reader.skip();
  }
  reader.leave(outer);
  return { quantile, value };
}
