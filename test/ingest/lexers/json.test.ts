import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../ingest/format.ts';
import { type JsonObject, JsonReader, type JsonValue } from '../../../ingest/lexers/json.ts';
import { LIMITS } from '../../../wire/limits.ts';

function readAll(text: string): JsonObject[] {
  const reader = new JsonReader(text, 'send JSON');
  const objects: JsonObject[] = [];
  while (reader.next()) objects.push(reader.readObject());
  return objects;
}

/** What JSON.parse would give, for values that it can hold. */
function toPlain(value: JsonValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, member]) => [name, toPlain(member)]));
  return Array.isArray(value) ? value.map(toPlain) : value;
}

describe('JsonReader', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.constantFrom(0, 1), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const expected: unknown = JSON.parse(text, (_, member) => (Object.is(member, -0) ? 0 : member));
        if (/\d{16}/.test(text)) return;
        assert.deepEqual(toPlain(readAll(text)[0] ?? null), expected);
      }),
    );
  });

  const numbers: readonly [text: string, value: number | bigint][] = [
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775807', -9223372036854775807n],
    ['18446744073709551615', 18446744073709551615n],
    ['1.5e3', 1500],
    ['-0', 0],
    ['0.1', 0.1],
  ];
  for (const [text, value] of numbers) {
    test(`reads ${text} as ${typeof value}`, () => {
      assert.equal(readAll(`{"n": ${text}}`)[0]?.get('n'), value);
    });
  }

  const refused: readonly [text: string, line: number, column: number, message: RegExp][] = [
    ['{"a":1}\n{"a":1,"a":2}', 2, 8, /'a' occurs twice.*: send JSON/],
    ['{"a":{"b":1,"b":1}}', 1, 13, /'b' occurs twice/],
    ['{"__proto__":1,"__proto__":2}', 1, 16, /occurs twice/],
    ['{"a":01}', 1, 6, /'01' is not a number/],
    ['{"a":1.}', 1, 6, /'1.' is not a number/],
    ['{"a":+1}', 1, 6, /expected a JSON value/],
    ['{"a":1e999}', 1, 6, /'1e999'/],
    ['{"a":1e-999}', 1, 6, /'1e-999'/],
    ['{"a":"\n"}', 1, 7, /does not end in its line/],
    ['{"a":"\\x"}', 1, 7, /bad escape/],
    ['{"a":"\\u12"}', 1, 7, /bad escape/],
    ['{"a":tru}', 1, 6, /expected a JSON value/],
    ['{"a" 1}', 1, 6, /expected ':'/],
    ['{"a":1', 1, 7, /expected ',' or '}', found the end/],
    ['{"a":[1', 1, 8, /expected ',' or ']'/],
    ['{"a', 1, 4, /stops inside a string/],
    ['{a:1}', 1, 2, /expected a name in quotes/],
    ['{"a":1,}', 1, 8, /expected a name in quotes/],
    ['[]', 1, 1, /expected an object/],
  ];
  for (const [text, line, column, message] of refused) {
    test(`refuses ${JSON.stringify(text)} at ${line}:${column}`, () => {
      assert.throws(
        () => readAll(text),
        (error) => error instanceof ParseError && error.line === line && error.column === column && message.test(error.message),
      );
    });
  }

  test('reads 32 levels and refuses 33', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    assert.equal(readAll(nested(32)).length, 1);
    assert.throws(() => readAll(nested(33)), /nested more than 32 levels/);
    assert.throws(() => readAll(`{"a":${'['.repeat(100_000)}`), /nested more than 32 levels/);
  });

  test('reads a line of the limit and refuses one character more', () => {
    const line = (characters: number) => `{"a":"${'x'.repeat(characters - 8)}"}`;
    assert.equal(readAll(`${line(LIMITS.lineCharacters)}\n{}`).length, 2);
    assert.throws(() => readAll(`{}\n${line(LIMITS.lineCharacters + 1)}`), /line 2 has 1048577 characters/);
  });

  test('counts the lines of values that span several', () => {
    const reader = new JsonReader('{\n"a": 1}\n\n{}', '');
    const lines: number[] = [];
    while (reader.next()) {
      lines.push(reader.line);
      reader.readObject();
    }
    assert.deepEqual(lines, [1, 4]);
  });

  test('reads flat objects into the arrays of the one before', () => {
    const reader = new JsonReader(
      '{"a":1,"b":"x"}{"a":2,"b":"y"}{"a":3}{"a":4,"bb":5}{"a":6 , "bb":0.25}{"a":6 , "bb":[7]}{}{"b":1,"a":2,"b":3}',
      '',
    );
    const names: string[] = [];
    const values: JsonValue[] = [];
    const gaps: string[] = [];
    const read = () => {
      assert.ok(reader.next());
      const same = reader.readMembersInto(names, values, gaps);
      return [same, names.join(), values.join()];
    };
    assert.deepEqual(read(), [false, 'a,b', '1,x']);
    assert.deepEqual(read(), [true, 'a,b', '2,y']);
    assert.deepEqual(read(), [false, 'a', '3']);
    assert.deepEqual(read(), [false, 'a,bb', '4,5']);
    assert.deepEqual(read(), [false, 'a,bb', '6,0.25']);
    assert.deepEqual(read(), [true, 'a,bb', '6,7']);
    assert.deepEqual(read(), [false, '', '']);
    assert.throws(read, /'b' occurs twice/);
  });
});
