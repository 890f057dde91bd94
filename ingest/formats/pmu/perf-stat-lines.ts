import type { JsonReader, JsonValue } from '../../lexers/json.ts';
import { detach } from '../../lexers/stream-text.ts';

/** The objects of `perf stat -j`: counters, and metrics that stand alone. */

/** One counter as perf printed it, whatever the notation. */
export type PerfLine = {
  readonly line: number;
  readonly event: string;
  readonly unit: string;
  /** As printed: "336.438915", "<not counted>", "<not supported>". */
  readonly value: string;
  /** Offset in the line to point at: of the value, or of the object that holds it. */
  readonly position: number;
  /** Percent of the enabled time that the counter ran; undefined when not printed. */
  readonly runningPercent: number | undefined;
  readonly runtimeNs: number | undefined;
  /** End of the interval (-I) in seconds since the start; undefined for totals. */
  readonly interval: number | undefined;
  readonly hasVariance: boolean;
  /** Which part of the machine: `cpu`, `core`, `thread` … → its name, without a hold on the text it was cut from. */
  readonly aggregation: Readonly<Record<string, string>>;
};

/** What -r printed: 6.1 (`old`) the values of the last run, later versions the mean. */
export type PerfVersion = 'old' | 'new' | 'unknown';

/** Keys that say for which part of the machine a line counts; each becomes a label. Source: perf_json_output_lint.py. */
const AGGREGATION_KEYS = ['cpu', 'core', 'socket', 'die', 'node', 'cache', 'cluster', 'thread', 'cgroup'] as const;
const KNOWN_NAMES = [
  'counter-value',
  'event',
  'unit',
  'pcnt-running',
  'event-runtime',
  'interval',
  'variance',
  'metric-value',
  'metric-unit',
] as const;
/** Of no use: how many counters were added up, and what perf thinks of a metric. `metricgroup` also stands alone, above its metrics. */
const UNUSED_NAMES: readonly string[] = ['aggregate-number', 'counters', 'metric-threshold', 'metricgroup'];
/** Parts of a machine that are remembered. */
const KEPT_PARTS = 4096;
const NO_AGGREGATION: Readonly<Record<string, string>> = {};

type KnownName = (typeof KNOWN_NAMES)[number];
type Places = Readonly<Record<KnownName, number>>;
type NamedPlace = readonly [name: string, place: number];

/** The members of one object after another; most objects of a file have the same names, so their places are looked up once. */
export class PerfObject {
  readonly #names: string[] = [];
  readonly #values: JsonValue[] = [];
  readonly #gaps: string[] = [];
  #places: Places = placesOf([]);
  #aggregations: readonly NamedPlace[] = [];
  #others: readonly NamedPlace[] = [];
  /** By the part's name, where one part is printed: the same object for the same part. */
  #parts = new Map<string, Readonly<Record<string, string>>>();

  /** Reads the object at the reader's position. @throws ParseError when there is none */
  read(reader: JsonReader): void {
    const names = this.#names;
    const before = names.length;
    try {
      if (reader.readMembersInto(names, this.#values, this.#gaps) && before > 0) return;
    } catch (error) {
      // What was read of a damaged object must not pass for the names of the one before.
      names.length = 0;
      this.#gaps.length = 0;
      throw error;
    }
    this.#places = placesOf(names);
    this.#parts = new Map();
    this.#aggregations = names.flatMap((name, place) => (AGGREGATION_KEYS.some((key) => key === name) ? [[name, place] as const] : []));
    this.#others = names.flatMap((name, place) =>
      [...KNOWN_NAMES, ...AGGREGATION_KEYS, ...UNUSED_NAMES].includes(name) ? [] : [[name, place] as const],
    );
  }

  /** Whether a counter stands in it; if not, it is metrics alone. */
  get isCounter(): boolean {
    return this.#places['counter-value'] !== -1;
  }

  find(name: KnownName): JsonValue | undefined {
    return this.#values[this.#places[name]];
  }

  /** Members of names that perf is not known to print: metrics where no counter stands. */
  others(): readonly (readonly [name: string, value: JsonValue])[] {
    return this.#others.map(([name, place]) => [name, this.#values[place] ?? null]);
  }

  /** @throws ParseError when a member is not what perf prints */
  toLine(reader: JsonReader, position: number): PerfLine {
    const value = this.find('counter-value');
    const event = this.find('event');
    const unit = this.find('unit') ?? '';
    if (typeof value !== 'string') reader.fail('counter-value is not a string', position);
    if (typeof event !== 'string' || event === '') reader.fail('a line has no event', position);
    if (typeof unit !== 'string') reader.fail('unit is not a string', position);
    return {
      line: reader.line,
      event,
      unit,
      value,
      position,
      runningPercent: this.#number('pcnt-running', reader, position),
      runtimeNs: this.#number('event-runtime', reader, position),
      interval: this.interval(reader, position),
      hasVariance: this.#places.variance !== -1,
      aggregation: this.aggregation(reader, position),
    };
  }

  interval(reader: JsonReader, position: number): number | undefined {
    return this.#number('interval', reader, position);
  }

  aggregation(reader: JsonReader, position: number): Readonly<Record<string, string>> {
    const [first, ...others] = this.#aggregations;
    if (first === undefined) return NO_AGGREGATION;
    const part = this.#values[first[1]];
    const known = others.length === 0 && typeof part === 'string' ? this.#parts.get(part) : undefined;
    if (known !== undefined) return known;
    const aggregation: Record<string, string> = {};
    for (const [name, place] of this.#aggregations) {
      const value = this.#values[place];
      if (typeof value !== 'string') reader.fail(`${name} is not a string`, position);
      aggregation[name] = detach(value);
    }
    if (others.length === 0 && this.#parts.size < KEPT_PARTS) this.#parts.set(aggregation[first[0]] ?? '', aggregation);
    return aggregation;
  }

  #number(name: KnownName, reader: JsonReader, position: number): number | undefined {
    const value = this.#values[this.#places[name]];
    if (value === undefined || typeof value === 'number') return value;
    if (typeof value === 'bigint') return Number(value);
    return reader.fail(`${name} is not a number`, position);
  }
}

function placesOf(names: readonly string[]): Places {
  const place = (name: KnownName) => names.indexOf(name);
  return {
    'counter-value': place('counter-value'),
    event: place('event'),
    unit: place('unit'),
    'pcnt-running': place('pcnt-running'),
    'event-runtime': place('event-runtime'),
    interval: place('interval'),
    variance: place('variance'),
    'metric-value': place('metric-value'),
    'metric-unit': place('metric-unit'),
  };
}
