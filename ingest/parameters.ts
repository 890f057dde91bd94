import { LIMITS } from '../wire/limits.ts';
import { ASSUME, BETTER } from '../wire/metrics.ts';
import { COMMON_PARAMETERS, FORMATS, type PayloadKind } from '../wire/payload.ts';
import { ProblemError } from '../wire/problems.ts';
import { toBaseUnit, UNIT_SYMBOLS } from '../wire/units.ts';
import type { Format, PayloadParameters } from './format.ts';
import { readDecimal, readInteger } from './lexers/decimal.ts';
import { readTimestamp } from './lexers/timestamp.ts';

/** What a payload's query string says before its format is known. `identity` is what makes the content-addressed receipt, in canonical form. */
export type PayloadQuery = {
  readonly format: string | undefined;
  readonly parameters: PayloadParameters;
  /** Orders payloads that carry no time of their own. */
  readonly sequence: number;
  readonly identity: Readonly<Record<string, string>>;
};

const LABEL = /^labels\.([A-Za-z_][A-Za-z0-9_.-]{0,63})$/;
const DEFAULT_REPETITION = '1';

function refuse(name: string, detail: string): never {
  throw new ProblemError('invalid-parameter', `parameter ${name}: ${detail}`, { errors: [{ pointer: name, detail }] });
}

function oneOf<Choice extends string>(name: string, text: string | undefined, choices: readonly Choice[]): Choice | undefined {
  if (text === undefined) return undefined;
  return choices.find((choice) => choice === text) ?? refuse(name, `is ${JSON.stringify(text)}, must be one of ${choices.join(', ')}`);
}

function boundedText(name: string, text: string | undefined, characters: number): string | undefined {
  if (text === undefined) return undefined;
  if (text.length === 0 || text.length > characters) return refuse(name, `must have 1 to ${characters} characters`);
  return text;
}

function readUnit(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (toBaseUnit(text) === undefined) {
    return refuse(
      'unit',
      `${JSON.stringify(text)} is not known; use one of ${UNIT_SYMBOLS.join(' ')} or an own unit in braces such as {request}/s`,
    );
  }
  return text;
}

/** Times are stored as 64-bit nanoseconds; one beyond could not be encoded and would fail every payload it shares an insert with. */
const FIRST_AT_NS = -(2n ** 63n);
const LAST_AT_NS = 2n ** 63n - 1n;

function readAt(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const reading = readTimestamp(text);
  if ('refusal' in reading) return refuse('at', reading.refusal);
  const { atNs } = reading;
  return atNs >= FIRST_AT_NS && atNs <= LAST_AT_NS ? atNs : refuse('at', 'is beyond the years 1678 to 2262 that 64-bit nanoseconds reach');
}

function readExposure(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const reading = readDecimal(text);
  if (!('value' in reading)) return refuse('exposure', reading.refusal);
  return reading.value > 0 ? reading.value : refuse('exposure', 'must be a number of seconds above 0');
}

function readLabels(query: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const labels = Object.entries(query).flatMap(([name, value]) => {
    const label = LABEL.exec(name)?.[1];
    return label === undefined ? [] : [[label, boundedText(name, value, LIMITS.labelCharacters) ?? ''] as const];
  });
  if (labels.length > LIMITS.labelsPerSeries) refuse('labels', `at most ${LIMITS.labelsPerSeries} labels`);
  // Not by assignment: a label may be called __proto__.
  return Object.fromEntries(labels);
}

/** Names only some formats know; which of them this format reads is checked when the format is known. */
const isCommon = (name: string) => COMMON_PARAMETERS.some((common) => common === name) || LABEL.test(name);

/**
 * Reads the query string of a payload.
 * @param query decoded, one value a name (a repeated name is refused before)
 * @throws ProblemError invalid-parameter naming the parameter
 */
export function readPayloadQuery(query: Readonly<Record<string, string>>): PayloadQuery {
  const repetition =
    readInteger(query['repetition'] ?? DEFAULT_REPETITION, { least: 1, most: LIMITS.repetition }) ??
    refuse('repetition', `must be a whole number from 1 to ${LIMITS.repetition}`);
  const sequence =
    readInteger(query['sequence'] ?? '0', { least: 0, most: Number.MAX_SAFE_INTEGER }) ??
    refuse('sequence', 'must be a whole number of 0 or more');
  const { format, ...identity } = query;
  return {
    format,
    sequence,
    identity: { ...identity, repetition: String(repetition) },
    parameters: {
      repetition,
      region: boundedText('region', query['region'], LIMITS.regionCharacters),
      metric: boundedText('metric', query['metric'], LIMITS.metricCharacters),
      unit: readUnit(query['unit']),
      better: oneOf('better', query['better'], BETTER),
      assume: oneOf('assume', query['assume'], ASSUME),
      atNs: readAt(query['at']),
      exposureS: readExposure(query['exposure']),
      labels: readLabels(query),
      extra: Object.fromEntries(Object.entries(query).filter(([name]) => !isCommon(name))),
    },
  };
}

/**
 * Refuses parameters that this format does not read: a misspelt one would otherwise change what is measured in silence.
 * @throws ProblemError invalid-parameter listing what the format reads
 */
export function assertExtraParameters(format: Format, parameters: PayloadParameters): void {
  for (const name of Object.keys(parameters.extra)) {
    if (!format.extraParameters.includes(name)) {
      refuse(
        name,
        `format ${format.id} does not read it; it reads ${[...COMMON_PARAMETERS, 'labels.<name>', ...format.extraParameters].join(', ')}`,
      );
    }
  }
}

/** The problem for a format that is not one of its kind; names those that are. */
export function unsupportedFormat(kind: PayloadKind, detail: string): ProblemError {
  return new ProblemError('unsupported-format', `${detail}; formats of kind ${kind}: ${FORMATS[kind].join(', ')}`, {
    members: { formats: FORMATS[kind] },
  });
}
