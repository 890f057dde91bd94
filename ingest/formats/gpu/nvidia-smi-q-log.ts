/** What `nvidia-smi -q` says of its GPUs, whichever way it was printed: as text or, with -x, as XML. */

/** A measurement that is read. */
export type SmiLeaf = {
  /** The field of --query-gpu that it is, which the catalogue knows. */
  readonly field: string;
  /** Where it stands in the tree of the text, which is its native name in both forms. */
  readonly path: string;
  readonly text: string;
  readonly line: number;
};
export type SmiGpu = {
  readonly bus: string;
  readonly line: number;
  readonly attributes: Record<string, string>;
  readonly leaves: SmiLeaf[];
  /** The branch that the text is in. */
  readonly path: string[];
};
export type SmiLog = {
  readonly gpus: SmiGpu[];
  readonly dumps: { attached: number | undefined; readonly buses: Set<string> }[];
  driver: string | undefined;
};

/** Path in the text → field of --query-gpu. Drivers 390 to 590. */
const PATHS: Readonly<Record<string, string>> = {
  'FB Memory Usage/Total': 'memory.total',
  'FB Memory Usage/Reserved': 'memory.reserved',
  'FB Memory Usage/Used': 'memory.used',
  'FB Memory Usage/Free': 'memory.free',
  'Utilization/Gpu': 'utilization.gpu',
  'Utilization/GPU': 'utilization.gpu',
  'Utilization/Memory': 'utilization.memory',
  'Utilization/Encoder': 'utilization.encoder',
  'Utilization/Decoder': 'utilization.decoder',
  'Temperature/GPU Current Temp': 'temperature.gpu',
  'Temperature/Memory Current Temp': 'temperature.memory',
  'Power Readings/Power Draw': 'power.draw',
  'GPU Power Readings/Power Draw': 'power.draw',
  'GPU Power Readings/Average Power Draw': 'power.draw',
  'Power Readings/Power Limit': 'power.limit',
  'GPU Power Readings/Current Power Limit': 'power.limit',
  'Power Readings/Enforced Power Limit': 'enforced.power.limit',
  'Clocks/Graphics': 'clocks.current.graphics',
  'Clocks/SM': 'clocks.current.sm',
  'Clocks/Memory': 'clocks.current.memory',
  'Clocks/Video': 'clocks.current.video',
  'Fan Speed': 'fan.speed',
  'PCI/GPU Link Info/PCIe Generation/Current': 'pcie.link.gen.current',
  'PCI/GPU Link Info/Link Width/Current': 'pcie.link.width.current',
  'PCI/Replays Since Reset': 'DCGM_FI_DEV_PCIE_REPLAY_COUNTER',
  'PCI/Tx Throughput': 'DCGM_FI_PROF_PCIE_TX_BYTES',
  'PCI/Rx Throughput': 'DCGM_FI_PROF_PCIE_RX_BYTES',
  'Retired Pages/Single Bit ECC': 'retired_pages.single_bit_ecc.count',
  'Retired Pages/Double Bit ECC': 'retired_pages.double_bit.count',
  'Remapped Rows/Correctable Error': 'DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS',
  'Remapped Rows/Uncorrectable Error': 'DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS',
};

/** Leaves of the tree that describe the GPU. */
const ATTRIBUTES: Readonly<Record<string, string>> = { 'Product Name': 'model', 'GPU UUID': 'uuid', 'VBIOS Version': 'vbiosVersion' };

/** Takes what stands at a path of the text's tree, if it is one that is read. */
export function takeLeaf(gpu: SmiGpu, path: string, text: string, line: number): void {
  const attribute = Object.hasOwn(ATTRIBUTES, path) ? ATTRIBUTES[path] : undefined;
  if (attribute !== undefined) gpu.attributes[attribute] = text;
  const field = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
  if (field !== undefined) gpu.leaves.push({ field, path, text, line });
}

/** Begins a GPU; one that the dump has already begins the next dump. @param bus in lower case */
export function openGpu(log: SmiLog, bus: string, line: number): SmiGpu {
  const dump = log.dumps.at(-1);
  if (dump === undefined || dump.buses.has(bus)) log.dumps.push({ attached: dump?.attached, buses: new Set([bus]) });
  else dump.buses.add(bus);
  const attributes = { pciBusId: bus, ...(log.driver === undefined ? {} : { driverVersion: log.driver }) };
  const gpu: SmiGpu = { bus, line, attributes, leaves: [], path: [] };
  log.gpus.push(gpu);
  return gpu;
}

/** Begins a dump of all GPUs. @param count as printed */
export function openDump(log: SmiLog, count: string): void {
  log.dumps.push({ attached: /^\d{1,4}$/.test(count) ? Number(count) : undefined, buses: new Set() });
}

/** Bus ids in the order of the indexes, when a dump holds every attached GPU; empty when only some were printed and nothing tells their index. */
export function listDevices({ dumps }: SmiLog): readonly string[] {
  const whole = dumps.find(({ attached, buses }) => attached !== undefined && attached === buses.size);
  return whole === undefined ? [] : [...whole.buses];
}
