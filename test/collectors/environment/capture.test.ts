import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureEnvironment, type Machine, parseNvidiaSmi, parseOsRelease, thisMachine } from '../../../collectors/environment/index.ts';

type Given = {
  readonly files?: Readonly<Record<string, string>>;
  readonly commands?: Readonly<Record<string, string>>;
  readonly machine?: string;
};

function machineOf({ files = {}, commands = {}, machine = 'x86_64' }: Given): Machine {
  return {
    hostname: 'lab-07',
    machine,
    kernelRelease: '6.12.107',
    nowS: 1795200693,
    readFile: (path) => Promise.resolve(files[path]),
    run: (command, args) => Promise.resolve(commands[[command, ...args].join(' ')]),
  };
}

// `. /etc/os-release`, lscpu, cpuinfo and gcc of the machine that made the demo's captures (Firecracker guest, Debian 12).
const OS_RELEASE =
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n';
const CPUINFO = 'processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Processor\nmicrocode\t: 0x1\nflags\t\t: fpu hypervisor\n\nprocessor\t: 1\n';

test('states what a virtual machine without board, governor and GPU can tell, and nothing else', async () => {
  const environment = await captureEnvironment(
    machineOf({
      files: {
        '/etc/os-release': OS_RELEASE,
        '/proc/cpuinfo': CPUINFO,
        '/sys/devices/system/cpu/smt/control': 'notsupported\n',
        '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
      },
      commands: {
        'gcc -dumpfullversion': '12.2.0\n',
        lscpu: 'Architecture:          x86_64\nHypervisor vendor:     KVM\nVirtualization type:   full\n',
        'chronyc -c tracking': '506 Cannot talk to daemon\n',
      },
    }),
  );
  assert.deepEqual(environment, {
    isa: 'x86_64',
    hostname: 'lab-07',
    cpu: { model: 'Intel(R) Xeon(R) Processor', microcode: '0x1', cores: 2 },
    os: 'debian 12',
    kernel: '6.12.107',
    toolchain: { name: 'gcc', version: '12.2.0' },
    emulated: false,
    conditions: { smt: 'notsupported', clocksource: 'tsc', hypervisor: 'kvm' },
  });
});

test('reads board, firmware, GPUs, clock and governor where the machine has them', async () => {
  const environment = await captureEnvironment(
    machineOf({
      files: {
        '/sys/class/dmi/id/board_name': 'X13DEG-OAD\n',
        '/sys/class/dmi/id/board_version': '1.10\n',
        '/sys/class/dmi/id/bios_version': '2.1\n',
        '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'performance\n',
        '/sys/devices/system/cpu/intel_pstate/no_turbo': '1\n',
      },
      commands: {
        'nvidia-smi --query-gpu=name,uuid,vbios_version,driver_version --format=csv,noheader':
          'NVIDIA H100 80GB HBM3, GPU-5e1f0c52-7d0b-4a61-9d0e-0d3c1b7f2a10, [N/A], 580.65.06\n',
        'chronyc -c tracking':
          '7F000001,127.0.0.1,4,1795200692.059766635,0.000000120,0.000000050,0.000000142,0.027,0.002,0.104,0.000006106,0.000001173,0.3,Normal\n',
      },
    }),
  );
  assert.equal(environment.board, 'X13DEG-OAD');
  assert.equal(environment.boardRevision, '1.10');
  assert.deepEqual(environment.firmware, { bios: '2.1' });
  assert.deepEqual(environment.gpus, [
    { model: 'NVIDIA H100 80GB HBM3', uuid: 'GPU-5e1f0c52-7d0b-4a61-9d0e-0d3c1b7f2a10', driver: '580.65.06' },
  ]);
  assert.deepEqual(environment.clock, { source: 'ntp', synchronised: true, offsetNs: -120, uncertaintyNs: 4346 });
  assert.deepEqual(environment.conditions, { governor: 'performance', turbo: 'off' });
});

test('names a board without DMI by its device tree, whose strings end in NUL', async () => {
  const environment = await captureEnvironment(
    machineOf({
      machine: 'riscv64',
      files: {
        '/sys/class/dmi/id/product_name': 'To Be Filled By O.E.M.\n',
        '/proc/device-tree/model': 'StarFive VisionFive 2 v1.3B\0',
        '/proc/device-tree/compatible': 'starfive,visionfive-2-v1.3b\0starfive,jh7110\0',
      },
    }),
  );
  assert.deepEqual(environment, {
    isa: 'riscv64',
    hostname: 'lab-07',
    kernel: '6.12.107',
    board: 'StarFive VisionFive 2 v1.3B',
    emulated: false,
  });
});

test('prefers systemd-detect-virt and takes none for bare metal', async () => {
  const bare = await captureEnvironment(
    machineOf({ commands: { 'systemd-detect-virt --vm': 'none\n', lscpu: 'Hypervisor vendor: KVM\n' } }),
  );
  assert.equal(bare.conditions, undefined);
  const emulated = await captureEnvironment(
    machineOf({ files: { '/proc/cpuinfo': CPUINFO }, commands: { 'systemd-detect-virt --vm': 'qemu\n' } }),
  );
  assert.equal(emulated.emulated, true);
});

test('captures an ISA and a hostname on the machine of this test', async () => {
  const environment = await captureEnvironment(thisMachine(Date.now()));
  assert.match(environment.isa, /^[a-z0-9_]+$/);
  assert.notEqual(environment.hostname, '');
});

for (const [name, text, os] of [
  ['quoted members', OS_RELEASE, 'debian 12'],
  ['bare members', 'ID=arch\nBUILD_ID=rolling\n', 'arch'],
  ['single quotes', "ID='fedora'\nVERSION_ID='43'\n", 'fedora 43'],
  ['no ID', 'NAME="x"\n', undefined],
] as const) {
  test(`reads os-release with ${name}`, () => assert.equal(parseOsRelease(text), os));
}

test('finds no GPU in the error text of nvidia-smi', () => {
  assert.deepEqual(parseNvidiaSmi("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"), []);
});
