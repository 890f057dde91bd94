import type { Quality } from '../../../wire/quality.ts';
import { toBaseUnit } from '../../../wire/units.ts';
import type { PayloadParameters } from '../../format.ts';
import { type DecimalScale, decimalScale } from '../../lexers/decimal.ts';
import type { RecordSeries } from '../../records.ts';
import { declareSeries, identityOf } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import { NO_EVENT_LABELS, type PerfEvent, readPerfEvent } from './perf-event.ts';
import type { PerfLine } from './perf-stat-lines.ts';

/** A series of a perf file, what its printed values are multiplied by, and the flags that its unit brings. */
export type PerfSeries = { readonly series: RecordSeries; readonly scale: DecimalScale; readonly flags: readonly Quality[] };

type Unit = { readonly unit: string; readonly factor: number; readonly flags: readonly Quality[] };
/** Lines of one identity: perf prints a name twice when it drops a modifier, or for threads of one name. */
type Slot = { interval: number | undefined; count: number; readonly instances: PerfSeries[] };

const UNIT_ASSUMED: readonly Quality[] = ['unit_assumed'];
const NO_FLAGS: readonly Quality[] = [];

/** Gives each line its series; the second line of one identity in one interval gets the label instance=2, in the order of the file. */
export class PerfSeriesTable {
  private readonly parameters: PayloadParameters;
  private readonly tally: WarningTally;
  private readonly printed = new Map<string, Slot>();
  private readonly slots = new Map<string, Slot>();
  private readonly events = new Map<string, PerfEvent>();

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    this.parameters = parameters;
    this.tally = tally;
  }

  /** Undefined, with a warning, when the unit is unknown. */
  find(line: PerfLine): PerfSeries | undefined {
    let key = `${line.event}\n${line.unit}`;
    for (const name in line.aggregation) key += `\n${name}=${line.aggregation[name]}`;
    let slot = this.printed.get(key);
    if (slot === undefined) {
      slot = this.slotOf(line);
      if (slot === undefined) return undefined;
      this.printed.set(key, slot);
    }
    if (slot.interval !== line.interval) {
      slot.interval = line.interval;
      slot.count = 0;
    }
    const index = slot.count++;
    let found = slot.instances[index];
    if (found === undefined) {
      found = this.declare(line, index + 1);
      if (found !== undefined) slot.instances.push(found);
    }
    return found;
  }

  private slotOf(line: PerfLine): Slot | undefined {
    const first = this.declare(line, 1);
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

  private declare(line: PerfLine, instance: number): PerfSeries | undefined {
    const event = this.eventOf(line.event);
    const unit = unitOf(line.unit, event);
    if (unit === undefined) {
      this.tally.add('unknown_unit', `${line.event} is in the unknown unit '${line.unit}' and was left out`, line.line);
      return undefined;
    }
    const { labels, attributes } = readAggregation(line.aggregation);
    const series = declareSeries(
      {
        region: this.parameters.region ?? 'process',
        metric: event.metric,
        nativeMetric: line.event,
        unit: unit.unit,
        valueKind: line.interval === undefined ? 'total' : 'samples',
        labels: labelsOf(labels, event, instance, line.interval !== undefined),
        attributes,
        line: line.line,
      },
      this.parameters,
    );
    // The increase in an interval is one value of many: its distribution is judged, not a total.
    const judged: RecordSeries = line.interval !== undefined && series.judgedAs === 'total' ? { ...series, judgedAs: 'location' } : series;
    return { series: judged, scale: decimalScale(unit.factor), flags: unit.flags };
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

function labelsOf(
  aggregation: Readonly<Record<string, string>>,
  event: PerfEvent,
  instance: number,
  isInterval: boolean,
): Readonly<Record<string, string>> {
  if (event.labels === NO_EVENT_LABELS && instance === 1 && !isInterval) return aggregation;
  const labels: Record<string, string> = { ...aggregation, ...event.labels };
  if (instance > 1) labels['instance'] = String(instance);
  if (isInterval) labels['aggregation'] = 'interval';
  return labels;
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
