import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '../support/calls.ts';
import { listChildren, readResidentBytes } from '../support/processes.ts';
import { concludeBudgets, describeMachine, median, printTable, toMegabytes } from '../support/report.ts';
import { makeFolder, type SpawnedService, spawnService } from '../support/stack.ts';

/**
 * From spawning `plumbline start` to 200 on /readyz, on a data folder that exists; and what both processes hold when nothing happens.
 * Run: npm run build && node --import tsx bench/service/start.ts
 */

const STARTS = 5;
const IDLE_MS = 5000;
const PORT = 18_420;
const POLL_MS = 5;

async function awaitReady(service: SpawnedService, url: string): Promise<void> {
  while (service.process.exitCode === null) {
    const answer = await send({ method: 'GET', url: `${url}/readyz` }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(POLL_MS);
  }
  throw new Error('the service ended before it was ready');
}

type Idle = { readonly service: number; readonly store: number };

async function measureIdle(pid: number): Promise<Idle> {
  await sleep(IDLE_MS);
  const [storePid] = listChildren(pid);
  if (storePid === undefined) throw new RangeError('measureIdle: the service has no store');
  return { service: readResidentBytes(pid), store: readResidentBytes(storePid) };
}

/** @param isLast measures memory too */
async function startOnce(
  dataDir: string,
  port: number,
  isLast: boolean,
): Promise<{ readonly readyMs: number; readonly idle: Idle | undefined }> {
  const started = performance.now();
  const service = spawnService(dataDir, { port });
  try {
    await awaitReady(service, `http://127.0.0.1:${port}`);
    const readyMs = performance.now() - started;
    return { readyMs, idle: isLast ? await measureIdle(service.pid) : undefined };
  } finally {
    await service.stop();
  }
}

console.log(describeMachine());
const dataDir = makeFolder();
const first = await startOnce(dataDir, PORT, false);
const warm: number[] = [];
let idle: Idle = { service: Number.NaN, store: Number.NaN };
for (let start = 1; start <= STARTS; start++) {
  const { readyMs, idle: measured } = await startOnce(dataDir, PORT + start, start === STARTS);
  warm.push(readyMs);
  idle = measured ?? idle;
}
printTable(
  ['start', 'ms to /readyz 200', '× median'],
  [
    ['first, empty folder', first.readyMs.toFixed(0), (first.readyMs / median(warm)).toFixed(2)],
    ...warm.map((ms, index) => [`warm ${index + 1}`, ms.toFixed(0), (ms / median(warm)).toFixed(2)]),
  ],
);
printTable(
  ['idle after 5 s', 'RSS MB'],
  [
    ['service', toMegabytes(idle.service)],
    ['store', toMegabytes(idle.store)],
  ],
);
concludeBudgets([
  { what: 'warm start, slowest of 5', measured: Math.max(...warm) / 1000, unit: 's', atMost: 2 },
  { what: 'idle service', measured: idle.service / 1e6, unit: 'MB', atMost: 150 },
  { what: 'idle store', measured: idle.store / 1e6, unit: 'MB', atMost: 400 },
]);
