/** The processor as an environment names it. */
export type CpuFacts = { readonly model?: string; readonly microcode?: string; readonly cores?: number };

/** `uname -m` or Node's `process.arch` as the names DESIGN.md uses; others are passed on as they are. */
export function toIsa(machine: string): string {
  if (machine === 'x64' || machine === 'amd64') return 'x86_64';
  if (machine === 'arm64') return 'aarch64';
  return machine;
}

/**
 * Every `name : value` of /proc/cpuinfo with its values in order, one per processor that has the line.
 * @example parseCpuinfo('processor\t: 0\nmicrocode\t: 0x1\n').get('microcode') // ['0x1']
 */
export function parseCpuinfo(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim();
    const values = found.get(name) ?? [];
    values.push(line.slice(colon + 1).trim());
    found.set(name, values);
  }
  return found;
}

/**
 * Model, microcode and number of processors. x86 and some others name their model; RISC-V names its core (`uarch`) where the device tree
 * knows it, else `mvendorid-marchid-mimpid` as perf spells it; Arm gives `implementer-part-variant-revision`.
 */
export function toCpuFacts(cpuinfo: ReadonlyMap<string, readonly string[]>): CpuFacts {
  const model =
    first(cpuinfo, 'model name') ??
    first(cpuinfo, 'uarch') ??
    joined(cpuinfo, ['mvendorid', 'marchid', 'mimpid']) ??
    joined(cpuinfo, ['CPU implementer', 'CPU part', 'CPU variant', 'CPU revision']);
  const microcode = first(cpuinfo, 'microcode');
  const cores = cpuinfo.get('processor')?.length;
  return {
    ...(model === undefined ? {} : { model }),
    ...(microcode === undefined ? {} : { microcode }),
    ...(cores === undefined ? {} : { cores }),
  };
}

/** Hypervisors that run the guest's instructions on the real processor; `qemu` alone means that its TCG computes them. */
const HARDWARE_HYPERVISORS = new Set(['kvm', 'microsoft', 'vmware', 'xen', 'amazon', 'bhyve', 'oracle']);

/** What `toEmulated` decides by. */
export type EmulationHints = {
  readonly isa: string;
  readonly cpuinfo: ReadonlyMap<string, readonly string[]>;
  /** As systemd-detect-virt or lscpu name it, lower case; undefined when nobody says. */
  readonly hypervisor?: string | undefined;
  /** `compatible` strings of the device tree's root; empty without a device tree. */
  readonly compatible: readonly string[];
};

/**
 * Whether the processor is computed by software (QEMU's TCG), which makes its times meaningless: true, false, or undefined when it cannot
 * be told from inside. A virtual machine on a real processor is not emulated.
 */
export function toEmulated(hints: EmulationHints): boolean | undefined {
  if (first(hints.cpuinfo, 'model name')?.includes('QEMU TCG') === true) return true;
  switch (hints.isa) {
    case 'x86_64': {
      const flags = first(hints.cpuinfo, 'flags')?.split(/\s+/);
      if (flags === undefined) return undefined;
      if (!flags.includes('hypervisor')) return false;
      if (hints.hypervisor === 'qemu') return true; // CPUID leaf 0x40000000 says TCGTCGTCGTCG
      return hints.hypervisor !== undefined && HARDWARE_HYPERVISORS.has(hints.hypervisor) ? false : undefined;
    }
    case 'riscv64':
      if (hints.compatible.length === 0) return undefined;
      if (!hints.compatible.includes('riscv-virtio')) return false;
      // QEMU's virt board: KVM passes the host's vendor and architecture on, TCG's generic cores have none.
      return first(hints.cpuinfo, 'mvendorid') === '0x0' && first(hints.cpuinfo, 'marchid') === '0x0' ? true : undefined;
    case 'aarch64':
      if (first(hints.cpuinfo, 'CPU implementer') === '0x00') return true; // QEMU's own `max` processor
      if (hints.compatible.length === 0) return undefined;
      return hints.compatible.includes('linux,dummy-virt') ? undefined : false;
    default:
      return undefined;
  }
}

function first(cpuinfo: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const value = cpuinfo.get(name)?.[0];
  return value === '' ? undefined : value;
}

function joined(cpuinfo: ReadonlyMap<string, readonly string[]>, names: readonly string[]): string | undefined {
  const values = names.map((name) => first(cpuinfo, name));
  return values.every((value) => value !== undefined) ? values.join('-') : undefined;
}
