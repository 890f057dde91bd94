import { studentUpperProbability } from '../../analysis/compare/distributions.ts';

/** What the rules of other tools say to the same numbers: worse, better or nothing (VERDICTS 4). */
export type Call = 'worse' | 'better' | null;

/** Means of the repetitions of a side, its samples pooled and sorted, and the means of earlier runs. */
export type PeerInput = {
  readonly golden: { readonly means: readonly number[]; readonly sorted: Float64Array };
  readonly candidate: { readonly means: readonly number[]; readonly sorted: Float64Array };
  readonly runMeans: readonly number[];
};

/** Rules by name; lower is better. */
export const PEERS: readonly { readonly name: string; readonly call: (input: PeerInput) => Call }[] = [
  { name: 'threshold 105 %', call: ({ golden, candidate }) => callRatio(mean(candidate.means) / mean(golden.means), 1.05) },
  { name: 'threshold 102 %', call: ({ golden, candidate }) => callRatio(mean(candidate.means) / mean(golden.means), 1.02) },
  { name: 'Mann-Whitney pooled', call: ({ golden, candidate }) => callZ(computeRankZ(golden.sorted, candidate.sorted), 1.959964) },
  { name: 'Welch on repetitions, p < .05', call: (input) => callWelch(input, 0.05) },
  { name: 'Welch on repetitions, p < .01', call: (input) => callWelch(input, 0.01) },
  { name: 'z > 5 over earlier runs', call: ({ candidate, runMeans }) => callZ((mean(candidate.means) - mean(runMeans)) / sd(runMeans), 5) },
];

function callRatio(ratio: number, limit: number): Call {
  if (ratio > limit) return 'worse';
  return ratio < 1 / limit ? 'better' : null;
}

function callZ(z: number, limit: number): Call {
  if (z > limit) return 'worse';
  return z < -limit ? 'better' : null;
}

/** Welch's t on the repetitions' means, two-sided. */
function callWelch({ golden, candidate }: PeerInput, level: number): Call {
  const parts = [golden.means, candidate.means].map((means) => sd(means) ** 2 / means.length);
  const [first = 0, second = 0] = parts;
  const variance = first + second;
  const df = variance ** 2 / (first ** 2 / (golden.means.length - 1) + second ** 2 / (candidate.means.length - 1));
  const t = (mean(candidate.means) - mean(golden.means)) / Math.sqrt(variance);
  if (2 * studentUpperProbability(Math.abs(t), df) > level) return null;
  return t > 0 ? 'worse' : 'better';
}

/** z of the rank sum of `b` among both, by the normal approximation; ties get their middle rank. */
function computeRankZ(a: Float64Array, b: Float64Array): number {
  let rankSum = 0;
  let i = 0;
  let j = 0;
  while (j < b.length) {
    const value = b[j] ?? 0;
    while (i < a.length && (a[i] ?? 0) < value) i += 1;
    let tiedA = i;
    while (tiedA < a.length && a[tiedA] === value) tiedA += 1;
    let tiedB = j;
    while (tiedB < b.length && b[tiedB] === value) tiedB += 1;
    rankSum += (tiedB - j) * (i + j + 1 + (tiedA - i + tiedB - j - 1) / 2);
    i = tiedA;
    j = tiedB;
  }
  const middle = (b.length * (a.length + b.length + 1)) / 2;
  return (rankSum - middle) / Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sd(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
