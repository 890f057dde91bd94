import type { GateAnswer } from '../../../baselines/index.ts';
import type { RunAnswer } from '../../../cli/answers.ts';
import type { Finding, Verdict, VerdictStatus } from '../../../wire/verdict.ts';

export const RUN_ID = '0190c1de-0000-7000-8000-000000000001';

export const EXAMPLE_RUN: RunAnswer = {
  runId: RUN_ID,
  project: 'compute',
  suite: 'offload',
  kind: 'nightly',
  state: 'judged',
  subject: { name: 'nvlink-driver', version: '2.4.1+nvf1.0' },
  environment: { isa: 'riscv64', hostname: 'lab-07' },
  labels: { rack: '4' },
  createdAt: '2026-11-21T01:00:00.000Z',
  createdAtNs: '1795222800000000000',
  verdict: null,
  withdrawn: null,
};

export function exampleFinding(members: Partial<Finding>): Finding {
  return {
    seriesId: '0190c1de-0000-7000-8000-00000000000a',
    region: 'offload/copy',
    metric: 'latency',
    unit: 'ns',
    better: 'lower',
    labels: {},
    family: 'tail',
    statistic: 'p99',
    status: 'pass',
    gated: true,
    baseline: 100,
    candidate: 101,
    delta: 0.01,
    deltaCi95: [0, 0.02],
    tolerance: { drift: 0.05, regression: 0.15 },
    minimumDetectableEffect: 0.02,
    repetitionsNeeded: null,
    pValue: 0.5,
    qValue: 0.5,
    sampleCount: 3000,
    repetitionCount: 3,
    change: 0.01,
    since: null,
    ongoing: false,
    evidence: {},
    reasons: [],
    ...members,
  };
}

export function exampleVerdict(status: VerdictStatus, members: Partial<Verdict> = {}): Verdict {
  return {
    id: '0190c1de-0000-7000-8000-000000000002',
    runId: RUN_ID,
    project: 'compute',
    suite: 'offload',
    status,
    score: 1,
    reasons: [],
    comparability: { status: 'comparable', differing: [] },
    attribution: [],
    suspects: [],
    findings: [exampleFinding({ status })],
    baseline: null,
    references: [],
    historyDigest: null,
    policyDigest: 'sha256:00',
    engine: { version: '1', seed: 1 },
    computedAt: '2026-11-21T01:00:02.000Z',
    reportUrl: 'http://127.0.0.1:8420/report',
    ...members,
  };
}

export function exampleGate(status: GateAnswer['status']): GateAnswer {
  return {
    ok: status === 'pass',
    status,
    reasons: [],
    findings: [],
    findingCount: 0,
    runs: [],
    subject: {
      query: '2.4.1',
      name: 'nvlink-driver',
      version: '2.4.1',
      commit: null,
      branch: null,
      digest: null,
      names: ['nvlink-driver'],
      versions: ['2.4.1'],
    },
    baseline: null,
    policyDigest: 'sha256:00',
    reportUrl: null,
  };
}
