import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectStore } from '../../store/index.ts';
import { withEmbeddedStore } from '../support/embedded-store.ts';
import { buildTestServices } from '../support/side-by-side.ts';
import { assertExactlyOnce, type Driver, makeBodies, pushRun, sealRun } from '../support/walk-driver.ts';

test('two services on one ClickHouse take payloads of one run side by side, migrate together, and give one verdict', async () => {
  await withEmbeddedStore(async (embedded) => {
    const folders = await Promise.all([mkdtemp(join(tmpdir(), 'plumbline-a-')), mkdtemp(join(tmpdir(), 'plumbline-b-'))]);
    const services = await Promise.all(folders.map((dataDir) => buildTestServices(dataDir, embedded)));
    try {
      let turn = 0;
      // Each request goes to the other service than the one before.
      const driver: Driver = { url: () => services[turn++ % services.length]?.url ?? '', token: () => services[0]?.adminToken ?? '' };
      const bodies = makeBodies(5);
      const run = await pushRun(driver, bodies, { version: '1.0.0' });
      const [first, second] = await Promise.all([sealRun(driver, run), sealRun(driver, run)]);
      assert.deepEqual(first, second, 'both seals answer the one verdict');
      await assertExactlyOnce(driver, run, bodies);
      const store = connectStore(embedded);
      const rows = await store.query<{ seals: string; verdicts: string }>(
        'SELECT (SELECT count() FROM seals) AS seals, (SELECT count() FROM verdicts) AS verdicts',
      );
      assert.deepEqual(rows, [{ seals: '1', verdicts: '1' }]);
      await store.close();
    } finally {
      await Promise.all(services.map((service) => service.stop()));
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    }
  });
});
