import type { Store } from './client.ts';
import { hasSpans, selectLinkedRequests } from './linked-requests.ts';

/** One series of a run as it landed, for the `series` list; counts cover acknowledged payloads only. */
export type LandedSeries = {
  readonly seriesId: string;
  readonly kind: string;
  readonly region: string;
  readonly metric: string;
  readonly nativeMetric: string;
  readonly unit: string;
  readonly better: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly valueKind: string;
  readonly repetitions: number;
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly quality: readonly string[];
};

type LandedRow = {
  series_id: string;
  kind: string;
  region: string;
  metric: string;
  native_metric: string;
  unit: string;
  better: string;
  labels: Record<string, string>;
  value_kind: string;
  repetitions: string;
  count: string;
  min: number | null;
  max: number | null;
  sum: number | null;
  p50: number | null;
  p99: number | null;
  quality: string[];
};

/**
 * Payloads of the run that count: those that have a receipt, of two with equal content the first, and once the run is sealed only those in its
 * seal. A receipt that came after the seal was answered 409, so what is shown must not have it either.
 */
const COUNTED = `(SELECT count() FROM seals WHERE run_id = {runId:UUID}) = 0 OR payload_id IN (
  SELECT arrayJoin(payload_ids) FROM (SELECT payload_ids FROM seals WHERE run_id = {runId:UUID} ORDER BY sealed_at, seal_id LIMIT 1))`;

const RECEIPTED = `SELECT payload_id, any(kind) AS kind, any(position) AS position FROM (
  SELECT payload_id, kind, rowNumberInAllBlocks() AS position FROM (SELECT payload_id, kind FROM receipts WHERE run_id = {runId:UUID}
  AND (${COUNTED}) ORDER BY receipt_id, received_at, payload_id LIMIT 1 BY receipt_id)) GROUP BY payload_id`;

/** Every stored number of the run as (series, repetition, one value, its flags); histograms and summaries count through their counts. */
const VALUES = `SELECT series_id, repetition, payload_id, sample_values AS numbers, length(sample_values) AS n, quality FROM samples WHERE run_id = {runId:UUID}
  UNION ALL SELECT series_id, repetition, payload_id, if(reading IS NULL, [], [assumeNotNull(reading)]), 1, quality FROM readings WHERE run_id = {runId:UUID}
  UNION ALL SELECT series_id, repetition, payload_id, readings, length(readings), quality FROM reading_stretches WHERE run_id = {runId:UUID}
  UNION ALL SELECT series_id, repetition, payload_id, [], arraySum(counts), quality FROM histograms WHERE run_id = {runId:UUID} AND NOT is_standing
  UNION ALL SELECT series_id, repetition, payload_id, [], sample_count, quality FROM summaries WHERE run_id = {runId:UUID}`;

/** Cumulative histograms count by what they grew from one origin. */
const GROWN = `SELECT series_id, repetition, [] AS numbers, toUInt64(max(reached) - min(reached)) AS n, groupUniqArrayArray(quality) AS quality FROM (
  SELECT x.series_id AS series_id, repetition, since_ns, arraySum(counts) AS reached, quality
  FROM histograms AS x INNER JOIN (${RECEIPTED}) AS p ON p.payload_id = x.payload_id WHERE run_id = {runId:UUID} AND is_standing
) GROUP BY series_id, repetition, since_ns`;

/** One value a request and side, of spans linked by trace. */
const LINKED = selectLinkedRequests(`run_id = {runId:UUID} AND payload_id IN (SELECT payload_id FROM (${RECEIPTED}))`);

const selectLanded = (
  linked: string,
) => `SELECT d.series_id AS series_id, d.kind AS kind, d.region AS region, d.metric AS metric, d.native_metric AS native_metric,
  d.unit AS unit, d.better AS better, d.labels AS labels, d.value_kind AS value_kind, v.repetitions AS repetitions, v.n AS count,
  v.low AS min, v.high AS max, v.total AS sum, v.q50 AS p50, v.q99 AS p99, v.flags AS quality
FROM (
  SELECT series_id, argMin(p.kind, p.position) AS kind, argMin(region, p.position) AS region, argMin(metric, p.position) AS metric,
    argMin(native_metric, p.position) AS native_metric, argMin(unit, p.position) AS unit, argMin(better, p.position) AS better,
    argMin(labels, p.position) AS labels, argMin(value_kind, p.position) AS value_kind
  FROM series AS s INNER JOIN (${RECEIPTED}) AS p ON p.payload_id = s.payload_id WHERE s.run_id = {runId:UUID} GROUP BY series_id
) AS d
LEFT JOIN (
  SELECT series_id, uniqExact(repetition) AS repetitions, sum(n) AS n, if(empty(groupArrayArray(numbers) AS all), NULL, arrayMin(all)) AS low,
    if(empty(all), NULL, arrayMax(all)) AS high, if(empty(all), NULL, arraySum(all)) AS total,
    if(empty(all), NULL, quantileExactInclusiveArray(0.5)(numbers)) AS q50, if(empty(all), NULL, quantileExactInclusiveArray(0.99)(numbers)) AS q99,
    arraySort(groupUniqArrayArray(quality)) AS flags
  FROM (
    SELECT x.series_id AS series_id, repetition, numbers, n, quality FROM (${VALUES}) AS x INNER JOIN (${RECEIPTED}) AS p ON p.payload_id = x.payload_id
    UNION ALL ${GROWN}
    ${linked}
  ) GROUP BY series_id
) AS v ON v.series_id = d.series_id
WHERE ({region:String} = '' OR d.region = {region:String}) AND ({metric:String} = '' OR d.metric = {metric:String})
  AND toString(d.series_id) > {after:String}
ORDER BY series_id LIMIT {limit:UInt32}`;

