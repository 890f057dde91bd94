import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY_DIGEST, findRepeatedKeys, parsePolicy, toPolicy } from '../../baselines/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import { DEFAULT_POLICY } from '../../wire/policy.ts';
import { ProblemError } from '../../wire/problems.ts';

function refusal(text: string): ProblemError {
  try {
    parsePolicy(text);
  } catch (error) {
    assert.ok(error instanceof ProblemError, `unexpected ${error}`);
    return error;
  }
  return assert.fail('the policy was accepted');
}

const YAML = `# what a release asks
version: 1
suites: [nightly, links]
tolerances:
  - { metric: latency, statistic: p99, drift: 0.03, regression: 0.1 }
budgets:
  - task: control
    value: 250
    unit: us
onDrift: fail
`;

test('a policy in YAML and the same in JSON have one value and one digest', () => {
  const yaml = parsePolicy(YAML);
  const json = parsePolicy(
    JSON.stringify({
      onDrift: 'fail',
      budgets: [{ unit: 'us', value: 250, task: 'control' }],
      tolerances: [{ drift: 0.03, regression: 0.1, statistic: 'p99', metric: 'latency' }],
      suites: ['nightly', 'links'],
      version: 1,
    }),
  );
  assert.deepEqual(yaml, json);
  assert.match(yaml.digest, /^sha256:[0-9a-f]{64}$/);
});

test('JSON indented with tabs is read', () => {
  assert.equal(parsePolicy('{\n\t"version": 1,\n\t"onDrift": "pass"\n}').policy.onDrift, 'pass');
});

test('the default policy is valid and has its own digest', () => {
  assert.equal(toPolicy(DEFAULT_POLICY).digest, DEFAULT_POLICY_DIGEST);
});

const REFUSED: readonly { readonly name: string; readonly text: string; readonly pointer: string | RegExp; readonly detail?: RegExp }[] = [
  { name: 'an unknown member', text: 'version: 1\nonDrfit: fail\n', pointer: '/onDrfit', detail: /unknown member/ },
  {
    name: 'an unknown member inside a list',
    text: '{"version":1,"tolerances":[{"drift":0.1,"regression":0.2,"metrc":"x"}]}',
    pointer: '/tolerances/0/metrc',
  },
  { name: 'a prototype as a member', text: '{"version":1,"__proto__":{"onDrift":"pass"}}', pointer: '/__proto__' },
  { name: 'a merge key', text: 'version: 1\n<<: {onDrift: pass}\n', pointer: '/<<' },
  { name: 'a version in quotes', text: 'version: "1"\n', pointer: '/version' },
  { name: 'no version', text: 'onDrift: fail\n', pointer: '', detail: /version/ },
  { name: 'a word outside a choice', text: 'version: 1\nonDrift: warn\n', pointer: '/onDrift', detail: /pass or fail/ },
  {
    name: 'YAML truth where a word belongs',
    text: 'version: 1\nonInconclusive: true\n',
    pointer: '/onInconclusive',
    detail: /block or pass/,
  },
  { name: 'not a number', text: 'version: 1\nfreshnessHours: .nan\n', pointer: '/freshnessHours' },
  { name: 'an infinite number', text: 'version: 1\ntolerances: [{drift: .1, regression: .inf}]\n', pointer: '/tolerances/0/regression' },
  { name: 'a number that overflows to infinity', text: '{"version":1,"freshnessHours":1e999}', pointer: '/freshnessHours' },
  { name: 'a tolerance of zero', text: 'version: 1\ntolerances: [{drift: 0, regression: 1}]\n', pointer: '/tolerances/0/drift' },
  { name: 'a drift above the regression', text: 'version: 1\ntolerances: [{drift: .2, regression: .1}]\n', pointer: '/tolerances/0/drift' },
  {
    name: 'a budget in bytes',
    text: 'version: 1\nbudgets: [{task: a, value: 1, unit: MB}]\n',
    pointer: '/budgets/0/unit',
    detail: /time or cycles/,
  },
  { name: 'a budget in no known unit', text: 'version: 1\nbudgets: [{task: a, value: 1, unit: fortnight}]\n', pointer: '/budgets/0/unit' },
  {
    name: 'two budgets of one task',
    text: 'version: 1\nbudgets: [{task: a, value: 1, unit: us}, {task: a, value: 2, unit: ns}]\n',
    pointer: '/budgets/1',
  },
  {
    name: 'two tolerances for one thing',
    text: 'version: 1\ntolerances: [{drift: .1, regression: .2}, {drift: .2, regression: .3}]\n',
    pointer: '/tolerances/1',
  },
  { name: 'a YAML key written twice', text: 'version: 1\nonDrift: fail\nonDrift: pass\n', pointer: /^line 3/ },
  { name: 'a JSON key written twice', text: '{"version":1,"onDrift":"fail","onDrift":"pass"}', pointer: '/onDrift', detail: /twice/ },
  { name: 'a JSON key written twice, once in escapes', text: '{"version":1,"onDrift":"fail","\\u006fnDrift":"pass"}', pointer: '/onDrift' },
  { name: 'an unknown tag', text: 'version: 1\ndescription: !exec ls\n', pointer: /^line 2/ },
  { name: 'a binary tag', text: 'version: 1\ndescription: !!binary aGk=\n', pointer: '/description' },
  { name: 'two documents', text: 'version: 1\n---\nversion: 1\n', pointer: '', detail: /---/ },
  { name: 'an empty text', text: '', pointer: '' },
  { name: 'only a comment', text: '# later\n', pointer: '' },
  { name: 'a bare word', text: 'strict', pointer: '' },
  { name: 'null', text: 'null', pointer: '' },
  { name: 'a list', text: '[]', pointer: '' },
  { name: 'broken YAML', text: 'version: 1\nsuites: [a\n', pointer: /^line 3/ },
];
for (const { name, text, pointer, detail } of REFUSED)
  test(`refuses ${name}, pointing at it`, () => {
    const problem = refusal(text);
    assert.equal(problem.type, 'invalid-body');
    const place = problem.errors.find((error) => (typeof pointer === 'string' ? error.pointer === pointer : pointer.test(error.pointer)));
    assert.ok(place, JSON.stringify(problem.errors));
    if (detail !== undefined) assert.match(place.detail, detail);
  });

