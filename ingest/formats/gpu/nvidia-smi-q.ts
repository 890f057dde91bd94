import { findNativeMetric } from '../../../wire/metrics.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { documentedUnit, readSmiValue } from './nvidia-smi-values.ts';

/**
 * `nvidia-smi -q` as text: a tree by indentation, read by path, because leaves of one name stand in many places. Only measurements are
 * read; limits, modes and versions describe the machine. Names changed with the driver (Power Readings became GPU Power Readings in 530).
 */
export const nvidiaSmiQFormat = {
  id: 'nvidia-smi-q' as const,
  kind: 'gpu',
  mode: 'whole',
  summary: 'nvidia-smi -q (text)',
  extraParameters: [],
  detect: (head) => /^=+NVSMI LOG=+\s*$/m.test(head) || /^GPU [0-9a-fA-F]{8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.\d\s*$/m.test(head),
  parse: parseTree,
} satisfies FormatDraft;

/** Path → field of --query-gpu, which the catalogue knows. Drivers 390 to 580. */
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

const GPU_LINE = /^GPU ([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-9a-fA-F])$/;
const INDENT = 4;
const DEPTH_LIMIT = 16;
const ADVICE = 'send the whole text that nvidia-smi -q printed';

type Leaf = { readonly field: string; readonly path: string; readonly text: string; readonly line: number };
type Gpu = {
  readonly bus: string;
  readonly line: number;
  readonly attributes: Record<string, string>;
  readonly leaves: Leaf[];
  readonly path: string[];
};
type Log = {
  readonly gpus: Gpu[];
  readonly dumps: { attached: number | undefined; readonly buses: Set<string> }[];
  driver: string | undefined;
};

function parseTree(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const opened = openText(text);
  if (/^\s*<\?xml|^\s*<nvidia_smi_log/.test(opened)) {
    throw new ParseError('this is the XML of nvidia-smi -q -x: send the text of nvidia-smi -q, without -x', { line: 1, column: 1 });
  }
  const log = readLog(opened, tally);
  if (log.gpus.length === 0) throw new ParseError(`no line names a GPU (GPU 00000000:18:00.0): ${ADVICE}`, { line: 1, column: 1 });
  const slots = new SeriesSlots(parameters, { isTimeSeries: true });
  const order = listDevices(log);
  for (const gpu of log.gpus) for (const leaf of gpu.leaves) addLeaf(gpu, leaf, regionOf(gpu, order), slots);
  if (slots.size === 0) throw new ParseError(`no measurement of any GPU (memory, clocks, power …): ${ADVICE}`, { line: 1, column: 1 });
  if (slots.hasCounters() && parameters.atNs === undefined) {
    tally.add('time_missing', 'counters came without a time: send at= so that a rate can be told', null);
  }
  return { records: slots.finish(), warnings: tally.list() };
}

function readLog(text: string, tally: WarningTally): Log {
  const log: Log = { gpus: [], dumps: [], driver: undefined };
  const lastLine = text.endsWith('\n') ? 0 : text.split('\n').length;
  forEachLine(text, (raw, number) => {
    const line = raw.trimEnd();
    if (line === '' || /^=+NVSMI LOG=+$/.test(line)) return;
    const bus = GPU_LINE.exec(line)?.[1];
    if (bus !== undefined) openGpu(log, bus.toLowerCase(), number);
    else if (!line.startsWith(' ')) readTop(line, log);
    else if (number === lastLine && /[\d.]$/.test(line)) {
      tally.add('unterminated_line', 'the last line has no line end, so its number may be cut off; it was left out', number);
    } else readIndented(line, number, log.gpus.at(-1));
  });
  return log;
}

function openGpu(log: Log, bus: string, line: number): void {
  const dump = log.dumps.at(-1);
  if (dump === undefined || dump.buses.has(bus)) log.dumps.push({ attached: dump?.attached, buses: new Set([bus]) });
  else dump.buses.add(bus);
  const attributes = { pciBusId: bus, ...(log.driver === undefined ? {} : { driverVersion: log.driver }) };
  log.gpus.push({ bus, line, attributes, leaves: [], path: [] });
}

function readTop(line: string, log: Log): void {
  const [, name, value = ''] = /^([A-Za-z][A-Za-z ]{0,40}?) *: (.{0,80})$/.exec(line) ?? [];
  if (name === 'Driver Version') log.driver = value;
  if (name === 'Attached GPUs') log.dumps.push({ attached: /^\d{1,4}$/.test(value) ? Number(value) : undefined, buses: new Set() });
}

function readIndented(line: string, number: number, gpu: Gpu | undefined): void {
  if (gpu === undefined) return;
  const indent = line.length - line.trimStart().length;
  const depth = Math.min(Math.floor(indent / INDENT), DEPTH_LIMIT);
  const content = line.slice(indent);
  const colon = content.indexOf(' : ');
  const name = (colon < 0 ? content : content.slice(0, colon)).trim();
  gpu.path.length = Math.min(gpu.path.length, Math.max(0, depth - 1));
  // A level that was skipped is none of the tree; what hangs there is not read.
  while (gpu.path.length < depth - 1) gpu.path.push('?');
  gpu.path.push(name);
  if (colon < 0) return;
  const text = content.slice(colon + 3).trim();
  const path = gpu.path.join('/');
  const attribute = Object.hasOwn(ATTRIBUTES, path) ? ATTRIBUTES[path] : undefined;
  if (attribute !== undefined) gpu.attributes[attribute] = text;
  const field = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
  if (field !== undefined) gpu.leaves.push({ field, path, text, line: number });
}

/** Bus ids in the order of the indexes, when a dump holds every attached GPU; empty when only some were printed and nothing tells their index. */
function listDevices({ dumps }: Log): readonly string[] {
  const whole = dumps.find(({ attached, buses }) => attached !== undefined && attached === buses.size);
  return whole === undefined ? [] : [...whole.buses];
}

function regionOf({ bus }: Gpu, order: readonly string[]): string {
  const index = order.indexOf(bus);
  return index < 0 ? `gpu/${bus}` : `gpu${index}`;
}

function addLeaf(gpu: Gpu, { field, path, text, line }: Leaf, region: string, slots: SeriesSlots): void {
  const definition = findNativeMetric(field);
  if (definition === undefined) throw new RangeError(`${field} must be in the metric catalogue`);
  const { metric, unit, judgedAs } = definition;
  const read = readSmiValue(text, undefined, documentedUnit(metric, unit));
  const place = { line, column: 1 };
  if (read.kind !== 'number' && read.kind !== 'missing')
    throw new ParseError(`${path} is ${quote(text)}, not a number with its unit: ${ADVICE}`, place);
  const key = `${region}\n${metric}`;
  const valueKind = judgedAs === 'rate' ? 'counter' : 'samples';
  const { attributes, bus } = gpu;
  const slot = slots.open(key, { region, metric, nativeMetric: path, unit, valueKind, attributes, line }, attributes['uuid'] ?? bus);
  if (slot.device !== (attributes['uuid'] ?? bus))
    throw new ParseError(`${region} is two devices in this payload: push two hosts as two runs`, place);
  if (read.kind === 'missing') slots.add(slot, { value: null, quality: [read.quality] }, line);
  else if (read.unit !== unit) throw new ParseError(`${path} is in ${read.unit}, expected ${unit}: ${ADVICE}`, place);
  else slots.add(slot, read.read, line);
}
