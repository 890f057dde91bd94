import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { JsonScanner } from '../../../ingest/lexers/json-scanner.ts';

function endOf(text: string, start = 0): number {
  const scanner = new JsonScanner((detail, position) => {
    throw new RangeError(`${detail} at ${position}`);
  });
  scanner.text = text;
  return scanner.valueEnd(start);
}

describe('JsonScanner', () => {
  test('finds the end of whatever JSON.stringify writes, and of no part of it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        assert.equal(endOf(`${text} `), text.length);
        for (let end = 1; end < text.length; end++) {
          const found = endOf(text.slice(0, end));
          // `1` of `12` is not known to be whole, and neither is `12` at the end.
          assert.equal(found, -1, text.slice(0, end));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('takes what JSON.parse takes, and of the rest only words for numbers that are none', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-2.5e3', 'true', 'null', ' ', '\n', 'x', '\\');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        const isJson = parses(text);
        let end = -1;
        try {
          end = endOf(`${text} `, text.length - text.trimStart().length);
        } catch {
          assert.ok(!isJson, text);
        }
        if (isJson) assert.equal(end, text.trimEnd().length);
      }),
      { numRuns: 2000 },
    );
    for (const word of ['NaN', '-Infinity', 'inf', '-nan']) assert.equal(endOf(`[${word}]`), word.length + 2);
    for (const word of ['nul', 'True', 'e1', '+1', '--1', 'NaNN', '1x', '.5']) assert.throws(() => endOf(`[${word}]`), RangeError, word);
  });

  test('is limited in depth', () => {
    assert.equal(endOf(`${'['.repeat(32)}${']'.repeat(32)}`), 64);
    assert.throws(() => endOf(`${'['.repeat(33)}${']'.repeat(33)}`), /more than 32 levels/);
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
