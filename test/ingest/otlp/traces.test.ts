import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attributes, Span } from '../../../ingest/otlp/messages.ts';
import { bindResource } from '../../../ingest/otlp/resource.ts';
import { SeriesCache } from '../../../ingest/otlp/series-cache.ts';
import { toSpanRecords } from '../../../ingest/otlp/traces-to-records.ts';
import type { SamplesRecord, SpanRecord } from '../../../ingest/records.ts';
import { atS, BOUND, CONTEXT, RUN_ID, refusal } from './points.ts';

let lastId = 0;
const newId = () => {
  lastId += 1;
  return lastId.toString(16).padStart(16, '0');
};

const span = (changes: Partial<Span> = {}): Span => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: newId(),
  parentSpanId: 'eee19b7ec3c1b173',
  flags: 0,
  name: 'decode',
  kind: 'internal',
  startNs: atS(1010),
  endNs: atS(1011),
  attributes: [],
  status: 'unset',
  ...changes,
});

function map(spans: readonly Span[], resource: Attributes = BOUND, scope: Attributes = []) {
  const content = { resource, scopeSpans: [{ scope: { name: 'lib', version: '', attributes: scope }, spans }] };
  const mapped = toSpanRecords([{ binding: bindResource(resource), content }], { ...CONTEXT, cache: new SeriesCache() });
  const samples: SamplesRecord[] = [];
  const kept: SpanRecord[] = [];
  for (const record of mapped.records) {
    if (record.kind === 'samples') samples.push(record);
    else if (record.kind === 'span') kept.push(record);
  }
  assert.equal(samples.length + kept.length, mapped.records.length);
  return { ...mapped, samples, spans: kept };
}

