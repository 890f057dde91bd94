import type { EnvironmentFormatId } from './format.ts';

/** A small text about a machine: for docs/formats.md, and for the tests that damage every format. */
export type EnvironmentExample = {
  /** As the tool prints it, shortened. */
  readonly text: string;
  /** Number of the line that the page shows, from 1. */
  readonly shown: number;
};

/** One example of each format about a machine; a format without one does not compile. */
export const ENVIRONMENT_EXAMPLES: Readonly<Record<EnvironmentFormatId, EnvironmentExample>> = {
  json: { text: '{"isa":"riscv64","board":"acme-b100","cpu":{"cores":8},"toolchain":{"name":"gcc","version":"14.2.0"}}\n', shown: 1 },
  'gcc-v': {
    text: 'Using built-in specs.\nTarget: x86_64-linux-gnu\nThread model: posix\ngcc version 12.2.0 (Debian 12.2.0-14+deb12u1) \n',
    shown: 4,
  },
  'clang-v': { text: 'Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu\nThread model: posix\n', shown: 1 },
  readelf: {
    text: "\nString dump of section '.comment':\n  [     0]  GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\n\n",
    shown: 3,
  },
  'proc-version': {
    text: 'Linux version 6.12.107+deb13-riscv64 (debian-kernel@lists.debian.org) (riscv64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) #1 SMP Debian 6.12.107-1 (2026-08-29)\n',
    shown: 1,
  },
  'proc-cpuinfo': {
    text: 'processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc_zicsr_sscofpmf\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\n\n',
    shown: 3,
  },
  hwprobe: { text: 'riscv_hwprobe rc=0\nkey=0 MVENDORID value=0x67e\nkey=5 CPUPERF_0 value=0x3\n', shown: 3 },
  'lscpu-json': {
    text: '{\n   "lscpu": [\n      {"field": "Architecture:", "data": "x86_64"},\n      {"field": "CPU(s):", "data": "2"},\n      {"field": "Model name:", "data": "AMD EPYC"}\n   ]\n}\n',
    shown: 5,
  },
  dmidecode: {
    text: '# dmidecode 3.4\nGetting SMBIOS data from sysfs.\nSMBIOS 3.2.1 present.\n\nHandle 0x0000, DMI type 0, 26 bytes\nBIOS Information\n\tVendor: American Megatrends Inc.\n\tVersion: 3.3\n\nHandle 0x0002, DMI type 2, 15 bytes\nBase Board Information\n\tManufacturer: Supermicro\n\tProduct Name: X11DDW-L\n\tVersion: 1.10\n\n',
    shown: 13,
  },
  ethtool: {
    text: 'driver: mlx5_core\nversion: 6.19.0-061900-generic\nfirmware-version: 26.43.2566 (MT_0000000531)\n',
    shown: 3,
  },
  'nvidia-smi-q': {
    text: '\n==============NVSMI LOG==============\n\nDriver Version                            : 525.105.17\nCUDA Version                              : 12.0\n\nAttached GPUs                             : 1\nGPU 00000000:18:00.0\n    Product Name                          : NVIDIA H800\n    GPU UUID                              : GPU-34bf77d1-c686-6821-79a8-32d326c5039c\n    VBIOS Version                         : 96.00.51.00.0E\n',
    shown: 11,
  },
  'fwupd-json': { text: '{\n  "Devices" : [\n    { "Name" : "System Firmware", "Version" : "1.20.0" }\n  ]\n}\n', shown: 3 },
  opensbi: {
    text: '\nOpenSBI v1.6\n\nPlatform Name             : StarFive VisionFive 2 v1.3B\nBoot HART Base ISA        : rv64imafdc\n',
    shown: 4,
  },
  'chronyc-tracking': {
    text: 'Reference ID    : 7F000001 (127.0.0.1)\nStratum         : 4\nRef time (UTC)  : Fri Nov 20 18:51:32 2026\nSystem time     : 0.000001079 seconds fast of NTP time\nLast offset     : +0.000000050 seconds\nRMS offset      : 0.000000142 seconds\nFrequency       : 0.027 ppm fast\nResidual freq   : +0.002 ppm\nSkew            : 0.104 ppm\nRoot delay      : 0.000006106 seconds\nRoot dispersion : 0.000001169 seconds\nUpdate interval : 0.3 seconds\nLeap status     : Normal\n',
    shown: 4,
  },
  'chronyc-csv': {
    text: '7F000001,127.0.0.1,4,1795200692.059766635,-0.000001079,0.000000050,0.000000142,0.027,0.002,0.104,0.000006106,0.000001173,0.3,Normal\n',
    shown: 1,
  },
  pmc: {
    text: 'sending: GET CURRENT_DATA_SET\n\tea29a2.fffe.ec330a-0 seq 0 RESPONSE MANAGEMENT CURRENT_DATA_SET\n\t\tstepsRemoved     1\n\t\toffsetFromMaster 218.0\n\t\tmeanPathDelay    2118.0\n',
    shown: 4,
  },
  'ptp4l-log': {
    text: 'ptp4l[12.1]: master offset      -3900 s1 freq    -100 path delay      9000\nptp4l[13.1]: master offset         90 s2 freq    -100 path delay      2300\n',
    shown: 2,
  },
  'phc2sys-log': {
    text: 'phc2sys[629.628]: phc offset     64668 s1 freq  -37690 delay   2726\nphc2sys[646.630]: phc offset      -333 s2 freq  -37426 delay   2747\n',
    shown: 2,
  },
};
