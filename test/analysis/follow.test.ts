import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRun } from '../../analysis/judge-run.ts';
import type { Finding, Verdict } from '../../wire/verdict.ts';
import { createInput, createRun } from './support/judge-input.ts';
import { measureNight, type Night } from './support/nights.ts';
import { createRandom } from './support/random.ts';

const kernel = (verdict: Verdict, region: string): Finding => {
  const found = verdict.findings.find((finding) => finding.region === region);
  assert.ok(found !== undefined);
  return found;
};

/** A first stage, and a second one that measures only its suspects again. */
function judgeTwice(first: Night, second: Night, seed: number): { readonly one: Verdict; readonly two: Verdict } {
  const random = createRandom(seed);
  const golden = ['g1', 'g2', 'g3'].flatMap((runId) => measureNight(runId, random, { sd: 0.01 }));
  const measured = measureNight('first', random, { sd: 0.01, ...first });
  const one = judgeRun(createInput(golden, measured, { run: createRun('first') }));
  const suspects = new Set(one.suspects.map((suspect) => suspect.seriesId));
  const again = measureNight('second', random, { sd: 0.01, ...second }).filter((one) => suspects.has(one.series.seriesId));
  const follows = { stages: [{ run: createRun('first'), measurements: measured }], suspects: one.suspects };
  return { one, two: judgeRun(createInput(golden, again, { run: createRun('second'), follows })) };
}

test('a suspect that is measured again counts all of its repetitions, and is called', () => {
  const { one, two } = judgeTwice({ factor: 1.035 }, { factor: 1.035 }, 3);
  assert.ok(one.suspects.some((suspect) => suspect.region === 'k00'));
  assert.equal(kernel(two, 'k00').repetitionCount, 6);
  assert.equal(kernel(two, 'k00').status, 'drift');
  assert.ok((kernel(two, 'k00').pValue ?? 1) < (kernel(one, 'k00').pValue ?? 0));
});

test('a suspect that was chance is cleared by what is measured again', () => {
  const { one, two } = judgeTwice({ factor: 1.03 }, { factor: 0.985 }, 3);
  assert.ok(one.suspects.some((suspect) => suspect.region === 'k00'));
  assert.notEqual(kernel(two, 'k00').status, 'drift');
});

test('who was no suspect keeps the first stage and a p of at least two percent', () => {
  const { one, two } = judgeTwice({ factor: 1.035 }, { factor: 1.035 }, 3);
  assert.equal(two.findings.length, one.findings.length);
  const named = new Set(one.suspects.map((suspect) => suspect.seriesId));
  for (const finding of two.findings.filter((candidate) => !named.has(candidate.seriesId))) {
    assert.equal(finding.repetitionCount, 3);
    assert.ok((finding.pValue ?? 0) >= 0.02);
    assert.notEqual(finding.status, 'regression');
  }
});

test('what a second stage measures of others is not lost: a sudden slowness there never passes', () => {
  const random = createRandom(4);
  const golden = ['g1', 'g2', 'g3'].flatMap((runId) => measureNight(runId, random));
  const follows = { stages: [{ run: createRun('first'), measurements: measureNight('first', random) }], suspects: [] };
  const slow = measureNight('second', random, { factor: 1.5 });
  const verdict = judgeRun(createInput(golden, slow, { run: createRun('second'), follows }));
  assert.equal(kernel(verdict, 'k00').status, 'inconclusive');
});

test('another subject, suite or machine cannot be followed', () => {
  const random = createRandom(5);
  const golden = measureNight('g1', random);
  for (const other of [
    { subject: { name: 'driver', version: '9' } },
    { suite: 'weekly' },
    { environment: { ...createRun('x').environment, board: 'other' } },
  ]) {
    const follows = { stages: [{ run: createRun('first', other), measurements: measureNight('first', random) }], suspects: [] };
    assert.throws(() => judgeRun(createInput(golden, measureNight('second', random), { run: createRun('second'), follows })), RangeError);
  }
});
