import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { detectEnvironmentFormat, ENVIRONMENT_FORMATS, type EnvironmentFormatId } from '../../../ingest/environment/index.ts';
import { assertRefused, hasSamples, SAMPLES, sample } from '../formats/support/reading.ts';

/** Real output. The facts below were read off the files by eye and with grep; the sums are written beside them. */
const skip = hasSamples ? false : 'the collection of real samples is not beside this checkout';
const NOW_S = 1795200693; // a second after the chronyc captures

const DEBIAN_GCC = { name: 'gcc', version: '12.2.0', package: 'Debian 12.2.0-14+deb12u1' };
const QEMU_ISA =
  'rv64imafdch_zicbom_zicboz_zicntr_zicsr_zifencei_zihintntl_zihintpause_zihpm_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs_sscofpmf_sstc_svvptc';
const RISCV_KERNEL = {
  kernel: '6.12.107+deb13-riscv64',
  kernelBuild: {
    compiler: 'riscv64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0',
    linker: 'GNU ld (GNU Binutils for Debian) 2.44',
    version: '#1 SMP Debian 6.12.107-1 (2026-08-29)',
  },
};
const CLANG = { toolchain: { name: 'clang', version: '14.0.6', vendor: 'Debian', target: 'x86_64-pc-linux-gnu' } };
const QEMU_CPU = { isa: 'riscv64', cpu: { model: '0x0-0x0-0x0', cores: 1, isa: QEMU_ISA } };

