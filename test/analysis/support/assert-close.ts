import assert from 'node:assert/strict';

/** Asserts that two numbers agree to a relative tolerance (absolute below 1e-300). */
export function assertClose(actual: number, expected: number, relative: number, message = ''): void {
  const scale = Math.max(Math.abs(actual), Math.abs(expected), 1e-300);
  assert.ok(
    actual === expected || Math.abs(actual - expected) <= relative * scale,
    `${message} ${actual} is not ${expected} (relative ${relative})`,
  );
}
