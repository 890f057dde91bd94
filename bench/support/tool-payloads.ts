import { createRandom } from './samples.ts';

/** What tools print in a long measurement: the layout of their real output, line by line, with numbers that change. */

export type ToolPayload = {
  readonly name: string;
  readonly kind: 'pmu' | 'gpu' | 'ebpf';
  readonly format: string;
  /** Query parameters beside `format`. */
  readonly query: string;
  /** Printed numbers: counter values, samples of a page, bucket counts. */
  readonly values: number;
  readonly body: Buffer;
};

const CPUS = 8;
const EVENTS: readonly (readonly [event: string, unit: string, size: number])[] = [
  ['task-clock', 'msec', 100],
  ['context-switches', '', 500],
  ['page-faults', '', 300],
  ['cycles', '', 3e8],
  ['instructions', '', 4e8],
  ['branch-misses', '', 2e6],
];

type Counter = { readonly interval: string; readonly cpu: number; readonly event: string; readonly unit: string; readonly value: number };

/** `perf stat -I 100 -a -A`: each interval has each event of each CPU. */
function* countAll(values: number): Generator<Counter> {
  const random = createRandom();
  for (let interval = 1, count = 0; count < values; interval++) {
    const end = `${Math.floor(interval / 10)}.${String((interval % 10) * 100_000_000 + Math.floor(random() * 1e6)).padStart(9, '0')}`;
    for (const [event, unit, size] of EVENTS) {
      for (let cpu = 0; cpu < CPUS; cpu++, count++) yield { interval: end, cpu, event, unit, value: size * (0.9 + 0.2 * random()) };
    }
  }
}

/** As perf 6.12 prints it (test/fixtures/perf-6.12/per-cpu.jsonl, with the interval in front). */
function printJson({ interval, cpu, event, unit, value }: Counter): string {
  const text = unit === '' ? `${Math.round(value)}.000000` : value.toFixed(6);
  return `{"interval" : ${interval}, "cpu" : "${cpu}", "counter-value" : "${text}", "unit" : "${unit}", "event" : "${event}", "event-runtime" : ${Math.round(1e8 + value)}, "pcnt-running" : 100.00, "metric-value" : "${(value / 100).toFixed(6)}", "metric-unit" : "${unit === '' ? 'K/sec' : 'CPUs utilized'}"}\n`;
}

/** As perf 6.1 prints it with -x, and later versions without the blanks. */
function printCsv({ interval, cpu, event, unit, value }: Counter): string {
  const text = unit === '' ? Math.round(value) : value.toFixed(2);
  return `${interval},CPU${cpu},${text},${unit},${event},${Math.round(1e8 + value)},100.00,${(value / 100).toFixed(3)},${unit === '' ? 'K/sec' : 'CPUs utilized'}\n`;
}

const GPUS = 8;
/** Fields of etc/default-counters.csv of dcgm-exporter: name, type, help, a usual size. */
const FIELDS: readonly (readonly [name: string, type: string, help: string, size: number])[] = [
  ['DCGM_FI_DEV_SM_CLOCK', 'gauge', 'SM clock frequency (in MHz).', 1980],
  ['DCGM_FI_DEV_MEM_CLOCK', 'gauge', 'Memory clock frequency (in MHz).', 2619],
  ['DCGM_FI_DEV_MEMORY_TEMP', 'gauge', 'Memory temperature (in C).', 60],
  ['DCGM_FI_DEV_GPU_TEMP', 'gauge', 'GPU temperature (in C).', 50],
  ['DCGM_FI_DEV_POWER_USAGE', 'gauge', 'Power draw (in W).', 600],
  ['DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', 'counter', 'Total energy consumption since boot (in mJ).', 1e11],
  ['DCGM_FI_DEV_PCIE_REPLAY_COUNTER', 'counter', 'Total number of PCIe retries.', 3],
  ['DCGM_FI_DEV_GPU_UTIL', 'gauge', 'GPU utilization (in %).', 90],
  ['DCGM_FI_DEV_MEM_COPY_UTIL', 'gauge', 'Memory utilization (in %).', 40],
  ['DCGM_FI_DEV_ENC_UTIL', 'gauge', 'Encoder utilization (in %).', 2],
  ['DCGM_FI_DEV_DEC_UTIL', 'gauge', 'Decoder utilization (in %).', 2],
  ['DCGM_FI_DEV_XID_ERRORS', 'gauge', 'Value of the last XID error encountered.', 1],
  ['DCGM_FI_DEV_FB_FREE', 'gauge', 'Framebuffer memory free (in MiB).', 40_000],
  ['DCGM_FI_DEV_FB_USED', 'gauge', 'Framebuffer memory used (in MiB).', 40_000],
  ['DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS', 'counter', 'Number of remapped rows for uncorrectable errors', 1],
  ['DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS', 'counter', 'Number of remapped rows for correctable errors', 1],
  ['DCGM_FI_DEV_ROW_REMAP_FAILURE', 'gauge', 'Whether remapping of rows has failed', 1],
  ['DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL', 'counter', 'Total number of NVLink bandwidth counters for all lanes.', 1e9],
  ['DCGM_FI_PROF_GR_ENGINE_ACTIVE', 'gauge', 'Ratio of time the graphics engine is active.', 1],
  ['DCGM_FI_PROF_PIPE_TENSOR_ACTIVE', 'gauge', 'Ratio of cycles the tensor (HMMA) pipe is active.', 1],
  ['DCGM_FI_PROF_DRAM_ACTIVE', 'gauge', 'Ratio of cycles the device memory interface is active sending or receiving data.', 1],
  ['DCGM_FI_PROF_PCIE_TX_BYTES', 'gauge', 'The rate of data transmitted over the PCIe bus.', 1e9],
  ['DCGM_FI_PROF_PCIE_RX_BYTES', 'gauge', 'The rate of data received over the PCIe bus.', 1e9],
];

