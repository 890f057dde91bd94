import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IngestRecord, RecordSeries } from '../../ingest/records.ts';
import { computeSeriesId, createRowMaker } from '../../ingest/rows.ts';
import { computeDigest } from '../../wire/canonical-json.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';

const CONTEXT = { project: 'p', suite: 's', runId: 'run', payloadId: 'payload', receivedAtMs: 1_700_000_000_000 };

const SERIES: RecordSeries = {
  region: 'r',
  metric: 'latency',
  nativeMetric: 'lat',
  unit: 'ns',
  better: 'lower',
  assume: 'sampled',
  judgedAs: 'location',
  valueKind: 'samples',
  labels: {},
  attributes: { host: 'lab' },
};

const samplesOf = (changes: Partial<RecordSeries> = {}, line = 2): IngestRecord => ({
  kind: 'samples',
  series: { ...SERIES, ...changes },
  repetition: 1,
  values: [1, 2],
  atNs: [],
  quality: [],
  line,
});

const labelsOf = (count: number, characters = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'v'.repeat(characters)]));

function problemOf(work: () => unknown): ProblemError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ProblemError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

// Computed with Python: hashlib.sha256(json.dumps([project, suite, region, metric, labels], separators=(',', ':'), ensure_ascii=False,
// sort_keys=True).encode()).hexdigest()[:32], which is RFC 8785 for these values. They may never change: baselines hold them.
const ids = [
  {
    name: 'without labels',
    place: { project: 'p', suite: 's' },
    series: { region: 'r', metric: 'latency', labels: {} },
    id: 'd557a784-ef27-7182-1001-cf1455a344de',
  },
  {
    name: 'with labels in any order',
    place: { project: 'accelerators', suite: 'offload-bench' },
    series: { region: 'offload/copy', metric: 'latency', labels: { link: '3', gpu: '0' } },
    id: '54c13594-0b9d-0177-d069-d94dd6bef006',
  },
  {
    name: 'with text beyond ASCII, a line feed and quotes',
    place: { project: 'accelerators', suite: 'offload-bench' },
    series: { region: 'kärnel\n"x"', metric: 'execution.time', labels: { path: 'a', 9: 'y', 10: 'x', é: '€' } },
    id: '4febe7f6-44f2-74b9-dada-89f63ab01e9f',
  },
];
for (const { name, place, series, id } of ids) {
  test(`the id of a series ${name} is the first half of a sha-256 over its canonical identity`, () => {
    assert.equal(computeSeriesId(place, series), id);
    const reversed = Object.fromEntries(Object.entries(series.labels).reverse());
    assert.equal(computeSeriesId(place, { ...series, labels: reversed }), id);
  });
}

test('the id changes with every part of the identity and with nothing else', () => {
  const place = { project: 'p', suite: 's' };
  const identities = [
    computeSeriesId(place, SERIES),
    computeSeriesId({ ...place, project: 'q' }, SERIES),
    computeSeriesId({ ...place, suite: 't' }, SERIES),
    computeSeriesId({ project: 's', suite: 'p' }, SERIES),
    computeSeriesId(place, { ...SERIES, region: 'q' }),
    computeSeriesId(place, { ...SERIES, metric: 'duration' }),
    computeSeriesId(place, { ...SERIES, region: 'latency', metric: 'r' }),
    computeSeriesId(place, { ...SERIES, labels: { a: 'b' } }),
    computeSeriesId(place, { ...SERIES, labels: { b: 'a' } }),
    computeSeriesId(place, { ...SERIES, labels: { a: '' } }),
  ];
  assert.equal(new Set(identities).size, identities.length);
  const same = { ...SERIES, unit: 'By', better: 'higher', attributes: {}, nativeMetric: 'other' };
  assert.equal(computeSeriesId(place, same), identities[0]);
});

