import { LIMITS } from '../wire/limits.ts';
import type { Store } from './client.ts';

/**
 * SQL that links the host and the device side of requests by trace. Each device-side span belongs to the nearest entry above it (a span whose
 * row names request series), however many payloads the trace came in; where the device side sent only the trace and no parents, to the
 * trace's one entry. A request's device time is the length of the union of its device-side spans, its host time the rest of its own duration:
 * both are differences within one clock, so clocks of two machines need not agree. A request whose device side outlasts it has no host time.
 */

const LINKED_METRICS: readonly string[] = ['request.device_time', 'request.host_time'];

/** Whether series of this metric are declared by every entry and exist only where a device side was found. */
export const isLinkedMetric = (metric: string): boolean => LINKED_METRICS.includes(metric);

/** Whether any of the runs has spans. Most have none, and analysing the query that links them takes a fifth of a second. */
export async function hasSpans(store: Store, runIds: readonly string[]): Promise<boolean> {
  const found = await store.query<{ found: number }>('SELECT 1 AS found FROM spans WHERE run_id IN {runIds:Array(UUID)} LIMIT 1', {
    runIds,
  });
  return found.length > 0;
}

/** Steps of pointer jumping: an entry is found up to 2^STEPS spans above. */
const STEPS = 7;

/** Member of a span's tuple, by place. */
const SPAN = { id: 1, parent: 2, isDevice: 3, deviceSeries: 4, hostSeries: 5, start: 6, duration: 7, repetition: 8 } as const;

const LENGTH_OF_UNION = `arrayFold((done, part) -> (greatest(done.1, part.2), done.2 + greatest(0., part.2 - greatest(done.1, part.1))),
  parts, (-inf, 0.)).2`;

/** One more jump: the owner of my owner. Entries own themselves, so nothing jumps past them. */
const jump = (owners: string) => `arrayMap(o -> if(o = 0, 0, arrayElement(${owners}, o)), ${owners})`;

function selectOwners(traces: string): string {
  let sql = `SELECT *, arrayMap(s -> s.${SPAN.id}, spans) AS ids, arrayMap(s -> isNotNull(s.${SPAN.deviceSeries}), spans) AS enters,
  arrayMap((s, i) -> if(isNotNull(s.${SPAN.deviceSeries}), i, indexOf(ids, s.${SPAN.parent})), spans, arrayEnumerate(spans)) AS owners0
FROM (${traces})`;
  for (let step = 1; step <= STEPS; step += 1) sql = `SELECT *, ${jump(`owners${step - 1}`)} AS owners${step} FROM (${sql})`;
  return `SELECT *, arrayMap(o -> if(o > 0 AND arrayElement(enters, o), o, if(countEqual(enters, true) = 1, indexOf(enters, true), 0)), owners${STEPS}) AS owners
FROM (${sql})`;
}

/**
 * Rows (run_id, series_id, repetition, start_ns, time_ns), one a request and side.
 * @param where a condition on the columns of `spans` that names the runs and payloads that count
 */
export function selectLinkedRequests(where: string): string {
  const traces = `SELECT run_id, trace_id, min(start_ns) AS origin,
  arraySort(s -> (s.${SPAN.start}, s.${SPAN.id}), groupArray((span_id, parent_span_id, side = 'device', device_time_series_id, host_time_series_id,
    start_ns, duration_ns, repetition))) AS spans
FROM (SELECT * FROM spans WHERE ${where} ORDER BY run_id, trace_id, span_id, payload_id LIMIT 1 BY run_id, trace_id, span_id)
GROUP BY run_id, trace_id
HAVING countIf(side = 'device') > 0 AND countIf(device_time_series_id IS NOT NULL) > 0 AND count() <= ${LIMITS.spansPerLinkedTrace}`;
  const requests = `SELECT run_id, arrayElement(spans, entry) AS request,
  arraySort(arrayMap(s -> (toFloat64(s.${SPAN.start} - origin), toFloat64(s.${SPAN.start} - origin) + s.${SPAN.duration}),
    arrayFilter((s, o) -> s.${SPAN.isDevice} AND o = entry, spans, owners))) AS parts
FROM (${selectOwners(traces)}) ARRAY JOIN arrayFilter((i, e) -> e, arrayEnumerate(enters), enters) AS entry`;
  return `SELECT run_id, assumeNotNull(sides.1) AS series_id, request.${SPAN.repetition} AS repetition, request.${SPAN.start} AS start_ns, sides.2 AS time_ns
FROM (SELECT run_id, request, ${LENGTH_OF_UNION} AS device_time FROM (${requests}) WHERE notEmpty(parts))
ARRAY JOIN arrayFilter(side -> side.2 >= 0, [(request.${SPAN.deviceSeries}, device_time), (request.${SPAN.hostSeries}, request.${SPAN.duration} - device_time)]) AS sides`;
}
