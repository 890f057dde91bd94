import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptHistory } from '../../../analysis/accepted/accept.ts';
import { judgeRun } from '../../../analysis/judge-run.ts';
import { toCanonicalJson } from '../../../wire/canonical-json.ts';
import { DEFAULT_POLICY, type Policy } from '../../../wire/policy.ts';
import type { Finding, Verdict } from '../../../wire/verdict.ts';
import { createInput, createRun } from '../support/judge-input.ts';
import { judgeNights, measureNight, type Night, toHistoryRun } from '../support/nights.ts';
import { createRandom } from '../support/random.ts';

const GOLDEN = ['g1', 'g2', 'g3'];

function judge(nights: readonly Night[], overrides: Parameters<typeof judgeNights>[2] = {}, seed = 1): readonly Verdict[] {
  const random = createRandom(seed);
  const golden = GOLDEN.flatMap((runId) => measureNight(runId, random));
  return judgeNights(
    golden,
    nights.map((night, i) => measureNight(`night-${i + 1}`, random, night)),
    overrides,
  );
}

const first = (verdict: Verdict | undefined): Finding => {
  const found = verdict?.findings.find((finding) => finding.region === 'k00');
  assert.ok(found !== undefined);
  return found;
};
const quiet = (count: number): readonly Night[] => Array.from({ length: count }, () => ({}));

test('from five accepted runs on the reference rolls, and nothing is provisional any more', () => {
  const verdicts = judge(quiet(6));
  assert.deepEqual(
    verdicts.map((verdict) => first(verdict).evidence['mode']),
    ['golden', 'golden', 'golden', 'golden', 'golden', 'rolling'],
  );
  assert.ok(verdicts[4]?.reasons.some((reason) => reason.code === 'provisional'));
  assert.ok(!verdicts[5]?.reasons.some((reason) => reason.code === 'provisional'));
});

test('with history seven percent regress, which without it is a provisional drift', () => {
  assert.equal(first(judge([{ factor: 1.07 }])[0]).status, 'drift');
  assert.equal(first(judge([...quiet(6), { factor: 1.07 }])[6]).status, 'regression');
});

test('at most ten runs are the reference, the latest ones', () => {
  const history = first(judge(quiet(13))[12]).evidence['history'];
  assert.ok(Array.isArray(history));
  assert.deepEqual(
    history.map((one: { runId: string }) => one.runId),
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((night) => `night-${night}`),
  );
});

test('a regression never joins the reference: it stays one, since the run that raised it', () => {
  const verdicts = judge([...quiet(6), ...Array.from({ length: 12 }, () => ({ factor: 1.08 }))]);
  for (const verdict of verdicts.slice(6)) {
    assert.equal(first(verdict).status, 'regression');
    assert.equal(first(verdict).since, 'night-7');
  }
  assert.deepEqual(
    verdicts.slice(6, 9).map((verdict) => first(verdict).ongoing),
    [false, true, true],
  );
});

test('what was gone and comes again is a new event', () => {
  const verdicts = judge([...quiet(6), { factor: 1.08 }, {}, { factor: 1.08 }]);
  assert.equal(first(verdicts[8]).since, 'night-9');
  assert.equal(first(verdicts[8]).ongoing, false);
});

test('a drift that nobody accepts stays a drift, whatever the number of nights', () => {
  const verdicts = judge([...quiet(6), ...Array.from({ length: 10 }, () => ({ factor: 1.03 }))]);
  assert.deepEqual(
    verdicts.slice(6).map((verdict) => first(verdict).status),
    Array.from({ length: 10 }, () => 'drift'),
  );
  assert.equal(first(verdicts[15]).since, 'night-7');
});

test('a drift accepted by hand joins, and the new level passes in time', () => {
  const acceptances = [{ seriesId: null, statistic: null, since: 'night-7' }];
  const verdicts = judge([...quiet(6), ...Array.from({ length: 12 }, () => ({ factor: 1.03 }))], { acceptances });
  assert.ok(first(verdicts[7]).reasons.some((reason) => reason.code === 'accepted_drift'));
  assert.equal(first(verdicts[17]).status, 'pass');
});

test('the policy accepts a drift after three runs at one level, and the verdict lists what it accepted', () => {
  const policy = { ...DEFAULT_POLICY, acceptDriftAfterRuns: 3 };
  const verdicts = judge([...quiet(6), ...Array.from({ length: 12 }, () => ({ factor: 1.03 }))], { policy });
  assert.equal(verdicts[8]?.acceptances, undefined);
  const [acceptance] = verdicts[9]?.acceptances ?? [];
  assert.deepEqual(acceptance?.runIds, ['night-7', 'night-8', 'night-9']);
  assert.equal(acceptance?.since, 'night-7');
  assert.equal(first(verdicts[17]).status, 'pass');
});

test('the policy does not accept a slope', () => {
  const policy = { ...DEFAULT_POLICY, acceptDriftAfterRuns: 3 };
  const slope = [1.02, 1.033, 1.046].map((factor) => ({ factor, sd: 0.001 }));
  const verdicts = judge([...Array.from({ length: 6 }, () => ({ sd: 0.001 })), ...slope, { sd: 0.001, factor: 1.03 }], { policy });
  assert.equal(first(verdicts[8]).status, 'drift');
  assert.equal(verdicts[9]?.acceptances, undefined);
});