describe('spans', () => {
  test('are kept as they are, and their durations are samples of latency in the order they began', () => {
    const { samples, spans, rejections } = map([span({ startNs: atS(1012), endNs: atS(1012.5) }), span(), span({ name: 'copy' })]);
    assert.equal(rejections.count, 0);
    assert.deepEqual(
      samples.map(({ series, values, atNs }) => [series.region, series.metric, series.unit, series.judgedAs, values, atNs]),
      [
        ['decode', 'latency', 'ns', 'location', [1e9, 5e8], [atS(1010), atS(1012)]],
        ['copy', 'latency', 'ns', 'location', [1e9], [atS(1010)]],
      ],
    );
    assert.deepEqual(samples[0]?.series.labels, { service: 'decoder' });
    const [first] = spans;
    assert.deepEqual(
      [first?.operation, first?.service, first?.side, first?.durationNs, first?.failed, first?.parentSpanId, first?.request, first?.line],
      ['decode', 'decoder', 'host', 5e8, false, 'eee19b7ec3c1b173', undefined, 1],
    );
  });

  test('of no time at all took 0 ns', () => assert.deepEqual(map([span({ endNs: atS(1010) })]).samples[0]?.values, [0]));

  test('that failed are a series of their own, as are kinds and the attributes of the table', () => {
    const attributes: Attributes = [
      ['http.route', '/v1/items/{id}'],
      ['http.request.method', 'GET'],
      ['url.full', 'https://host/v1/items/7'],
      ['plumbline.label.stage', 'warm'],
    ];
    const { samples, spans } = map([span({ status: 'error', kind: 'client', attributes })]);
    const expected = {
      'http.route': '/v1/items/{id}',
      'http.request.method': 'GET',
      service: 'decoder',
      kind: 'client',
      outcome: 'error',
      stage: 'warm',
    };
    assert.deepEqual(samples[0]?.series.labels, expected);
    assert.equal(spans[0]?.failed, true);
  });

  const entering: readonly (readonly [name: string, changes: Partial<Span>, resource: Attributes, enters: boolean])[] = [
    ['one that has no parent', { parentSpanId: '' }, BOUND, true],
    ['one whose parent is all zero', { parentSpanId: '0'.repeat(16) }, BOUND, true],
    ['one whose parent is in another process', { flags: 0x301 }, BOUND, true],
    ['one whose parent is known to be in this process', { flags: 0x101 }, BOUND, false],
    ['a server', { kind: 'server' }, BOUND, true],
    ['a consumer', { kind: 'consumer' }, BOUND, true],
    ['a client', { kind: 'client' }, BOUND, false],
    ['an inner one', {}, BOUND, false],
    ['a root on the device', { parentSpanId: '', attributes: [['plumbline.side', 'device']] }, BOUND, false],
    ['a root on a resource that is a GPU', { parentSpanId: '' }, [...BOUND, ['hw.type', 'gpu']], false],
  ];
  for (const [name, changes, resource, enters] of entering) {
    test(`${name} ${enters ? 'enters a request' : 'enters none'}`, () => {
      const [record] = map([span(changes)], resource).spans;
      assert.equal(record?.request !== undefined, enters);
      if (record?.request === undefined) return;
      const { deviceTime, hostTime } = record.request;
      assert.deepEqual([deviceTime.metric, hostTime.metric, deviceTime.region], ['request.device_time', 'request.host_time', 'decode']);
      assert.deepEqual(deviceTime.labels, map([span(changes)], resource).samples[0]?.series.labels);
    });
  }

  const sides: readonly (readonly [name: string, attributes: Attributes, resource: Attributes, side: string])[] = [
    ['its own word', [['plumbline.side', 'device']], BOUND, 'device'],
    ['its own word against its resource', [['plumbline.side', 'host']], [...BOUND, ['plumbline.side', 'device']], 'host'],
    ['that of its resource', [], [...BOUND, ['plumbline.side', 'device']], 'device'],
    ['a GPU as its hardware', [['hw.type', 'gpu']], BOUND, 'device'],
    ['a GPU as hardware of its resource', [], [...BOUND, ['hw.type', 'gpu']], 'device'],
    ['nothing', [['hw.type', 'network']], BOUND, 'host'],
  ];
  for (const [name, attributes, resource, side] of sides) {
    test(`the side of a span is ${side} by ${name}`, () => assert.equal(map([span({ attributes })], resource).spans[0]?.side, side));
  }

  const refused: readonly (readonly [name: string, changes: Partial<Span>, says: RegExp])[] = [
    ['that ends before it starts', { endNs: atS(1009) }, /ends before it starts/],
    ['without an end', { endNs: 0n }, /no start or no end/],
    ['without a name', { name: '' }, /no name/],
    ['without a trace', { traceId: '' }, /trace id or span id/],
    ['with a span id of zeros', { spanId: '0'.repeat(16) }, /trace id or span id/],
    ['with a time of another unit', { startNs: 5n, endNs: 6n }, /ten years back/],
    ['with a side that is none', { attributes: [['plumbline.side', 'left']] }, /say host, device/],
    ['with a label that spans have anyway', { attributes: [['plumbline.label.service', 'x']] }, /rename it/],
    [
      'with an attribute that comes twice',
      {
        attributes: [
          ['a', 1],
          ['a', 2],
        ],
      },
      /comes twice/,
    ],
    ['with a name that is too long', { name: 'x'.repeat(513) }, /513 characters/],
    ['with a name that is no text', { name: '\ud800' }, /surrogate/],
  ];
  for (const [name, changes, says] of refused) {
    test(`one ${name} is refused, and the one beside it lands`, () => {
      const mapped = map([span(changes), span()]);
      assert.match(refusal(mapped), says);
      assert.deepEqual([mapped.rejections.count, mapped.samples.length, mapped.spans.length], [1, 1, 1]);
    });
  }

  test('one that comes twice counts once', () => {
    const one = span();
    const mapped = map([one, one]);
    assert.match(refusal(mapped), /1 × a span comes twice/);
    assert.deepEqual(mapped.samples[0]?.values, [1e9]);
  });

  test('of another repetition are samples of that repetition', () => {
    assert.equal(
      map(
        [span()],
        [
          ['plumbline.run.id', RUN_ID],
          ['plumbline.repetition', '3'],
        ],
      ).samples[0]?.repetition,
      3,
    );
  });
});
