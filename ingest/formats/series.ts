import { LIMITS } from '../../wire/limits.ts';
import { findMetric, type JudgedAs } from '../../wire/metrics.ts';
import type { ValueKind } from '../../wire/payload.ts';
import { ParseError, type PayloadParameters } from '../format.ts';
import type { RecordSeries } from '../records.ts';
import type { WarningTally } from './warning-tally.ts';

/** What a parser knows of a series; the catalogue and the caller's parameters say the rest. */
export type SeriesDeclaration = {
  readonly region: string;
  readonly metric: string;
  readonly nativeMetric: string;
  /** A base unit of wire/units.ts. */
  readonly unit: string;
  readonly valueKind: ValueKind;
  readonly labels?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
  /** For metrics that the catalogue does not list; `context` when absent. */
  readonly judgedAs?: JudgedAs;
  /** The line to name when the series cannot be. */
  readonly line: number;
};

const NO_LABELS: Readonly<Record<string, string>> = {};

/**
 * A series with direction, judgement and labels filled in: the caller's parameters come first, then the catalogue, then `either` and
 * `sampled`. Labels of the tool win over the caller's `labels.*`, which may not merge two series of the tool.
 * @throws ParseError when the unit is not the catalogue's, or a name is longer than its limit
 */
export function declareSeries(declaration: SeriesDeclaration, parameters: PayloadParameters): RecordSeries {
  const { region, metric, nativeMetric, unit, valueKind, line } = declaration;
  const definition = findMetric(metric);
  if (definition !== undefined && definition.unit !== unit) {
    throw new ParseError(
      `${nativeMetric} is in ${unit}, but the metric ${metric} is in ${definition.unit}: send another metric= or unit=`,
      {
        line,
        column: 1,
      },
    );
  }
  const series: RecordSeries = {
    region,
    metric,
    nativeMetric,
    unit,
    better: parameters.better ?? definition?.better ?? 'either',
    assume: parameters.assume ?? definition?.assume ?? 'sampled',
    judgedAs: definition?.judgedAs ?? declaration.judgedAs ?? 'context',
    valueKind,
    labels: mergeLabels(parameters.labels, declaration.labels ?? NO_LABELS),
    attributes: declaration.attributes ?? NO_LABELS,
  };
  assertLimits(series, line);
  return series;
}

function mergeLabels(asked: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const _ in asked) return { ...asked, ...own };
  return own;
}

function assertLimits(series: RecordSeries, line: number): void {
  assertCharacters('region', series.region, LIMITS.regionCharacters, line);
  assertCharacters('metric', series.metric, LIMITS.metricCharacters, line);
  let count = 0;
  for (const name in series.labels) {
    count++;
    assertCharacters(`label ${name}`, series.labels[name] ?? '', LIMITS.labelCharacters, line);
  }
  if (count > LIMITS.labelsPerSeries) {
    throw new ParseError(`a series has ${count} labels, more than ${LIMITS.labelsPerSeries}`, { line, column: 1 });
  }
}

function assertCharacters(what: string, value: string, limit: number, line: number): void {
  if (value.length <= limit) return;
  throw new ParseError(`the ${what} '${value.slice(0, 40)}…' has ${value.length} characters, more than ${limit}`, { line, column: 1 });
}

/** One text for everything that tells series of a payload apart: region, metric and labels in the order of their names. */
export function identityOf(series: RecordSeries): string {
  const labels = Object.keys(series.labels);
  if (labels.length > 1) labels.sort();
  let identity = `${series.region}\n${series.metric}`;
  for (const name of labels) identity += `\n${name}=${series.labels[name]}`;
  return identity;
}

/** Warns of parameters that a format cannot use because its tool says it itself. */
export function warnOfUnused(parameters: PayloadParameters, names: readonly ('metric' | 'unit' | 'region')[], tally: WarningTally): void {
  for (const name of names) {
    if (parameters[name] !== undefined) tally.add('parameter_ignored', `${name}= has no effect: the tool's output says it itself`, null);
  }
}
