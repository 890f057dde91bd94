import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORMATS_BY_KIND } from '../../ingest/formats/index.ts';
import { assertExtraParameters, readPayloadQuery, unsupportedFormat } from '../../ingest/parameters.ts';
import { LIMITS } from '../../wire/limits.ts';
import { FORMATS, PAYLOAD_KINDS } from '../../wire/payload.ts';
import { ProblemError } from '../../wire/problems.ts';
import { UNIT_SYMBOLS } from '../../wire/units.ts';

type Query = Readonly<Record<string, string>>;

const labelsOf = (count: number): Query => Object.fromEntries(Array.from({ length: count }, (_, index) => [`labels.l${index}`, 'v']));

function problemOf(work: () => unknown): ProblemError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ProblemError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

const limits: readonly { readonly name: string; readonly pointer: string; readonly atLimit: Query; readonly past: Query }[] = [
  {
    name: 'the highest repetition',
    pointer: 'repetition',
    atLimit: { repetition: String(LIMITS.repetition) },
    past: { repetition: String(LIMITS.repetition + 1) },
  },
  { name: 'the lowest repetition', pointer: 'repetition', atLimit: { repetition: '1' }, past: { repetition: '0' } },
  { name: 'the highest sequence', pointer: 'sequence', atLimit: { sequence: '9007199254740991' }, past: { sequence: '9007199254740992' } },
  { name: 'the lowest sequence', pointer: 'sequence', atLimit: { sequence: '0' }, past: { sequence: '-1' } },
  {
    name: 'the longest region',
    pointer: 'region',
    atLimit: { region: 'r'.repeat(LIMITS.regionCharacters) },
    past: { region: 'r'.repeat(LIMITS.regionCharacters + 1) },
  },
  { name: 'the shortest region', pointer: 'region', atLimit: { region: 'r' }, past: { region: '' } },
  {
    name: 'the longest metric',
    pointer: 'metric',
    atLimit: { metric: 'm'.repeat(LIMITS.metricCharacters) },
    past: { metric: 'm'.repeat(LIMITS.metricCharacters + 1) },
  },
  {
    name: 'the longest label',
    pointer: 'labels.a',
    atLimit: { 'labels.a': 'v'.repeat(LIMITS.labelCharacters) },
    past: { 'labels.a': 'v'.repeat(LIMITS.labelCharacters + 1) },
  },
  { name: 'the most labels', pointer: 'labels', atLimit: labelsOf(LIMITS.labelsPerSeries), past: labelsOf(LIMITS.labelsPerSeries + 1) },
  // 2^63 - 1 nanoseconds, the last that a 64-bit column holds.
  { name: 'the last time', pointer: 'at', atLimit: { at: '9223372036854775807' }, past: { at: '9223372036854775808' } },
  { name: 'the first time', pointer: 'at', atLimit: { at: '1700-01-01T00:00:00Z' }, past: { at: '0001-01-01T00:00:00Z' } },
  { name: 'the shortest exposure', pointer: 'exposure', atLimit: { exposure: '0.000001' }, past: { exposure: '0' } },
];
for (const { name, pointer, atLimit, past } of limits) {
  test(`takes ${name}, and refuses one past it, naming ${pointer}`, () => {
    readPayloadQuery(atLimit);
    const problem = problemOf(() => readPayloadQuery(past));
    assert.equal(problem.type, 'invalid-parameter');
    assert.equal(problem.status, 400);
    assert.equal(problem.errors[0]?.pointer, pointer);
  });
}

for (const [name, text] of [
  ['repetition', '1.5'],
  ['repetition', '1e2'],
  ['repetition', '+1'],
  ['repetition', ''],
  ['repetition', 'first'],
  ['sequence', '0x10'],
  ['sequence', '1,000'],
  ['exposure', 'NaN'],
  ['exposure', 'Infinity'],
  ['exposure', '-1'],
  ['exposure', '1,5'],
  ['exposure', '1e999'],
  ['at', 'yesterday'],
  ['at', '2026-01-31T12:00:00'],
  ['at', '1769860800'],
  ['unit', 'parsec'],
  ['unit', ''],
  ['unit', 'toString'],
  ['better', 'smaller'],
  ['better', ''],
  ['better', 'Lower'],
  ['assume', 'constant'],
] as const) {
  test(`refuses ${name}=${JSON.stringify(text)} and does not guess`, () => {
    const problem = problemOf(() => readPayloadQuery({ [name]: text }));
    assert.equal(problem.type, 'invalid-parameter');
    assert.equal(problem.errors[0]?.pointer, name);
  });
}

