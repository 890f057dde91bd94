/**
 * Reads one element and refuses to invent one: every numeric loop reads through this.
 * @param values any array
 * @param index 0-based position
 * @throws RangeError when the index is outside the array
 * @example at([3, 4], 1) // 4
 */
export function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`at: index ${index} is outside 0..${values.length - 1}`);
  return value;
}