/** Scrapes of an exporter of 3.x, one after another (labels as in the README of dcgm-exporter). */
function printScrapes(values: number): readonly string[] {
  const random = createRandom();
  const labels = Array.from(
    { length: GPUS },
    (_, gpu) =>
      `{gpu="${gpu}",UUID="GPU-604ac76c-d9cf-fef3-62e9-d92044ab6e5${gpu}",pci_bus_id="00000000:${gpu}7:00.0",device="nvidia${gpu}",modelName="NVIDIA H100 80GB HBM3",Hostname="node-17",DCGM_FI_DRIVER_VERSION="550.90.07"}`,
  );
  const scrapes: string[] = [];
  for (let scrape = 1; scrape * GPUS * FIELDS.length <= values; scrape++) {
    let page = '';
    for (const [name, type, help, size] of FIELDS) {
      page += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
      for (const label of labels) {
        const value =
          type === 'counter' ? Math.floor(size * scrape) : size <= 1 ? random().toFixed(6) : Math.round(size * (0.9 + 0.2 * random()));
        page += `${name}${label} ${value}\n`;
      }
    }
    scrapes.push(page);
  }
  return scrapes;
}

const COMMANDS = Array.from({ length: 24 }, (_, index) => `worker-${index}`);
const BUCKETS = 14;

/** A histogram by command and a statistic, printed and cleared each second, as bpftrace 0.23 and later print them. */
function printMaps(values: number): readonly string[] {
  const random = createRandom();
  const lines = ['{"type": "attached_probes", "data": {"probes": 4}}\n'];
  for (let count = 0; count < values; count += COMMANDS.length * (BUCKETS + 2)) {
    const histograms = COMMANDS.map((command) => {
      const buckets = Array.from({ length: BUCKETS }, (_, index) => {
        const [min, max] = index === 0 ? [0, 1] : [2 ** index, 2 ** (index + 1) - 1];
        return `{"min": ${min}, "max": ${max}, "count": ${Math.floor(1000 * random())}}`;
      });
      return `"${command}": [${buckets.join(',')}]`;
    });
    const stats = COMMANDS.map((command) => {
      const calls = 1 + Math.floor(1000 * random());
      return `"${command}": {"count": ${calls}, "average": 71, "total": ${71 * calls}}`;
    });
    lines.push(`{"type": "hist", "data": {"@usecs": {${histograms.join(', ')}}}}\n`);
    lines.push(`{"type": "stats", "data": {"@runq_us": {${stats.join(', ')}}}}\n`);
  }
  return lines;
}

/** One payload of each tool, of about that many values. */
export function makeToolPayloads(values: number): readonly ToolPayload[] {
  const counters = [...countAll(values)];
  const pages = GPUS * FIELDS.length * Math.floor(values / (GPUS * FIELDS.length));
  const maps = COMMANDS.length * (BUCKETS + 2) * Math.ceil(values / (COMMANDS.length * (BUCKETS + 2)));
  const toBody = (parts: readonly string[]) => Buffer.from(parts.join(''), 'latin1');
  return [
    {
      name: 'perf stat -I -A -j',
      kind: 'pmu',
      format: 'perf-stat-json',
      query: '',
      values: counters.length,
      body: toBody(counters.map(printJson)),
    },
    {
      name: 'perf stat -I -A -x,',
      kind: 'pmu',
      format: 'perf-stat-csv',
      query: '',
      values: counters.length,
      body: toBody(counters.map(printCsv)),
    },
    { name: 'dcgm-exporter, scrapes', kind: 'gpu', format: 'dcgm-exporter', query: '', values: pages, body: toBody(printScrapes(values)) },
    {
      name: 'bpftrace -f json, cleared maps',
      kind: 'ebpf',
      format: 'bpftrace-json',
      query: '',
      values: maps,
      body: toBody(printMaps(values)),
    },
  ];
}
