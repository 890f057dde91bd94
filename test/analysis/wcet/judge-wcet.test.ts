import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRun } from '../../../analysis/judge-run.ts';
import { combineCauchy } from '../../../analysis/wcet/cauchy-combination.ts';
import type { SeriesMeasurement } from '../../../wire/measurements.ts';
import { DEFAULT_POLICY, type Policy } from '../../../wire/policy.ts';
import type { Finding, SeriesDefinition, Verdict } from '../../../wire/verdict.ts';
import { assertClose } from '../support/assert-close.ts';
import { createInput } from '../support/judge-input.ts';
import { createSeries, measureReadings, measureSamples } from '../support/measurements.ts';
import { createRandom, drawNormal } from '../support/random.ts';

const task = createSeries({ region: 'isr', metric: 'execution.time', judgedAs: 'wcet' });
const bound = createSeries({ seriesId: 'bound', region: 'isr', metric: 'execution.time', judgedAs: 'wcet', valueKind: 'bound' });

type Shape = { readonly seed: number; readonly count?: number; readonly tail?: number; readonly factor?: number };

/** Execution times of about 1000 ns with an exponential tail of 50 ns; `tail` stretches one activation in fifty. */
function draw(repetitions: number, { seed, count = 1000, tail = 0, factor = 1 }: Shape): readonly (readonly number[])[] {
  const random = createRandom(seed);
  return Array.from({ length: repetitions }, () => {
    const level = factor * Math.exp(0.01 * drawNormal(random));
    return Array.from({ length: count }, () => level * (1000 - 50 * Math.log(1 - random())) * (random() < 0.02 ? 1 + tail : 1));
  });
}

const goldenOf = (series: SeriesDefinition, shape: Partial<Shape> = {}): readonly SeriesMeasurement[] =>
  ['g1', 'g2', 'g3'].map((runId, i) => measureSamples(runId, series, draw(3, { seed: i + 1, ...shape })));
const nightOf = (shape: Partial<Shape> = {}, series: SeriesDefinition = task): SeriesMeasurement =>
  measureSamples('night', series, draw(3, { seed: 9, ...shape }));
const budgetOf = (runId: string, value: number): SeriesMeasurement => measureReadings(runId, bound, [{ kind: 'budget', value }]);

function judge(golden: readonly SeriesMeasurement[], night: readonly SeriesMeasurement[], policy: Policy = DEFAULT_POLICY): Verdict {
  return judgeRun(createInput(golden, night, { policy }));
}
function findingOf(verdict: Verdict): Finding {
  const finding = verdict.findings.find((one) => one.region === 'isr');
  assert.ok(finding !== undefined);
  return finding;
}
const budget = (value: number, unit = 'ns'): Policy => ({ version: 1, budgets: [{ task: 'isr', value, unit }] });
const highest = Math.max(...draw(3, { seed: 9 }).flat());

const cases: readonly {
  readonly name: string;
  readonly policy: Policy;
  readonly shape?: Partial<Shape>;
  readonly status: string;
  readonly code?: string;
}[] = [
  { name: 'far below the budget and unchanged passes', policy: budget(3000), status: 'pass' },
  { name: 'the high-water mark over the budget regresses', policy: budget(highest * 0.999), status: 'regression', code: 'over_budget' },
  { name: 'exactly at the budget is a thin margin, not a breach', policy: budget(highest), status: 'drift', code: 'thin_margin' },
  { name: 'a fifth of the budget left is enough', policy: budget(highest / 0.8 + 1e-6), status: 'pass' },
  { name: 'less than a fifth is a drift', policy: budget(highest / 0.81), status: 'drift', code: 'thin_margin' },
  {
    name: 'a budget in microseconds is converted',
    policy: budget((highest * 0.999) / 1000, 'us'),
    status: 'regression',
    code: 'over_budget',
  },
  { name: 'a budget in cycles cannot be applied to time', policy: budget(3000, 'cycles'), status: 'inconclusive', code: 'mixed_units' },
  { name: 'a tail stretched by 60 % regresses', policy: budget(9000), shape: { tail: 0.6 }, status: 'regression', code: 'regressed' },
  {
    name: 'fewer than 200 values a repetition cannot be tested',
    policy: budget(9000),
    shape: { count: 150 },
    status: 'inconclusive',
    code: 'too_few_samples',
  },
];
for (const { name, policy, shape, status, code } of cases) {
  test(name, () => {
    const finding = findingOf(judge(goldenOf(task, shape?.count === undefined ? {} : { count: shape.count }), [nightOf(shape)], policy));
    assert.equal(finding.status, status);
    assert.equal(finding.reasons[0]?.code, code);
    assert.equal(finding.family, 'wcet');
  });
}

