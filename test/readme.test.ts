import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { useService } from './support/service.ts';

const service = useService();
const README = fileURLToPath(new URL('../README.md', import.meta.url));

test('the curl walk of the README ends in a regression that names the firmware, and a gate that answers 412', async () => {
  const block = /<!-- walk[^>]*-->\n```sh\n([\s\S]*?)```/.exec(await readFile(README, 'utf8'))?.[1];
  assert.ok(block, 'the README holds the walk');
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-readme-'));
  try {
    await writeFile(join(folder, 'admin-token'), service.adminToken());
    const { stdout } = await promisify(execFile)('sh', ['-euc', block], {
      cwd: folder,
      env: { ...process.env, PLUMBLINE_URL: service.url(), PLUMBLINE_DATA: folder },
    });
    assert.match(stdout, /REGRESSION {2}driver 1\.1\.0/);
    assert.match(stdout, /firmware\.board/);
    assert.equal(stdout.trim().split('\n').at(-1), '412');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
