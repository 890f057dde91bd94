import type { Reading, RepetitionStatistic, SampleRepetition, SeriesMeasurement } from '../wire/measurements.ts';
import { REPETITION_STATISTICS } from '../wire/measurements.ts';
import type { ReadingKind } from '../wire/payload.ts';
import type { Quality } from '../wire/quality.ts';
import type { SeriesDefinition } from '../wire/verdict.ts';
import type { Store } from './client.ts';
import { hasSpans, isLinkedMetric, selectLinkedRequests } from './linked-requests.ts';
import { mergeHistograms, type StoredHistogram } from './merge-histograms.ts';
import { selectRepetitionStatistics } from './repetition-statistics.ts';

/**
 * Payloads that count, with their canonical position: those the seal names, in its order. The order does not depend on when payloads arrived.
 */
const SEALED = `SELECT run_id, payload_id, toUInt32(position) AS position FROM (
  SELECT run_id, argMin(payload_ids, (sealed_at, seal_id)) AS ids FROM seals WHERE run_id IN {runIds:Array(UUID)} GROUP BY run_id
) ARRAY JOIN ids AS payload_id, arrayEnumerate(ids) AS position`;

const WHERE_RUNS = 'WHERE run_id IN {runIds:Array(UUID)}';

type SeriesRow = {
  run_id: string;
  series_id: string;
  region: string;
  metric: string;
  native_metric: string;
  unit: string;
  better: SeriesDefinition['better'];
  assume: SeriesDefinition['assume'];
  judged_as: SeriesDefinition['judgedAs'];
  value_kind: SeriesDefinition['valueKind'];
  labels: Record<string, string>;
  definitions: string;
};

const SELECT_SERIES = `SELECT t.run_id AS run_id, t.series_id AS series_id, argMin(t.region, t.p) AS region,
  argMin(t.metric, t.p) AS metric,
  argMin(t.native_metric, t.p) AS native_metric,
  argMin(t.unit, t.p) AS unit,
  argMin(t.better, t.p) AS better,
  argMin(t.assume, t.p) AS assume,
  argMin(t.judged_as, t.p) AS judged_as,
  argMin(t.value_kind, t.p) AS value_kind,
  argMin(t.labels, t.p) AS labels,
  uniqExact((t.unit, t.better, t.assume, t.judged_as, t.value_kind)) AS definitions
FROM (SELECT s.*, a.position AS p FROM series AS s INNER JOIN (${SEALED}) AS a ON a.run_id = s.run_id AND a.payload_id = s.payload_id
  ${WHERE_RUNS.replace('run_id', 's.run_id')}) AS t
GROUP BY t.run_id, t.series_id`;

/** Which direction is better, by run and series: as the first payload that counts says, never one that does not. */
const DIRECTIONS = `SELECT s.run_id AS run_id, s.series_id AS series_id, argMin(s.better, a.position) AS better
FROM series AS s INNER JOIN (${SEALED}) AS a ON a.run_id = s.run_id AND a.payload_id = s.payload_id
${WHERE_RUNS.replace('run_id', 's.run_id')} GROUP BY run_id, series_id`;

const LINKED_REQUESTS = selectLinkedRequests(
  `run_id IN {runIds:Array(UUID)} AND (run_id, payload_id) IN (SELECT run_id, payload_id FROM (${SEALED}))`,
);

const REPETITIONS = `SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition,
  arrayFlatten(arrayMap(c -> c.3, arraySort(c -> (c.1, c.2), groupArray((a.position, x.ordinal, x.sample_values))))) AS v,
  if(any(b.better) = 'higher', -1, 1) AS sign
FROM samples AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
LEFT ANY JOIN (${DIRECTIONS}) AS b ON b.run_id = x.run_id AND b.series_id = x.series_id
${WHERE_RUNS.replace('run_id', 'x.run_id')}
GROUP BY run_id, series_id, repetition`;

const LINKED_REPETITIONS = `SELECT l.run_id AS run_id, l.series_id AS series_id, l.repetition AS repetition,
  arrayMap(t -> t.2, arraySort(groupArray((l.start_ns, l.time_ns)))) AS v, if(any(b.better) = 'higher', -1, 1) AS sign
FROM (${LINKED_REQUESTS}) AS l LEFT ANY JOIN (${DIRECTIONS}) AS b ON b.run_id = l.run_id AND b.series_id = l.series_id
GROUP BY run_id, series_id, repetition`;

/**
 * Short-circuit evaluation would copy the samples for every branch of every statistic, which takes three times as long and many times the
 * memory; no branch fails where it is not wanted, it only yields NaN.
 */
const selectSamples = (repetitions: string) => `${selectRepetitionStatistics(repetitions)} ORDER BY run_id, series_id, repetition
SETTINGS short_circuit_function_evaluation = 'disable'`;
const SELECT_SAMPLES = selectSamples(REPETITIONS);
const SELECT_LINKED_SAMPLES = selectSamples(LINKED_REPETITIONS);

async function readLinkedSamples(store: Store, runIds: readonly string[]): Promise<readonly SampleRow[]> {
  return (await hasSpans(store, runIds)) ? await store.query<SampleRow>(SELECT_LINKED_SAMPLES, { runIds }) : [];
}

/** Flags and paths of repetitions that have any. */
const SELECT_SAMPLE_MARKS = `SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition,
  arraySort(groupUniqArrayArray(x.quality)) AS flags, arraySort(groupUniqArrayArray(x.paths)) AS paths
FROM samples AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
${WHERE_RUNS.replace('run_id', 'x.run_id')} AND (notEmpty(x.quality) OR notEmpty(x.paths)) GROUP BY run_id, series_id, repetition`;

