import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeMetricsJson } from '../../../ingest/otlp/decode-metrics-json.ts';
import { decodeTracesJson } from '../../../ingest/otlp/decode-traces-json.ts';
import { JSON_SPELLING, metricsRequests, spellMetrics, spellTraces, tracesRequests, withoutDefaults } from './requests.ts';

describe('requests written by JSON.stringify', () => {
  test('metrics of every kind come back as they were', () => {
    fc.assert(
      fc.property(metricsRequests, fc.boolean(), fc.constantFrom(0, 1), (request, sparse, indent) => {
        const spelled = spellMetrics(request, JSON_SPELLING);
        assert.deepEqual(decodeMetricsJson(JSON.stringify(sparse ? withoutDefaults(spelled) : spelled, null, indent)), request);
      }),
      { numRuns: 300 },
    );
  });

  test('spans come back as they were', () => {
    fc.assert(
      fc.property(tracesRequests, fc.boolean(), fc.constantFrom(0, 1), (request, sparse, indent) => {
        const spelled = spellTraces(request, JSON_SPELLING);
        assert.deepEqual(decodeTracesJson(JSON.stringify(sparse ? withoutDefaults(spelled) : spelled, null, indent)), request);
      }),
      { numRuns: 300 },
    );
  });
});
