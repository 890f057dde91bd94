import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { ENVIRONMENT_EXAMPLES } from '../../ingest/environment/examples.ts';
import { ENVIRONMENT_FORMAT_IDS } from '../../ingest/environment/index.ts';
import { readEnvironment } from '../../ingest/read-environment.ts';
import { ProblemError } from '../../wire/problems.ts';
import { collectMembers } from './environment/captures.ts';
import { placesInsideNumbers } from './formats/support/damage.ts';

const CAPTURED_MS = 1_795_200_693_000;

/** What a text becomes; undefined when it is refused. */
async function read(format: string, text: string) {
  try {
    return (
      await readEnvironment({ format, at: undefined, body: Readable.from([Buffer.from(text)]), contentEncoding: undefined }, CAPTURED_MS)
    ).finding;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return undefined;
  }
}

describe('a text about a machine that is cut off inside a number', () => {
  for (const id of ENVIRONMENT_FORMAT_IDS) {
    test(`by ${id} is refused, says nothing of that number, or warns`, async () => {
      const { text } = ENVIRONMENT_EXAMPLES[id];
      const whole = await read(id, text);
      assert.ok(whole !== undefined && !whole.warnings.some(({ code }) => code === 'no_line_end'));
      const known = new Set(collectMembers(whole.environment));
      for (const end of placesInsideNumbers(text)) {
        const cut = await read(id, text.slice(0, end));
        if (cut === undefined || cut.warnings.some(({ code }) => code === 'no_line_end')) continue;
        const invented = collectMembers(cut.environment).filter((member) => !known.has(member));
        assert.deepEqual(invented, [], `a text that ends in ${JSON.stringify(text.slice(Math.max(0, end - 40), end))}`);
      }
    });
  }

  test('names the line', async () => {
    const finding = await read('gcc-v', 'Target: x86_64-linux-gnu\ngcc version 12');
    assert.deepEqual(
      finding?.warnings.map(({ code, line }) => [code, line]),
      [['no_line_end', 2]],
    );
  });
});