test('many small steps that all pass are a regression against the golden runs in the end', () => {
  const policy: Policy = { ...DEFAULT_POLICY, tolerances: [{ metric: 'time', drift: 0.04, regression: 0.05 }] };
  const steps = Array.from({ length: 24 }, (_, i) => ({ factor: 1.003 ** i, sd: 0.002 }));
  const findings = judge([...quiet(6), ...steps], { policy }).map(first);
  const regressed = findings.findIndex((finding) => finding.status === 'regression');
  assert.ok(findings.slice(0, regressed).every((finding) => finding.status === 'pass'));
  const guarded = findings[regressed];
  assert.ok(guarded?.reasons.some((reason) => reason.code === 'golden_guard'));
  assert.equal(guarded?.evidence['decidedBy'], 'golden');
  assert.ok((guarded?.delta ?? 0) >= 0.05);
});

test('a night whose repetitions scatter wildly does not join: it cannot hide the next regression in its noise', () => {
  const verdicts = judge([...quiet(6), { sd: 0.2 }, { factor: 1.08 }]);
  assert.equal(first(verdicts[6]).reasons[0]?.code, 'scattered');
  assert.equal(first(verdicts[7]).status, 'regression');
});

test('a promotion restarts history: runs judged against another baseline do not count', () => {
  const random = createRandom(5);
  const golden = measureNight('g1', random);
  const nights = Array.from({ length: 8 }, (_, i) => measureNight(`night-${i + 1}`, random));
  const verdicts = judgeNights(golden, nights);
  const history = verdicts.map((verdict, i) => ({ ...toHistoryRun(verdict, nights[i] ?? [], i), baselineId: 'older' }));
  const verdict = judgeRun(createInput(golden, measureNight('night', random), { history }));
  assert.equal(first(verdict).evidence['mode'], 'golden');
  assert.deepEqual(verdict.references, []);
});

test('pull requests, control runs, other suites and other machines are no history', () => {
  const random = createRandom(6);
  const golden = measureNight('g1', random);
  const nights = Array.from({ length: 8 }, (_, i) => measureNight(`night-${i + 1}`, random));
  const verdicts = judgeNights(golden, nights);
  const others = [
    { kind: 'pr' as const },
    { kind: 'control' as const },
    { suite: 'weekly' },
    { environment: { ...createRun('x').environment, board: 'other' } },
  ];
  for (const other of others) {
    const history = verdicts.map((verdict, i) => ({
      ...toHistoryRun(verdict, nights[i] ?? [], i),
      run: createRun(verdict.runId, other),
    }));
    const verdict = judgeRun(createInput(golden, measureNight('night', random), { history }));
    assert.deepEqual(verdict.references, []);
  }
});

test('the order in which history arrives changes no byte', () => {
  const random = createRandom(7);
  const golden = GOLDEN.flatMap((runId) => measureNight(runId, random));
  const nights = Array.from({ length: 14 }, (_, i) => measureNight(`night-${i + 1}`, random));
  const history = judgeNights(golden, nights).map((verdict, i) => toHistoryRun(verdict, nights[i] ?? [], i));
  const night = measureNight('night', random, { factor: 1.04 });
  const expected = toCanonicalJson(judgeRun(createInput(golden, night, { history })));
  const turned = [...history].reverse().map((one) => ({
    ...one,
    findings: [...one.findings].reverse(),
    measurements: [...one.measurements].reverse(),
  }));
  assert.equal(toCanonicalJson(judgeRun(createInput([...golden].reverse(), [...night].reverse(), { history: turned }))), expected);
});

test('the runs that serve are enough to judge by: with only their measurements the verdict is the same', () => {
  const random = createRandom(9);
  const golden = GOLDEN.flatMap((runId) => measureNight(runId, random));
  const factors = [...Array.from({ length: 12 }, () => 1), ...Array.from({ length: 14 }, () => 1.08)];
  const nights = factors.map((factor, i) => measureNight(`night-${i + 1}`, random, { factor }));
  const history = judgeNights(golden, nights).map((verdict, i) => toHistoryRun(verdict, nights[i] ?? [], i));
  const night = measureNight('night', random, { factor: 1.08 });
  const serving = new Set(acceptHistory(history, [], undefined).servingRunIds);
  assert.ok(serving.size < history.length);
  assert.ok(serving.has('night-12') && serving.has('night-26'));
  const thin = history.map((one) => (serving.has(one.run.runId) ? one : { ...one, measurements: [] }));
  const verdict = judgeRun(createInput(golden, night, { history }));
  assert.equal(first(verdict).status, 'regression');
  assert.equal(toCanonicalJson(judgeRun(createInput(golden, night, { history: thin }))), toCanonicalJson(verdict));
});

test('another acceptance, seal or earlier status is another history digest', () => {
  const random = createRandom(8);
  const golden = measureNight('g1', random);
  const nights = Array.from({ length: 2 }, (_, i) => measureNight(`night-${i + 1}`, random));
  const history = judgeNights(golden, nights).map((verdict, i) => toHistoryRun(verdict, nights[i] ?? [], i));
  const night = measureNight('night', random);
  const digest = (overrides: Parameters<typeof createInput>[2]): string | null =>
    judgeRun(createInput(golden, night, { history, ...overrides })).historyDigest;
  const digests = [
    digest({}),
    digest({ acceptances: [{ seriesId: null, statistic: null, since: 'night-1' }] }),
    digest({ history: history.slice(1) }),
    digest({ history: history.map((one) => ({ ...one, run: { ...one.run, sealDigest: 'sha256:other' } })) }),
  ];
  assert.equal(new Set(digests).size, 4);
  assert.equal(digest({ history: [] }), null);
});
