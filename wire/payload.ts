import type { Quality } from './quality.ts';

/** Kinds of payload and the formats each takes now. A format id is added here when its parser exists. */
export const FORMATS = {
  ebpf: ['bpftrace-json', 'bpftrace-text', 'bcc-histogram', 'biolatency-json', 'biolatpcts-json', 'ebpf-exporter', 'perf-trace'],
  pmu: [
    'perf-stat-json',
    'perf-stat-csv',
    'perf-stat-text',
    'perf-script',
    'perf-data-json',
    'papi-hl',
    'likwid-csv',
    'google-benchmark-json',
  ],
  gpu: [
    'dcgm-exporter',
    'dcgmi-dmon',
    'dcgmi-nvlink',
    'nvidia-smi-nvlink',
    'nvidia-smi-query',
    'nvidia-smi-q',
    'ncu-csv',
    'nsys-csv',
    'kineto',
    'nsys-sqlite',
  ],
  wcet: [
    'cycles-csv',
    'bounds',
    'plain-list',
    'bound-t',
    'cbmc',
    'otawa',
    'platin-pml',
    'ait-xml',
    'chronovise-csv',
    'btf',
    'babeltrace',
    'mapped-csv',
  ],
  samples: ['csv', 'ndjson', 'hdr-log', 'hdr-histogram', 'k6', 'wrk2', 'arrow', 'parquet'],
  events: ['kernel-log', 'ndjson'],
} as const;

export type PayloadKind = keyof typeof FORMATS;
export const PAYLOAD_KINDS: readonly PayloadKind[] = ['ebpf', 'pmu', 'gpu', 'wcet', 'samples', 'events'];
export type FormatId = (typeof FORMATS)[PayloadKind][number];

/** What OTLP/HTTP brings, by the signal of its path: kinds and formats of receipts that no `POST /v1/runs/{runId}/{kind}` takes. */
export const OTLP_FORMATS = { metrics: ['otlp-protobuf', 'otlp-json'], traces: ['otlp-protobuf', 'otlp-json'] } as const;
export type OtlpSignal = keyof typeof OTLP_FORMATS;
export type OtlpFormatId = (typeof OTLP_FORMATS)[OtlpSignal][number];

/** Query parameters that every kind accepts, beside `labels.<name>`. */
export const COMMON_PARAMETERS = [
  'format',
  'repetition',
  'at',
  'exposure',
  'sequence',
  'region',
  'metric',
  'unit',
  'better',
  'assume',
] as const;

export type Warning = { readonly code: string; readonly detail: string; readonly line: number | null };

/** The acknowledgement of one payload, as answered. */
export type ReceiptAnswer = {
  readonly receiptId: string;
  readonly format: string;
  readonly records: number;
  readonly samples: number;
  readonly histograms: number;
  readonly warnings: readonly Warning[];
  readonly duplicate: boolean;
};

/** How values of a series are stored; measured values and bounds are never mixed in one series. */
export const VALUE_KINDS = ['samples', 'total', 'counter', 'histogram', 'summary', 'bound'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

export const READING_KINDS = ['total', 'delta', 'cumulative', 'budget', 'static', 'pwcet'] as const;
/** What a single stored number is: an aggregate, an increase, a counter's standing, or a bound of some origin. */
export type ReadingKind = (typeof READING_KINDS)[number];

export type QualityFlags = readonly Quality[];
