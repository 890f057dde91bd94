import { LIMITS } from '../../wire/limits.ts';
import { OTEL_UNITS } from '../../wire/metric-rows-otel.ts';
import { findMetric, findNativeMetric, type JudgedAs, type MetricDefinition } from '../../wire/metrics.ts';
import type { ValueKind } from '../../wire/payload.ts';
import type { Quality } from '../../wire/quality.ts';
import { type BaseUnit, toBaseUnit } from '../../wire/units.ts';
import { ParseError } from '../format.ts';
import { declareSeries } from '../formats/series.ts';
import { WarningTally } from '../formats/warning-tally.ts';
import type { RecordSeries } from '../records.ts';
import { findTwice, isInstanceAttribute, OWN_PREFIX, toKey, toText } from './attributes.ts';
import type { DistributionPoints } from './histogram-points.ts';
import type { Attributes, Metric, Scope } from './messages.ts';
import type { CounterPoints, LevelPoints } from './number-points.ts';
import { Rejected } from './rejections.ts';
import { type Controls, quote, type ResourceBinding, readControls } from './resource.ts';
import type { Declared, MetricCache, SeriesCache } from './series-cache.ts';

/** How the points of a metric become values. */
export type Shape = 'level' | 'counter' | 'histogram' | 'summary';

const VALUE_KINDS: Readonly<Record<Shape, ValueKind>> = {
  level: 'samples',
  counter: 'counter',
  histogram: 'histogram',
  summary: 'summary',
};

/** One series and repetition of a request. */
export type Slot = {
  readonly series: RecordSeries;
  readonly repetition: number;
  /** Sent values times this are in the series' unit. */
  readonly factor: number;
  /** Flags of every value. */
  readonly quality: readonly Quality[];
  /** What the points say of the device or thread they come from; two of them cannot share a level or a standing. */
  readonly source: string;
  /** Where its points gather; null before the first. */
  collected: LevelPoints | CounterPoints | DistributionPoints | null;
};

/** Where points come from: a resource, by its place in the request, and a scope. `key` tells both from all others. */
export type Origin = {
  readonly index: number;
  readonly resource: ResourceBinding;
  readonly scope: Scope;
  readonly scopeControls: Controls;
  readonly key: string;
};

/** The slot of a point, and what tells its writer from another one of the same series. */
export type Entered = { readonly slot: Slot; readonly writer: string };

/** Most requests are of one repetition. */
type Held = { readonly first: Slot; others: Map<number, Slot> | null };

/** The series of one request and run: each is defined once, whoever sends it. */
export class SeriesBook {
  readonly cache: SeriesCache;
  readonly tally = new WarningTally();
  readonly #held = new Map<string, Held>();
  /** Texts of lists that were seen: decoders give points with equal attributes mostly one list. */
  readonly #keys = new Map<Attributes, string>();

  constructor(cache: SeriesCache) {
    this.cache = cache;
  }

  keyOf(attributes: Attributes): string {
    let key = this.#keys.get(attributes);
    if (key === undefined) {
      key = toKey(attributes);
      this.#keys.set(attributes, key);
    }
    return key;
  }

  /**
   * The slot of a series and repetition.
   * @throws Rejected when the request defines the series differently elsewhere, or has too many
   */
  enter({ series, identity, source }: Declared, { repetition, factor, quality }: Pick<Slot, 'repetition' | 'factor' | 'quality'>): Slot {
    const held = this.#held.get(identity);
    if (held === undefined) {
      if (this.#held.size >= LIMITS.seriesPerPayload) {
        throw new Rejected(
          `the request has more than ${LIMITS.seriesPerPayload} series; leave out attributes that change with every value`,
        );
      }
      const first: Slot = { series, repetition, factor, quality, source, collected: null };
      this.#held.set(identity, { first, others: null });
      return first;
    }
    if (held.first.series !== series) assertSame(held.first.series, series);
    const known = held.first.repetition === repetition ? held.first : held.others?.get(repetition);
    if (known !== undefined) return known;
    const slot: Slot = { series: held.first.series, repetition, factor, quality, source, collected: null };
    held.others ??= new Map();
    held.others.set(repetition, slot);
    return slot;
  }
}

/** A series with its identity. @throws Rejected for text that is none */
export function toDeclared(series: RecordSeries, source: string, isDirected: boolean): Declared {
  const names = Object.keys(series.labels);
  if (names.length > 1) names.sort();
  let identity = `${series.region.length}:${series.region}${series.metric.length}:${series.metric}`;
  for (const name of names) {
    const value = series.labels[name] ?? '';
    identity += `${name.length}:${name}${value.length}:${value}`;
  }
  if (!identity.isWellFormed() || !series.nativeMetric.isWellFormed()) {
    throw new Rejected('a name or label holds half of a surrogate pair, which is no text');
  }
  return { series, identity, source, isDirected };
}

