import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertExactlyOnce, type Driver, makeBaseline, makeBodies, pushRun, sealRun, stripVerdict } from '../support/walk-driver.ts';

const KILLS = 20;
const OWNER = fileURLToPath(new URL('../support/service-owner.ts', import.meta.url));

async function chooseFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

async function startService(
  dataDir: string,
  port: number,
): Promise<{ readonly child: ChildProcess; readonly ready: { readonly url: string; readonly adminToken: string } }> {
  const child = spawn(process.execPath, ['--import', 'tsx', OWNER, dataDir, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.ok(child.stdout);
  for await (const line of createInterface({ input: child.stdout })) return { child, ready: JSON.parse(line) };
  throw new Error('the service ended before it was ready');
}

test('SIGKILL of the service, twenty times while payloads are pushed: every acknowledged payload is there once and the verdict is the same', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-kill-'));
  const port = await chooseFreePort();
  let { child, ready } = await startService(dataDir, port);
  const driver: Driver = { url: () => ready.url, token: () => ready.adminToken };
  try {
    await makeBaseline(driver);
    const bodies = makeBodies(9, { tail: { 'offload/copy': 1.9 } });
    // Runs of kind pr are never history: every one of them is judged on the same grounds.
    const calm = await pushRun(driver, bodies, { version: '2.0.0', kind: 'pr' });
    const calmVerdict = await sealRun(driver, calm);

    let pushing = true;
    let kills = 0;
    const pushed = (async () => {
      const runs = [];
      // Runs are pushed one after the other until the last kill has happened; the last one is sealed in calm.
      do runs.push(await pushRun(driver, bodies, { version: `3.0.${runs.length}`, kind: 'pr' }, 60));
      while (kills < KILLS);
      pushing = false;
      return runs;
    })();
    while (kills < KILLS && pushing) {
      await new Promise((done) => setTimeout(done, 30 + ((kills * 97) % 400)));
      child.kill('SIGKILL');
      await once(child, 'exit');
      kills += 1;
      ({ child, ready } = await startService(dataDir, port));
    }
    const runs = await pushed;
    assert.equal(kills, KILLS);
    assert.ok(runs.reduce((sum, run) => sum + run.attempts, 0) > runs.length * bodies.length, 'some requests were cut off and repeated');
    for (const run of runs) {
      await assertExactlyOnce(driver, run, bodies);
      const verdict = await sealRun(driver, run);
      await assertExactlyOnce(driver, run, bodies);
      assert.deepEqual(stripVerdict(verdict), stripVerdict(calmVerdict));
    }
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await rm(dataDir, { recursive: true, force: true });
  }
});
