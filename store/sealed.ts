/** SQL that several readers of sealed runs share; all take the parameter `runIds: Array(UUID)`. */

/**
 * Payloads that count, with their canonical position: those the seal names, in its order. The order does not depend on when payloads arrived.
 */
export const SEALED = `SELECT run_id, payload_id, toUInt32(position) AS position FROM (
  SELECT run_id, argMin(payload_ids, (sealed_at, seal_id)) AS ids FROM seals WHERE run_id IN {runIds:Array(UUID)} GROUP BY run_id
) ARRAY JOIN ids AS payload_id, arrayEnumerate(ids) AS position`;

/** @param alias of the table that has the run ids */
export const whereRuns = (alias: string) => `WHERE ${alias}.run_id IN {runIds:Array(UUID)}`;

/** Which direction is better, by run and series: as the first payload that counts says, never one that does not. */
export const DIRECTIONS = `SELECT s.run_id AS run_id, s.series_id AS series_id, argMin(s.better, a.position) AS better
FROM series AS s INNER JOIN (${SEALED}) AS a ON a.run_id = s.run_id AND a.payload_id = s.payload_id
${whereRuns('s')} GROUP BY run_id, series_id`;
