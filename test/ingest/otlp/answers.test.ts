import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import { encodeExportAnswer, encodeStatus, toRpcCode } from '../../../ingest/otlp/answers.ts';
import { lookUp } from './requests.ts';

const ANSWERS = { metrics: 'ExportMetricsServiceResponse', traces: 'ExportTraceServiceResponse' } as const;
const COUNTS = { metrics: 'rejectedDataPoints', traces: 'rejectedSpans' } as const;
const SERIALIZERS = {
  metrics: { protobuf: ProtobufMetricsSerializer, json: JsonMetricsSerializer },
  traces: { protobuf: ProtobufTraceSerializer, json: JsonTraceSerializer },
} as const;

const decode = (message: string, bytes: Buffer) => lookUp(message).toObject(lookUp(message).decode(bytes), { longs: String });
const outcomes = fc.record({ rejected: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), message: fc.string({ unit: 'binary' }) });

describe('the answer to an export', () => {
  for (const signal of ['metrics', 'traces'] as const) {
    test(`${signal}: full success says nothing`, () => {
      assert.equal(encodeExportAnswer(signal, { rejected: 0, message: '' }, 'protobuf').length, 0);
      assert.equal(encodeExportAnswer(signal, { rejected: 0n, message: '' }, 'json').toString(), '{}');
    });

    test(`${signal}: protobufjs reads in protobuf what JSON.parse reads in JSON`, () => {
      fc.assert(
        fc.property(outcomes, ({ rejected, message }) => {
          const isFull = rejected === 0n && message === '';
          const counted = rejected === 0n ? {} : { [COUNTS[signal]]: String(rejected) };
          const partialSuccess = { ...counted, ...(message === '' ? {} : { errorMessage: message }) };
          const expected = isFull ? {} : { partialSuccess };
          assert.deepEqual(decode(ANSWERS[signal], encodeExportAnswer(signal, { rejected, message }, 'protobuf')), expected);
          assert.deepEqual(JSON.parse(encodeExportAnswer(signal, { rejected, message }, 'json').toString()), expected);
        }),
      );
    });

    for (const encoding of ['protobuf', 'json'] as const) {
      test(`${signal}: the exporter of OpenTelemetry reads a partial success in ${encoding}`, () => {
        const bytes = encodeExportAnswer(signal, { rejected: 3, message: 'no temporality' }, encoding);
        const { partialSuccess } = SERIALIZERS[signal][encoding].deserializeResponse(bytes);
        const [count, message] = [
          Object.entries(partialSuccess ?? {}).find(([name]) => name === COUNTS[signal])?.[1],
          partialSuccess?.errorMessage,
        ];
        assert.deepEqual([Number(count), message], [3, 'no temporality']);
      });
    }
  }
});

describe('a status', () => {
  test('says code and message in both encodings', () => {
    const status = { code: 3, message: 'byte 117: text is not UTF-8' };
    assert.deepEqual(decode('RpcStatus', encodeStatus(status, 'protobuf')), status);
    assert.deepEqual(JSON.parse(encodeStatus(status, 'json').toString()), status);
  });

  const delays: readonly [milliseconds: number, seconds: string | undefined, nanos: number | undefined, json: string][] = [
    [0, undefined, undefined, '0s'],
    [2000, '2', undefined, '2s'],
    [1500, '1', 500_000_000, '1.5s'],
    [30, undefined, 30_000_000, '0.03s'],
  ];
  for (const [retryDelayMs, seconds, nanos, json] of delays) {
    test(`asks to try again after ${retryDelayMs} ms`, () => {
      const status = { code: 8, message: 'too many requests', retryDelayMs };
      const details = decode('RpcStatus', encodeStatus(status, 'protobuf'))['details'];
      assert.equal(details.length, 1);
      assert.equal(details[0].type_url ?? details[0].typeUrl, 'type.googleapis.com/google.rpc.RetryInfo');
      const retryDelay = { ...(seconds === undefined ? {} : { seconds }), ...(nanos === undefined ? {} : { nanos }) };
      assert.deepEqual(decode('RetryInfo', details[0].value), { retryDelay });
      const expected = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: json };
      assert.deepEqual(JSON.parse(encodeStatus(status, 'json').toString()).details, [expected]);
    });
  }

  const codes: readonly [httpStatus: number, code: number][] = [
    [400, 3],
    [401, 16],
    [403, 7],
    [404, 5],
    [413, 8],
    [415, 3],
    [418, 3],
    [429, 8],
    [500, 13],
    [503, 14],
    [599, 13],
  ];
  for (const [httpStatus, code] of codes) test(`${httpStatus} is google.rpc.Code ${code}`, () => assert.equal(toRpcCode(httpStatus), code));
});
