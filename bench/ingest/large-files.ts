import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sqlite from 'node-sqlite3-wasm';
import { call, openRun } from '../support/calls.ts';
import { readResidentBytes, settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, printTable, toMegabytes, toMillions } from '../support/report.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * Resident memory of the service while files of about 500 MB are read: Parquet and Arrow as ClickHouse writes them, and a database with the
 * tables of an Nsight Systems export. Run: npm run build && node --import tsx bench/ingest/large-files.ts [--mb 500] [parquet | arrow | sqlite]
 */

const WATCH_MS = 100;
const MEGABYTE = 1e6;
/** Bytes a row takes, about: what decides how many rows make a file of the size asked for. */
const ROW_BYTES = { parquet: 16.5, arrow: 24.5, sqlite: 46 } as const;
type Kind = keyof typeof ROW_BYTES;

function readMegabytes(): number {
  const index = process.argv.indexOf('--mb');
  return index === -1 ? 500 : Number(process.argv[index + 1]);
}

type Measured = {
  readonly kind: Kind;
  readonly bytes: number;
  readonly rows: number;
  readonly samples: number;
  readonly idle: number;
  readonly peak: number;
  readonly wallS: number;
};

/** Values that do not compress, in 50 regions, with times of the last hour. */
async function writeByStore(stack: Stack, kind: 'parquet' | 'arrow', rows: number, path: string): Promise<void> {
  const query = `SELECT rand64(1) / 1e9 AS value, concat('region-', toString(number % 50)) AS region,
    fromUnixTimestamp64Nano(toInt64(toUnixTimestamp(now()) - 3600) * 1000000000 + toInt64(number), 'UTC') AS at
    FROM numbers(${rows}) FORMAT ${kind === 'parquet' ? 'Parquet' : 'ArrowStream'}`;
  await writeOutput(stack, query, path);
}

async function writeOutput({ store }: Stack, query: string, path: string): Promise<void> {
  const settings = {
    output_format_parquet_compression_method: 'none',
    output_format_arrow_compression_method: 'none',
    max_block_size: '65409',
  };
  const response = await fetch(`${store.url}/?${new URLSearchParams({ database: store.database, ...settings })}`, {
    method: 'POST',
    body: query,
    headers: { ...store.httpHeaders, 'X-ClickHouse-User': store.username, 'X-ClickHouse-Key': store.password },
  });
  if (!response.ok || response.body === null)
    throw new RangeError(`the store does not write ${path}: ${(await response.text()).slice(0, 300)}`);
  await writeFile(path, response.body);
}

function writeDatabase(rows: number, path: string): void {
  const database = new sqlite.Database(path);
  const epochNs = BigInt(Date.now() - 3_600_000) * 1_000_000n;
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
    database.exec('CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL)');
    database.exec('CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER)');
    database.exec(`INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (${epochNs})`);
    database.exec(
      'CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL, gridX INTEGER NOT NULL, gridY INTEGER NOT NULL)',
    );
    database.exec(
      "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50) INSERT INTO StringIds SELECT n, 'kernel_' || n FROM c",
    );
    database.exec(
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${rows}) INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL SELECT n * 1000, n * 1000 + abs(random() % 100000), n % 8, 1, 7, n, 281475000000000, 1 + n % 50, 1 + n % 50, 128, 1 FROM c`,
    );
  } finally {
    database.close();
  }
}

/** Highest resident memory of a process while work goes on, bytes. */
async function watchPeak(pid: number, work: Promise<unknown>): Promise<number> {
  let peak = readResidentBytes(pid);
  let isDone = false;
  const ended = work.finally(() => {
    isDone = true;
  });
  ended.catch(() => undefined);
  while (!isDone) {
    await Promise.race([sleep(WATCH_MS), ended.catch(() => undefined)]);
    peak = Math.max(peak, readResidentBytes(pid));
  }
  await work;
  return peak;
}

async function measure(stack: Stack, kind: Kind, folder: string): Promise<Measured> {
  const path = join(folder, `payload.${kind}`);
  const rows = Math.round((readMegabytes() * MEGABYTE) / ROW_BYTES[kind]);
  if (kind === 'sqlite') writeDatabase(rows, path);
  else await writeByStore(stack, kind, rows, path);
  const runId = await openRun(stack, `large-${kind}`);
  await settle([stack.servicePid, stack.storePid()]);
  const idle = readResidentBytes(stack.servicePid);
  const started = performance.now();
  const target = kind === 'sqlite' ? 'gpu' : 'samples?metric=latency&unit=ns';
  const pushing = call<{ samples: number }>(stack, 'POST', `/v1/runs/${runId}/${target}`, { body: createReadStream(path) });
  const [peak, receipt] = await Promise.all([watchPeak(stack.servicePid, pushing), pushing]);
  const measured = {
    kind,
    bytes: statSync(path).size,
    rows,
    samples: receipt.samples,
    idle,
    peak,
    wallS: (performance.now() - started) / 1000,
  };
  await rm(path);
  return measured;
}

const kinds = (['parquet', 'arrow', 'sqlite'] as const).filter(
  (kind) => !process.argv.some((word) => word in ROW_BYTES) || process.argv.includes(kind),
);
const folder = await mkdtemp(join(tmpdir(), 'plumbline-bench-files-'));
try {
  await withStack(async (stack) => {
    console.log(describeMachine());
    const figures: Measured[] = [];
    for (const kind of kinds) figures.push(await measure(stack, kind, folder));
    printTable(
      ['file', 'MB', 'rows', 'M values/s', 'idle MB', 'peak MB', 'peak - idle MB', 'wall s'],
      figures.map(({ kind, bytes, rows, samples, idle, peak, wallS }) => [
        kind,
        toMegabytes(bytes),
        String(rows),
        toMillions(samples / wallS),
        toMegabytes(idle),
        toMegabytes(peak),
        toMegabytes(peak - idle),
        wallS.toFixed(1),
      ]),
    );
    for (const { kind, rows, samples } of figures)
      if (samples !== rows) throw new RangeError(`${kind}: ${rows} rows became ${samples} samples`);
    concludeBudgets(
      figures.map(({ kind, idle, peak }) => ({
        what: `peak - idle, ${kind}`,
        measured: (peak - idle) / MEGABYTE,
        unit: 'MB',
        atMost: 300,
      })),
    );
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
