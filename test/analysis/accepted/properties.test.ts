import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { acceptHistory } from '../../../analysis/accepted/accept.ts';
import type { EarlierFinding, HistoryRun } from '../../../analysis/accepted/history-run.ts';
import { judgeRun } from '../../../analysis/judge-run.ts';
import { toCanonicalJson } from '../../../wire/canonical-json.ts';
import type { SeriesMeasurement } from '../../../wire/measurements.ts';
import { type Finding, VERDICT_STATUSES, type VerdictStatus } from '../../../wire/verdict.ts';
import { createInput, createRun } from '../support/judge-input.ts';
import { createSeries, measureTotals } from '../support/measurements.ts';

const total = createSeries({ metric: 'time', judgedAs: 'total', valueKind: 'total' });
const ORDER: readonly VerdictStatus[] = ['improvement', 'pass', 'inconclusive', 'drift', 'regression'];
const values = (count: number, spread: number) =>
  fc.array(fc.double({ min: 1 - spread, max: 1 + spread, noNaN: true }), { minLength: count, maxLength: count });
const nights = fc.array(values(3, 0.02), { minLength: 5, maxLength: 12 });

function toPassed(runId: string, order: number, measurements: readonly SeriesMeasurement[]): HistoryRun {
  const finding: EarlierFinding = {
    seriesId: total.seriesId,
    statistic: 'centre',
    status: 'pass',
    since: null,
    candidate: 1,
    tolerance: null,
    reasons: [],
  };
  return { run: createRun(runId), sealedAtNs: String(order), baselineId: 'b1', findings: [finding], measurements };
}

/** One series against one golden run and accepted nights, everything times `scale`. */
function judge(golden: readonly number[], history: readonly (readonly number[])[], night: readonly number[], scale = 1): Finding {
  const measure = (runId: string, one: readonly number[]): readonly SeriesMeasurement[] => [
    measureTotals(
      runId,
      total,
      one.map((value) => value * scale),
    ),
  ];
  const earlier = history.map((one, i) => toPassed(`h${i}`, i, measure(`h${i}`, one)));
  const [finding] = judgeRun(createInput(measure('g1', golden), measure('night', night), { history: earlier })).findings;
  assert.ok(finding !== undefined);
  assert.equal(finding.evidence['mode'], 'rolling');
  return finding;
}

test('with history a change of scale changes neither status nor delta', () => {
  fc.assert(
    fc.property(
      values(3, 0.02),
      nights,
      values(3, 0.05),
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      (golden, history, night, scale) => {
        const plain = judge(golden, history, night);
        const scaled = judge(golden, history, night, scale);
        assert.ok(Math.abs((plain.delta ?? 0) - (scaled.delta ?? 0)) < 1e-9);
        assert.ok(Math.abs((plain.pValue ?? 0) - (scaled.pValue ?? 0)) < 1e-6);
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

test('with history a slower candidate never gets a better status', () => {
  fc.assert(
    fc.property(values(3, 0.02), nights, values(3, 0.05), fc.double({ min: 1, max: 2, noNaN: true }), (golden, history, night, factor) => {
      const before = judge(golden, history, night);
      const after = judge(
        golden,
        history,
        night.map((value) => value * factor),
      );
      assert.ok(ORDER.indexOf(after.status) >= ORDER.indexOf(before.status), `${before.status} became ${after.status}`);
    }),
    { numRuns: 100, seed: 2 },
  );
});

test('with history the order of repetitions does not matter', () => {
  fc.assert(
    fc.property(values(3, 0.02), nights, values(3, 0.05), (golden, history, night) => {
      const plain = judge(golden, history, night);
      const turned = judge(
        [...golden].reverse(),
        history.map((one) => [...one].reverse()),
        [...night].reverse(),
      );
      assert.equal(plain.status, turned.status);
      assert.ok(Math.abs((plain.delta ?? 0) - (turned.delta ?? 0)) < 1e-12);
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('nothing but what the rule names ever joins: no regression, no drift that is not accepted', () => {
  const finding = fc.record({ status: fc.constantFrom(...VERDICT_STATUSES), since: fc.constantFrom('r0', 'r1', 'r2', null) });
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 20 }), fc.option(fc.integer({ min: 2, max: 4 }), { nil: undefined }), (findings, after) => {
      const runs = findings.map(({ status, since }, i): HistoryRun => {
        const passed = toPassed(`r${i}`, i, [measureTotals(`r${i}`, total, [1])]);
        const raised = status === 'drift' || status === 'regression' ? since : null;
        const said = { status, since: raised, tolerance: { drift: 0.01, regression: 0.05 } };
        return { ...passed, findings: passed.findings.map((one) => ({ ...one, ...said })) };
      });
      const joined = new Set(
        acceptHistory(runs, [], after)
          .select(total.seriesId, 'centre', () => true)
          .map((one) => one.runId),
      );
      const accepted = acceptHistory(runs, [], after).policyAcceptances;
      assert.ok(joined.size <= 10);
      for (const { run, findings: said } of runs) {
        if (!joined.has(run.runId)) continue;
        assert.notEqual(said[0]?.status, 'regression');
        if (said[0]?.status === 'drift') assert.ok(accepted.some((one) => one.since === (said[0]?.since ?? run.runId)));
      }
    }),
    { numRuns: 300, seed: 4 },
  );
});

test('whatever history holds, a verdict has a JSON form', () => {
  const anything = fc.oneof(fc.double(), fc.constant(0), fc.constant(-1), fc.constant(1e308), fc.constant(5e-324), fc.constant(null));
  fc.assert(
    fc.property(
      fc.array(fc.array(anything, { maxLength: 3 }), { maxLength: 12 }),
      fc.array(anything, { maxLength: 3 }),
      (history, night) => {
        const earlier = history.map((one, i) => toPassed(`h${i}`, i, [measureTotals(`h${i}`, total, one)]));
        const input = createInput([measureTotals('g1', total, [1, 1.01])], [measureTotals('night', total, night)], { history: earlier });
        assert.doesNotThrow(() => toCanonicalJson(judgeRun(input)));
      },
    ),
    { numRuns: 200, seed: 5 },
  );
});
