import type { GateAnswer } from '../baselines/index.ts';
import type { PayloadKind, ReceiptAnswer } from '../wire/payload.ts';
import type { OpenRun } from '../wire/run.ts';
import type { Scope } from '../wire/token.ts';
import type { Verdict } from '../wire/verdict.ts';
import type { BaselineAnswer, CreatedToken, RunAnswer } from './answers.ts';
import { type Call, type Client, INGEST_TRIES, readJson } from './client.ts';

/** The calls of the walk, typed; commands and the demo make the same ones. */

/** A part of a path. */
export const part = (text: string) => encodeURIComponent(text);

/** Opens a run. @param idempotencyKey the same key finds the run of an earlier try */
export async function openRun(client: Client, run: OpenRun, idempotencyKey: string): Promise<RunAnswer> {
  const headers = { 'idempotency-key': idempotencyKey };
  return readJson<RunAnswer>(
    await client.call({ method: 'POST', path: '/v1/runs', json: run, headers, isRepeatable: true, tries: INGEST_TRIES }),
  );
}

export async function readRun(client: Client, runId: string): Promise<RunAnswer> {
  return readJson<RunAnswer>(await client.call({ method: 'GET', path: `/v1/runs/${part(runId)}` }));
}

export async function readVerdict(client: Client, runId: string): Promise<Verdict> {
  return readJson<Verdict>(await client.call({ method: 'GET', path: `/v1/runs/${part(runId)}/verdict` }));
}

export type Push = {
  readonly runId: string;
  readonly kind: PayloadKind;
  /** Query parameters: format, repetition, region, labels.<name>, … */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly openBody: NonNullable<Call['openBody']>;
};

/** Pushes a tool's output; the receipt is keyed by its content, so a repeated try counts once. */
export async function pushPayload(client: Client, { runId, kind, query, openBody }: Push): Promise<ReceiptAnswer> {
  return readJson<ReceiptAnswer>(
    await client.call({
      method: 'POST',
      path: `/v1/runs/${part(runId)}/${part(kind)}`,
      query,
      openBody,
      isRepeatable: true,
      tries: INGEST_TRIES,
    }),
  );
}

/** The longest wait that the service takes in one call, milliseconds; its contract says 120 s. */
const LONGEST_WAIT_MS = 120_000;
const POLL_MS = 500;

type Seal = { readonly runId: string; readonly receiptIds: readonly string[]; readonly waitMs: number };

/**
 * Seals a run and asks until its verdict is there. Sealing again answers the same, so each question is a seal.
 * @param waitMs how long to ask, in all
 * @returns undefined when the time is over and the run is still being judged
 */
export async function sealRun(
  client: Client,
  { runId, receiptIds, waitMs }: Seal,
  ports: { readonly sleep: (ms: number) => Promise<void>; readonly nowMs: () => number },
): Promise<Verdict | undefined> {
  const untilMs = ports.nowMs() + waitMs;
  const json = receiptIds.length === 0 ? {} : { receipts: receiptIds };
  for (;;) {
    const leftMs = Math.max(0, untilMs - ports.nowMs());
    const query = { wait: `${Math.ceil(Math.min(leftMs, LONGEST_WAIT_MS))}ms` };
    const answer = await client.call({
      method: 'POST',
      path: `/v1/runs/${part(runId)}/seal`,
      query,
      json,
      isRepeatable: true,
      tries: INGEST_TRIES,
    });
    if (answer.status !== 202) return readJson<Verdict>(answer);
    const restMs = untilMs - ports.nowMs();
    if (restMs <= 0) return undefined;
    await ports.sleep(Math.min(POLL_MS, restMs));
  }
}

export type Proposal = {
  readonly project: string;
  readonly suite: string;
  readonly name: string;
  readonly runIds: readonly string[];
  readonly reason: string;
  readonly expiresAt?: string;
};

export async function proposeBaseline(client: Client, proposal: Proposal): Promise<BaselineAnswer> {
  return readJson<BaselineAnswer>(await client.call({ method: 'POST', path: '/v1/baselines', json: proposal }));
}

/** Approves or retires a proposal. */
export async function decideBaseline(
  client: Client,
  baselineId: string,
  act: 'approve' | 'retire',
  decision: object,
): Promise<BaselineAnswer> {
  return readJson<BaselineAnswer>(await client.call({ method: 'POST', path: `/v1/baselines/${part(baselineId)}/${act}`, json: decision }));
}

/** Asks a gate; the answer carries its status, whatever it is. @throws CommandError for a gate that does not exist */
export async function askGate(
  client: Client,
  question: { readonly project: string; readonly gate: string; readonly subject: string; readonly name?: string | undefined },
): Promise<GateAnswer> {
  const { project, gate, subject, name } = question;
  const query = { subject, name, status: '200' };
  return readJson<{ readonly data: GateAnswer }>(
    await client.call({ method: 'GET', path: `/v1/gates/${part(project)}/${part(gate)}`, query }),
  ).data;
}

export type TokenRequest = {
  readonly scopes: readonly Scope[];
  readonly projects: readonly string[] | null;
  readonly label?: string;
  readonly expiresInDays?: number;
};

export async function createToken(client: Client, request: TokenRequest): Promise<CreatedToken> {
  return readJson<CreatedToken>(await client.call({ method: 'POST', path: '/v1/tokens', json: request }));
}
