import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  evaluateGate,
  GATE_FINDINGS_LIMIT,
  GATE_STATUSES,
  type GateAnswer,
  type GateQuestion,
  type GateRun,
  matchesSubject,
  toGateHttpStatus,
} from '../../baselines/index.ts';
import { DEFAULT_POLICY, type Policy } from '../../wire/policy.ts';
import type { VerdictStatus } from '../../wire/verdict.ts';
import { exampleFinding, exampleGateRun, exampleReasons, HOUR_NS, NOW_NS } from './examples.ts';

function ask(runs: readonly GateRun[], policy: Partial<Policy> = {}, more: Partial<GateQuestion> = {}): GateAnswer {
  return evaluateGate({
    policy: { ...DEFAULT_POLICY, ...policy },
    policyDigest: 'sha256:policy',
    subjectQuery: { subject: '2.4.1' },
    runs,
    nowNs: NOW_NS,
    ...more,
  });
}

function codes(answer: GateAnswer): readonly string[] {
  return answer.reasons.map((reason) => reason.code);
}

function opened(hoursAgo: number) {
  return { createdAtNs: String(NOW_NS - BigInt(hoursAgo) * HOUR_NS) };
}

const BY_STATUS: readonly {
  readonly status: VerdictStatus;
  readonly policy?: Partial<Policy>;
  readonly expected: string;
  readonly reasons: readonly string[];
}[] = [
  { status: 'pass', expected: 'pass', reasons: [] },
  { status: 'improvement', expected: 'pass', reasons: [] },
  { status: 'drift', expected: 'pass', reasons: ['drift_allowed'] },
  { status: 'drift', policy: { onDrift: 'fail' }, expected: 'fail', reasons: ['drift'] },
  { status: 'regression', expected: 'fail', reasons: ['regression'] },
  { status: 'inconclusive', expected: 'inconclusive', reasons: ['inconclusive'] },
  { status: 'inconclusive', policy: { onInconclusive: 'pass' }, expected: 'pass', reasons: ['inconclusive_allowed'] },
];
for (const { status, policy = {}, expected, reasons } of BY_STATUS)
  test(`a ${status} under ${JSON.stringify(policy)} makes the gate ${expected}`, () => {
    const answer = ask([exampleGateRun({ verdict: { status } })], policy);
    assert.equal(answer.status, expected);
    assert.equal(answer.ok, expected === 'pass');
    assert.deepEqual(codes(answer), reasons);
  });

test('a policy that leaves out its choices blocks on inconclusive and lets drift pass', () => {
  const bare = { policy: { version: 1 as const } };
  assert.equal(ask([exampleGateRun({ verdict: { status: 'inconclusive' } })], {}, bare).status, 'inconclusive');
  assert.equal(ask([exampleGateRun({ verdict: { status: 'drift' } })], {}, bare).status, 'pass');
});

test('a gate nobody has pushed a run for is unknown, and not ok', () => {
  const answer = ask([]);
  assert.equal(answer.status, 'unknown');
  assert.equal(answer.ok, false);
  assert.deepEqual(codes(answer), ['no_runs']);
});

test('every gate status has its HTTP status, and 200 on request', () => {
  assert.deepEqual(
    GATE_STATUSES.map((status) => toGateHttpStatus(status, { always200: false })),
    [200, 412, 409, 404],
  );
  assert.ok(GATE_STATUSES.every((status) => toGateHttpStatus(status, { always200: true }) === 200));
});

test('the latest judged run decides and an earlier failure of the same subject is listed', () => {
  const answer = ask([
    exampleGateRun({ runId: 'old', run: opened(5), verdict: { status: 'regression' } }),
    exampleGateRun({ runId: 'new', run: opened(1) }),
  ]);
  assert.equal(answer.status, 'pass');
  assert.deepEqual(codes(answer), ['earlier_failure']);
  assert.match(answer.reasons[0]?.detail ?? '', /old.*regression/);
  assert.deepEqual(
    answer.runs.map(({ runId, role }) => [runId, role]),
    [
      ['new', 'decides'],
      ['old', 'earlier'],
    ],
  );
});

