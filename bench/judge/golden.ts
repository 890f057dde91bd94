import { Readable } from 'node:stream';
import { type JudgeInput, judgeRun } from '../../analysis/index.ts';
import { DEFAULT_POLICY_DIGEST } from '../../baselines/index.ts';
import { connectStore, putVerdict, readMeasurements, readRunsById, type Store, type StoredRun } from '../../store/index.ts';
import { DEFAULT_POLICY } from '../../wire/policy.ts';
import type { Verdict } from '../../wire/verdict.ts';
import { call, openRun } from '../support/calls.ts';
import { settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, median, printTable } from '../support/report.ts';
import { createRandom } from '../support/samples.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * A sealed run judged against a golden baseline: 200 series, 5 golden and 3 candidate repetitions of 1,000 samples each; and the statistics
 * of 10 M samples against one full scan of them. With --history, the same run with 30 nights of history before it. Run: npm run build &&
 * node --import tsx bench/judge/golden.ts [--quick] [--history] [--profile]
 */

const SERIES = 200;
const SAMPLES = 1000;
const GOLDEN_REPETITIONS = 5;
const CANDIDATE_REPETITIONS = 3;
const MANY_REPETITIONS = 50;
const HISTORY_NIGHTS = 30;
const ROUNDS = process.argv.includes('--quick') ? 3 : 7;

/** Samples of one repetition of all series as csv; every series has a level of its own per repetition. */
function* printRepetition(seed: number): Generator<Buffer> {
  const random = createRandom(seed);
  const gauss = () => random() + random() + random() + random() + random() + random() - 3;
  yield Buffer.from('region,metric,unit,value\n');
  for (let series = 0; series < SERIES; series++) {
    const level = 10_000 * Math.exp(0.003 * gauss());
    let lines = '';
    for (let sample = 0; sample < SAMPLES; sample++)
      lines += `kernel-${series},latency,ns,${(level * Math.exp(0.05 * gauss())).toFixed(1)}\n`;
    yield Buffer.from(lines, 'latin1');
  }
}

async function recordRun(stack: Stack, suite: string, repetitions: number, seed: number): Promise<string> {
  const runId = await openRun(stack, suite);
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    await call(stack, 'POST', `/v1/runs/${runId}/samples?format=csv&repetition=${repetition}`, {
      body: Readable.from(printRepetition(1000 * seed + repetition)),
    });
  }
  return runId;
}

const seal = async (stack: Stack, runId: string) => await call<Verdict>(stack, 'POST', `/v1/runs/${runId}/seal?wait=60s`, { json: {} });

async function approveGolden(stack: Stack): Promise<string> {
  const golden = await recordRun(stack, 'golden', GOLDEN_REPETITIONS, 1);
  await seal(stack, golden);
  const proposal = { project: 'bench', suite: 'golden', name: 'golden', runIds: [golden], reason: 'bench' };
  const { baselineId } = await call<{ baselineId: string }>(stack, 'POST', '/v1/baselines', { json: proposal });
  await call(stack, 'POST', `/v1/baselines/${baselineId}/approve`, { json: { reason: 'bench' } });
  return golden;
}

/** Milliseconds of work, and its result. */
async function time<Result>(work: () => Promise<Result>): Promise<{ readonly ms: number; readonly result: Result }> {
  const started = performance.now();
  const result = await work();
  return { ms: performance.now() - started, result };
}

const toJudged = (run: StoredRun) => ({ ...run, sealDigest: run.sealDigest ?? '' });

/** What judging does inside, step by step, in this process against the same store. */
async function measureSteps(
  store: Store,
  golden: string,
  candidate: string,
): Promise<{ readonly readMs: number; readonly judgeMs: number; readonly putMs: number }> {
  const read = await time(() => readMeasurements(store, [candidate, golden]));
  const runs = new Map((await readRunsById(store, [golden, candidate])).map((run) => [run.runId, toJudged(run)]));
  const run = runs.get(candidate);
  const member = runs.get(golden);
  if (run === undefined || member === undefined) throw new RangeError('measureSteps: a run is missing');
  const measuredBy = (runId: string) => read.result.filter((measurement) => measurement.runId === runId);
  const input: JudgeInput = {
    run,
    baseline: { id: 'bench', digest: 'bench', runs: [member] },
    nearest: null,
    candidateMeasurements: measuredBy(candidate),
    baselineMeasurements: measuredBy(golden),
    policy: DEFAULT_POLICY,
    policyDigest: DEFAULT_POLICY_DIGEST,
    verdictId: crypto.randomUUID(),
    computedAt: new Date().toISOString(),
    reportUrl: 'http://127.0.0.1/',
    engineVersion: 'bench',
    seed: 1,
  };
  const judged = await time(async () => judgeRun(input));
  const put = await time(() => putVerdict(store, { ...judged.result, runId: crypto.randomUUID() }));
  return { readMs: read.ms, judgeMs: judged.ms, putMs: put.ms };
}

