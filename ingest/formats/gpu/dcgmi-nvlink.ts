import { LIMITS } from '../../../wire/limits.ts';
import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { type JsonObject, JsonReader, type JsonValue } from '../../lexers/json.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots, type SlotValue } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { isBlankValue } from './dcgm-fields.ts';
import { findNvlinkCounter } from './nvlink-counters.ts';

/**
 * `dcgmi nvlink -e -j`: one object a GPU, values in quotes, blanks of DCGM printed as they are; warnings of dcgmi stand before the object.
 * Several outputs may follow one another. Layout: dcgmi/Nvlink.cpp of NVIDIA/DCGM.
 */
export const dcgmiNvlinkFormat = {
  id: 'dcgmi-nvlink' as const,
  kind: 'gpu',
  mode: 'whole',
  summary: 'dcgmi nvlink -g 0 -e -j',
  extraParameters: [],
  detect: (head) => /^\s*\{/m.test(head.replace(/^\uFEFF/, '')) && /"NVLINK Error Counts"|"Link \d+"\s*:\s*\{\s*"children"/.test(head),
  parse: parseDcgmiNvlink,
} satisfies FormatDraft;

const ADVICE = 'send what dcgmi nvlink -e -j printed, whole';

function parseDcgmiNvlink(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const slots = new SeriesSlots(parameters, { isTimeSeries: true });
  const reader = new JsonReader(openText(text), ADVICE);
  while (reader.next()) {
    if (reader.text.startsWith('{', reader.position)) readGpu(reader, slots, tally);
    else skipMessage(reader, tally);
  }
  if (slots.size === 0) throw new ParseError(`there are no counters of any link: ${ADVICE}`, { line: 1, column: 1 });
  const records = slots.finish();
  if (parameters.atNs === undefined) tally.add('time_missing', 'counters came without a time: send at= so that a rate can be told', null);
  return { records, warnings: tally.list() };
}

/** A line of dcgmi's own, such as `Warning: Unable to retrieve nvlink Replay Error count for link 3 …`. */
function skipMessage(reader: JsonReader, tally: WarningTally): void {
  const { line, position } = reader;
  const message = /^(?:Warning|Error)[^\n]{0,200}/.exec(reader.text.slice(position, position + 210))?.[0];
  if (message === undefined) reader.fail('expected the object of a GPU');
  tally.add('tool_message', `dcgmi says ${quote(message)}`, line);
  reader.skipLine();
}

function readGpu(reader: JsonReader, slots: SeriesSlots, tally: WarningTally): void {
  const { line, position } = reader;
  const root = reader.readObject();
  const header = root.get('header');
  const titles = Array.isArray(header) ? header : [];
  const gpu = titles.map((title) => /^GPU (\d{1,6})$/.exec(String(title))?.[1]).find((number) => number !== undefined);
  const body = root.get('body');
  if (gpu === undefined || !(body instanceof Map)) reader.fail('the object names no GPU in "header", or has no "body"', position);
  for (const [name, entry] of body) {
    const link = /^Link (\d{1,6})$/.exec(name)?.[1];
    const children = entry instanceof Map ? entry.get('children') : undefined;
    if (link === undefined || !(children instanceof Map)) {
      tally.add('ignored_member', `${quote(name)} was left out: only the counters of links are read`, line);
    } else {
      readLink(`gpu${gpu}/link${link}`, children, slots, { reader, position, line, tally });
    }
  }
}

type Place = { readonly reader: JsonReader; readonly position: number; readonly line: number; readonly tally: WarningTally };

function readLink(region: string, children: JsonObject, slots: SeriesSlots, place: Place): void {
  const { position, line, tally } = place;
  const reader: JsonReader = place.reader;
  for (const [name, child] of children) {
    const counter = findNvlinkCounter(name);
    if (counter === undefined) {
      tally.add('unknown_counter', `${quote(name)} was left out: it is no counter that is known`, line);
      continue;
    }
    const { metric, unit } = counter;
    const read = readCount(child instanceof Map ? child.get('value') : child);
    if (read === undefined) reader.fail(`${quote(name.slice(0, LIMITS.metricCharacters))} of ${region} is no count`, position);
    const key = `${region}\n${metric}`;
    slots.add(slots.open(key, { region, metric, nativeMetric: name, unit, valueKind: 'counter', line }), read, line);
  }
}

function readCount(printed: JsonValue | undefined): SlotValue | undefined {
  const text = typeof printed === 'number' || typeof printed === 'bigint' ? String(printed) : printed;
  if (typeof text !== 'string') return undefined;
  if (/^(?:N\/A|Not Supported)$/i.test(text)) return { value: null, quality: ['not_supported'] };
  if (isBlankValue(text)) return { value: null, quality: ['sentinel'] };
  const value = /^\d+$/.test(text) ? parseDecimal(text) : undefined;
  const quality: readonly Quality[] = text.length > 15 && losesPrecision(text) ? ['precision_lost'] : [];
  return value === undefined ? undefined : { value, quality };
}