const DEFINING = ['nativeMetric', 'unit', 'better', 'assume', 'judgedAs', 'valueKind'] as const;

function assertSame(held: RecordSeries, series: RecordSeries): void {
  for (const member of DEFINING) {
    if (held[member] === series[member]) continue;
    const both = `${quote(held[member])} and ${quote(series[member])}`;
    throw new Rejected(`the metric ${quote(series.metric)} of ${quote(series.region)} is sent with two kinds of ${member}: ${both}`);
  }
}

/** The points of one metric of one scope: finds each its slot. Attributes are looked at once for each set of them. */
export class MetricSeries {
  readonly #entered = new Map<string, Entered | Rejected>();
  #last: { readonly attributes: Attributes; readonly entered: Entered } | undefined;
  readonly #declared: MetricCache;
  readonly #origin: Origin;
  readonly #metric: Pick<Metric, 'name' | 'unit'>;
  readonly #shape: Shape;
  readonly #book: SeriesBook;
  readonly #definition: MetricDefinition | undefined;
  readonly #base: BaseUnit;
  readonly #common: Pick<Slot, 'repetition' | 'factor' | 'quality'>;

  /** @throws Rejected when the metric has no unit, or one that is not known */
  constructor(origin: Origin, metric: Pick<Metric, 'name' | 'unit'>, shape: Shape, book: SeriesBook) {
    this.#origin = origin;
    this.#metric = metric;
    this.#shape = shape;
    this.#book = book;
    if (metric.name === '') throw new Rejected('a metric has no name');
    this.#definition = findMetric(metric.name) ?? findNativeMetric(metric.name);
    const { base, isAssumed } = readUnit(metric, this.#definition);
    this.#base = base;
    this.#common = { repetition: origin.resource.repetition, factor: base.factor, quality: isAssumed ? ['unit_assumed'] : [] };
    this.#declared = book.cache.find(`${shape} ${metric.unit.length}:${metric.unit}${metric.name.length}:${metric.name}${origin.key}`);
  }

  /** @throws Rejected with what is wrong with these attributes */
  slotOf(attributes: Attributes): Entered {
    if (this.#last?.attributes === attributes) return this.#last.entered;
    const key = this.#book.keyOf(attributes);
    let entered = this.#entered.get(key);
    if (entered === undefined) {
      entered = this.#enter(key, attributes);
      this.#entered.set(key, entered);
    }
    if (entered instanceof Rejected) throw entered;
    this.#last = { attributes, entered };
    return entered;
  }

  #enter(key: string, attributes: Attributes): Entered | Rejected {
    let declared = this.#declared.get(key);
    if (declared === undefined) {
      declared = this.#tryDeclare(attributes);
      this.#declared.set(key, declared);
      this.#book.cache.count(key.length);
    }
    if (declared instanceof Rejected) return declared;
    if (!declared.isDirected) this.#noteDirection();
    try {
      const slot = this.#book.enter(declared, this.#common);
      if (slot.source !== declared.source && this.#shape === 'level') return new Rejected(describeTwoSources(slot, declared.source));
      return { slot, writer: `${this.#origin.index} ${declared.source}` };
    } catch (error) {
      if (error instanceof Rejected) return error;
      throw error;
    }
  }

  #noteDirection(): void {
    const judged = this.#shape === 'level' ? 'it is shown and not judged' : 'a change either way counts';
    const detail = `the metric ${quote(this.#metric.name)} is not in the catalogue: ${judged} until plumbline.better is set`;
    this.#book.tally.add('better_unknown', detail, null);
  }

  #tryDeclare(attributes: Attributes): Declared | Rejected {
    try {
      return this.#declare(attributes);
    } catch (error) {
      if (error instanceof Rejected) return error;
      if (error instanceof ParseError) return new Rejected(error.message);
      throw error;
    }
  }

