import type { Warning } from '../wire/payload.ts';
import type { Store } from './client.ts';
import { PAYLOAD_TABLES, type PayloadTable } from './group-commit.ts';

export type StoredReceipt = {
  readonly receiptId: string;
  /** Digest of kind, format, parameters and body: equal in every run that was sent the same payload. */
  readonly contentDigest: string;
  readonly payloadId: string;
  readonly kind: string;
  readonly format: string;
  readonly repetition: number;
  readonly sequence: string;
  readonly atNs: string | null;
  readonly recordCount: number;
  readonly sampleCount: number;
  readonly readingCount: number;
  readonly histogramCount: number;
  readonly summaryCount: number;
  readonly eventCount: number;
  readonly spanCount: number;
  readonly seriesCount: number;
  readonly warnings: readonly Warning[];
};

type ReceiptRow = {
  receipt_id: string;
  content_digest: string;
  payload_id: string;
  kind: string;
  format: string;
  repetition: number;
  sequence: string;
  at_ns: string | null;
  record_count: string;
  sample_count: string;
  reading_count: string;
  histogram_count: string;
  summary_count: string;
  event_count: string;
  span_count: string;
  series_count: string;
  warnings: string;
};

/** The payload that counts for a receipt: of two attempts with equal content, the first received. */
const FIRST = 'ORDER BY receipt_id, received_at, payload_id LIMIT 1 BY receipt_id';

const SELECT_RECEIPT = `SELECT receipt_id, content_digest, payload_id, kind, format, repetition, sequence, at_ns, record_count, sample_count,
  reading_count, histogram_count, summary_count, event_count, span_count, series_count, warnings FROM receipts`;

function toStoredReceipt(row: ReceiptRow): StoredReceipt {
  const warnings: readonly Warning[] = JSON.parse(row.warnings);
  return {
    receiptId: row.receipt_id,
    contentDigest: row.content_digest,
    payloadId: row.payload_id,
    kind: row.kind,
    format: row.format,
    repetition: row.repetition,
    sequence: row.sequence,
    atNs: row.at_ns,
    recordCount: Number(row.record_count),
    sampleCount: Number(row.sample_count),
    readingCount: Number(row.reading_count),
    histogramCount: Number(row.histogram_count),
    summaryCount: Number(row.summary_count),
    eventCount: Number(row.event_count),
    spanCount: Number(row.span_count),
    seriesCount: Number(row.series_count),
    warnings,
  };
}

/** The receipt of this content in this run, or undefined when it never arrived. */
export async function readReceipt(store: Store, runId: string, receiptId: string): Promise<StoredReceipt | undefined> {
  const rows = await store.query<ReceiptRow>(`${SELECT_RECEIPT} WHERE run_id = {runId:UUID} AND receipt_id = {receiptId:String} ${FIRST}`, {
    runId,
    receiptId,
  });
  return rows[0] === undefined ? undefined : toStoredReceipt(rows[0]);
}

/** The receipt of this content, and whether someone began to seal the run before this was read. */
export async function readReceiptAndIntent(
  store: Store,
  runId: string,
  receiptId: string,
): Promise<{ readonly receipt: StoredReceipt; readonly isSealing: boolean } | undefined> {
  const rows = await store.query<ReceiptRow & { intents: string }>(
    `SELECT *, (SELECT count() FROM seal_intents WHERE run_id = {runId:UUID}) AS intents FROM (
  ${SELECT_RECEIPT} WHERE run_id = {runId:UUID} AND receipt_id = {receiptId:String} ${FIRST})`,
    { runId, receiptId },
  );
  const row = rows[0];
  return row === undefined ? undefined : { receipt: toStoredReceipt(row), isSealing: Number(row.intents) > 0 };
}

/** All receipts of a run, one a content, ordered by receipt id. */
export async function readReceipts(store: Store, runId: string): Promise<readonly StoredReceipt[]> {
  const rows = await store.query<ReceiptRow>(`${SELECT_RECEIPT} WHERE run_id = {runId:UUID} ${FIRST}`, { runId });
  return rows.map(toStoredReceipt);
}

/** Stored values and rows per payload of a run, to hold against the receipts. */
export type PayloadCount = {
  readonly payload_id: string;
  readonly samples: string;
  readonly readings: string;
  readonly histograms: string;
  readonly summaries: string;
  readonly events: string;
  readonly spans: string;
  readonly series: string;
};

const COUNTED = ['samples', 'readings', 'histograms', 'summaries', 'events', 'spans', 'series'] as const;

/** Stretches are counted by their values, all else by rows. */
const VALUE_COUNTS: Readonly<Partial<Record<PayloadTable, string>>> = {
  samples: 'sum(length(sample_values))',
  reading_stretches: 'sum(length(readings))',
};

const selectCounts = (table: PayloadTable) =>
  `SELECT payload_id, '${table === 'reading_stretches' ? 'readings' : table}' AS counted, ${VALUE_COUNTS[table] ?? 'count()'} AS rows FROM ${table}
  WHERE run_id = {runId:UUID} GROUP BY payload_id`;

/** Counts what is stored of every payload of the run, receipted or not. */
export async function readPayloadCounts(store: Store, runId: string): Promise<readonly PayloadCount[]> {
  return await store.query<PayloadCount>(
    `SELECT payload_id, ${COUNTED.map((table) => `sumIf(rows, counted = '${table}') AS ${table}`).join(', ')} FROM (
  ${PAYLOAD_TABLES.map(selectCounts).join('\n  UNION ALL ')}) GROUP BY payload_id`,
    { runId },
  );
}