const SELECT_READINGS = `SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition, x.reading_kind AS reading_kind, x.reading AS reading,
  x.at_ns AS at_ns, x.exposure_s AS exposure_s, x.probability AS probability, x.tool AS tool, x.quality AS quality
FROM readings AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
${WHERE_RUNS.replace('run_id', 'x.run_id')}
ORDER BY run_id, series_id, repetition, at_ns IS NULL, at_ns, a.position, x.ordinal`;

const SELECT_HISTOGRAMS = `SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition, x.scheme AS scheme,
  arrayMap(e -> toString(e), x.edges) AS edges, x.counts AS counts, toString(x.at_ns) AS at_ns, x.is_standing AS is_standing,
  toString(x.since_ns) AS since_ns, x.quality AS quality
FROM histograms AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
${WHERE_RUNS.replace('run_id', 'x.run_id')} ORDER BY run_id, series_id, repetition, a.position, x.ordinal`;

type StatisticColumns = { [Name in `ln_${RepetitionStatistic}_all` | `v_${RepetitionStatistic}`]: number | null };
type Place = { run_id: string; series_id: string; repetition: number };
type SampleRow = StatisticColumns & Place & { sample_count: string; not_positive_count: string; minimum: number; maximum: number };
type MarksRow = Place & { flags: Quality[]; paths: string[] };
type ReadingRow = Place & {
  reading_kind: ReadingKind;
  reading: number | null;
  at_ns: string | null;
  exposure_s: number | null;
  probability: number | null;
  tool: string;
  quality: Quality[];
};
type HistogramRow = Place & StoredHistogram;

const NO_STATISTICS: Readonly<Record<RepetitionStatistic, number | null>> = {
  centre: null,
  p50: null,
  p90: null,
  p99: null,
  p99Smoothed: null,
  p999: null,
  p999Smoothed: null,
  maximum: null,
};

function toSampleRepetition(row: SampleRow, marks: MarksRow | undefined): SampleRepetition {
  const statistics = { ...NO_STATISTICS };
  const batchVariances = { ...NO_STATISTICS };
  for (const statistic of REPETITION_STATISTICS) {
    statistics[statistic] = row[`ln_${statistic}_all`];
    batchVariances[statistic] = row[`v_${statistic}`];
  }
  return {
    repetition: row.repetition,
    sampleCount: Number(row.sample_count),
    notPositiveCount: Number(row.not_positive_count),
    minimum: row.minimum,
    maximum: row.maximum,
    statistics,
    batchVariances,
    paths: marks?.paths ?? [],
    quality: marks?.flags ?? [],
  };
}

const toReading = (row: ReadingRow): Reading => ({
  repetition: row.repetition,
  kind: row.reading_kind,
  value: row.reading,
  atNs: row.at_ns,
  exposureS: row.exposure_s,
  probability: row.probability,
  tool: row.tool === '' ? null : row.tool,
  quality: row.quality,
});

function groupBy<Item>(rows: readonly Item[], key: (row: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const row of rows) {
    const name = key(row);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return groups;
}

const seriesKey = (row: { run_id: string; series_id: string }) => `${row.run_id}/${row.series_id}`;
const repetitionKey = (row: Place) => `${seriesKey(row)}/${row.repetition}`;

/**
 * What sealed runs measured, aggregated in ClickHouse: one entry per run and series. Runs that are not sealed have none.
 * @param runIds the candidate, or a baseline's members
 */
export async function readMeasurements(store: Store, runIds: readonly string[]): Promise<readonly SeriesMeasurement[]> {
  if (runIds.length === 0) return [];
  const [series, samples, linked, marks, readings, histograms] = await Promise.all([
    store.query<SeriesRow>(SELECT_SERIES, { runIds }),
    store.query<SampleRow>(SELECT_SAMPLES, { runIds }),
    readLinkedSamples(store, runIds),
    store.query<MarksRow>(SELECT_SAMPLE_MARKS, { runIds }),
    store.query<ReadingRow>(SELECT_READINGS, { runIds }),
    store.query<HistogramRow>(SELECT_HISTOGRAMS, { runIds }),
  ]);
  const samplesBySeries = groupBy([...samples, ...linked], seriesKey);
  const marksByRepetition = new Map(marks.map((row) => [repetitionKey(row), row]));
  const readingsBySeries = groupBy(readings, seriesKey);
  const histogramsBySeries = groupBy(histograms, seriesKey);
  const measured = series.filter((row) => !isLinkedMetric(row.metric) || samplesBySeries.has(seriesKey(row)));
  return measured.map((row) => ({
    runId: row.run_id,
    series: {
      seriesId: row.series_id,
      region: row.region,
      metric: row.metric,
      nativeMetric: row.native_metric,
      unit: row.unit,
      better: row.better,
      assume: row.assume,
      judgedAs: row.judged_as,
      labels: row.labels,
      valueKind: row.value_kind,
    },
    conflicting: Number(row.definitions) > 1,
    samples: (samplesBySeries.get(seriesKey(row)) ?? []).map((sample) =>
      toSampleRepetition(sample, marksByRepetition.get(repetitionKey(sample))),
    ),
    readings: (readingsBySeries.get(seriesKey(row)) ?? []).map(toReading),
    histograms: [...groupBy(histogramsBySeries.get(seriesKey(row)) ?? [], repetitionKey).values()].flatMap(
      (group) => mergeHistograms(group) ?? [],
    ),
  }));
}
