import { computeClassKey } from '../analysis/index.ts';
import { mergeEnvironment } from '../ingest/environment/index.ts';
import { assertEnvironmentCounts, type ReadEnvironment, type SealPorts } from '../ingest/index.ts';
import { putRunEnvironment, type Row, readRun, readRunEnvironments, type StoredRun } from '../store/index.ts';
import { toCanonicalJson } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Warning } from '../wire/payload.ts';
import { ProblemError } from '../wire/problems.ts';
import type { Environment } from '../wire/run.ts';

export type EnvironmentAnswer = { readonly environment: Environment; readonly warnings: readonly Warning[] };

/** Writers of one run that meet are rare; each round one of them gets through. */
const ATTEMPTS = 20;

type Put = { readonly runId: string; readonly read: ReadEnvironment; readonly tokenId: string };

function toRow(run: StoredRun, { read, tokenId }: Put, nowMs: number): { row: Row<'run_environments'>; answer: EnvironmentAnswer } {
  const { environment, warnings: contradictions } = mergeEnvironment(run.environment, read.finding);
  const text = toCanonicalJson(environment);
  if (text.length > LIMITS.jsonBodyBytes) {
    throw new ProblemError('limit-exceeded', `the environment would have ${text.length} characters, more than ${LIMITS.jsonBodyBytes}`);
  }
  const warnings = [...read.finding.warnings, ...contradictions].slice(0, LIMITS.warningsPerReceipt);
  const row: Row<'run_environments'> = {
    run_id: run.runId,
    generation: run.environmentGeneration + 1,
    content_digest: read.contentDigest,
    format: read.format,
    isa: environment.isa,
    hostname: environment.hostname,
    class_digest: computeClassKey(environment).digest,
    environment: text,
    warnings: JSON.stringify(warnings),
    body_bytes: read.bodyBytes,
    received_at: nowMs,
    received_by: tokenId,
  };
  return { row, answer: { environment, warnings } };
}

async function readOpened(ports: SealPorts, runId: string): Promise<StoredRun> {
  const run = await readRun(ports.store, runId);
  if (run === undefined) throw new ProblemError('unknown-run', `there is no run ${runId}; open one with POST /v1/runs`);
  return run;
}

/**
 * The answer to content that is in the run's environment already: a repeated request changes nothing. Of an open run only the last content
 * counts as repeated: putting an earlier one again is a new, later statement. A closed run takes no new content.
 * @throws ProblemError run-sealed, run-sealing
 */
async function readRepeated(ports: SealPorts, run: StoredRun, contentDigest: string): Promise<EnvironmentAnswer | undefined> {
  const merges = await readRunEnvironments(ports.store, run.runId);
  const isOpen = run.state === 'open';
  const earlier = (isOpen ? merges.slice(-1) : merges).findLast((one) => one.contentDigest === contentDigest);
  if (earlier === undefined) {
    if (!isOpen) throw new ProblemError('run-sealed', `run ${run.runId} is sealed and its environment stays as it is; open another run`);
    if (merges.length < LIMITS.environmentsPerRun) return undefined;
    throw new ProblemError('limit-exceeded', `the environment of a run is completed at most ${LIMITS.environmentsPerRun} times`);
  }
  await assertEnvironmentCounts(ports, run.runId, earlier.generation);
  return { environment: (await readOpened(ports, run.runId)).environment, warnings: earlier.warnings };
}

/**
 * Merges what a tool said into the environment of an open run. The new environment is stored as its next generation before this answers, and
 * is sure to be the one that is sealed, or one that builds on it is.
 * @throws ProblemError run-sealed, run-sealing, limit-exceeded, rate-limited, or as the store
 */
export async function putEnvironment(ports: SealPorts, put: Put): Promise<EnvironmentAnswer> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const run = await readOpened(ports, put.runId);
    const repeated = await readRepeated(ports, run, put.read.contentDigest);
    if (repeated !== undefined) return repeated;
    const { row, answer } = toRow(run, put, ports.nowMs());
    if (await putRunEnvironment(ports.store, row)) {
      await assertEnvironmentCounts(ports, run.runId, run.environmentGeneration + 1);
      return answer;
    }
  }
  throw new ProblemError('rate-limited', 'too many writers complete this environment at once; retry in a second', { retryAfterS: 1 });
}