const SELECT_LANDED = selectLanded('');
const SELECT_LANDED_WITH_REQUESTS = selectLanded(`UNION ALL SELECT series_id, repetition, [time_ns], 1, [] FROM (${LINKED})`);

const toLandedSeries = (row: LandedRow): LandedSeries => ({
  seriesId: row.series_id,
  kind: row.kind,
  region: row.region,
  metric: row.metric,
  nativeMetric: row.native_metric,
  unit: row.unit,
  better: row.better,
  labels: row.labels,
  valueKind: row.value_kind,
  repetitions: Number(row.repetitions),
  count: Number(row.count),
  min: row.min,
  max: row.max,
  sum: row.sum,
  p50: row.p50,
  p99: row.p99,
  quality: row.quality,
});

export type SeriesFilter = { readonly region: string; readonly metric: string; readonly after: string; readonly limit: number };

/** Series of a run by id. Empty `region` or `metric` means any; `after` is the last series id of the page before. */
export async function readLandedSeries(store: Store, runId: string, filter: SeriesFilter): Promise<readonly LandedSeries[]> {
  const select = (await hasSpans(store, [runId])) ? SELECT_LANDED_WITH_REQUESTS : SELECT_LANDED;
  const rows = await store.query<LandedRow>(select, { runId, ...filter });
  return rows.map(toLandedSeries);
}

/** Columns repetition, position, ordinal, i, at_ns, value, path, input, quality; the middle ones only order. */
const selectValues = (linked: string) => `SELECT repetition, at_ns, value, path, input, quality FROM (
  SELECT x.repetition AS repetition, p.position AS position, ordinal, i, if(empty(at_ns), NULL, at_ns[i]) AS at_ns, sample_values[i] AS value,
    if(empty(paths), '', paths[i]) AS path, if(empty(inputs), '', inputs[i]) AS input,
    arrayStringConcat(quality, ' ') AS quality
  FROM samples AS x INNER JOIN (${RECEIPTED}) AS p ON p.payload_id = x.payload_id ARRAY JOIN arrayEnumerate(sample_values) AS i
  WHERE run_id = {runId:UUID} AND series_id = {seriesId:UUID}
  UNION ALL
  SELECT x.repetition, p.position, ordinal, 1, at_ns, reading, '', '', arrayStringConcat(quality, ' ')
  FROM readings AS x INNER JOIN (${RECEIPTED}) AS p ON p.payload_id = x.payload_id WHERE run_id = {runId:UUID} AND series_id = {seriesId:UUID}
  UNION ALL
  SELECT x.repetition, p.position, ordinal, i, at_ns[i], readings[i], '', '', arrayStringConcat(quality, ' ')
  FROM reading_stretches AS x INNER JOIN (${RECEIPTED}) AS p ON p.payload_id = x.payload_id ARRAY JOIN arrayEnumerate(readings) AS i
  WHERE run_id = {runId:UUID} AND series_id = {seriesId:UUID}
  ${linked}
) ORDER BY repetition, position, ordinal, i, at_ns, value FORMAT CSVWithNames`;

const SELECT_VALUES = selectValues('');
const SELECT_VALUES_WITH_REQUESTS = selectValues(
  `UNION ALL SELECT repetition, 0, 0, 0, start_ns, time_ns, '', '', '' FROM (${LINKED}) WHERE series_id = {seriesId:UUID}`,
);

/** The values of a series as CSV with a header, in canonical order: repetition, payload, place in the payload. */
export async function readSeriesValues(store: Store, runId: string, seriesId: string): Promise<NodeJS.ReadableStream> {
  const select = (await hasSpans(store, [runId])) ? SELECT_VALUES_WITH_REQUESTS : SELECT_VALUES;
  return await store.queryText(select, { runId, seriesId });
}
