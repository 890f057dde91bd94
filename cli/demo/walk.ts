import type { FormatId, PayloadKind } from '../../wire/payload.ts';
import type { Finding, VerdictStatus } from '../../wire/verdict.ts';

/** The demo's walk as a table: which captured file is pushed as what, and what judging must find. `captures/` holds the files. */

/** When a repetition was captured; what the tools' outputs do not say themselves. */
export type CaptureTimes = {
  /** Epoch nanoseconds in digits, of the two scrapes. */
  readonly dcgmAt1Ns: string;
  readonly dcgmAt2Ns: string;
  /** Seconds the kernel's log was watched. */
  readonly kernelLogExposureS: number;
};

export type CapturedFile = {
  readonly file: string;
  readonly kind: PayloadKind;
  readonly format: FormatId;
  readonly parameters: (times: CaptureTimes) => Readonly<Record<string, string>>;
};

export const PROJECT = 'demo';
export const GATE = 'default';
export const GOLDEN_FOLDERS = ['golden-1', 'golden-2', 'golden-3'] as const;
export const CANDIDATE_FOLDER = 'candidate';
/** Folders `r1` to `r3`: three processes of one run. */
export const REPETITIONS = 3;

const asPrinted = () => ({});

/** Of each repetition, in the order of pushing. */
export const REPETITION_FILES: readonly CapturedFile[] = [
  { file: 'latency.csv', kind: 'samples', format: 'csv', parameters: asPrinted },
  { file: 'throughput.ndjson', kind: 'samples', format: 'ndjson', parameters: asPrinted },
  { file: 'wcet.csv', kind: 'wcet', format: 'cycles-csv', parameters: asPrinted },
  { file: 'perf-stat.json', kind: 'pmu', format: 'perf-stat-json', parameters: () => ({ region: 'offload' }) },
  { file: 'bpftrace.json', kind: 'ebpf', format: 'bpftrace-json', parameters: asPrinted },
  { file: 'dcgm-1.prom', kind: 'gpu', format: 'dcgm-exporter', parameters: ({ dcgmAt1Ns }) => ({ at: dcgmAt1Ns, sequence: '1' }) },
  { file: 'dcgm-2.prom', kind: 'gpu', format: 'dcgm-exporter', parameters: ({ dcgmAt2Ns }) => ({ at: dcgmAt2Ns, sequence: '2' }) },
  {
    file: 'kernel.log',
    kind: 'events',
    format: 'kernel-log',
    parameters: ({ kernelLogExposureS }) => ({ exposure: String(kernelLogExposureS) }),
  },
];

/** Of each run, once; lies beside the folders of the runs. */
export const RUN_FILE = { file: 'bounds.ndjson', kind: 'wcet', format: 'bounds' } as const satisfies Omit<CapturedFile, 'parameters'>;

/** Something made worse in the candidate on purpose (captures/README.md), and what it may be called. */
export type Planted = {
  readonly effect: string;
  readonly matches: (finding: Finding) => boolean;
  readonly statuses: readonly VerdictStatus[];
};

export const PLANTED: readonly Planted[] = [
  {
    effect: 'p99 of offload/copy: requests that replay most of their work now and then, median unchanged',
    matches: ({ region, metric, statistic }) => region === 'offload/copy' && metric === 'latency' && statistic === 'p99',
    statuses: ['regression'],
  },
  {
    effect: 'execution time of pid_cascade: some steps run longer and eat the margin of the budget',
    matches: ({ region, family }) => region === 'pid_cascade' && family === 'wcet',
    statuses: ['drift', 'regression'],
  },
  {
    effect: 'NVLink flit CRC errors: 60 % more a second',
    matches: ({ metric, family }) => metric === 'nvlink.crc_flit_errors' && family === 'rate',
    statuses: ['regression'],
  },
];

/** What the candidate's environment changed, as comparability must name it. */
export const CHANGED_KEY = 'firmware.board';
