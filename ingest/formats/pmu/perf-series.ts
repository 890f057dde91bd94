import type { Quality } from '../../../wire/quality.ts';
import { toBaseUnit } from '../../../wire/units.ts';
import type { PayloadParameters } from '../../format.ts';
import { type DecimalScale, decimalScale } from '../../lexers/decimal.ts';
import { detach } from '../../lexers/stream-text.ts';
import type { RecordSeries } from '../../records.ts';
import { declareSeries, identityOf } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import { type PerfEvent, readPerfEvent } from './perf-event.ts';
import type { PerfLine } from './perf-stat-lines.ts';

/** A series of a perf file, what its printed values are multiplied by, and the flags that its unit brings. */
export type PerfSeries = {
  readonly series: RecordSeries;
  readonly scale: DecimalScale;
  readonly flags: readonly Quality[];
  /** Event, unit and part of the machine as printed, in one text. */
  readonly key: string;
};

type Unit = { readonly unit: string; readonly factor: number; readonly flags: readonly Quality[] };
/** Lines of one identity: perf prints a name twice when it drops a modifier, or for threads of one name. */
type Slot = { interval: number | undefined; count: number; readonly instances: PerfSeries[] };
/** What a line says of its series, as printed. */
type Source = Pick<PerfLine, 'event' | 'unit' | 'aggregation'>;
type Known = Source & { readonly isInterval: boolean; readonly key: string; readonly slot: Slot; readonly index: number };

const UNIT_ASSUMED: readonly Quality[] = ['unit_assumed'];
const NO_FLAGS: readonly Quality[] = [];

/** Gives each line its series; the second line of one identity in one interval gets the label instance=2, in the order of the file. */
export class PerfSeriesTable {
  private readonly parameters: PayloadParameters;
  private readonly tally: WarningTally;
  private readonly known = new Map<string, Known>();
  /** In the order of the file, which is that of each interval: the next line is mostly the next of these. */
  private readonly order: Known[] = [];
  private next = 0;
  private readonly slots = new Map<string, Slot>();
  private readonly events = new Map<string, PerfEvent>();

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    this.parameters = parameters;
    this.tally = tally;
  }

  /** Undefined, with a warning, when the unit is unknown. */
  find(line: PerfLine): PerfSeries | undefined {
    const expected = this.order[this.next];
    const known = expected !== undefined && isSame(expected, line) ? expected : this.look(line);
    if (known === undefined) return undefined;
    this.next = known.index + 1 === this.order.length ? 0 : known.index + 1;
    const { slot } = known;
    if (slot.interval !== line.interval) {
      slot.interval = line.interval;
      slot.count = 0;
    }
    const index = slot.count++;
    return slot.instances[index] ?? this.addInstance(known, line, index);
  }

  private look(line: PerfLine): Known | undefined {
    const key = keyOf(line);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const slot = this.slotOf(line, key);
    if (slot === undefined) return undefined;
    const { aggregation } = line;
    // Names outlive the piece of text they were cut from; a part of the machine comes without a hold on it.
    const [event, unit] = [detach(line.event), detach(line.unit)];
    const added: Known = { event, unit, aggregation, isInterval: line.interval !== undefined, key, slot, index: this.order.length };
    this.known.set(key, added);
    this.order.push(added);
    return added;
  }

  private addInstance({ key, slot }: Known, line: PerfLine, index: number): PerfSeries | undefined {
    const found = this.declare(line, key, index + 1);
    if (found === undefined) return undefined;
    slot.instances.push(found);
    // In each interval the count starts anew, so that this comes once.
    const detail = `${found.series.nativeMetric} stands in several lines that are one by name; they are told apart by their order alone (label instance)`;
    this.tally.add('repeated_counter', detail, line.line);
    return found;
  }

  private slotOf(line: PerfLine, key: string): Slot | undefined {
    const first = this.declare(line, key, 1);
    if (first === undefined) return undefined;
    // cycles and cpu-cycles are one metric, but two lines: they share the slot and so become two instances.
    const identity = `${identityOf(first.series)}\n${first.scale.factor}`;
    let slot = this.slots.get(identity);
    if (slot === undefined) {
      slot = { interval: line.interval, count: 0, instances: [first] };
      this.slots.set(identity, slot);
    }
    return slot;
  }

  private declare(line: PerfLine, key: string, instance: number): PerfSeries | undefined {
    const { aggregation } = line;
    const [name, printedUnit] = [detach(line.event), detach(line.unit)];
    const event = this.eventOf(name);
    const unit = unitOf(printedUnit, event);
    if (unit === undefined) {
      this.tally.add('unknown_unit', `${name} is in the unknown unit '${printedUnit}' and was left out`, line.line);
      return undefined;
    }
    const { labels, attributes } = readAggregation(aggregation);
    const series = declareSeries(
      {
        region: this.parameters.region ?? 'process',
        metric: event.metric,
        nativeMetric: name,
        unit: unit.unit,
        valueKind: line.interval === undefined ? 'total' : 'samples',
        labels: labelsOf({ ...labels, ...event.labels }, instance, line.interval !== undefined),
        attributes,
        line: line.line,
      },
      this.parameters,
    );
    // The increase in an interval is one value of many: its distribution is judged, not a total.
    const judged: RecordSeries = line.interval !== undefined && series.judgedAs === 'total' ? { ...series, judgedAs: 'location' } : series;
    return { series: judged, scale: decimalScale(unit.factor), flags: unit.flags, key };
  }

  private eventOf(name: string): PerfEvent {
    let event = this.events.get(name);
    if (event === undefined) {
      event = readPerfEvent(name);
      this.events.set(name, event);
    }
    return event;
  }
}

