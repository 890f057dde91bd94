import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeMetricsProtobuf } from '../../../ingest/otlp/decode-metrics-protobuf.ts';
import { decodeTracesProtobuf } from '../../../ingest/otlp/decode-traces-protobuf.ts';
import { encodeWithPeer, metricsRequests, PEER, spellMetrics, spellTraces, tracesRequests, withoutDefaults } from './requests.ts';

describe('against protobufjs', () => {
  test('metrics of every kind come back as they were', () => {
    fc.assert(
      fc.property(metricsRequests, fc.boolean(), (request, sparse) => {
        const spelled = spellMetrics(request, PEER);
        const bytes = encodeWithPeer('ExportMetricsServiceRequest', sparse ? (withoutDefaults(spelled) as object) : spelled);
        assert.deepEqual(decodeMetricsProtobuf(bytes), request);
      }),
      { numRuns: 300 },
    );
  });

  test('spans come back as they were', () => {
    fc.assert(
      fc.property(tracesRequests, fc.boolean(), (request, sparse) => {
        const spelled = spellTraces(request, PEER);
        const bytes = encodeWithPeer('ExportTraceServiceRequest', sparse ? (withoutDefaults(spelled) as object) : spelled);
        assert.deepEqual(decodeTracesProtobuf(bytes), request);
      }),
      { numRuns: 300 },
    );
  });
});