  #declare(attributes: Attributes): Declared {
    const { resource, scopeControls } = this.#origin;
    const controls = readControls(attributes);
    const better = controls.better ?? scopeControls.better ?? resource.parameters.better;
    const assume = controls.assume ?? scopeControls.assume ?? resource.parameters.assume;
    const { labels, kept } = this.#splitAttributes(attributes, controls);
    const series = declareSeries(
      {
        region: this.#regionOf(controls),
        metric: this.#definition?.metric ?? this.#metric.name,
        nativeMetric: this.#metric.name,
        unit: this.#base.unit,
        valueKind: VALUE_KINDS[this.#shape],
        labels,
        attributes: { ...resource.attributes, ...kept },
        judgedAs: toJudgedAs(this.#shape, this.#base.unit, better !== undefined),
        line: 1,
      },
      { ...resource.parameters, better, assume },
    );
    return toDeclared(series, JSON.stringify(kept), this.#definition !== undefined || better !== undefined);
  }

  #regionOf(controls: Controls): string {
    const { resource, scopeControls } = this.#origin;
    const region = controls.region ?? scopeControls.region ?? resource.region ?? resource.service;
    if (region === undefined) throw new Rejected('nothing says which region was measured; set service.name or plumbline.region');
    return region;
  }

  #splitAttributes(attributes: Attributes, controls: Controls) {
    const twice = findTwice(attributes);
    if (twice !== undefined) throw new Rejected(`the attribute ${quote(twice)} comes twice on one point; send it once`);
    const { scope, scopeControls } = this.#origin;
    const labels: [string, string][] = [];
    const kept: [string, string][] = [];
    for (const [name, value] of attributes) {
      if (name.startsWith(OWN_PREFIX) || value === null) continue;
      const text = toText(value);
      if (!isInstanceAttribute(name)) labels.push([assertLabelName(name), text]);
      else if (text.isWellFormed()) kept.push([name, text.slice(0, LIMITS.labelCharacters).toWellFormed()]);
    }
    for (const [name, text] of Object.entries({ ...scopeControls.labels, ...controls.labels })) labels.push([assertLabelName(name), text]);
    if (scope.name !== '') labels.push(['scope', scope.name]);
    const names = new Set(labels.map(([name]) => name));
    if (names.size !== labels.length)
      throw new Rejected('an attribute has the name of a label (scope, or of a plumbline.label.*); rename one');
    return { labels: Object.fromEntries(labels), kept: Object.fromEntries(kept) };
  }
}

/** Prometheus and OTLP name freely; what is longer would be no name. */
const LABEL_NAME_CHARACTERS = 128;

export function assertLabelName(name: string): string {
  if (name !== '' && name.length <= LABEL_NAME_CHARACTERS) return name;
  throw new Rejected(`an attribute's name has ${name.length} characters; 1 to ${LABEL_NAME_CHARACTERS} are taken`);
}

/** Why two points of different devices, threads or processes cannot go on: the values of one series would alternate between them. */
function describeTwoSources(slot: Slot, other: string): string {
  const names = `${slot.source.slice(0, 80)} and ${other.slice(0, 80)}`;
  return `two sources (${names}) send one series of ${quote(slot.series.metric)}; tell them apart by hw.name, plumbline.label.<name> or plumbline.repetition`;
}

/**
 * How a metric outside the catalogue is judged. Distributions always are. Counts of things are by their rate, other counters (bytes, seconds,
 * joules) and levels only when somebody says which direction is better: every runtime exports dozens of levels that explain and decide nothing.
 */
function toJudgedAs(shape: Shape, unit: string, isDirected: boolean): JudgedAs {
  if (shape === 'histogram' || shape === 'summary') return 'location';
  if (shape === 'level') return isDirected ? 'location' : 'context';
  return isDirected || isCount(unit) ? 'rate' : 'context';
}

const ANNOTATION = /^\{[^}]*\}$/;
const ANNOTATION_PER_SECOND = /^\{[^}]*\}\/s$/;
const isCount = (unit: string) => unit === '1' || ANNOTATION.test(unit);

/** UCUM, section 6: an annotation in braces does not change the value, `{error}` is 1. */
function toPlainUnit(base: BaseUnit, wanted: string | undefined): BaseUnit {
  if (wanted === '1' && ANNOTATION.test(base.unit)) return { unit: '1', factor: base.factor };
  if (wanted === 'Hz' && ANNOTATION_PER_SECOND.test(base.unit)) return { unit: 'Hz', factor: base.factor };
  return base;
}

function readUnit(
  metric: Pick<Metric, 'name' | 'unit'>,
  definition: MetricDefinition | undefined,
): { readonly base: BaseUnit; readonly isAssumed: boolean } {
  const fixed = metric.unit === '' && Object.hasOwn(OTEL_UNITS, metric.name) ? OTEL_UNITS[metric.name] : undefined;
  const symbol = fixed ?? metric.unit;
  const base = symbol === '' ? undefined : toBaseUnit(symbol);
  if (base !== undefined) return { base: toPlainUnit(base, definition?.unit), isAssumed: fixed !== undefined };
  const unit = symbol === '' ? 'no unit' : `the unit ${quote(symbol)}, which is not known`;
  throw new Rejected(
    `the metric ${quote(metric.name)} has ${unit}; declare the unit where the instrument is made (ns, ms, s, By, 1, {request}, …)`,
  );
}
