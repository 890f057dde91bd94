import { GPU_METRICS } from './metric-rows-gpu.ts';
import { HOST_METRICS } from './metric-rows-host.ts';
import { OTEL_METRICS } from './metric-rows-otel.ts';
import type { Assume, Better, JudgedAs } from './metric-words.ts';

export { ASSUME, type Assume, BETTER, type Better, JUDGED_AS, type JudgedAs } from './metric-words.ts';

/**
 * The metric catalogue: what each canonical metric is, in which base unit, which direction is better, how it is judged. Native names of
 * tools map here (`native`), nowhere else. A metric that is not listed is taken as declared by the caller.
 *
 * `judgedAs`: `location` (centre and tails of a distribution), `total` (one number a repetition, judged like a centre), `rate` (events in an
 * exposure), `wcet` (worst case against budget), `context` (explains, is not judged unless a policy requires it).
 */
export type MetricDefinition = {
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly assume: Assume;
  readonly judgedAs: JudgedAs;
  readonly meaning: string;
  readonly native: readonly string[];
};

export const METRICS: readonly MetricDefinition[] = [...HOST_METRICS, ...GPU_METRICS, ...OTEL_METRICS].map(
  ([metric, unit, better, judgedAs, native, meaning, assume]) => ({
    metric,
    unit,
    better,
    assume: assume ?? 'sampled',
    judgedAs,
    meaning,
    native,
  }),
);

const BY_METRIC = new Map(METRICS.map((definition) => [definition.metric, definition]));
const BY_NATIVE = new Map(METRICS.flatMap((definition) => definition.native.map((name) => [name.toLowerCase(), definition])));

/** The catalogue row of a canonical metric; undefined when users named it themselves. */
export function findMetric(metric: string): MetricDefinition | undefined {
  return BY_METRIC.get(metric);
}

/** The catalogue row that a tool's own name maps to, case-insensitively; undefined when the name is not listed. */
export function findNativeMetric(nativeMetric: string): MetricDefinition | undefined {
  return BY_NATIVE.get(nativeMetric.toLowerCase());
}
