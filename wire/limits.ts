/** Every size the service refuses beyond, by name; a test sits at each limit and one past it. */
export const LIMITS = {
  /** JSON bodies of the API itself (runs, baselines, gates), bytes. */
  jsonBodyBytes: 1024 * 1024,
  /** A payload that is read whole before parsing, bytes after decompression. */
  wholePayloadBytes: 64 * 1024 * 1024,
  /** Output of a tool that describes a machine, bytes after decompression. */
  environmentBodyBytes: 4 * 1024 * 1024,
  /** Times that tool output may be merged into the environment of a run. */
  environmentsPerRun: 1000,
  /** A payload that streams (samples csv, ndjson), bytes after decompression. */
  streamPayloadBytes: 8 * 1024 * 1024 * 1024,
  /** Decompressed bytes per compressed byte, applied once `ratioGraceBytes` have come out. */
  decompressionRatio: 250,
  ratioGraceBytes: 16 * 1024 * 1024,
  /** One line of a text payload, characters. */
  lineCharacters: 1024 * 1024,
  /** Nesting of a JSON payload, levels. */
  jsonDepth: 32,
  /** Lists in lists in an attribute of an OTLP request, levels. */
  otlpAttributeDepth: 32,
  /** What an OTLP request may take in memory once decoded, as its decoders estimate it, bytes: two bytes sent can be an object of a hundred. */
  otlpDecodedBytes: 512 * 1024 * 1024,
  /** Distinct series in one payload. */
  seriesPerPayload: 20_000,
  /** Runs that one OTLP request may bring points or spans for. */
  runsPerOtlpRequest: 32,
  /** OTLP requests received at once; each is decoded whole. */
  otlpRequestsAtOnce: 16,
  /** Buckets of one OTLP histogram. */
  bucketsPerHistogram: 10_000,
  /** Labels of one series, and the length of a label's value, of a region, of a metric, in characters. */
  labelsPerSeries: 32,
  labelCharacters: 512,
  regionCharacters: 512,
  metricCharacters: 200,
  /** Spans of one trace that are linked into requests; the spans of a larger trace are kept and judged one by one. */
  spansPerLinkedTrace: 2048,
  /** Warnings kept with one receipt; the rest are counted. */
  warningsPerReceipt: 100,
  /** Highest repetition number of a run. */
  repetition: 10_000,
  /** Runs of a suite whose history is read for change points, the latest ones. */
  historyRuns: 400,
  /** Runs in one baseline. */
  runsPerBaseline: 200,
  /** Payloads in one run. */
  payloadsPerRun: 50_000,
  /** A measured time may lie this far before or after the arrival, nanoseconds: ten years back, one day ahead. */
  atBackNs: 10n * 365n * 86_400n * 1_000_000_000n,
  atAheadNs: 86_400n * 1_000_000_000n,
  /** The longest `wait` of a seal, seconds. */
  sealWaitS: 120,
  /** Items on one page of a list. */
  pageSize: 100,
} as const;
