import { REPETITION_STATISTICS } from '../wire/measurements.ts';
import type { Better } from '../wire/metrics.ts';
import type { Store } from './client.ts';
import { keepStatistics, STATISTICS_VERSION } from './sample-statistics.ts';

/** The centre of one series in one run: the geometric mean of its repetitions' centres, in the series' unit; null when a repetition has none. */
export type RunCentre = {
  readonly runId: string;
  readonly seriesId: string;
  readonly region: string;
  readonly metric: string;
  readonly better: Better;
  readonly value: number | null;
};

type CentreRow = { run_id: string; series_id: string; region: string; metric: string; better: Better; centre: number | null };

const CENTRE = REPETITION_STATISTICS.indexOf('centre') + 1;

const SELECT_CENTRES = `SELECT t.run_id AS run_id, t.series_id AS series_id, d.region AS region, d.metric AS metric, d.better AS better, t.centre AS centre
FROM (SELECT run_id, series_id, avg(log) AS centre FROM (
    SELECT run_id, series_id, repetition, logs[${CENTRE}] AS log FROM repetition_statistics
    WHERE run_id IN {runIds:Array(UUID)} AND statistics_version = ${STATISTICS_VERSION} LIMIT 1 BY run_id, series_id, repetition)
  GROUP BY run_id, series_id) AS t
INNER JOIN (SELECT series_id, argMax(region, received_at) AS region, argMax(metric, received_at) AS metric, argMax(better, received_at) AS better
  FROM series WHERE run_id IN {runIds:Array(UUID)} GROUP BY series_id) AS d ON d.series_id = t.series_id
ORDER BY series_id, run_id`;

/** Centres of all sampled series of sealed runs. */
export async function readCentres(store: Store, runIds: readonly string[]): Promise<readonly RunCentre[]> {
  if (runIds.length === 0) return [];
  await keepStatistics(store, runIds);
  const rows = await store.query<CentreRow>(SELECT_CENTRES, { runIds });
  return rows.map(({ run_id, series_id, region, metric, better, centre }) => ({
    runId: run_id,
    seriesId: series_id,
    region,
    metric,
    better,
    // Logarithms are oriented: larger is worse.
    value: centre === null ? null : Math.exp(better === 'higher' ? -centre : centre),
  }));
}

/** Sealed runs of a suite, the latest sealed last, up to a time. @param limit the latest ones */
export async function readSealedRunIds(
  store: Store,
  filter: { readonly project: string; readonly suite: string; readonly untilMs: number; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await store.query<{ run_id: string }>(
    `SELECT run_id FROM (SELECT run_id, min(sealed_at) AS first_sealed FROM seals WHERE project = {project:String} AND suite = {suite:String} GROUP BY run_id)
WHERE toUnixTimestamp64Milli(first_sealed) <= {untilMs:Int64} ORDER BY first_sealed DESC, run_id DESC LIMIT {limit:UInt32}`,
    { ...filter },
  );
  return rows.map((row) => row.run_id).reverse();
}
