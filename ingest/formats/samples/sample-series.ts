import { LIMITS } from '../../../wire/limits.ts';
import { ASSUME, type Assume, BETTER, type Better, findMetric } from '../../../wire/metrics.ts';
import { ProblemError } from '../../../wire/problems.ts';
import { type BaseUnit, toBaseUnit, UNIT_SYMBOLS } from '../../../wire/units.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { quote, readInteger } from '../../lexers/decimal.ts';
import type { RecordSeries } from '../../records.ts';

/** Which series a row of the formats of our own (csv, ndjson) belongs to. */

/** As the query parameters `labels.<name>` allow. */
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

export type Place = { readonly line: number; readonly column: number };

/** What one row says itself; undefined or empty where it does not. */
export type SampleDeclaration = {
  readonly region: string | undefined;
  readonly metric: string | undefined;
  readonly unit: string | undefined;
  readonly better: string | undefined;
  readonly assume: string | undefined;
  readonly repetition: string | undefined;
  readonly labels: readonly (readonly [name: string, value: string])[];
};

/** Where in the payload a name (`region`, `label.gpu`) is said; where the row begins when it is not. */
export type PlaceOf = (name: string) => Place;

/** A row's series, the factor that its printed numbers are converted with, and whether its direction is not the catalogue's. */
export type DeclaredSeries = {
  readonly key: string;
  readonly series: RecordSeries;
  readonly factor: number;
  readonly againstCatalogue: Better | null;
};

/**
 * The series a row declares. What the row leaves out or leaves empty comes from the query parameters; direction and exactness then come from
 * the metric catalogue. The unit never does: a guessed unit would be an invented measurement.
 * @throws ParseError when region, metric, unit or direction is unknown or the unit has another dimension than the metric
 * @throws ProblemError `limit-exceeded` beyond a limit on regions, metrics or labels
 */
export function declareSeries(row: SampleDeclaration, parameters: PayloadParameters, placeOf: PlaceOf): DeclaredSeries {
  const region = assertLength('region', orElse(row.region, parameters.region), LIMITS.regionCharacters, placeOf);
  const metric = assertLength('metric', orElse(row.metric, parameters.metric), LIMITS.metricCharacters, placeOf);
  const base = declareUnit(row, parameters, placeOf);
  const definition = findMetric(metric);
  if (definition !== undefined && definition.unit !== base.unit) {
    const advice = `the metric catalogue has it in ${spellingsOf(definition.unit)}; correct the unit or name another metric`;
    throw new ParseError(`unit of ${metric} becomes ${base.unit}, but ${advice}`, placeOf('unit'));
  }
  const better = oneOf('better', row.better, BETTER, placeOf) ?? parameters.better ?? definition?.better;
  if (better === undefined) {
    throw new ParseError(
      `metric ${quote(metric)} is not in the catalogue: say better=lower, better=higher or better=either`,
      placeOf('better'),
    );
  }
  const assume: Assume = oneOf('assume', row.assume, ASSUME, placeOf) ?? parameters.assume ?? definition?.assume ?? 'sampled';
  const labels = declareLabels(row, parameters, placeOf);
  const series: RecordSeries = {
    region,
    metric,
    nativeMetric: metric,
    unit: base.unit,
    better,
    assume,
    judgedAs: definition?.judgedAs ?? 'location',
    valueKind: 'samples',
    labels: Object.fromEntries(labels),
    attributes: {},
  };
  const againstCatalogue = definition !== undefined && definition.better !== better ? definition.better : null;
  return { key: JSON.stringify([region, metric, labels]), series, factor: base.factor, againstCatalogue };
}

/** The repetition a row belongs to, from 1. */
export function declareRepetition(row: SampleDeclaration, parameters: PayloadParameters, placeOf: PlaceOf): number {
  if (row.repetition === undefined || row.repetition === '') return parameters.repetition;
  const repetition = readInteger(row.repetition, { least: 1, most: LIMITS.repetition });
  if (repetition !== undefined) return repetition;
  throw new ParseError(`repetition ${quote(row.repetition)} must be a whole number from 1 to ${LIMITS.repetition}`, placeOf('repetition'));
}

/** @throws ProblemError `limit-exceeded` that points at the place */
export function refuseBeyondLimit(detail: string, place: Place): never {
  throw new ProblemError('limit-exceeded', detail, { errors: [{ pointer: `line ${place.line}, column ${place.column}`, detail }] });
}

function declareUnit(row: SampleDeclaration, parameters: PayloadParameters, placeOf: PlaceOf): BaseUnit {
  const symbol = orElse(row.unit, parameters.unit);
  if (symbol === undefined) throw new ParseError(describeMissing('unit'), placeOf('unit'));
  const base = toBaseUnit(symbol);
  if (base === undefined) {
    throw new ParseError(
      `unit ${quote(symbol)} is unknown; use ${UNIT_SYMBOLS.join(', ')} or an annotation such as {request}`,
      placeOf('unit'),
    );
  }
  return base;
}

function declareLabels(row: SampleDeclaration, parameters: PayloadParameters, placeOf: PlaceOf): readonly (readonly [string, string])[] {
  const labels = new Map(Object.entries(parameters.labels));
  for (const [name, value] of row.labels) {
    if (value === '') continue;
    if (!LABEL_NAME.test(name)) {
      const rule = 'start with a letter or underscore, then up to 63 letters, digits, underscores, points or hyphens';
      throw new ParseError(`the label name ${quote(name)} must ${rule}`, placeOf(`label.${name}`));
    }
    if (value.length > LIMITS.labelCharacters) {
      refuseBeyondLimit(
        `label ${quote(name)} has ${value.length} characters, the limit is ${LIMITS.labelCharacters}`,
        placeOf(`label.${name}`),
      );
    }
    labels.set(name, value);
  }
  if (labels.size > LIMITS.labelsPerSeries) {
    refuseBeyondLimit(`a series has ${labels.size} labels, the limit is ${LIMITS.labelsPerSeries}`, placeOf('value'));
  }
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}

function assertLength(name: string, text: string | undefined, limit: number, placeOf: PlaceOf): string {
  if (text === undefined) throw new ParseError(describeMissing(name), placeOf(name));
  if (text.length > limit) refuseBeyondLimit(`${name} has ${text.length} characters, the limit is ${limit}`, placeOf(name));
  return text;
}

function describeMissing(name: string): string {
  return `${name} is not known: add ${name} to the rows, or the query parameter ${name}=…`;
}

function oneOf<T extends string>(name: string, text: string | undefined, choices: readonly T[], placeOf: PlaceOf): T | undefined {
  if (text === undefined || text === '') return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new ParseError(`${name} is ${quote(text)}: say ${choices.join(', ')}`, placeOf(name));
  return choice;
}

/** An empty cell says nothing. */
function orElse(said: string | undefined, parameter: string | undefined): string | undefined {
  return said === undefined || said === '' ? parameter : said;
}

function spellingsOf(unit: string): string {
  return UNIT_SYMBOLS.filter((symbol) => toBaseUnit(symbol)?.unit === unit).join(', ') || unit;
}
