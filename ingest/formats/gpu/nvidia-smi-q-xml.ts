import { ParseError } from '../../format.ts';
import { readSmiDocuments, type SmiDocument } from '../../lexers/nvidia-smi-xml.ts';
import type { XmlElement } from '../../lexers/xml.ts';
import { openDump, openGpu, type SmiGpu, type SmiLog, takeLeaf } from './nvidia-smi-q-log.ts';

/** Path of elements below <gpu> → the same leaf in the text, so that both forms become the same records. */
const PATHS: Readonly<Record<string, string>> = {
  product_name: 'Product Name',
  uuid: 'GPU UUID',
  vbios_version: 'VBIOS Version',
  'fb_memory_usage/total': 'FB Memory Usage/Total',
  'fb_memory_usage/reserved': 'FB Memory Usage/Reserved',
  'fb_memory_usage/used': 'FB Memory Usage/Used',
  'fb_memory_usage/free': 'FB Memory Usage/Free',
  'utilization/gpu_util': 'Utilization/Gpu',
  'utilization/memory_util': 'Utilization/Memory',
  'utilization/encoder_util': 'Utilization/Encoder',
  'utilization/decoder_util': 'Utilization/Decoder',
  'temperature/gpu_temp': 'Temperature/GPU Current Temp',
  'temperature/memory_temp': 'Temperature/Memory Current Temp',
  'power_readings/power_draw': 'Power Readings/Power Draw',
  'power_readings/power_limit': 'Power Readings/Power Limit',
  'power_readings/enforced_power_limit': 'Power Readings/Enforced Power Limit',
  'gpu_power_readings/power_draw': 'GPU Power Readings/Power Draw',
  'gpu_power_readings/average_power_draw': 'GPU Power Readings/Average Power Draw',
  'gpu_power_readings/current_power_limit': 'GPU Power Readings/Current Power Limit',
  'clocks/graphics_clock': 'Clocks/Graphics',
  'clocks/sm_clock': 'Clocks/SM',
  'clocks/mem_clock': 'Clocks/Memory',
  'clocks/video_clock': 'Clocks/Video',
  fan_speed: 'Fan Speed',
  'pci/pci_gpu_link_info/pcie_gen/current_link_gen': 'PCI/GPU Link Info/PCIe Generation/Current',
  'pci/pci_gpu_link_info/link_widths/current_link_width': 'PCI/GPU Link Info/Link Width/Current',
  'pci/replay_counter': 'PCI/Replays Since Reset',
  'pci/tx_util': 'PCI/Tx Throughput',
  'pci/rx_util': 'PCI/Rx Throughput',
  'retired_pages/multiple_single_bit_retirement/retired_count': 'Retired Pages/Single Bit ECC',
  'retired_pages/double_bit_retirement/retired_count': 'Retired Pages/Double Bit ECC',
  'remapped_rows/remapped_row_corr': 'Remapped Rows/Correctable Error',
  'remapped_rows/remapped_row_unc': 'Remapped Rows/Uncorrectable Error',
};
const BUS = /^[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-9a-fA-F]$/;

/** Reads the XML of `nvidia-smi -q -x`. @throws ParseError when it is damaged, or a GPU or a leaf comes twice in one document */
export function readXmlLog(text: string): SmiLog {
  const log: SmiLog = { gpus: [], dumps: [], driver: undefined };
  for (const document of readSmiDocuments(text)) readDocument(document, log);
  return log;
}

function readDocument(document: SmiDocument, log: SmiLog): void {
  const { root, lineOf } = document;
  const seen = new Set<string>();
  log.driver = root.children.find(({ name }) => name === 'driver_version')?.text ?? log.driver;
  openDump(log, root.children.find(({ name }) => name === 'attached_gpus')?.text ?? '');
  for (const element of root.children) {
    if (element.name !== 'gpu') continue;
    const line = lineOf(element);
    const bus = element.attributes.get('id') ?? '';
    if (!BUS.test(bus)) throw new ParseError('a <gpu> has no id with its bus (00000000:18:00.0)', { line, column: 1 });
    if (seen.has(bus.toLowerCase())) throw new ParseError(`the GPU ${bus} occurs twice in one document`, { line, column: 1 });
    seen.add(bus.toLowerCase());
    readBranch(openGpu(log, bus.toLowerCase(), line), element, '', document, new Set());
  }
}

function readBranch(gpu: SmiGpu, branch: XmlElement, prefix: string, document: SmiDocument, seen: Set<string>): void {
  for (const child of branch.children) {
    const path = `${prefix}${child.name}`;
    const leaf = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
    if (leaf === undefined) {
      // The deepest path that is read has four elements.
      if (child.children.length > 0 && path.split('/').length < 4) readBranch(gpu, child, `${path}/`, document, seen);
      continue;
    }
    const line = document.lineOf(child);
    if (seen.has(leaf)) throw new ParseError(`<${child.name}> occurs twice in one GPU`, { line, column: 1 });
    seen.add(leaf);
    takeLeaf(gpu, leaf, child.text, line);
  }
}
