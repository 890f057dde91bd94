import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControlRuns } from '../../analysis/control.ts';
import { judgeRun } from '../../analysis/judge-run.ts';
import type { Finding, Verdict } from '../../wire/verdict.ts';
import { createInput } from './support/judge-input.ts';
import { measureNight, type Night } from './support/nights.ts';
import { createRandom } from './support/random.ts';

/** A run beside a control run on the same machine, which has moved by `machine` (log units). */
function judge(night: Night, machine: number, earlierRuns = 8): Verdict {
  const random = createRandom(21);
  const golden = ['g1', 'g2', 'g3'].flatMap((runId) => measureNight(runId, random));
  const control: ControlRuns = {
    runId: 'c-now',
    measurements: measureNight('c-now', random, { shift: machine }),
    earlier: Array.from({ length: earlierRuns }, (_, i) => ({ runId: `c-${i}`, measurements: measureNight(`c-${i}`, random) })),
  };
  return judgeRun(createInput(golden, measureNight('night', random, night), { control }));
}
const kernel = (verdict: Verdict): Finding | undefined => verdict.findings.find((one) => one.region === 'k00');
const machineOf = (verdict: Verdict): Finding | undefined => verdict.findings.find((one) => one.seriesId.startsWith('control/'));
const SLOWER = Math.log(1.25);

test('when frozen code got slower by as much, nothing is called, nothing passes, and the machine is named', () => {
  const verdict = judge({ shift: SLOWER }, SLOWER);
  assert.equal(machineOf(verdict)?.status, 'regression');
  assert.equal(machineOf(verdict)?.gated, false);
  assert.equal(kernel(verdict)?.status, 'inconclusive');
  assert.equal(verdict.status, 'inconclusive');
  assert.ok(verdict.reasons.some((reason) => reason.code === 'machine_moved'));
  assert.equal(verdict.attribution[0]?.cause, 'machine');
});

test('what is slower than the machine explains stays a regression', () => {
  const verdict = judge({ factor: 1.6 }, SLOWER);
  assert.equal(kernel(verdict)?.status, 'regression');
});

test('a machine that got faster does not hide that the subject got slower', () => {
  const verdict = judge({}, -SLOWER);
  assert.equal(machineOf(verdict)?.status, 'improvement');
  assert.equal(kernel(verdict)?.status, 'inconclusive');
  assert.equal(verdict.status, 'inconclusive');
});

test('a machine that stands still changes no finding', () => {
  assert.equal(kernel(judge({ factor: 1.3 }, 0))?.status, 'regression');
  assert.equal(judge({}, 0).status, 'pass');
  assert.equal(machineOf(judge({}, 0))?.status, 'pass');
});

test('without an earlier control run there is nothing to hold the machine against', () => {
  assert.equal(machineOf(judge({}, SLOWER, 0)), undefined);
});
