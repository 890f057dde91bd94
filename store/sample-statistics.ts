import { REPETITION_STATISTICS, type RepetitionStatistic, type SampleRepetition } from '../wire/measurements.ts';
import type { Quality } from '../wire/quality.ts';
import type { Store } from './client.ts';
import { hasSpans, selectLinkedRequests } from './linked-requests.ts';
import { selectRepetitionStatistics } from './repetition-statistics.ts';
import { DIRECTIONS, SEALED, whereRuns } from './sealed.ts';

/**
 * Goes up whenever the statements below, or those they are made of, would give other numbers; a test holds their text against it. Statistics
 * kept under an older version are computed anew.
 */
export const STATISTICS_VERSION = 1;

const REPETITIONS = `SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition,
  arrayFlatten(arrayMap(c -> c.3, arraySort(c -> (c.1, c.2), groupArray((a.position, x.ordinal, x.sample_values))))) AS v,
  if(any(b.better) = 'higher', -1, 1) AS sign
FROM samples AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
LEFT ANY JOIN (${DIRECTIONS}) AS b ON b.run_id = x.run_id AND b.series_id = x.series_id
${whereRuns('x')}
GROUP BY run_id, series_id, repetition`;

const LINKED_REQUESTS = selectLinkedRequests(
  `run_id IN {runIds:Array(UUID)} AND (run_id, payload_id) IN (SELECT run_id, payload_id FROM (${SEALED}))`,
);

const LINKED_REPETITIONS = `SELECT l.run_id AS run_id, l.series_id AS series_id, l.repetition AS repetition,
  arrayMap(t -> t.2, arraySort(groupArray((l.start_ns, l.time_ns)))) AS v, if(any(b.better) = 'higher', -1, 1) AS sign
FROM (${LINKED_REQUESTS}) AS l LEFT ANY JOIN (${DIRECTIONS}) AS b ON b.run_id = l.run_id AND b.series_id = l.series_id
GROUP BY run_id, series_id, repetition`;

/** Flags and paths of repetitions that have any. */
const MARKS = `SELECT x.run_id AS run_id, x.series_id AS series_id, x.repetition AS repetition,
  arraySort(groupUniqArrayArray(x.quality)) AS flags, arraySort(groupUniqArrayArray(x.paths)) AS paths
FROM samples AS x INNER JOIN (${SEALED}) AS a ON a.run_id = x.run_id AND a.payload_id = x.payload_id
${whereRuns('x')} AND (notEmpty(x.quality) OR notEmpty(x.paths)) GROUP BY run_id, series_id, repetition`;

const inOrder = (column: (statistic: RepetitionStatistic) => string) => `[${REPETITION_STATISTICS.map(column).join(', ')}]`;

/**
 * Short-circuit evaluation would copy the samples for every branch of every statistic, which takes three times as long and many times the
 * memory; no branch fails where it is not wanted, it only yields NaN.
 */
const insertStatistics = (repetitions: string) => `INSERT INTO repetition_statistics
SELECT s.run_id, ${STATISTICS_VERSION}, s.series_id, s.repetition, count() OVER (PARTITION BY s.run_id), s.sample_count, s.not_positive_count,
  s.minimum, s.maximum, ${inOrder((statistic) => `s.ln_${statistic}_all`)}, ${inOrder((statistic) => `s.v_${statistic}`)}, m.flags, m.paths
FROM (${selectRepetitionStatistics(repetitions)}) AS s
LEFT ANY JOIN (${MARKS}) AS m ON m.run_id = s.run_id AND m.series_id = s.series_id AND m.repetition = s.repetition
SETTINGS short_circuit_function_evaluation = 'disable'`;

/** Most runs have no spans, and analysing the statement that links them takes long. */
export const INSERT_STATISTICS = insertStatistics(REPETITIONS);
export const INSERT_STATISTICS_WITH_REQUESTS = insertStatistics(`${REPETITIONS} UNION ALL ${LINKED_REPETITIONS}`);

const SELECT_KEPT_RUNS = `SELECT run_id FROM repetition_statistics WHERE run_id IN {runIds:Array(UUID)} AND statistics_version = ${STATISTICS_VERSION}
GROUP BY run_id HAVING uniqExact(series_id, repetition) = any(row_count)`;

/** Two services may have computed the same run: their rows are equal. */
const SELECT_STATISTICS = `SELECT run_id, series_id, repetition, sample_count, not_positive_count, minimum, maximum, logs, batch_variances, quality, paths
FROM repetition_statistics WHERE run_id IN {runIds:Array(UUID)} AND statistics_version = ${STATISTICS_VERSION}
ORDER BY run_id, series_id, repetition LIMIT 1 BY run_id, series_id, repetition`;

type StatisticsRow = {
  run_id: string;
  series_id: string;
  repetition: number;
  sample_count: string;
  not_positive_count: string;
  minimum: number;
  maximum: number;
  logs: (number | null)[];
  batch_variances: (number | null)[];
  quality: Quality[];
  paths: string[];
};

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

function toSampleRepetition(row: StatisticsRow): SampleRepetition {
  const statistics = { ...NO_STATISTICS };
  const batchVariances = { ...NO_STATISTICS };
  for (const [index, statistic] of REPETITION_STATISTICS.entries()) {
    statistics[statistic] = row.logs[index] ?? null;
    batchVariances[statistic] = row.batch_variances[index] ?? null;
  }
  return {
    repetition: row.repetition,
    sampleCount: Number(row.sample_count),
    notPositiveCount: Number(row.not_positive_count),
    minimum: row.minimum,
    maximum: row.maximum,
    statistics,
    batchVariances,
    paths: row.paths,
    quality: row.quality,
  };
}

/** Computes what is not kept yet. Runs that are not sealed have nothing to keep, runs without samples are looked at again. */
export async function keepStatistics(store: Store, runIds: readonly string[]): Promise<void> {
  const kept = new Set((await store.query<{ run_id: string }>(SELECT_KEPT_RUNS, { runIds })).map((row) => row.run_id));
  const missing = runIds.filter((runId) => !kept.has(runId));
  if (missing.length === 0) return;
  const insert = (await hasSpans(store, missing)) ? INSERT_STATISTICS_WITH_REQUESTS : INSERT_STATISTICS;
  await store.command(insert, { runIds: missing });
}

export type RunRepetition = { readonly runId: string; readonly seriesId: string; readonly repetition: SampleRepetition };

/** Statistics of the repetitions of sealed runs, computed in ClickHouse the first time a run is asked for. */
export async function readSampleStatistics(store: Store, runIds: readonly string[]): Promise<readonly RunRepetition[]> {
  await keepStatistics(store, runIds);
  const rows = await store.query<StatisticsRow>(SELECT_STATISTICS, { runIds });
  return rows.map((row) => ({ runId: row.run_id, seriesId: row.series_id, repetition: toSampleRepetition(row) }));
}
