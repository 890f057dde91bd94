import { createHash } from 'node:crypto';
import type { PayloadRows, Row } from '../store/index.ts';
import { toCanonicalJson } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import { ProblemError } from '../wire/problems.ts';
import { findIllFormedText } from '../wire/well-formed.ts';
import type { ReadingRecord, RecordSeries, SpanRecord, StoredRecord } from './records.ts';

/** What every row of a payload carries. */
export type RowContext = {
  readonly project: string;
  readonly suite: string;
  readonly runId: string;
  readonly payloadId: string;
  readonly receivedAtMs: number;
};

/** Counts of what a payload became, as its receipt states them. */
export type RowCounts = {
  readonly records: number;
  readonly samples: number;
  readonly readings: number;
  readonly histograms: number;
  readonly summaries: number;
  readonly events: number;
  readonly spans: number;
  readonly series: number;
};

/** Turns records into rows, batch by batch; series rows appear once, with the first record that needs them. */
export type RowMaker = { readonly toRows: (records: readonly StoredRecord[]) => PayloadRows; readonly counts: () => RowCounts };

/**
 * The id of a series: the first 128 bits of sha-256 over its identity, in UUID form. Wide enough that nobody can make two series meet.
 * @example computeSeriesId({ project: 'p', suite: 's' }, { region: 'r', metric: 'latency', labels: {} }) // a UUID-shaped string
 */
