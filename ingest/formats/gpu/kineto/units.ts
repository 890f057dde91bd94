import { findNativeMetric } from '../../../../wire/metrics.ts';
import type { KinetoMeasure } from './regions.ts';

/**
 * Counters of a cuda_profiler_range. Kineto prints no units: those of PerfWorks names follow from the name (Nsight Compute manual, "Metrics
 * Structure": unit__(subunit?)_(pipestage?)_quantity_(qualifiers?).rollup), those of Kineto's own from its source, so values carry unit_assumed.
 */
const ROLLUP = /^([a-z0-9]+__[a-z0-9_]+)\.(?:sum|avg|min|max)$/;
const OWN = /^kineto__[a-z0-9_]+$/;
const QUANTITIES: readonly (readonly [pattern: RegExp, unit: string])[] = [
  [/__time_duration/, 'ns'],
  [/_inst_(?:executed|issued)|__inst_(?:executed|issued)/, '{instruction}'],
  [/_bytes(?:_|$)/, 'By'],
  [/_cycles(?:_|$)/, '{cycle}'],
];

const MEASURES = new Map<string, KinetoMeasure | undefined>();
const REMEMBERED = 1000;

/** Metric and unit of a counter; undefined when its name says neither (ratios, percentages and rates have scales of their own). */
export function findRangeUnit(name: string): KinetoMeasure | undefined {
  if (!MEASURES.has(name)) {
    if (MEASURES.size === REMEMBERED) MEASURES.clear();
    MEASURES.set(name, readRangeUnit(name));
  }
  return MEASURES.get(name);
}

function readRangeUnit(name: string): KinetoMeasure | undefined {
  const quantity = name.length > 200 ? undefined : ROLLUP.exec(name)?.[1];
  if (quantity === undefined && !OWN.test(name)) return undefined;
  const unit = QUANTITIES.find(([pattern]) => quantity !== undefined && pattern.test(quantity))?.[1] ?? '1';
  const canonical = findNativeMetric(name)?.metric;
  const metric = canonical === 'duration' && unit === 'ns' ? canonical : name;
  return { metric, nativeMetric: name, unit, quality: ['unit_assumed'] };
}
