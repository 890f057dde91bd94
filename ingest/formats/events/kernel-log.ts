import type { Format, ParseResult, PayloadParameters } from '../../format.ts';
import { ParseError } from '../../format.ts';
import { forEachLine, NO_LINE_END, openText } from '../../lexers/text.ts';
import type { EventRecord, IngestRecord, ReadingRecord } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { readKernelLine } from './kernel-lines.ts';
import { EVENT_CODES, type EventCode, KernelReportReader } from './kernel-reports.ts';

/**
 * dmesg or journal lines. Each oops, panic, Xid, lockup and hung task is an event; of each kind there is always a count, zero too, so that a
 * quiet night is evidence. `exposure=` says how many seconds were watched.
 */
export const kernelLogFormat: Format = {
  id: 'kernel-log',
  kind: 'events',
  mode: 'whole',
  summary: 'dmesg, or journalctl -k (-o short, short-iso, short-monotonic)',
  extraParameters: [],
  detect: (head) => head.split('\n', 200).some((line) => isKernelLog(line.replace(/^\uFEFF/, '').trimEnd())),
  parse: parseKernelLog,
};

/** Characters of a message that are kept with its event. */
const MESSAGE_CHARACTERS = 1000;

const OWN_LINE = /^-- (?:No entries|Logs begin|Journal begins|Boot [0-9a-f]{32}|Reboot)/;
const OTHER_LINE = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) \S+ [^:]{1,200}: /;
const ESCAPE = String.fromCharCode(27);
/** dmesg --color. */
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g');

type Counts = { readonly byCode: Map<EventCode, number>; readonly xidsByGpu: Map<string, number> };

function parseKernelLog(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const reports = new KernelReportReader();
  const counts: Counts = { byCode: new Map(EVENT_CODES.map((code) => [code, 0])), xidsByGpu: new Map() };
  const events: EventRecord[] = [];
  let kernelLines = 0;
  let lastLine = 1;
  let isQuiet = false;
  const opened = openText(text);
  forEachLine(opened, (coloured, number) => {
    const line = coloured.includes(ESCAPE) ? coloured.replace(COLOUR, '') : coloured;
    const read = readKernelLine(line);
    if (read !== undefined) kernelLines++;
    const isOther = read === undefined && isOtherLine(line);
    isQuiet ||= OWN_LINE.test(line);
    lastLine = number;
    // Without any prefix: a serial console, or `journalctl -o cat`.
    const message = read?.message ?? (isOther ? undefined : line);
    const report = message === undefined ? undefined : reports.read(message);
    if (message === undefined || report === undefined) return;
    const { code, labels } = report;
    kernelLines++;
    events.push({
      kind: 'event',
      repetition: parameters.repetition,
      code,
      atNs: read?.atNs ?? null,
      message: message.slice(0, MESSAGE_CHARACTERS),
      labels,
      line: number,
    });
    counts.byCode.set(code, (counts.byCode.get(code) ?? 0) + 1);
    const { pci } = labels;
    if (pci !== undefined) counts.xidsByGpu.set(pci, (counts.xidsByGpu.get(pci) ?? 0) + 1);
  });
  // A log of other programs would be a night without an oops that nobody watched for.
  if (kernelLines === 0 && !isQuiet) {
    throw new ParseError('no line is of the kernel: send the output of dmesg or journalctl -k with its time stamps', {
      line: 1,
      column: 1,
    });
  }
  if (!opened.endsWith('\n')) tally.add('no_line_end', NO_LINE_END, lastLine);
  if (parameters.exposureS === undefined) {
    tally.add(
      'exposure_missing',
      'counts came without the time that was watched: send exposure=<seconds> so that a rate can be told',
      null,
    );
  }
  return { records: [...events, ...toReadings(counts, parameters)], warnings: tally.list() };
}

/** A line of journalctl itself, or of another program than the kernel. */
function isOtherLine(line: string): boolean {
  return OWN_LINE.test(line) || OTHER_LINE.test(line);
}

function isKernelLog(line: string): boolean {
  return readKernelLine(line) !== undefined || isOtherLine(line) || new KernelReportReader().read(line) !== undefined;
}

function toReadings(counts: Counts, parameters: PayloadParameters): IngestRecord[] {
  const totals = [...counts.byCode].map(([code, count]) => toReading('kernel', code, count, parameters));
  const gpus = [...counts.xidsByGpu].map(([pci, count]) => toReading(`gpu/${pci}`, 'gpu.xid', count, parameters));
  return [...totals, ...gpus];
}

function toReading(region: string, metric: EventCode, value: number, parameters: PayloadParameters): ReadingRecord {
  return {
    kind: 'reading',
    series: declareSeries({ region, metric, nativeMetric: metric, unit: '1', valueKind: 'counter', line: 1 }, parameters),
    repetition: parameters.repetition,
    reading: 'delta',
    value,
    atNs: parameters.atNs ?? null,
    exposureS: parameters.exposureS ?? null,
    probability: null,
    tool: null,
    quality: [],
    line: 1,
  };
}
