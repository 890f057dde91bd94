import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PrometheusReader, type PrometheusSample } from '../../../ingest/lexers/prometheus-text.ts';
import { LIMITS } from '../../../wire/limits.ts';

function readAll(text: string): PrometheusSample[] {
  const reader = new PrometheusReader(text);
  const samples: PrometheusSample[] = [];
  for (let sample = reader.next(); sample !== undefined; sample = reader.next()) samples.push(sample);
  return samples;
}

describe('PrometheusReader', () => {
  const lines: readonly [line: string, name: string, pairs: string[], value: string, timestamp: string][] = [
    ['up 1', 'up', [], '1', ''],
    ['up{} 1 1395066363000', 'up', [], '1', '1395066363000'],
    ['a:b{x="1",y="2",} +Inf', 'a:b', ['x', '1', 'y', '2'], '+Inf', ''],
    ['a{x="C:\\\\dir\\n\\"q\\" }"} 3', 'a', ['x', 'C:\\dir\n"q" }'], '3', ''],
    ['a{x="}"} 3\r', 'a', ['x', '}'], '3', ''],
  ];
  for (const [line, name, pairs, value, timestamp] of lines) {
    test(`reads ${JSON.stringify(line)}`, () => {
      const [sample] = readAll(`${line}\n`);
      assert.deepEqual([sample?.name, sample?.labels.pairs, sample?.value, sample?.timestamp], [name, pairs, value, timestamp]);
    });
  }

  test('remembers types and help, counts lines, and gives equal label texts one object', () => {
    const reader = new PrometheusReader('# HELP a What it is (in us).\n# TYPE a counter\n# EOF?\n\na{x="1"} 1\nb{x="1"} 2\nb{x="}"} 3\n');
    const [first, second, third] = [reader.next(), reader.next(), reader.next()];
    assert.deepEqual([reader.types.get('a'), reader.help.get('a')], ['counter', 'What it is (in us).']);
    assert.deepEqual([first?.line, second?.line, third?.line], [5, 6, 7]);
    assert.equal(first?.labels, second?.labels);
    assert.deepEqual(third?.labels.pairs, ['x', '}']);
  });

  test('tells the labels of exporter 1.x by the space after the comma', () => {
    assert.deepEqual(
      readAll('a{x="1", y="2"} 1\na{x="1",y="2"} 1\n').map(({ labels }) => labels.spaced),
      [true, false],
    );
  });

  const refused: readonly [text: string, line: number, column: number, message: RegExp][] = [
    ['a 1\n{x="1"} 1', 2, 1, /expected the name of a metric/],
    ['9a 1', 1, 1, /expected the name of a metric/],
    ['a{x="1"', 1, 8, /expected ','/],
    ['a{x=1} 1', 1, 5, /expected '"'/],
    ['a{x="1"} ', 1, 10, /has no value/],
    ['a{x="1\n"} 1', 1, 7, /does not end in its line/],
    ['a{="1"} 1', 1, 3, /expected the name of a label/],
    ['a 1 2 3', 1, 7, /text after the sample/],
    ['a 1\na 12', 2, 5, /no line end, so the page was cut off/],
  ];
  for (const [text, line, column, message] of refused) {
    test(`refuses ${JSON.stringify(text)} at ${line}:${column}`, () => {
      assert.throws(() => readAll(text), { name: 'ParseError', line, column, message });
    });
  }

  test('takes a line of the limit and refuses one character more', () => {
    const line = (characters: number) => `a{x="${'y'.repeat(characters - 9)}"} 1`;
    assert.equal(readAll(`${line(LIMITS.lineCharacters)}\n`).length, 1);
    assert.throws(() => readAll(line(LIMITS.lineCharacters + 1)), /line 1 has/);
  });
});