test('cycles and time of one task are two budgets', () => {
  const text = 'version: 1\nbudgets: [{task: a, value: 1, unit: us}, {task: a, value: 500, unit: cycles}]\n';
  assert.equal(parsePolicy(text).policy.budgets?.length, 2);
});

test('drift equal to regression is allowed', () => {
  assert.equal(parsePolicy('version: 1\ntolerances: [{drift: .1, regression: .1}]\n').policy.tolerances?.length, 1);
});

test('anchors may share a few tolerances', () => {
  const text = 'version: 1\ndescription: &why shared\nsuites: [*why, *why]\n';
  assert.deepEqual(parsePolicy(text).policy.suites, ['shared', 'shared']);
});

test('an alias bomb is refused at once', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  const before = performance.now();
  assert.match(refusal(`${lines.join('\n')}\n`).message, /repeats too much/);
  assert.ok(performance.now() - before < 1000);
});

for (const [name, text] of [
  ['YAML', '- '.repeat(200_000)],
  ['flow YAML', `{a: ${'['.repeat(200_000)}`],
  ['JSON', '['.repeat(200_000) + ']'.repeat(200_000)],
] as const)
  test(`${name} nested very deeply is refused and does not crash`, () => {
    assert.equal(refusal(text).type, 'invalid-body');
  });

test('a policy may be as long as the limit and not one byte longer', () => {
  const body = 'version: 1\n#';
  const full = body + 'x'.repeat(LIMITS.jsonBodyBytes - body.length);
  assert.equal(parsePolicy(full).policy.version, 1);
  assert.equal(refusal(`${full}x`).type, 'payload-too-large');
});

test('at most fifty places are named in one refusal', () => {
  const twins = '{"drift":0.1,"regression":0.2},'.repeat(80);
  assert.equal(refusal(`{"version":1,"tolerances":[${twins.slice(0, -1)}]}`).errors.length, 50);
  assert.equal(refusal('a: 1\na: 2\n'.repeat(80)).errors.length, 50);
});

test('repeated keys are found at any depth, with escapes in the pointer, and brackets in strings mislead nobody', () => {
  assert.deepEqual(findRepeatedKeys('{"a":[{"b/c":1,"b/c":2},{"b/c":1}],"t":"}{\\"a\\":[","u":{"a":1}}'), [
    { pointer: '/a/0/b~1c', detail: 'written twice' },
  ]);
  assert.deepEqual(findRepeatedKeys('["a","a",{"a":"a"}]'), []);
});
