import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAssignments, parseDurationMs, parseInteger, parseList, parseSubject } from '../../cli/arguments.ts';
import { CommandError } from '../../cli/exit.ts';

const isBadInput = (error: unknown) => error instanceof CommandError && error.exitCode === 3;

test('cuts a subject at its first @, since a version is free text', () => {
  assert.deepEqual(parseSubject('nvlink-driver@2.4.1+nvf1.0+k5.19+riscv64'), {
    name: 'nvlink-driver',
    version: '2.4.1+nvf1.0+k5.19+riscv64',
  });
  assert.deepEqual(parseSubject('image@sha256:ab@cd'), { name: 'image', version: 'sha256:ab@cd' });
});

for (const text of ['', 'driver', '@2.4.1', 'driver@']) {
  test(`refuses the subject ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseSubject(text), isBadInput);
  });
}

test('cuts labels at their first =, and lets a value be empty', () => {
  assert.deepEqual(parseAssignments(['a=1', 'b=x=y', 'c='], '--label'), { a: '1', b: 'x=y', c: '' });
});

test('keeps a label called __proto__ a label', () => {
  assert.deepEqual(Object.keys(parseAssignments(['__proto__=1'], '--label')), ['__proto__']);
});

for (const texts of [['a'], ['=1'], ['a=1', 'a=2']]) {
  test(`refuses the labels ${texts.join(' ')}`, () => {
    assert.throws(() => parseAssignments(texts, '--label'), isBadInput);
  });
}

for (const [text, ms] of [
  ['30s', 30_000],
  ['500ms', 500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['5', 5_000],
  ['0', 0],
] as const) {
  test(`reads the time ${text} as ${ms} ms`, () => {
    assert.equal(parseDurationMs(text, '--wait'), ms);
  });
}

for (const text of ['', '-1s', '1.5s', '3d', '10 s', '1toString']) {
  test(`refuses the time ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseDurationMs(text, '--wait'), isBadInput);
  });
}

test('takes whole numbers at both ends of a range and none beyond', () => {
  const limits = { least: 1, most: 100 };
  assert.equal(parseInteger('1', '--limit', limits), 1);
  assert.equal(parseInteger('100', '--limit', limits), 100);
  for (const text of ['0', '101', '1e2', '', '0x1', '1.0']) assert.throws(() => parseInteger(text, '--limit', limits), isBadInput);
});

test('drops blanks and empty items of a list', () => {
  assert.deepEqual(parseList('a, b,,c '), ['a', 'b', 'c']);
});
