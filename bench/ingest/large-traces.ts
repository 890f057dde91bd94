import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, execute, openRun } from '../support/calls.ts';
import { readResidentBytes, settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, printTable, toMegabytes, toMillions } from '../support/report.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * Resident memory of the service, and speed, while a Kineto trace streams in that is made on the fly: training steps of operators, API calls,
 * flows, kernels of many long names, copies and annotations, as torch.profiler prints them (members and their order: FORMATS.md 3.6).
 * Run: npm run build && node --import tsx bench/ingest/large-traces.ts [--mb 500] [--base-first] [--profile]
 */

const WATCH_MS = 50;
const MEMORY_BUDGET_MB = 300;
const KERNEL_NAMES = 400;
const OPERATORS_PER_STEP = 600;
/** Nanoseconds since 1970, 2026-01-31. */
const BASE_NS = 1_769_817_600_000_000_000n;

type Sent = { bytes: number; values: number; events: number };

/** The same pseudo-random numbers in each run (Park and Miller's generator), 0 to 1. */
function createRandom(): () => number {
  let state = 20260131;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** A demangled template name of 60 to 700 characters, as PyTorch's kernels have. */
function printKernelName(index: number): string {
  const functor = `at::native::(anonymous namespace)::functor_${index}<c10::Half, float, unsigned int, ${index % 8}>`;
  const depth = index % 6;
  return `void at::native::vectorized_elementwise_kernel<4, ${functor}, at::detail::Array<char*, ${1 + (index % 4)}> >(int, ${Array.from({ length: depth + 1 }, () => functor).join(', ')})`;
}

const KERNELS = Array.from({ length: KERNEL_NAMES }, (_, index) => printKernelName(index));

/** Events of one training step. @param start of the step, microseconds since the base */
function printStep(step: number, start: number, random: () => number, sent: Sent): string {
  const parts: string[] = [];
  const add = (text: string, values: number) => {
    parts.push(text);
    sent.events++;
    sent.values += values;
  };
  let time = start;
  const span = (from: number) => `"ts": ${from.toFixed(3)}, "dur": ${(0.5 + 40 * random()).toFixed(3)}`;
  for (let index = 0; index < OPERATORS_PER_STEP; index++) {
    const id = step * OPERATORS_PER_STEP + index;
    time += 20 * random();
    const flow = `"cat": "ac2g", "name": "ac2g"`;
    const kernel = KERNELS[Math.floor(KERNEL_NAMES * random() * random())] ?? '';
    add(
      `  {\n    "ph": "X", "cat": "cpu_op", "name": "aten::op_${index % 90}", "pid": 4711, "tid": 4711,\n    ${span(time)},\n    "args": {\n      "External id": ${id},"Record function id": ${id}, "Concrete Inputs": ["", "", "1"], "Input type": ["float", "c10::Half", "Scalar"], "Input Strides": [[1024, 1], [1, 4096], []], "Input Dims": [[512, 1024], [1024, 4096], []], "Ev Idx": ${id}\n    }\n  },\n`,
      1,
    );
    if (index % 2 === 1) continue;
    add(
      `  {\n    "ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 4711, "tid": 4711,\n    ${span(time + 2)},\n    "args": {\n      "External id": ${id}, "cbid": 211, "correlation": ${id}\n    }\n  },\n`,
      1,
    );
    add(`  {\n    "ph": "s", "id": ${id}, "pid": 4711, "tid": 4711, "ts": ${time.toFixed(3)},\n    ${flow}\n  },\n`, 0);
    if (index % 40 === 0) {
      add(
        `  {\n    "ph": "X", "cat": "gpu_memcpy", "name": "Memcpy HtoD (Pinned -> Device)", "pid": 0, "tid": 7,\n    ${span(time + 9)},\n    "args": {\n      "External id": ${id}, "device": 0, "context": 1, "stream": 7, "correlation": ${id}, "bytes": 4194304, "memory bandwidth (GB/s)": ${(12 * random()).toPrecision(16)}\n    }\n  },\n`,
        3,
      );
      continue;
    }
    add(
      `  {\n    "ph": "X", "cat": "kernel", "name": "${kernel}", "pid": 0, "tid": 7,\n    ${span(time + 9)},\n    "args": {\n      "External id": ${id}, "queued": 0, "device": 0, "context": 1, "stream": 7, "correlation": ${id}, "registers per thread": 32, "shared memory": 0, "blocks per SM": 2.370370, "warps per SM": 9.481481, "grid": [256, 1, 1], "block": [128, 1, 1], "est. achieved occupancy %": 15\n    }\n  },\n`,
      1,
    );
    add(`  {\n    "ph": "f", "id": ${id}, "pid": 0, "tid": 7, "ts": ${time.toFixed(3)},\n    ${flow}, "bp": "e"\n  },\n`, 0);
  }
  add(
    `  {\n    "ph": "X", "cat": "user_annotation", "name": "ProfilerStep#${step}", "pid": 4711, "tid": 4711,\n    ${span(start)},\n    "args": {\n      "External id": ${step}\n    }\n  },\n`,
    1,
  );
  return parts.join('');
}

/** A whole trace of at least this many bytes; `sent` counts. @param baseFirst whether the time base stands before the events */
function* printTrace(bytes: number, baseFirst: boolean, sent: Sent): Generator<Buffer> {
  const random = createRandom();
  const base = `  "baseTimeNanoseconds": ${BASE_NS}`;
  const give = (text: string) => {
    const buffer = Buffer.from(text, 'latin1');
    sent.bytes += buffer.length;
    return buffer;
  };
  yield give(
    `{\n  "schemaVersion": 1,\n  "deviceProperties": [\n    {"id": 0, "name": "NVIDIA A100-SXM4-80GB", "numSms": 108}\n  ],\n  "distributedInfo": {"backend": "nccl", "rank": 3, "world_size": 8},\n${baseFirst ? `${base},\n` : ''}  "traceEvents": [\n`,
  );
  for (let step = 0; sent.bytes < bytes; step++) yield give(printStep(step, 1000 + step * 12_000, random, sent));
  sent.events++;
  yield give(
    `  {\n    "name": "Record Window End", "ph": "i", "s": "g", "pid": "", "tid": "", "ts": 1.000\n  }\n  ],\n  "traceName": "trace.json",\n  "displayTimeUnit": "ms"${baseFirst ? '' : `,\n${base}`}\n}`,
  );
}

/** Highest resident memory of a process while work goes on, bytes. */
async function watchPeak(pid: number, work: Promise<unknown>): Promise<number> {
  let peak = readResidentBytes(pid);
  let isDone = false;
  const ended = work
    .catch(() => undefined)
    .finally(() => {
      isDone = true;
    });
  while (!isDone) {
    await Promise.race([sleep(WATCH_MS), ended]);
    peak = Math.max(peak, readResidentBytes(pid));
  }
  return peak;
}

type Measured = Sent & {
  readonly name: string;
  readonly idle: number;
  readonly peak: number;
  readonly storePeak: number;
  readonly wallS: number;
};

async function measureTrace(stack: Stack, bytes: number, baseFirst: boolean): Promise<Measured> {
  const runId = await openRun(stack, 'large-traces');
  await settle([stack.servicePid, stack.storePid()]);
  const idle = readResidentBytes(stack.servicePid);
  const sent: Sent = { bytes: 0, values: 0, events: 0 };
  const body = Readable.from(printTrace(bytes, baseFirst, sent), { highWaterMark: 1 });
  const started = performance.now();
  const pushing = call<{ samples: number; warnings: readonly unknown[] }>(stack, 'POST', `/v1/runs/${runId}/gpu?format=kineto`, { body });
  const [peak, storePeak, receipt] = await Promise.all([
    watchPeak(stack.servicePid, pushing),
    watchPeak(stack.storePid(), pushing),
    pushing,
  ]);
  const wallS = (performance.now() - started) / 1000;
  const stored = Number(await execute(stack.store, `SELECT sum(length(sample_values)) FROM samples WHERE run_id = '${runId}'`));
  if (receipt.samples !== sent.values || stored !== sent.values)
    throw new Error(`${sent.values} values were sent, ${receipt.samples} acknowledged, ${stored} stored`);
  if (receipt.warnings.length > 0) console.log(JSON.stringify(receipt.warnings));
  return { ...sent, name: baseFirst ? 'base first' : 'base last', idle, peak, storePeak, wallS };
}

function readMegabytes(): number {
  const index = process.argv.indexOf('--mb');
  return index === -1 ? 500 : Number(process.argv[index + 1]);
}

await withStack(async (stack) => {
  console.log(describeMachine());
  const measured = [await measureTrace(stack, readMegabytes() * 1e6, process.argv.includes('--base-first'))];
  printTable(
    [
      'kineto trace',
      'MB sent',
      'M events',
      'M values (all stored)',
      's',
      'MB/s',
      'M events/s',
      'idle MB',
      'peak MB',
      'peak - idle MB',
      'store peak MB',
    ],
    measured.map((row) => [
      row.name,
      toMegabytes(row.bytes),
      toMillions(row.events),
      toMillions(row.values),
      row.wallS.toFixed(1),
      (row.bytes / 1e6 / row.wallS).toFixed(0),
      toMillions(row.events / row.wallS),
      toMegabytes(row.idle),
      toMegabytes(row.peak),
      toMegabytes(row.peak - row.idle),
      toMegabytes(row.storePeak),
    ]),
  );
  concludeBudgets(
    measured.map((row) => ({
      what: `${row.name}: memory above idle`,
      measured: (row.peak - row.idle) / 1e6,
      unit: 'MB',
      atMost: MEMORY_BUDGET_MB,
    })),
  );
});
