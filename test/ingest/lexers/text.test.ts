import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forEachLine, openText, placeAt } from '../../../ingest/lexers/text.ts';
import { LIMITS } from '../../../wire/limits.ts';

describe('text', () => {
  test('drops a byte order mark and refuses what is empty or binary', () => {
    assert.equal(openText('\uFEFFa\u001b[0m\t\r\n'), 'a\u001b[0m\t\r\n');
    for (const text of ['', ' \r\n', '\uFEFF']) assert.throws(() => openText(text), /empty/);
    assert.throws(() => openText('a\nb\0'), { message: /binary/, line: 2, column: 2 });
    assert.throws(() => openText('\u001f\uFFFD\b\u0001'), /binary/);
  });

  test('counts lines and columns from 1', () => {
    assert.deepEqual(
      [placeAt('ab\nc', 0), placeAt('ab\nc', 2), placeAt('ab\nc', 3)],
      [
        { line: 1, column: 1 },
        { line: 1, column: 3 },
        { line: 2, column: 1 },
      ],
    );
  });

  test('gives lines without their ends', () => {
    const lines: [string, number][] = [];
    forEachLine('a\r\n\nb', (line, number) => lines.push([line, number]));
    assert.deepEqual(lines, [
      ['a', 1],
      ['', 2],
      ['b', 3],
    ]);
  });

  test('takes a line of the limit and refuses one character more', () => {
    let characters = 0;
    forEachLine('x'.repeat(LIMITS.lineCharacters), (line) => {
      characters += line.length;
    });
    assert.equal(characters, LIMITS.lineCharacters);
    assert.throws(() => forEachLine('x'.repeat(LIMITS.lineCharacters + 1), () => {}), /line 1 has 1048577 characters/);
  });
});
