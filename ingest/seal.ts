import {
  appendSealIntent,
  putSeal,
  readPayloadCounts,
  readReceipts,
  readRun,
  readRunsById,
  readSeal,
  readSealIntent,
  readUnfinishedSealRunIds,
  removeOrphans,
  type Store,
  type StoredReceipt,
  type StoredRun,
  type StoredSeal,
} from '../store/index.ts';
import { computeDigest } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import { ProblemError } from '../wire/problems.ts';

/**
 * Closing a run. Order matters, since ClickHouse has no transactions: (1) everything is there, (2) the intent is written, (3) the receipts are read
 * again, (4) the seal is put if absent. A writer acknowledges a payload only after looking for an intent once its receipt is stored: if it sees
 * none, step 3 of every sealer sees the receipt; if it sees one, it waits for the seal and looks whether its receipt is in it.
 */
export type SealPorts = {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

const SEAL_POLL_MS = 50;
const SEAL_POLLS = 60;

type Place = { readonly receiptId: string; readonly detail: string };

/** Payloads in the order judging reads them: by repetition, sequence, time and content, never by arrival. */
export function sortReceipts(receipts: readonly StoredReceipt[]): readonly StoredReceipt[] {
  const compareAt = (a: string | null, b: string | null) => {
    if (a === b) return 0;
    if (a === null || b === null) return a === null ? 1 : -1;
    return BigInt(a) < BigInt(b) ? -1 : 1;
  };
  return [...receipts].sort(
    (a, b) =>
      a.repetition - b.repetition ||
      Number(a.sequence) - Number(b.sequence) ||
      compareAt(a.atNs, b.atNs) ||
      (a.contentDigest < b.contentDigest ? -1 : a.contentDigest > b.contentDigest ? 1 : 0),
  );
}

async function checkCounts(store: Store, runId: string, receipts: readonly StoredReceipt[]) {
  const stored = new Map((await readPayloadCounts(store, runId)).map((count) => [count.payload_id, count]));
  const short: Place[] = [];
  for (const receipt of receipts) {
    const count = stored.get(receipt.payloadId);
    const pairs = [
      ['samples', receipt.sampleCount, count?.samples],
      ['readings', receipt.readingCount, count?.readings],
      ['histograms', receipt.histogramCount, count?.histograms],
      ['summaries', receipt.summaryCount, count?.summaries],
      ['events', receipt.eventCount, count?.events],
      ['spans', receipt.spanCount, count?.spans],
      ['series', receipt.seriesCount, count?.series],
    ] as const;
    const wrong = pairs.filter(([, expected, found]) => expected !== Number(found ?? 0));
    if (wrong.length > 0) {
      short.push({
        receiptId: receipt.receiptId,
        detail: wrong.map(([name, expected, found]) => `${name}: ${expected} acknowledged, ${found ?? 0} stored`).join('; '),
      });
    }
  }
  const accepted = new Set(receipts.map((receipt) => receipt.payloadId));
  return { short, orphans: [...stored.keys()].filter((payloadId) => !accepted.has(payloadId)) };
}

function refuseIncomplete(detail: string, missing: readonly Place[]): never {
  throw new ProblemError('run-incomplete', detail, { members: { missing } });
}

function assertExpected(run: StoredRun, receiptIds: readonly string[], expected: readonly string[]): void {
  const known = new Set(receiptIds);
  const missing = expected
    .filter((receiptId) => !known.has(receiptId))
    .map((receiptId) => ({ receiptId, detail: 'no such receipt in this run' }));
  if (missing.length > 0)
    refuseIncomplete(`${missing.length} of the receipts named are not in run ${run.runId}; push them again, then seal`, missing);
}

async function readComplete(store: Store, run: StoredRun, expected: readonly string[]) {
  const receipts = await readReceipts(store, run.runId);
  assertExpected(
    run,
    receipts.map((receipt) => receipt.receiptId),
    expected,
  );
  if (receipts.length === 0) refuseIncomplete('the run holds no payload; push at least one before sealing', []);
  if (receipts.length > LIMITS.payloadsPerRun)
    throw new ProblemError('limit-exceeded', `a run holds at most ${LIMITS.payloadsPerRun} payloads`);
  const { short, orphans } = await checkCounts(store, run.runId, receipts);
  if (short.length > 0)
    refuseIncomplete('rows of acknowledged payloads are missing from the store; this is a fault of the store, not of the client', short);
  return { receipts, orphans };
}

/**
 * Seals a run, or answers the seal it has.
 * @param expected receipt ids the client was given; empty when it does not list them
 * @throws ProblemError run-incomplete with `missing: [{receiptId, detail}]`, or as the store
 */
export async function sealRun(ports: SealPorts, run: StoredRun, expected: readonly string[], sealedBy: string): Promise<StoredSeal> {
  const { store, nowMs, newId } = ports;
  const earlier = await readSeal(store, run.runId);
  if (earlier !== undefined) {
    assertExpected(run, earlier.receiptIds, expected);
    return earlier;
  }
  await readComplete(store, run, expected);
  await appendSealIntent(store, { run_id: run.runId, intended_at: nowMs(), intended_by: sealedBy });
  const { receipts, orphans } = await readComplete(store, run, expected);
  // After the intent, as the receipts: a writer that saw no intent once its environment was stored is answered 200.
  const { environment, environmentGeneration } = (await readRun(store, run.runId)) ?? run;
  const sorted = sortReceipts(receipts);
  const receiptIds = sorted.map((receipt) => receipt.receiptId);
  const seal = await putSeal(store, {
    run_id: run.runId,
    seal_id: newId(),
    project: run.project,
    suite: run.suite,
    sealed_at: nowMs(),
    sealed_by: sealedBy,
    receipt_ids: receiptIds,
    payload_ids: sorted.map((receipt) => receipt.payloadId),
    digest: computeDigest({
      project: run.project,
      suite: run.suite,
      kind: run.kind,
      subject: run.subject,
      environment,
      receiptIds,
    }),
    environment_generation: environmentGeneration,
  });
  await removeOrphans(
    store,
    run.runId,
    orphans.filter((payloadId) => !seal.payloadIds.includes(payloadId)),
  );
  return seal;
}

/** The seal a writer must wait for; undefined when nobody has announced one. @throws ProblemError run-sealing when it does not come */
async function awaitSeal({ store, sleep }: SealPorts, runId: string): Promise<StoredSeal | undefined> {
  if (!(await readSealIntent(store, runId))) return undefined;
  for (let poll = 0; poll < SEAL_POLLS; poll += 1) {
    const seal = await readSeal(store, runId);
    if (seal !== undefined) return seal;
    await sleep(SEAL_POLL_MS);
  }
  throw new ProblemError('run-sealing', `run ${runId} is being sealed; send the same payload again to learn whether it counts`, {
    retryAfterS: 2,
  });
}

/**
 * Called once a merge of the environment is stored, before it is answered: is it sure to be what is judged?
 * @throws ProblemError as assertReceiptCounts
 */
export async function assertEnvironmentCounts(ports: SealPorts, runId: string, generation: number): Promise<void> {
  const seal = await awaitSeal(ports, runId);
  if (seal === undefined || seal.environmentGeneration >= generation) return;
  throw new ProblemError('run-sealed', `run ${runId} was sealed without this environment; open another run for new content`);
}

/**
 * Called by a writer once its receipt is stored, before it answers 2xx: is the receipt sure to count?
 * @throws ProblemError run-sealed when the seal came first, run-sealing when it is still under way after three seconds
 */
export async function assertReceiptCounts(ports: SealPorts, runId: string, receiptId: string): Promise<void> {
  const seal = await awaitSeal(ports, runId);
  if (seal === undefined || seal.receiptIds.includes(receiptId)) return;
  throw new ProblemError('run-sealed', `run ${runId} was sealed without this payload; open another run for new content`);
}

/** A sealer that is alive finishes within this time. */
const SEAL_PATIENCE_MS = 20_000;

/** Runs someone began to seal and did not finish; sealing them again completes it. */
export async function readUnfinishedSeals({ store, nowMs }: SealPorts): Promise<readonly StoredRun[]> {
  return await readRunsById(store, await readUnfinishedSealRunIds(store, nowMs() - SEAL_PATIENCE_MS));
}
