import { at } from './at.ts';

/**
 * Adjusts p values so that calling every q <= 0.05 keeps the expected share of false calls at 5 %.
 * Source: Benjamini and Hochberg 1995, step-up; equals R's p.adjust(p, "BH").
 * @param probabilities p values, 0..1, any order
 * @returns q values in the same order, 0..1
 * @example adjustBenjaminiHochberg([0.01, 0.04, 0.03]) // [0.03, 0.04, 0.04]
 */
export function adjustBenjaminiHochberg(probabilities: readonly number[]): readonly number[] {
  const order = probabilities.map((_, i) => i).sort((a, b) => at(probabilities, b) - at(probabilities, a));
  const adjusted = probabilities.map(() => 1);
  let smallest = 1;
  order.forEach((index, fromTop) => {
    const rank = probabilities.length - fromTop;
    smallest = Math.min(smallest, (at(probabilities, index) * probabilities.length) / rank);
    adjusted[index] = smallest;
  });
  return adjusted;
}
