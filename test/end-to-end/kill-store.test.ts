import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../support/service.ts';
import { assertExactlyOnce, type Driver, makeBaseline, makeBodies, pushRun, sealRun, stripVerdict } from '../support/walk-driver.ts';

const KILLS = 20;
const service = useService();
const driver: Driver = { url: service.url, token: service.adminToken };
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

test('SIGKILL of the store, twenty times while payloads are pushed: every acknowledged payload is there once and the verdict is the same', async () => {
  await makeBaseline(driver);
  const bodies = makeBodies(9, { tail: { 'offload/copy': 1.9 } });
  // Runs of kind pr are never history: every one of them is judged on the same grounds.
  const calmVerdict = await sealRun(driver, await pushRun(driver, bodies, { version: '2.0.0', kind: 'pr' }));
  let kills = 0;
  const killing = (async () => {
    while (kills < KILLS) {
      await sleep(40 + ((kills * 97) % 300));
      const pid = service.service().storePid();
      if (pid === undefined) continue;
      process.kill(pid, 'SIGKILL');
      kills += 1;
      while (service.service().storePid() === pid) await sleep(5);
      // Every third time the next one is killed while it is still starting; else it gets to answer first.
      if (kills % 3 !== 0) while ((await service.call('GET', '/readyz')).status !== 200) await sleep(20);
    }
  })();
  const runs = [];
  do runs.push(await pushRun(driver, bodies, { version: `3.0.${runs.length}`, kind: 'pr' }, 40));
  while (kills < KILLS);
  await killing;
  assert.ok(
    runs.reduce((sum, run) => sum + run.attempts, 0) > runs.length * bodies.length,
    'some requests met a dead store and were repeated',
  );
  for (const run of runs) {
    const verdict = await sealRun(driver, run);
    await assertExactlyOnce(driver, run, bodies);
    assert.deepEqual(stripVerdict(verdict), stripVerdict(calmVerdict));
  }
});

test('sealing while the store dies gives one verdict and loses nothing', async () => {
  const bodies = makeBodies(11);
  for (let round = 0; round < 5; round += 1) {
    const run = await pushRun(driver, bodies, { version: `4.0.${round}`, kind: 'pr' });
    const sealing = sealRun(driver, run);
    await sleep(round * 8);
    const pid = service.service().storePid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    const first = await sealing;
    const again = await sealRun(driver, run);
    assert.deepEqual(again, first);
    await assertExactlyOnce(driver, run, bodies);
  }
});

test('a gate that cannot ask the store answers 503 and never passes, and asks again once the store is back', async () => {
  const pid = service.service().storePid();
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGKILL');
  const answer = await service.call('GET', '/v1/gates/accelerators/default?subject=2.0.0');
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.body.type, 'urn:plumbline:problem:store-unavailable');
  assert.ok(answer.headers.get('retry-after'));
  while ((await service.call('GET', '/readyz')).status !== 200) await sleep(20);
  assert.equal((await service.call('GET', '/v1/gates/accelerators/default?subject=2.0.0')).status, 412);
});
