import { findNativeMetric } from '../../../wire/metrics.ts';
import type { Quality } from '../../../wire/quality.ts';
import type { BaseUnit } from '../../../wire/units.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { decimalScale, quote } from '../../lexers/decimal.ts';
import { type DecimalSeparator, readGrouped, weighSeparators } from '../../lexers/grouped-number.ts';
import { losesPrecision } from '../../lexers/number.ts';
import { openText } from '../../lexers/text.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { SeriesSlots, type Slot, type SlotValue } from '../series-slots.ts';
import { WarningTally } from '../warning-tally.ts';
import { regionOfName } from './kernel-name.ts';
import { type NcuCell, readNcuCells } from './ncu-table.ts';
import { readNcuUnit } from './ncu-units.ts';

/**
 * Nsight Compute CSV, details and raw page. Launches of one kernel name are samples in the order of the launches. ncu serialises kernels,
 * locks clocks and replays passes, so its series carry the label collector=ncu. Metrics keep their native names; names that only a section
 * of the details page makes unique (Memory Throughput is two metrics) carry it as a label.
 */
export const ncuCsvFormat = {
  id: 'ncu-csv' as const,
  kind: 'gpu',
  mode: 'whole',
  summary: 'LC_ALL=C ncu --csv --print-units base (details or --page raw)',
  extraParameters: ['decimal'],
  detect: (head) => /^\uFEFF?"?ID"?,"?Process ID"?,/m.test(head) || /^==PROF== /m.test(head),
  parse: parseNcu,
} satisfies FormatDraft;

/** Prefix of metrics that describe the device and are the same in every launch. */
const DEVICE_ATTRIBUTE = 'device__attribute_';

const MISSING: Readonly<Record<string, Quality>> = {
  'n/a': 'not_supported',
  'no data': 'not_counted',
  nan: 'not_a_number',
  '-nan': 'not_a_number',
  inf: 'not_a_number',
  '-inf': 'not_a_number',
};

type Session = {
  readonly parameters: PayloadParameters;
  readonly decimal: DecimalSeparator;
  readonly tally: WarningTally;
  readonly slots: SeriesSlots;
  readonly units: Map<string, BaseUnit | undefined>;
  /** The launch a series had its last value of. */
  readonly launches: Map<Slot, string>;
};

function parseNcu(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const opened = openText(text);
  const cells: NcuCell[] = [];
  readNcuCells(opened, tally, (cell) => cells.push(cell));
  const decimal = readDecimalParameter(parameters) ?? decideSeparator(cells);
  const slots = new SeriesSlots(parameters, { isTimeSeries: false });
  const session: Session = { parameters, decimal, tally, slots, units: new Map(), launches: new Map() };
  for (const cell of cells) addCell(cell, session);
  if (slots.size === 0) throw new ParseError('the table has no metric of any launch: was a kernel profiled?', { line: 1, column: 1 });
  return { records: slots.finish(), warnings: tally.list() };
}

function readDecimalParameter({ extra }: PayloadParameters): DecimalSeparator | undefined {
  const said = extra['decimal'];
  if (said === undefined) return undefined;
  if (said === 'point') return '.';
  if (said === 'comma') return ',';
  throw new ParseError(`decimal=${quote(said)} is unknown: say decimal=point (1,234.5) or decimal=comma (1.234,5)`, { line: 1, column: 1 });
}

/** @throws ParseError when the values contradict each other, or some could be read in two ways and nothing decides */
function decideSeparator(cells: readonly NcuCell[]): DecimalSeparator {
  const seen: { '.': NcuCell | undefined; ',': NcuCell | undefined; either: NcuCell | undefined } = {
    '.': undefined,
    ',': undefined,
    either: undefined,
  };
  for (const cell of cells) {
    const evidence = weighSeparators(cell.text);
    if (evidence === '.' || evidence === ',' || evidence === 'either') seen[evidence] ??= cell;
  }
  const { '.': point, ',': comma, either } = seen;
  if (point !== undefined && comma !== undefined) {
    throw new ParseError(
      `${quote(comma.text)} has a decimal comma and ${quote(point.text)} (line ${point.line}) a decimal point: the file mixes locales; run ncu with LC_ALL=C`,
      comma,
    );
  }
  if (point === undefined && comma === undefined && either !== undefined) {
    throw new ParseError(
      `${quote(either.text)} is one number with a decimal point and another with digit groups, and no value of the file decides: run ncu with LC_ALL=C, or send decimal=point or decimal=comma`,
      either,
    );
  }
  return comma === undefined ? '.' : ',';
}

