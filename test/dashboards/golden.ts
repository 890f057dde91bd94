import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';

/**
 * Compares a text byte for byte with `test/golden/<name>`; UPDATE_GOLDEN=1 writes it first.
 * @throws AssertionError when they differ, or the file does not exist
 */
export async function assertGolden(name: string, text: string): Promise<void> {
  const path = new URL(`../golden/${name}`, import.meta.url);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    await mkdir(new URL('.', path), { recursive: true });
    await writeFile(path, text);
  }
  assert.equal(text, await readFile(path, 'utf8'));
}
