import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { type JsonObject, JsonReader } from '../../lexers/json.ts';
import { openText } from '../../lexers/text.ts';
import { WarningTally } from '../warning-tally.ts';
import { addExact, toInteger } from './bpftrace-buckets.ts';
import { type CollectedMaps, collectMaps, emptyMaps, type Integer } from './bpftrace-maps.ts';
import type { PrintMode } from './bpftrace-prints.ts';
import { toRecords } from './bpftrace-records.ts';

/**
 * `bpftrace -f json`: one object {"type", "data"} after another on stdout. Maps become histograms, summaries, samples and totals; what the
 * script printed by itself is counted and left out; lost events and helper errors travel as quality. Seen: 0.17.0, 0.23.2, 0.27.1.
 */

const ADVICE =
  'bpftrace -f json prints one object per line on stdout; keep stderr apart (2>errors.txt), let the tool end by itself, and send the whole file';
const MAP_TYPES = new Set(['hist', 'stats', 'tseries', 'map']);
/** Lines that are not measurements; attached_probes is not even worth a count. */
const OUTPUT_TYPES = new Set(['value', 'printf', 'time', 'cat', 'join', 'syscall', 'test_result', 'benchmark_result']);
const COMPLAINT_TYPES = new Set(['errorf', 'warnf', 'runtime_error']);

export const bpftraceJsonFormat: Format = {
  id: 'bpftrace-json',
  kind: 'ebpf',
  mode: 'whole',
  summary: 'bpftrace -f json script.bt > file (0.17 and later)',
  extraParameters: ['prints'],
  detect: (head) => /^\uFEFF?\s*\{\s*"type"\s*:\s*"/.test(head),
  parse: parseBpftrace,
};

type Reading = { readonly maps: CollectedMaps; readonly tally: WarningTally; lostEvents: Integer; lostLine: number; helperErrors: number };

function parseBpftrace(text: string, parameters: PayloadParameters): ParseResult {
  const prints = readPrintMode(parameters);
  const reader = new JsonReader(openText(text), ADVICE);
  const reading: Reading = { maps: emptyMaps(), tally: new WarningTally(), lostEvents: 0, lostLine: 0, helperErrors: 0 };
  while (reader.next()) readLine(reader, reading);
  const quality = readQuality(reading);
  const records = toRecords(reading.maps, { parameters, prints, quality, tally: reading.tally });
  if (records.length === 0) reading.tally.add('no_values', 'no map with values was printed', null);
  return { records, warnings: reading.tally.list() };
}

function readPrintMode(parameters: PayloadParameters): PrintMode {
  const mode = parameters.extra['prints'];
  if (mode === undefined || mode === 'auto' || mode === 'cumulative' || mode === 'cleared') return mode ?? 'auto';
  throw new ParseError(`prints=${mode} is none of auto, cumulative, cleared`, { line: 1, column: 1 });
}

function readLine(reader: JsonReader, reading: Reading): void {
  const { line, position } = reader;
  const { tally } = reading;
  const message = reader.readObject();
  const type = message.get('type');
  if (typeof type !== 'string') reader.fail('an object has no type', position);
  if (MAP_TYPES.has(type)) {
    const data = message.get('data');
    const fail = (detail: string): never => reader.fail(detail, position);
    if (!(data instanceof Map)) fail(`a line of type ${type} has no data`);
    else collectMaps(type, data, reading.maps, { line, fail, tally });
  } else if (type === 'lost_events') readLostEvents(reader, message, position, reading);
  else if (type === 'helper_error') {
    reading.helperErrors++;
    tally.add('helper_error', `a BPF helper failed: ${text(message, 'helper')}: ${text(message, 'msg')}`, line);
  } else if (COMPLAINT_TYPES.has(type)) tally.add(type, `bpftrace said: ${text(message, 'msg')}`, line);
  else if (OUTPUT_TYPES.has(type)) tally.add('ignored_output', 'lines that the script printed itself were left out', line);
  else if (type !== 'attached_probes') tally.add('unknown_type', `lines of the unknown type '${type.slice(0, 40)}' were left out`, line);
}

function readLostEvents(reader: JsonReader, message: JsonObject, position: number, reading: Reading): void {
  const data = message.get('data');
  const events = data instanceof Map ? toInteger(data.get('events')) : undefined;
  if (events === undefined || events < 0) reader.fail('a lost_events line has no count of events', position);
  reading.lostEvents = addExact(reading.lostEvents, events);
  reading.lostLine ||= reader.line;
}

function readQuality(reading: Reading): readonly Quality[] {
  const quality: Quality[] = [];
  if (reading.lostEvents > 0) {
    reading.tally.add(
      'lost_events',
      `bpftrace lost ${reading.lostEvents} events; maps are complete, printed events are not`,
      reading.lostLine,
    );
    quality.push('lost_events');
  }
  if (reading.helperErrors > 0) quality.push('helper_error');
  return quality;
}

function text(message: JsonObject, name: string): string {
  const value = message.get(name);
  return typeof value === 'string' ? value.slice(0, 200) : 'no text';
}
