import type { PrintedGate, VerdictReport } from '../../dashboards/index.ts';
import type { Verdict } from '../../wire/verdict.ts';
import { exampleFinding, exampleReasons, exampleRun, exampleVerdict } from '../baselines/examples.ts';

/** One regressed nightly with something of everything, for golden outputs. */
export const REGRESSED: VerdictReport = {
  run: exampleRun({
    kind: 'nightly',
    subject: { name: 'gpu-driver', version: '2.4.1+nvf1.0+k5.19+riscv64', commit: '0123456789abcdef0123' },
  }),
  verdict: exampleVerdict({
    status: 'regression',
    score: 0.6,
    reasons: exampleReasons('regressed', 'provisional'),
    comparability: {
      status: 'different',
      differing: [
        { key: 'conditions.governor', baseline: 'performance', candidate: 'powersave', class: 'condition' },
        { key: 'toolchain.version', baseline: '14.2.0', candidate: '14.3.0', class: 'change' },
        { key: 'gpus', baseline: [{ model: 'H100', driver: '580.1' }], candidate: null, class: 'change' },
      ],
    },
    attribution: [{ cause: 'data movement', evidence: 'NVLink bytes rose by 11 % while work stayed equal', share: 0.84 }],
    suspects: [{ seriesId: 's4', region: 'scatter', metric: 'latency', statistic: 'p99' }],
    findings: [
      exampleFinding(),
      exampleFinding({
        seriesId: 's2',
        region: 'copy',
        statistic: 'p99',
        family: 'tail',
        status: 'regression',
        baseline: 1_234_567,
        candidate: 1_493_826,
        delta: 0.21,
        deltaCi95: [0.17, 0.25],
        change: 0.21,
        tolerance: { drift: 0.05, regression: 0.15 },
        minimumDetectableEffect: 0.031,
        qValue: 0.00001234,
        labels: { gpu: '0', link: '3' },
        reasons: exampleReasons('regressed'),
      }),
      exampleFinding({
        seriesId: 's3',
        region: 'stream triad',
        metric: 'bandwidth',
        unit: 'By/s',
        better: 'higher',
        status: 'drift',
        baseline: 812.4e9,
        candidate: 789.1e9,
        delta: 0.0287,
        deltaCi95: [0.02, 0.037],
        change: -0.0287,
        qValue: 0.0123,
        reasons: exampleReasons('drifted'),
      }),
      exampleFinding({
        seriesId: 's4',
        region: 'scatter',
        statistic: 'p99',
        status: 'inconclusive',
        delta: 0.04,
        deltaCi95: [-0.06, 0.15],
        candidate: 2080,
        baseline: 2000,
        change: 0.04,
        repetitionsNeeded: 9,
        minimumDetectableEffect: 0.12,
        reasons: exampleReasons('not_precise_enough'),
      }),
      exampleFinding({
        seriesId: 's5',
        region: 'idle',
        metric: 'nvlink.crc_flit_errors',
        unit: '1',
        family: 'rate',
        statistic: null,
        status: 'pass',
        gated: false,
        baseline: null,
        candidate: 12,
        delta: null,
        deltaCi95: null,
        change: null,
        tolerance: null,
        minimumDetectableEffect: null,
        pValue: null,
        qValue: null,
        sampleCount: 1,
        repetitionCount: 1,
      }),
      exampleFinding({
        seriesId: 's6',
        region: 'reduce',
        status: 'improvement',
        baseline: 5000,
        candidate: 4500,
        delta: -0.1,
        deltaCi95: [-0.12, -0.08],
        change: -0.1,
        qValue: 0.001,
      }),
    ],
  }),
};

export const PASSED: VerdictReport = { run: exampleRun(), verdict: exampleVerdict() };

export const FIRST_RUN: VerdictReport = {
  run: exampleRun(),
  verdict: exampleVerdict({
    status: 'inconclusive',
    score: null,
    reasons: exampleReasons('no_baseline'),
    baseline: null,
    findings: [],
    comparability: { status: 'no_baseline', differing: [] },
  }),
};

/** Everything a hostile region name can try at once. */
export const ATTACK =
  'a|b`c``\n| x | y |\u001b[31m\u001b]8;;http://evil\u0007<script>alert(1)</script>\u202e@team #1 [x](http://evil) **b** \\| </details>\r';

const hostile = (verdict: Verdict): Verdict => ({
  ...verdict,
  id: ATTACK,
  reportUrl: 'javascript:alert(1)',
  baseline: { id: ATTACK, digest: ATTACK },
  reasons: [{ code: 'regressed', detail: ATTACK }],
  attribution: [{ cause: ATTACK, evidence: ATTACK, share: null }],
  comparability: { status: 'different', differing: [{ key: ATTACK, baseline: ATTACK, candidate: { [ATTACK]: ATTACK }, class: 'change' }] },
  findings: [
    exampleFinding({ status: 'regression', region: ATTACK, metric: ATTACK, unit: ATTACK, labels: { [ATTACK]: ATTACK }, delta: 0.5 }),
    exampleFinding({ region: ATTACK }),
  ],
});

export const HOSTILE: VerdictReport = {
  run: exampleRun({
    runId: ATTACK,
    suite: ATTACK,
    subject: { name: ATTACK, version: ATTACK, commit: ATTACK },
    environment: { isa: ATTACK, hostname: ATTACK },
  }),
  verdict: hostile(exampleVerdict({ status: 'regression' })),
};

export const HOSTILE_GATE: PrintedGate = {
  status: 'fail',
  reasons: [
    { code: 'regression', detail: ATTACK, effect: 'fail' },
    { code: 'overridden', detail: ATTACK, effect: 'note' },
  ],
  findings: [{ ...exampleFinding({ status: 'regression', region: ATTACK, delta: 0.5 }), suite: ATTACK, runId: ATTACK }],
  findingCount: 1,
  runs: [
    {
      runId: ATTACK,
      suite: ATTACK,
      state: 'judged',
      role: 'decides',
      status: 'regression',
      score: 0.5,
      override: { reason: ATTACK, by: ATTACK },
    },
  ],
  subject: { query: ATTACK, name: ATTACK, version: ATTACK },
  baseline: null,
  policyDigest: 'sha256:policy',
  reportUrl: '//evil.example/x',
};
