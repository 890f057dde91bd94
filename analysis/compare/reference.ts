import { computeMean } from './averages.ts';

/**
 * The weighted mean of the reference runs and its variance; a run of R repetitions weighs 1 / (s_n2 + s~2 / R) (VERDICTS 15.1).
 * @param groups at least one, each with at least one repetition
 * @param repetitionVariance s~2, > 0
 * @param runVariance s_n2, >= 0
 * @example computeReference([[1, 3], [5]], 2, 0) // { level: 3, variance: 0.6666666666666666 }
 */
export function computeReference(
  groups: readonly (readonly number[])[],
  repetitionVariance: number,
  runVariance: number,
): { readonly level: number; readonly variance: number } {
  let weightSum = 0;
  let weighted = 0;
  for (const group of groups) {
    const weight = 1 / (runVariance + repetitionVariance / group.length);
    weightSum += weight;
    weighted += weight * computeMean(group);
  }
  return { level: weighted / weightSum, variance: 1 / weightSum };
}
