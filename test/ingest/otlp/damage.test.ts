import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeMetricsJson } from '../../../ingest/otlp/decode-metrics-json.ts';
import { decodeMetricsProtobuf } from '../../../ingest/otlp/decode-metrics-protobuf.ts';
import { decodeTracesJson } from '../../../ingest/otlp/decode-traces-json.ts';
import { decodeTracesProtobuf } from '../../../ingest/otlp/decode-traces-protobuf.ts';
import { OtlpDecodeError } from '../../../ingest/otlp/messages.ts';
import { encodeWithPeer, JSON_SPELLING, metricsRequests, PEER, spellMetrics, spellTraces, tracesRequests } from './requests.ts';

/** Damaged requests become a message or an OtlpDecodeError, never another exception. */
function decodeOrRefuse<T>(decode: (input: T) => object, input: T): void {
  try {
    decode(input);
  } catch (error) {
    assert.ok(error instanceof OtlpDecodeError, String(error));
    assert.match(error.place, /^(byte \d+|\/.* \(line \d+, column \d+\))$/s);
    assert.ok(error.message.length < 2000);
  }
}

const metricsBytes = metricsRequests.map((request) => encodeWithPeer('ExportMetricsServiceRequest', spellMetrics(request, PEER)));
const tracesBytes = tracesRequests.map((request) => encodeWithPeer('ExportTraceServiceRequest', spellTraces(request, PEER)));
const metricsText = metricsRequests.map((request) => JSON.stringify(spellMetrics(request, JSON_SPELLING)));
const tracesText = tracesRequests.map((request) => JSON.stringify(spellTraces(request, JSON_SPELLING)));

const BYTES = [
  ['metrics', metricsBytes, decodeMetricsProtobuf],
  ['traces', tracesBytes, decodeTracesProtobuf],
] as const;
const TEXTS = [
  ['metrics', metricsText, decodeMetricsJson],
  ['traces', tracesText, decodeTracesJson],
] as const;
const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
/** What JSON is made of, so that damage goes deeper than the first character. */
const pieces = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\', '-', '9', 'e', 'null', '\u0000', '\ud800', '')),
  {
    minLength: 1,
    maxLength: 4,
  },
);

describe('protobuf', () => {
  for (const [signal, requests, decode] of BYTES) {
    test(`${signal} cut off after every byte`, () => {
      fc.assert(
        fc.property(requests, (bytes) => {
          for (let length = 0; length < Math.min(bytes.length, 2000); length++) decodeOrRefuse(decode, bytes.subarray(0, length));
        }),
        { numRuns: 30 },
      );
    });

    test(`${signal} with bytes changed`, () => {
      fc.assert(
        fc.property(requests, changes, (bytes, changed) => {
          const damaged = Uint8Array.from(bytes);
          for (const [at, value] of changed) damaged[at % Math.max(1, damaged.length)] = value;
          decodeOrRefuse(decode, damaged);
        }),
        { numRuns: 1000 },
      );
    });

    test(`${signal}: bytes at random`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => decodeOrRefuse(decode, bytes)),
        { numRuns: 2000 },
      );
    });
  }
});

describe('JSON', () => {
  for (const [signal, requests, decode] of TEXTS) {
    test(`${signal} cut off after every character`, () => {
      fc.assert(
        fc.property(requests, (text) => {
          for (let length = 0; length < Math.min(text.length, 1000); length++) {
            assert.throws(() => decode(text.slice(0, length)), OtlpDecodeError);
          }
        }),
        { numRuns: 30 },
      );
    });

    test(`${signal} with characters changed`, () => {
      fc.assert(
        fc.property(requests, pieces, (text, changed) => {
          let damaged = text;
          for (const [at, piece] of changed) {
            const place = at % damaged.length;
            damaged = damaged.slice(0, place) + piece + damaged.slice(place + 1);
          }
          decodeOrRefuse(decode, damaged);
        }),
        { numRuns: 1000 },
      );
    });

    test(`${signal}: JSON of other kinds`, () => {
      fc.assert(fc.property(fc.json(), (text) => decodeOrRefuse(decode, text)));
    });
  }
});