test('a later regression is not hidden by an earlier pass, in whatever order the runs come', () => {
  const runs = [
    exampleGateRun({ runId: 'new', run: opened(1), verdict: { status: 'regression' } }),
    exampleGateRun({ runId: 'old', run: opened(5) }),
  ];
  assert.equal(ask(runs).status, 'fail');
  assert.equal(ask([...runs].reverse()).status, 'fail');
});

test('a pass in one comparability class does not cover a regression in another', () => {
  const answer = ask([
    exampleGateRun({ runId: 'arm', run: opened(5), classDigest: 'sha256:arm', verdict: { status: 'regression' } }),
    exampleGateRun({ runId: 'riscv', run: opened(1), classDigest: 'sha256:riscv' }),
  ]);
  assert.equal(answer.status, 'fail');
  assert.equal(answer.reportUrl, '/v1/runs/r1/report');
});

test('a pass in one suite does not cover a regression in another', () => {
  const answer = ask([exampleGateRun({ runId: 'a', suite: 'links', verdict: { status: 'regression' } }), exampleGateRun({ runId: 'b' })]);
  assert.equal(answer.status, 'fail');
});

test('two runs opened at one moment are told apart by id, always the same way', () => {
  const runs = [exampleGateRun({ runId: 'a', verdict: { status: 'regression' } }), exampleGateRun({ runId: 'b' })];
  assert.equal(ask(runs).status, 'pass');
  assert.equal(ask([...runs].reverse()).status, 'pass');
});

for (const state of ['open', 'sealing', 'sealed'] as const)
  test(`a run that is ${state} makes the gate inconclusive, even older than a passing one`, () => {
    const answer = ask([exampleGateRun({ runId: 'p', state, verdict: null, run: opened(9) }), exampleGateRun({ runId: 'q' })], {
      onInconclusive: 'pass',
    });
    assert.equal(answer.status, 'inconclusive');
    assert.deepEqual(codes(answer), [state === 'sealed' ? 'run_unjudged' : 'run_unsealed']);
  });

test('a withdrawn run does not count and is said', () => {
  const answer = ask([
    exampleGateRun({ runId: 'w', withdrawn: true, verdict: { status: 'regression' } }),
    exampleGateRun({ runId: 'q', run: opened(2) }),
  ]);
  assert.equal(answer.status, 'pass');
  assert.deepEqual(codes(answer), ['run_withdrawn']);
});

test('a control run neither passes nor fails a gate', () => {
  const control = exampleGateRun({ runId: 'c', run: { kind: 'control' }, verdict: { status: 'regression' } });
  assert.equal(ask([control]).status, 'unknown');
  assert.equal(ask([control, exampleGateRun({ runId: 'q', run: opened(2) })]).status, 'pass');
});

test('runs of another subject never count', () => {
  const other = exampleGateRun({ runId: 'x', run: { subject: { name: 'driver', version: '2.4.2' } } });
  assert.equal(ask([other]).status, 'unknown');
});

for (const [query, expected] of [
  [{ subject: '2.4.1' }, true],
  [{ subject: 'abc123' }, true],
  [{ subject: 'sha256:dd' }, true],
  [{ subject: '2.4' }, false],
  [{ subject: 'abc' }, false],
  [{ subject: '2.4.1', name: 'driver' }, true],
  [{ subject: '2.4.1', name: 'firmware' }, false],
  [{ subject: 'driver' }, false],
  [{ subject: '' }, false],
] as const)
  test(`the query ${JSON.stringify(query)} ${expected ? 'names' : 'does not name'} driver 2.4.1`, () => {
    assert.equal(matchesSubject({ name: 'driver', version: '2.4.1', commit: 'abc123', digest: 'sha256:dd' }, query), expected);
  });

test('two subjects of one version are ambiguous until a name is given', () => {
  const runs = [
    exampleGateRun({ runId: 'a' }),
    exampleGateRun({ runId: 'b', suite: 'boot', run: { subject: { name: 'firmware', version: '2.4.1' } } }),
  ];
  assert.deepEqual(codes(ask(runs)), ['ambiguous_subject']);
  assert.equal(ask(runs, {}, { subjectQuery: { subject: '2.4.1', name: 'firmware' } }).status, 'pass');
});

