import {
  distinct,
  type Line,
  readLines,
  refuse,
  splitAtColon,
  toFact,
  toFinding,
  WarningTally,
  withoutAbsent,
  withoutEmpty,
} from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

type Processor = { readonly members: ReadonlyMap<string, string>; readonly line: number };

/** Blocks of /proc/cpuinfo that describe a processor; x86 and RISC-V have one each, Arm ends with a block for the board. */
function readProcessors(lines: readonly Line[]): readonly Processor[] {
  const processors: { members: Map<string, string>; line: number }[] = [];
  let current: Map<string, string> | undefined;
  for (const line of lines) {
    const pair = splitAtColon(line.text);
    if (pair === undefined) {
      if (line.text.trim() === '') current = undefined;
      continue;
    }
    if (pair.name === 'processor') {
      current = new Map();
      processors.push({ members: current, line: line.number });
    }
    current?.set(pair.name, pair.value);
  }
  return processors;
}

/**
 * As collectors/environment names a processor, so that both say the same of one machine: x86 its `model name`; RISC-V its `uarch` where the
 * device tree knows it, else mvendorid-marchid-mimpid; Arm implementer-part-variant-revision.
 */
function toModel({ members }: Processor): string | undefined {
  return (
    toFact(members.get('model name')) ??
    toFact(members.get('uarch')) ??
    joined(members, ['mvendorid', 'marchid', 'mimpid']) ??
    joined(members, ['CPU implementer', 'CPU part', 'CPU variant', 'CPU revision'])
  );
}

function joined(members: ReadonlyMap<string, string>, names: readonly string[]): string | undefined {
  const values = names.map((name) => members.get(name) ?? '');
  return values.every((value) => value !== '') ? values.join('-') : undefined;
}

/** The first processor's fact; others that differ are told, because harts and core types may. */
function readFirst(
  processors: readonly Processor[],
  what: string,
  read: (processor: Processor) => string | undefined,
  warnings: WarningTally,
) {
  const facts = distinct(processors.map(read));
  if (facts.length > 1) {
    const others = facts.slice(1).map((fact) => JSON.stringify(fact ?? null));
    warnings.add(
      'processors_differ',
      `${what} is that of the first processor; others have ${others.slice(0, 4).join(', ')}`,
      processors[0]?.line ?? null,
    );
  }
  return facts[0];
}

/** x86 ends every block with this line. */
const LAST_OF_X86 = 'power management';

/** A block that stops where the one before it goes on was cut off; the number of processors is then not known. */
function isCutOff(processors: readonly Processor[]): boolean {
  const last = processors.at(-1)?.members;
  const names = [...(last?.keys() ?? [])];
  const before = [...(processors.at(-2)?.members.keys() ?? [])];
  if (processors[0]?.members.has('vendor_id') === true && last?.has(LAST_OF_X86) === false) return true;
  return names.length < before.length && names.every((name, index) => name === before[index]);
}

/** Whether software computes the processor, as far as /proc/cpuinfo alone tells: a virtual machine may be on a real processor. */
function toEmulated(first: Processor): boolean | undefined {
  const { members } = first;
  if (members.get('model name')?.includes('QEMU TCG') === true) return true;
  if (members.get('CPU implementer') === '0x00') return true; // QEMU's own `max` processor
  const flags = members.get('vendor_id') === undefined ? undefined : members.get('flags')?.split(/\s+/);
  return flags === undefined || flags.includes('hypervisor') ? undefined : false;
}

function parse(text: string): EnvironmentFinding {
  const processors = readProcessors(readLines(text));
  const [first] = processors;
  if (first === undefined) refuse("there is no line 'processor : 0'; send the file /proc/cpuinfo as it is");
  const warnings = new WarningTally();
  const cutOff = isCutOff(processors);
  if (cutOff)
    warnings.add(
      'truncated',
      'the last processor is cut off, so the number of processors was left out; send all of /proc/cpuinfo',
      processors.at(-1)?.line ?? null,
    );
  const whole = cutOff ? processors.slice(0, -1) : processors;
  if (whole.length === 0) refuse('the only processor is cut off; send all of /proc/cpuinfo', first.line);
  const isa = readFirst(whole, 'cpu.isa', ({ members }) => toFact(members.get('isa')), warnings);
  const cpu = withoutEmpty(
    withoutAbsent({
      model: readFirst(whole, 'cpu.model', toModel, warnings),
      microcode: readFirst(whole, 'cpu.microcode', ({ members }) => toFact(members.get('microcode')), warnings),
      cores: cutOff ? undefined : processors.length,
      isa,
    }),
  );
  const width = /^rv(32|64)/.exec(isa ?? '')?.[1];
  return toFinding(
    withoutAbsent({ isa: width === undefined ? undefined : `riscv${width}`, cpu, emulated: toEmulated(first) }),
    warnings,
    'no processor was found',
  );
}

/** Model, microcode, number of processors and, on RISC-V, the extensions. */
export const procCpuinfoFormat: EnvironmentFormat = {
  id: 'proc-cpuinfo',
  summary: '/proc/cpuinfo of x86, RISC-V or Arm: model, microcode, number of processors, extensions',
  detect: (head) => /^processor\s*: \d/m.test(head),
  parse,
};
