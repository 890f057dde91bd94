import type { FORMATS } from '../../../wire/payload.ts';
import type { FormatExample } from '../example.ts';

const UNITS = 'units of values that have a name only, as `name:unit,name:unit` (`units=FLOPs:{flop}/s`)';

/** One example of each format of kind pmu; a format without one does not compile. */
export const PMU_EXAMPLES: Readonly<Record<(typeof FORMATS)['pmu'][number], FormatExample>> = {
  'perf-stat-json': {
    payload: `{"counter-value" : "131.547807", "unit" : "msec", "event" : "task-clock", "event-runtime" : 131547807, "pcnt-running" : 100.00, "metric-value" : "1.235902", "metric-unit" : "CPUs utilized"}
{"counter-value" : "<not supported>", "unit" : "", "event" : "cycles", "event-runtime" : 0, "pcnt-running" : 100.00}
`,
    shown: 1,
    query: {},
    options: {},
  },
  'perf-stat-csv': {
    payload: `# started on Fri Nov 20 18:28:48 2026

132.97;msec;task-clock;132965288;100.00;1.241;CPUs utilized
2570;;context-switches;132965288;100.00;19.328;K/sec
<not supported>;;cycles;0;100.00;;
`,
    shown: 3,
    query: {},
    options: { separator: 'what stands between the fields (`-x` of perf stat), when the text alone leaves a choice' },
  },
  'perf-stat-text': {
    payload: `# started on Fri Nov 20 18:28:53 2026


 Performance counter stats for '/opt/wl.sh':

            131.46 msec task-clock                       #    1.227 CPUs utilized             
              2730      context-switches                 #   20.766 K/sec                     
   <not supported>      cycles                                                                

       0.107118283 seconds time elapsed

`,
    shown: 6,
    query: {},
    options: {},
  },
  'perf-script': {
    payload: `region 24900  2015.229136:    1001001 cpu-clock: 
\t            12b0 kernel_sort+0x20 (/opt/region)
\t4095040000000000 [unknown] ([unknown])

region 24900  2015.230132:    1001001 cpu-clock: 
\t            12b0 kernel_sort+0x20 (/opt/region)

`,
    shown: 1,
    query: {},
    options: {},
  },
  'perf-data-json': {
    payload: `{
\t"linux-perf-json-version": 1,
\t"headers": {
\t\t"captured-on": "2026-11-20T18:30:21Z",
\t\t"arch": "x86_64"
\t},
\t"samples": [
\t\t{
\t\t\t"timestamp": 2021641547551,
\t\t\t"pid": 24942,
\t\t\t"tid": 24942,
\t\t\t"comm": "region",
\t\t\t"callchain": [
\t\t\t\t{ "ip": "0x56149a5192d7", "symbol": "kernel_sort", "dso": "region" }
\t\t\t]
\t\t}
\t]
}
`,
    shown: 14,
    query: {},
    options: {},
  },
  'papi-hl': {
    payload: `{
  "papi_version":"7.1.0.0",
  "cpu_info":"ARM Cortex A57",
  "max_cpu_rate_mhz":"125",
  "min_cpu_rate_mhz":"125",
  "event_definitions":{
    "perf::TASK-CLOCK":{
      "component":"perf_event",
      "type":"delta"
    }
  },
  "threads":{
    "0":{
      "regions":{
        "0":{
          "name":"axpy",
          "parent_region_id":"-1",
          "cycles":"4211",
          "real_time_nsec":"65984",
          "perf::TASK-CLOCK":"67376"
        }
      }
    }
  }
}
`,
    shown: 20,
    query: {},
    options: { units: UNITS },
  },
  'likwid-csv': {
    payload: `--------------------------------------------------------------------------------
CPU name:\t
CPU type:\tARM Cortex A57
--------------------------------------------------------------------------------
STRUCT,Info,3
CPU name:,,
CPU type:,ARM Cortex A57,
CPU clock:,0.000822753 GHz,
TABLE,Group 1 Raw,CPI,2
Event,Counter,HWThread 0
INST_RETIRED,PMC0,531785129
CPU_CYCLES,PMC1,1063570326
TABLE,Group 1 Metric,CPI,3
Metric,HWThread 0,
Runtime (RDTSC) [s],1.0674,
Clock [MHz],996.4121,
CPI,2.0000,
`,
    shown: 11,
    query: {},
    options: {},
  },
  'google-benchmark-json': {
    payload: `{
  "context": {
    "date": "2026-11-20T18:41:40+00:00",
    "host_name": "vm",
    "executable": "./b",
    "num_cpus": 2,
    "mhz_per_cpu": 2596,
    "library_build_type": "release"
  },
  "benchmarks": [
    {
      "name": "BM_axpy/1024",
      "run_name": "BM_axpy/1024",
      "run_type": "iteration",
      "repetitions": 1,
      "repetition_index": 0,
      "threads": 1,
      "iterations": 107396,
      "real_time": 2.6088708145816679e+02,
      "cpu_time": 2.5967506238593614e+02,
      "time_unit": "ns",
      "FLOPs": 7.8240177e+09
    }
  ]
}
`,
    shown: 19,
    query: { units: 'FLOPs:{flop}/s' },
    options: { units: UNITS },
  },
};
