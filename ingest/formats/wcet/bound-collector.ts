import type { Quality } from '../../../wire/quality.ts';
import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote, readDecimal } from '../../lexers/decimal.ts';
import type { ReadingRecord } from '../../records.ts';
import { declareSeries, identityOf } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import type { ExecutionUnit } from './wcet-format.ts';

/** A bound as a tool printed it. */
export type StatedBound = {
  readonly task: string;
  readonly kind: 'budget' | 'static' | 'pwcet';
  readonly unit: ExecutionUnit;
  /** The number as printed, in the unit; null when the tool said that it has none, with a flag that says why. */
  readonly text: string | null;
  readonly nativeMetric: string;
  /** Only of a pWCET, 0 < probability < 1. */
  readonly probability?: number;
  readonly tool: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly quality?: readonly Quality[];
  readonly line: number;
  readonly column: number;
};

/** Bounds of one payload, in the series that `wcet?format=bounds` uses; a bound stated twice must be the same. */
export class BoundCollector {
  readonly #parameters: PayloadParameters;
  readonly #tally: WarningTally;
  readonly #records = new Map<string, ReadingRecord>();

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    this.#parameters = { ...parameters, better: undefined, assume: undefined };
    this.#tally = tally;
  }

  get count(): number {
    return this.#records.size;
  }

  /** @throws ParseError when the value is no number above 0, the task has no name, or the bound was stated with another value */
  add(bound: StatedBound): void {
    const { task, kind, unit, line, column, tool, quality = [], probability = null } = bound;
    const fail = (detail: string): never => {
      throw new ParseError(detail, { line, column });
    };
    if (task.trim() === '') fail('the bound does not name its task');
    const read = bound.text === null ? { value: null, precisionLost: false } : readBound(bound.text, unit, fail);
    const series = declareSeries(
      {
        region: task,
        metric: `${unit.metric}.${kind}`,
        nativeMetric: bound.nativeMetric,
        unit: unit.unit,
        valueKind: 'bound',
        labels: bound.labels ?? {},
        attributes: bound.attributes ?? {},
        line,
      },
      this.#parameters,
    );
    const key = `${identityOf(series)}\n${probability}\n${tool}`;
    const earlier = this.#records.get(key);
    if (earlier !== undefined) {
      if (earlier.value !== read.value)
        fail(`the ${kind} bound of ${quote(task)} is stated twice, as ${earlier.value} on line ${earlier.line} and as ${read.value} here`);
      this.#tally.add('duplicate_bound', 'a bound was stated twice', line);
      return;
    }
    this.#records.set(key, {
      kind: 'reading',
      series,
      repetition: this.#parameters.repetition,
      reading: kind,
      value: read.value,
      atNs: this.#parameters.atNs ?? null,
      exposureS: null,
      probability,
      tool,
      quality: read.precisionLost ? [...quality, 'precision_lost'] : quality,
      line,
    });
  }

  records(): readonly ReadingRecord[] {
    return [...this.#records.values()];
  }

  result(): ParseResult {
    return { records: this.records(), warnings: this.#tally.list() };
  }
}

function readBound(text: string, unit: ExecutionUnit, fail: (detail: string) => never) {
  const reading = readDecimal(text, unit.scale);
  if ('refusal' in reading) return fail(`the bound ${reading.refusal}`);
  return reading.value > 0 ? reading : fail(`the bound is ${quote(text)}, not above 0: the analysis found none; leave it out`);
}
