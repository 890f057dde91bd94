/**
 * The metric catalogue: what each canonical metric is, in which base unit, which direction is better, how it is judged. Native names of
 * tools map here (`native`), nowhere else. A metric that is not listed is taken as declared by the caller.
 *
 * `judgedAs`: `location` (centre and tails of a distribution), `total` (one number a repetition, judged like a centre), `rate` (events in an
 * exposure), `wcet` (worst case against budget), `context` (explains, is not judged unless a policy requires it).
 */
export const BETTER = ['lower', 'higher', 'either'] as const;
export type Better = (typeof BETTER)[number];
export const ASSUME = ['sampled', 'exact'] as const;
export type Assume = (typeof ASSUME)[number];
export const JUDGED_AS = ['location', 'total', 'rate', 'wcet', 'context'] as const;
export type JudgedAs = (typeof JUDGED_AS)[number];

export type MetricDefinition = {
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly assume: Assume;
  readonly judgedAs: JudgedAs;
  readonly meaning: string;
  readonly native: readonly string[];
};

type Row = readonly [
  metric: string,
  unit: string,
  better: Better,
  judgedAs: JudgedAs,
  native: readonly string[],
  meaning: string,
  assume?: Assume,
];

const ROWS: readonly Row[] = [
  // What a benchmark says about itself.
  ['latency', 'ns', 'lower', 'location', ['latency', 'lat'], 'time from asking to done'],
  ['duration', 'ns', 'lower', 'location', ['duration', 'gpu__time_duration.sum'], 'time a piece of work took'],
  ['duration.cpu', 'ns', 'lower', 'location', [], 'CPU time a piece of work took'],
  ['throughput', 'Hz', 'higher', 'location', [], 'work done per second'],
  ['bandwidth', 'By/s', 'higher', 'location', [], 'bytes moved per second'],
  ['code.size', 'By', 'lower', 'total', [], 'size of the generated code', 'exact'],
  // Worst-case execution time.
  ['execution.time', 'ns', 'lower', 'wcet', [], 'execution time of one activation of a task'],
  ['execution.cycles', '{cycle}', 'lower', 'wcet', [], 'execution time of one activation of a task, in cycles of a stated counter'],
  ['response.time', 'ns', 'lower', 'location', [], 'time from the activation of a task to its end, preemption included'],
  // Bounds; series of their own, so that a bound never mixes with measured values.
  ['execution.time.budget', 'ns', 'either', 'context', [], 'time that a task is given'],
  ['execution.time.static', 'ns', 'lower', 'context', [], 'execution time that static analysis proves'],
  ['execution.time.pwcet', 'ns', 'lower', 'context', [], 'execution time exceeded with a stated probability'],
  ['execution.cycles.budget', '{cycle}', 'either', 'context', [], 'cycles that a task is given'],
  ['execution.cycles.static', '{cycle}', 'lower', 'context', [], 'cycles that static analysis proves'],
  ['execution.cycles.pwcet', '{cycle}', 'lower', 'context', [], 'cycles exceeded with a stated probability'],
  // PMU, software events and SBI firmware events (perf list names).
  ['cpu.task_clock', 'ns', 'lower', 'total', ['task-clock'], 'CPU time of the measured task'],
  ['cpu.clock', 'ns', 'lower', 'total', ['cpu-clock'], 'CPU time by the CPU clock'],
  ['cpu.elapsed', 'ns', 'lower', 'total', ['duration_time'], 'wall time of the measured task'],
  ['cpu.user_time', 'ns', 'lower', 'total', ['user_time'], 'user time of the measured task'],
  ['cpu.system_time', 'ns', 'lower', 'total', ['system_time'], 'system time of the measured task'],
  [
    'cpu.cycles',
    '{cycle}',
    'lower',
    'total',
    ['cycles', 'cpu-cycles', 'PAPI_TOT_CYC', 'CPU_CLK_UNHALTED_CORE', 'CPU_CYCLES'],
    'core clock cycles',
  ],
  [
    'cpu.reference_cycles',
    '{cycle}',
    'lower',
    'total',
    ['ref-cycles', 'PAPI_REF_CYC', 'CPU_CLK_UNHALTED_REF'],
    'cycles at the nominal clock',
  ],
  [
    'cpu.instructions',
    '{instruction}',
    'lower',
    'total',
    ['instructions', 'PAPI_TOT_INS', 'INSTR_RETIRED_ANY', 'INST_RETIRED'],
    'instructions retired',
  ],
  ['cpu.branches', '1', 'either', 'total', ['branches', 'branch-instructions', 'PAPI_BR_INS'], 'branches retired'],
  ['cpu.branch_misses', '1', 'lower', 'total', ['branch-misses', 'PAPI_BR_MSP'], 'branches mispredicted'],
  ['cpu.cache_references', '1', 'either', 'total', ['cache-references'], 'last-level cache accesses'],
  ['cpu.cache_misses', '1', 'lower', 'total', ['cache-misses'], 'last-level cache misses'],
  ['cpu.l1d_loads', '1', 'either', 'total', ['L1-dcache-loads'], 'L1 data cache loads'],
  ['cpu.l1d_load_misses', '1', 'lower', 'total', ['L1-dcache-load-misses'], 'L1 data cache load misses'],
  ['cpu.llc_loads', '1', 'either', 'total', ['LLC-loads'], 'last-level cache loads'],
  ['cpu.llc_load_misses', '1', 'lower', 'total', ['LLC-load-misses'], 'last-level cache load misses'],
  ['cpu.dtlb_load_misses', '1', 'lower', 'total', ['dTLB-load-misses'], 'data TLB load misses'],
  ['cpu.itlb_load_misses', '1', 'lower', 'total', ['iTLB-load-misses'], 'instruction TLB load misses'],
  [
    'cpu.stalled_frontend',
    '{cycle}',
    'lower',
    'total',
    ['stalled-cycles-frontend', 'idle-cycles-frontend'],
    'cycles the front end stalled',
  ],
  ['cpu.stalled_backend', '{cycle}', 'lower', 'total', ['stalled-cycles-backend', 'idle-cycles-backend'], 'cycles the back end stalled'],
  ['sched.context_switches', '1', 'lower', 'context', ['context-switches', 'cs'], 'context switches'],
  ['sched.migrations', '1', 'lower', 'context', ['cpu-migrations', 'migrations'], 'moves between CPUs'],
  ['memory.page_faults', '1', 'lower', 'context', ['page-faults', 'faults'], 'page faults'],
  ['memory.minor_faults', '1', 'lower', 'context', ['minor-faults'], 'page faults without I/O'],
  ['memory.major_faults', '1', 'lower', 'context', ['major-faults'], 'page faults with I/O'],
  ['memory.alignment_faults', '1', 'lower', 'context', ['alignment-faults'], 'misaligned accesses trapped'],
  ['cpu.emulation_faults', '1', 'lower', 'context', ['emulation-faults'], 'instructions emulated by the kernel'],
  // NVLink and PCIe.
  [
    'nvlink.crc_flit_errors',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL', 'dcgm_nvlink_flit_crc_error_count_total'],
    'NVLink flit CRC errors',
  ],
  [
    'nvlink.crc_data_errors',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL', 'dcgm_nvlink_data_crc_error_count_total'],
    'NVLink data CRC errors',
  ],
  [
    'nvlink.replay_errors',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL', 'dcgm_nvlink_replay_error_count_total'],
    'NVLink replays',
  ],
  [
    'nvlink.recovery_errors',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL', 'dcgm_nvlink_recovery_error_count_total'],
    'NVLink recoveries',
  ],
  [
    'nvlink.bandwidth',
    '1',
    'either',
    'context',
    ['DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL', 'dcgm_nvlink_bandwidth_total'],
    'NVLink traffic counter as DCGM reports it',
  ],
  ['nvlink.tx_bytes', 'By/s', 'either', 'context', ['DCGM_FI_PROF_NVLINK_TX_BYTES'], 'NVLink bytes sent per second'],
  ['nvlink.rx_bytes', 'By/s', 'either', 'context', ['DCGM_FI_PROF_NVLINK_RX_BYTES'], 'NVLink bytes received per second'],
  ['pcie.replays', '1', 'lower', 'rate', ['DCGM_FI_DEV_PCIE_REPLAY_COUNTER', 'dcgm_pcie_replay_counter'], 'PCIe replays'],
  ['pcie.tx_bytes', 'By/s', 'either', 'context', ['DCGM_FI_PROF_PCIE_TX_BYTES'], 'PCIe bytes sent per second'],
  ['pcie.rx_bytes', 'By/s', 'either', 'context', ['DCGM_FI_PROF_PCIE_RX_BYTES'], 'PCIe bytes received per second'],
  // NVLink 5 (Blackwell) counts under names of its own; the older error counters are blank there.
  [
    'nvlink.rx_malformed_packets',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_COUNT_RX_MALFORMED_PACKET_ERRORS'],
    'malformed NVLink packets received',
  ],
  [
    'nvlink.rx_buffer_overruns',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_COUNT_RX_BUFFER_OVERRUN_ERRORS'],
    'NVLink packets lost for want of buffers',
  ],
  ['nvlink.rx_errors', '1', 'lower', 'rate', ['DCGM_FI_DEV_NVLINK_COUNT_RX_ERRORS'], 'NVLink packets received with errors'],
  [
    'nvlink.rx_remote_errors',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_COUNT_RX_REMOTE_ERRORS'],
    'NVLink packets marked bad by the other side',
  ],
  ['nvlink.rx_general_errors', '1', 'lower', 'rate', ['DCGM_FI_DEV_NVLINK_COUNT_RX_GENERAL_ERRORS'], 'NVLink packets with a bad header'],
  ['nvlink.rx_symbol_errors', '1', 'lower', 'rate', ['DCGM_FI_DEV_NVLINK_COUNT_RX_SYMBOL_ERRORS'], 'NVLink symbol errors'],
  ['nvlink.effective_errors', '1', 'lower', 'rate', ['DCGM_FI_DEV_NVLINK_COUNT_EFFECTIVE_ERRORS'], 'NVLink errors left after correction'],
  [
    'nvlink.integrity_errors',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS'],
    'NVLink link integrity errors',
  ],
  ['nvlink.tx_discards', '1', 'lower', 'rate', ['DCGM_FI_DEV_NVLINK_COUNT_TX_DISCARDS'], 'NVLink packets discarded before sending'],
  ['nvlink.recoveries', '1', 'lower', 'rate', ['DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_EVENTS'], 'NVLink link recoveries'],
  [
    'nvlink.successful_recoveries',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS'],
    'NVLink link recoveries that succeeded',
  ],
  [
    'nvlink.failed_recoveries',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS'],
    'NVLink link recoveries that failed',
  ],
  ['nvlink.sent_bytes', 'By', 'either', 'context', ['DCGM_FI_DEV_NVLINK_COUNT_TX_BYTES'], 'NVLink bytes sent since driver load'],
  ['nvlink.received_bytes', 'By', 'either', 'context', ['DCGM_FI_DEV_NVLINK_COUNT_RX_BYTES'], 'NVLink bytes received since driver load'],
  ['nvlink.sent_packets', '1', 'either', 'context', ['DCGM_FI_DEV_NVLINK_COUNT_TX_PACKETS'], 'NVLink packets sent since driver load'],
  [
    'nvlink.received_packets',
    '1',
    'either',
    'context',
    ['DCGM_FI_DEV_NVLINK_COUNT_RX_PACKETS'],
    'NVLink packets received since driver load',
  ],
  // GPU state.
  ['gpu.temperature', 'Cel', 'lower', 'context', ['DCGM_FI_DEV_GPU_TEMP', 'dcgm_gpu_temp', 'temperature.gpu'], 'GPU temperature'],
  [
    'gpu.memory_temperature',
    'Cel',
    'lower',
    'context',
    ['DCGM_FI_DEV_MEMORY_TEMP', 'dcgm_memory_temp', 'temperature.memory'],
    'GPU memory temperature',
  ],
  ['gpu.power', 'W', 'lower', 'context', ['DCGM_FI_DEV_POWER_USAGE', 'dcgm_power_usage', 'power.draw'], 'GPU power draw'],
  [
    'gpu.energy',
    'J',
    'lower',
    'context',
    ['DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', 'dcgm_total_energy_consumption'],
    'GPU energy since boot',
  ],
  ['gpu.sm_clock', 'Hz', 'higher', 'context', ['DCGM_FI_DEV_SM_CLOCK', 'dcgm_sm_clock', 'clocks.current.sm'], 'SM clock'],
  ['gpu.memory_clock', 'Hz', 'higher', 'context', ['DCGM_FI_DEV_MEM_CLOCK', 'dcgm_memory_clock', 'clocks.current.memory'], 'memory clock'],
  [
    'gpu.utilisation',
    '1',
    'either',
    'context',
    ['DCGM_FI_DEV_GPU_UTIL', 'dcgm_gpu_utilization', 'utilization.gpu'],
    'share of time a kernel ran',
  ],
  [
    'gpu.copy_utilisation',
    '1',
    'either',
    'context',
    ['DCGM_FI_DEV_MEM_COPY_UTIL', 'dcgm_mem_copy_utilization', 'utilization.memory'],
    'share of time memory was copied',
  ],
  ['gpu.memory_used', 'By', 'lower', 'context', ['DCGM_FI_DEV_FB_USED', 'dcgm_fb_used', 'memory.used'], 'frame buffer in use'],
  ['gpu.memory_free', 'By', 'higher', 'context', ['DCGM_FI_DEV_FB_FREE', 'dcgm_fb_free', 'memory.free'], 'frame buffer free'],
  [
    'gpu.engine_active',
    '1',
    'either',
    'context',
    ['DCGM_FI_PROF_GR_ENGINE_ACTIVE'],
    'share of time the graphics or compute engine was active',
  ],
  ['gpu.sm_active', '1', 'either', 'context', ['DCGM_FI_PROF_SM_ACTIVE'], 'share of time a warp was resident, averaged over SMs'],
  ['gpu.sm_occupancy', '1', 'either', 'context', ['DCGM_FI_PROF_SM_OCCUPANCY'], 'resident warps over the maximum'],
  ['gpu.tensor_active', '1', 'either', 'context', ['DCGM_FI_PROF_PIPE_TENSOR_ACTIVE'], 'share of time the tensor pipe was active'],
  ['gpu.dram_active', '1', 'either', 'context', ['DCGM_FI_PROF_DRAM_ACTIVE'], 'share of time the memory interface was active'],
  [
    'gpu.ecc_sbe',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_ECC_SBE_VOL_TOTAL', 'dcgm_ecc_sbe_volatile_total', 'ecc.errors.corrected.volatile.total'],
    'single-bit ECC errors since driver load',
  ],
  [
    'gpu.ecc_dbe',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_ECC_DBE_VOL_TOTAL', 'dcgm_ecc_dbe_volatile_total', 'ecc.errors.uncorrected.volatile.total'],
    'double-bit ECC errors since driver load',
  ],
  ['gpu.last_xid', '1', 'either', 'context', ['DCGM_FI_DEV_XID_ERRORS', 'dcgm_xid_errors'], 'number of the last Xid, 0 for none'],
  [
    'gpu.encoder_utilisation',
    '1',
    'either',
    'context',
    ['DCGM_FI_DEV_ENC_UTIL', 'dcgm_enc_utilization', 'utilization.encoder'],
    'share of time the encoder ran',
  ],
  [
    'gpu.decoder_utilisation',
    '1',
    'either',
    'context',
    ['DCGM_FI_DEV_DEC_UTIL', 'dcgm_dec_utilization', 'utilization.decoder'],
    'share of time the decoder ran',
  ],
  ['gpu.memory_reserved', 'By', 'either', 'context', ['DCGM_FI_DEV_FB_RESERVED', 'memory.reserved'], 'frame buffer reserved'],
  ['gpu.fp64_active', '1', 'either', 'context', ['DCGM_FI_PROF_PIPE_FP64_ACTIVE'], 'share of time the fp64 pipe was active'],
  ['gpu.fp32_active', '1', 'either', 'context', ['DCGM_FI_PROF_PIPE_FP32_ACTIVE'], 'share of time the fp32 pipe was active'],
  ['gpu.fp16_active', '1', 'either', 'context', ['DCGM_FI_PROF_PIPE_FP16_ACTIVE'], 'share of time the fp16 pipe was active'],
  ['gpu.power_violation', 'ns', 'lower', 'context', ['DCGM_FI_DEV_POWER_VIOLATION', 'dcgm_power_violation'], 'time throttled for power'],
  [
    'gpu.thermal_violation',
    'ns',
    'lower',
    'context',
    ['DCGM_FI_DEV_THERMAL_VIOLATION', 'dcgm_thermal_violation'],
    'time throttled for heat',
  ],
  [
    'gpu.sync_boost_violation',
    'ns',
    'lower',
    'context',
    ['DCGM_FI_DEV_SYNC_BOOST_VIOLATION', 'dcgm_sync_boost_violation'],
    'time throttled for sync boost',
  ],
  [
    'gpu.board_limit_violation',
    'ns',
    'lower',
    'context',
    ['DCGM_FI_DEV_BOARD_LIMIT_VIOLATION', 'dcgm_board_limit_violation'],
    'time throttled for board limits',
  ],
  [
    'gpu.low_util_violation',
    'ns',
    'lower',
    'context',
    ['DCGM_FI_DEV_LOW_UTIL_VIOLATION', 'dcgm_low_util_violation'],
    'time clocked down for low use',
  ],
  [
    'gpu.reliability_violation',
    'ns',
    'lower',
    'context',
    ['DCGM_FI_DEV_RELIABILITY_VIOLATION', 'dcgm_reliability_violation'],
    'time throttled for reliability',
  ],
  [
    'gpu.ecc_sbe_aggregate',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_ECC_SBE_AGG_TOTAL', 'dcgm_ecc_sbe_aggregate_total', 'ecc.errors.corrected.aggregate.total'],
    'single-bit ECC errors of the device so far',
  ],
  [
    'gpu.ecc_dbe_aggregate',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_ECC_DBE_AGG_TOTAL', 'dcgm_ecc_dbe_aggregate_total', 'ecc.errors.uncorrected.aggregate.total'],
    'double-bit ECC errors of the device so far',
  ],
  [
    'gpu.retired_pages_sbe',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_RETIRED_SBE', 'dcgm_retired_pages_sbe', 'retired_pages.single_bit_ecc.count'],
    'pages retired for single-bit errors',
  ],
  [
    'gpu.retired_pages_dbe',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_RETIRED_DBE', 'dcgm_retired_pages_dbe', 'retired_pages.double_bit.count'],
    'pages retired for double-bit errors',
  ],
  [
    'gpu.remapped_rows_correctable',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS'],
    'rows remapped for correctable errors',
  ],
  [
    'gpu.remapped_rows_uncorrectable',
    '1',
    'lower',
    'rate',
    ['DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS'],
    'rows remapped for uncorrectable errors',
  ],
  ['gpu.xid_reports', '1', 'lower', 'rate', ['DCGM_EXP_XID_ERRORS_COUNT'], 'Xids that dcgm-exporter counted'],
  // What nvidia-smi prints beside that; the names of --query-gpu.
  ['nvlink.crc_errors', '1', 'lower', 'rate', [], 'NVLink CRC errors, where the driver does not tell flit from data'],
  ['nvlink.link_speed', 'By/s', 'higher', 'context', [], 'bytes per second that a link can move each way'],
  ['nvlink.raw_sent_bytes', 'By', 'either', 'context', [], 'NVLink bytes sent, protocol overhead included'],
  ['nvlink.raw_received_bytes', 'By', 'either', 'context', [], 'NVLink bytes received, protocol overhead included'],
  ['gpu.memory_total', 'By', 'either', 'context', ['memory.total'], 'frame buffer of the device'],
  ['gpu.graphics_clock', 'Hz', 'higher', 'context', ['clocks.current.graphics'], 'graphics clock'],
  ['gpu.video_clock', 'Hz', 'higher', 'context', ['clocks.current.video'], 'video clock'],
  ['gpu.power_limit', 'W', 'either', 'context', ['power.limit'], 'power limit that was set'],
  ['gpu.enforced_power_limit', 'W', 'either', 'context', ['enforced.power.limit'], 'power limit in force'],
  ['gpu.fan_speed', '1', 'either', 'context', ['fan.speed'], 'fan speed as a share of the highest'],
  [
    'pcie.link_generation',
    '1',
    'higher',
    'context',
    ['pcie.link.gen.current', 'pcie.link.gen.gpucurrent'],
    'PCIe generation of the link now',
  ],
  ['pcie.link_width', '1', 'higher', 'context', ['pcie.link.width.current'], 'PCIe lanes of the link now'],
  // Kernel log.
  ['kernel.oops', '1', 'lower', 'rate', [], 'kernel oopses'],
  ['kernel.panic', '1', 'lower', 'rate', [], 'kernel panics'],
  ['gpu.xid', '1', 'lower', 'rate', [], 'NVRM Xid events'],
  ['kernel.soft_lockup', '1', 'lower', 'rate', [], 'CPUs that did not schedule'],
  ['kernel.hard_lockup', '1', 'lower', 'rate', [], 'CPUs that took no interrupts'],
  ['kernel.hung_task', '1', 'lower', 'rate', [], 'tasks blocked for too long'],
  // Schedulers and disks, as eBPF tools name them.
  ['runqueue.latency', 'ns', 'lower', 'location', ['runqlat', 'runq'], 'time from runnable to running'],
  ['block.latency', 'ns', 'lower', 'location', ['biolatency', 'biolat'], 'time a block request took'],
];

export const METRICS: readonly MetricDefinition[] = ROWS.map(([metric, unit, better, judgedAs, native, meaning, assume]) => ({
  metric,
  unit,
  better,
  assume: assume ?? 'sampled',
  judgedAs,
  meaning,
  native,
}));

const BY_METRIC = new Map(METRICS.map((definition) => [definition.metric, definition]));
const BY_NATIVE = new Map(METRICS.flatMap((definition) => definition.native.map((name) => [name.toLowerCase(), definition])));

/** The catalogue row of a canonical metric; undefined when users named it themselves. */
export function findMetric(metric: string): MetricDefinition | undefined {
  return BY_METRIC.get(metric);
}

/** The catalogue row that a tool's own name maps to, case-insensitively; undefined when the name is not listed. */
export function findNativeMetric(nativeMetric: string): MetricDefinition | undefined {
  return BY_NATIVE.get(nativeMetric.toLowerCase());
}
