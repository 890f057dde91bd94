import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeBucketCentre, computeBucketQuantile, isFine } from '../../../analysis/histograms/bucket-statistics.ts';
import { drawReferenceCurve } from '../../../analysis/histograms/reference-curve.ts';
import { estimateShift } from '../../../analysis/histograms/shift.ts';
import { judgeRun } from '../../../analysis/judge-run.ts';
import type { HistogramRepetition } from '../../../wire/measurements.ts';
import type { Finding, SeriesDefinition } from '../../../wire/verdict.ts';
import { createInput } from '../support/judge-input.ts';
import { createSeries, measureHistograms } from '../support/measurements.ts';
import { createRandom, drawNormal } from '../support/random.ts';

const ten: HistogramRepetition = { repetition: 1, edges: [0, 10, 20], counts: [5, 5], scheme: 'linear', quality: [] };

/** A lognormal of median `level` and width `sigma`, counted in buckets of ratio `base`, trimmed to those that hold a value. */
function count(repetition: number, random: () => number, level: number, sigma: number, base: number): HistogramRepetition {
  const indices = Array.from({ length: 1500 }, () => Math.floor((Math.log(level) + sigma * drawNormal(random)) / Math.log(base)));
  const low = Math.min(...indices);
  const size = Math.max(...indices) - low + 1;
  const counts = Array.from({ length: size }, (_, i) => indices.filter((index) => index === low + i).length);
  return { repetition, edges: Array.from({ length: size + 1 }, (_, i) => base ** (low + i)), counts, scheme: `base ${base}`, quality: [] };
}

type Shape = { readonly sigma: number; readonly base: number; readonly effect: number; readonly level?: number };

/** Findings of 20 series, of which all carry the effect. */
function judge({ sigma, base, effect, level = 100 }: Shape): readonly Finding[] {
  const random = createRandom(3);
  const all: readonly SeriesDefinition[] = Array.from({ length: 20 }, (_, i) =>
    createSeries({ region: `k${i}`, metric: 'runqueue.latency', valueKind: 'histogram' }),
  );
  const draw = (repetitions: number, factor: number): readonly HistogramRepetition[] =>
    Array.from({ length: repetitions }, (_, i) => count(i + 1, random, level * factor * Math.exp(0.01 * drawNormal(random)), sigma, base));
  const golden = all.map((series) => measureHistograms('g1', series, draw(5, 1)));
  const night = all.map((series) => measureHistograms('night', series, draw(3, 1 + effect)));
  return judgeRun(createInput(golden, night)).findings;
}
const share = (findings: readonly Finding[], ...statuses: readonly string[]): number => {
  const centres = findings.filter((finding) => finding.statistic === 'centre');
  return centres.filter((finding) => statuses.includes(finding.status)).length / centres.length;
};

test('interpolates quantiles and the middle half inside buckets', () => {
  assert.equal(computeBucketQuantile(ten, 0.75), 15);
  assert.equal(computeBucketCentre(ten), 10);
  assert.equal(computeBucketQuantile({ ...ten, edges: [0, 10, Number.POSITIVE_INFINITY] }, 0.9), null);
  assert.equal(computeBucketCentre({ ...ten, counts: [0, 0] }), null);
});

test('buckets of exponential scale 3 are fine, powers of two are not', () => {
  assert.equal(isFine({ ...ten, edges: [100, 109, 118], counts: [1, 1] }, 0, 1), true);
  assert.equal(isFine({ ...ten, edges: [64, 128, 256], counts: [1, 1] }, 0, 1), false);
});

test('the shift of a histogram against itself is nothing, and of a scaled one its logarithm', () => {
  const random = createRandom(1);
  const golden = count(1, random, 100, 0.6, 2);
  const curve = drawReferenceCurve([golden]);
  assert.ok(curve !== undefined && curve.informativeEdgeCount >= 2);
  assert.ok(Math.abs(estimateShift(golden, curve).log) < 1e-3);
  assert.ok(Math.abs(estimateShift(count(1, random, 120, 0.6, 2), curve).log - Math.log(1.2)) < 0.06);
});

test('the reference curve is the distribution function at every clean edge', () => {
  const curve = drawReferenceCurve([{ ...ten, edges: [1, 2, 4, 8, 16], counts: [10, 40, 40, 10] }]);
  assert.ok(Math.abs((curve?.computeProbability(Math.log(4)) ?? 0) - 0.5) < 1e-12);
  assert.ok(Math.abs((curve?.computeProbability(Math.log(2)) ?? 0) - 0.1) < 1e-12);
  assert.equal(curve?.computeProbability(Number.NEGATIVE_INFINITY), 0);
  assert.equal(curve?.computeProbability(Number.POSITIVE_INFINITY), 1);
});

