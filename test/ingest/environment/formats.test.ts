import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  detectEnvironmentFormat,
  ENVIRONMENT_FORMAT_IDS,
  ENVIRONMENT_FORMATS,
  type EnvironmentFormatId,
} from '../../../ingest/environment/index.ts';
import { assertRefused } from '../formats/support/reading.ts';
import * as texts from './texts.ts';

const NOW_S = 1795200693;
const parse = (id: EnvironmentFormatId, text: string, nowS = NOW_S) => ENVIRONMENT_FORMATS[id].parse(text, { nowS });
const FAST =
  '7F000001,127.0.0.1,4,1795200692.059766635,-0.000001079,0.000000050,0.000000142,0.027,0.002,0.104,0.000006106,0.000001173,0.3,Normal\n';

type Row = readonly [name: string, format: EnvironmentFormatId, text: string, environment: object, warnings?: readonly string[]];
const rows: readonly Row[] = [
  [
    'board and BIOS by dmidecode, never serial numbers',
    'dmidecode',
    texts.DMIDECODE,
    { board: 'X11DDW-L', boardRevision: '1.10', firmware: { bios: '3.3', ec: '1.21' } },
  ],
  [
    'a machine whose base board says nothing',
    'dmidecode',
    texts.DMIDECODE_FILLERS,
    { board: 'VMware Virtual Platform', firmware: { bios: '6.00' } },
  ],
  ['an interface that stamps in hardware', 'ethtool', texts.ETHTOOL_T_HARDWARE, { conditions: { timestamping: 'hardware' } }],
  [
    'two adapters of one driver, in any order',
    'ethtool',
    texts.ETHTOOL_I_TWO,
    { firmware: { 'nic:ice': '4.40 0x8001c967, 4.60 0x8001e8b2' }, drivers: { ice: '6.12.107' } },
  ],
  [
    'interfaces that differ, and the driver of one',
    'ethtool',
    `${texts.ETHTOOL_T_HARDWARE}${texts.ETHTOOL_T_SOFTWARE}driver: ice\nversion: 6.12\n`,
    { drivers: { ice: '6.12' } },
    ['interfaces_differ', 'no_firmware'],
  ],
  [
    'two GPUs, one without GSP firmware',
    'nvidia-smi-q',
    texts.NVIDIA_SMI_Q,
    {
      gpus: [
        { model: 'NVIDIA A16', uuid: 'GPU-a', vbios: '94.07.54.00.01', driver: '550.90.12' },
        { model: 'NVIDIA A16', uuid: 'GPU-b', vbios: '94.07.54.00.02', driver: '550.90.12', firmware: '550.90.12' },
      ],
    },
  ],
  [
    'firmware by device, two of one name',
    'fwupd-json',
    texts.FWUPD,
    { firmware: { 'System Firmware': '1.20.0', 'SSD 990 PRO': '4B2QJXD7, 5B2QJXD7' } },
    ['no_version'],
  ],
  [
    'the console of a board',
    'opensbi',
    texts.OPENSBI_BOARD,
    { isa: 'riscv64', board: 'StarFive VisionFive 2 v1.3B', firmware: { opensbi: '1.4-112-g7b4bc9d', sbi: '2.0' } },
  ],
  [
    'the console of QEMU',
    'opensbi',
    texts.OPENSBI_BOARD.replace('StarFive VisionFive 2 v1.3B', 'riscv-virtio,qemu'),
    { isa: 'riscv64', board: 'riscv-virtio,qemu', firmware: { opensbi: '1.4-112-g7b4bc9d', sbi: '2.0' }, emulated: true },
  ],
  [
    'a guest of KVM: its SBI is KVM, and it is not emulated',
    'opensbi',
    'SBI specification v2.0 detected\nSBI implementation ID=0x3 Version=0x60c6b\n',
    { firmware: { sbi: '2.0', sbiImplementation: 'KVM 0x60c6b' } },
  ],
  [
    'lscpu with nested rows',
    'lscpu-json',
    texts.LSCPU_NESTED,
    { isa: 'x86_64', cpu: { model: 'Intel(R) Xeon(R) Gold 6338', cores: 6 }, emulated: false, conditions: { turbo: 'on' } },
  ],
  ['Arm by /proc/cpuinfo, as collectors name it', 'proc-cpuinfo', texts.CPUINFO_ARM, { cpu: { model: '0x41-0xd0c-0x3-1', cores: 2 } }],
  [
    'x86 on bare metal is not emulated',
    'proc-cpuinfo',
    texts.CPUINFO_X86,
    { cpu: { model: 'Intel(R) N100', microcode: '0x1a', cores: 1 }, emulated: false },
  ],
  [
    'QEMU without KVM is emulated',
    'proc-cpuinfo',
    texts.CPUINFO_X86.replace('Intel(R) N100', 'QEMU TCG CPU version 2.5+'),
    { cpu: { model: 'QEMU TCG CPU version 2.5+', microcode: '0x1a', cores: 1 }, emulated: true },
  ],
  [
    'harts that differ',
    'proc-cpuinfo',
    texts.CPUINFO_HARTS,
    { isa: 'riscv64', cpu: { model: 'sifive,s7', cores: 2, isa: 'rv64imac' } },
    ['processors_differ', 'processors_differ'],
  ],
  [
    'gcc of an old build',
    'gcc-v',
    'Using built-in specs.\nTarget: x86_64-redhat-linux\ngcc version 4.8.5 20150623 (Red Hat 4.8.5-44) (GCC) \n',
    { toolchain: { name: 'gcc', version: '4.8.5', package: 'Red Hat 4.8.5-44', target: 'x86_64-redhat-linux' } },
  ],
  [
    "gcc of one's own",
    'gcc-v',
    'Using built-in specs.\nTarget: riscv64-unknown-linux-gnu\ngcc version 15.1.0 (GCC)',
    { toolchain: { name: 'gcc', version: '15.1.0', target: 'riscv64-unknown-linux-gnu' } },
  ],
  [
    'clang of a commit',
    'clang-v',
    'clang version 18.1.3 (https://github.com/llvm/llvm-project.git c13b7485b879)\nTarget: riscv64\n',
    { toolchain: { name: 'clang', version: '18.1.3', build: 'https://github.com/llvm/llvm-project.git c13b7485b879', target: 'riscv64' } },
  ],
  [
    'a kernel with real-time preemption',
    'proc-version',
    'Linux version 6.6.30-rt30 (u@h) (clang version 17.0.6, LLD 17.0.6) #1 SMP PREEMPT_RT Tue Jan 2 2024\n',
    {
      kernel: '6.6.30-rt30',
      kernelBuild: {
        compiler: 'clang version 17.0.6',
        linker: 'LLD 17.0.6',
        version: '#1 SMP PREEMPT_RT Tue Jan 2 2024',
        preemption: 'PREEMPT_RT',
      },
    },
  ],
  ['a kernel line that is cut off', 'proc-version', 'Linux version 6.6.30 (u@h) (gcc (GCC) 13', { kernel: '6.6.30' }, ['truncated']],
  [
    'several versions of GCC in one binary',
    'readelf',
    "String dump of section '.comment':\n  [     0]  GCC: (GNU) 12.1.0\n  [    12]  GCC: (GNU) 13.1.0\nDisplaying notes found in: x\n      Properties: x86 ISA needed: x86-64-v3\n",
    { toolchain: { isaNeeded: 'x86-64-v3' } },
    ['compiler_ambiguous'],
  ],
  [
    'a slow clock by chronyc -c',
    'chronyc-csv',
    FAST.replace('-0.000001079', '0.000001079'),
    { clock: { source: 'ntp', synchronised: true, offsetNs: -1079, uncertaintyNs: 5305 } },
  ],
  [
    'a slow clock by chronyc',
    'chronyc-tracking',
    texts.CHRONY_TEXT.replace('fast of', 'slow of'),
    { clock: { source: 'ptp', synchronised: true, offsetNs: -1079, uncertaintyNs: 5301 } },
  ],
  // largest offset since the lock 90 + path delay 2300; the unlocked -4000 does not count.
  [
    'ptp4l once it has locked',
    'ptp4l-log',
    texts.PTP4L_LOCKED,
    { clock: { source: 'ptp', synchronised: true, offsetNs: 12, uncertaintyNs: 2390 } },
  ],
  [
    'ptp4l that lost its master',
    'ptp4l-log',
    `${texts.PTP4L_LOCKED}ptp4l[20.1]: port 1 (eth0): SLAVE to LISTENING on ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES\n`,
    { clock: { source: 'ptp', synchronised: false } },
  ],
  [
    'summaries of ptp4l after the lock',
    'ptp4l-log',
    'ptp4l[9.1]: port 1: UNCALIBRATED to SLAVE on MASTER_CLOCK_SELECTED\nptp4l[10.1]: rms    4 max    9 freq -11568 +/-   6 delay   272 +/-   0\n',
    { clock: { source: 'ptp', synchronised: true, uncertaintyNs: 281 } },
  ],
  [
    'summaries of ptp4l alone',
    'ptp4l-log',
    'ptp4l[10.1]: rms    4 max    9 freq -11568 +/-   6 delay   272 +/-   0\n',
    { clock: { source: 'ptp', uncertaintyNs: 281 } },
    ['servo_state_unknown'],
  ],
  // |-333| is the largest since the lock; half of the largest delay, 2747: 333 + 1373.5 rounded up.
  [
    'phc2sys once it has locked',
    'phc2sys-log',
    texts.PHC2SYS_LOCKED,
    { clock: { source: 'ptp', synchronised: true, offsetNs: -11, uncertaintyNs: 1707 } },
    ['one_leg'],
  ],
  [
    'a clock that was never set has no offset',
    'phc2sys-log',
    'phc2sys[1205.247]: CLOCK_REALTIME phc offset 1762884964848853638 s0 freq +100000000 delay    684\n',
    { clock: { source: 'ptp', synchronised: false } },
    ['one_leg', 'offset_too_large'],
  ],
  [
    'a port that follows its master',
    'pmc',
    texts.PMC_SLAVE,
    { clock: { source: 'ptp', synchronised: true, offsetNs: -14.5, uncertaintyNs: 562.5 } },
  ],
  [
    'a grandmaster that is gone',
    'pmc',
    texts.PMC_SLAVE.replace('gmPresent                  true', 'gmPresent                  false'),
    { clock: { source: 'ptp', synchronised: false, offsetNs: -14.5, uncertaintyNs: 562.5 } },
  ],
  [
    'an offset without a port state',
    'pmc',
    texts.PMC_SLAVE.slice(0, texts.PMC_SLAVE.indexOf('sending: GET PORT')),
    { clock: { source: 'ptp', offsetNs: -14.5, uncertaintyNs: 562.5 } },
    ['no_port_state'],
  ],
  [
    'unknown members are kept',
    'json',
    '{"kernel":"6.12","rack":{"slot":3},"conditions":{"load":"idle"}}',
    { kernel: '6.12', rack: { slot: 3 }, conditions: { load: 'idle' } },
  ],
  [
    'a board with a probe of its own',
    'hwprobe',
    'key=3 value=1\r\nkey: 6, value: 64\r\n',
    { hwprobe: { BASE_BEHAVIOR: '0x1', ZICBOZ_BLOCK_SIZE: '0x40' } },
  ],
];

