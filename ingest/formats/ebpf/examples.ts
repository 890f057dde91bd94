import type { FORMATS } from '../../../wire/payload.ts';
import type { FormatExample } from '../example.ts';

const PRINTS =
  'how several prints of one map belong together: `cumulative` (the last one counts), `cleared` (they are added), `auto` (told by their counts; the default)';

/** One example of each format of kind ebpf; a format without one does not compile. */
export const EBPF_EXAMPLES: Readonly<Record<(typeof FORMATS)['ebpf'][number], FormatExample>> = {
  'bpftrace-json': {
    payload: `{"type": "attached_probes", "count": 2, "data": {"probes": 2}}
{"type": "hist", "data": {"@lat_ns": {"uretprobe:/opt/region:kernel_axpy": [{"min": 8192, "max": 16383, "count": 1125},{"min": 16384, "max": 32767, "count": 69}]}}}
`,
    shown: 2,
    query: {},
    options: { prints: PRINTS },
  },
  'bpftrace-text': {
    payload: `Attaching 5 probes...


@by_comm[migration/1]: 
[8, 16)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[16, 32)               2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

`,
    shown: 6,
    query: { unit: 'us' },
    options: { prints: PRINTS },
  },
  'bcc-histogram': {
    payload: `Tracing run queue latency... Hit Ctrl-C to end.

     usecs               : count    distribution
         0 -> 1          : 4617     |***************                         |
         2 -> 3          : 12290    |****************************************|
         4 -> 7          : 109      |                                        |
`,
    shown: 5,
    query: {},
    options: { prints: PRINTS },
  },
  'biolatency-json': {
    payload: `
{'ts': '2026-11-20 18:25:44', 'val_type': 'msecs', 'data': [{'interval-start': 0, 'interval-end': 1, 'count': 18676}, {'interval-start': 2, 'interval-end': 3, 'count': 122}]}
`,
    shown: 2,
    query: {},
    options: {},
  },
  'biolatpcts-json': {
    payload: `{"read": {"50": 3.5e-05, "99": 0.000255}, "write": {"50": 0.000165, "99": 0.000355}}
`,
    shown: 1,
    query: {},
    options: {},
  },
  'ebpf-exporter': {
    payload: `# TYPE ebpf_exporter_bio_latency_seconds histogram
ebpf_exporter_bio_latency_seconds_bucket{device="nvme0n1",operation="write",le="1.6e-05"} 4
ebpf_exporter_bio_latency_seconds_bucket{device="nvme0n1",operation="write",le="3.2e-05"} 15
ebpf_exporter_bio_latency_seconds_bucket{device="nvme0n1",operation="write",le="+Inf"} 15
ebpf_exporter_bio_latency_seconds_sum{device="nvme0n1",operation="write"} 0.000248
ebpf_exporter_bio_latency_seconds_count{device="nvme0n1",operation="write"} 15
`,
    shown: 3,
    query: { since: 'start' },
    options: {
      since:
        '`start`: the exporter was started for this measurement, so that one page is enough; otherwise send the page from before and the page from after',
    },
  },
  'perf-trace': {
    payload: `
 Summary of events:

 wl.sh (24929), 255 events, 1.5%

   syscall            calls  errors  total       min       avg       max       stddev
                                     (msec)    (msec)    (msec)    (msec)        (%)
   --------------- --------  ------ -------- --------- --------- ---------     ------
   wait4                  3      1   657.405     0.012   219.135   657.286     99.97%
   clone                  2      0     0.338     0.107     0.169     0.231     36.50%

`,
    shown: 9,
    query: {},
    options: {},
  },
};
