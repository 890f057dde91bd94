import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBody } from '../../ingest/body.ts';
import { ParseError } from '../../ingest/format.ts';
import { JsonReader } from '../../ingest/lexers/json.ts';
import { JsonLine } from '../../ingest/lexers/json-line.ts';
import { readEnvironment } from '../../ingest/read-environment.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';
import { EXAMPLES, readOrRefuse } from './formats/support/damage.ts';

/** A case at each limit of a body and its text, and one past it. */
const NOW_MS = Date.UTC(2026, 10, 21);

describe('environmentBodyBytes', () => {
  const document = '{"isa":"riscv64"}';
  const padded = (bytes: number) => Buffer.from(document.padEnd(bytes, '\n'));
  const read = (bytes: Buffer, contentEncoding?: string) =>
    readEnvironment({ format: 'json', at: undefined, body: Readable.from([bytes]), contentEncoding }, NOW_MS);

  test('takes a body of the limit', async () => {
    const { bodyBytes, finding } = await read(padded(LIMITS.environmentBodyBytes));
    assert.deepEqual([bodyBytes, finding.environment], [LIMITS.environmentBodyBytes, { isa: 'riscv64' }]);
  });

  for (const [name, encode, encoding] of [
    ['as it is', (bytes: Buffer) => bytes, undefined],
    ['after decompression', gzipSync, 'gzip'],
  ] as const) {
    test(`refuses one byte more, counted ${name}, and names the limit`, async () => {
      await assert.rejects(
        read(encode(padded(LIMITS.environmentBodyBytes + 1)), encoding),
        (error) =>
          error instanceof ProblemError &&
          error.type === 'payload-too-large' &&
          error.message.includes(String(LIMITS.environmentBodyBytes)),
      );
    });
  }
});

describe('streamPayloadBytes and wholePayloadBytes', () => {
  // The service hands readBody the first and lowers it to the second once a format is read at once (ingest/receive.ts); 64 MiB and 8 GiB are
  // not sent here, but the arithmetic at a limit is the same at any size. test/service/payload-limits.test.ts sends 64 MiB.
  const LIMIT = 1000;
  const bodyOf = (bytes: number, limitBytes: number) =>
    readBody(Readable.from([Buffer.alloc(bytes, 97)]), {
      contentEncoding: undefined,
      limitBytes,
      ratio: LIMITS.decompressionRatio,
      graceBytes: LIMITS.ratioGraceBytes,
    });
  const countAll = async (chunks: AsyncIterable<Buffer>) => {
    let bytes = 0;
    for await (const chunk of chunks) bytes += chunk.length;
    return bytes;
  };
  const isTooLarge = (error: unknown) =>
    error instanceof ProblemError && error.type === 'payload-too-large' && error.message.includes(`${LIMIT} bytes`);

  test('are the 8 GiB and 64 MiB that the documentation names', () => {
    assert.deepEqual([LIMITS.streamPayloadBytes, LIMITS.wholePayloadBytes], [2 ** 33, 2 ** 26]);
  });

  test('take a body of the limit and refuse one byte more', async () => {
    assert.equal(await countAll(bodyOf(LIMIT, LIMIT).chunks), LIMIT);
    await assert.rejects(countAll(bodyOf(LIMIT + 1, LIMIT).chunks), isTooLarge);
  });

  test('lowered before or after the bytes came, hold all the same', async () => {
    for (const bytes of [LIMIT, LIMIT + 1]) {
      const body = bodyOf(bytes, LIMITS.streamPayloadBytes);
      body.lowerLimit(LIMIT);
      if (bytes === LIMIT) assert.equal(await countAll(body.chunks), LIMIT);
      else await assert.rejects(countAll(body.chunks), isTooLarge);
    }
    const read = bodyOf(LIMIT + 1, LIMITS.streamPayloadBytes);
    await countAll(read.chunks);
    assert.throws(() => read.lowerLimit(LIMIT), isTooLarge);
  });
});

describe('jsonDepth', () => {
  const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
  const lists = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const isTooDeep = (error: unknown) => error instanceof ParseError && /32 levels/.test(error.message);

  test('of a document: takes nesting of the limit and refuses one level more', () => {
    for (const text of [nested, lists]) {
      const reader = (levels: number) => new JsonReader(text(levels), 'send JSON');
      assert.ok(reader(LIMITS.jsonDepth).next());
      reader(LIMITS.jsonDepth).readObject();
      assert.throws(() => {
        const deep = reader(LIMITS.jsonDepth + 1);
        deep.next();
        deep.readObject();
      }, isTooDeep);
    }
  });

  test('of a line: takes nesting of the limit and refuses one level more', () => {
    for (const text of [nested, lists]) {
      const read = (levels: number) => new JsonLine(text(levels), { start: 0, end: text(levels).length, line: 1 }).members(0);
      assert.equal(read(LIMITS.jsonDepth).length, 1);
      assert.throws(() => read(LIMITS.jsonDepth + 1), isTooDeep);
    }
  });
});

describe('lineCharacters', () => {
  /** Documents of one object or element: their lines mean nothing, the whole is bounded. Rows of our CSV are told in their own tests. */
  const NO_LINES = ['kineto', 'perf-data-json', 'papi-hl', 'google-benchmark-json', 'ait-xml', 'platin-pml', 'csv', 'cycles-csv'];
  for (const specimen of EXAMPLES.filter(({ format }) => !NO_LINES.includes(format.id))) {
    test(`${specimen.name} takes a line of the limit and refuses one character more`, () => {
      const withBlanks = (characters: number) => `${specimen.text}${' '.repeat(characters)}\n`;
      assert.ok('result' in readOrRefuse(specimen, withBlanks(LIMITS.lineCharacters)));
      const past = readOrRefuse(specimen, withBlanks(LIMITS.lineCharacters + 1));
      assert.ok('refusal' in past && past.refusal.includes(`${LIMITS.lineCharacters}`), 'refusal' in past ? past.refusal : 'it was read');
    });
  }
});
