import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOutcome } from '../../../cli/demo/outcome.ts';
import type { Finding, Verdict } from '../../../wire/verdict.ts';
import { exampleFinding, exampleGate, exampleVerdict } from '../support/examples.ts';

const P99 = exampleFinding({ status: 'regression', delta: 0.43 });
const WCET = exampleFinding({ family: 'wcet', metric: 'execution.time', region: 'pid_cascade', statistic: 'p999', status: 'drift' });
const RATE = exampleFinding({ family: 'rate', metric: 'nvlink.crc_flit_errors', region: 'gpu0', statistic: null, status: 'regression' });
const QUIET = exampleFinding({ region: 'offload/kernel', statistic: 'centre' });

const FIRMWARE = {
  status: 'different',
  differing: [{ key: 'firmware.board', baseline: 'r12', candidate: 'r13', class: 'change' }],
} as const;

function judge(findings: readonly Finding[], members: Partial<Verdict> = {}) {
  return exampleVerdict('regression', { findings, comparability: FIRMWARE, ...members });
}

const failures = (verdict: Verdict, gate: 'pass' | 'fail' = 'fail') => checkOutcome(verdict, exampleGate(gate)).filter(({ ok }) => !ok);

test('is content when everything planted was found and nothing else', () => {
  assert.deepEqual(failures(judge([P99, WCET, RATE, QUIET])), []);
});

for (const [what, verdict, said] of [
  [
    'an effect that was called a drift only',
    judge([{ ...P99, status: 'drift' }, WCET, RATE]),
    /p99 of offload\/copy.*expected regression, found drift, worse by 43\.0 %/,
  ],
  ['an effect without any finding', judge([P99, WCET]), /NVLink flit CRC errors.*found no such finding/],
  ['a false alarm', judge([P99, WCET, RATE, { ...QUIET, status: 'regression' }]), /nothing was planted: latency centre of offload\/kernel/],
  [
    'a firmware that is not named',
    judge([P99, WCET, RATE], { comparability: { status: 'comparable', differing: [] } }),
    /firmware\.board is not named/,
  ],
  ['another status', judge([P99, WCET, RATE], { status: 'drift' }), /the verdict is drift/],
] as const) {
  test(`tells of ${what}`, () => {
    const [first, ...others] = failures(verdict);
    assert.match(first?.detail ?? '', said);
    assert.deepEqual(others, []);
  });
}

test('tells of a gate that would let the candidate out', () => {
  assert.deepEqual(failures(judge([P99, WCET, RATE]), 'pass'), [{ ok: false, detail: 'the gate says pass' }]);
});

test('does not mind a regression that is not gated', () => {
  assert.deepEqual(failures(judge([P99, WCET, RATE, { ...QUIET, status: 'regression', gated: false }])), []);
});
