import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connectStore, migrate, type Row, readMeasurements, type Store } from '../../store/index.ts';
import { REPETITION_STATISTICS, type RepetitionStatistic, type SampleRepetition, type SeriesMeasurement } from '../../wire/measurements.ts';
import type { Better } from '../../wire/metrics.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';
import { createRandom } from '../support/service.ts';

const embedded = useEmbeddedStore();
let store: Store;

const NOW_MS = Date.UTC(2026, 10, 20);
const NS = 1_000_000_000n;

/** What one payload says about one series and repetition. */
type Part = {
  readonly seriesId: string;
  readonly repetition?: number;
  readonly better?: Better;
  readonly unit?: string;
  readonly values?: readonly number[];
  readonly paths?: readonly string[];
  readonly quality?: readonly string[];
  readonly readings?: readonly { readonly value: number | null; readonly atNs: bigint | null }[];
  readonly stretch?: { readonly readings: readonly number[]; readonly atNs: readonly bigint[]; readonly exposureS?: readonly number[] };
  readonly histogram?: { readonly edges: readonly number[]; readonly counts: readonly number[] };
};
type Payload = { readonly payloadId: string; readonly parts: readonly Part[] };

const newPayload = (...parts: readonly Part[]): Payload => ({ payloadId: randomUUID(), parts });

function toSeriesRow(runId: string, payloadId: string, part: Part): Row<'series'> {
  return {
    run_id: runId,
    series_id: part.seriesId,
    payload_id: payloadId,
    region: 'r',
    metric: 'latency',
    native_metric: '',
    unit: part.unit ?? 'ns',
    better: part.better ?? 'lower',
    assume: 'sampled',
    judged_as: 'location',
    value_kind: 'samples',
    labels: {},
    attributes: {},
    received_at: NOW_MS,
  };
}

/** Appends the rows of one payload; a payload counts only when a seal names it. */
async function appendPayload(runId: string, { payloadId, parts }: Payload): Promise<void> {
  const samples: Row<'samples'>[] = [];
  const readings: Row<'readings'>[] = [];
  const stretches: Row<'reading_stretches'>[] = [];
  const histograms: Row<'histograms'>[] = [];
  for (const [index, part] of parts.entries()) {
    const { seriesId, values = [], paths = [] } = part;
    const ordinal = index * 100 + 1;
    const place = {
      run_id: runId,
      series_id: seriesId,
      repetition: part.repetition ?? 1,
      payload_id: payloadId,
      quality: part.quality ?? [],
      line: 1,
    };
    const common = { ...place, received_at: NOW_MS };
    // Two rows a part, the later stretch first: order comes from the ordinal, not from the insert.
    const half = Math.ceil(values.length / 2);
    for (const [from, to, offset] of [
      [half, values.length, 1],
      [0, half, 0],
    ] as const) {
      if (from === to) continue;
      samples.push({
        ...common,
        ordinal: ordinal + offset,
        sample_values: values.slice(from, to),
        at_ns: [],
        paths: paths.slice(from, to),
        inputs: [],
      });
    }
    for (const [offset, { value, atNs }] of (part.readings ?? []).entries()) {
      const reading = { reading_kind: 'cumulative', reading: value, at_ns: atNs, exposure_s: null, probability: null, tool: '' };
      readings.push({ ...common, ...reading, ordinal: ordinal + offset });
    }
    if (part.stretch !== undefined) {
      const { readings, atNs, exposureS = [] } = part.stretch;
      const reading_kind = exposureS.length === 0 ? 'cumulative' : 'delta';
      stretches.push({ ...common, ordinal, reading_kind, readings, at_ns: atNs, exposure_s: exposureS });
    }
    if (part.histogram !== undefined)
      histograms.push({
        ...common,
        ordinal,
        scheme: 'log2',
        ...part.histogram,
        total: null,
        at_ns: null,
        is_standing: false,
        since_ns: null,
      });
  }
  await store.append(
    'series',
    parts.map((part) => toSeriesRow(runId, payloadId, part)),
  );
  await store.append('samples', samples);
  await store.append('readings', readings);
  await store.append('reading_stretches', stretches);
  await store.append('histograms', histograms);
}

