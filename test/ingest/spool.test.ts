import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { spoolBody, sweepSpools } from '../../ingest/spool.ts';
import { ProblemError } from '../../wire/problems.ts';
import { withTemporaryFolder } from '../support/embedded-store.ts';

async function* chunksOf(...chunks: readonly Buffer[]) {
  yield* chunks;
}

test('a spooled body is private, can be read in any order, and is gone when closed', async () => {
  await withTemporaryFolder(async (parent) => {
    const spool = await spoolBody(chunksOf(Buffer.from('abc'), Buffer.alloc(0), Buffer.from('defg')), parent);
    assert.equal(spool.byteLength, 7);
    assert.equal(Buffer.from(await spool.read(2, 5)).toString(), 'cde');
    assert.equal((await spool.read(7, 7)).length, 0);
    const [folder = ''] = await readdir(parent);
    assert.equal((await stat(join(parent, folder))).mode & 0o777, 0o700);
    const [file = ''] = await readdir(join(parent, folder));
    assert.equal((await stat(join(parent, folder, file))).mode & 0o777, 0o600);
    assert.equal(await readFile(join(parent, folder, file), 'utf8'), 'abcdefg');
    await assert.rejects(spool.read(5, 8), RangeError);
    await spool.close();
    await spool.close();
    assert.deepEqual(await readdir(parent), []);
  });
});

test('a body that fails leaves nothing, and fails as it did', async () => {
  await withTemporaryFolder(async (parent) => {
    async function* failing() {
      yield Buffer.from('abc');
      throw new ProblemError('payload-too-large', 'over the limit');
    }
    await assert.rejects(spoolBody(failing(), parent), /over the limit/);
    assert.deepEqual(await readdir(parent), []);
  });
});

test('a disk that does not take the payload is not the caller’s fault', async () => {
  await withTemporaryFolder(async (parent) => {
    const missing = spoolBody(chunksOf(Buffer.from('abc')), join(parent, 'missing'));
    await assert.rejects(missing, (error) => error instanceof ProblemError && error.type === 'store-unavailable');
  });
});

test('what a killed process left is removed; the folders of living ones and of others stay', async () => {
  await withTemporaryFolder(async (parent) => {
    const gone = 2 ** 22 + 1;
    const folders = [`plumbline-spool-${gone}-abcDEF`, `plumbline-spool-${process.pid}-abcDEF`, `plumbline-spool-${process.ppid}-abcDEF`];
    for (const folder of [...folders, 'plumbline-spool-notes']) {
      await mkdir(join(parent, folder));
      await writeFile(join(parent, folder, 'payload'), 'x');
    }
    await sweepSpools(parent, process.pid);
    assert.deepEqual((await readdir(parent)).sort(), [`plumbline-spool-${process.ppid}-abcDEF`, 'plumbline-spool-notes'].sort());
  });
});
