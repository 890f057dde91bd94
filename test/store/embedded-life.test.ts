import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RestartEvent, startEmbeddedStore } from '../../store/embedded/index.ts';
import { connect, withEmbeddedStore, withTemporaryFolder } from '../support/embedded-store.ts';

const OWNER = fileURLToPath(new URL('../support/embedded-owner.ts', import.meta.url));

/** Polls until a condition holds; fails the test after `limitMs`. Returns the milliseconds it took. */
async function until(what: string, condition: () => boolean, limitMs = 10_000): Promise<number> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > limitMs) assert.fail(`${what}: not within ${limitMs} ms`);
    await sleep(5);
  }
  return performance.now() - startMs;
}

/** Whether a process runs; an ended one nobody has waited for does not. */
function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

function enginePid(store: { readonly pid: number | undefined }): number {
  assert.ok(store.pid !== undefined, 'the engine is down');
  return store.pid;
}

/** Starts a process that owns a store; its one line of JSON. */
async function spawnOwner(dataDir: string): Promise<{ readonly owner: ChildProcess; readonly report: Record<string, unknown> }> {
  const owner = spawn(process.execPath, ['--import', 'tsx', OWNER, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.ok(owner.stdout !== null);
  const [line] = await once(createInterface(owner.stdout), 'line');
  return { owner, report: JSON.parse(String(line)) };
}

test('restarts an engine that was killed: the same client works and acknowledged rows are there', async () => {
  const events: RestartEvent[] = [];
  await withEmbeddedStore(
    async (store) => {
      const client = connect(store);
      await client.command({ query: 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a' });
      await client.insert({ table: 't', values: [{ a: 1 }, { a: 2 }], format: 'JSONEachRow' });
      const killedPid = enginePid(store);
      process.kill(killedPid, 'SIGKILL');
      await until('restart', () => store.restartCount === 1);
      const rows = await client.query({ query: 'SELECT a FROM t ORDER BY a', format: 'JSONEachRow' });
      assert.deepEqual(await rows.json(), [{ a: 1 }, { a: 2 }]);
      assert.notEqual(enginePid(store), killedPid);
      await client.close();
    },
    { onRestart: (event) => events.push(event) },
  );
  assert.equal(events.length, 1);
  assert.equal(events[0]?.restartCount, 1);
  assert.match(events[0]?.cause ?? '', /signal SIGKILL/);
});

test('survives three kills in a row', async () => {
  await withEmbeddedStore(async (store) => {
    for (let kill = 1; kill <= 3; kill += 1) {
      process.kill(enginePid(store), 'SIGKILL');
      await until(`restart ${kill}`, () => store.restartCount === kill);
    }
    const client = connect(store);
    assert.deepEqual(await client.ping({ select: true }), { success: true });
    await client.close();
  });
});

test('comes back after a SIGTERM to the engine, which ends it in order', async () => {
  const events: RestartEvent[] = [];
  await withEmbeddedStore(
    async (store) => {
      process.kill(enginePid(store), 'SIGTERM');
      await until('restart', () => store.restartCount === 1);
    },
    { onRestart: (event) => events.push(event) },
  );
  assert.match(events[0]?.cause ?? '', /exit code 0/);
});

test('ignores a SIGINT to the engine', async () => {
  await withEmbeddedStore(async (store) => {
    process.kill(enginePid(store), 'SIGINT');
    const client = connect(store);
    assert.deepEqual(await client.ping({ select: true }), { success: true });
    await client.close();
    assert.equal(store.restartCount, 0);
  });
});

test('leaves no process after a stop, which may be called twice', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const store = await startEmbeddedStore({ dataDir });
    const pid = enginePid(store);
    await Promise.all([store.stop(), store.stop()]);
    assert.equal(isAlive(pid), false);
    assert.equal(store.pid, undefined);
    await store.stop();
  });
});

test('stops within 5 s though a client is connected and a query runs', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const store = await startEmbeddedStore({ dataDir });
    const client = connect(store);
    const running = client.query({ query: 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1', format: 'JSONEachRow' });
    const outcome = running.then((rows) => rows.text()).catch(() => 'broken');
    await sleep(200);
    const startMs = performance.now();
    await store.stop();
    assert.ok(performance.now() - startMs < 5500);
    await outcome;
    await client.close();
  });
});

