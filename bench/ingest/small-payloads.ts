import { call, openRun } from '../support/calls.ts';
import { readCpuS, settle } from '../support/processes.ts';
import { describeMachine, median, printTable } from '../support/report.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * What one small payload costs, whatever is in it: CPU time of the service and of the store, and the time until its receipt. Nightly jobs push
 * hundreds of them. Run: npm run build && node --import tsx bench/ingest/small-payloads.ts
 */

const PAYLOADS = 150;
const ROUNDS = 3;

type Round = { readonly serviceMs: number; readonly storeMs: number; readonly wallMs: number };

async function push(stack: Stack, runId: string, atOnce: number, seed: number): Promise<void> {
  for (let first = 0; first < PAYLOADS; first += atOnce) {
    await Promise.all(
      Array.from({ length: atOnce }, (_, place) =>
        call(stack, 'POST', `/v1/runs/${runId}/samples?format=csv&sequence=${seed * PAYLOADS + first + place}`, {
          body: Buffer.from(`region,metric,unit,value\nmemcpy,latency,us,${seed + (first + place) / 1000}\n`),
        }),
      ),
    );
  }
}

async function measure(stack: Stack, atOnce: number, seed: number): Promise<Round> {
  const runId = await openRun(stack, 'small');
  await push(stack, runId, atOnce, 1000 + seed);
  await settle([stack.servicePid, stack.storePid()], 3000);
  const [serviceS, storeS, started] = [readCpuS(stack.servicePid), readCpuS(stack.storePid()), performance.now()];
  await push(stack, runId, atOnce, seed);
  const wallMs = (performance.now() - started) / PAYLOADS;
  const perPayload = (seconds: number) => (seconds * 1000) / PAYLOADS;
  return {
    serviceMs: perPayload(readCpuS(stack.servicePid) - serviceS),
    storeMs: perPayload(readCpuS(stack.storePid()) - storeS),
    wallMs,
  };
}

await withStack(async (stack) => {
  console.log(describeMachine());
  const rows: string[][] = [];
  for (const atOnce of [1, 10]) {
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(stack, atOnce, 10 * atOnce + round));
    const middle = (pick: (round: Round) => number) => median(rounds.map(pick)).toFixed(1);
    rows.push([String(atOnce), middle((one) => one.serviceMs), middle((one) => one.storeMs), middle((one) => one.wallMs)]);
  }
  printTable(['at once', 'service CPU ms', 'store CPU ms', 'wall ms each'], rows);
});
