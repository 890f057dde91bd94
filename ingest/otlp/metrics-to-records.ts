import { LIMITS } from '../../wire/limits.ts';
import type { Warning } from '../../wire/payload.ts';
import { ParseError } from '../format.ts';
import type { StoredRecord } from '../records.ts';
import { toKey } from './attributes.ts';
import { DistributionPoints, type Extremes, hasBuckets, readExtremes, toSummaryRecord } from './histogram-points.ts';
import type { HistogramPoint, Metric, MetricPoints, NumberPoint, ResourceMetrics, Scope, Temporality } from './messages.ts';
import { CounterPoints, LevelPoints, type Placed } from './number-points.ts';
import { type CounterOrigin, type KnownOrigins, RequestOrigins } from './origins.ts';
import { Rejected, Rejections } from './rejections.ts';
import { type ResourceBinding, readControls } from './resource.ts';
import { type Entered, MetricSeries, type Origin, SeriesBook, type Slot, toDeclared } from './series-book.ts';
import type { Declared, SeriesCache } from './series-cache.ts';
import { assertTime, type TimeWindow } from './time-window.ts';

/** What of a request belongs to one run. */
export type Bound<Content> = { readonly binding: ResourceBinding; readonly content: Content };

export type MappingContext = TimeWindow & {
  /** When the run was opened, nanoseconds since the epoch. */
  readonly runCreatedNs: bigint;
  readonly cache: SeriesCache;
  readonly origins: KnownOrigins;
};

export type Mapped = {
  readonly records: readonly StoredRecord[];
  readonly rejections: Rejections;
  readonly warnings: readonly Warning[];
  /** Origins of counters whose zero is among the records. */
  readonly origins: readonly CounterOrigin[];
};

/**
 * The records of all metrics that a request has for one run; docs/otlp.md says what becomes what. A record's `line` is the place of its (first)
 * point among the run's points, from 1. What cannot land is counted by its reason and does not keep the rest from landing.
 */
export function toMetricRecords(bound: readonly Bound<ResourceMetrics>[], context: MappingContext): Mapped {
  const collector = new Collector(context);
  bound.forEach(({ binding, content }, index) => {
    const resourceKey = toKey(content.resource);
    for (const { scope, metrics } of content.scopeMetrics) collector.addScope({ index, resource: binding, resourceKey }, scope, metrics);
  });
  return collector.finish();
}

/** Data points of a resource. */
export function countPoints({ scopeMetrics }: ResourceMetrics): number {
  let count = 0;
  for (const { metrics } of scopeMetrics) for (const { data } of metrics) count += data.points.length;
  return count;
}

class Collector {
  readonly #context: MappingContext;
  readonly #book: SeriesBook;
  readonly #rejections = new Rejections();
  /** In the order of their first point. */
  readonly #collected: (LevelPoints | CounterPoints | DistributionPoints)[] = [];
  readonly #summaries: StoredRecord[] = [];
  #line = 0;

  constructor(context: MappingContext) {
    this.#context = context;
    this.#book = new SeriesBook(context.cache);
  }

