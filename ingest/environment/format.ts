import type { Warning } from '../../wire/payload.ts';
import type { Environment } from '../../wire/run.ts';

/** Ids of the formats that `PUT /v1/runs/{runId}/environment?format=` takes. */
export const ENVIRONMENT_FORMAT_IDS = [
  'json',
  'gcc-v',
  'clang-v',
  'readelf',
  'proc-version',
  'proc-cpuinfo',
  'hwprobe',
  'lscpu-json',
  'dmidecode',
  'ethtool',
  'nvidia-smi-q',
  'fwupd-json',
  'opensbi',
  'chronyc-tracking',
  'chronyc-csv',
  'pmc',
  'ptp4l-log',
  'phc2sys-log',
] as const;
export type EnvironmentFormatId = (typeof ENVIRONMENT_FORMAT_IDS)[number];

/** What one tool says about a machine; every member is optional, none is guessed. */
export type PartialEnvironment = Partial<Environment>;

export type EnvironmentFinding = {
  readonly environment: PartialEnvironment;
  /** Second-best names of facts that another tool names better (Arm core names of lscpu): they fill what is missing and never replace. */
  readonly fallback?: PartialEnvironment;
  readonly warnings: readonly Warning[];
};

/** What a parser cannot read out of the text. */
export type EnvironmentContext = {
  /** When the output was captured, seconds since the epoch: tells a lost time source by the age of its last update. */
  readonly nowS: number;
};

/** One tool's output about a machine. */
export type EnvironmentFormat = {
  readonly id: EnvironmentFormatId;
  /** One sentence for people: which tool and call prints this. */
  readonly summary: string;
  /** Whether a text that starts like this could be of this format. */
  readonly detect: (head: string) => boolean;
  /** @throws ParseError when the text is not what this tool prints, or says that it failed */
  readonly parse: (text: string, context: EnvironmentContext) => EnvironmentFinding;
};
