import { toFact } from '../../wire/facts.ts';
import type { Environment } from '../../wire/run.ts';
import { parseChronyTracking } from './parse-clock.ts';
import { parseCpuinfo, toCpuFacts, toEmulated, toIsa } from './parse-cpu.ts';
import { NVIDIA_SMI_ARGUMENTS, parseDetectVirt, parseLscpuHypervisor, parseNvidiaSmi, parseOsRelease } from './parse-system.ts';

/** What capturing needs of the machine; each answers undefined instead of throwing when there is no such file or command. */
export type Machine = {
  readonly hostname: string;
  /** As `uname -m` or Node's `process.arch` say it. */
  readonly machine: string;
  readonly kernelRelease: string;
  /** Seconds since the epoch. */
  readonly nowS: number;
  readFile(path: string): Promise<string | undefined>;
  /** stdout of a command that ended with 0. */
  run(command: string, args: readonly string[]): Promise<string | undefined>;
};

/**
 * What this machine is, as the environment of DESIGN.md section 4. Facts that cannot be read are left out, never guessed: an interconnect
 * has to be stated by whoever knows it, and `emulated` is absent where it cannot be told from inside.
 * @param machine the machine's files and commands
 */
export async function captureEnvironment(machine: Machine): Promise<Environment> {
  const isa = toIsa(machine.machine);
  const cpuinfo = parseCpuinfo((await machine.readFile('/proc/cpuinfo')) ?? '');
  const hypervisor = await readHypervisor(machine);
  const compatible = ((await machine.readFile('/proc/device-tree/compatible')) ?? '').split('\0').filter((name) => name !== '');
  const bios = await readFact(machine, '/sys/class/dmi/id/bios_version');
  return withoutAbsent({
    isa,
    hostname: machine.hostname,
    ...(await readBoard(machine)),
    cpu: withoutEmpty(toCpuFacts(cpuinfo)),
    os: parseOsRelease((await machine.readFile('/etc/os-release')) ?? ''),
    kernel: machine.kernelRelease,
    toolchain: await readToolchain(machine),
    gpus: await readGpus(machine),
    firmware: bios === undefined ? undefined : { bios },
    emulated: toEmulated({ isa, cpuinfo, hypervisor, compatible }),
    clock: parseChronyTracking((await machine.run('chronyc', ['-c', 'tracking'])) ?? '', machine.nowS),
    conditions: withoutEmpty(await readConditions(machine, hypervisor)),
  });
}

async function readFact(machine: Machine, path: string): Promise<string | undefined> {
  return toFact(await machine.readFile(path));
}

async function readBoard(machine: Machine): Promise<{ board?: string; boardRevision?: string }> {
  const board =
    (await readFact(machine, '/sys/class/dmi/id/board_name')) ??
    (await readFact(machine, '/sys/class/dmi/id/product_name')) ??
    (await readFact(machine, '/proc/device-tree/model'));
  const boardRevision = await readFact(machine, '/sys/class/dmi/id/board_version');
  return { ...(board === undefined ? {} : { board }), ...(boardRevision === undefined ? {} : { boardRevision }) };
}

async function readHypervisor(machine: Machine): Promise<string | undefined> {
  const detected = await machine.run('systemd-detect-virt', ['--vm']);
  return detected === undefined ? parseLscpuHypervisor((await machine.run('lscpu', [])) ?? '') : parseDetectVirt(detected);
}

async function readToolchain(machine: Machine): Promise<{ name: string; version: string } | undefined> {
  const version = toFact((await machine.run('gcc', ['-dumpfullversion'])) ?? (await machine.run('gcc', ['-dumpversion'])));
  return version === undefined ? undefined : { name: 'gcc', version };
}

async function readGpus(machine: Machine): Promise<Environment['gpus'] | undefined> {
  const gpus = parseNvidiaSmi((await machine.run('nvidia-smi', NVIDIA_SMI_ARGUMENTS)) ?? '');
  return gpus.length === 0 ? undefined : [...gpus];
}

async function readConditions(machine: Machine, hypervisor: string | undefined): Promise<Record<string, string>> {
  const noTurbo = await readFact(machine, '/sys/devices/system/cpu/intel_pstate/no_turbo');
  return withoutAbsent({
    governor: await readFact(machine, '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    smt: await readFact(machine, '/sys/devices/system/cpu/smt/control'),
    turbo: noTurbo === undefined ? undefined : noTurbo === '1' ? 'off' : 'on',
    clocksource: await readFact(machine, '/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    hypervisor,
  });
}

/** The members that have a value. */
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function withoutAbsent<T extends object>(members: T): Present<T>;
function withoutAbsent(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function withoutEmpty<T extends object>(members: T): T | undefined {
  return Object.keys(members).length === 0 ? undefined : members;
}