const limits: readonly { readonly name: string; readonly atLimit: Partial<RecordSeries>; readonly past: Partial<RecordSeries> }[] = [
  {
    name: 'labels of a series',
    atLimit: { labels: labelsOf(LIMITS.labelsPerSeries) },
    past: { labels: labelsOf(LIMITS.labelsPerSeries + 1) },
  },
  {
    name: 'characters of a label',
    atLimit: { labels: labelsOf(1, LIMITS.labelCharacters) },
    past: { labels: labelsOf(1, LIMITS.labelCharacters + 1) },
  },
  {
    name: 'characters of a region',
    atLimit: { region: 'r'.repeat(LIMITS.regionCharacters) },
    past: { region: 'r'.repeat(LIMITS.regionCharacters + 1) },
  },
  {
    name: 'characters of a metric',
    atLimit: { metric: 'm'.repeat(LIMITS.metricCharacters) },
    past: { metric: 'm'.repeat(LIMITS.metricCharacters + 1) },
  },
];
for (const { name, atLimit, past } of limits) {
  test(`takes the most ${name} there may be, and refuses one more`, () => {
    const rows = createRowMaker(CONTEXT).toRows([samplesOf(atLimit)]);
    assert.equal(rows.series.length, 1);
    assert.equal(rows.samples.length, 1);
    const problem = problemOf(() => createRowMaker(CONTEXT).toRows([samplesOf(past)]));
    assert.equal(problem.type, 'limit-exceeded');
    assert.ok(problem.errors.length > 0);
    assert.ok((problem.errors[0]?.pointer.length ?? 0) <= 80, 'the answer does not repeat what is too long');
  });
}

test(`takes ${LIMITS.seriesPerPayload} series in one payload, and refuses one more`, () => {
  const rowMaker = createRowMaker(CONTEXT);
  const regions = Array.from({ length: LIMITS.seriesPerPayload }, (_, index) => samplesOf({ region: `r${index}` }));
  for (let start = 0; start < regions.length; start += 7_000) rowMaker.toRows(regions.slice(start, start + 7_000));
  rowMaker.toRows([samplesOf({ region: 'r0' })]);
  assert.equal(rowMaker.counts().series, LIMITS.seriesPerPayload);
  assert.equal(problemOf(() => rowMaker.toRows([samplesOf({ region: 'one more' })])).type, 'limit-exceeded');
});

for (const [member, changes] of Object.entries({
  unit: { unit: 'By' },
  better: { better: 'higher' },
  assume: { assume: 'exact' },
  judgedAs: { judgedAs: 'total' },
  valueKind: { valueKind: 'total' },
} satisfies Record<string, Partial<RecordSeries>>)) {
  test(`refuses a payload that defines one series twice, differently in ${member}, and names the line`, () => {
    const rowMaker = createRowMaker(CONTEXT);
    rowMaker.toRows([samplesOf({}, 2)]);
    const problem = problemOf(() => rowMaker.toRows([samplesOf(changes, 7)]));
    assert.equal(problem.type, 'invalid-payload');
    assert.equal(problem.errors[0]?.pointer, 'line 7');
  });
}

test('a series that is defined twice alike becomes one row, also when attributes differ', () => {
  const rowMaker = createRowMaker(CONTEXT);
  const first = rowMaker.toRows([samplesOf({}, 2), samplesOf({}, 3)]);
  const second = rowMaker.toRows([samplesOf({ attributes: { host: 'other' } }, 4)]);
  assert.equal(first.series.length, 1);
  assert.equal(second.series.length, 0);
  assert.deepEqual(
    [...first.samples, ...second.samples].map((row) => row.series_id),
    [1, 2, 3].map(() => first.series[0]?.series_id),
  );
  assert.equal(rowMaker.counts().series, 1);
});