test('a budget is held without a baseline, and only that', () => {
  assert.equal(judge([], [nightOf()], budget(1000)).status, 'regression');
  const unjudged = judge([], [nightOf()], budget(9000));
  assert.equal(unjudged.status, 'inconclusive');
  assert.deepEqual(
    unjudged.reasons.map((reason) => reason.code),
    ['no_baseline'],
  );
});

test('a new high-water mark alone does not fail', () => {
  const values = draw(3, { seed: 9 }).map((repetition, i) => (i === 0 ? [...repetition.slice(1), 2500] : repetition));
  const finding = findingOf(judge(goldenOf(task), [measureSamples('night', task, values)]));
  assert.notEqual(finding.status, 'regression');
  assert.ok(Number(finding.evidence['goldenDelta']) > 0.5);
});

test('the policy’s budget beats the baseline’s, which beats the run’s; the change is named', () => {
  const golden = [...goldenOf(task), budgetOf('g1', 5000)];
  const fromBaseline = findingOf(judge(golden, [nightOf(), budgetOf('night', 9000)]));
  assert.equal(fromBaseline.evidence['budget'], 5000);
  assert.equal(fromBaseline.evidence['budgetSource'], 'baseline');
  assert.deepEqual(
    fromBaseline.reasons.map((reason) => reason.code),
    ['budget_changed'],
  );
  assert.equal(findingOf(judge(golden, [nightOf()], budget(4000))).evidence['budgetSource'], 'policy');
  assert.equal(findingOf(judge(goldenOf(task), [nightOf(), budgetOf('night', 9000)])).evidence['budgetSource'], 'run');
});

for (const kind of ['static', 'pwcet'] as const) {
  test(`a ${kind} bound below what was measured is named, one above it is not`, () => {
    const detailsOf = (value: number) => {
      const verdict = judge(goldenOf(task), [nightOf(), measureReadings('night', bound, [{ kind, value }])]);
      return findingOf(verdict).reasons.map(({ detail }) => detail);
    };
    assert.ok(detailsOf(1010).some((detail) => detail.startsWith('below_high_water_mark')));
    assert.ok(!detailsOf(1e9).some((detail) => detail.startsWith('below_high_water_mark')));
  });
}

test('a path that is no longer exercised makes its task inconclusive; nineteen of twenty are enough', () => {
  const names = Array.from({ length: 20 }, (_, i) => `path${String(i).padStart(2, '0')}`);
  const follow = (measurement: SeriesMeasurement, paths: readonly string[]): SeriesMeasurement => ({
    ...measurement,
    samples: measurement.samples.map((one) => ({ ...one, paths })),
  });
  const golden = goldenOf(task).map((one) => follow(one, names));
  assert.equal(judge(golden, [follow(nightOf(), names.slice(1))]).status, 'pass');
  const verdict = judge(golden, [follow(nightOf(), names.slice(2))]);
  assert.equal(verdict.status, 'inconclusive');
  assert.ok(verdict.reasons.some((reason) => reason.code === 'path_coverage'));
});

test('with 200 to 999 values a repetition the p99 is tested in place of the p99.9', () => {
  const finding = findingOf(judge(goldenOf(task, { count: 400 }), [nightOf({ count: 400 })]));
  assert.equal(finding.statistic, 'p99');
  assert.equal(findingOf(judge(goldenOf(task), [nightOf()])).statistic, 'p999');
});

test('one task without a change passes in 95 % of nights, and a tail of +40 % is found in all (VERDICTS 15.6)', () => {
  const statuses = (tail: number): readonly string[] =>
    Array.from({ length: 60 }, (_, night) => {
      const golden = ['g1', 'g2', 'g3'].map((runId, i) => measureSamples(runId, task, draw(3, { seed: 100 * night + i + 1 })));
      return findingOf(judge(golden, [nightOf({ seed: 100 * night + 50, tail })])).status;
    });
  assert.ok(statuses(0).filter((status) => status === 'pass' || status === 'improvement').length >= 57);
  assert.ok(statuses(0.4).filter((status) => status === 'drift' || status === 'regression').length >= 58);
});

test('the Cauchy combination keeps equal p values and is not outvoted by one of 1', () => {
  assertClose(combineCauchy([0.01, 0.01]), 0.01, 1e-12);
  assertClose(combineCauchy([1e-9]), 1e-9, 1e-12);
  assert.ok(combineCauchy([0.001, 1]) < 0.003);
  assert.ok(combineCauchy([0, 0.5]) < 1e-10);
  // Liu and Xie 2020, eq. 1, by hand: 0.5 - atan((tan(0.49 pi) + tan(0.2 pi)) / 2) / pi.
  assertClose(combineCauchy([0.01, 0.3]), 0.5 - Math.atan((Math.tan(0.49 * Math.PI) + Math.tan(0.2 * Math.PI)) / 2) / Math.PI, 1e-12);
});