test('a suite the policy names must have a verdict', () => {
  const answer = ask([exampleGateRun()], { suites: ['nightly', 'links'], onInconclusive: 'pass' });
  assert.equal(answer.status, 'inconclusive');
  assert.deepEqual(codes(answer), ['suite_missing']);
  assert.equal(ask([exampleGateRun()], { suites: ['nightly'] }).status, 'pass');
});

test('a required metric that nobody sends never passes, whatever the policy says of inconclusive', () => {
  const answer = ask([exampleGateRun()], { required: [{ metric: 'bandwidth' }], onInconclusive: 'pass' });
  assert.equal(answer.status, 'inconclusive');
  assert.deepEqual(codes(answer), ['required_missing']);
});

test('a required metric must be judged in every comparability class of its suite', () => {
  const runs = [exampleGateRun({ runId: 'a' }), exampleGateRun({ runId: 'b', classDigest: 'sha256:b', verdict: { findings: [] } })];
  assert.deepEqual(codes(ask(runs, { required: [{ metric: 'latency' }] })), ['required_missing']);
  assert.deepEqual(codes(ask(runs.slice(0, 1), { required: [{ metric: 'latency' }] })), []);
});

test('a required metric of a suite is asked only where that suite ran, and blocks when it ran nowhere', () => {
  const runs = [
    exampleGateRun({ runId: 'a' }),
    exampleGateRun({ runId: 'b', suite: 'cpu', classDigest: 'sha256:b', verdict: { findings: [] } }),
  ];
  assert.equal(ask(runs, { required: [{ suite: 'nightly', metric: 'latency' }] }).status, 'pass');
  assert.deepEqual(codes(ask(runs, { required: [{ suite: 'gpu', metric: 'latency' }] })), ['required_missing']);
});

test('a required metric whose only finding is inconclusive is missing; beside conclusive ones it is inconclusive', () => {
  const open = exampleFinding({ status: 'inconclusive', region: 'open' });
  const required = { required: [{ metric: 'latency' }] };
  assert.deepEqual(codes(ask([exampleGateRun({ verdict: { findings: [open] } })], required)), ['required_missing']);
  assert.deepEqual(codes(ask([exampleGateRun({ verdict: { findings: [open, exampleFinding()] } })], required)), ['required_inconclusive']);
  const ungated = { ...open, gated: false };
  assert.equal(ask([exampleGateRun({ verdict: { findings: [ungated, exampleFinding()] } })], required).status, 'pass');
});

test('a required region is compared whole', () => {
  assert.equal(ask([exampleGateRun()], { required: [{ metric: 'latency', region: 'copy' }] }).status, 'pass');
  assert.equal(ask([exampleGateRun()], { required: [{ metric: 'latency', region: 'cop' }] }).status, 'inconclusive');
});

for (const [delta, expected] of [
  [0.049, 'pass'],
  [0.05, 'inconclusive'],
  [0.08, 'inconclusive'],
  [null, 'inconclusive'],
] as const)
  test(`a provisional drift of ${delta} against a regression tolerance of 0.05 makes the gate ${expected}`, () => {
    const finding = exampleFinding({ status: 'drift', delta, reasons: exampleReasons('provisional', 'drifted') });
    for (const status of ['drift', 'inconclusive'] as const) {
      const answer = ask([exampleGateRun({ verdict: { status, findings: [finding] } })], { onInconclusive: 'pass' });
      assert.equal(answer.status, expected);
      assert.equal(codes(answer).includes('provisional_drift'), expected === 'inconclusive');
    }
  });

test('a drift of that size with history behind it is what the policy says of drift', () => {
  const finding = exampleFinding({ status: 'drift', delta: 0.08, reasons: exampleReasons('drifted') });
  assert.equal(ask([exampleGateRun({ verdict: { status: 'drift', findings: [finding] } })]).status, 'pass');
});

