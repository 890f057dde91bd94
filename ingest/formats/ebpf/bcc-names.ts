import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';

/** What bcc's and libbpf-tools' words mean: the banner names the tool, a section header the part of the machine, a table's header its unit. */

/** What a tool measures: the metric of its histograms in time and otherwise, and the region when no section names one. */
export type BccSubject = { readonly metric: string | undefined; readonly sizeMetric?: string; readonly region: string };

const NOTHING_SAID: BccSubject = { metric: undefined, region: 'system' };

/** Beginnings of banners. Source: the tools of bcc 0.31 and libbpf-tools 0.31. */
const BANNERS: readonly (readonly [start: string, subject: BccSubject])[] = [
  ['Tracing run queue latency', { metric: 'runqueue.latency', region: 'system' }],
  ['Tracing block device I/O', { metric: 'block.latency', sizeMetric: 'block.size', region: 'block' }],
  ['Tracing on-CPU time', { metric: 'cpu.on_time', region: 'system' }],
  ['Tracing off-CPU time', { metric: 'cpu.off_time', region: 'system' }],
  ['Tracing hard irq event', { metric: 'hardirq.duration', region: 'hardirq' }],
  ['Tracing soft irq event', { metric: 'softirq.duration', region: 'softirq' }],
  ['Sampling run queue length', { metric: undefined, sizeMetric: 'runqueue.length', region: 'system' }],
  ['Tracing TCP RTT', { metric: 'tcp.round_trip', region: 'tcp' }],
  ['Tracing failed syscall', { metric: undefined, sizeMetric: 'syscall.errors', region: 'system' }],
  ["Tracing syscall '", { metric: undefined, sizeMetric: 'syscall.errors', region: 'system' }],
  ['Tracing syscall', NOTHING_SAID],
];

/** The subject of a banner line (`Tracing … Hit Ctrl-C to end.`); undefined when the line is none. */
export function readBanner(text: string): BccSubject | undefined {
  if (!/^(?:Tracing|Sampling) /.test(text) || !/(?:Hit Ctrl-C to end\.?|Ctrl\+C to quit\.?)$/.test(text)) return undefined;
  const known = BANNERS.find(([start]) => text.startsWith(start));
  if (known !== undefined) return known[1];
  const fileSystem = /^Tracing (\w{1,30}) operation latency/.exec(text)?.[1];
  if (fileSystem !== undefined) return { metric: 'filesystem.latency', region: fileSystem };
  const pattern = /^Tracing \d+ functions? for "([^"]{1,200})"/.exec(text)?.[1] ?? /^Tracing (\S{1,200}?)\.\.\. Hit/.exec(text)?.[1];
  return pattern === undefined ? NOTHING_SAID : { metric: 'function.latency', region: pattern };
}

/** Where a section is: a region, or labels beside it; numbers that change from run to run are dropped. */
export type BccPlace = {
  readonly region: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** What was dropped: process ids and addresses. */
  readonly dropped: string | undefined;
};

export const NOWHERE: BccPlace = { region: undefined, labels: {}, dropped: undefined };
/** Sections that only tell processes or machines apart by numbers. */
const UNSTABLE = new Set(['tid', 'pidns', 'Remote Address', 'Local Address', 'All Addresses', 'Remote Port', 'Local Port']);

/**
 * A section header: `disk = vda`, `flags = Sync-Write`, `pid = 24168 load.sh`, `operation = 'read'`, `disk = b'sda'`; several stand with tabs
 * between. Undefined when the line is none.
 */
export function readSection(text: string): BccPlace | undefined {
  let place = NOWHERE;
  for (const part of text.split('\t')) {
    if (part.trim() === '') continue;
    const match = /^([A-Za-z]+(?: [A-Za-z]+)?) =(?: (.*))?$/.exec(part.trim());
    if (match === null) return undefined;
    place = addSection(place, match[1] ?? '', unquote((match[2] ?? '').trim()));
  }
  return place === NOWHERE ? undefined : place;
}

function addSection(place: BccPlace, name: string, value: string): BccPlace {
  const named = value === '' ? '(unnamed)' : value;
  if (name === 'flags') return { ...place, labels: { ...place.labels, flags: named } };
  if (UNSTABLE.has(name)) return { ...place, dropped: name === 'All Addresses' ? place.dropped : name };
  if (name === 'pid') {
    const comm = /^\d+ (.+)$/.exec(value)?.[1]?.trim();
    return comm === undefined ? { ...place, dropped: name } : { ...place, region: comm };
  }
  const region = name === 'cpu' ? `cpu${named}` : name === 'Function' ? named.replace(/ \[\d+\]$/, '') : named;
  return { ...place, region: place.region === undefined ? region : `${place.region}/${region}` };
}

/** Python 2 and 3 left their quotes in old versions. */
function unquote(value: string): string {
  return /^b?'(.*)'$/.exec(value)?.[1] ?? /^b?"(.*)"$/.exec(value)?.[1] ?? value;
}

const WORDS: Readonly<Record<string, string>> = {
  nsecs: 'ns',
  usecs: 'us',
  msecs: 'ms',
  secs: 's',
  Kbytes: 'KiB',
  bytes: 'By',
  runqlen: '1',
};

/** The unit that the first word of a table's header is; undefined for an expression (`$latency/1000`, `size`), which says none. */
export function readUnitWord(word: string): BaseUnit | undefined {
  const symbol = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  return symbol === undefined ? undefined : toBaseUnit(symbol);
}

/** The metric of a histogram: what the banner says in that unit, else what the unit says, else the word of its header. */
export function toBccMetric(subject: BccSubject | undefined, word: string, unit: BaseUnit): string {
  const isTime = unit.unit === 'ns';
  const said = isTime ? subject?.metric : subject?.sizeMetric;
  if (said !== undefined) return said;
  if (word === 'runqlen') return 'runqueue.length';
  if (isTime) return 'latency';
  return unit.unit === 'By' ? 'size' : word;
}

/** `p:c:write(int fd, void *buf, size_t len):size_t:len`, which argdist prints above its table: the function. */
export function readProbe(text: string): string | undefined {
  const match = /^[prtu]:([^:(]{0,200}):([^:(]{1,200})(?:[:(]|$)/.exec(text);
  return match === null ? undefined : match[1] === '' ? match[2] : `${match[1]}:${match[2]}`;
}