function addCell(cell: NcuCell, session: Session): void {
  const { tally, slots, launches } = session;
  if (cell.metric.startsWith(DEVICE_ATTRIBUTE)) {
    tally.add('device_attributes', 'attributes of the device were left out: they are no measurements', cell.line);
    return;
  }
  if (cell.kernel === '') throw new ParseError('the row names no kernel', { line: cell.line, column: 1 });
  const unit = unitOf(cell.unit, session);
  if (unit === undefined) {
    tally.add('unknown_unit', `${cell.metric} is in the unknown unit ${quote(cell.unit)} and was left out`, cell.line);
    return;
  }
  const read = readValue(cell, unit, session);
  if (read === undefined) {
    tally.add('ignored_metric', `${cell.metric} was left out: it holds text`, cell.line);
    return;
  }
  const slot = slotOf(cell, unit, session);
  if (launches.get(slot) === cell.launch) {
    tally.add('metric_twice', `${cell.metric} was printed twice for one launch: the first counts`, cell.line);
    return;
  }
  launches.set(slot, cell.launch);
  slots.add(slot, read, cell.line);
}

function unitOf(symbol: string, { units }: Session): BaseUnit | undefined {
  if (!units.has(symbol)) units.set(symbol, readNcuUnit(symbol));
  return units.get(symbol);
}

/** Undefined for text that is no number. @throws ParseError for a number of another convention than the file's */
function readValue({ text, metric, line, column }: NcuCell, unit: BaseUnit, { decimal }: Session): SlotValue | undefined {
  const word = text.replace(/^\(!\) ?/, '').toLowerCase();
  const missing = Object.hasOwn(MISSING, word) ? MISSING[word] : undefined;
  if (missing !== undefined) return { value: null, quality: [missing] };
  const value = readGrouped(text, decimal, decimalScale(unit.factor));
  if (value !== undefined)
    return { value, quality: text.length > 15 && losesPrecision(text.replaceAll(/[.,](?=\d{3})/g, '')) ? ['precision_lost'] : [] };
  if (weighSeparators(text) === 'no-number') return undefined;
  const convention = decimal === '.' ? 'point' : 'comma';
  throw new ParseError(
    `${metric} is ${quote(text)}, no number with a decimal ${convention} as in the rest of the file: run ncu with LC_ALL=C`,
    {
      line,
      column,
    },
  );
}

function slotOf(cell: NcuCell, { unit }: BaseUnit, { slots, tally }: Session): Slot {
  const { metric, isSectionNeeded } = metricOf(cell);
  const { region, cutFrom } = regionOfName(cell.kernel);
  const key = `${region}\n${metric}\n${isSectionNeeded ? (cell.section ?? '') : ''}\n${cell.device ?? ''}`;
  const known = slots.find(key);
  if (known !== undefined) {
    if (known.series.unit === unit) return known;
    throw new ParseError(`${cell.metric} is in ${unit} here and in ${known.series.unit} before: push the two outputs apart`, cell);
  }
  if (cutFrom !== undefined)
    tally.add('name_cut', 'names of kernels that are too long for a region were cut and marked with a hash', cell.line);
  const labels: Record<string, string> = { collector: 'ncu' };
  if (cell.device !== undefined) labels['gpu'] = cell.device;
  if (isSectionNeeded && cell.section !== undefined) labels['section'] = cell.section;
  const attributes = cutFrom === undefined ? {} : { name: cutFrom };
  return slots.open(key, { region, metric, nativeMetric: cell.metric, unit, valueKind: 'samples', labels, attributes, line: cell.line });
}

/** Only the time of a kernel is canonical; counters of the PerfWorks namespace (`dram__bytes.sum`) are unique by name. */
function metricOf({ metric, section }: NcuCell): { readonly metric: string; readonly isSectionNeeded: boolean } {
  const definition = findNativeMetric(metric);
  if (definition?.metric === 'duration') return { metric: 'duration', isSectionNeeded: false };
  return { metric, isSectionNeeded: section !== undefined && !metric.includes('__') };
}
