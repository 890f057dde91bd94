import type { Assume, Better, JudgedAs } from './metric-words.ts';

/** A line of the metric catalogue; `assume` is sampled where it is left out. */
export type MetricRow = readonly [
  metric: string,
  unit: string,
  better: Better,
  judgedAs: JudgedAs,
  native: readonly string[],
  meaning: string,
  assume?: Assume,
];
