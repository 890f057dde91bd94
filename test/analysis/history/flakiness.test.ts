import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFinding } from '../../../analysis/finding.ts';
import { type Flakiness, measureFlakiness, type PastVerdict, toRegionStatuses } from '../../../analysis/history/flakiness.ts';
import { adviseQuarantine, applyQuarantine, DEFAULT_QUARANTINE_RULE } from '../../../analysis/history/quarantine.ts';
import { computeRate } from '../../../analysis/history/wilson.ts';
import type { VerdictStatus } from '../../../wire/verdict.ts';
import { assertClose } from '../support/assert-close.ts';
import { ENVIRONMENT } from '../support/judge-input.ts';
import { createSeries } from '../support/measurements.ts';

// R 4.2.2: prop.test(count, trials, correct = FALSE)$conf.int
const wilson = [
  { count: 3, trials: 20, low: 0.0523687458962166, high: 0.360418864740757 },
  { count: 2, trials: 10, low: 0.0566821514543753, high: 0.509837528463358 },
  { count: 0, trials: 10, low: 0, high: 0.277532799862889 },
  { count: 10, trials: 10, low: 0.722467200137111, high: 1 },
] as const;
for (const { count, trials, low, high } of wilson) {
  test(`Wilson's interval of ${count} in ${trials} is R's`, () => {
    const { ci95 } = computeRate(count, trials);
    assert.ok(ci95 !== null);
    assertClose(ci95[0] + 1, low + 1, 1e-12);
    assertClose(ci95[1], high, 1e-12);
  });
}

test('no trials have no rate, and more counts than trials are refused', () => {
  assert.deepEqual(computeRate(0, 0), { count: 0, trials: 0, rate: null, ci95: null });
  assert.throws(() => computeRate(3, 2), RangeError);
  assert.throws(() => computeRate(Number.NaN, 2), RangeError);
});

const STATUSES: Readonly<Record<string, VerdictStatus>> = { p: 'pass', i: 'improvement', d: 'drift', r: 'regression', '?': 'inconclusive' };

/** One verdict per letter (pass, improvement, drift, regression, ? inconclusive) of region `kernel`, of commit c1 unless said otherwise. */
function createVerdicts(letters: string, toOverrides: (i: number) => Partial<PastVerdict> = () => ({})): readonly PastVerdict[] {
  return [...letters].map((letter, i) => {
    const status = STATUSES[letter] ?? 'pass';
    return {
      runId: `r${i}`,
      suite: 'nightly',
      kind: 'nightly',
      subject: { name: 'driver', version: '2.4.1', commit: 'c1' },
      environment: ENVIRONMENT,
      baselineId: 'b1',
      policyDigest: 'sha256:p',
      status,
      regions: [{ region: 'kernel', status }],
      ...toOverrides(i),
    };
  });
}

function measureRegion(verdicts: readonly PastVerdict[]): Flakiness {
  const found = measureFlakiness(verdicts).find((one) => one.region === 'kernel');
  assert.ok(found !== undefined);
  return found;
}

