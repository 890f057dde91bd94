import { type JudgedRun, judgeRun } from '../analysis/index.ts';
import { type BaselineContent, type ParsedPolicy, verifyContent } from '../baselines/index.ts';
import {
  putVerdict,
  readBaseline,
  readRunsById,
  readSeal,
  readUnjudgedRunIds,
  readVerdict,
  type StoredBaseline,
  type StoredRun,
} from '../store/index.ts';
import { ProblemError } from '../wire/problems.ts';
import type { Verdict } from '../wire/verdict.ts';
import { type BookPorts, readActiveBaseline, readNearestBaseline } from './baseline-book.ts';
import { NO_HISTORY, readHistory, readMeasurementsByRun, toJudgedRun } from './history-book.ts';
import type { ServiceMetrics } from './metrics.ts';
import { readJudgingPolicy, readPolicyByDigest } from './policy-book.ts';
import { withSpan } from './telemetry.ts';
import { VERSION } from './version.ts';

/** Judges sealed runs: reads what the engine needs, lets it decide, stores the verdict. One judging of a run at a time in this process. */
export type Judge = {
  /** The verdict of a sealed run: the stored one, or one computed now. */
  readonly judge: (runId: string) => Promise<Verdict>;
  /** Judges what was sealed and has no verdict, because its judge died. @throws AggregateError of those that failed, once all were tried */
  readonly judgeLeftovers: () => Promise<number>;
  readonly drain: () => Promise<void>;
};

type JudgePorts = BookPorts & { readonly metrics: ServiceMetrics; readonly publicUrl: () => string };

/** Seed of everything random in the engine; part of the verdict, so that it can be repeated. */
const ENGINE_SEED = 1;

/** The members of a baseline, after holding its content against its digest and today's seals: an edited row must not move the goal posts. */
async function readMembers(ports: JudgePorts, baseline: StoredBaseline): Promise<readonly JudgedRun[]> {
  const content: BaselineContent = JSON.parse(baseline.content);
  const runs = await readRunsById(
    ports.store,
    content.runs.map((member) => member.runId),
  );
  const seals = new Map(runs.map((run) => [run.runId, run.sealDigest ?? '']));
  const problems = verifyContent(content, { digest: baseline.digest, seals });
  if (problems.length > 0) {
    throw new ProblemError(
      'internal',
      `baseline ${baseline.baselineId} does not match its digest: ${problems.map((problem) => problem.detail).join('; ')}`,
    );
  }
  return runs.map(toJudgedRun);
}

/** What a run is judged against and by. */
type Grounds = {
  readonly baseline: StoredBaseline | undefined;
  readonly nearest: StoredBaseline | undefined;
  readonly policy: ParsedPolicy;
};

/** What holds now. */
async function chooseGrounds(ports: JudgePorts, run: StoredRun): Promise<Grounds> {
  const [baseline, policy] = await Promise.all([readActiveBaseline(ports, run), readJudgingPolicy(ports.store, run.project)]);
  return { baseline, policy, nearest: baseline === undefined ? await readNearestBaseline(ports, run) : undefined };
}

/** What held when a verdict was given. @throws ProblemError not-found when its policy or baseline is gone */
async function recallGrounds({ store }: JudgePorts, verdict: Verdict): Promise<Grounds> {
  const recall = async (named: { readonly id: string } | null | undefined) =>
    named == null ? undefined : await readBaseline(store, named.id);
  const [baseline, nearest, policy] = await Promise.all([
    recall(verdict.baseline),
    recall(verdict.nearestBaseline),
    readPolicyByDigest(store, verdict.project, verdict.policyDigest),
  ]);
  const lost = (verdict.baseline !== null && baseline === undefined) || policy === undefined;
  if (lost) throw new ProblemError('not-found', `the baseline or policy of verdict ${verdict.id} is no longer stored`);
  return { baseline, nearest, policy };
}

/**
 * Computes the verdict of a sealed run from what is stored, without storing it.
 * @param earlier judges again on the grounds of this verdict instead of today's; equal byte for byte but for id, computedAt and reportUrl
 */
export async function computeVerdict(ports: JudgePorts, run: StoredRun, earlier?: Verdict): Promise<Verdict> {
  const { baseline, nearest, policy } = await (earlier === undefined ? chooseGrounds(ports, run) : recallGrounds(ports, earlier));
  const members = baseline === undefined ? [] : await readMembers(ports, baseline);
  const goldenRunIds = new Set(members.map((member) => member.runId));
  const sealedAtMs = (await readSeal(ports.store, run.runId))?.sealedAtMs ?? ports.nowMs();
  const { acceptDriftAfterRuns } = policy.policy;
  const question = { run, goldenRunIds, sealedAtMs, acceptDriftAfterRuns, earlier };
  const history = baseline === undefined ? NO_HISTORY : await readHistory(ports.store, { ...question, baselineId: baseline.baselineId });
  const measurements = await readMeasurementsByRun(ports.store, [run.runId, ...goldenRunIds, ...history.servingRunIds]);
  const measuredIn = (runId: string) => measurements.get(runId) ?? [];
  return judgeRun({
    run: toJudgedRun(run),
    baseline: baseline === undefined ? null : { id: baseline.baselineId, digest: baseline.digest, runs: members },
    nearest: nearest === undefined ? null : { id: nearest.baselineId, digest: nearest.digest, runs: await readMembers(ports, nearest) },
    candidateMeasurements: measuredIn(run.runId),
    baselineMeasurements: [...goldenRunIds].flatMap(measuredIn),
    history: history.runs.map((one) => ({ ...one, measurements: measuredIn(one.run.runId) })),
    nowMs: sealedAtMs,
    policy: policy.policy,
    policyDigest: policy.digest,
    verdictId: ports.newId(),
    computedAt: new Date(ports.nowMs()).toISOString(),
    reportUrl: `${ports.publicUrl()}/v1/runs/${run.runId}/report`,
    engineVersion: VERSION,
    seed: ENGINE_SEED,
  });
}

export function createJudge(ports: JudgePorts): Judge {
  const running = new Map<string, Promise<Verdict>>();

  async function judgeNow(runId: string): Promise<Verdict> {
    const stored = await readVerdict(ports.store, runId);
    if (stored !== undefined) return stored;
    const [run] = await readRunsById(ports.store, [runId]);
    if (run?.sealDigest == null) throw new ProblemError('run-incomplete', `run ${runId} is not sealed; only sealed runs are judged`);
    const stop = ports.metrics.judgeSeconds.startTimer();
    const verdict = await putVerdict(ports.store, await computeVerdict(ports, run));
    stop();
    ports.metrics.verdicts.inc({ status: verdict.status });
    return verdict;
  }

  function judge(runId: string): Promise<Verdict> {
    const known = running.get(runId);
    if (known !== undefined) return known;
    const judging = withSpan('judge run', { 'plumbline.run.id': runId }, () => judgeNow(runId)).finally(() => running.delete(runId));
    running.set(runId, judging);
    return judging;
  }

  return {
    judge,
    judgeLeftovers: async () => {
      const runIds = await readUnjudgedRunIds(ports.store);
      const failures: unknown[] = [];
      for (const runId of runIds) await judge(runId).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${runIds.length} sealed runs could not be judged`);
      return runIds.length;
    },
    drain: async () => {
      await Promise.allSettled(running.values());
    },
  };
}
