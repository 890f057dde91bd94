import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIllFormedText } from '../../wire/well-formed.ts';

for (const [name, value, pointer] of [
  ['plain text', { a: ['ok', 'ä €', '𝄞'] }, undefined],
  ['numbers, null and booleans', [1, null, true], undefined],
  ['half a pair in a list', { a: ['ok', '\ud800'] }, '/a/1'],
  ['half a pair at the top', '\udfff', ''],
  ['the halves in the wrong order', { 'x/y~z': '\udc00\ud800' }, '/x~1y~0z'],
] as const) {
  test(`finds ${name}${pointer === undefined ? ' to be text' : ` at "${pointer}"`}`, () => assert.equal(findIllFormedText(value), pointer));
}

test('finds half a pair in a member name', () => {
  assert.equal(findIllFormedText({ a: { '\ud800': 1 } }), '/a/\ufffd');
});

test('walks a value nested a hundred thousand deep', () => {
  let nested: unknown = '\ud800';
  for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
  assert.equal(findIllFormedText(nested)?.length, 200_000);
});
