import { LIMITS } from '../../wire/limits.ts';
import type { Warning } from '../../wire/payload.ts';
import { ParseError } from '../format.ts';
import type { StoredRecord } from '../records.ts';
import { toKey } from './attributes.ts';
import { DistributionPoints, type Extremes, hasBuckets, readExtremes, toSummaryRecord } from './histogram-points.ts';
import type { HistogramPoint, Metric, MetricPoints, NumberPoint, ResourceMetrics, Scope, Temporality } from './messages.ts';
import { CounterPoints, LevelPoints, type Placed } from './number-points.ts';
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
};

export type Mapped = { readonly records: readonly StoredRecord[]; readonly rejections: Rejections; readonly warnings: readonly Warning[] };

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
  readonly #levels = new Map<Slot, LevelPoints>();
  readonly #counters = new Map<Slot, CounterPoints>();
  readonly #distributions = new Map<Slot, DistributionPoints>();
  readonly #extremes = new Map<Slot, readonly [minimum: LevelPoints, maximum: LevelPoints] | null>();
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
    const { runCreatedNs } = this.#context;
    const parts: (readonly StoredRecord[])[] = [];
    for (const level of this.#levels.values()) parts.push(level.toRecords());
    for (const points of [...this.#counters.values(), ...this.#distributions.values()]) {
      parts.push(points.increases);
      this.#attempt(points.standingCount, () => parts.push(points.toStandings(runCreatedNs)));
    }
    for (const pair of this.#extremes.values()) for (const level of pair ?? []) parts.push(level.toRecords());
    parts.push(this.#summaries);
    return { records: parts.flat(), rejections: this.#rejections, warnings: this.#book.tally.list() };
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
      let counter = this.#counters.get(slot);
      if (counter === undefined) {
        counter = new CounterPoints(slot);
        this.#counters.set(slot, counter);
      }
      counter.add(placed, said, writer);
    });
  }

  #addLevels(origin: Origin, metric: Metric, points: readonly NumberPoint[]): void {
    const series = new MetricSeries(origin, metric, 'level', this.#book);
    this.#forEach(points, series, (placed, { slot }) => {
      let level = this.#levels.get(slot);
      if (level === undefined) {
        level = new LevelPoints(slot);
        this.#levels.set(slot, level);
      }
      level.add(placed);
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
      let distribution = this.#distributions.get(entered.slot);
      if (distribution === undefined) {
        distribution = new DistributionPoints(entered.slot);
        this.#distributions.set(entered.slot, distribution);
      }
      distribution.add(placed, temporality, entered);
      if (temporality === 'delta') this.#addExtremes(entered.slot, readExtremes(placed.point, entered.slot.factor), placed);
    });
    if (summaries.length === 0) return;
    const counted = new MetricSeries(origin, metric, 'summary', this.#book);
    this.#forEach(summaries, counted, (placed, { slot }) => this.#summaries.push(toSummaryRecord(placed, temporality, slot)));
  }

  /** The least and the largest value of each interval are series of their own, which explain and are not judged. */
  #addExtremes(slot: Slot, { minimum, maximum }: Extremes, { point, line }: Placed<{ readonly atNs: bigint }>): void {
    if (minimum === null && maximum === null) return;
    const pair = this.#extremesOf(slot);
    if (pair === null) return;
    const atNs = point.atNs === 0n ? null : point.atNs;
    if (minimum !== null) pair[0].addValue(minimum, atNs, slot.quality, line);
    if (maximum !== null) pair[1].addValue(maximum, atNs, slot.quality, line);
  }

  #extremesOf(slot: Slot): readonly [minimum: LevelPoints, maximum: LevelPoints] | null {
    let pair = this.#extremes.get(slot);
    if (pair === undefined) {
      pair = this.#enterExtremes(slot);
      this.#extremes.set(slot, pair);
    }
    return pair;
  }

  #enterExtremes(slot: Slot): readonly [minimum: LevelPoints, maximum: LevelPoints] | null {
    const { extremes } = this.#book.cache;
    let declared = extremes.get(slot.series);
    if (declared === undefined) {
      declared = declareExtremes(slot);
      extremes.set(slot.series, declared);
    }
    try {
      if (declared !== null)
        return [new LevelPoints(this.#book.enter(declared[0], slot)), new LevelPoints(this.#book.enter(declared[1], slot))];
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
    }
    const detail = `min and max of ${slot.series.metric.slice(0, 80)} have no series: too many labels or series, or a label aggregation`;
    this.#book.tally.add('extremes_dropped', detail, null);
    return null;
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
