import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toMarkdownCell, toMarkdownCode, toMarkdownText, toPlainLine } from '../../dashboards/index.ts';
import { ATTACK } from './example-report.ts';

test('control and invisible characters are shown, not sent and not dropped', () => {
  assert.equal(
    toPlainLine('a\u001b[31m\nb\t\u202e\u200b\u2028\u{e0041}\ud800'),
    'a\\u{1b}[31m\\nb\\t\\u{202e}\\u{200b}\\u{2028}\\u{e0041}\\u{d800}',
  );
  assert.equal(toPlainLine('naïve µ → 日本 ✓'), 'naïve µ → 日本 ✓');
});

test('a line is cut at its limit in code points and not one earlier', () => {
  assert.equal(toPlainLine('x'.repeat(10), 10), 'x'.repeat(10));
  assert.equal(toPlainLine('x'.repeat(11), 10), `${'x'.repeat(9)}…`);
  assert.equal(toPlainLine('😀'.repeat(11), 10), `${'😀'.repeat(9)}…`);
  assert.equal(toPlainLine('😀'.repeat(10), 10), '😀'.repeat(10));
});

test('a code span survives backticks at its ends and pipes in a cell', () => {
  assert.equal(toMarkdownCode('a`b'), '`` a`b ``');
  assert.equal(toMarkdownCode('`a``'), '``` `a`` ```');
  assert.equal(toMarkdownCell('a|b'), '`a\\|b`');
  assert.equal(toMarkdownCell('a\\|b'), '`a\\u{5c}\\|b`');
  assert.equal(toMarkdownCode(''), '` `');
});

test('a sentence keeps its words and loses its powers', () => {
  assert.equal(toMarkdownText('<b> @all #1'), '&lt;b&gt; @<!-- -->all #<!-- -->1');
  assert.equal(toMarkdownText('[x](http://evil) www.evil'), '\\[x\\](http:<!-- -->//evil) www<!-- -->.evil');
  assert.equal(toMarkdownText('p99 of copy is worse by 3 %.'), 'p99 of copy is worse by 3 %.');
});

test('whatever comes in, one line comes out without control characters, at most as long as allowed', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string().map((text) => `${text}${ATTACK}`),
      ),
      fc.integer({ min: 1, max: 80 }),
      (text, limit) => {
        for (const out of [toPlainLine(text, limit), toMarkdownCode(text, limit), toMarkdownCell(text, limit), toMarkdownText(text, limit)])
          assert.doesNotMatch(out, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        assert.ok([...toPlainLine(text, limit)].length <= limit);
        const code = toMarkdownCode(text, limit);
        const ticks = /^`+/.exec(code)?.[0] ?? '';
        assert.ok(code.endsWith(ticks) && !code.slice(ticks.length, -ticks.length).includes(ticks));
        assert.doesNotMatch(toMarkdownCell(text, limit), /(?<!\\)(\\\\)*\|/);
      },
    ),
  );
});
