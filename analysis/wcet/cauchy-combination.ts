/** No p value counts as larger than this: one that is nearly 1 would otherwise outvote any small one. */
const LARGEST_PROBABILITY = 0.99;

/**
 * Combines p values of dependent tests: the mean of tan((0.5 - p) pi) is about standard Cauchy under the null whatever the dependence.
 * Source: Liu and Xie 2020, "Cauchy combination test", eq. 1, equal weights; p values above 0.99 are truncated as in Fang et al. 2023.
 * @param probabilities p values, 0..1, at least one
 * @returns a p value, 0..1
 * @example combineCauchy([0.01, 0.01]) // 0.01
 */
export function combineCauchy(probabilities: readonly number[]): number {
  const terms = probabilities.map((probability) => toCauchy(Math.min(probability, LARGEST_PROBABILITY)));
  return toUpperProbability(terms.reduce((sum, term) => sum + term, 0) / terms.length);
}

/** tan((0.5 - p) pi), written as the cotangent of p pi so that small p values keep their digits. */
function toCauchy(probability: number): number {
  return probability <= 0 ? Number.MAX_VALUE / 4 : 1 / Math.tan(probability * Math.PI);
}

function toUpperProbability(cauchy: number): number {
  return cauchy > 0 ? Math.atan(1 / cauchy) / Math.PI : 0.5 - Math.atan(cauchy) / Math.PI;
}