/** Seals a run over payloads in canonical order, having stored them in arrival order. */
async function sealPayloads(canonical: readonly Payload[], arrival: readonly Payload[] = canonical): Promise<string> {
  const runId = randomUUID();
  for (const payload of arrival) await appendPayload(runId, payload);
  await appendSeal(runId, canonical);
  return runId;
}

async function appendSeal(runId: string, canonical: readonly Payload[]): Promise<void> {
  await store.append('seals', [
    {
      run_id: runId,
      seal_id: randomUUID(),
      project: 'p',
      suite: 's',
      sealed_at: NOW_MS,
      sealed_by: 'test',
      receipt_ids: canonical.map(({ payloadId }) => `sha256:${payloadId}`),
      payload_ids: canonical.map(({ payloadId }) => payloadId),
      digest: 'sha256:seal',
      environment_generation: 0,
    },
  ]);
}

async function readOne(runId: string): Promise<SeriesMeasurement> {
  const measurements = await readMeasurements(store, [runId]);
  assert.equal(measurements.length, 1);
  const [measurement] = measurements;
  assert.ok(measurement);
  return measurement;
}

const onlyRepetition = (measurement: SeriesMeasurement): SampleRepetition => {
  assert.equal(measurement.samples.length, 1);
  const [repetition] = measurement.samples;
  assert.ok(repetition);
  return repetition;
};

async function measure(values: readonly number[], better: Better = 'lower'): Promise<SampleRepetition> {
  return onlyRepetition(await readOne(await sealPayloads([newPayload({ seriesId: randomUUID(), better, values })])));
}

function assertClose(actual: number | null, expected: number | null, what: string): void {
  if (actual === null || expected === null) {
    assert.equal(actual, expected, what);
    return;
  }
  // The absolute part is for variances of equal batches, which are zero up to rounding.
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected) + 1e-18, `${what}: ${actual}, expected ${expected}`);
}

type Figures = Readonly<Record<RepetitionStatistic, number | null>>;

// A plain rendering of VERDICTS.md 3.1, sharing nothing with the SQL: the interquartile mean weighs each sample by the length of its overlap with
// the middle half, quantiles are Hyndman–Fan type 7, the smoothed tail is a generalised Pareto by probability-weighted moments.
const at = (values: readonly number[], index: number): number => {
  const value = values[index];
  if (value === undefined) throw new RangeError(`at: index ${index} of ${values.length} values`);
  return value;
};

function computeInterquartileMean(ascending: readonly number[]): number {
  const n = ascending.length;
  if (n < 2) return at(ascending, 0);
  const weigh = (index: number) => Math.max(0, Math.min(index + 1, (3 * n) / 4) - Math.max(index, n / 4));
  return ascending.reduce((sum, value, index) => sum + weigh(index) * value, 0) / (n / 2);
}

function computeQuantile(ascending: readonly number[], p: number): number {
  const place = (ascending.length - 1) * p;
  const low = at(ascending, Math.floor(place));
  return low + (place - Math.floor(place)) * (at(ascending, Math.min(ascending.length - 1, Math.floor(place) + 1)) - low);
}

function computeSmoothedQuantile(ascending: readonly number[], p: number): number | null {
  const n = ascending.length;
  const k = Math.max(20, Math.round(0.1 * n));
  if (n <= k) return null;
  const threshold = at(ascending, n - k - 1);
  const excesses = ascending.slice(n - k).map((value) => value - threshold);
  const a0 = excesses.reduce((sum, excess) => sum + excess, 0) / k;
  if (a0 <= 0) return threshold;
  const a1 = excesses.reduce((sum, excess, index) => sum + (excess * (k - (index + 1) + 0.35)) / k, 0) / k;
  const shape = Math.min(0.5, Math.max(-0.5, 2 - a0 / (a0 - 2 * a1)));
  const scale = a0 * (1 - shape);
  const share = k / n / (1 - p);
  return threshold + (Math.abs(shape) < 1e-9 ? scale * Math.log(share) : (scale * (share ** shape - 1)) / shape);
}

