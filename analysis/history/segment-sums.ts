import { at } from '../compare/at.ts';

/** A stretch of points: `start` belongs to it, `end` does not. */
export type Segment = { readonly start: number; readonly end: number };

/** Running sums, by which the mean and the squared error of any stretch cost a few operations. */
export type SegmentSums = { readonly sums: Float64Array; readonly squares: Float64Array };

/**
 * Running sums of values and of their squares, each of length n + 1 and starting at 0.
 * @param values should be centred near 0, else the squares lose digits
 */
export function toSegmentSums(values: readonly number[]): SegmentSums {
  const sums = new Float64Array(values.length + 1);
  const squares = new Float64Array(values.length + 1);
  let sum = 0;
  let square = 0;
  values.forEach((value, i) => {
    sum += value;
    square += value * value;
    sums[i + 1] = sum;
    squares[i + 1] = square;
  });
  return { sums, squares };
}

/**
 * Sum of squared distances from the stretch's mean, in the values' unit squared, >= 0.
 * @param start first point, `end` one past the last; start < end
 */
export function computeSquaredError({ sums, squares }: SegmentSums, start: number, end: number): number {
  const sum = readFloat(sums, end) - readFloat(sums, start);
  return Math.max(0, readFloat(squares, end) - readFloat(squares, start) - (sum * sum) / (end - start));
}

/** Mean of a stretch, in the values' unit. @param start first point, `end` one past the last; start < end */
export function computeSegmentMean({ sums }: SegmentSums, start: number, end: number): number {
  return (readFloat(sums, end) - readFloat(sums, start)) / (end - start);
}

/**
 * `at` for 64-bit floats: a function that only ever sees one kind of array is several times faster, and segmentation reads a million numbers
 * in a history.
 * @throws RangeError when the index is outside the array
 */
export function readFloat(values: Float64Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`readFloat: index ${index} is outside 0..${values.length - 1}`);
  return value;
}

/**
 * The stretches between changes.
 * @param count points in all
 * @param changes indices of the first point after each change, ascending, each in 1..count - 1
 * @example toSegments(10, [4]) // [{ start: 0, end: 4 }, { start: 4, end: 10 }]
 */
export function toSegments(count: number, changes: readonly number[]): readonly Segment[] {
  return [...changes, count].map((end, i) => ({ start: i === 0 ? 0 : at(changes, i - 1), end }));
}
