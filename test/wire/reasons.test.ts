import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { REASONS } from '../../wire/verdict.ts';

test('docs/verdicts.md explains reasons that exist', () => {
  const page = readFileSync(new URL('../../docs/verdicts.md', import.meta.url), 'utf8');
  const lines = page.split('\n').filter((line) => /^\| `|^- `/.test(line));
  const codes = lines.flatMap((line) =>
    [...(line.split(/\||: /)[line.startsWith('|') ? 1 : 0] ?? '').matchAll(/`([a-z_]+)`/g)].map((found) => found[1] ?? ''),
  );
  assert.ok(codes.length > 15, String(codes));
  assert.deepEqual(
    codes.filter((code) => !Object.hasOwn(REASONS, code)),
    [],
  );
});
