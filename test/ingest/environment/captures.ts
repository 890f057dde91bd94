import type { EnvironmentFormatId } from '../../../ingest/environment/index.ts';
import * as texts from './texts.ts';

/** One small text of every format, for the damage tests. */
export const captures: readonly (readonly [id: EnvironmentFormatId, text: string])[] = [
  ['json', '{"isa":"riscv64","cpu":{"cores":8},"gpus":[{"uuid":"GPU-1"}],"clock":{"offsetNs":-1.5e2,"synchronised":true},"x":[1,null]}'],
  ['gcc-v', 'Using built-in specs.\nTarget: x86_64-linux-gnu\ngcc version 12.2.0 20220101 (Debian 12.2.0-14) (GCC) \n'],
  ['clang-v', 'Debian clang version 14.0.6 (https://x y)\nTarget: x86_64-pc-linux-gnu\n'],
  [
    'readelf',
    "String dump of section '.comment':\n  [     0]  GCC: (Debian 12.2.0-14) 12.2.0\n  [    27]  Debian clang version 14.0.6\n\nString dump of section '.GCC.command.line':\n  [     0]  GNU C17 12.2.0 -O2 -g\n",
  ],
  ['proc-version', 'Linux version 6.12 (u@h) (gcc (GCC) 15.3.0, GNU ld (GNU Binutils) 2.46) #1 SMP PREEMPT_RT @0\n'],
  ['proc-cpuinfo', texts.CPUINFO_ARM],
  ['proc-cpuinfo', texts.CPUINFO_X86],
  ['hwprobe', 'riscv_hwprobe rc=0\nkey=0 MVENDORID value=0x0\nkey=1 MARCHID value=0x80\nkey=2 MIMPID value=0x1\nkey=-1 X value=0x0\n'],
  ['lscpu-json', texts.LSCPU_NESTED],
  ['dmidecode', texts.DMIDECODE],
  ['ethtool', texts.ETHTOOL_I_TWO],
  ['ethtool', texts.ETHTOOL_T_HARDWARE],
  ['nvidia-smi-q', texts.NVIDIA_SMI_Q],
  ['fwupd-json', texts.FWUPD],
  ['opensbi', `${texts.OPENSBI_BOARD}[    0.000000] SBI implementation ID=0x1 Version=0x10006\n`],
  ['chronyc-tracking', texts.CHRONY_TEXT],
  [
    'chronyc-csv',
    '7F000001,127.0.0.1,4,1795200692.059766635,-0.000001079,0.000000050,0.000000142,0.027,0.002,0.104,0.000006106,0.000001173,0.3,Normal\n',
  ],
  ['pmc', texts.PMC_SLAVE],
  ['ptp4l-log', texts.PTP4L_LOCKED],
  ['phc2sys-log', texts.PHC2SYS_LOCKED],
];

/** Every value inside, at any depth. */
export function collectMembers(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(collectMembers);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(collectMembers) : [value];
}