test('a provisional verdict makes its drifts provisional', () => {
  const finding = exampleFinding({ status: 'drift', delta: 0.08 });
  const verdict = { status: 'drift' as const, findings: [finding], reasons: exampleReasons('provisional') };
  assert.equal(ask([exampleGateRun({ verdict })]).status, 'inconclusive');
});

for (const [hours, expected] of [
  [23, 'pass'],
  [24, 'pass'],
  [25, 'inconclusive'],
] as const)
  test(`a run opened ${hours} hours ago under freshnessHours 24 makes the gate ${expected}`, () => {
    const answer = ask([exampleGateRun({ run: opened(hours) })], { freshnessHours: 24, onInconclusive: 'pass' });
    assert.equal(answer.status, expected);
  });

test('judging a stale run again does not make it fresh', () => {
  const rejudged = exampleGateRun({ run: opened(99), verdict: { computedAt: '2027-01-15T08:00:00Z' } });
  assert.deepEqual(codes(ask([rejudged], { freshnessHours: 24 })), ['stale']);
});

const override = { verdictId: 'v-r1', reason: 'waived until the board is fixed', by: 'lead', untilNs: NOW_NS + 1n };

test('an override in force lets a regression pass, and stays visible with the verdict', () => {
  const answer = ask([exampleGateRun({ verdict: { status: 'regression' }, override })]);
  assert.equal(answer.status, 'pass');
  assert.deepEqual(codes(answer), ['overridden']);
  assert.equal(answer.runs[0]?.status, 'regression');
  assert.equal(answer.runs[0]?.override?.reason, override.reason);
});

for (const [name, lapsed] of [
  ['that ends this very nanosecond', { ...override, untilNs: NOW_NS }],
  ['of another verdict', { ...override, verdictId: 'v-else' }],
] as const)
  test(`an override ${name} does nothing`, () => {
    const answer = ask([exampleGateRun({ verdict: { status: 'regression' }, override: lapsed })]);
    assert.equal(answer.status, 'fail');
    assert.equal(answer.runs[0]?.override, null);
  });

test('an override of one run does not lift the regression of another', () => {
  const runs = [
    exampleGateRun({ verdict: { status: 'regression' }, override }),
    exampleGateRun({ runId: 'r2', suite: 'links', verdict: { status: 'regression' } }),
  ];
  assert.deepEqual(codes(ask(runs)), ['regression', 'overridden']);
});

test('an override lifts what the verdict says and not a metric that is absent', () => {
  const run = exampleGateRun({ verdict: { status: 'inconclusive', findings: [exampleFinding({ status: 'inconclusive' })] }, override });
  assert.equal(ask([run], { required: [{ metric: 'latency' }] }).status, 'pass');
  assert.deepEqual(codes(ask([run], { required: [{ metric: 'bandwidth' }] })), ['required_missing', 'overridden']);
});

const tighter = { tolerances: [{ metric: 'latency', drift: 0.01, regression: 0.02 }] };
for (const [name, finding, expected] of [
  ['a confirmed drift at the tighter tolerance', exampleFinding({ status: 'drift', delta: 0.02 }), 'gate_tolerance'],
  [
    'a confirmed drift below it whose interval reaches it',
    exampleFinding({ status: 'drift', delta: 0.019, deltaCi95: [0.01, 0.03] }),
    'tolerance_unproven',
  ],
  ['a pass whose interval excludes it', exampleFinding({ deltaCi95: [-0.01, 0.0199] }), undefined],
  ['a pass whose interval reaches it', exampleFinding({ deltaCi95: [-0.01, 0.02] }), 'tolerance_unproven'],
  ['a pass without an interval', exampleFinding({ deltaCi95: null }), 'tolerance_unproven'],
] as const)
  test(`under a tighter tolerance than the run was judged with, ${name} ${expected === undefined ? 'passes' : `is ${expected}`}`, () => {
    const run = exampleGateRun({ verdict: { status: finding.status, findings: [finding], policyDigest: 'sha256:default' } });
    assert.equal(
      codes(ask([run], tighter)).find((code) => code !== 'drift_allowed'),
      expected,
    );
    const judgedUnderIt = exampleGateRun({ verdict: { status: finding.status, findings: [finding] } });
    assert.equal(ask([judgedUnderIt], tighter).status, 'pass');
  });