describe('formats about a machine', () => {
  for (const [name, id, text, environment, warnings = []] of rows) {
    test(`${id}: ${name}`, () => {
      // The brief rows that only show a rule have one tool's lines, so each is found without format=.
      const format = detectEnvironmentFormat(text.slice(0, 4096));
      assert.equal(typeof format === 'string' ? format : format.id, id);
      const found = parse(id, text);
      assert.deepEqual(found.environment, environment);
      assert.deepEqual(
        found.warnings.map(({ code }) => code),
        warnings,
      );
      assert.deepEqual(parse(id, `\uFEFF${text.replaceAll(/\r?\n/g, '\r\n')}`), found, 'CRLF and a byte order mark change nothing');
    });
  }

  test('lscpu on Arm fills a model and says it is second best', () => {
    const text =
      '{"lscpu":[{"field":"Architecture:","data":"aarch64"},{"field":"CPU(s):","data":"4"},{"field":"Model name:","data":"Neoverse-N1"}]}';
    assert.deepEqual(parse('lscpu-json', text), {
      environment: { isa: 'aarch64', cpu: { cores: 4 } },
      fallback: { cpu: { model: 'Neoverse-N1' } },
      warnings: [],
    });
  });

  test('a clock is synchronised up to the last second of silence and not one later', () => {
    const updateS = 1795200692.0597665;
    assert.equal(parse('chronyc-csv', FAST, updateS + 2047.9).environment.clock?.synchronised, true);
    const stale = parse('chronyc-csv', FAST, updateS + 2048.1);
    assert.equal(stale.environment.clock?.synchronised, false);
    assert.deepEqual(
      stale.warnings.map(({ code }) => code),
      ['stale_reference'],
    );
    assert.equal(parse('chronyc-tracking', texts.CHRONY_TEXT, updateS + 2049).environment.clock?.synchronised, false);
  });

  test('a slow source may be silent for eight updates', () => {
    const slow = FAST.replace(',0.3,Normal', ',1024.0,Normal');
    assert.equal(parse('chronyc-csv', slow, 1795200692 + 8192).environment.clock?.synchronised, true);
    assert.equal(parse('chronyc-csv', slow, 1795200692 + 8193).environment.clock?.synchronised, false);
  });

  test('an update far ahead of the time it was sent is no synchronised clock', () => {
    const found = parse('chronyc-csv', FAST, 1795200692 - 3000);
    assert.equal(found.environment.clock?.synchronised, false);
    assert.deepEqual(
      found.warnings.map(({ code }) => code),
      ['future_reference'],
    );
  });

  test('a text too long for an environment is left out, never cut', () => {
    const found = parse('gcc-v', `Using built-in specs.\nTarget: ${'x'.repeat(513)}\ngcc version 12.2.0\n`);
    assert.deepEqual(found.environment, { toolchain: { name: 'gcc', version: '12.2.0' } });
    assert.deepEqual(
      found.warnings.map(({ code }) => code),
      ['too_long'],
    );
    assert.equal(parse('gcc-v', `Target: ${'x'.repeat(512)}\ngcc version 12.2.0\n`).warnings.length, 0);
  });

  const refusals: readonly (readonly [name: string, id: EnvironmentFormatId, text: string, line: number, message: RegExp])[] = [
    ['two compilers', 'gcc-v', 'gcc version 12.2.0\ngcc version 13.1.0\n', 2, /12\.2\.0 and 13\.1\.0/],
    ['clang sent as gcc', 'gcc-v', 'x\nDebian clang version 14.0.6\n', 2, /format=clang-v/],
    ['a German gcc', 'gcc-v', 'gcc-Version 12.2.0 (Debian 12.2.0-14)\n', 1, /LC_ALL=C/],
    ['a name that occurs twice', 'json', '{"isa":"riscv64",\n"isa":"x86_64"}', 2, /twice/],
    ['a number where text belongs', 'json', '{"kernel":6.12}', 1, /\/kernel must be string/],
    ['a broken type deep inside', 'json', '{"cpu":{"cores":2.5}}', 1, /\/cpu\/cores must be integer/],
    ['a clock whose uncertainty is negative', 'json', '{"clock":{"uncertaintyNs":-1}}', 1, /uncertaintyNs/],
    ['null for a known member', 'json', '{"board":null}', 1, /\/board must be string/],
    ['an integer no double holds', 'json', '{"x":9007199254740993}', 1, /kept exactly/],
    ['NaN', 'json', '{"clock":{"offsetNs":NaN}}', 1, /expected a JSON value/],
    ['nesting without end', 'json', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 1, /32 levels/],
    ['two objects', 'json', '{"os":"a"}\n{"os":"b"}', 2, /follows/],
    ['nothing', 'json', '{}', 1, /empty/],
    ['an empty file', 'dmidecode', '', 1, /empty/],
    ['bytes', 'ethtool', 'driver: x\0', 1, /binary/],
    ['the sources of chronyc', 'chronyc-csv', '^,*,127.0.0.1,3,-2,377,1,0.000000317,0.000000367,0.000003088\n', 1, /14 fields.*has 10/],
    ['a cut line of chronyc', 'chronyc-csv', FAST.slice(0, 60), 1, /14 fields/],
    ['an offset that is no number', 'chronyc-csv', FAST.replace('-0.000001079', 'nan'), 1, /offsetS.*not a number/],
    ['a German chronyc', 'chronyc-csv', FAST.replace('-0.000001079', '-0;000001079'), 1, /offsetS/],
    [
      'a tracking without its leap status',
      'chronyc-tracking',
      texts.CHRONY_TEXT.slice(0, texts.CHRONY_TEXT.indexOf('Leap')),
      1,
      /Leap status/,
    ],
    ['a boundary clock that answered too', 'pmc', texts.PMC_SLAVE + texts.PMC_SLAVE.replaceAll('ea29a2', 'fa29a2'), 2, /2 clocks answered/],
    ['the XML of nvidia-smi that is cut off', 'nvidia-smi-q', '<?xml version="1.0" ?>\n<nvidia_smi_log>\n', 3, /cut off/],
    [
      'a machine without a driver',
      'nvidia-smi-q',
      'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.\n',
      1,
      /has failed/,
    ],
    ['lscpu in another language', 'lscpu-json', '{"lscpu":[{"field":"Architektur:","data":"x86_64"}]}', 1, /LC_ALL=C/],
    ['a hwprobe that failed', 'hwprobe', 'riscv_hwprobe rc=-38\n', 1, /failed with -38/],
    ['a cut pair of hwprobe', 'hwprobe', 'key=0 MVENDORID value=0x0\nkey=1 MARCH', 2, /cut off/],
    ['a single processor that is cut off', 'proc-cpuinfo', texts.CPUINFO_X86.slice(0, 120), 1, /cut off/],
    [
      'a network card as target',
      'phc2sys-log',
      'phc2sys[1.2]: eth1 sys offset        12 s2 freq   +1 delay    5\n',
      1,
      /none of CLOCK_REALTIME/,
    ],
    ['a line of a megabyte', 'clang-v', `clang version ${'1 ('.repeat(40_000)}`, 1, /characters/],
  ];
  for (const [name, id, text, line, message] of refusals) {
    test(`${id} refuses ${name}`, () => {
      assertRefused(() => parse(id, text), line, message);
    });
  }

  test('every id has its format, with a sentence for people', () => {
    for (const id of ENVIRONMENT_FORMAT_IDS) {
      assert.equal(ENVIRONMENT_FORMATS[id].id, id);
      assert.ok(ENVIRONMENT_FORMATS[id].summary.length > 20);
    }
  });
});
