import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ParseError, type ParseResult } from '../../../../ingest/format.ts';
import { VALUES_AWAITING_BASE } from '../../../../ingest/formats/gpu/kineto/series.ts';
import { kinetoFormat } from '../../../../ingest/formats/gpu/kineto.ts';
import { identityOf } from '../../../../ingest/formats/series.ts';
import type { IngestRecord } from '../../../../ingest/records.ts';
import { LIMITS } from '../../../../wire/limits.ts';
import { readAny, readOrRefuse } from '../support/gpu-reading.ts';
import { assertRefused, codesOf, hasSamples, NO_PARAMETERS, sample, samplesOf } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

/** Every kind of event and odd spellings in one small trace. */
const SMALL = `{
  "schemaVersion": 1, "record_shapes": 1,
  "deviceProperties": [ {"id": 0, "name": "GPU \\"A\\"", "numSms": 108, "nested": [[{}], []]} ],
  "distributedInfo": {"backend": "nccl", "rank": 2},
  "traceEvents": [
  { "ph": "X", "cat": "kernel", "name": "void k<4, \\u00e9>(int)", "pid": 0, "tid": 7, "ts": 4203669604595.407, "dur": 340.024,
    "args": { "device": 0, "grid": [1, 2, 3], "blocks per SM": Infinity, "s": "a\\\\" } },
  { "ph": "s", "id": 1, "ts": 4203669604595.4, "cat": "ac2g", "name": "ac2g" }, {},
  { "ph": "X", "cat": "gpu_memset", "name": "Memset (Device)", "pid": 0, "ts": 4203669604600, "dur": 1e1,
    "args": {"bytes": 256, "memory bandwidth (GB/s)": 25.6} },
  { "ph": "X", "cat": "kernel", "name": "void k<4, \\u00e9>(int)", "pid": 0, "tid": 20, "ts": 4203669604590.25, "dur": 12 },
  { "ph": "X", "cat": "cuda_profiler_range", "name": "r", "pid": 0, "ts": 4203669604590, "dur": 1, "args": {"dram__bytes.sum": 77} },
  { "ph": "M", "name": "process_name", "pid": 1, "args": {"name": "python3"} }
  ],
  "INFO": ["a, b] }\\\\", 1], "traceName": "/home/user/trace.json",
  "baseTimeNanoseconds": 1735632360000000000
}
`;

function read(text: string): ParseResult | undefined {
  const result = readOrRefuse(kinetoFormat, text);
  if (result !== undefined) assertSound(result);
  return result;
}

/** What a text becomes, or where and why it is refused. */
function outcome(text: string, pieceLength: number): unknown {
  try {
    return readAny(kinetoFormat, text, {}, Math.max(1, pieceLength));
  } catch (error) {
    assert.ok(error instanceof ParseError, String(error));
    return [error.message, error.line, error.column];
  }
}

/** Series → value and time, one text each; the time empty when there is none. */
function pairsOf(result: ParseResult): ReadonlyMap<string, readonly string[]> {
  const pairs = new Map<string, string[]>();
  for (const { series, values, atNs } of samplesOf(result)) {
    const own = pairs.get(identityOf(series)) ?? [];
    own.push(...values.map((value, index) => `${value} ${atNs[index] ?? ''}`));
    pairs.set(identityOf(series), own);
  }
  return pairs;
}

/** Asserts that a cut trace says nothing that the whole one does not, and that it is cut. */
function assertPart(part: ParseResult, whole: ReadonlyMap<string, readonly string[]>, where: string): void {
  assert.ok(codesOf(part).includes('cut_off'), `${where} does not say that it is cut off`);
  for (const [identity, pairs] of pairsOf(part)) {
    const all = whole.get(identity) ?? [];
    for (const pair of pairs)
      assert.ok(
        all.some((known) => known === pair || known.split(' ')[0] === pair.trim()),
        `${where}: ${identity} ${pair}`,
      );
  }
}

describe('a trace that is cut off', () => {
  test('anywhere has whole events only, and right times or none', () => {
    const whole = readAny(kinetoFormat, SMALL);
    const pairs = pairsOf(whole);
    const ends = [...SMALL.matchAll(/"(?:kernel|gpu_memset|cuda_profiler_range)"[\s\S]*?\}\s*(?=[,\]]\s)/g)].length;
    assert.equal(ends, 4);
    let last = 0;
    for (let end = 0; end < SMALL.trimEnd().length; end++) {
      const part = read(SMALL.slice(0, end));
      if (part === undefined) continue;
      assertPart(part, pairs, `cut at ${end}`);
      const count = [...pairsOf(part).values()].flat().length;
      assert.ok(count >= last, `values are lost again at ${end}`);
      last = count;
    }
    assert.equal(last, [...pairs.values()].flat().length);
    // The empty object.
    assert.deepEqual(codesOf(whole), ['unknown_phase']);
  });

  test('anywhere in a real file', { skip: hasSamples ? false : 'the collection of real samples is not beside this checkout' }, () => {
    const text = sample('kineto/triton_example.json').trimEnd();
    const pairs = pairsOf(readAny(kinetoFormat, text));
    for (let end = 0; end < text.length; end += end < 3500 || end > 7500 ? 13 : 1) {
      const part = read(text.slice(0, end));
      if (part !== undefined) assertPart(part, pairs, `cut at ${end}`);
    }
  });
});

