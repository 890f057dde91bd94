import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EmulationHints, parseCpuinfo, toCpuFacts, toEmulated, toIsa } from '../../../collectors/environment/index.ts';

// The heads of /proc/cpuinfo of: the x86 virtual machine of the demo's captures; QEMU 10 -M virt -cpu rv64 (TCG); QEMU with the ids of a
// Dubhe-80; an Arm Neoverse N1 (field names of arch/arm64/kernel/cpuinfo.c).
const XEON =
  'processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Processor\nmicrocode\t: 0x1\nflags\t\t: fpu vme hypervisor lahf_lm\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Processor\nmicrocode\t: 0x1\nflags\t\t: fpu vme hypervisor lahf_lm\n';
const RISCV_TCG =
  'processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdch_zicntr_sscofpmf\nmmu\t\t: sv57\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\n';
const RISCV_U74 =
  'processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\nuarch\t\t: sifive,u74-mc\nmvendorid\t: 0x489\nmarchid\t\t: 0x8000000000000007\nmimpid\t\t: 0x4210427\n';
const NEOVERSE =
  'processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n';

test('names the processor, its microcode and how many there are', () => {
  assert.deepEqual(toCpuFacts(parseCpuinfo(XEON)), { model: 'Intel(R) Xeon(R) Processor', microcode: '0x1', cores: 2 });
});

test('names a RISC-V core by the device tree, else by its three ids', () => {
  assert.equal(toCpuFacts(parseCpuinfo(RISCV_U74)).model, 'sifive,u74-mc');
  assert.equal(toCpuFacts(parseCpuinfo(RISCV_TCG)).model, '0x0-0x0-0x0');
});

test('names an Arm core by implementer, part, variant and revision', () => {
  assert.deepEqual(toCpuFacts(parseCpuinfo(NEOVERSE)), { model: '0x41-0xd0c-0x3-1', cores: 1 });
});

test('states nothing about a processor whose cpuinfo cannot be read', () => {
  assert.deepEqual(toCpuFacts(parseCpuinfo('')), {});
});

for (const [machine, isa] of [
  ['x86_64', 'x86_64'],
  ['x64', 'x86_64'],
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['aarch64', 'aarch64'],
  ['riscv64', 'riscv64'],
] as const) {
  test(`calls ${machine} ${isa}`, () => assert.equal(toIsa(machine), isa));
}

const cases: readonly { name: string; hints: Omit<EmulationHints, 'cpuinfo'> & { cpuinfo: string }; emulated: boolean | undefined }[] = [
  { name: 'KVM on x86', hints: { isa: 'x86_64', cpuinfo: XEON, hypervisor: 'kvm', compatible: [] }, emulated: false },
  {
    name: 'TCG on x86, by its CPUID signature',
    hints: { isa: 'x86_64', cpuinfo: XEON, hypervisor: 'qemu', compatible: [] },
    emulated: true,
  },
  {
    name: 'TCG on x86, by the model of -cpu max',
    hints: { isa: 'x86_64', cpuinfo: XEON.replaceAll('Intel(R) Xeon(R) Processor', 'QEMU TCG CPU version 2.5+'), compatible: [] },
    emulated: true,
  },
  { name: 'a virtual x86 that nobody names', hints: { isa: 'x86_64', cpuinfo: XEON, compatible: [] }, emulated: undefined },
  { name: 'bare metal x86', hints: { isa: 'x86_64', cpuinfo: XEON.replaceAll(' hypervisor', ''), compatible: [] }, emulated: false },
  { name: 'TCG on RISC-V', hints: { isa: 'riscv64', cpuinfo: RISCV_TCG, compatible: ['riscv-virtio'] }, emulated: true },
  {
    name: 'a virtual RISC-V with the ids of silicon',
    hints: { isa: 'riscv64', cpuinfo: RISCV_U74, compatible: ['riscv-virtio'] },
    emulated: undefined,
  },
  {
    name: 'a RISC-V board',
    hints: { isa: 'riscv64', cpuinfo: RISCV_U74, compatible: ['starfive,visionfive-2-v1.3b', 'starfive,jh7110'] },
    emulated: false,
  },
  { name: 'RISC-V without a device tree', hints: { isa: 'riscv64', cpuinfo: RISCV_U74, compatible: [] }, emulated: undefined },
  { name: 'an Arm virtual machine', hints: { isa: 'aarch64', cpuinfo: NEOVERSE, compatible: ['linux,dummy-virt'] }, emulated: undefined },
  {
    name: "QEMU's own Arm processor",
    hints: { isa: 'aarch64', cpuinfo: NEOVERSE.replace('0x41', '0x00'), compatible: ['linux,dummy-virt'] },
    emulated: true,
  },
];
for (const { name, hints, emulated } of cases) {
  test(`says ${emulated} to whether ${name} is emulated`, () => {
    assert.equal(toEmulated({ ...hints, cpuinfo: parseCpuinfo(hints.cpuinfo) }), emulated);
  });
}
