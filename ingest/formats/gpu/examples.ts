import type { FORMATS } from '../../../wire/payload.ts';
import type { FormatExample } from '../example.ts';
import { createExampleDatabase } from '../example-files.ts';

const NCU_COLUMNS =
  '"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Block Size","Grid Size","Device","CC","Section Name","Metric Name","Metric Unit","Metric Value"';
const NCU_LAUNCH =
  '"0","143016","python.exe","127.0.0.1","ampere_sgemm_128x64_nn","1","7","(512, 1, 1)","(128, 1, 1)","0","8.9","Command line profiler metrics"';

/** One example of each format of kind gpu; a format without one does not compile. */
export const GPU_EXAMPLES: Readonly<Record<(typeof FORMATS)['gpu'][number], FormatExample>> = {
  'dcgm-exporter': {
    payload: `# HELP DCGM_FI_DEV_SM_CLOCK SM clock frequency (in MHz).
# TYPE DCGM_FI_DEV_SM_CLOCK gauge
DCGM_FI_DEV_SM_CLOCK{gpu="0",UUID="GPU-55274b56-9033-f166-7723-77088b0ff94d",device="nvidia0",modelName="NVIDIA TITAN V"} 135
# HELP DCGM_FI_PROF_GR_ENGINE_ACTIVE Ratio of time the graphics engine is active.
# TYPE DCGM_FI_PROF_GR_ENGINE_ACTIVE gauge
DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",UUID="GPU-55274b56-9033-f166-7723-77088b0ff94d",device="nvidia0",modelName="NVIDIA TITAN V"} 0.029399
`,
    shown: 3,
    query: {},
    options: {},
  },
  'dcgmi-dmon': {
    payload: `#Entity   SMACT  TENSO  SMCLK  POWER  GPUTL
ID
GPU 0     0.912  0.521  1980   612.4  100
GPU 0     0.905  0.518  1965   615.1  100
`,
    shown: 3,
    query: {},
    options: {},
  },
  'dcgmi-nvlink': {
    payload: `{"body": {"Link 0": {"children": {"CRC Data Error": {"value": "12"}, "CRC FLIT Error": {"value": "0"}, "Recovery Error": {"value": "0"}, "Replay Error": {"value": "0"}}}}, "header": ["NVLINK Error Counts", "GPU 0"]}
`,
    shown: 1,
    query: { at: '2026-11-20T18:30:00Z' },
    options: {},
  },
  'nvidia-smi-nvlink': {
    payload: `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-abcdefab-cdef-abdc-abcd-abababababab)
         Link 0: Replay Errors: 0
         Link 0: Recovery Errors: 0
         Link 0: CRC Errors: 17
`,
    shown: 4,
    query: { at: '2026-11-20T18:30:00Z' },
    options: {},
  },
  'nvidia-smi-query': {
    payload: `index, power.draw [W], clocks.current.sm [MHz], temperature.gpu
0, 74.71 W, 345 MHz, 31
0, 412.96 W, 1980 MHz, 47
`,
    shown: 3,
    query: {},
    options: {},
  },
  'nvidia-smi-q': {
    payload: `
==============NVSMI LOG==============

Timestamp                                 : Fri Jun 30 17:20:02 2023
Driver Version                            : 525.105.17
CUDA Version                              : 12.0

Attached GPUs                             : 1
GPU 00000000:18:00.0
    Product Name                          : NVIDIA H800
    GPU UUID                              : GPU-34bf77d1-c686-6821-79a8-32d326c5039c
    Fan Speed                             : N/A
    FB Memory Usage
        Total                             : 81559 MiB
        Used                              : 0 MiB
    Power Readings
        Power Draw                        : 74.71 W
    Clocks
        SM                                : 345 MHz

`,
    shown: 17,
    query: {},
    options: {},
  },
  'ncu-csv': {
    payload: `==PROF== Connected to process 143016
${NCU_COLUMNS}
${NCU_LAUNCH},"gpu__time_duration.sum","ns","117,344"
${NCU_LAUNCH},"sm__throughput.avg.pct_of_peak_sustained_elapsed","%","65.77"
`,
    shown: 3,
    query: {},
    options: { decimal: '`point` (1,234.5) or `comma` (1.234,5): how ncu printed numbers, when they could be read in two ways' },
  },
  'nsys-csv': {
    payload: `Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name
50.1,99385786,32,3105805.8,3041179.0,2987340,3777790,216832.4,flash_attention_prefill_f16
19.0,37727461,193,195479.1,93278.0,22207,3320037,266509.9,dequant_q4_k_f16
`,
    shown: 2,
    query: {},
    options: {},
  },
  kineto: {
    payload: `{"schemaVersion": 1, "baseTimeNanoseconds": 1764000000000000000, "traceEvents": [
{"ph": "X", "cat": "kernel", "name": "ampere_sgemm_128x64_nn", "pid": 0, "tid": 7, "ts": 125.25, "dur": 12.416, "args": {"device": 0, "stream": 7, "correlation": 4113}}
]}
`,
    shown: 2,
    query: {},
    options: {},
  },
  'nsys-sqlite': {
    file: createExampleDatabase({
      META_DATA_EXPORT: [{ name: 'EXPORT_SCHEMA_VERSION', value: '3.11.0' }],
      TARGET_INFO_SESSION_START_TIME: [{ utcEpochNs: 1_764_000_000_000_000_000n }],
      StringIds: [{ id: 41, value: 'ampere_sgemm_128x64_nn' }],
      CUPTI_ACTIVITY_KIND_KERNEL: [
        { start: 125_250, end: 137_666, deviceId: 0, streamId: 7, correlationId: 4113, demangledName: 41, shortName: 41 },
      ],
    }),
    drawing: `CUPTI_ACTIVITY_KIND_KERNEL
start   end     deviceId  streamId  correlationId  demangledName
125250  137666  0         7         4113           41 (StringIds: ampere_sgemm_128x64_nn)`,
    query: {},
    options: {},
  },
};
