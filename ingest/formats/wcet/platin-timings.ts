import { isMap, isScalar, type Scalar, type YAMLMap } from 'yaml';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import type { Place } from '../../lexers/text.ts';
import type { WarningTally } from '../warning-tally.ts';
import { ActivationBuffers } from './activation-buffers.ts';
import { BoundCollector } from './bound-collector.ts';
import { CYCLES, findTask } from './wcet-format.ts';

/** One entry of `timing:`. */
type Timing = { readonly scope: string; readonly cycles: string; readonly origin: string; readonly level: string; readonly place: Place };

/** Origins whose numbers hold for every run. */
const ANALYSES = new Set(['platin', 'aiT']);

/** The timing entries of one PML file, and the names of its functions. */
export class PmlTimings {
  readonly #parameters: PayloadParameters;
  readonly #tally: WarningTally;
  readonly #placeOf: (offset: number) => Place;
  readonly #names = new Map<string, string>();
  readonly #timings: Timing[] = [];

  constructor(parameters: PayloadParameters, tally: WarningTally, placeOf: (offset: number) => Place) {
    this.#parameters = parameters;
    this.#tally = tally;
    this.#placeOf = placeOf;
  }

  /** Notes the name of a machine function. */
  name(item: YAMLMap): void {
    const number = textOf(item, 'name');
    const mapsto = textOf(item, 'mapsto');
    if (number === undefined || mapsto === undefined) return;
    const earlier = this.#names.get(number);
    if (earlier !== undefined && earlier !== mapsto)
      this.#fail(`the machine function ${quote(number)} maps to ${quote(earlier)} and to ${quote(mapsto)}`, item);
    this.#names.set(number, mapsto);
  }

  add(item: YAMLMap): void {
    const scope = item.get('scope', true);
    const place = this.#placeAt(item);
    const origin = textOf(item, 'origin') ?? this.#fail('the entry does not say its origin', item);
    const level = textOf(item, 'level') ?? '';
    const cycles = textOf(item, 'cycles') ?? this.#fail('the entry has no cycles', item);
    const name = isMap(scope) ? textOf(scope, 'function') : undefined;
    if (!isMap(scope) || name === undefined) this.#fail('the scope of the entry names no function', item);
    if (scope.items.length > 1) {
      this.#tally.add('partial_scope', 'an entry for a part of a function (loop, block or context) was left out', place.line);
      return;
    }
    this.#timings.push({ scope: name, cycles, origin, level, place });
  }

  /** @throws ParseError when nothing remains, or a function has no name */
  finish(): ParseResult {
    if (this.#timings.length === 0) {
      throw new ParseError('the file has no entry under timing: for a whole function; run the analysis of platin first', {
        line: 1,
        column: 1,
      });
    }
    const bounds = new BoundCollector(this.#parameters, this.#tally);
    const observed = new ActivationBuffers(this.#parameters);
    for (const timing of this.#timings) {
      const task = this.#taskOf(timing);
      if (ANALYSES.has(timing.origin)) this.#addBound(bounds, task, timing);
      else if (timing.origin === 'trace') this.#addObserved(observed, task, timing);
      else {
        const detail = `origin ${quote(timing.origin)} is unknown: platin and aiT are bounds, trace is measured`;
        throw new ParseError(detail, timing.place);
      }
    }
    return { records: [...observed.finish(), ...bounds.records()], warnings: this.#tally.list() };
  }

  #addBound(bounds: BoundCollector, task: string, { cycles, origin, level, place }: Timing): void {
    // platin writes -1 where its solver found no bound.
    const unbounded = cycles === '-1';
    bounds.add({
      task,
      kind: 'static',
      unit: CYCLES,
      text: unbounded ? null : cycles,
      nativeMetric: 'cycles',
      tool: origin,
      labels: level === '' || level === 'machinecode' ? {} : { level },
      quality: unbounded ? ['sentinel'] : [],
      ...place,
    });
  }

  #addObserved(observed: ActivationBuffers, task: string, { cycles, place }: Timing): void {
    if (!/^\d{1,15}$/.test(cycles)) throw new ParseError(`cycles ${quote(cycles)} is no whole number of observed cycles`, place);
    this.#tally.add(
      'high_water_mark_only',
      'origin trace is the longest run that was observed, one value, not a sample of all runs',
      place.line,
    );
    const { repetition } = this.#parameters;
    const labels = { statistic: 'maximum' };
    const series = { task, metric: 'execution.cycles', nativeMetric: 'cycles', unit: '{cycle}', repetition, labels } as const;
    observed.append(series, { value: Number(cycles), precisionLost: false, line: place.line });
  }

  /** Numbers of functions change with every build; only a name makes a series. */
  #taskOf({ scope, place }: Timing): string {
    const mapped = this.#names.get(scope);
    if (mapped !== undefined) return mapped;
    if (!/^\d+$/.test(scope)) return scope;
    const task = findTask(this.#parameters);
    const isOnly = new Set(this.#timings.map((timing) => timing.scope)).size === 1;
    if (task !== undefined && isOnly) return task;
    const advice = isOnly ? 'send task=, or the whole PML file' : 'send the whole PML file';
    throw new ParseError(`function ${scope} has no name: the file has no machine-functions entry with its mapsto; ${advice}`, place);
  }

  #placeAt(item: YAMLMap): Place {
    return this.#placeOf(item.range?.[0] ?? 0);
  }

  #fail(detail: string, item: YAMLMap): never {
    throw new ParseError(detail, this.#placeAt(item));
  }
}

/** What a member says, digits as they were printed; undefined when it is missing, null, or a structure. */
function textOf(map: YAMLMap, name: string): string | undefined {
  const node = map.get(name, true);
  if (!isScalar(node) || node.value === null) return undefined;
  const { source, value }: Scalar = node;
  return source ?? String(value);
}