type Row = readonly [file: string, format: EnvironmentFormatId, environment: object, warnings?: readonly string[]];
const read: readonly Row[] = [
  ['env/clang--version.txt', 'clang-v', CLANG],
  ['env/clang-v.txt', 'clang-v', CLANG],
  ['env/ethtool-T-veth.txt', 'ethtool', { conditions: { timestamping: 'software' } }],
  ['env/ethtool-T.txt', 'ethtool', { conditions: { timestamping: 'software' } }],
  [
    'env/ethtool-i-mlx5-field.txt',
    'ethtool',
    { firmware: { 'nic:mlx5_core': '26.43.2566 (MT_0000000531)' }, drivers: { mlx5_core: '6.19.0-061900-generic' } },
  ],
  ['env/ethtool-i.txt', 'ethtool', { drivers: { virtio_net: '1.0.0' } }, ['no_firmware']],
  ['env/gcc-v.txt', 'gcc-v', { toolchain: { ...DEBIAN_GCC, target: 'x86_64-linux-gnu' } }],
  [
    'env/riscv64-linux-gnu-gcc-v.txt',
    'gcc-v',
    { toolchain: { name: 'gcc', version: '12.2.0', package: 'Debian 12.2.0-13', target: 'riscv64-linux-gnu' } },
  ],
  [
    'env/lscpu-J.json',
    'lscpu-json',
    { isa: 'x86_64', cpu: { model: 'AMD EPYC', cores: 2 }, emulated: false, conditions: { hypervisor: 'kvm' } },
  ],
  ['env/proc_cpuinfo-head.txt', 'proc-cpuinfo', { cpu: { model: 'AMD EPYC', microcode: '0x1000065' } }, ['truncated']],
  ['env/riscv64-proc-cpuinfo-qemu.txt', 'proc-cpuinfo', QEMU_CPU],
  ['riscv/qemu-virt-cpuinfo.txt', 'proc-cpuinfo', QEMU_CPU],
  [
    'riscv/qemu-dubhe80id-cpuinfo.txt',
    'proc-cpuinfo',
    { isa: 'riscv64', cpu: { model: '0x67e-0x80000000db000080-0x220719', cores: 1, isa: QEMU_ISA } },
  ],
  [
    'env/proc_version.txt',
    'proc-version',
    {
      kernel: '6.18.44-fc-v657',
      kernelBuild: {
        compiler: 'gcc (GCC) 15.3.0',
        linker: 'GNU ld (GNU Binutils) 2.46',
        version: '#1 SMP PREEMPT_DYNAMIC @0',
        preemption: 'PREEMPT_DYNAMIC',
      },
    },
  ],
  ['riscv/qemu-virt-proc_version.txt', 'proc-version', RISCV_KERNEL],
  ['env/readelf-A-riscv64.txt', 'readelf', { toolchain: { arch: 'rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0_zmmul1p0' } }],
  [
    'env/readelf-comment-clang.txt',
    'readelf',
    { toolchain: { name: 'clang', version: '14.0.6', vendor: 'Debian' } },
    ['compiler_of_start_files'],
  ],
  ['env/readelf-comment-riscv64-static.txt', 'readelf', { toolchain: { name: 'gcc', version: '12.2.0', package: 'Debian 12.2.0-13' } }],
  ['env/readelf-comment-x86.txt', 'readelf', { toolchain: DEBIAN_GCC }],
  [
    'env/readelf-gcc-command-line.txt',
    'readelf',
    { toolchain: { name: 'gcc', version: '12.2.0', flags: '-mtune=generic -march=x86-64 -g -O2 -fasynchronous-unwind-tables' } },
  ],
  ['env/readelf-notes-x86.txt', 'readelf', { toolchain: { isaNeeded: 'x86-64-baseline' } }, ['build_id']],
  ['clock/chronyc-c-tracking-unsynchronised.csv', 'chronyc-csv', { clock: { source: 'ntp', synchronised: false } }],
  // |-1079| + 1173 + 6106 / 2 = 5305 ns; the text, printed a moment later, has a dispersion of 1169: 5301 ns.
  ['clock/chronyc-c-tracking.csv', 'chronyc-csv', { clock: { source: 'ntp', synchronised: true, offsetNs: 1079, uncertaintyNs: 5305 } }],
  ['clock/chronyc-tracking-unsynchronised.txt', 'chronyc-tracking', { clock: { source: 'ntp', synchronised: false } }],
  ['clock/chronyc-tracking.txt', 'chronyc-tracking', { clock: { source: 'ntp', synchronised: true, offsetNs: 1079, uncertaintyNs: 5301 } }],
  // 218 + 2118 = 2336 ns; portState UNCALIBRATED.
  ['clock/pmc-3.1.1-slave.txt', 'pmc', { clock: { source: 'ptp', synchronised: false, offsetNs: 218, uncertaintyNs: 2336 } }],
  ['clock/ptp4l-3.1.1-sw-timestamping-master.log', 'ptp4l-log', { clock: { source: 'ptp' } }, ['grandmaster']],
  ['clock/ptp4l-3.1.1-sw-timestamping-slave.log', 'ptp4l-log', { clock: { source: 'ptp', synchronised: false, offsetNs: -1279 } }],
  ['clock/ptp4l-4.2-sw-timestamping-client.log', 'ptp4l-log', { clock: { source: 'ptp', synchronised: false, offsetNs: 59 } }],
  [
    'nvidia-smi/q-h800-driver525-excerpt.txt',
    'nvidia-smi-q',
    {
      gpus: [
        {
          model: 'NVIDIA H800',
          uuid: 'GPU-34bf77d1-c686-6821-79a8-32d326c5039c',
          vbios: '96.00.51.00.0E',
          driver: '525.105.17',
          firmware: '525.105.17',
        },
      ],
    },
    ['gpus_not_shown'],
  ],
  [
    'riscv/qemu-virt-dmesg_pmu.txt',
    'opensbi',
    { board: 'riscv-virtio,qemu', firmware: { opensbi: '1.6', sbi: '2.0' }, emulated: true, ...RISCV_KERNEL },
  ],
  ['riscv/qemu-virt-opensbi-banner.txt', 'opensbi', { isa: 'riscv64', firmware: { opensbi: '1.6' } }],
  [
    'riscv/qemu-virt-hwprobe.txt',
    'hwprobe',
    {
      hwprobe: {
        BASE_BEHAVIOR: '0x1',
        IMA_EXT_0: '0x12811200000fb',
        CPUPERF_0: '0x3',
        ZICBOZ_BLOCK_SIZE: '0x40',
        HIGHEST_VIRT_ADDRESS: '0x100000000000000',
        TIME_CSR_FREQ: '0x989680',
        MISALIGNED_SCALAR_PERF: '0x3',
      },
    },
    ['key_unknown', 'key_unknown'],
  ],
];

