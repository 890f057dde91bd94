import { findMetric } from '../../../wire/metrics.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { readSmiValue, type SmiValue } from './nvidia-smi-values.ts';
import { findNvlinkCounter } from './nvlink-counters.ts';

/**
 * `nvidia-smi nvlink -s`, `-e`, `-gt d` and `-gt r`, also one after another. A link's speed is a sample, its counters are cumulative since
 * driver load; of two dumps in one payload the first and the last count. Lines of `--info` describe the GPU and become attributes.
 */
export const nvidiaSmiNvlinkFormat = {
  id: 'nvidia-smi-nvlink' as const,
  kind: 'gpu',
  mode: 'whole',
  summary: 'nvidia-smi nvlink -e (or -s, -gt d, -gt r)',
  extraParameters: [],
  detect: (head) => {
    const lines = head.replace(/^\uFEFF/, '').split('\n', 400);
    return lines.some((line) => GPU_LINE.test(line)) && lines.some((line) => LINK_LINE.test(line) || INFO_START.test(line));
  },
  parse: parseNvlink,
} satisfies FormatDraft;

const GPU_LINE = /^GPU (\d{1,6}): ([^\n]{0,300})$/;
const LINK_LINE = /^[ \t]+Link (\d{1,6}): ([^\n]{0,300})$/;
const INFO_START = /^[ \t]+(?:NVLE|Firmware Version):/;
const INFO_LINE = /^[ \t]+([A-Za-z][A-Za-z ]{0,40}): ?([^\n]{0,100})$/;
const UUID = /^(.*?) ?\(UUID: ([^()]{1,80})\)$/;

type Gpu = { readonly region: string; readonly device: string; readonly attributes: Record<string, string> };
type Session = { readonly slots: SeriesSlots; readonly tally: WarningTally; readonly devices: Map<string, string>; gpu: Gpu | undefined };
type Link = { readonly gpu: Gpu; readonly region: string; readonly line: number };

function parseNvlink(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const opened = openText(text);
  const session: Session = { slots: new SeriesSlots(parameters, { isTimeSeries: true }), tally, devices: new Map(), gpu: undefined };
  const lastLine = opened.endsWith('\n') ? 0 : opened.split('\n').length;
  forEachLine(opened, (line, number) => {
    if (number === lastLine && /: *\d+$/.test(line)) {
      tally.add('unterminated_line', 'the last line has no line end, so its number may be cut off; it was left out', number);
    } else if (line.trim() !== '') readLine(line.trimEnd(), number, session);
  });
  if (session.slots.size === 0) {
    throw new ParseError(
      'no speed or counter of any link: send the output of nvidia-smi nvlink -s, -e, -gt d or -gt r (--info only describes the GPU)',
      { line: 1, column: 1 },
    );
  }
  if (parameters.atNs === undefined && session.slots.hasCounters()) {
    tally.add('time_missing', 'counters came without a time: send at= so that a rate can be told', null);
  }
  return { records: session.slots.finish(), warnings: tally.list() };
}

function readLine(line: string, number: number, session: Session): void {
  const gpu = GPU_LINE.exec(line);
  if (gpu !== null) {
    openGpu(gpu[1] ?? '', gpu[2] ?? '', number, session);
    return;
  }
  const link = LINK_LINE.exec(line);
  if (link !== null) {
    if (session.gpu === undefined) {
      throw new ParseError('a link comes before the line of its GPU (GPU 0: …): send the output from its beginning', {
        line: number,
        column: 1,
      });
    }
    readLink(link[2] ?? '', { gpu: session.gpu, region: `${session.gpu.region}/link${link[1]}`, line: number }, session);
    return;
  }
  const info = INFO_LINE.exec(line);
  if (info !== null && session.gpu !== undefined) {
    if (info[2] !== '' && info[2] !== undefined) session.gpu.attributes[`nvlink ${info[1]}`] = info[2];
    return;
  }
  session.tally.add('ignored_line', `a line that names no link was left out: ${quote(line.trim())}`, number);
}

function openGpu(index: string, title: string, line: number, session: Session): void {
  const named = UUID.exec(title);
  const region = `gpu${index}`;
  const device = named?.[2] ?? '';
  const known = session.devices.get(region);
  if (known !== undefined && known !== device) {
    throw new ParseError(`${region} is two devices in this payload (${quote(known)} and ${quote(device)}): push two hosts as two runs`, {
      line,
      column: 1,
    });
  }
  session.devices.set(region, device);
  session.gpu = { region, device, attributes: { model: named?.[1] ?? title, ...(device === '' ? {} : { uuid: device }) } };
}

function readLink(rest: string, link: Link, session: Session): void {
  const counter = /^([A-Za-z][A-Za-z ]{0,60}): *(\S[^\n]*)$/.exec(rest);
  if (counter === null) readSpeed(rest, link, session);
  else readCounter(counter[1] ?? '', counter[2] ?? '', link, session);
}

function readSpeed(text: string, link: Link, session: Session): void {
  const read: SmiValue = /^<?inactive>?$/i.test(text) ? { kind: 'missing', quality: 'inactive' } : readSmiValue(text, undefined, undefined);
  if (read.kind === 'number' || read.kind === 'missing') add('Link speed', 'nvlink.link_speed', read, link, session);
  else refuse(`the speed ${quote(text)} of ${link.region} is not a number with its unit`, link);
}

function readCounter(name: string, text: string, link: Link, session: Session): void {
  const counter = findNvlinkCounter(name);
  if (counter === undefined) {
    session.tally.add('unknown_counter', `${quote(name)} was left out: it is no counter that is known`, link.line);
    return;
  }
  const read = readSmiValue(text, undefined, counter.unit === '1' ? '1' : undefined);
  if (read.kind === 'number' || read.kind === 'missing') add(name, counter.metric, read, link, session);
  else refuse(`${name} of ${link.region} is ${quote(text)}, not a count${counter.unit === 'By' ? ' with its unit (KiB)' : ''}`, link);
}

function add(name: string, metric: string, read: SmiValue, { gpu, region, line }: Link, { slots }: Session): void {
  const unit = findMetric(metric)?.unit ?? '1';
  if (read.kind === 'number' && (read.unit !== unit || (read.read.value ?? 0) < 0)) {
    refuse(`${name} of ${region} is negative or in ${read.unit}, not in ${unit}`, { gpu, region, line });
  }
  const valueKind = metric === 'nvlink.link_speed' ? 'samples' : 'counter';
  const { attributes, device } = gpu;
  const slot = slots.open(`${region}\n${metric}`, { region, metric, nativeMetric: name, unit, valueKind, attributes, line }, device);
  if (read.kind === 'number') slots.add(slot, read.read, line);
  if (read.kind === 'missing') slots.add(slot, { value: null, quality: [read.quality] }, line);
}

function refuse(detail: string, { line }: Link): never {
  throw new ParseError(`${detail}: send the output of nvidia-smi nvlink as it was printed, whole`, { line, column: 1 });
}
