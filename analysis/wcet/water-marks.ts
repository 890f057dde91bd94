import type { SeriesMeasurement } from '../../wire/measurements.ts';

/** Extremes of a task's measured execution times, in the series' unit. */
export type WaterMarks = {
  readonly highest: number;
  readonly lowest: number;
  readonly sampleCount: number;
  /** High-water mark of each repetition, in the order measured. */
  readonly repetitionHighs: readonly number[];
};

/** Water marks over all repetitions of the given runs; null when nothing was measured. */
export function computeWaterMarks(measurements: readonly SeriesMeasurement[]): WaterMarks | null {
  const repetitions = measurements
    .flatMap((measurement) => [...measurement.samples].sort((a, b) => a.repetition - b.repetition))
    .filter((repetition) => repetition.sampleCount > 0 && Number.isFinite(repetition.maximum) && Number.isFinite(repetition.minimum));
  if (repetitions.length === 0) return null;
  return {
    highest: repetitions.reduce((highest, repetition) => Math.max(highest, repetition.maximum), Number.NEGATIVE_INFINITY),
    lowest: repetitions.reduce((lowest, repetition) => Math.min(lowest, repetition.minimum), Number.POSITIVE_INFINITY),
    sampleCount: repetitions.reduce((sum, repetition) => sum + repetition.sampleCount, 0),
    repetitionHighs: repetitions.map((repetition) => repetition.maximum),
  };
}
