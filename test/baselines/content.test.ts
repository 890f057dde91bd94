import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BaselineContent, computeContentDigest, toBaselineContent, verifyContent } from '../../baselines/index.ts';

const member = (runId: string) => ({
  runId,
  sealDigest: `sha256:seal-${runId}`,
  subject: { name: 'driver', version: '2.4.1' },
  environment: { isa: 'riscv64', hostname: 'lab-07', firmware: { board: 'r12' } },
});
const content: BaselineContent = {
  project: 'acme',
  suite: 'nightly',
  name: 'golden',
  class: 'sha256:c',
  runs: [member('r1'), member('r2')],
};

test('the order of runs and of members does not change the digest', () => {
  const shuffled = {
    runs: [{ ...member('r2'), environment: { hostname: 'lab-07', firmware: { board: 'r12' }, isa: 'riscv64' } }, member('r1')],
    class: 'sha256:c',
    name: 'golden',
    suite: 'nightly',
    project: 'acme',
  };
  assert.equal(computeContentDigest(shuffled), computeContentDigest(content));
  assert.deepEqual(
    toBaselineContent(shuffled).runs.map((run) => run.runId),
    ['r1', 'r2'],
  );
});

test('the digest is that of a fixed text', () => {
  // printf '%s' '<canonical JSON>' | sha256sum, the JSON written by hand
  assert.equal(
    computeContentDigest({
      project: 'p',
      suite: 's',
      name: 'n',
      class: 'c',
      runs: [{ ...member('r'), environment: { isa: 'x', hostname: 'h' } }],
    }),
    'sha256:38c82a8b2448c85073f4cd69365af83a576dad8a1414ae55942f0689f731c359',
  );
});

for (const changed of [
  { ...content, name: 'other' },
  { ...content, class: 'sha256:d' },
  { ...content, runs: [member('r1')] },
  { ...content, runs: [member('r1'), { ...member('r2'), sealDigest: 'sha256:else' }] },
  {
    ...content,
    runs: [member('r1'), { ...member('r2'), environment: { isa: 'riscv64', hostname: 'lab-07', firmware: { board: 'r13' } } }],
  },
])
  test(`another ${JSON.stringify(changed).length}-byte content has another digest`, () => {
    assert.notEqual(computeContentDigest(changed), computeContentDigest(content));
    assert.deepEqual(
      verifyContent(changed, { digest: computeContentDigest(content) }).map((problem) => problem.code),
      ['digest_differs'],
    );
  });

test('content that is as recorded verifies, offline and against its seals', () => {
  const digest = computeContentDigest(content);
  assert.deepEqual(verifyContent(content, { digest }), []);
  const seals = new Map(content.runs.map((run) => [run.runId, run.sealDigest]));
  assert.deepEqual(verifyContent(content, { digest, seals }), []);
});

test('a run that is gone and a seal that differs are named', () => {
  const problems = verifyContent(content, { digest: computeContentDigest(content), seals: new Map([['r1', 'sha256:forged']]) });
  assert.deepEqual(
    problems.map(({ code, runId }) => [code, runId]),
    [
      ['seal_differs', 'r1'],
      ['run_missing', 'r2'],
    ],
  );
});

test('an imported baseline without runs or with a run twice is a problem, and building one a broken precondition', () => {
  for (const runs of [[], [member('r1'), member('r1')]]) {
    assert.deepEqual(
      verifyContent({ ...content, runs }, { digest: 'sha256:x' }).map((problem) => problem.code),
      ['not_canonical'],
    );
    assert.throws(() => toBaselineContent({ ...content, runs }), RangeError);
  }
});
