import { readAttributes, readItems } from './json-attributes.ts';
import { type JsonCursor, listNames } from './json-cursor.ts';
import type { Attributes, ExponentialBuckets, ExponentialHistogramPoint, HistogramPoint, NumberPoint, SummaryPoint } from './messages.ts';

/** Data points of a JSON request, each the value that comes next: opentelemetry/proto/metrics/v1/metrics.proto. */

const NUMBER_POINT = listNames('attributes', 'startTimeUnixNano', 'timeUnixNano', 'asDouble', 'asInt', 'flags');
const HISTOGRAM_POINT = listNames(
  'attributes',
  'startTimeUnixNano',
  'timeUnixNano',
  'count',
  'sum',
  'bucketCounts',
  'explicitBounds',
  'flags',
  'min',
  'max',
);
const EXPONENTIAL_HISTOGRAM_POINT = listNames(
  'attributes',
  'startTimeUnixNano',
  'timeUnixNano',
  'count',
  'sum',
  'scale',
  'zeroCount',
  'positive',
  'negative',
  'flags',
  'min',
  'max',
  'zeroThreshold',
);
const BUCKETS = listNames('offset', 'bucketCounts');
const SUMMARY_POINT = listNames('attributes', 'startTimeUnixNano', 'timeUnixNano', 'count', 'sum', 'quantileValues', 'flags');
const QUANTILE = listNames('quantile', 'value');
/** DataPointFlags: no recorded value. */
const NO_RECORDED_VALUE = 1;

const readUint64 = (cursor: JsonCursor) => cursor.uint64();
const readDouble = (cursor: JsonCursor) => cursor.double();

/** NumberDataPoint. */
export function readNumberPoint(cursor: JsonCursor): NumberPoint {
  let attributes: Attributes = [];
  let startNs = 0n;
  let atNs = 0n;
  let value: number | null = null;
  let losesPrecision = false;
  let flags = 0;
  cursor.enterObject();
  for (let name = cursor.next(NUMBER_POINT); name !== undefined; name = cursor.next(NUMBER_POINT)) {
    if (name === 'attributes') attributes = readAttributes(cursor);
    else if (name === 'startTimeUnixNano') startNs = cursor.uint64();
    else if (name === 'timeUnixNano') atNs = cursor.uint64();
    else if (name === 'flags') flags = cursor.uint32();
    else {
      if (value !== null) cursor.fail('a data point has both asDouble and asInt');
      const read = name === 'asInt' ? cursor.int64() : cursor.double();
      value = Number(read);
      losesPrecision = typeof read === 'bigint' && BigInt(value) !== read;
    }
  }
  return { attributes, startNs, atNs, noRecordedValue: (flags & NO_RECORDED_VALUE) !== 0, value, losesPrecision };
}

/** HistogramDataPoint. */
export function readHistogramPoint(cursor: JsonCursor): HistogramPoint {
  let attributes: Attributes = [];
  let startNs = 0n;
  let atNs = 0n;
  let count = 0n;
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  let bucketCounts: readonly bigint[] = [];
  let explicitBounds: readonly number[] = [];
  let flags = 0;
  cursor.enterObject();
  for (let name = cursor.next(HISTOGRAM_POINT); name !== undefined; name = cursor.next(HISTOGRAM_POINT)) {
    if (name === 'attributes') attributes = readAttributes(cursor);
    else if (name === 'startTimeUnixNano') startNs = cursor.uint64();
    else if (name === 'timeUnixNano') atNs = cursor.uint64();
    else if (name === 'count') count = cursor.uint64();
    else if (name === 'sum') sum = cursor.double();
    else if (name === 'min') min = cursor.double();
    else if (name === 'max') max = cursor.double();
    else if (name === 'bucketCounts') bucketCounts = readItems(cursor, readUint64);
    else if (name === 'explicitBounds') explicitBounds = readItems(cursor, readDouble);
    else flags = cursor.uint32();
  }
  const noRecordedValue = (flags & NO_RECORDED_VALUE) !== 0;
  return { attributes, startNs, atNs, noRecordedValue, count, sum, min, max, bucketCounts, explicitBounds };
}

const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

/** ExponentialHistogramDataPoint. */
export function readExponentialHistogramPoint(cursor: JsonCursor): ExponentialHistogramPoint {
  let attributes: Attributes = [];
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
  cursor.enterObject();
  for (let name = cursor.next(EXPONENTIAL_HISTOGRAM_POINT); name !== undefined; name = cursor.next(EXPONENTIAL_HISTOGRAM_POINT)) {
    if (name === 'attributes') attributes = readAttributes(cursor);
    else if (name === 'startTimeUnixNano') startNs = cursor.uint64();
    else if (name === 'timeUnixNano') atNs = cursor.uint64();
    else if (name === 'count') count = cursor.uint64();
    else if (name === 'sum') sum = cursor.double();
    else if (name === 'min') min = cursor.double();
    else if (name === 'max') max = cursor.double();
    else if (name === 'scale') scale = cursor.int32();
    else if (name === 'zeroCount') zeroCount = cursor.uint64();
    else if (name === 'zeroThreshold') zeroThreshold = cursor.double();
    else if (name === 'positive') positive = readBuckets(cursor);
    else if (name === 'negative') negative = readBuckets(cursor);
    else flags = cursor.uint32();
  }
  return {
    attributes,
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

function readBuckets(cursor: JsonCursor): ExponentialBuckets {
  let offset = 0;
  let bucketCounts: readonly bigint[] = [];
  cursor.enterObject();
  for (let name = cursor.next(BUCKETS); name !== undefined; name = cursor.next(BUCKETS)) {
    if (name === 'offset') offset = cursor.int32();
    else bucketCounts = readItems(cursor, readUint64);
  }
  return { offset, bucketCounts };
}

/** SummaryDataPoint. */
export function readSummaryPoint(cursor: JsonCursor): SummaryPoint {
  let attributes: Attributes = [];
  let startNs = 0n;
  let atNs = 0n;
  let count = 0n;
  let sum = 0;
  let quantiles: SummaryPoint['quantiles'] = [];
  let flags = 0;
  cursor.enterObject();
  for (let name = cursor.next(SUMMARY_POINT); name !== undefined; name = cursor.next(SUMMARY_POINT)) {
    if (name === 'attributes') attributes = readAttributes(cursor);
    else if (name === 'startTimeUnixNano') startNs = cursor.uint64();
    else if (name === 'timeUnixNano') atNs = cursor.uint64();
    else if (name === 'count') count = cursor.uint64();
    else if (name === 'sum') sum = cursor.double();
    else if (name === 'quantileValues') quantiles = readItems(cursor, readQuantile);
    else flags = cursor.uint32();
  }
  return { attributes, startNs, atNs, noRecordedValue: (flags & NO_RECORDED_VALUE) !== 0, count, sum, quantiles };
}

function readQuantile(cursor: JsonCursor): SummaryPoint['quantiles'][number] {
  let quantile = 0;
  let value = 0;
  cursor.enterObject();
  for (let name = cursor.next(QUANTILE); name !== undefined; name = cursor.next(QUANTILE)) {
    if (name === 'quantile') quantile = cursor.double();
    else value = cursor.double();
  }
  return { quantile, value };
}
