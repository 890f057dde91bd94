import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { PayloadParameters } from '../../../../ingest/format.ts';
import { eventsNdjsonFormat } from '../../../../ingest/formats/events/ndjson.ts';
import { detectFormat } from '../../../../ingest/formats/index.ts';
import { readAny, readOrRefuse } from '../support/gpu-reading.ts';
import { assertRefused, codesOf, readingsOf } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

const TEXT = `{"code":"link.down","at":"2026-01-31T12:00:00.000000001Z","message":"lane 3 \\u00e9","labels":{"link":"3"}}

{"code":"link.down","at":1769860801000000000,"label.link":"4","repetition":2}\r
{"code":"gpu.xid"}
`;
const read = (text: string, parameters: Partial<PayloadParameters> = {}) => {
  const result = readAny(eventsNdjsonFormat, text, parameters);
  assertSound(result);
  return result;
};
const counts = (text: string, parameters: Partial<PayloadParameters> = {}) =>
  readingsOf(read(text, parameters)).map(({ series, repetition, value, exposureS }) => [series.metric, repetition, value, exposureS]);

describe('events as ndjson', () => {
  test('land with time, message, labels and repetition', () => {
    const events = read(TEXT, { labels: { rack: 'a' } }).records.filter((record) => record.kind === 'event');
    assert.deepEqual(events, [
      {
        kind: 'event',
        repetition: 1,
        code: 'link.down',
        atNs: 1769860800000000001n,
        message: 'lane 3 é',
        labels: { rack: 'a', link: '3' },
        line: 1,
      },
      {
        kind: 'event',
        repetition: 2,
        code: 'link.down',
        atNs: 1769860801000000000n,
        message: '',
        labels: { rack: 'a', link: '4' },
        line: 3,
      },
      { kind: 'event', repetition: 1, code: 'gpu.xid', atNs: null, message: '', labels: { rack: 'a' }, line: 4 },
    ]);
  });

  test('are counted by code and repetition over the exposure', () => {
    assert.deepEqual(counts(TEXT, { exposureS: 60 }), [
      ['link.down', 1, 1, 60],
      ['gpu.xid', 1, 1, 60],
      ['link.down', 2, 1, 60],
    ]);
    const [reading] = readingsOf(read('{"code":"link.down"}', { atNs: 5n, region: 'switch' }));
    assert.deepEqual([reading?.reading, reading?.atNs, reading?.series.region, reading?.series.judgedAs], ['delta', 5n, 'switch', 'rate']);
    assert.deepEqual(codesOf(read(TEXT, { exposureS: 60 })), ['codes_missing', 'exposure_of_each']);
  });

  test('of the codes that were watched for count zero when none came', () => {
    const extra = { codes: 'link.down, fan.stopped' };
    assert.deepEqual(counts('{"code":"link.down"}\n', { extra }), [
      ['link.down', 1, 1, null],
      ['fan.stopped', 1, 0, null],
    ]);
    assert.deepEqual(counts('\n', { extra, exposureS: 9, repetition: 3 }), [
      ['link.down', 3, 0, 9],
      ['fan.stopped', 3, 0, 9],
    ]);
  });

  test('members of other names are told', () => {
    const { warnings } = read('{"code":"a.b","host":"x"}\n{"code":"a.b","host":"y"}\n', { exposureS: 1, extra: { codes: 'a.b' } });
    assert.deepEqual(warnings, [
      { code: 'unknown_member', detail: 'member "host" is ignored; to keep it as a label name it label.host (2 times)', line: 1 },
    ]);
  });

  test('long messages are cut and told, never inside a character', () => {
    const result = read(`{"code":"a.b","message":"${'x'.repeat(999)}😀y"}`);
    const [event] = result.records;
    assert.equal(event?.kind === 'event' ? event.message : '', 'x'.repeat(999));
    assert.ok(codesOf(result).includes('message_cut'));
  });

  const REFUSED: readonly [text: string, line: number, message: RegExp, extra?: Record<string, string>][] = [
    ['\n', 1, /no event/],
    ['[]', 1, /is an array/],
    ['{"message":"x"}', 1, /has no code/],
    ['{"code":"oops"}', 1, /dotted lower-case/],
    ['{"code":"Kernel.oops"}', 1, /dotted lower-case/],
    ['{"code":"a.b\\n"}', 1, /dotted lower-case/],
    [`{"code":"a.${'b'.repeat(200)}"}`, 1, /dotted lower-case/],
    ['{"code":7}', 1, /write a string/],
    ['{"code":"a.b"}\n{"code":"a.b","code":"a.c"}', 2, /"code" twice/],
    ['{"code":"a.b","x":1,"c\\u006fde":"a.c"}', 1, /"code" twice/],
    ['{"code":"a.b","at":"yesterday"}', 1, /at /],
    ['{"code":"a.b","at":1e3}', 1, /at /],
    ['{"code":"a.b","repetition":0}', 1, /whole number from 1/],
    ['{"code":"a.b","repetition":"1"}', 1, /whole number from 1/],
    ['{"code":"a.b","message":null}', 1, /write a string/],
    ['{"code":"a.b","labels":["x"]}', 1, /an object of strings/],
    ['{"code":"a.b","labels":{"x":1}}', 1, /write a string/],
    ['{"code":"a.b","labels":{"x":"1"},"label.x":"2"}', 1, /said twice/],
    ['{"code":"a.b","labels":{"x y":"1"}}', 1, /must start with a letter/],
    [`{"code":"a.b","labels":{"x":"${'y'.repeat(513)}"}}`, 1, /513 characters/],
    [`{"code":"a.b","labels":{${Array.from({ length: 33 }, (_, index) => `"l${index}":"x"`).join()}}}`, 1, /33 labels/],
    ['{"code":"a.b"', 1, /cut off/],
    ['{"code":"a.b"}{"code":"a.c"}', 1, /one object a line/],
    ['{"code":"a.b"}', 1, /codes= names "x"/, { codes: 'a.b,x' }],
  ];
  for (const [text, line, message, extra = {}] of REFUSED) {
    test(`${JSON.stringify(text.slice(0, 60))} is refused`, () => {
      assertRefused(() => readAny(eventsNdjsonFormat, text, { extra }), line, message);
    });
  }

  test('a label called __proto__ is a label', () => {
    const [event] = read('{"code":"a.b","labels":{"__proto__":"x"}}').records;
    assert.ok(event?.kind === 'event' && Object.hasOwn(event.labels, '__proto__'));
  });

  test('are told from kernel logs by their beginning', () => {
    const found = detectFormat('events', TEXT);
    assert.equal(typeof found === 'string' ? found : found.id, 'ndjson');
  });

  test('are the same in pieces, and cut or changed never crash', () => {
    const whole = read(TEXT);
    for (const length of [1, 7, 50]) assert.deepEqual(readAny(eventsNdjsonFormat, TEXT, {}, length), whole);
    assert.deepEqual(read(`\uFEFF${TEXT}`).records, whole.records);
    for (let end = 0; end < TEXT.length; end++) readOrRefuse(eventsNdjsonFormat, TEXT.slice(0, end));
    const change = fc.record({ at: fc.nat({ max: TEXT.length - 1 }), to: fc.constantFrom(...'{}[]",:.019 \n\r\t\\\uFFFD') });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let changed = TEXT;
        for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
        const result = readOrRefuse(eventsNdjsonFormat, changed);
        if (result !== undefined) assertSound(result);
      }),
      { numRuns: 500 },
    );
    assertRefused(() => readAny(eventsNdjsonFormat, `{"code":"${'x'.repeat(3_000_000)}`), 1, /characters/);
  });
});
