import type { Reading, SeriesMeasurement } from '../wire/measurements.ts';
import type { ReadingKind } from '../wire/payload.ts';
import type { Quality } from '../wire/quality.ts';
import type { SeriesDefinition } from '../wire/verdict.ts';
import type { Store } from './client.ts';
import { isLinkedMetric } from './linked-requests.ts';
import { mergeHistograms, type StoredHistogram } from './merge-histograms.ts';
import { readSampleStatistics } from './sample-statistics.ts';
import { SEALED, whereRuns } from './sealed.ts';

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
  ${whereRuns('s')}) AS t
GROUP BY t.run_id, t.series_id`;

/** Readings of their own rows and those of stretches; position, ordinal and i only order. */
const SELECT_READINGS = `SELECT run_id, series_id, repetition, reading_kind, reading, at_ns, exposure_s, probability, tool, quality FROM (
  SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition, x.reading_kind AS reading_kind, x.reading AS reading,
    x.at_ns AS at_ns, x.exposure_s AS exposure_s, x.probability AS probability, x.tool AS tool, x.quality AS quality,
    a.position AS position, x.ordinal AS ordinal, toUInt32(1) AS i
  FROM readings AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
  ${whereRuns('x')}
  UNION ALL
  SELECT x.run_id, x.series_id, x.repetition, x.reading_kind, x.readings[i], x.at_ns[i], if(empty(x.exposure_s), NULL, x.exposure_s[i]), NULL, '',
    x.quality, a.position, x.ordinal, i
  FROM reading_stretches AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
  ARRAY JOIN arrayEnumerate(x.readings) AS i
  ${whereRuns('x')}
) ORDER BY run_id, series_id, repetition, at_ns IS NULL, at_ns, position, ordinal, i`;

const SELECT_HISTOGRAMS = `SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition, x.scheme AS scheme,
  arrayMap(e -> toString(e), x.edges) AS edges, x.counts AS counts, toString(x.at_ns) AS at_ns, x.is_standing AS is_standing,
  toString(x.since_ns) AS since_ns, x.quality AS quality
FROM histograms AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
${whereRuns('x')} ORDER BY run_id, series_id, repetition, a.position, x.ordinal`;

type Place = { run_id: string; series_id: string; repetition: number };
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
  const [series, samples, readings, histograms] = await Promise.all([
    store.query<SeriesRow>(SELECT_SERIES, { runIds }),
    readSampleStatistics(store, runIds),
    store.query<ReadingRow>(SELECT_READINGS, { runIds }),
    store.query<HistogramRow>(SELECT_HISTOGRAMS, { runIds }),
  ]);
  const samplesBySeries = groupBy(samples, ({ runId, seriesId }) => `${runId}/${seriesId}`);
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
    samples: (samplesBySeries.get(seriesKey(row)) ?? []).map(({ repetition }) => repetition),
    readings: (readingsBySeries.get(seriesKey(row)) ?? []).map(toReading),
    histograms: [...groupBy(histogramsBySeries.get(seriesKey(row)) ?? [], repetitionKey).values()].flatMap(
      (group) => mergeHistograms(group) ?? [],
    ),
  }));
}