function computeFigures(values: readonly number[], better: Better): Figures {
  const ascending = values.toSorted((a, b) => a - b);
  const tail = better === 'higher' ? ascending.map((value) => 1 / value).reverse() : ascending;
  const ln = (value: number | null) => (value !== null && value > 0 ? Math.log(value) : null);
  const centre = ln(computeInterquartileMean(ascending));
  return {
    centre: centre === null ? null : better === 'higher' ? -centre : centre,
    p50: ln(computeQuantile(tail, 0.5)),
    p90: ln(computeQuantile(tail, 0.9)),
    p99: ln(computeQuantile(tail, 0.99)),
    p99Smoothed: ln(computeSmoothedQuantile(tail, 0.99)),
    p999: ln(computeQuantile(tail, 0.999)),
    p999Smoothed: ln(computeSmoothedQuantile(tail, 0.999)),
    maximum: ln(at(tail, tail.length - 1)),
  };
}

function computeBatchVariance(values: readonly number[], better: Better, statistic: RepetitionStatistic): number | null {
  if (values.length < 10) return null;
  const size = Math.floor(values.length / 5);
  const figures = [0, 1, 2, 3, 4].map((batch) => computeFigures(values.slice(batch * size, (batch + 1) * size), better)[statistic]);
  const known = figures.filter((figure) => figure !== null);
  if (known.length < 5) return null;
  const mean = known.reduce((sum, figure) => sum + figure, 0) / 5;
  return known.reduce((sum, figure) => sum + (figure - mean) ** 2, 0) / 4 / 5;
}

function assertFigures(repetition: SampleRepetition, values: readonly number[], better: Better): void {
  const expected = computeFigures(values, better);
  assert.equal(repetition.sampleCount, values.length);
  assert.equal(repetition.notPositiveCount, 0);
  assert.equal(repetition.minimum, Math.min(...values));
  assert.equal(repetition.maximum, Math.max(...values));
  for (const statistic of REPETITION_STATISTICS) {
    assertClose(repetition.statistics[statistic], expected[statistic], `${statistic} of ${values.length} samples`);
    const variance = computeBatchVariance(values, better, statistic);
    assertClose(repetition.batchVariances[statistic], variance, `batch variance of ${statistic} of ${values.length} samples`);
  }
}