  addScope(place: Pick<Origin, 'index' | 'resource'> & { readonly resourceKey: string }, scope: Scope, metrics: readonly Metric[]): void {
    const points = metrics.reduce((sum, { data }) => sum + data.points.length, 0);
    this.#attempt(points, () => {
      const origin: Origin = {
        ...place,
        scope,
        scopeControls: readControls(scope.attributes),
        key: `${toKey(scope.attributes)} ${scope.name.length}:${scope.name}${place.resourceKey}`,
      };
      for (const metric of metrics) this.#attempt(metric.data.points.length, () => this.#addMetric(origin, metric));
    });
  }

  finish(): Mapped {
    const origins = new RequestOrigins(this.#context.runCreatedNs, this.#context.origins);
    const parts: (readonly StoredRecord[])[] = [];
    for (const points of this.#collected) {
      if (points instanceof LevelPoints) {
        parts.push(points.toRecords());
        continue;
      }
      parts.push(points.increases);
      this.#attempt(points.standingCount, () => parts.push(points.toStandings(origins)));
    }
    parts.push(this.#summaries);
    return { records: parts.flat(), rejections: this.#rejections, warnings: this.#book.tally.list(), origins: origins.told };
  }

  /** What is refused inside counts as so many points. */
  #attempt(points: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      this.#rejections.add(error.message, points);
    }
  }

  #addMetric(origin: Origin, metric: Metric): void {
    const { data } = metric;
    switch (data.kind) {
      case 'gauge':
        this.#addLevels(origin, metric, data.points);
        return;
      case 'sum':
        this.#addSum(origin, metric, data);
        return;
      case 'histogram':
      case 'exponentialHistogram':
        this.#addHistograms(origin, metric, data);
        return;
      case 'summary':
        throw new Rejected('summaries carry no distribution; use a histogram');
      case 'none':
        this.#book.tally.add('no_points', `the metric ${metric.name.slice(0, 80)} has no points of a kind that is read`, null);
        return;
      default:
        data satisfies never;
    }
  }

  #addSum(origin: Origin, metric: Metric, { points, temporality, isMonotonic }: MetricPoints & { readonly kind: 'sum' }): void {
    const said = requireTemporality(temporality);
    if (!isMonotonic) {
      if (said === 'delta') throw new Rejected('changes of an up-down counter are no level; choose cumulative temporality for it');
      this.#addLevels(origin, metric, points);
      return;
    }
    const series = new MetricSeries(origin, metric, 'counter', this.#book);
    this.#forEach(points, series, (placed, { slot, writer }) => {
      this.#collect(slot, CounterPoints).add(placed, said, writer);
    });
  }

  #addLevels(origin: Origin, metric: Metric, points: readonly NumberPoint[]): void {
    const series = new MetricSeries(origin, metric, 'level', this.#book);
    this.#forEach(points, series, (placed, { slot }) => {
      this.#collect(slot, LevelPoints).add(placed);
    });
  }

  #addHistograms(origin: Origin, metric: Metric, data: MetricPoints & { readonly kind: 'histogram' | 'exponentialHistogram' }): void {
    const temporality = requireTemporality(data.temporality);
    const summaries: HistogramPoint[] = [];
    const series = new MetricSeries(origin, metric, 'histogram', this.#book);
    const withBuckets = data.points.filter((point) => {
      if (point.noRecordedValue || hasBuckets(point) || 'scale' in point) return true;
      summaries.push(point);
      return false;
    });
    this.#forEach(withBuckets, series, (placed, entered) => {
      const distribution = this.#collect(entered.slot, DistributionPoints);
      distribution.add(placed, temporality, entered);
      if (temporality === 'delta') this.#addExtremes(distribution, entered.slot, readExtremes(placed.point, entered.slot.factor), placed);
    });
    if (summaries.length === 0) return;
    const counted = new MetricSeries(origin, metric, 'summary', this.#book);
    this.#forEach(summaries, counted, (placed, { slot }) => this.#summaries.push(toSummaryRecord(placed, temporality, slot)));
  }

  /** The least and the largest value of each interval are series of their own, which explain and are not judged. */
  #addExtremes(
    distribution: DistributionPoints,
    slot: Slot,
    { minimum, maximum }: Extremes,
    { point, line }: Placed<{ readonly atNs: bigint }>,
  ): void {
    if (minimum === null && maximum === null) return;
    if (distribution.extremes === undefined) distribution.extremes = this.#enterExtremes(slot);
    if (distribution.extremes === null) return;
    const [low, high] = distribution.extremes;
    const atNs = point.atNs === 0n ? null : point.atNs;
    if (minimum !== null) low.addValue(minimum, atNs, slot.quality, line);
    if (maximum !== null) high.addValue(maximum, atNs, slot.quality, line);
  }

  #enterExtremes(slot: Slot): readonly [minimum: LevelPoints, maximum: LevelPoints] | null {
    const { extremes } = this.#book.cache;
    let declared = extremes.get(slot.series);
    if (declared === undefined) {
      declared = declareExtremes(slot);
      extremes.set(slot.series, declared);
    }
    try {
      if (declared !== null) {
        const [low, high] = [this.#book.enter(declared[0], slot), this.#book.enter(declared[1], slot)];
        return [this.#collect(low, LevelPoints), this.#collect(high, LevelPoints)];
      }
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
    }
    const detail = `min and max of ${slot.series.metric.slice(0, 80)} have no series: too many labels or series, or a label aggregation`;
    this.#book.tally.add('extremes_dropped', detail, null);
    return null;
  }

  /** Where the points of a slot gather; a series has one kind of values, so they are of one class. */
  #collect<Points extends LevelPoints | CounterPoints | DistributionPoints>(slot: Slot, Class: new (slot: Slot) => Points): Points {
    const { collected } = slot;
    if (collected instanceof Class) return collected;
    if (collected !== null) throw new RangeError(`collect: ${slot.series.metric} gathers other points already`);
    const points = new Class(slot);
    slot.collected = points;
    this.#collected.push(points);
    return points;
  }

  #forEach<Point extends NumberPoint | { readonly attributes: NumberPoint['attributes']; readonly atNs: bigint }>(
    points: readonly Point[],
    series: MetricSeries,
    add: (placed: Placed<Point>, entered: Entered) => void,
  ): void {
    for (const point of points) {
      this.#line += 1;
      try {
        assertTime(point.atNs, this.#context);
        add({ point, line: this.#line }, series.slotOf(point.attributes));
      } catch (error) {
        if (!(error instanceof Rejected || error instanceof ParseError)) throw error;
        this.#rejections.add(error.message);
      }
    }
  }
}

/** null when the labels leave no room for another one. */
function declareExtremes({ series, source }: Slot): readonly [minimum: Declared, maximum: Declared] | null {
  const { labels } = series;
  if (Object.hasOwn(labels, 'aggregation') || Object.keys(labels).length >= LIMITS.labelsPerSeries) return null;
  const declare = (aggregation: 'min' | 'max') =>
    toDeclared({ ...series, valueKind: 'samples', judgedAs: 'context', labels: { ...labels, aggregation } }, source, true);
  return [declare('min'), declare('max')];
}

function requireTemporality(temporality: Temporality): 'delta' | 'cumulative' {
  if (temporality !== 'unspecified') return temporality;
  throw new Rejected(
    'the aggregation temporality is unspecified, so sums and histograms have no meaning; the exporter has to say delta or cumulative',
  );
}
