import { mean, median } from 'simple-statistics';

/**
 * Arithmetic mean, in the values' unit.
 * @param values at least one
 * @throws Error when empty
 * @example computeMean([1, 2, 6]) // 3
 */
export function computeMean(values: readonly number[]): number {
  return mean([...values]);
}

/**
 * Median (the mean of the middle two for an even count), in the values' unit.
 * @param values at least one, any order
 * @throws Error when empty
 * @example computeMedian([5, 1, 2]) // 2
 */
export function computeMedian(values: readonly number[]): number {
  return median([...values]);
}