test('fine buckets judge centre and tails, as samples would', () => {
  const findings = judge({ sigma: 0.1, base: 2 ** (1 / 8), effect: 0.05 });
  assert.ok(share(findings, 'drift', 'regression') >= 0.9);
  assert.ok(findings.some((finding) => finding.statistic === 'p99'));
  assert.ok(share(judge({ sigma: 0.1, base: 2 ** (1 / 8), effect: 0 }), 'pass') >= 0.9);
});

test('powers of two with several informative edges pass, drift and regress', () => {
  assert.ok(share(judge({ sigma: 0.3, base: 2, effect: 0 }), 'pass') >= 0.9);
  assert.ok(share(judge({ sigma: 0.3, base: 2, effect: 0.05 }), 'drift') >= 0.9);
  assert.ok(share(judge({ sigma: 0.3, base: 2, effect: 0.3 }), 'regression') >= 0.9);
});

test('values inside one bucket neither pass nor regress, and hold nothing up; a move to another bucket is seen', () => {
  const same = judge({ sigma: 0.02, base: 2, effect: 0, level: 90 });
  assert.equal(share(same, 'inconclusive'), 1);
  assert.ok(same.every((finding) => !finding.gated && finding.reasons[0]?.code === 'histogram_resolution'));
  assert.equal(share(judge({ sigma: 0.02, base: 2, effect: 3, level: 90 }), 'drift'), 1);
});

/** Twenty series of fine buckets; `alter` makes the candidate's repetitions. */
function judgeAltered(alter: (histogram: HistogramRepetition) => HistogramRepetition, factor = 1): readonly Finding[] {
  const random = createRandom(9);
  const all = Array.from({ length: 20 }, (_, i) => createSeries({ region: `k${i}`, metric: 'request.duration', valueKind: 'histogram' }));
  const draw = (repetitions: number, level: number): readonly HistogramRepetition[] =>
    Array.from({ length: repetitions }, (_, i) => count(i + 1, random, level * Math.exp(0.005 * drawNormal(random)), 0.1, 2 ** (1 / 16)));
  const golden = all.map((series) => measureHistograms('g1', series, draw(5, 100)));
  const night = all.map((series) => measureHistograms('night', series, draw(3, 100 * factor).map(alter)));
  return judgeRun(createInput(golden, night)).findings;
}

test('one value in a catch-all bucket does not coarsen a fine histogram: a regression stays one', () => {
  const stray = (histogram: HistogramRepetition): HistogramRepetition => ({
    ...histogram,
    edges: [0, ...histogram.edges],
    counts: [1, ...histogram.counts],
  });
  const findings = judgeAltered(stray, 1.15);
  assert.equal(share(findings, 'regression'), 1);
  assert.ok(findings.every((finding) => finding.evidence['estimator'] !== 'shift of coarse buckets'));
});

/** Everything from `limit` on falls into one bucket without an end. */
function cut(histogram: HistogramRepetition, limit: number): HistogramRepetition {
  const kept = histogram.edges.filter((edge) => edge <= limit).length - 1;
  const beyond = histogram.counts.slice(kept).reduce((sum, one) => sum + one, 0);
  return {
    ...histogram,
    edges: [...histogram.edges.slice(0, kept + 1), Number.POSITIVE_INFINITY],
    counts: [...histogram.counts.slice(0, kept), beyond],
  };
}

test('a tail that has grown beyond the last edge regresses when that edge is bad enough, and never passes', () => {
  const p99 = (findings: readonly Finding[]): readonly Finding[] => findings.filter((finding) => finding.statistic === 'p99');
  const grown = p99(judgeAltered((histogram) => cut(histogram, 205), 1.8));
  assert.equal(grown.length, 20);
  assert.ok(
    grown.every((finding) => finding.status === 'regression' && finding.reasons.some((one) => one.code === 'histogram_resolution')),
  );
  const near = p99(judgeAltered((histogram) => cut(histogram, 115)));
  assert.ok(near.every((finding) => finding.status === 'inconclusive'));
});

test('a reset left out of a histogram is noted and judged, and what the tool itself doubts is not', () => {
  const flag = (quality: HistogramRepetition['quality']) => judgeAltered((histogram) => ({ ...histogram, quality }));
  const reset = flag(['counter_reset']);
  assert.ok(share(reset, 'pass') >= 0.9);
  assert.match(JSON.stringify(reset[0]?.evidence['notes']), /counter_reset/);
  assert.ok(flag(['helper_error']).every((finding) => finding.status === 'inconclusive' && finding.reasons[0]?.code === 'quality'));
});

test('fine buckets are as powerful as samples: three percent in 0.1 wide values', () => {
  const findings = judgeAltered((histogram) => histogram, 1.03).filter((finding) => finding.statistic === 'centre');
  assert.ok(findings.filter((finding) => finding.status === 'drift').length >= 16);
});