export function computeSeriesId(
  place: { readonly project: string; readonly suite: string },
  series: { readonly region: string; readonly metric: string; readonly labels: Readonly<Record<string, string>> },
): string {
  const identity = toCanonicalJson([place.project, place.suite, series.region, series.metric, series.labels]);
  const hex = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** One row that cannot be encoded would fail every payload it shares an insert with. @throws ProblemError invalid-payload */
function assertStorable(texts: Readonly<Record<string, unknown>>, line: number): void {
  const place = findIllFormedText(texts);
  if (place === undefined) return;
  const detail = `${place.slice(1)} holds half of a surrogate pair (\\ud800 … \\udfff), which is no text`;
  throw new ProblemError('invalid-payload', `line ${line}: ${detail}`, { errors: [{ pointer: `line ${line}`, detail }] });
}

function assertSeriesLimits(series: RecordSeries): void {
  const labels = Object.entries(series.labels);
  const tooLong =
    series.region.length > LIMITS.regionCharacters ||
    series.metric.length > LIMITS.metricCharacters ||
    labels.length > LIMITS.labelsPerSeries ||
    labels.some(([, value]) => value.length > LIMITS.labelCharacters);
  if (!tooLong) return;
  throw new ProblemError(
    'limit-exceeded',
    `a series is named too long: region up to ${LIMITS.regionCharacters} characters, metric ${LIMITS.metricCharacters}, ${LIMITS.labelsPerSeries} labels of ${LIMITS.labelCharacters}`,
    { errors: [{ pointer: series.region.slice(0, 80), detail: `metric ${series.metric.slice(0, 80)}, ${labels.length} labels` }] },
  );
}

const definitionOf = (series: RecordSeries) => `${series.unit} ${series.better} ${series.assume} ${series.judgedAs} ${series.valueKind}`;

function emptyRows(): { [Table in keyof PayloadRows]: Row<Table>[] } {
  return { series: [], samples: [], readings: [], histograms: [], summaries: [], events: [], spans: [] };
}

/**
 * @throws ProblemError limit-exceeded (from `toRows`) when names or the number of series pass their limits
 * @throws ProblemError invalid-payload (from `toRows`) when the payload defines one series twice, differently
 */
export function createRowMaker(context: RowContext): RowMaker {
  const known = new Map<string, string>();
  const ids = new WeakMap<RecordSeries, string>();
  const counts = { records: 0, samples: 0, readings: 0, histograms: 0, summaries: 0, events: 0, spans: 0, series: 0 };
  let ordinal = 0;

  function seriesIdOf(series: RecordSeries, line: number, rows: ReturnType<typeof emptyRows>): string {
    const cached = ids.get(series);
    if (cached !== undefined) return cached;
    const seriesId = computeSeriesId(context, series);
    const definition = definitionOf(series);
    const earlier = known.get(seriesId);
    if (earlier === undefined) {
      assertStorable({ ...series }, line);
      assertSeriesLimits(series);
      known.set(seriesId, definition);
      if (known.size > LIMITS.seriesPerPayload) {
        throw new ProblemError(
          'limit-exceeded',
          `more than ${LIMITS.seriesPerPayload} series in one payload; put identifiers that change with every value outside the labels`,
        );
      }
      counts.series += 1;
      rows.series.push(toSeriesRow(context, seriesId, series));
    } else if (earlier !== definition) {
      const detail = `series ${series.region} ${series.metric} is defined twice: as ${earlier}, and as ${definition}`;
      throw new ProblemError('invalid-payload', `line ${line}: ${detail}`, { errors: [{ pointer: `line ${line}`, detail }] });
    }
    ids.set(series, seriesId);
    return seriesId;
  }

  /** Readings come in hundreds of thousands, one a row: no object is made on the way to it. */
  function appendReading(record: ReadingRecord, rows: ReturnType<typeof emptyRows>): void {
    if (record.tool !== null) assertStorable({ tool: record.tool }, record.line);
    counts.readings += 1;
    rows.readings.push({
      run_id: context.runId,
      series_id: seriesIdOf(record.series, record.line, rows),
      repetition: record.repetition,
      payload_id: context.payloadId,
      ordinal,
      reading_kind: record.reading,
      reading: record.value,
      at_ns: record.atNs,
      exposure_s: record.exposureS,
      probability: record.probability,
      tool: record.tool ?? '',
      quality: record.quality,
      line: record.line,
      received_at: context.receivedAtMs,
    });
  }

  function append(record: StoredRecord, rows: ReturnType<typeof emptyRows>): void {
    ordinal += 1;
    counts.records += 1;
    if (record.kind === 'reading') {
      appendReading(record, rows);
      return;
    }
    const common = {
      run_id: context.runId,
      repetition: record.repetition,
      payload_id: context.payloadId,
      ordinal,
      line: record.line,
      received_at: context.receivedAtMs,
    };
    if (record.kind === 'event') {
      assertStorable({ code: record.code, message: record.message, labels: record.labels }, record.line);
      counts.events += 1;
      rows.events.push({ ...common, code: record.code, at_ns: record.atNs, message: record.message, labels: record.labels });
      return;
    }
    if (record.kind === 'span') {
      counts.spans += 1;
      rows.spans.push(toSpanRow(record, common, (series) => seriesIdOf(series, record.line, rows)));
      return;
    }
    const place = { ...common, series_id: seriesIdOf(record.series, record.line, rows), quality: record.quality };
    switch (record.kind) {
      case 'samples':
        counts.samples += record.values.length;
        rows.samples.push({
          ...place,
          sample_values: record.values,
          at_ns: record.atNs,
          paths: record.paths ?? [],
          inputs: record.inputs ?? [],
        });
        return;
      case 'histogram':
        counts.histograms += 1;
        rows.histograms.push({
          ...place,
          scheme: record.scheme,
          edges: record.edges,
          counts: record.counts,
          total: record.sum,
          at_ns: record.atNs,
          is_standing: record.standing !== undefined,
          since_ns: record.standing?.sinceNs ?? null,
        });
        return;
      case 'summary':
        counts.summaries += 1;
        rows.summaries.push({
          ...place,
          sample_count: record.count,
          total: record.sum,
          mean: record.mean,
          minimum: record.minimum,
          maximum: record.maximum,
        });
        return;
      default:
        record satisfies never;
    }
  }

  return {
    toRows: (records) => {
      const rows = emptyRows();
      for (const record of records) append(record, rows);
      return rows;
    },
    counts: () => ({ ...counts }),
  };
}

type CommonColumns = Pick<Row<'spans'>, 'run_id' | 'repetition' | 'payload_id' | 'ordinal' | 'line' | 'received_at'>;

function toSpanRow(record: SpanRecord, common: CommonColumns, seriesIdOf: (series: RecordSeries) => string): Row<'spans'> {
  assertStorable({ operation: record.operation, service: record.service }, record.line);
  return {
    ...common,
    trace_id: record.traceId,
    span_id: record.spanId,
    parent_span_id: record.parentSpanId,
    operation: record.operation,
    service: record.service,
    side: record.side,
    start_ns: record.startNs,
    duration_ns: record.durationNs,
    failed: record.failed,
    device_time_series_id: record.request === undefined ? null : seriesIdOf(record.request.deviceTime),
    host_time_series_id: record.request === undefined ? null : seriesIdOf(record.request.hostTime),
  };
}

function toSeriesRow(context: RowContext, seriesId: string, series: RecordSeries): Row<'series'> {
  return {
    run_id: context.runId,
    series_id: seriesId,
    payload_id: context.payloadId,
    region: series.region,
    metric: series.metric,
    native_metric: series.nativeMetric,
    unit: series.unit,
    better: series.better,
    assume: series.assume,
    judged_as: series.judgedAs,
    value_kind: series.valueKind,
    labels: series.labels,
    attributes: series.attributes,
    received_at: context.receivedAtMs,
  };
}
