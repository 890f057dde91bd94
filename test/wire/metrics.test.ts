import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASSUME, BETTER, findMetric, findNativeMetric, JUDGED_AS, METRICS } from '../../wire/metrics.ts';
import { toBaseUnit } from '../../wire/units.ts';

const names = METRICS.map((definition) => definition.metric);
const natives = METRICS.flatMap((definition) => definition.native);

/** Names that occur more than once. */
const listTwice = (all: readonly string[]) => all.filter((name, index) => all.indexOf(name) !== index);

test('every metric has one row', () => {
  assert.ok(METRICS.length > 100);
  assert.deepEqual(listTwice(names), []);
});

test('every native name of a tool maps to one metric, whatever its case', () => {
  assert.deepEqual(listTwice(natives.map((name) => name.toLowerCase())), []);
});

test('no native name is the canonical name of another metric', () => {
  for (const definition of METRICS) {
    for (const native of definition.native) assert.ok(!names.includes(native) || native === definition.metric, native);
  }
});

for (const definition of METRICS) {
  test(`${definition.metric} is stated completely, in a base unit`, () => {
    assert.match(definition.metric, /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/);
    assert.deepEqual(toBaseUnit(definition.unit), { unit: definition.unit, factor: 1 }, `${definition.unit} is no base unit`);
    assert.ok(BETTER.includes(definition.better));
    assert.ok(ASSUME.includes(definition.assume));
    assert.ok(JUDGED_AS.includes(definition.judgedAs));
    assert.ok(definition.meaning.length > 3);
    assert.equal(findMetric(definition.metric), definition);
    for (const native of definition.native) {
      assert.equal(findNativeMetric(native), definition);
      assert.equal(findNativeMetric(native.toUpperCase()), definition);
    }
  });
}

test('what is judged by rates counts events, and fewer of them are better', () => {
  for (const { metric, judgedAs, unit, better } of METRICS) {
    if (judgedAs === 'rate') assert.deepEqual([unit, better], ['1', 'lower'], metric);
  }
});

test('what is judged as worst case is a time or cycles, and each has its bounds beside it', () => {
  const worst = METRICS.filter(({ judgedAs }) => judgedAs === 'wcet');
  assert.deepEqual(
    worst.map(({ metric }) => metric),
    ['execution.time', 'execution.cycles'],
  );
  for (const { metric, unit } of worst) {
    for (const bound of ['budget', 'static', 'pwcet']) {
      assert.equal(findMetric(`${metric}.${bound}`)?.unit, unit);
      assert.equal(findMetric(`${metric}.${bound}`)?.judgedAs, 'context');
    }
  }
});

for (const name of ['', 'no.such.metric', 'toString', '__proto__', 'constructor', 'LATENCY', 'latency ']) {
  test(`${JSON.stringify(name)} is not in the catalogue`, () => {
    assert.equal(findMetric(name), undefined);
  });
}

test('a tool’s name that is not listed is not guessed', () => {
  for (const name of ['', 'cycle', 'cycles:u', 'DCGM_FI_DEV_GPU_TEMP_2', '__proto__'])
    assert.equal(findNativeMetric(name), undefined, name);
});