test('a looser tolerance does not turn a regression into a pass', () => {
  const run = exampleGateRun({ verdict: { status: 'regression', policyDigest: 'sha256:default' } });
  assert.equal(ask([run], { tolerances: [{ drift: 1, regression: 2 }] }).status, 'fail');
});

for (const [name, evidence, expected] of [
  ['held against the run', { budget: 250_000, highWaterMark: 249_000 }, undefined],
  ['crossed by the high-water mark', { budget: 300_000, highWaterMark: 250_001 }, 'over_budget'],
  ['met exactly by the high-water mark and not judged', { budget: 300_000, highWaterMark: 250_000 }, 'budget_unproven'],
  ['not held against the run', {}, 'budget_unproven'],
] as const)
  test(`a budget of another policy that was ${name} gives ${expected ?? 'no reason'}`, () => {
    const finding = exampleFinding({ region: 'control', metric: 'execution.time', family: 'wcet', evidence });
    const run = exampleGateRun({ verdict: { findings: [finding], policyDigest: 'sha256:default' } });
    assert.equal(codes(ask([run], { budgets: [{ task: 'control', value: 250, unit: 'us' }] }))[0], expected);
  });

test('findings are the gated ones that did not pass, worst first, with their run, and capped', () => {
  const findings = [
    exampleFinding({ region: 'pass' }),
    exampleFinding({ region: 'ungated', status: 'regression', gated: false }),
    exampleFinding({ region: 'drift', status: 'drift', delta: 0.02 }),
    exampleFinding({ region: 'small', status: 'regression', delta: 0.06 }),
    exampleFinding({ region: 'large', status: 'regression', delta: 0.2 }),
    exampleFinding({ region: 'open', status: 'inconclusive', delta: null }),
  ];
  const answer = ask([exampleGateRun({ verdict: { status: 'regression', findings } })]);
  assert.deepEqual(
    answer.findings.map(({ region }) => region),
    ['large', 'small', 'open', 'drift'],
  );
  assert.equal(answer.findings[0]?.runId, 'r1');
  assert.match(answer.reasons[0]?.detail ?? '', /latency centre of large worse by 20 % and 1 more/);
  const many = Array.from({ length: GATE_FINDINGS_LIMIT + 5 }, (_, i) =>
    exampleFinding({ seriesId: `s${i}`, status: 'drift', delta: 0.02 }),
  );
  const capped = ask([exampleGateRun({ verdict: { status: 'drift', findings: many } })]);
  assert.equal(capped.findings.length, GATE_FINDINGS_LIMIT);
  assert.equal(capped.findingCount, GATE_FINDINGS_LIMIT + 5);
});

test('reasons of one kind are cut after twenty with the rest counted', () => {
  const many = Array.from({ length: 33 }, () => exampleFinding({ status: 'drift', delta: 0.2, reasons: exampleReasons('provisional') }));
  const answer = ask([exampleGateRun({ verdict: { status: 'drift', findings: many } })]);
  assert.equal(codes(answer).filter((code) => code === 'provisional_drift').length, 21);
  assert.ok(answer.reasons.some(({ detail }) => detail === '… and 13 more findings like these.'));
});

test('blocking reasons come first and every one has an effect', () => {
  const answer = ask(
    [
      exampleGateRun({ runId: 'a', run: opened(9), verdict: { status: 'regression' } }),
      exampleGateRun({ runId: 'b', run: opened(1), verdict: { status: 'drift' } }),
      exampleGateRun({ runId: 'c', suite: 'links', verdict: { status: 'inconclusive' } }),
      exampleGateRun({ runId: 'd', suite: 'boot', verdict: { status: 'regression' } }),
    ],
    { suites: ['gone'] },
  );
  assert.deepEqual(
    answer.reasons.map(({ effect }) => effect),
    ['fail', 'inconclusive', 'inconclusive', 'note', 'note'],
  );
  assert.equal(answer.status, 'fail');
});