function drawValues(seed: number, count: number): readonly number[] {
  const random = createRandom(seed);
  return Array.from(
    { length: count },
    () => 1000 * Math.exp(0.1 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
  );
}

// VERDICTS.md: three repetitions with every statistic and batch variance, computed with numpy by the reference engine.
type Vector = {
  readonly values: readonly number[];
  readonly expected: Readonly<Record<string, number>>;
  readonly batch_var: Readonly<Record<string, number>>;
};
const VECTORS: readonly Vector[] = JSON.parse(readFileSync(new URL('../fixtures/vectors/run_stats.json', import.meta.url), 'utf8'));
const VECTOR_NAMES: Readonly<Record<RepetitionStatistic, string>> = {
  centre: 'center',
  p50: 'p50',
  p90: 'p90',
  p99: 'p99',
  p99Smoothed: 'p99s',
  p999: 'p999',
  p999Smoothed: 'p999s',
  maximum: 'max',
};

describe('measurements, aggregated by ClickHouse', () => {
  before(async () => {
    store = connectStore(embedded.store());
    await migrate(store);
  });
  after(() => store.close());

  describe('statistics of a repetition', () => {
    for (const vector of VECTORS) {
      test(`equal the reference engine’s for ${vector.values.length} samples, to 1e-9`, async () => {
        const repetition = await measure(vector.values);
        for (const statistic of REPETITION_STATISTICS) {
          const name = VECTOR_NAMES[statistic];
          assertClose(repetition.statistics[statistic], vector.expected[name] ?? Number.NaN, statistic);
          // With fewer than 21 samples in a batch the smoothed tail does not exist; all vectors have more.
          assertClose(repetition.batchVariances[statistic], vector.batch_var[name] ?? Number.NaN, `batch variance of ${statistic}`);
        }
      });
    }

    for (const better of ['lower', 'higher', 'either'] as const) {
      const cases = [1, 2, 3, 4, 5, 9, 10, 11, 20, 21, 29, 30, 105, 399].map((count) => ({
        seriesId: randomUUID(),
        values: drawValues(count, count),
      }));
      let measured: ReadonlyMap<string, SeriesMeasurement>;
      before(async () => {
        const runId = await sealPayloads([newPayload(...cases.map((one) => ({ ...one, better })))]);
        measured = new Map((await readMeasurements(store, [runId])).map((measurement) => [measurement.series.seriesId, measurement]));
      });
      for (const { seriesId, values } of cases) {
        test(`equal a plain computation for ${values.length} samples, better ${better}`, () => {
          const measurement = measured.get(seriesId);
          assert.ok(measurement);
          assertFigures(onlyRepetition(measurement), values, better);
        });
      }
    }

    test('quantiles equal ClickHouse’s own quantileExactInclusive, on reciprocals when higher is better', async () => {
      for (const [better, expression] of [
        ['lower', 'v'],
        ['higher', '1 / v'],
      ] as const) {
        const seriesId = randomUUID();
        const runId = await sealPayloads([newPayload({ seriesId, better, values: drawValues(77, 777) })]);
        const [row] = await store.query<{ q: number[] }>(
          `SELECT quantilesExactInclusive(0.5, 0.9, 0.99, 0.999, 1)(${expression}) AS q FROM samples ARRAY JOIN sample_values AS v WHERE run_id = {runId:UUID}`,
          { runId },
        );
        const { statistics } = onlyRepetition(await readOne(runId));
        (['p50', 'p90', 'p99', 'p999', 'maximum'] as const).forEach((statistic, index) => {
          assertClose(statistics[statistic], Math.log(at(row?.q ?? [], index)), `${statistic}, better ${better}`);
        });
      }
    });

    test('better higher turns the sign: the centre is -ln(IQM), the tail that of the slow values', async () => {
      const values = [...drawValues(5, 199), 1];
      const { statistics } = await measure(values, 'higher');
      assertClose(statistics.centre, -Math.log(computeInterquartileMean(values.toSorted((a, b) => a - b))), 'centre');
      // The lowest throughput is the worst value: 1 / 1, whose logarithm is 0.
      assertClose(statistics.maximum, 0, 'maximum');
    });

    for (const better of ['lower', 'higher'] as const) {
      test(`all samples equal: every statistic is that value and nothing varies, better ${better}`, async () => {
        const repetition = await measure(
          Array.from({ length: 150 }, () => 250),
          better,
        );
        const expected = better === 'higher' ? -Math.log(250) : Math.log(250);
        for (const statistic of REPETITION_STATISTICS) {
          assertClose(repetition.statistics[statistic], expected, statistic);
          assert.ok(Math.abs(repetition.batchVariances[statistic] ?? Number.NaN) < 1e-24, statistic);
        }
      });

      for (const [name, bad] of [
        ['a zero', 0],
        ['a negative value', -3],
      ] as const) {
        test(`${name} among the samples leaves no logarithm, and is counted, better ${better}`, async () => {
          const repetition = await measure([...drawValues(3, 60), bad, ...drawValues(4, 60)], better);
          assert.equal(repetition.notPositiveCount, 1);
          assert.equal(repetition.minimum, bad);
          for (const statistic of REPETITION_STATISTICS) {
            assert.equal(repetition.statistics[statistic], null, statistic);
            assert.equal(repetition.batchVariances[statistic], null, `batch variance of ${statistic}`);
          }
        });
      }
    }
  });

  describe('what a run measured', () => {
    test('does not depend on the order in which payloads arrived', async () => {
      const seriesId = randomUUID();
      const values = drawValues(9, 90);
      const make = () => [
        newPayload({ seriesId, values: values.slice(0, 40), paths: Array.from({ length: 40 }, () => 'b'), quality: ['precision_lost'] }),
        newPayload({ seriesId, values: values.slice(40, 70), paths: Array.from({ length: 30 }, () => 'a') }),
        newPayload({ seriesId, values: values.slice(70), quality: ['lost_events'] }, { seriesId, repetition: 2, values: [5, 6, 7] }),
      ];
      const results: unknown[] = [];
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 2, 0],
      ]) {
        const payloads = make();
        const arrival = order.flatMap((index) => payloads[index] ?? []);
        const { runId: _, ...measured } = await readOne(await sealPayloads(payloads, arrival));
        const [first, second] = measured.samples;
        assert.ok(first && second);
        assertFigures(first, values, 'lower');
        assert.deepEqual(first.paths, ['a', 'b']);
        assert.deepEqual(first.quality, ['lost_events', 'precision_lost']);
        assert.equal(second.sampleCount, 3);
        results.push(measured);
      }
      assert.deepEqual(results[1], results[0]);
      assert.deepEqual(results[2], results[0]);
    });

    test('readings of a stretch are readings like any other, among them by time', async () => {
      const seriesId = randomUUID();
      const first = newPayload(
        { seriesId, stretch: { readings: [0, 10, 30], atNs: [1n, 2n, 4n] }, quality: ['unit_assumed'] },
        { seriesId, readings: [{ value: null, atNs: 3n }] },
      );
      const second = newPayload({ seriesId, stretch: { readings: [7, 0], atNs: [6n, 5n], exposureS: [2, 0.5] } });
      const never = newPayload({ seriesId, stretch: { readings: [99], atNs: [3n] } });
      const runId = await sealPayloads([first, second], [never, second, first]);
      const { readings } = await readOne(runId);
      assert.deepEqual(
        readings.map(({ kind, value, atNs, exposureS, quality }) => [kind, value, atNs, exposureS, quality]),
        [
          ['cumulative', 0, '1', null, ['unit_assumed']],
          ['cumulative', 10, '2', null, ['unit_assumed']],
          ['cumulative', null, '3', null, []],
          ['cumulative', 30, '4', null, ['unit_assumed']],
          ['delta', 0, '5', 0.5, []],
          ['delta', 7, '6', 2, []],
        ],
      );
      assert.deepEqual([readings[0]?.probability, readings[0]?.tool], [null, null]);
    });

    test('readings come by repetition and time, those without a time last in canonical order', async () => {
      const seriesId = randomUUID();
      const late = newPayload({
        seriesId,
        readings: [
          { value: 30, atNs: 1_800_000_000n * NS + 3n },
          { value: null, atNs: null },
        ],
      });
      const early = newPayload({
        seriesId,
        readings: [
          { value: 10, atNs: 1_800_000_000n * NS + 1n },
          { value: 20, atNs: 1_800_000_000n * NS + 2n },
        ],
      });
      const other = newPayload(
        { seriesId, repetition: 2, readings: [{ value: 1, atNs: 5n * NS }] },
        { seriesId, readings: [{ value: 40, atNs: null }] },
      );
      const runId = await sealPayloads([late, early, other], [other, late, early]);
      const { readings } = await readOne(runId);
      assert.deepEqual(
        readings.map((reading) => [reading.repetition, reading.value, reading.atNs]),
        [
          [1, 10, '1800000000000000001'],
          [1, 20, '1800000000000000002'],
          [1, 30, '1800000000000000003'],
          [1, null, null],
          [1, 40, null],
          [2, 1, '5000000000'],
        ],
      );
    });

    test('histograms of one repetition are added bucket by bucket, gaps filled, infinite edges kept', async () => {
      const seriesId = randomUUID();
      const runId = await sealPayloads([
        newPayload({ seriesId, histogram: { edges: [Number.NEGATIVE_INFINITY, 0, 1, 2], counts: [1, 2, 3] } }),
        newPayload({ seriesId, quality: ['sum_unknown'], histogram: { edges: [1, 2], counts: [10] } }),
        newPayload(
          { seriesId, histogram: { edges: [8, Number.POSITIVE_INFINITY], counts: [7] } },
          { seriesId, repetition: 2, histogram: { edges: [0, 1], counts: [1] } },
        ),
      ]);
      const { histograms } = await readOne(runId);
      assert.deepEqual(
        histograms.map(({ repetition, edges, counts, quality }) => ({ repetition, edges, counts, quality })),
        [
          {
            repetition: 1,
            edges: [Number.NEGATIVE_INFINITY, 0, 1, 2, 8, Number.POSITIVE_INFINITY],
            counts: [1, 2, 13, 0, 7],
            quality: ['sum_unknown'],
          },
          { repetition: 2, edges: [0, 1], counts: [1], quality: [] },
        ],
      );
    });

    test('a run that is not sealed measured nothing', async () => {
      const runId = randomUUID();
      await appendPayload(runId, newPayload({ seriesId: randomUUID(), values: [1, 2, 3] }));
      assert.deepEqual(await readMeasurements(store, [runId]), []);
      assert.deepEqual(await readMeasurements(store, []), []);
    });

    test('of two seals the lowest (sealedAt, id) holds', async () => {
      const seriesId = randomUUID();
      const inSeal = newPayload({ seriesId, values: [1, 2] });
      const late = newPayload({ seriesId, values: [3] });
      const runId = await sealPayloads([inSeal]);
      await appendPayload(runId, late);
      await store.append('seals', [
        {
          run_id: runId,
          seal_id: '00000000-0000-0000-0000-000000000001',
          project: 'p',
          suite: 's',
          sealed_at: NOW_MS + 1,
          sealed_by: '',
          receipt_ids: [],
          payload_ids: [inSeal.payloadId, late.payloadId],
          digest: '',
          environment_generation: 0,
        },
      ]);
      assert.equal(onlyRepetition(await readOne(runId)).sampleCount, 2);
    });

    test('rows of a payload that no seal names change nothing, not even the direction of their series', async () => {
      const seriesId = randomUUID();
      const values = drawValues(11, 40);
      const sealed = newPayload({ seriesId, values });
      const orphan = newPayload({
        seriesId,
        better: 'higher',
        unit: 'By',
        values: [1, 2, 3],
        paths: ['x', 'x', 'x'],
        quality: ['lost_events'],
        readings: [{ value: 1, atNs: null }],
        histogram: { edges: [0, 1], counts: [1] },
      });
      const expected = await readOne(await sealPayloads([sealed]));
      // Before the sealed rows and after them, in parts of its own and in many, so that no read order can hide it.
      for (const arrival of [
        [orphan, sealed],
        [sealed, orphan],
        [orphan, orphan, sealed, orphan],
      ]) {
        const runId = await sealPayloads([sealed], arrival);
        assert.deepEqual(await readOne(runId), { ...expected, runId });
      }
      const merged = await sealPayloads([sealed], [orphan, sealed]);
      await store.command('OPTIMIZE TABLE series FINAL');
      assert.deepEqual(await readOne(merged), { ...expected, runId: merged });
    });

    test('runs that are read together keep their own direction of a series', async () => {
      const seriesId = randomUUID();
      const values = drawValues(12, 40);
      const lower = await sealPayloads([newPayload({ seriesId, better: 'lower', values })]);
      const higher = await sealPayloads([newPayload({ seriesId, better: 'higher', values })]);
      for (const runIds of [
        [lower, higher],
        [higher, lower],
      ]) {
        const byRun = new Map((await readMeasurements(store, runIds)).map((measurement) => [measurement.runId, measurement]));
        for (const [runId, better] of [
          [lower, 'lower'],
          [higher, 'higher'],
        ] as const) {
          const measurement = byRun.get(runId);
          assert.ok(measurement);
          assert.equal(measurement.series.better, better);
          assertFigures(onlyRepetition(measurement), values, better);
        }
      }
    });

    test('payloads that disagree about a series are told, and the first in canonical order defines it', async () => {
      const seriesId = randomUUID();
      const higher = newPayload({ seriesId, better: 'higher', values: [2, 3] });
      const lower = newPayload({ seriesId, better: 'lower', values: [4, 5] });
      for (const arrival of [
        [higher, lower],
        [lower, higher],
      ]) {
        const measurement = await readOne(await sealPayloads([higher, lower], arrival));
        assert.equal(measurement.conflicting, true);
        assert.equal(measurement.series.better, 'higher');
        assertFigures(onlyRepetition(measurement), [2, 3, 4, 5], 'higher');
      }
    });
  });
});
