import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute } from '../../analysis/attribution.ts';
import { compareEnvironments, computeClassKey } from '../../analysis/comparability.ts';
import type { Environment } from '../../wire/run.ts';

const base: Environment = {
  isa: 'riscv64',
  hostname: 'lab-07',
  board: 'b100',
  kernel: '6.12.1',
  cpu: { model: 'rv64gc', microcode: 'u12', cores: 8 },
  toolchain: { name: 'gcc', version: '14.2.0' },
  gpus: [
    { model: 'H100', uuid: 'GPU-1', driver: '580.1' },
    { model: 'A100', uuid: 'GPU-2', driver: '580.1' },
  ],
  interconnect: { kind: 'nvlink-fusion', version: 'nvf1.0' },
  clock: { offsetNs: 120 },
  conditions: { governor: 'performance' },
};

const cases: readonly {
  readonly name: string;
  readonly candidate: Environment;
  readonly status: string;
  readonly keys: readonly string[];
}[] = [
  { name: 'equal environments are comparable', candidate: base, status: 'comparable', keys: [] },
  {
    name: 'the order of GPUs does not matter',
    candidate: { ...base, gpus: [...(base.gpus ?? [])].reverse() },
    status: 'comparable',
    keys: [],
  },
  { name: 'another kernel is a change', candidate: { ...base, kernel: '6.12.2' }, status: 'different', keys: ['kernel:change'] },
  {
    name: 'another compiler is a change',
    candidate: { ...base, toolchain: { name: 'gcc', version: '15' } },
    status: 'different',
    keys: ['toolchain.version:change'],
  },
  { name: 'an unknown member is a change', candidate: { ...base, hypervisor: 'kvm' }, status: 'different', keys: ['hypervisor:change'] },
  { name: 'another host is identity only', candidate: { ...base, hostname: 'lab-08' }, status: 'comparable', keys: ['hostname:identity'] },
  {
    name: 'another governor is a condition',
    candidate: { ...base, conditions: { governor: 'powersave' } },
    status: 'comparable',
    keys: ['conditions.governor:condition'],
  },
  { name: 'another board is another class', candidate: { ...base, board: 'b200' }, status: 'incomparable', keys: ['board:class'] },
  {
    name: 'a GPU fewer is another class',
    candidate: { ...base, gpus: [{ model: 'H100', uuid: 'GPU-1', driver: '580.1' }] },
    status: 'incomparable',
    keys: ['gpus[].driver:change', 'gpus[].model:class', 'gpus[].uuid:identity'],
  },
  { name: 'emulated timing is another class', candidate: { ...base, emulated: true }, status: 'incomparable', keys: ['emulated:class'] },
  { name: 'emulated false is as good as unsaid', candidate: { ...base, emulated: false }, status: 'comparable', keys: [] },
];
for (const { name, candidate, status, keys } of cases) {
  test(name, () => {
    const comparability = compareEnvironments(candidate, [base]);
    assert.equal(comparability.status, status);
    assert.deepEqual(
      comparability.differing.map((one) => `${one.key}:${one.class}`),
      keys,
    );
  });
}

test('a candidate equal to any golden run does not differ; otherwise the baseline shows the list of values', () => {
  const golden = [base, { ...base, kernel: '6.12.0' }];
  assert.deepEqual(compareEnvironments(base, golden).differing, []);
  const [kernel] = compareEnvironments({ ...base, kernel: '6.13.0' }, golden).differing;
  assert.deepEqual(kernel, { key: 'kernel', baseline: ['6.12.0', '6.12.1'], candidate: '6.13.0', class: 'change' });
});

test('without golden runs there is no baseline', () => {
  assert.equal(compareEnvironments(base, null).status, 'no_baseline');
});

test('the class key holds the class and nothing else', () => {
  const { key, digest } = computeClassKey(base);
  assert.deepEqual(key, {
    isa: 'riscv64',
    board: 'b100',
    'cpu.model': 'rv64gc',
    'gpus[].model': ['A100', 'H100'],
    'interconnect.kind': 'nvlink-fusion',
    emulated: false,
  });
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(computeClassKey({ ...base, kernel: '1', hostname: 'x', emulated: false }).digest, digest);
  assert.notEqual(computeClassKey({ ...base, isa: 'aarch64' }).digest, digest);
});

const subject = { name: 'driver', version: '2.4.1' };

test('one changed key is the cause, and both values are named', () => {
  const [cause, ...rest] = attribute('drift', compareEnvironments({ ...base, kernel: '6.13' }, [base]), subject, [subject]);
  assert.deepEqual(cause, { cause: 'kernel', evidence: '6.12.1 became 6.13', share: null });
  assert.deepEqual(rest, []);
});

test('several changed keys are confounded, and all named', () => {
  const causes = attribute('regression', compareEnvironments({ ...base, kernel: '6.13', os: 'debian 13' }, [base]), subject, [subject]);
  assert.deepEqual(
    causes.map((one) => one.cause),
    ['kernel', 'os'],
  );
  assert.match(causes[0]?.evidence ?? '', /confounded with 1 more/);
});

test('without a changed key the subject is named, from and to', () => {
  const [cause] = attribute('drift', compareEnvironments(base, [base]), { ...subject, version: '2.5.0', commit: 'abc' }, [subject]);
  assert.deepEqual(cause, {
    cause: 'subject',
    evidence: 'driver 2.4.1 became driver 2.5.0, commit abc; the environment did not change',
    share: null,
  });
});

test('a run that passes has nothing to explain', () => {
  assert.deepEqual(attribute('pass', compareEnvironments({ ...base, kernel: '6.13' }, [base]), subject, [subject]), []);
});