const flips: readonly {
  readonly name: string;
  readonly letters: string;
  readonly overrides?: (i: number) => Partial<PastVerdict>;
  readonly count: number;
  readonly trials: number;
}[] = [
  { name: 'a pass that regresses and passes again flipped twice', letters: 'prp', count: 2, trials: 2 },
  { name: 'an improvement is as good as a pass, a drift as bad as a regression', letters: 'pipdrd', count: 1, trials: 5 },
  { name: 'inconclusive verdicts are skipped', letters: 'p?p?r', count: 1, trials: 2 },
  {
    name: 'new code may change a status',
    letters: 'prpr',
    overrides: (i) => ({ subject: { name: 'driver', version: '1', commit: `c${i}` } }),
    count: 0,
    trials: 0,
  },
  {
    name: 'code is compared with its own last verdict, through others',
    letters: 'prrp',
    overrides: (i) => ({ subject: { name: 'driver', version: '1', commit: i === 1 ? 'c2' : 'c1' } }),
    count: 2,
    trials: 2,
  },
  {
    name: 'another branch with the same commit is the same code',
    letters: 'pr',
    overrides: (i) => ({ subject: { name: 'driver', version: '1', commit: 'c1', branch: `b${i}` } }),
    count: 1,
    trials: 1,
  },
  {
    name: 'a digest says more than a commit',
    letters: 'pr',
    overrides: (i) => ({ subject: { name: 'driver', version: '1', commit: 'c1', digest: `d${i}` } }),
    count: 0,
    trials: 0,
  },
  {
    name: 'another kernel may change a status',
    letters: 'prp',
    overrides: (i) => ({ environment: { ...ENVIRONMENT, kernel: `6.${i}` } }),
    count: 0,
    trials: 0,
  },
  {
    name: 'another host of the class may not',
    letters: 'prp',
    overrides: (i) => ({ environment: { ...ENVIRONMENT, hostname: `lab-${i}` } }),
    count: 2,
    trials: 2,
  },
  { name: 'another baseline may change a status', letters: 'rp', overrides: (i) => ({ baselineId: `b${i}` }), count: 0, trials: 0 },
  { name: 'another policy may change a status', letters: 'rp', overrides: (i) => ({ policyDigest: `sha256:${i}` }), count: 0, trials: 0 },
];
for (const { name, letters, overrides, count, trials } of flips) {
  test(name, () => {
    const measured = measureRegion(createVerdicts(letters, overrides));
    assert.deepEqual([measured.flips.count, measured.flips.trials], [count, trials]);
  });
}

test('retries are runs of the same subject and class again; those of kind control are not', () => {
  const verdicts = createVerdicts('prprp', (i) => ({
    subject: { name: 'driver', version: '1', commit: ['c1', 'c2', 'c2', 'c3', 'c3'][i] ?? '' },
    kind: i >= 3 ? 'control' : 'nightly',
  }));
  const [suite, region] = measureFlakiness(verdicts);
  assert.deepEqual([suite?.region, suite?.retries.count, suite?.retries.trials], [null, 1, 3]);
  // The region regressed in the run of c2 that was repeated; the control run that regressed is no retry of anybody's.
  assert.deepEqual([region?.region, region?.retries.count, region?.retries.trials], ['kernel', 1, 3]);
});

test('suites are measured apart', () => {
  const verdicts = createVerdicts('prprprpr', (i) => ({ suite: i % 2 === 0 ? 'a' : 'b' }));
  assert.deepEqual(
    measureFlakiness(verdicts).map((one) => [one.suite, one.region, one.flips.count]),
    [
      ['a', null, 0],
      ['a', 'kernel', 0],
      ['b', null, 0],
      ['b', 'kernel', 0],
    ],
  );
  assert.deepEqual(measureFlakiness([]), []);
});

const everyNightNew = (i: number): Partial<PastVerdict> => ({ subject: { name: 'driver', version: '1', commit: `c${i}` } });
const advices: readonly {
  readonly name: string;
  readonly letters: string;
  readonly overrides?: (i: number) => Partial<PastVerdict>;
  readonly quarantined?: boolean;
  readonly action: string;
}[] = [
  { name: 'two flips in ten: 5.7 % at least, proposed', letters: 'pppprpppppp', action: 'propose' },
  { name: 'two flips in fifteen: not above 5 % for sure', letters: 'pppppppprppppppp', action: 'none' },
  { name: 'one flip alone is not enough', letters: 'pr', action: 'none' },
  { name: 'stable since: not proposed for old flips', letters: `prprprprpr${'p'.repeat(14)}`, action: 'none' },
  { name: 'stable for one run less: proposed', letters: `prprprprpr${'p'.repeat(13)}`, action: 'propose' },
  { name: 'no code twice: nothing is known', letters: 'prprprprprpr', overrides: everyNightNew, action: 'none' },
  {
    name: 'flaky before, and now raised on new code: may be a regression, not proposed',
    letters: 'prprprprr',
    overrides: (i) => (i === 8 ? { subject: { name: 'driver', version: '2' } } : {}),
    action: 'none',
  },
  { name: 'in quarantine and stable for 14 runs: lifted', letters: `pr${'p'.repeat(14)}`, quarantined: true, action: 'lift' },
  { name: 'in quarantine and stable for 13: kept', letters: `pr${'p'.repeat(13)}`, quarantined: true, action: 'keep' },
  {
    name: 'in quarantine and stably worse: lifted, so that it gates',
    letters: `p${'r'.repeat(14)}`,
    overrides: everyNightNew,
    quarantined: true,
    action: 'lift',
  },
  { name: 'in quarantine and inconclusive ever since: kept', letters: `pr${'?'.repeat(30)}`, quarantined: true, action: 'keep' },
];
for (const { name, letters, overrides, quarantined, action } of advices) {
  test(`quarantine: ${name}`, () => {
    const advice = adviseQuarantine(measureRegion(createVerdicts(letters, overrides)), quarantined ?? false);
    assert.equal(advice.action, action, advice.evidence);
  });
}