/** Totals may follow intervals (--summary) and are series of their own. */
function keyOf({ event, unit, aggregation, interval }: PerfLine): string {
  let key = `${event}\n${unit}`;
  for (const name in aggregation) key += `\n${name}=${aggregation[name]}`;
  return interval === undefined ? key : `${key}\n-I`;
}

function isSame(known: Known, line: PerfLine): boolean {
  if (known.event !== line.event || known.unit !== line.unit || known.isInterval !== (line.interval !== undefined)) return false;
  if (known.aggregation === line.aggregation) return true;
  let names = 0;
  for (const name in line.aggregation) {
    if (known.aggregation[name] !== line.aggregation[name]) return false;
    names++;
  }
  for (const _ in known.aggregation) names--;
  return names === 0;
}

/** The label that tells the second of two lines of one name, and that of intervals, which are no totals. */
export function labelsOf(
  labels: Readonly<Record<string, string>>,
  instance: number,
  isInterval: boolean,
): Readonly<Record<string, string>> {
  if (instance === 1 && !isInterval) return labels;
  const more: Record<string, string> = { ...labels };
  if (instance > 1) more['instance'] = String(instance);
  if (isInterval) more['aggregation'] = 'interval';
  return more;
}

/** perf leaves the unit of counts empty; 7.2 leaves it empty for duration_time too. */
function unitOf(printed: string, { definition }: PerfEvent): Unit | undefined {
  if (printed !== '') {
    const base = toBaseUnit(printed);
    return base === undefined ? undefined : { ...base, flags: NO_FLAGS };
  }
  if (definition === undefined) return { unit: '1', factor: 1, flags: NO_FLAGS };
  const isCount = definition.unit === '1' || definition.unit.startsWith('{');
  return { unit: definition.unit, factor: 1, flags: isCount ? NO_FLAGS : UNIT_ASSUMED };
}

export type Aggregation = { readonly labels: Readonly<Record<string, string>>; readonly attributes: Readonly<Record<string, string>> };

/** Of a thread (`bash-3385`) the name is a label; its number differs from run to run. */
export function readAggregation(aggregation: Readonly<Record<string, string>>): Aggregation {
  const thread = aggregation['thread'];
  const cut = thread?.lastIndexOf('-') ?? -1;
  if (thread === undefined || cut <= 0) return { labels: aggregation, attributes: {} };
  return { labels: { ...aggregation, thread: thread.slice(0, cut) }, attributes: { tid: thread.slice(cut + 1) } };
}
