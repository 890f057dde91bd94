import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeUtf8 } from '../../../ingest/body.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { ProblemError } from '../../../wire/problems.ts';
import {
  changedCharacters,
  changedLines,
  EXAMPLES,
  everyCharacters,
  FIXTURES,
  inventedStatements,
  type Outcome,
  readOrRefuse,
  type Specimen,
  statementsOf,
} from './support/damage.ts';

/**
 * Whatever happens to a payload on its way, for every format: a sound result or a refusal that says where, in time; never another exception,
 * a number that was not printed, or another result because the text arrived in other pieces.
 */
const MILLISECONDS = 2000;

function assertSameInPieces(specimen: Specimen, text: string, whole: Outcome, length: number): void {
  if (specimen.format.mode === 'stream')
    assert.deepEqual(readOrRefuse(specimen, text, everyCharacters(text, length)), whole, `in pieces of ${length}`);
}

/** User time, so that a busy machine fails no test. */
function assertInTime(name: string, run: () => void): void {
  const before = process.cpuUsage().user;
  run();
  const spent = (process.cpuUsage().user - before) / 1000;
  assert.ok(spent < MILLISECONDS, `${name}: ${Math.round(spent)} ms`);
}

/** Texts of a million characters that begin as the format does. */
function hugeTexts({ text }: Specimen): readonly (readonly [name: string, text: string])[] {
  const lines = text.trimEnd().split('\n');
  const [first = ''] = lines;
  const last = lines.at(-1) ?? '';
  const million = 1_000_000;
  const opened = text.slice(0, Math.ceil(text.length / 2));
  return [
    ['a line of a million characters', `${first}${'x'.repeat(million)}\n`],
    ['a last line of a million digits', `${text.trimEnd()}${'7'.repeat(million)}\n`],
    ['a last line without an end, beyond the limit', `${text.trimEnd()}${'7'.repeat(LIMITS.lineCharacters + 1)}`],
    ['a first line of half a million columns', `${first}${',1'.repeat(million / 2)}\n${lines.slice(1).join('\n')}\n`],
    ['a last line of half a million columns', `${text.trimEnd()}${',1'.repeat(million / 2)}\n`],
    ['a last line of half a million words', `${text.trimEnd()}${' 1'.repeat(million / 2)}\n`],
    ['a hundred thousand open brackets', `${opened}${'['.repeat(100_000)}`],
    ['a hundred thousand open objects', `${opened}${'{"a":'.repeat(100_000)}`],
    ['a hundred thousand nested objects at the start', '{"a":'.repeat(100_000) + text],
    ['a hundred thousand open elements', `${opened}${'<a>'.repeat(100_000)}`],
    ['a hundred thousand quotes', `${opened}${'"'.repeat(100_001)}\n`],
    ['a million blanks', `${opened}${' '.repeat(million)}\n${text.slice(opened.length)}`],
    ['a million empty lines', `${opened}${'\n'.repeat(million)}${text.slice(opened.length)}`],
    ['twenty thousand times its last line', `${text}${`${last}\n`.repeat(20_000)}`],
    ['twenty thousand times itself', text.repeat(Math.min(20_000, Math.floor((2 * million) / text.length)))],
  ];
}

for (const specimen of [...EXAMPLES, ...FIXTURES]) {
  const { name, text } = specimen;
  describe(`damaged ${name}`, () => {
    const whole = readOrRefuse(specimen, text);

    test('cut off at any character: a sound result or a refusal, the same in pieces', () => {
      for (let end = 0; end <= text.length; end++) {
        const cut = text.slice(0, end);
        assertSameInPieces(specimen, cut, readOrRefuse(specimen, cut), 13);
      }
    });

    test('cut off anywhere: no beginning of a number or name lands in silence', () => {
      assert.ok('result' in whole);
      const known = statementsOf(whole.result);
      for (let end = 1; end < text.length; end++) {
        const invented = inventedStatements(specimen, known, end);
        assert.deepEqual(invented, [], `a text that ends in ${JSON.stringify(text.slice(Math.max(0, end - 40), end))}`);
      }
    });

    test('with changed characters', () => {
      fc.assert(
        fc.property(changedCharacters(text), fc.integer({ min: 1, max: 40 }), (changed, length) => {
          assertSameInPieces(specimen, changed, readOrRefuse(specimen, changed), length);
        }),
        { numRuns: 150 },
      );
    });

    test('with lines twice, lost or moved', () => {
      fc.assert(
        fc.property(changedLines(text), (changed) => {
          assertSameInPieces(specimen, changed, readOrRefuse(specimen, changed), 101);
        }),
        { numRuns: 60 },
      );
    });

    test('with line ends of Windows in any of its lines, and a byte order mark, is the same', () => {
      const lines = text.split('\n');
      fc.assert(
        fc.property(fc.array(fc.boolean(), { minLength: lines.length, maxLength: lines.length }), fc.boolean(), (windows, mark) => {
          const mixed = lines.map((line, index) => (windows[index] === true && index < lines.length - 1 ? `${line}\r` : line)).join('\n');
          const outcome = readOrRefuse(specimen, `${mark ? '\uFEFF' : ''}${mixed}`);
          assert.ok('result' in outcome && 'result' in whole, 'refusal' in outcome ? outcome.refusal : '');
          assert.deepEqual(outcome.result.records, whole.result.records);
        }),
        { numRuns: 20 },
      );
    });

    test('in pieces of any lengths is the same', () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: Math.max(1, text.length - 1) }), { maxLength: 20 }), (cuts) => {
          assert.deepEqual(
            readOrRefuse(
              specimen,
              text,
              [...new Set(cuts)].sort((left, right) => left - right),
            ),
            whole,
          );
        }),
        { numRuns: 50 },
      );
    });

    test('grown to a million characters is read or refused in time', { skip: FIXTURES.includes(specimen) && 'its example is' }, () => {
      for (const [huge, content] of hugeTexts(specimen)) assertInTime(`${name}: ${huge}`, () => readOrRefuse(specimen, content));
      if (specimen.format.mode !== 'stream') return;
      const long = `${text}${' '.repeat(1_000_000)}\n`;
      assertInTime(`${name}: a long line in pieces of 64 characters`, () => readOrRefuse(specimen, long, everyCharacters(long, 64)));
    });

    test('with one byte that is no UTF-8 never reaches the parser', async () => {
      const bytes = Buffer.from(text);
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0x80, max: 0xff }), async (at, byte) => {
          const damaged = Buffer.from(bytes);
          damaged[at] = byte;
          await assert.rejects(decodeAll(damaged), (error) => error instanceof ProblemError && error.type === 'invalid-payload');
        }),
        { numRuns: 20 },
      );
    });
  });
}

async function decodeAll(bytes: Buffer): Promise<string> {
  async function* body(): AsyncGenerator<Buffer> {
    yield bytes;
  }
  const parts: string[] = [];
  for await (const part of decodeUtf8(body())) parts.push(part);
  return parts.join('');
}

test('any text for any format: a sound result or a refusal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      for (const specimen of EXAMPLES) readOrRefuse(specimen, text);
    }),
    { numRuns: 200 },
  );
});