test('every kind of record becomes its row, with its own ordinal, repetition and line, and is counted', () => {
  const rowMaker = createRowMaker(CONTEXT);
  const place = { repetition: 3, quality: ['multiplexed'] as const, series: SERIES };
  const rows = rowMaker.toRows([
    { ...place, kind: 'samples', values: [1, 2, 3], atNs: [5n, 6n, 7n], paths: ['a', 'b', 'a'], inputs: ['x', 'x', 'y'], line: 2 },
    { ...place, kind: 'reading', reading: 'cumulative', value: null, atNs: 9n, exposureS: 1.5, probability: null, tool: null, line: 3 },
    {
      ...place,
      kind: 'histogram',
      scheme: 'log2',
      edges: [0, 1, Number.POSITIVE_INFINITY],
      counts: [4, 5],
      sum: null,
      atNs: null,
      line: 4,
    },
    { ...place, kind: 'summary', count: 9, sum: 10, mean: null, minimum: 1, maximum: 2, line: 5 },
    { kind: 'event', repetition: 3, code: 'kernel.oops', atNs: 11n, message: 'Oops', labels: { cpu: '1' }, line: 6 },
    { ...place, kind: 'readings', reading: 'delta', values: [1, 2], atNs: [3n, 4n], exposureS: [0.5, 1], line: 7 },
  ]);
  const seriesId = computeSeriesId(CONTEXT, SERIES);
  const common = { run_id: 'run', payload_id: 'payload', repetition: 3, received_at: CONTEXT.receivedAtMs };
  const valued = { ...common, series_id: seriesId, quality: ['multiplexed'] };
  assert.deepEqual(rows.samples, [
    { ...valued, ordinal: 1, line: 2, sample_values: [1, 2, 3], at_ns: [5n, 6n, 7n], paths: ['a', 'b', 'a'], inputs: ['x', 'x', 'y'] },
  ]);
  assert.deepEqual(rows.readings, [
    { ...valued, ordinal: 2, line: 3, reading_kind: 'cumulative', reading: null, at_ns: 9n, exposure_s: 1.5, probability: null, tool: '' },
  ]);
  assert.deepEqual(rows.reading_stretches, [
    { ...valued, ordinal: 6, line: 7, reading_kind: 'delta', readings: [1, 2], at_ns: [3n, 4n], exposure_s: [0.5, 1] },
  ]);
  assert.deepEqual(rows.histograms, [
    {
      ...valued,
      ordinal: 3,
      line: 4,
      scheme: 'log2',
      edges: [0, 1, Number.POSITIVE_INFINITY],
      counts: [4, 5],
      total: null,
      at_ns: null,
      is_standing: false,
      since_ns: null,
    },
  ]);
  assert.deepEqual(rows.summaries, [{ ...valued, ordinal: 4, line: 5, sample_count: 9, total: 10, mean: null, minimum: 1, maximum: 2 }]);
  assert.deepEqual(rows.events, [
    { ...common, ordinal: 5, line: 6, code: 'kernel.oops', at_ns: 11n, message: 'Oops', labels: { cpu: '1' } },
  ]);
  assert.deepEqual(rowMaker.counts(), { records: 6, samples: 3, readings: 3, histograms: 1, summaries: 1, events: 1, spans: 0, series: 1 });
});

test('a stretch whose times or exposures are not as many as its readings is a broken promise of the parser', () => {
  const stretch = { kind: 'readings', series: SERIES, repetition: 1, reading: 'delta', quality: [], line: 1 } as const;
  for (const lists of [
    { values: [1, 2], atNs: [3n], exposureS: [] },
    { values: [1, 2], atNs: [3n, 4n], exposureS: [1] },
  ]) {
    assert.throws(() => createRowMaker(CONTEXT).toRows([{ ...stretch, ...lists }]), RangeError);
  }
});

test('ordinals go on from batch to batch, so that order survives streaming', () => {
  const rowMaker = createRowMaker(CONTEXT);
  const batches = [[samplesOf()], [samplesOf(), samplesOf()], [], [samplesOf()]].map((records) => rowMaker.toRows(records));
  assert.deepEqual(
    batches.flatMap((rows) => rows.samples.map((row) => row.ordinal)),
    [1, 2, 3, 4],
  );
});

test('the id of a series is the digest of the canonical JSON of its identity, whatever the labels are called', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(
      fc.dictionary(fc.oneof(text, fc.constantFrom('2', '10', '__proto__', '"')), text),
      text,
      text,
      text,
      (labels, suite, region, metric) => {
        const hex = computeDigest(['p', suite, region, metric, labels]).slice('sha256:'.length);
        assert.equal(computeSeriesId({ project: 'p', suite }, { region, metric, labels }).replaceAll('-', ''), hex.slice(0, 32));
      },
    ),
  );
});

test('a series that acknowledged payloads brought has no row again, unless it is defined differently', () => {
  const first = createRowMaker(CONTEXT);
  assert.equal(first.toRows([samplesOf()]).series.length, 1);
  const again = createRowMaker(CONTEXT, first.definitions());
  assert.deepEqual([again.toRows([samplesOf()]).series.length, again.counts().series, again.counts().samples], [0, 0, 2]);
  const other = createRowMaker(CONTEXT, first.definitions());
  assert.equal(other.toRows([samplesOf({ unit: 'By' })]).series.length, 1, 'so that the store can tell that they disagree');
});
