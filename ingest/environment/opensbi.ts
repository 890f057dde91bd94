import { type Line, readLines, refuse, splitAtColon, toFact, toFinding, WarningTally, withoutAbsent, withoutEmpty } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';
import { parseKernelLine } from './proc-version.ts';

const BANNER = /^OpenSBI v(\d\S*)$/;
const SPECIFICATION = /^SBI specification v(\d+\.\d+) detected$/;
const IMPLEMENTATION = /^SBI implementation ID=(0x[0-9a-f]{1,8}) Version=(0x[0-9a-f]{1,16})$/i;
/** Implementation ids of the SBI specification, chapter 4 (base extension). */
const IMPLEMENTATIONS: readonly string[] = [
  'Berkeley Boot Loader',
  'OpenSBI',
  'Xvisor',
  'KVM',
  'RustSBI',
  'Diosix',
  'Coffer',
  'Xen Project',
  'PolarFire Hart Software Services',
  'coreboot',
  'oreboot',
  'bhyve',
];
const OPENSBI = 1n;
/** The model QEMU's virt board gives itself. */
const QEMU_VIRT = 'riscv-virtio,qemu';

/** Lines without the time stamp dmesg or printk puts before them. */
function strip(line: Line): Line {
  return { text: line.text.replace(/^(?:<\d+>)?\[ *\d+\.\d+\] /, '').trim(), number: line.number };
}

function findOne(lines: readonly Line[], pattern: RegExp): RegExpExecArray | undefined {
  for (const line of lines) {
    const found = pattern.exec(line.text);
    if (found !== null) return found;
  }
  return undefined;
}

/** The value of an aligned `Name   : value` line of OpenSBI's banner. */
function bannerFact(lines: readonly Line[], name: string): string | undefined {
  const pair = lines.map((line) => splitAtColon(line.text)).find((one) => one?.name.toLowerCase() === name.toLowerCase());
  const fact = toFact(pair?.value);
  return fact === '---' ? undefined : fact;
}

type Firmware = { readonly opensbi?: string; readonly sbi?: string; readonly sbiImplementation?: string };

/** Versions by the banner of OpenSBI itself, else by what Linux was answered: OpenSBI encodes major << 16 | minor. */
function readFirmware(lines: readonly Line[]): { readonly firmware: Firmware; readonly isOpenSbi: boolean } {
  const banner = findOne(lines, BANNER)?.[1];
  const [, idText, versionText] = findOne(lines, IMPLEMENTATION) ?? [];
  const id = idText === undefined ? undefined : BigInt(idText);
  const version = BigInt(versionText ?? '0x0');
  const answered = id === OPENSBI ? `${version >> 16n}.${version & 0xffffn}` : undefined;
  const sbi = findOne(lines, SPECIFICATION)?.[1] ?? bannerFact(lines, 'Runtime SBI Version');
  const other = id === undefined || id === OPENSBI ? undefined : `${IMPLEMENTATIONS[Number(id)] ?? `id ${idText}`} ${versionText}`;
  return {
    firmware: withoutAbsent({ opensbi: banner ?? answered, sbi, sbiImplementation: other }),
    isOpenSbi: banner !== undefined || id === OPENSBI,
  };
}

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text).map(strip);
  const { firmware, isOpenSbi } = readFirmware(lines);
  if (withoutEmpty(firmware) === undefined) {
    refuse("there is neither 'OpenSBI v…' nor 'SBI specification v… detected'; send the console's boot log or dmesg");
  }
  const base = bannerFact(lines, 'Boot HART Base ISA') ?? bannerFact(lines, 'Boot HART ISA');
  const width = /^rv(32|64)/.exec(base ?? '')?.[1];
  const board = bannerFact(lines, 'Platform Name') ?? bannerFact(lines, 'Machine model');
  const kernels = lines.flatMap((line) => parseKernelLine(line.text) ?? []);
  return toFinding(
    withoutAbsent({
      isa: width === undefined ? undefined : `riscv${width}`,
      board,
      firmware,
      ...(kernels.length === 1 ? kernels[0] : {}),
      // A guest of KVM has no machine mode: its SBI is KVM (id 3). OpenSBI on QEMU's board runs on a processor that software computes.
      emulated: isOpenSbi && board === QEMU_VIRT ? true : undefined,
    }),
    new WarningTally(),
    'no firmware was found',
  );
}

/** Firmware below the kernel of a RISC-V machine. */
export const opensbiFormat: EnvironmentFormat = {
  id: 'opensbi',
  summary: 'boot log of a RISC-V machine: OpenSBI banner on the console, or what dmesg says of the SBI',
  detect: (head) =>
    head.split('\n').some((line) => [BANNER, SPECIFICATION].some((pattern) => pattern.test(strip({ text: line, number: 0 }).text))),
  parse,
};
