import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { computeDigest, toCanonicalJson } from '../../wire/canonical-json.ts';

test('RFC 8785, section 3.2.2: numbers, strings and literals', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  assert.equal(
    toCanonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('RFC 8785, section 3.2.3: names are sorted by UTF-16 code units', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };
  assert.deepEqual(
    [...toCanonicalJson(value).matchAll(/:"([^"]*)"/g)].map((match) => match[1]),
    [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ],
  );
});

// RFC 8785, appendix B: the bits of a double and its text.
const NUMBERS: readonly (readonly [bits: string, text: string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];
const toDouble = (bits: string) => Buffer.from(bits, 'hex').readDoubleBE();
for (const [bits, text] of NUMBERS) {
  test(`RFC 8785, appendix B: ${bits} is ${text}`, () => {
    assert.equal(toCanonicalJson(toDouble(bits)), text);
  });
}

for (const [name, value] of [
  ['NaN (7fffffffffffffff)', toDouble('7fffffffffffffff')],
  ['Infinity (7ff0000000000000)', toDouble('7ff0000000000000')],
  ['NaN within an object', { a: [Number.NaN] }],
  ['undefined', undefined],
  ['a function', () => 1],
  ['a bigint', 1n],
] as const) {
  test(`${name} has no JSON form and is refused with a RangeError`, () => {
    assert.throws(() => toCanonicalJson(value), RangeError);
    assert.throws(() => computeDigest(value), RangeError);
  });
}

test('the text of any JSON value reads back as that value, and does not depend on the order of members', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = toCanonicalJson(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(toCanonicalJson(JSON.parse(text)), text);
      const reversed: unknown = JSON.parse(JSON.stringify(value), (_name, member: unknown) =>
        typeof member === 'object' && member !== null && !Array.isArray(member)
          ? Object.fromEntries(Object.entries(member).reverse())
          : member,
      );
      assert.equal(toCanonicalJson(reversed), text);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('a digest is sha-256 over the UTF-8 of the text', () => {
  const expected = createHash('sha256').update('{"a":"€","b":[1,2]}', 'utf8').digest('hex');
  assert.equal(computeDigest({ b: [1, 2], a: '€' }), `sha256:${expected}`);
});
