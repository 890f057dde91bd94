import { ParseError } from '../../format.ts';
import type { JsonReader, JsonValue } from '../../lexers/json.ts';
import { parseDecimal } from '../../lexers/number.ts';

/** The lines of `perf stat -j` that carry a counter, with what the whole file says about the version of perf. */
export type PerfLine = {
  readonly line: number;
  readonly event: string;
  readonly unit: string;
  /** As printed: "336.438915", "<not counted>", "<not supported>". */
  readonly value: string;
  /** Where the object starts in the text, to point at. */
  readonly position: number;
  /** Percent of the enabled time that the counter ran; undefined when not printed. */
  readonly runningPercent: number | undefined;
  readonly runtimeNs: number | undefined;
  /** End of the interval (-I) in seconds since the start; undefined for totals. */
  readonly interval: number | undefined;
  readonly hasVariance: boolean;
  /** Which part of the machine: `cpu`, `core`, `thread` … → its name. */
  readonly aggregation: Readonly<Record<string, string>>;
};

export type PerfFile = { readonly lines: readonly PerfLine[]; readonly version: 'old' | 'new' | 'unknown' };

/** Keys that say for which part of the machine a line counts; each becomes a label. Source: perf_json_output_lint.py. */
const AGGREGATION_KEYS = ['cpu', 'core', 'socket', 'die', 'node', 'cache', 'cluster', 'thread', 'cgroup'] as const;
const NO_AGGREGATION: Readonly<Record<string, string>> = {};
/** A comma between digits where JSON has a decimal point. */
const DECIMAL_COMMA = /\d,\d/;

/** @throws ParseError with what to do when the file is not from `perf stat -j`, is cut off or has decimal commas */
export function readPerfFile(reader: JsonReader): PerfFile {
  const lines: PerfLine[] = [];
  const members = new PerfMembers();
  let hasHeader = false;
  let hasNumber = false;
  let hasText = false;
  while (reader.next()) {
    // Only 6.1 writes a "# started on" comment into the JSON file.
    if (reader.text.charCodeAt(reader.position) === 35) {
      hasHeader = true;
      reader.skipLine();
      continue;
    }
    const { line, position } = reader;
    members.read(reader);
    const value = members.find('counter-value');
    // A line of metrics only: a second metric of the event before, or --metric-only.
    if (value === undefined) continue;
    // 6.1 prints metric-value as a number, later versions as a string or not at all.
    const metricValue = members.find('metric-value');
    hasNumber ||= typeof metricValue === 'number';
    hasText ||= typeof metricValue === 'string';
    lines.push(members.toLine(reader, value, line, position));
  }
  return { lines, version: hasNumber || (hasHeader && !hasText) ? 'old' : hasText ? 'new' : 'unknown' };
}

const KNOWN_NAMES = ['counter-value', 'event', 'unit', 'pcnt-running', 'event-runtime', 'interval', 'variance', 'metric-value'] as const;
type KnownName = (typeof KNOWN_NAMES)[number];

/** The members of one line after another; most lines of a file have the same names, so their places are looked up once. */
class PerfMembers {
  private readonly names: string[] = [];
  private readonly values: JsonValue[] = [];
  private places: ReadonlyMap<KnownName, number> = new Map();
  private aggregations: readonly (readonly [name: string, place: number])[] = [];

  /** @throws ParseError; a comma as decimal point makes the line no JSON in every version of perf (`"pcnt-running" : 100,00`) */
  read(reader: JsonReader): void {
    const start = reader.position;
    try {
      if (!reader.readMembersInto(this.names, this.values)) this.locate();
    } catch (error) {
      const around = reader.text.slice(Math.max(start, reader.position - 2), reader.position + 1);
      if (!(error instanceof ParseError) || !DECIMAL_COMMA.test(around)) throw error;
      throw new ParseError(
        'a number has a decimal comma, so perf ran in another locale: run it with LC_ALL=C',
        reader.place(reader.position - 1),
      );
    }
  }

  private locate(): void {
    this.places = new Map(KNOWN_NAMES.map((name) => [name, this.names.indexOf(name)]));
    this.aggregations = AGGREGATION_KEYS.flatMap((name) => (this.names.includes(name) ? [[name, this.names.indexOf(name)] as const] : []));
  }

  find(name: KnownName): JsonValue | undefined {
    return this.values[this.places.get(name) ?? -1];
  }

  toLine(reader: JsonReader, value: JsonValue, line: number, position: number): PerfLine {
    const event = this.find('event');
    const unit = this.find('unit') ?? '';
    if (typeof value !== 'string') reader.fail('counter-value is not a string', position);
    if (typeof event !== 'string' || event === '') reader.fail('a line has no event', position);
    if (typeof unit !== 'string') reader.fail('unit is not a string', position);
    return {
      line,
      event,
      unit,
      value,
      position,
      runningPercent: toNumber(this.find('pcnt-running')),
      runtimeNs: toNumber(this.find('event-runtime')),
      interval: toNumber(this.find('interval')),
      hasVariance: this.find('variance') !== undefined,
      aggregation: this.readAggregation(),
    };
  }

  private readAggregation(): Readonly<Record<string, string>> {
    if (this.aggregations.length === 0) return NO_AGGREGATION;
    const aggregation: Record<string, string> = {};
    for (const [name, place] of this.aggregations) aggregation[name] = String(this.values[place]);
    return aggregation;
  }
}

function toNumber(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseDecimal(value) : undefined;
}