const refused: readonly (readonly [file: string, format: EnvironmentFormatId, line: number, message: RegExp])[] = [
  ['env/dmidecode.txt', 'dmidecode', 3, /\/dev\/mem: No such file or directory/],
  ['env/fwupdmgr-get-devices.json', 'fwupd-json', 1, /Failed to connect to daemon/],
  ['env/readelf-comment-sid-perf.txt', 'readelf', 1, /'\.comment' was not dumped/],
  ['env/readelf-gcc-command-line-absent.txt', 'readelf', 1, /command\.line' was not dumped/],
  ['clock/chronyc-no-daemon.txt', 'chronyc-tracking', 1, /506 Cannot talk to daemon/],
  ['clock/chronyc-ntpdata.txt', 'chronyc-tracking', 1, /501 Not authorised/],
  ['clock/pmc-3.1.1-no-daemon.txt', 'pmc', 2, /no answer/],
];

/** Files of these folders that no format of this kind reads, or two do. */
const UNDETECTED: Readonly<Record<string, 'none' | 'ambiguous'>> = {
  'clock/phc2sys-ptp4l-field-logs.txt': 'ambiguous', // lines of both daemons: the caller says which clock is meant
};

describe('real output about machines', { skip }, () => {
  for (const [file, id, environment, warnings = []] of read) {
    test(`reads ${file} as ${id}`, () => {
      const text = sample(file);
      const format = detectEnvironmentFormat(text.slice(0, 4096));
      assert.equal(typeof format === 'string' ? format : format.id, id);
      const found = ENVIRONMENT_FORMATS[id].parse(text, { nowS: NOW_S });
      assert.deepEqual(found.environment, environment);
      assert.deepEqual(
        found.warnings.map(({ code }) => code),
        warnings,
      );
    });
  }

  for (const [file, id, line, message] of refused) {
    test(`refuses ${file} with the tool's own words`, () => {
      const text = sample(file);
      const format = detectEnvironmentFormat(text.slice(0, 4096));
      assert.equal(typeof format === 'string' ? format : format.id, id);
      assertRefused(() => ENVIRONMENT_FORMATS[id].parse(text, { nowS: NOW_S }), line, message);
    });
  }

  test('knows every other file of these folders as none of its formats', () => {
    const known = new Set([...read, ...refused].map(([file]) => file));
    for (const folder of ['env', 'clock', 'nvidia-smi', 'riscv']) {
      for (const name of readdirSync(new URL(`${folder}/`, SAMPLES))) {
        const file = `${folder}/${name}`;
        if (known.has(file)) continue;
        const format = detectEnvironmentFormat(sample(file).slice(0, 4096));
        assert.equal(typeof format === 'string' ? format : format.id, UNDETECTED[file] ?? 'none', file);
      }
    }
  });

  test('reads the phc2sys lines of a log of both daemons: the last is not locked', () => {
    const found = ENVIRONMENT_FORMATS['phc2sys-log'].parse(sample('clock/phc2sys-ptp4l-field-logs.txt'), { nowS: NOW_S });
    assert.deepEqual(found.environment, { clock: { source: 'ptp', synchronised: false, offsetNs: -62 } });
  });

  test('takes the three ids of a hart as a model only where nothing better is known', () => {
    const found = ENVIRONMENT_FORMATS.hwprobe.parse(sample('riscv/qemu-virt-hwprobe.txt'), { nowS: NOW_S });
    assert.deepEqual(found.fallback, { cpu: { model: '0x0-0x0-0x0' } });
  });

  test('refuses excerpts of nvidia-smi -q that name no GPU', () => {
    assertRefused(
      () => ENVIRONMENT_FORMATS['nvidia-smi-q'].parse(sample('nvidia-smi/q-gsp-excerpts.txt'), { nowS: NOW_S }),
      1,
      /GPU <bus id>/,
    );
  });
});
