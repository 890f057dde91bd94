import { readLines, refuse, toFinding, WarningTally, withoutAbsent } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

/** Names of the keys of riscv_hwprobe(2), Documentation/arch/riscv/hwprobe.rst, by number. */
const KEYS: readonly string[] = [
  'MVENDORID',
  'MARCHID',
  'MIMPID',
  'BASE_BEHAVIOR',
  'IMA_EXT_0',
  'CPUPERF_0',
  'ZICBOZ_BLOCK_SIZE',
  'HIGHEST_VIRT_ADDRESS',
  'TIME_CSR_FREQ',
  'MISALIGNED_SCALAR_PERF',
  'MISALIGNED_VECTOR_PERF',
];
const PAIR = /^\s*key\s*[=:]\s*(-?\d+)(?:\s+([A-Z][A-Z0-9_]*))?[\s,]+value\s*[=:]\s*(0x[0-9a-fA-F]{1,16}|\d{1,20})\s*$/;
const STATUS = /^riscv_hwprobe(?:\(\))?\s+rc\s*=\s*(-?\d+)/;
/** The kernel answers a key it does not know with this. */
const UNKNOWN_KEY = '-1';

function parse(text: string): EnvironmentFinding {
  const warnings = new WarningTally();
  const values = new Map<string, string>();
  for (const line of readLines(text)) {
    const status = STATUS.exec(line.text)?.[1];
    if (status !== undefined && status !== '0')
      refuse(`riscv_hwprobe failed with ${status}; the kernel has it from Linux 6.4 on`, line.number);
    const [, key, printedName, value] = PAIR.exec(line.text) ?? [];
    if (key === undefined || value === undefined) {
      if (/^\s*key\b/.test(line.text)) refuse(`the line is not 'key=<number> [NAME] value=<number>': it may be cut off`, line.number);
      continue;
    }
    const name = KEYS[Number(key)] ?? printedName ?? `KEY_${key}`;
    if (key === UNKNOWN_KEY) warnings.add('key_unknown', `this kernel does not know ${printedName ?? 'a key that was asked'}`, line.number);
    else if (values.has(name) && values.get(name) !== toHex(value))
      refuse(`${name} is there twice, with different values; ask for one set of processors`, line.number);
    else values.set(name, toHex(value));
  }
  if (values.size === 0) refuse("there is no line 'key=<number> [NAME] value=<number>'; print the pairs of riscv_hwprobe so");
  const ids = ['MVENDORID', 'MARCHID', 'MIMPID'].map((name) => values.get(name));
  const model = ids.every((id) => id !== undefined) ? ids.join('-') : undefined;
  const described = Object.fromEntries([...values].filter(([name]) => !['MVENDORID', 'MARCHID', 'MIMPID'].includes(name)));
  // /proc/cpuinfo names the core (`uarch`) where the device tree knows it; the three ids stand in for it.
  return toFinding(
    { hwprobe: described },
    warnings,
    'the kernel knows none of the keys',
    withoutAbsent({ cpu: model === undefined ? undefined : { model } }),
  );
}

/** As /proc/cpuinfo prints the ids: hexadecimal, lower case, without leading zeros. */
function toHex(text: string): string {
  return `0x${BigInt(text).toString(16)}`;
}

/** What riscv_hwprobe tells of the harts: extensions, misaligned access, block sizes, time base. */
export const hwprobeFormat: EnvironmentFormat = {
  id: 'hwprobe',
  summary: "pairs of riscv_hwprobe(2), one 'key=<number> [NAME] value=<number>' a line",
  detect: (head) => STATUS.test(head) || head.split('\n').some((line) => PAIR.test(line.trimEnd())),
  parse,
};