describe('a damaged trace', () => {
  test('with changed characters is read soundly or refused', () => {
    const change = fc.record({ at: fc.nat({ max: SMALL.length - 1 }), to: fc.constantFrom(...'{}[]",:.-+eE019 NI\n\r\t\\#ab\uFFFD') });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let changed = SMALL;
        for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
        read(changed);
      }),
      { numRuns: 2000 },
    );
  });

  test('changed anyhow is read, or refused at the same place, whatever its pieces', () => {
    const change = fc.record({ at: fc.nat({ max: SMALL.length - 1 }), to: fc.constantFrom(...'{}[]",:.-+eE019 NI\n\t\\#ab') });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat({ max: SMALL.length }), (changes, end) => {
        let changed = SMALL.slice(0, Math.max(end, 1000));
        for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
        const whole = outcome(changed, changed.length);
        for (const length of [1, 13, 400]) assert.deepEqual(outcome(changed, length), whole);
      }),
      { numRuns: 300 },
    );
  });

  test('of random text is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        assert.equal(read(text), undefined);
        read(`{"traceEvents":[{${text}`);
      }),
      { numRuns: 500 },
    );
  });

  test('is the same wherever its pieces are cut', () => {
    const { records, warnings } = readAny(kinetoFormat, SMALL);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: SMALL.length }), { maxLength: 12 }), (cuts) => {
        const parser = kinetoFormat.open(NO_PARAMETERS);
        const found: IngestRecord[] = [];
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), SMALL.length]) {
          found.push(...parser.push(SMALL.slice(from, cut)));
          from = cut;
        }
        found.push(...parser.end());
        assert.deepEqual(found, records);
        assert.deepEqual(parser.warnings(), warnings);
      }),
      { numRuns: 300 },
    );
  });

  test('with a million characters in a string, or ten million brackets, ends soon', () => {
    const event = (name: string, more = '') => `{"traceEvents":[{"ph":"X","cat":"kernel","name":"${name}","ts":1,"dur":2${more}}]}`;
    const smile = readAny(kinetoFormat, event('😀'.repeat(3000)));
    assert.ok(smile.records.every((record) => record.kind === 'samples' && JSON.stringify(record.series).search(/\\ud8/) === -1));
    const long = readAny(kinetoFormat, event('x'.repeat(1_000_000)));
    assert.deepEqual(
      samplesOf(long).map(({ series }) => [series.region.length, series.attributes['name']?.length]),
      [[LIMITS.regionCharacters, 4096]],
    );
    assert.equal(readAny(kinetoFormat, event('k', `,"args":{"s":"${'\\\\'.repeat(400_000)}"}`)).records.length, 1);
    assertRefused(() => readAny(kinetoFormat, event('x'.repeat(LIMITS.lineCharacters * 2))), 1, /more than 1048576 characters/);
    assertRefused(() => readAny(kinetoFormat, event('k', `,"args":${'['.repeat(500_000)}`)), 1, /levels deep/);
    assertRefused(() => readAny(kinetoFormat, `{"INFO":${'['.repeat(10_000_000)}`), 1, /any kernel/);
    assertRefused(() => readAny(kinetoFormat, `{"INFO":"${'x'.repeat(10_000_000)}`), 1, /any kernel/);
    assertRefused(() => readAny(kinetoFormat, `{"a":1,${' '.repeat(3_000_000)}"${'n'.repeat(20_000_000)}`), 1, /more than|any kernel/);
  });

  test('and one with an array of any size beside the events', () => {
    const rest = `"INFO":[${'"a line \\"quoted\\"", '.repeat(200_000)}1],`;
    const result = readAny(kinetoFormat, SMALL.replace('"traceEvents"', `${rest}"traceEvents"`));
    assert.deepEqual(pairsOf(result), pairsOf(readAny(kinetoFormat, SMALL)));
  });
});

describe('a trace with more values than can wait for the time base', () => {
  const EVENT = '{"ph":"X","cat":"cpu_op","name":"op","ts":7,"dur":1}';
  const THOUSAND = Array.from({ length: 1000 }, () => EVENT).join(',');

  /** Feeds events a thousand at a time, and counts what leaves. */
  function stream(count: number, after: string): { readonly values: number; readonly times: number; readonly codes: readonly string[] } {
    const parser = kinetoFormat.open(NO_PARAMETERS);
    let values = 0;
    let times = 0;
    const note = (records: readonly IngestRecord[]) => {
      for (const record of records) {
        if (record.kind !== 'samples') continue;
        values += record.values.length;
        times += record.atNs.length;
      }
    };
    note(parser.push('{"traceEvents":['));
    for (let from = 0; from < count; from += 1000) {
      const events = from + 1000 <= count ? THOUSAND : Array.from({ length: count - from }, () => EVENT).join(',');
      note(parser.push(`${from === 0 ? '' : ','}${events}`));
    }
    note(parser.push(`]${after}}`));
    note(parser.end());
    return { values, times, codes: parser.warnings().map(({ code }) => code) };
  }
  const BASE = ',"baseTimeNanoseconds":1700000000000000000';

  test('keeps their times at the limit', () => {
    assert.deepEqual(stream(VALUES_AWAITING_BASE, BASE), { values: VALUES_AWAITING_BASE, times: VALUES_AWAITING_BASE, codes: [] });
  });

  test('lands them without times one past the limit, and says so', () => {
    const count = VALUES_AWAITING_BASE + 1;
    assert.deepEqual(stream(count, BASE), { values: count, times: 0, codes: ['times_unknown'] });
    assert.throws(() => stream(count, `${BASE},"distributedInfo":{"rank":3}`), /send labels.rank=3/);
  });
});
