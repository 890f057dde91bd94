import type { HistogramRepetition } from '../../wire/measurements.ts';
import { at } from '../compare/at.ts';
import { normalProbability, normalQuantile } from '../compare/distributions.ts';

/** Edges are informative where the pooled distribution function is between these (VERDICTS 5). */
const INFORMATIVE_LOW = 0.01;
const INFORMATIVE_HIGH = 0.99;

/** A distribution function over ln value, drawn through the bucket edges of pooled golden histograms. */
export type ReferenceCurve = {
  /** P(ln value <= position); -Infinity gives 0, Infinity 1. */
  readonly computeProbability: (position: number) => number;
  readonly informativeEdgeCount: number;
};

/**
 * Draws the reference curve: probit of the pooled distribution function against ln edge, monotone cubic between the edges (PCHIP, Fritsch
 * and Carlson 1980) and straight beyond them (VERDICTS 5).
 * @param histograms golden repetitions; edges of one scheme, trimmed or not
 * @returns undefined with fewer than two edges that part the values
 */
export function drawReferenceCurve(histograms: readonly HistogramRepetition[]): ReferenceCurve | undefined {
  const total = histograms.reduce((sum, histogram) => sum + histogram.counts.reduce((a, b) => a + b, 0), 0);
  const knots = findCleanEdges(histograms)
    .map((edge) => ({ position: Math.log(edge), share: histograms.reduce((sum, one) => sum + countBelow(one, edge), 0) / total }))
    .filter((knot) => knot.share > 0 && knot.share < 1);
  if (knots.length < 2) return undefined;
  const positions = knots.map((knot) => knot.position);
  const probits = knots.map((knot) => normalQuantile(knot.share));
  const slopes = computePchipSlopes(positions, probits);
  return {
    computeProbability: (position) => normalProbability(interpolate(positions, probits, slopes, position)),
    informativeEdgeCount: knots.filter((knot) => knot.share >= INFORMATIVE_LOW && knot.share <= INFORMATIVE_HIGH).length,
  };
}

/** Positive finite edges that no histogram's bucket straddles, ascending. */
function findCleanEdges(histograms: readonly HistogramRepetition[]): readonly number[] {
  const edges = [...new Set(histograms.flatMap((histogram) => histogram.edges))].filter((edge) => edge > 0 && Number.isFinite(edge));
  return edges.filter((edge) => histograms.every((histogram) => !isStraddled(histogram, edge))).sort((a, b) => a - b);
}

function isStraddled(histogram: HistogramRepetition, edge: number): boolean {
  const index = histogram.edges.findIndex((one) => one > edge);
  return index > 0 && at(histogram.edges, index - 1) !== edge && at(histogram.counts, index - 1) > 0;
}

function countBelow(histogram: HistogramRepetition, edge: number): number {
  return histogram.counts.reduce((sum, count, i) => (at(histogram.edges, i + 1) <= edge ? sum + count : sum), 0);
}

/** Fritsch-Carlson slopes with three-point ends, as SciPy's PchipInterpolator. Two knots give a straight line. */
function computePchipSlopes(x: readonly number[], y: readonly number[]): readonly number[] {
  const widths = x.slice(1).map((one, i) => one - at(x, i));
  const secants = widths.map((width, i) => (at(y, i + 1) - at(y, i)) / width);
  if (secants.length === 1) return [at(secants, 0), at(secants, 0)];
  const inner = secants.slice(1).map((right, i) => {
    const left = at(secants, i);
    if (left * right <= 0) return 0;
    const first = 2 * at(widths, i + 1) + at(widths, i);
    const second = at(widths, i + 1) + 2 * at(widths, i);
    return (first + second) / (first / left + second / right);
  });
  const last = secants.length - 1;
  const start = computeEndSlope(at(widths, 0), at(widths, 1), at(secants, 0), at(secants, 1));
  const end = computeEndSlope(at(widths, last), at(widths, last - 1), at(secants, last), at(secants, last - 1));
  return [start, ...inner, end];
}

function computeEndSlope(width: number, nextWidth: number, secant: number, nextSecant: number): number {
  const slope = ((2 * width + nextWidth) * secant - width * nextSecant) / (width + nextWidth);
  if (slope * secant <= 0) return 0;
  return secant * nextSecant <= 0 && Math.abs(slope) > 3 * Math.abs(secant) ? 3 * secant : slope;
}

function interpolate(x: readonly number[], y: readonly number[], slopes: readonly number[], position: number): number {
  const last = x.length - 1;
  if (position === Number.NEGATIVE_INFINITY || position === Number.POSITIVE_INFINITY) return position;
  // Beyond the edges: the straight line through the two outermost knots, which always rises.
  if (position <= at(x, 0)) return at(y, 0) + (position - at(x, 0)) * ((at(y, 1) - at(y, 0)) / (at(x, 1) - at(x, 0)));
  if (position >= at(x, last)) {
    return at(y, last) + (position - at(x, last)) * ((at(y, last) - at(y, last - 1)) / (at(x, last) - at(x, last - 1)));
  }
  const i = x.findIndex((one) => one > position) - 1;
  const width = at(x, i + 1) - at(x, i);
  const t = (position - at(x, i)) / width;
  const rise = (3 - 2 * t) * t * t;
  const curve = at(slopes, i) * (1 - t) ** 2 * t - at(slopes, i + 1) * (1 - t) * t * t;
  return at(y, i) * (1 - rise) + at(y, i + 1) * rise + width * curve;
}
