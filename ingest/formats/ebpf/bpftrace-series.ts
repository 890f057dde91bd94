import type { JudgedAs } from '../../../wire/metrics.ts';
import type { ValueKind } from '../../../wire/payload.ts';
import type { Quality } from '../../../wire/quality.ts';
import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import type { RecordSeries } from '../../records.ts';
import { declareSeries, identityOf } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import type { CollectedMaps } from './bpftrace-maps.ts';
import { readMapName, toMetric, toRegion } from './bpftrace-names.ts';
import type { PrintMode } from './bpftrace-prints.ts';

/** Which series a map and key are, and in which unit: from the map's name, the parameters and what else the payload holds. */
export type RecordContext = {
  readonly parameters: PayloadParameters;
  readonly prints: PrintMode;
  /** Flags of the whole payload. */
  readonly quality: readonly Quality[];
  readonly tally: WarningTally;
};

export type MapKind = keyof CollectedMaps;
/** `metric=` names the maps of the first kind that the payload has; the others keep their own names. */
const METRIC_ORDER: readonly MapKind[] = ['histograms', 'stats', 'averages', 'timeSeries', 'scalars'];

const VALUE_KINDS: Readonly<Record<MapKind, ValueKind>> = {
  histograms: 'histogram',
  stats: 'summary',
  averages: 'total',
  timeSeries: 'samples',
  scalars: 'total',
};
const JUDGED: Readonly<Record<MapKind, JudgedAs>> = {
  histograms: 'location',
  stats: 'total',
  averages: 'total',
  timeSeries: 'location',
  scalars: 'context',
};

const ONE: BaseUnit = { unit: '1', factor: 1 };

/** A map of a payload, where it was printed last. */
export type MapPlace = { readonly name: string; readonly kind: MapKind; readonly line: number };

/** Names the series of one payload, each at most once. */
export class BpftraceSeries {
  private readonly parameters: PayloadParameters;
  private readonly metricKind: MapKind | undefined;
  private readonly asked: BaseUnit | undefined;
  /** Series identity → map and key it came from. */
  private readonly seen = new Map<string, string>();
  private askedUsed = false;
  private contradicted: string | undefined;

  constructor(maps: CollectedMaps, parameters: PayloadParameters) {
    this.parameters = parameters;
    this.metricKind = METRIC_ORDER.find((kind) => maps[kind].size > 0);
    this.asked = parameters.unit === undefined ? undefined : toBaseUnit(parameters.unit);
  }

  /**
   * The unit of a map: its name's, else `unit=` (for counts only if the payload has nothing else), else 1 for counts.
   * @throws ParseError when nothing says it
   */
  unitOf({ name, kind, line }: MapPlace): BaseUnit {
    const named = readMapName(name).unit;
    const { asked } = this;
    if (named !== undefined) {
      if (asked !== undefined && (asked.unit !== named.unit || asked.factor !== named.factor)) this.contradicted = name;
      return named;
    }
    if (kind === 'scalars' && (asked === undefined || this.metricKind !== 'scalars')) return ONE;
    if (asked === undefined) {
      throw new ParseError(
        `the map ${name} does not say its unit: send unit= (ns, us, ms, bytes, 1 …) or name the map after it, like @lat_us`,
        { line, column: 1 },
      );
    }
    this.askedUsed = true;
    return asked;
  }

  /** @throws ParseError when no map used `unit=` and one says another */
  assertUnitUsed(): void {
    if (this.askedUsed || this.contradicted === undefined) return;
    throw new ParseError(
      `unit=${this.parameters.unit} contradicts the map ${this.contradicted}, whose name says its unit: leave out unit=`,
      {
        line: 1,
        column: 1,
      },
    );
  }

  /** @throws ParseError when another map or key is that series already */
  seriesOf(place: MapPlace, key: string | null, unit: BaseUnit): RecordSeries {
    const { name, kind, line } = place;
    const { parameters } = this;
    const region = key === null ? (parameters.region ?? name.replace(/^@/, '')) : toRegion(key);
    const series = declareSeries(
      {
        region: region === '' ? 'unnamed' : region,
        metric: (kind === this.metricKind ? parameters.metric : undefined) ?? toMetric(readMapName(name), unit.unit),
        nativeMetric: name,
        unit: unit.unit,
        valueKind: VALUE_KINDS[kind],
        attributes: key === null || key === region ? {} : { key },
        judgedAs: JUDGED[kind],
        line,
      },
      parameters,
    );
    const identity = identityOf(series);
    const source = key === null ? name : `${name}[${key}]`;
    const other = this.seen.get(identity);
    if (other !== undefined) {
      throw new ParseError(
        `${other} and ${source} would both become ${series.metric} of '${series.region}': give the maps names, or leave out metric= or region=`,
        { line, column: 1 },
      );
    }
    this.seen.set(identity, source);
    return series;
  }
}
