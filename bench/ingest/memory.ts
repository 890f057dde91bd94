import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { call, execute, openRun } from '../support/calls.ts';
import { readResidentBytes, settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, printTable, toMegabytes, toMillions } from '../support/report.ts';
import { printSamples, type SampleShape } from '../support/samples.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * Resident memory of the service while 1 GB of csv streams in, made on the fly and never on disk; plain and gzip.
 * Run: npm run build && node --import tsx bench/ingest/memory.ts [--mb 1000] [--plain | --gzip] [--profile]
 */

const WATCH_MS = 100;

function readMegabytes(): number {
  const index = process.argv.indexOf('--mb');
  return index === -1 ? 1000 : Number(process.argv[index + 1]);
}

/** Pieces of a payload until it has this many bytes; `sent` counts. */
function* printBytes(bytes: number, sent: { bytes: number; lines: number }): Generator<Buffer> {
  const shape: SampleShape = { format: 'csv', values: Number.MAX_SAFE_INTEGER, seriesCount: 50, withAt: false };
  for (const piece of printSamples(shape)) {
    const buffer = Buffer.from(piece, 'latin1');
    sent.bytes += buffer.length;
    sent.lines += 10_000;
    yield buffer;
    if (sent.bytes >= bytes) return;
  }
}

/** Highest resident memory of a process while work goes on, bytes. */
async function watchPeak(pid: number, work: Promise<unknown>): Promise<number> {
  let peak = readResidentBytes(pid);
  let isDone = false;
  const ended = work.then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  while (!isDone) {
    await Promise.race([sleep(WATCH_MS), ended]);
    peak = Math.max(peak, readResidentBytes(pid));
  }
  await work;
  return peak;
}

type Measured = {
  readonly name: string;
  readonly idle: number;
  readonly peak: number;
  readonly storePeak: number;
  readonly bytes: number;
  readonly values: number;
  readonly wallS: number;
};

async function measureStream(stack: Stack, encoding: 'identity' | 'gzip', bytes: number): Promise<Measured> {
  const runId = await openRun(stack, 'memory');
  await settle([stack.servicePid, stack.storePid()]);
  const idle = readResidentBytes(stack.servicePid);
  const sent = { bytes: 0, lines: 0 };
  const plain = Readable.from(printBytes(bytes, sent), { highWaterMark: 1 });
  const body = encoding === 'gzip' ? plain.pipe(createGzip({ level: 1 })) : plain;
  const started = performance.now();
  const pushing = call<{ samples: number }>(stack, 'POST', `/v1/runs/${runId}/samples?format=csv`, {
    body,
    headers: { 'content-encoding': encoding },
  });
  const [peak, storePeak, receipt] = await Promise.all([
    watchPeak(stack.servicePid, pushing),
    watchPeak(stack.storePid(), pushing),
    pushing,
  ]);
  const wallS = (performance.now() - started) / 1000;
  const stored = Number(await execute(stack.store, `SELECT sum(length(sample_values)) FROM samples WHERE run_id = '${runId}'`));
  if (receipt.samples !== sent.lines || stored !== sent.lines) {
    throw new Error(`${sent.lines} values were sent, ${receipt.samples} acknowledged, ${stored} stored`);
  }
  return { name: encoding, idle, peak, storePeak, bytes: sent.bytes, values: stored, wallS };
}

await withStack(async (stack) => {
  console.log(describeMachine());
  const bytes = readMegabytes() * 1e6;
  const encodings = (['identity', 'gzip'] as const).filter((name) => !process.argv.includes(name === 'gzip' ? '--plain' : '--gzip'));
  const measured: Measured[] = [];
  for (const encoding of encodings) measured.push(await measureStream(stack, encoding, bytes));
  const lowest = Math.min(...measured.map(({ idle }) => idle));
  printTable(
    ['1 GB csv', 'MB sent', 'M values (all stored)', 's', 'M values/s', 'idle MB', 'peak MB', 'peak - idle MB', '× idle', 'store peak MB'],
    measured.map((row) => [
      row.name,
      toMegabytes(row.bytes),
      toMillions(row.values),
      row.wallS.toFixed(1),
      toMillions(row.values / row.wallS),
      toMegabytes(lowest),
      toMegabytes(row.peak),
      toMegabytes(row.peak - lowest),
      (row.peak / lowest).toFixed(2),
      toMegabytes(row.storePeak),
    ]),
  );
  concludeBudgets(
    measured.map((row) => ({ what: `${row.name}: memory above idle`, measured: (row.peak - lowest) / 1e6, unit: 'MB', atMost: 300 })),
  );
});