async function measureGolden(
  stack: Stack,
  store: Store,
): Promise<{ readonly sealMs: number; readonly readMs: number; readonly judgeMs: number; readonly putMs: number }> {
  const golden = await approveGolden(stack);
  const rounds: (Awaited<ReturnType<typeof measureSteps>> & { readonly sealMs: number })[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const candidate = await recordRun(stack, 'golden', CANDIDATE_REPETITIONS, 100 + round);
    await settle([stack.servicePid, stack.storePid()], 3000);
    const sealed = await time(() => seal(stack, candidate));
    if (sealed.result.comparability.status !== 'comparable' || sealed.result.findings.length < SERIES)
      throw new Error('the candidate was not judged in full');
    rounds.push({ sealMs: sealed.ms, ...(await measureSteps(store, golden, candidate)) });
  }
  const middle = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
  return {
    sealMs: middle((round) => round.sealMs),
    readMs: middle((round) => round.readMs),
    judgeMs: middle((round) => round.judgeMs),
    putMs: middle((round) => round.putMs),
  };
}

/** The same candidate once 30 nights were judged against the baseline. @returns milliseconds from seal to verdict, by night */
async function measureHistory(stack: Stack): Promise<{ readonly firstMs: number; readonly lastMs: number; readonly nights: number }> {
  const nights: number[] = [];
  for (let night = 0; night <= HISTORY_NIGHTS; night++) {
    const runId = await recordRun(stack, 'golden', CANDIDATE_REPETITIONS, 300 + night);
    await settle([stack.servicePid, stack.storePid()], 2000);
    const sealed = await time(() => seal(stack, runId));
    const used = sealed.result.references.length;
    if (used < night) throw new Error(`night ${night} was judged with ${used} runs of history`);
    nights.push(sealed.ms);
  }
  return { firstMs: median(nights.slice(0, 3)), lastMs: median(nights.slice(-3)), nights: HISTORY_NIGHTS };
}

/** Statistics of 10 M samples, computed for the first time and read again, and what merely adding the samples up takes. */
async function measureMany(
  stack: Stack,
  store: Store,
): Promise<{ readonly firstMs: number; readonly againMs: number; readonly scanMs: number }> {
  const runId = await recordRun(stack, 'many', MANY_REPETITIONS, 7);
  await seal(stack, runId);
  await settle([stack.servicePid, stack.storePid()]);
  const scans: number[] = [];
  const firsts: number[] = [];
  const agains: number[] = [];
  for (let round = 0; round < 3; round++) {
    scans.push(
      (await time(() => store.query('SELECT sum(arraySum(sample_values)) AS total FROM samples WHERE run_id = {runId:UUID}', { runId })))
        .ms,
    );
    await store.command('DELETE FROM repetition_statistics WHERE run_id = {runId:UUID}', { runId });
    for (const times of [firsts, agains]) {
      const read = await time(() => readMeasurements(store, [runId]));
      const count = read.result.flatMap(({ samples }) => samples).reduce((sum, { sampleCount }) => sum + sampleCount, 0);
      if (count !== SERIES * MANY_REPETITIONS * SAMPLES) throw new Error(`${count} samples were read`);
      times.push(read.ms);
    }
  }
  return { firstMs: median(firsts), againMs: median(agains), scanMs: median(scans) };
}

await withStack(async (stack) => {
  console.log(describeMachine());
  const store = connectStore(stack.store);
  try {
    const golden = await measureGolden(stack, store);
    const history = process.argv.includes('--history') ? await measureHistory(stack) : undefined;
    const many = process.argv.includes('--quick') ? undefined : await measureMany(stack, store);
    const row = (name: string, ms: number) => [name, ms.toFixed(0), (ms / golden.sealMs).toFixed(2)];
    printTable(
      ['step (median)', 'ms', '× seal to verdict'],
      [
        row('seal to verdict, over HTTP', golden.sealMs),
        row('readMeasurements, both runs', golden.readMs),
        row('judgeRun', golden.judgeMs),
        row('putVerdict', golden.putMs),
      ],
    );
    const budgets = [{ what: 'seal to stored verdict', measured: golden.sealMs / 1000, unit: 's', atMost: 1 }];
    if (history !== undefined) {
      printTable(
        ['seal to verdict, over HTTP', 'ms', '× the first nights'],
        [
          ['first nights', history.firstMs.toFixed(0), '1.00'],
          [`after ${history.nights} nights`, history.lastMs.toFixed(0), (history.lastMs / history.firstMs).toFixed(2)],
        ],
      );
      budgets.push({ what: 'seal to stored verdict with history', measured: history.lastMs / 1000, unit: 's', atMost: 1 });
    }
    if (many !== undefined) {
      printTable(
        ['10 M samples (median of 3)', 'ms', '× scan'],
        [
          ['SELECT sum(arraySum(sample_values))', many.scanMs.toFixed(0), '1.00'],
          ['readMeasurements, first time', many.firstMs.toFixed(0), (many.firstMs / many.scanMs).toFixed(2)],
          ['readMeasurements, again', many.againMs.toFixed(0), (many.againMs / many.scanMs).toFixed(2)],
        ],
      );
      budgets.push({ what: 'statistics of 10 M samples', measured: many.firstMs / 1000, unit: 's', atMost: 5 });
    }
    concludeBudgets(budgets);
  } finally {
    await store.close();
  }
});