test('stops while it is restarting', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const store = await startEmbeddedStore({ dataDir });
    const killedPid = enginePid(store);
    process.kill(killedPid, 'SIGKILL');
    await until('next engine', () => store.pid !== undefined && store.pid !== killedPid);
    const pid = enginePid(store);
    await store.stop();
    assert.equal(isAlive(pid), false);
    const again = await startEmbeddedStore({ dataDir });
    await again.stop();
  });
});

test('refuses a second start on one folder, in this process and in another, naming folder and holder', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const store = await startEmbeddedStore({ dataDir });
    const config = await readFile(`${dataDir}/store-config/config.xml`, 'utf8');
    const expected = { reason: 'locked', message: new RegExp(`${dataDir} is in use by process ${process.pid}`) };
    await assert.rejects(startEmbeddedStore({ dataDir }), expected);
    const { report } = await spawnOwner(dataDir);
    assert.equal(report['reason'], 'locked');
    assert.match(String(report['message']), expected.message);
    assert.equal(await readFile(`${dataDir}/store-config/config.xml`, 'utf8'), config, 'the loser must not touch the configuration');
    await store.stop();
  });
});

test('lets exactly one of five simultaneous starts have the folder', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => startEmbeddedStore({ dataDir })));
    const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert.equal(winners.length, 1);
    for (const winner of winners) await winner.stop();
  });
});

test('leaves no orphan and no stale lock when its owner is killed', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const { owner, report } = await spawnOwner(dataDir);
    const pid = Number(report['pid']);
    assert.ok(isAlive(pid));
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    // Started at once, while the orphan may still be leaving: the lock waits for it, and for no longer.
    const store = await startEmbeddedStore({ dataDir });
    assert.equal(isAlive(pid), false);
    await store.stop();
  });
});

test('leaves no orphan within a second though a query runs when its owner is killed', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const { owner, report } = await spawnOwner(dataDir);
    const headers: Record<string, string> = {
      ...Object(report['httpHeaders']),
      'X-ClickHouse-User': String(report['username']),
      'X-ClickHouse-Key': String(report['password']),
    };
    const body = 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1';
    const running = fetch(String(report['url']), { method: 'POST', headers, body }).then(
      (response) => response.text().catch(() => 'broken'),
      () => 'broken',
    );
    await sleep(200);
    owner.kill('SIGKILL');
    await until('the orphan to leave', () => !isAlive(Number(report['pid'])), 1000);
    await running;
    const store = await startEmbeddedStore({ dataDir });
    await store.stop();
  });
});

test('waits for its port when a stranger took it during a restart', async () => {
  await withEmbeddedStore(async (store) => {
    const port = Number(new URL(store.url).port);
    const killedPid = enginePid(store);
    process.kill(killedPid, 'SIGKILL');
    // The next engine needs a tenth of a second to bind: the stranger is faster.
    await until('death', () => store.pid !== killedPid);
    const stranger = createServer((socket) => socket.end());
    stranger.listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    await sleep(500);
    assert.equal(store.restartCount, 0);
    stranger.close();
    await until('restart', () => store.restartCount === 1);
    const client = connect(store);
    assert.deepEqual(await client.ping({ select: true }), { success: true });
    await client.close();
  });
});

test('says why when the engine cannot start, with what it printed', async () => {
  await withTemporaryFolder(async (dataDir) => {
    await assert.rejects(startEmbeddedStore({ dataDir, readyTimeoutMs: 1 }), {
      reason: 'not_ready',
      message: /did not answer within 1 ms/,
    });
    const store = await startEmbeddedStore({ dataDir });
    await store.stop();
  });
});
