import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ArchitectureReading,
  compareArchitectures,
  toCodeGenerationAttribution,
} from '../../../analysis/history/across-architectures.ts';
import type { VerdictStatus } from '../../../wire/verdict.ts';

/** One machine's reading of region `fft`. */
const read = (isa: string, status: VerdictStatus, overrides: Partial<ArchitectureReading> = {}): ArchitectureReading => ({
  runId: `${isa}-run`,
  isa,
  emulated: false,
  changedKeys: ['subject.commit'],
  regions: [{ region: 'fft', status }],
  ...overrides,
});

test('worse on RISC-V and clean on x86: code generation is suspect', () => {
  const findings = compareArchitectures([read('x86_64', 'pass'), read('riscv64', 'regression')]);
  assert.deepEqual(findings, [
    {
      region: 'fft',
      suspicion: 'code_generation',
      worseOn: ['riscv64'],
      cleanOn: ['x86_64'],
      confoundedWith: [],
      evidence: ['worse on riscv64 and not on x86_64'],
    },
  ]);
  assert.deepEqual(toCodeGenerationAttribution(findings), {
    cause: 'code generation',
    evidence: 'fft: worse on riscv64 and not on x86_64',
    share: null,
  });
});

const cases: readonly {
  readonly name: string;
  readonly readings: readonly ArchitectureReading[];
  readonly suspicions: readonly string[];
}[] = [
  {
    name: 'worse on both: the source is common',
    readings: [read('riscv64', 'drift'), read('x86_64', 'regression')],
    suspicions: ['common'],
  },
  { name: 'clean on both says nothing', readings: [read('riscv64', 'pass'), read('x86_64', 'improvement')], suspicions: [] },
  { name: 'one architecture alone says nothing', readings: [read('riscv64', 'regression')], suspicions: [] },
  {
    name: 'an inconclusive x86 is not a clean one',
    readings: [read('riscv64', 'regression'), read('x86_64', 'inconclusive')],
    suspicions: [],
  },
  {
    name: 'machines of one architecture that disagree are on no side',
    readings: [read('riscv64', 'regression'), read('riscv64', 'pass'), read('x86_64', 'pass')],
    suspicions: [],
  },
  {
    name: 'a third architecture that is worse too joins the worse side',
    readings: [read('riscv64', 'regression'), read('aarch64', 'drift'), read('x86_64', 'pass')],
    suspicions: ['code_generation'],
  },
];
for (const { name, readings, suspicions } of cases) {
  test(name, () => {
    assert.deepEqual(
      compareArchitectures(readings).map((finding) => finding.suspicion),
      suspicions,
    );
    assert.deepEqual(compareArchitectures(readings.toReversed()), compareArchitectures(readings));
  });
}

test('a toolchain that changed there only supports it, a kernel that did is confounded with it, emulation is said', () => {
  const changedKeys = ['kernel', 'subject.commit', 'toolchain.version'];
  const [finding] = compareArchitectures([read('riscv64', 'regression', { changedKeys, emulated: true }), read('x86_64', 'pass')]);
  assert.deepEqual(finding?.confoundedWith, ['kernel']);
  assert.deepEqual(finding?.evidence, [
    'worse on riscv64 and not on x86_64',
    'toolchain.version changed there only',
    'kernel changed there only and may be the cause instead',
    'riscv64 emulated: believe counts, not times',
  ]);
});

test('a kernel that did not change on every machine that got worse is not confounded', () => {
  const updated = read('riscv64', 'regression', { changedKeys: ['kernel', 'subject.commit'] });
  const [finding] = compareArchitectures([updated, read('riscv64', 'regression'), read('x86_64', 'pass')]);
  assert.deepEqual(finding?.confoundedWith, []);
});

test('no region points at code generation: no attribution', () => {
  assert.equal(toCodeGenerationAttribution(compareArchitectures([read('riscv64', 'drift'), read('x86_64', 'drift')])), null);
});
