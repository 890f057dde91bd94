import type { GateRun } from '../../baselines/index.ts';
import type { RunRecord } from '../../wire/run.ts';
import type { Finding, Reason, ReasonCode, Verdict } from '../../wire/verdict.ts';

/** Complete runs, findings and verdicts for tests; every argument overwrites a member of a plain passing one. */
export const HOUR_NS = 3_600_000_000_000n;
export const NOW_NS = 1_800_000_000_000_000_000n;

export function exampleReasons(...codes: readonly ReasonCode[]): readonly Reason[] {
  return codes.map((code) => ({ code, detail: `because of ${code}` }));
}

export function exampleFinding(members: Partial<Finding> = {}): Finding {
  return {
    seriesId: 's1',
    region: 'copy',
    metric: 'latency',
    unit: 'ns',
    better: 'lower',
    labels: {},
    family: 'center',
    statistic: 'centre',
    status: 'pass',
    gated: true,
    baseline: 1000,
    candidate: 1001,
    delta: 0.001,
    deltaCi95: [-0.002, 0.004],
    tolerance: { drift: 0.01, regression: 0.05 },
    minimumDetectableEffect: 0.012,
    repetitionsNeeded: null,
    pValue: 0.4,
    qValue: 0.6,
    sampleCount: 3000,
    repetitionCount: 3,
    change: 0.001,
    since: null,
    ongoing: false,
    evidence: {},
    reasons: [],
    ...members,
  };
}

export function exampleVerdict(members: Partial<Verdict> = {}): Verdict {
  return {
    id: 'v1',
    runId: 'r1',
    project: 'acme',
    suite: 'nightly',
    status: 'pass',
    score: 1,
    reasons: [],
    comparability: { status: 'comparable', differing: [] },
    attribution: [],
    suspects: [],
    findings: [exampleFinding()],
    baseline: { id: 'b1', digest: 'sha256:aa' },
    references: [],
    historyDigest: null,
    policyDigest: 'sha256:policy',
    engine: { version: '1', seed: 7 },
    computedAt: '2027-01-15T08:00:00Z',
    reportUrl: '/v1/runs/r1/report',
    ...members,
  };
}

export function exampleRun(members: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: 'r1',
    project: 'acme',
    suite: 'nightly',
    kind: 'release',
    subject: { name: 'driver', version: '2.4.1', commit: 'abc123' },
    environment: { isa: 'riscv64', hostname: 'lab-07' },
    createdAtNs: String(NOW_NS - HOUR_NS),
    createdBy: 'plb_t1',
    ...members,
  };
}

/** A judged run whose verdict carries its id. `status` and `findings` go into the verdict. */
export function exampleGateRun({
  runId = 'r1',
  suite = 'nightly',
  verdict = {},
  run = {},
  ...members
}: {
  readonly runId?: string;
  readonly suite?: string;
  readonly verdict?: Partial<Verdict> | null;
  readonly run?: Partial<RunRecord>;
} & Partial<Omit<GateRun, 'run' | 'verdict'>> = {}): GateRun {
  return {
    run: exampleRun({ runId, suite, ...run }),
    state: 'judged',
    verdict: verdict === null ? null : exampleVerdict({ id: `v-${runId}`, runId, suite, ...verdict }),
    classDigest: 'sha256:class-a',
    override: null,
    ...members,
  };
}
