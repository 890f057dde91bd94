import { findNativeMetric } from '../../../wire/metrics.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { isSmiXml } from '../../lexers/nvidia-smi-xml.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { listDevices, openDump, openGpu, type SmiGpu, type SmiLeaf, type SmiLog, takeLeaf } from './nvidia-smi-q-log.ts';
import { readXmlLog } from './nvidia-smi-q-xml.ts';
import { documentedUnit, readSmiValue } from './nvidia-smi-values.ts';

/**
 * `nvidia-smi -q` as text (a tree by indentation) or, with -x, as XML: both become the same records. Leaves are read by path, because those of
 * one name stand in many places. Only measurements are read; limits, modes and versions describe the machine. Names changed with the driver
 * (Power Readings became GPU Power Readings in 530).
 */
export const nvidiaSmiQFormat = {
  id: 'nvidia-smi-q' as const,
  kind: 'gpu',
  mode: 'whole',
  summary: 'nvidia-smi -q, or nvidia-smi -q -x (XML)',
  extraParameters: [],
  detect: (head) =>
    isSmiXml(head) || /^=+NVSMI LOG=+\s*$/m.test(head) || /^GPU [0-9a-fA-F]{8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.\d\s*$/m.test(head),
  parse: parseTree,
} satisfies FormatDraft;

const GPU_LINE = /^GPU ([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-9a-fA-F])$/;
const INDENT = 4;
const DEPTH_LIMIT = 16;
const ADVICE = 'send all that nvidia-smi -q printed';

function parseTree(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const opened = openText(text);
  const log = opened.trimStart().startsWith('<') ? readXmlLog(opened) : readLog(opened, tally);
  if (log.gpus.length === 0) throw new ParseError(`nothing names a GPU (GPU 00000000:18:00.0): ${ADVICE}`, { line: 1, column: 1 });
  const slots = new SeriesSlots(parameters, { isTimeSeries: true });
  const order = listDevices(log);
  for (const gpu of log.gpus) for (const leaf of gpu.leaves) addLeaf(gpu, leaf, regionOf(gpu, order), slots);
  if (slots.size === 0) throw new ParseError(`no measurement of any GPU (memory, clocks, power …): ${ADVICE}`, { line: 1, column: 1 });
  if (slots.hasCounters() && parameters.atNs === undefined) {
    tally.add('time_missing', 'counters came without a time: send at= so that a rate can be told', null);
  }
  return { records: slots.finish(), warnings: tally.list() };
}

function readLog(text: string, tally: WarningTally): SmiLog {
  const log: SmiLog = { gpus: [], dumps: [], driver: undefined };
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

function readTop(line: string, log: SmiLog): void {
  const [, name, value = ''] = /^([A-Za-z][A-Za-z ]{0,40}?) *: (.{0,80})$/.exec(line) ?? [];
  if (name === 'Driver Version') log.driver = value;
  if (name === 'Attached GPUs') openDump(log, value);
}

function readIndented(line: string, number: number, gpu: SmiGpu | undefined): void {
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
  takeLeaf(gpu, gpu.path.join('/'), content.slice(colon + 3).trim(), number);
}

function regionOf({ bus }: SmiGpu, order: readonly string[]): string {
  const index = order.indexOf(bus);
  return index < 0 ? `gpu/${bus}` : `gpu${index}`;
}

function addLeaf(gpu: SmiGpu, { field, path, text, line }: SmiLeaf, region: string, slots: SeriesSlots): void {
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
