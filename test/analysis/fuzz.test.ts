import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HistoryRun } from '../../analysis/accepted/history-run.ts';
import { type JudgeInput, judgeRun } from '../../analysis/judge-run.ts';
import { toCanonicalJson } from '../../wire/canonical-json.ts';
import type { HistogramRepetition, SeriesMeasurement } from '../../wire/measurements.ts';
import { STATISTICS } from '../../wire/policy.ts';
import { REASONS, type ReasonCode, VERDICT_STATUSES } from '../../wire/verdict.ts';
import { createInput, createRun } from './support/judge-input.ts';
import { createSeries, measureHistograms, measureReadings, measureSamples, measureTotals } from './support/measurements.ts';

const total = createSeries({ metric: 'time', judgedAs: 'total', valueKind: 'total' });
const histogram = createSeries({ metric: 'request.duration', valueKind: 'histogram' });
const rate = createSeries({ metric: 'pcie.replays', unit: '1', judgedAs: 'rate', valueKind: 'counter' });
const task = createSeries({ region: 'isr', metric: 'execution.time', judgedAs: 'wcet' });
const anything = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1, 1e308, 5e-324), fc.constant(null));
const CODES = Object.keys(REASONS).filter((code): code is ReasonCode => Object.hasOwn(REASONS, code));

const histograms = fc.array(
  fc.record({
    repetition: fc.integer({ min: 1, max: 3 }),
    edges: fc.constantFrom([0, 1, 2, 4], [1, 1.05, 1.1, 1.15], [0, 1, 2, Number.POSITIVE_INFINITY], [-1, 0, 1, 2]),
    counts: fc.array(fc.nat({ max: 3000 }), { minLength: 3, maxLength: 3 }),
    scheme: fc.constant('explicit'),
    quality: fc.constantFrom<HistogramRepetition['quality']>([], ['counter_reset'], ['helper_error']),
  }),
  { maxLength: 3 },
);
const totals = fc.array(anything, { maxLength: 4 });
const samples = fc.array(fc.array(fc.double(), { maxLength: 40 }), { maxLength: 3 });
const run = fc.record({ totals, histograms, samples, counts: totals, flipped: fc.boolean() });
type Drawn = typeof run extends fc.Arbitrary<infer Value> ? Value : never;

function measure(runId: string, drawn: Drawn): readonly SeriesMeasurement[] {
  const better = drawn.flipped ? ('higher' as const) : ('lower' as const);
  return [
    measureTotals(runId, { ...total, better }, drawn.totals),
    measureHistograms(runId, histogram, drawn.histograms),
    measureSamples(runId, task, drawn.samples),
    measureReadings(
      runId,
      rate,
      drawn.counts.map((value, i) => ({ repetition: i + 1, kind: 'delta' as const, value, exposureS: 1 })),
    ),
  ];
}

const finding = fc.record({
  seriesId: fc.constantFrom(total.seriesId, histogram.seriesId, rate.seriesId, task.seriesId, 'suite.shift/total/centre'),
  statistic: fc.constantFrom(...STATISTICS, null),
  status: fc.constantFrom(...VERDICT_STATUSES),
  since: fc.constantFrom('h0', 'h1', null),
  candidate: anything,
  tolerance: fc.constantFrom(null, { drift: 0.01, regression: 0.05 }),
  reasons: fc.array(fc.record({ code: fc.constantFrom(...CODES), detail: fc.constant('') }), { maxLength: 2 }),
});
const earlier = fc.array(fc.record({ drawn: run, findings: fc.array(finding, { maxLength: 6 }) }), { maxLength: 12 });

test('whatever the runs, their history, stages and control runs hold: a verdict, equal on repeat, in JSON', () => {
  fc.assert(
    fc.property(run, run, earlier, fc.option(run), fc.option(run), (golden, night, past, stage, control) => {
      const history = past.map(
        ({ drawn, findings }, i): HistoryRun => ({
          run: createRun(`h${i}`),
          sealedAtNs: String(i % 3),
          baselineId: 'b1',
          findings,
          measurements: measure(`h${i}`, drawn),
        }),
      );
      const overrides: Partial<JudgeInput> = {
        history,
        policy: { version: 1, acceptDriftAfterRuns: 2, mutes: [{ metric: 'time', until: '2099-01-01T00:00:00Z', reason: 'x' }] },
        nowMs: 0,
        ...(stage === null
          ? {}
          : { follows: { stages: [{ run: createRun('first'), measurements: measure('first', stage) }], suspects: [] } }),
        ...(control === null
          ? {}
          : {
              control: {
                runId: 'c1',
                measurements: measure('c1', control),
                earlier: [{ runId: 'c0', measurements: measure('c0', golden) }],
              },
            }),
      };
      const input = createInput(measure('g1', golden), measure('night', night), overrides);
      const text = toCanonicalJson(judgeRun(input));
      assert.equal(toCanonicalJson(judgeRun({ ...input, history: [...history].reverse() })), text);
    }),
    { numRuns: 400, seed: 7 },
  );
});
