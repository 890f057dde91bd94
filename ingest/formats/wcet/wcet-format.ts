import { toBaseUnit } from '../../../wire/units.ts';
import { type Format, ParseError, type PayloadParameters } from '../../format.ts';
import { type DecimalScale, decimalScale } from '../../lexers/decimal.ts';
import { NO_LINE_END } from '../../lexers/text.ts';
import type { WarningTally } from '../warning-tally.ts';

/** What the formats of kind wcet share: their type, and the task and unit that the caller says when the tool does not. */

type Identified<Shape, Id extends string> = Shape extends unknown ? Omit<Shape, 'id'> & { readonly id: Id } : never;

/** A format under its own id, whether or not wire/payload.ts lists the id yet. */
export type WcetFormat<Id extends string> = Identified<Format, Id>;

/** How printed execution times become values: metric, base unit, and the conversion to it. */
export type ExecutionUnit = {
  readonly metric: 'execution.cycles' | 'execution.time';
  readonly unit: '{cycle}' | 'ns';
  readonly scale: DecimalScale;
};

export const CYCLES: ExecutionUnit = { metric: 'execution.cycles', unit: '{cycle}', scale: decimalScale(1) };
export const NANOSECONDS: ExecutionUnit = { metric: 'execution.time', unit: 'ns', scale: decimalScale(1) };

/** Warns that the last number may be the beginning of another: tools end their last line, people and `$(…)` often do not. */
export function warnOfUnfinished(unfinishedLine: number | null, tally: WarningTally): void {
  if (unfinishedLine !== null) tally.add('no_line_end', NO_LINE_END, unfinishedLine);
}

const START = { line: 1, column: 1 };

/** The task that the caller names by `task=` or `region=`; undefined when neither is sent. */
export function findTask(parameters: PayloadParameters): string | undefined {
  const task = parameters.extra['task'];
  if (task !== undefined && task.trim() === '') throw new ParseError('task= is empty; name the task that was measured', START);
  if (task !== undefined && parameters.region !== undefined && task !== parameters.region) {
    throw new ParseError('the task is said twice, by task= and by region=; leave one out', START);
  }
  return task ?? parameters.region;
}

/** @throws ParseError when neither `task=` nor `region=` is sent */
export function requireTask(parameters: PayloadParameters, why: string): string {
  return findTask(parameters) ?? refuseMissing(`nothing says which task this is (${why}): send task=`);
}

/**
 * The unit of printed execution times as the caller declares it by `unit=`.
 * @throws ParseError when it is missing, or neither a time nor cycles
 */
export function requireUnit(parameters: PayloadParameters, why: string): ExecutionUnit {
  const symbol = parameters.unit ?? refuseMissing(`nothing says the unit (${why}): send unit=cycles, unit=ns, unit=us, unit=ms or unit=s`);
  const base = toBaseUnit(symbol);
  if (base?.unit === '{cycle}') return CYCLES;
  if (base?.unit === 'ns') return { ...NANOSECONDS, scale: decimalScale(base.factor) };
  throw new ParseError(`unit=${symbol} is neither a time nor cycles: send unit=cycles, unit=ns, unit=us, unit=ms or unit=s`, START);
}

function refuseMissing(detail: string): never {
  throw new ParseError(detail, START);
}
