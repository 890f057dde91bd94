import { createHash } from 'node:crypto';
import type { PayloadRows, Row } from '../store/index.ts';
import { LIMITS } from '../wire/limits.ts';
import { ProblemError } from '../wire/problems.ts';
import { findIllFormedText } from '../wire/well-formed.ts';
import type {
  EventRecord,
  HistogramRecord,
  ReadingRecord,
  ReadingsRecord,
  RecordSeries,
  SamplesRecord,
  SpanRecord,
  StoredRecord,
  SummaryRecord,
} from './records.ts';

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
export type RowMaker = {
  readonly toRows: (records: readonly StoredRecord[]) => PayloadRows;
  readonly counts: () => RowCounts;
  /** Definition of each series so far by its id, as `createRowMaker` takes them. */
  readonly definitions: () => ReadonlyMap<string, string>;
};

/**
 * The id of a series: the first 128 bits of sha-256 over its identity, in UUID form. Wide enough that nobody can make two series meet.
 * @example computeSeriesId({ project: 'p', suite: 's' }, { region: 'r', metric: 'latency', labels: {} }) // a UUID-shaped string
 */
export function computeSeriesId(
  place: { readonly project: string; readonly suite: string },
  series: { readonly region: string; readonly metric: string; readonly labels: Readonly<Record<string, string>> },
): string {
  const labels = Object.keys(series.labels)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(series.labels[name])}`);
  // Canonical JSON (RFC 8785) of a list of texts and an object of texts; the general way costs three times as much.
  const texts = [place.project, place.suite, series.region, series.metric].map((text) => JSON.stringify(text));
  const identity = `[${texts.join(',')},{${labels.join(',')}}]`;
  const hex = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

type Place = { readonly project: string; readonly suite: string };

/** Ids of series that were checked and hashed before: formats that keep a series for many records, or many payloads, pay for it once. */
const CHECKED = new WeakMap<RecordSeries, Place & Checked>();

type Checked = { readonly seriesId: string; readonly definition: string };

/** Id and definition of a series that can be stored. @throws ProblemError limit-exceeded, invalid-payload */
function checkSeries({ project, suite }: Place, series: RecordSeries, line: number): Checked {
  const checked = CHECKED.get(series);
  if (checked !== undefined && checked.project === project && checked.suite === suite) return checked;
  if (!isWellFormed(series)) assertStorable({ ...series }, line);
  assertSeriesLimits(series);
  const seriesId = computeSeriesId({ project, suite }, series);
  const made = { project, suite, seriesId, definition: definitionOf(series) };
  CHECKED.set(series, made);
  return made;
}

function isWellFormed(series: RecordSeries): boolean {
  let texts = `${series.region} ${series.metric} ${series.nativeMetric} ${series.unit}`;
  // A space between two texts, so that two halves do not make a character.
  for (const members of [series.labels, series.attributes]) for (const name in members) texts += ` ${name} ${members[name]}`;
  return texts.isWellFormed();
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

/** Definitions of series by id. */
export type KnownSeries = { readonly get: (seriesId: string) => string | undefined };

const NONE: KnownSeries = new Map();

function emptyRows(): { [Table in keyof PayloadRows]: Row<Table>[] } {
  return { series: [], samples: [], readings: [], reading_stretches: [], histograms: [], summaries: [], events: [], spans: [] };
}

/**
 * @param acknowledged definitions of series that payloads of this run brought which are sure to count: their rows are there and not sent again
 * @throws ProblemError limit-exceeded (from `toRows`) when names or the number of series pass their limits
 * @throws ProblemError invalid-payload (from `toRows`) when the payload defines one series twice, differently
 */
export function createRowMaker(context: RowContext, acknowledged: KnownSeries = NONE): RowMaker {
  const known = new Map<string, string>();
  const ids = new WeakMap<RecordSeries, string>();
  const counts = { records: 0, samples: 0, readings: 0, histograms: 0, summaries: 0, events: 0, spans: 0, series: 0 };
  let ordinal = 0;

  function seriesIdOf(series: RecordSeries, line: number, rows: ReturnType<typeof emptyRows>): string {
    const cached = ids.get(series);
    if (cached !== undefined) return cached;
    const { seriesId, definition } = checkSeries(context, series, line);
    const earlier = known.get(seriesId);
    if (earlier === undefined) {
      known.set(seriesId, definition);
      if (known.size > LIMITS.seriesPerPayload) {
        throw new ProblemError(
          'limit-exceeded',
          `more than ${LIMITS.seriesPerPayload} series in one payload; put identifiers that change with every value outside the labels`,
        );
      }
      if (acknowledged.get(seriesId) !== definition) {
        counts.series += 1;
        rows.series.push(toSeriesRow(context, seriesId, series));
      }
    } else if (earlier !== definition) {
      const detail = `series ${series.region} ${series.metric} is defined twice: as ${earlier}, and as ${definition}`;
      throw new ProblemError('invalid-payload', `line ${line}: ${detail}`, { errors: [{ pointer: `line ${line}`, detail }] });
    }
    ids.set(series, seriesId);
    return seriesId;
  }

  function append(record: StoredRecord, rows: ReturnType<typeof emptyRows>): void {
    ordinal += 1;
    counts.records += 1;
    switch (record.kind) {
      case 'samples':
        counts.samples += record.values.length;
        rows.samples.push(toSampleRow(context, ordinal, record, seriesIdOf(record.series, record.line, rows)));
        return;
      case 'reading':
        if (record.tool !== null) assertStorable({ tool: record.tool }, record.line);
        counts.readings += 1;
        rows.readings.push(toReadingRow(context, ordinal, record, seriesIdOf(record.series, record.line, rows)));
        return;
      case 'readings':
        counts.readings += record.values.length;
        rows.reading_stretches.push(toStretchRow(context, ordinal, record, seriesIdOf(record.series, record.line, rows)));
        return;
      case 'histogram':
        counts.histograms += 1;
        rows.histograms.push(toHistogramRow(context, ordinal, record, seriesIdOf(record.series, record.line, rows)));
        return;
      case 'summary':
        counts.summaries += 1;
        rows.summaries.push(toSummaryRow(context, ordinal, record, seriesIdOf(record.series, record.line, rows)));
        return;
      case 'event':
        assertStorable({ code: record.code, message: record.message, labels: record.labels }, record.line);
        counts.events += 1;
        rows.events.push(toEventRow(context, ordinal, record));
        return;
      case 'span':
        counts.spans += 1;
        rows.spans.push(toSpanRow(context, ordinal, record, (series) => seriesIdOf(series, record.line, rows)));
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
    definitions: () => known,
  };
}

// Rows are written out: spreading what they have in common into each costs more than encoding it.

function toSampleRow(context: RowContext, ordinal: number, record: SamplesRecord, seriesId: string): Row<'samples'> {
  return {
    run_id: context.runId,
    series_id: seriesId,
    repetition: record.repetition,
    payload_id: context.payloadId,
    ordinal,
    sample_values: record.values,
    at_ns: record.atNs,
    paths: record.paths ?? [],
    inputs: record.inputs ?? [],
    quality: record.quality,
    line: record.line,
    received_at: context.receivedAtMs,
  };
}

function toReadingRow(context: RowContext, ordinal: number, record: ReadingRecord, seriesId: string): Row<'readings'> {
  return {
    run_id: context.runId,
    series_id: seriesId,
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
  };
}

function toStretchRow(context: RowContext, ordinal: number, record: ReadingsRecord, seriesId: string): Row<'reading_stretches'> {
  const { values, atNs, exposureS } = record;
  if (atNs.length !== values.length || (exposureS.length !== 0 && exposureS.length !== values.length)) {
    throw new RangeError(`toStretchRow: ${values.length} readings have ${atNs.length} times and ${exposureS.length} exposures`);
  }
  return {
    run_id: context.runId,
    series_id: seriesId,
    repetition: record.repetition,
    payload_id: context.payloadId,
    ordinal,
    reading_kind: record.reading,
    readings: values,
    at_ns: atNs,
    exposure_s: exposureS,
    quality: record.quality,
    line: record.line,
    received_at: context.receivedAtMs,
  };
}

function toHistogramRow(context: RowContext, ordinal: number, record: HistogramRecord, seriesId: string): Row<'histograms'> {
  return {
    run_id: context.runId,
    series_id: seriesId,
    repetition: record.repetition,
    payload_id: context.payloadId,
    ordinal,
    scheme: record.scheme,
    edges: record.edges,
    counts: record.counts,
    total: record.sum,
    at_ns: record.atNs,
    is_standing: record.standing !== undefined,
    since_ns: record.standing?.sinceNs ?? null,
    quality: record.quality,
    line: record.line,
    received_at: context.receivedAtMs,
  };
}

function toSummaryRow(context: RowContext, ordinal: number, record: SummaryRecord, seriesId: string): Row<'summaries'> {
  return {
    run_id: context.runId,
    series_id: seriesId,
    repetition: record.repetition,
    payload_id: context.payloadId,
    ordinal,
    sample_count: record.count,
    total: record.sum,
    mean: record.mean,
    minimum: record.minimum,
    maximum: record.maximum,
    quality: record.quality,
    line: record.line,
    received_at: context.receivedAtMs,
  };
}

function toEventRow(context: RowContext, ordinal: number, record: EventRecord): Row<'events'> {
  return {
    run_id: context.runId,
    repetition: record.repetition,
    payload_id: context.payloadId,
    ordinal,
    code: record.code,
    at_ns: record.atNs,
    message: record.message,
    labels: record.labels,
    line: record.line,
    received_at: context.receivedAtMs,
  };
}

function toSpanRow(context: RowContext, ordinal: number, record: SpanRecord, seriesIdOf: (series: RecordSeries) => string): Row<'spans'> {
  assertStorable({ operation: record.operation, service: record.service }, record.line);
  return {
    run_id: context.runId,
    trace_id: record.traceId,
    span_id: record.spanId,
    parent_span_id: record.parentSpanId,
    repetition: record.repetition,
    payload_id: context.payloadId,
    ordinal,
    operation: record.operation,
    service: record.service,
    side: record.side,
    start_ns: record.startNs,
    duration_ns: record.durationNs,
    failed: record.failed,
    device_time_series_id: record.request === undefined ? null : seriesIdOf(record.request.deviceTime),
    host_time_series_id: record.request === undefined ? null : seriesIdOf(record.request.hostTime),
    line: record.line,
    received_at: context.receivedAtMs,
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