test('a suite as a whole is never proposed, and the advice says why', () => {
  const [suite, region] = measureFlakiness(createVerdicts('prprprpr')).map((one) => adviseQuarantine(one, false));
  assert.equal(suite?.action, 'none');
  assert.equal(region?.action, 'propose');
  assert.equal(region?.evidence, 'flipped in 7 of 7 verdicts on unchanged code (100 %, 95 %: 64.6 % to 100 %); tolerated are 5 %');
});

test('the threshold is a parameter', () => {
  const measured = measureRegion(createVerdicts('pppprpppppp'));
  assert.equal(adviseQuarantine(measured, false, { ...DEFAULT_QUARANTINE_RULE, flipRate: 0.06 }).action, 'none');
  assert.equal(adviseQuarantine(measured, false, { ...DEFAULT_QUARANTINE_RULE, minimumFlips: 3 }).action, 'none');
});

test('a series in quarantine is still judged, does not gate, and its statuses are still counted', () => {
  const [finding] = applyQuarantine(
    [createFinding({ series: createSeries(), family: 'center', statistic: 'centre' }, { status: 'regression' })],
    () => true,
  );
  assert.deepEqual([finding?.status, finding?.gated, finding?.evidence['quarantined']], ['regression', false, true]);
  assert.ok(finding !== undefined);
  assert.deepEqual(toRegionStatuses([finding]), [{ region: 'kernel', status: 'regression' }]);
});

test('budgets, worst cases and missing series gate in quarantine too; others are left alone', () => {
  const series = createSeries();
  const findings = [
    createFinding({ series, family: 'threshold', statistic: null }, { status: 'regression' }),
    createFinding({ series, family: 'wcet', statistic: null }, { status: 'regression' }),
    createFinding({ series, family: 'center', statistic: 'centre' }, { reasons: [{ code: 'missing_in_candidate', detail: '' }] }),
  ];
  assert.deepEqual(
    applyQuarantine(findings, () => true),
    findings,
  );
  const other = [createFinding({ series, family: 'center', statistic: 'centre' }, { status: 'drift' })];
  assert.deepEqual(
    applyQuarantine(other, () => false),
    other,
  );
});

test('a region is as bad as its worst gated finding, and a call weighs more than an inconclusive one', () => {
  const find = (region: string, status: VerdictStatus, gated = true) =>
    createFinding({ series: createSeries({ region }), family: 'center', statistic: 'centre' }, { status, gated });
  const findings = [find('b', 'pass'), find('b', 'inconclusive'), find('b', 'drift'), find('a', 'pass'), find('a', 'regression', false)];
  assert.deepEqual(toRegionStatuses(findings), [
    { region: 'a', status: 'pass' },
    { region: 'b', status: 'drift' },
  ]);
});

test('there are never more flips than pairs, nor more pairs than verdicts less one', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('p', 'i', 'd', 'r', '?'), maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      (letters, commits) => {
        const verdicts = createVerdicts(letters, (i) => ({ subject: { name: 'driver', version: '1', commit: `c${(i * i) % commits}` } }));
        for (const { flips: rate, stableRunCount, inconclusiveCount } of measureFlakiness(verdicts)) {
          assert.ok(rate.count <= rate.trials && rate.trials <= Math.max(0, letters.length - inconclusiveCount - 1));
          assert.ok(stableRunCount + inconclusiveCount <= letters.length);
        }
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});