test('reads everything a query may say, exactly', () => {
  const { format, sequence, parameters } = readPayloadQuery({
    format: 'csv',
    repetition: '7',
    sequence: '12',
    region: 'offload/copy',
    metric: 'latency',
    unit: 'us',
    better: 'lower',
    assume: 'exact',
    at: '2026-01-31T12:00:00.000000001Z',
    exposure: '0.5',
    'labels.gpu': '0',
    'labels.a.b-c_d': 'x',
    task: 't',
  });
  assert.equal(format, 'csv');
  assert.equal(sequence, 12);
  assert.deepEqual(parameters, {
    repetition: 7,
    region: 'offload/copy',
    metric: 'latency',
    unit: 'us',
    better: 'lower',
    assume: 'exact',
    atNs: 1_769_860_800_000_000_001n,
    exposureS: 0.5,
    labels: { gpu: '0', 'a.b-c_d': 'x' },
    extra: { task: 't' },
  });
});

test('what the caller does not say is undefined, and the repetition is 1', () => {
  const { format, sequence, parameters, identity } = readPayloadQuery({});
  assert.equal(format, undefined);
  assert.equal(sequence, 0);
  assert.equal(parameters.repetition, 1);
  for (const name of ['region', 'metric', 'unit', 'better', 'assume', 'atNs', 'exposureS'] as const)
    assert.equal(parameters[name], undefined, name);
  assert.deepEqual(parameters.labels, {});
  assert.deepEqual(identity, { repetition: '1' });
});

test('repetition=1 and no repetition are one content, another value of any parameter is another', () => {
  assert.deepEqual(readPayloadQuery({ repetition: '1' }).identity, readPayloadQuery({}).identity);
  assert.deepEqual(readPayloadQuery({ repetition: '01' }).identity, readPayloadQuery({ repetition: '1' }).identity);
  assert.deepEqual(
    readPayloadQuery({ format: 'csv' }).identity,
    readPayloadQuery({}).identity,
    'the format counts by itself, named or detected',
  );
  for (const query of [{ sequence: '1' }, { at: '2026-01-31T12:00:00Z' }, { exposure: '1' }, { 'labels.a': 'b' }, { task: 't' }]) {
    assert.notDeepEqual(readPayloadQuery(query).identity, readPayloadQuery({}).identity, JSON.stringify(query));
  }
});

test('a label that is named like a member of every object is kept as it is', () => {
  const query = Object.fromEntries([
    ['labels.__proto__', 'a'],
    ['labels.constructor', 'b'],
  ]);
  assert.deepEqual(Object.entries(readPayloadQuery(query).parameters.labels), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

for (const name of ['labels.', 'labels.1a', 'labels.a b', 'Labels.a', 'labels', `labels.${'a'.repeat(65)}`, 'repitition']) {
  test(`${name.slice(0, 20)} is no parameter of any format: it is refused, not overlooked`, () => {
    const { parameters } = readPayloadQuery({ [name]: 'x' });
    assert.deepEqual(parameters.extra, { [name]: 'x' });
    for (const kind of PAYLOAD_KINDS) {
      for (const format of FORMATS_BY_KIND[kind]) {
        const problem = problemOf(() => assertExtraParameters(format, parameters));
        assert.equal(problem.type, 'invalid-parameter');
        assert.equal(problem.errors[0]?.pointer, name);
      }
    }
  });
}

test('every spelling of a unit is taken as a parameter', () => {
  for (const unit of [...UNIT_SYMBOLS, '{request}', '{request}/s']) assert.equal(readPayloadQuery({ unit }).parameters.unit, unit);
});

test('an unsupported format answers 415 with the formats of its kind', () => {
  for (const kind of PAYLOAD_KINDS) {
    const problem = unsupportedFormat(kind, 'no');
    assert.equal(problem.status, 415);
    assert.deepEqual(problem.members['formats'], FORMATS[kind]);
  }
});
