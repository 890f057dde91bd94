import type { Readable } from 'node:stream';
import { v7 as timeOrderedId } from 'uuid';
import {
  appendPayloadRows,
  type GroupCommit,
  type PayloadRows,
  type Row,
  readReceipt,
  type StoredReceipt,
  type StoredRun,
} from '../store/index.ts';
import { computeDigest } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import type { PayloadKind, ReceiptAnswer, Warning } from '../wire/payload.ts';
import { ProblemError } from '../wire/problems.ts';
import { type Body, readBody } from './body.ts';
import { type Format, ParseError, type StreamParser } from './format.ts';
import { detectFormat, findFormat } from './formats/index.ts';
import { assertTimesInWindow } from './lexers/timestamp.ts';
import { assertExtraParameters, type PayloadQuery, readPayloadQuery, unsupportedFormat } from './parameters.ts';
import type { IngestRecord } from './records.ts';
import { createRowMaker, type RowMaker } from './rows.ts';
import { assertReceiptCounts, type SealPorts } from './seal.ts';

/** One payload on its way in. */
export type PayloadRequest = {
  readonly run: StoredRun;
  readonly kind: PayloadKind;
  /** The query string, one text a name. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readable;
  readonly contentEncoding: string | undefined;
  readonly tokenId: string;
};

export type ReceivePorts = SealPorts & { readonly groupCommit: GroupCommit };

/** Rows of a streaming payload are sent off when this many values are waiting. */
const VALUES_PER_INSERT = 500_000;

/** Text a format is told by, characters. */
const HEAD_CHARACTERS = 4096;

function chooseFormat(kind: PayloadKind, named: string | undefined, head: string): Format {
  if (named !== undefined) {
    const format = findFormat(kind, named);
    if (format === undefined) throw unsupportedFormat(kind, `format ${JSON.stringify(named.slice(0, 80))} is not one of this kind`);
    return format;
  }
  const detected = detectFormat(kind, head);
  if (detected === 'none') throw unsupportedFormat(kind, 'the payload looks like no format of this kind; name it with ?format=');
  if (detected === 'ambiguous') throw unsupportedFormat(kind, 'the payload could be of more than one format; name it with ?format=');
  return detected;
}

/** A place in the caller's payload becomes the answer's pointer. */
function toProblem(error: unknown): unknown {
  if (!(error instanceof ParseError)) return error;
  const pointer = `line ${error.line}, column ${error.column}`;
  return new ProblemError('invalid-payload', `${pointer}: ${error.message}`, {
    errors: [{ pointer, detail: error.message }],
    members: { line: error.line, column: error.column },
    cause: error,
  });
}

function assertTimes(records: readonly IngestRecord[], nowMs: number): void {
  for (const record of records) assertTimesInWindow(record, BigInt(nowMs) * 1_000_000n, LIMITS);
}

/** Parses a payload that is read at once. */
async function parseWhole(format: Format & { readonly mode: 'whole' }, text: AsyncIterable<string>, query: PayloadQuery) {
  const parts: string[] = [];
  for await (const part of text) parts.push(part);
  return format.parse(parts.join(''), query.parameters);
}

type Flush = (rows: PayloadRows) => Promise<void>;

/** Parses a payload piece by piece; full batches go to the store while the rest is still arriving, and stay invisible until the receipt. */
async function parseStream(
  parser: StreamParser,
  text: AsyncIterable<string>,
  onRecords: (records: readonly IngestRecord[]) => Promise<void>,
): Promise<void> {
  for await (const part of text) await onRecords(parser.push(part));
  await onRecords(parser.end());
}

const countValues = (records: readonly IngestRecord[]) =>
  records.reduce((sum, record) => sum + (record.kind === 'samples' ? record.values.length : 1), 0);

/** Gathers records and flushes their rows before they grow large; one flush is under way while the next batch gathers. */
function createGatherer(rowMaker: RowMaker, nowMs: number, flush: Flush) {
  let waiting: IngestRecord[] = [];
  let waitingValues = 0;
  let sending: Promise<void> = Promise.resolve();
  return {
    add: async (records: readonly IngestRecord[]) => {
      if (records.length === 0) return;
      assertTimes(records, nowMs);
      waiting.push(...records);
      waitingValues += countValues(records);
      if (waitingValues < VALUES_PER_INSERT) return;
      const rows = rowMaker.toRows(waiting);
      waiting = [];
      waitingValues = 0;
      await sending;
      sending = flush(rows);
      // Awaited with the next batch or at the end; until then a failure must not count as unhandled.
      sending.catch(() => undefined);
    },
    rest: async () => {
      await sending;
      return rowMaker.toRows(waiting);
    },
  };
}

function toAnswer(receipt: StoredReceipt, duplicate: boolean): ReceiptAnswer {
  return {
    receiptId: receipt.receiptId,
    format: receipt.format,
    records: receipt.recordCount,
    samples: receipt.sampleCount,
    histograms: receipt.histogramCount,
    warnings: receipt.warnings,
    duplicate,
  };
}

function limitWarnings(warnings: readonly Warning[]): readonly Warning[] {
  if (warnings.length <= LIMITS.warningsPerReceipt) return warnings;
  const rest = warnings.length - LIMITS.warningsPerReceipt;
  return [
    ...warnings.slice(0, LIMITS.warningsPerReceipt),
    { code: 'more_warnings', detail: `${rest} more warnings are not shown`, line: null },
  ];
}

type Parsed = { readonly rows: PayloadRows; readonly warnings: readonly Warning[]; readonly rowMaker: RowMaker };

/**
 * Reads the body as its format. A run that takes no new content is only read for its digest, so that nothing of it is stored.
 * @param flush where full batches of a streaming payload go
 */
async function parseBody(
  format: Format,
  text: AsyncIterable<string>,
  query: PayloadQuery,
  sink: { readonly rowMaker: RowMaker; readonly nowMs: number; readonly flush: Flush },
): Promise<Parsed> {
  const { rowMaker, nowMs, flush } = sink;
  if (format.mode === 'whole') {
    const { records, warnings } = await parseWhole(format, text, query);
    assertTimes(records, nowMs);
    return { rows: rowMaker.toRows(records), warnings, rowMaker };
  }
  const parser = format.open(query.parameters);
  const gatherer = createGatherer(rowMaker, nowMs, flush);
  await parseStream(parser, text, gatherer.add);
  return { rows: await gatherer.rest(), warnings: parser.warnings(), rowMaker };
}

function toReceiptRow(
  request: PayloadRequest,
  query: PayloadQuery,
  facts: {
    readonly receiptId: string;
    readonly contentDigest: string;
    readonly payloadId: string;
    readonly format: Format;
    readonly bodyBytes: number;
    readonly parsed: Parsed;
    readonly nowMs: number;
  },
): Row<'receipts'> {
  const counts = facts.parsed.rowMaker.counts();
  return {
    run_id: request.run.runId,
    receipt_id: facts.receiptId,
    content_digest: facts.contentDigest,
    payload_id: facts.payloadId,
    project: request.run.project,
    kind: request.kind,
    format: facts.format.id,
    repetition: query.parameters.repetition,
    sequence: query.sequence,
    at_ns: query.parameters.atNs ?? null,
    parameters: query.identity,
    body_bytes: facts.bodyBytes,
    record_count: counts.records,
    sample_count: counts.samples,
    reading_count: counts.readings,
    histogram_count: counts.histograms,
    summary_count: counts.summaries,
    event_count: counts.events,
    span_count: counts.spans,
    series_count: counts.series,
    warnings: JSON.stringify(limitWarnings(facts.parsed.warnings)),
    received_at: facts.nowMs,
    received_by: request.tokenId,
  };
}

/** `sha256:…` of everything that makes a payload what it is: run, kind, format, parameters and the decompressed body. */
function identify(
  request: PayloadRequest,
  query: PayloadQuery,
  format: Format,
  body: Body,
): { readonly receiptId: string; readonly contentDigest: string } {
  const content = { kind: request.kind, format: format.id, parameters: query.identity, body: body.sha256() };
  return { receiptId: computeDigest({ runId: request.run.runId, ...content }), contentDigest: computeDigest(content) };
}

type Peeked = { readonly head: string; readonly all: AsyncIterable<string> };

/** The first characters of a text, and the whole text again. */
async function peek(text: AsyncIterable<string>): Promise<Peeked> {
  const iterator = text[Symbol.asyncIterator]();
  const parts: string[] = [];
  let length = 0;
  let ended = false;
  while (length < HEAD_CHARACTERS && !ended) {
    const next = await iterator.next();
    ended = next.done === true;
    if (next.done !== true) {
      parts.push(next.value);
      length += next.value.length;
    }
  }
  async function* all(): AsyncGenerator<string> {
    yield* parts;
    if (!ended) yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head: parts.join('').slice(0, HEAD_CHARACTERS), all: all() };
}

/**
 * Takes a payload in: reads it as its format, stores rows and then the receipt, makes sure the receipt counts, and only then answers.
 * @throws ProblemError for everything that keeps it from counting; the store then holds nothing visible of it
 */
export async function receivePayload(ports: ReceivePorts, request: PayloadRequest): Promise<ReceiptAnswer> {
  try {
    return await receive(ports, request);
  } catch (error) {
    throw toProblem(error);
  }
}

async function receive(ports: ReceivePorts, request: PayloadRequest): Promise<ReceiptAnswer> {
  const query = readPayloadQuery(request.query);
  const body = readBody(request.body, {
    contentEncoding: request.contentEncoding,
    limitBytes: LIMITS.streamPayloadBytes,
    ratio: LIMITS.decompressionRatio,
    graceBytes: LIMITS.ratioGraceBytes,
  });
  try {
    return await store(ports, request, { query, body, text: await peek(body.text()) });
  } finally {
    body.discard();
  }
}

type Incoming = { readonly query: PayloadQuery; readonly body: Body; readonly text: Peeked };

async function store(ports: ReceivePorts, request: PayloadRequest, { query, body, text }: Incoming): Promise<ReceiptAnswer> {
  const { run } = request;
  if (text.head.length === 0)
    throw new ProblemError('invalid-payload', 'the payload is empty', { errors: [{ pointer: 'line 1, column 1', detail: 'empty' }] });
  const format = chooseFormat(request.kind, query.format, text.head);
  assertExtraParameters(format, query.parameters);
  if (format.mode === 'whole') body.lowerLimit(LIMITS.wholePayloadBytes);
  const payloadId = timeOrderedId();
  const nowMs = ports.nowMs();
  const rowMaker = createRowMaker({ project: run.project, suite: run.suite, runId: run.runId, payloadId, receivedAtMs: nowMs });
  const closed = run.state !== 'open';
  const flush: Flush = closed ? async () => undefined : (rows) => appendPayloadRows(ports.store, rows);
  const parsed = await parseBody(format, text.all, query, { rowMaker, nowMs, flush });
  const { receiptId, contentDigest } = identify(request, query, format, body);
  const earlier = await readReceipt(ports.store, run.runId, receiptId);
  if (earlier !== undefined) {
    await assertReceiptCounts(ports, run.runId, receiptId);
    return toAnswer(earlier, true);
  }
  if (closed) throw new ProblemError('run-sealed', `run ${run.runId} is sealed and takes no new content; open another run`);
  const receipt = toReceiptRow(request, query, { receiptId, contentDigest, payloadId, format, bodyBytes: body.byteCount(), parsed, nowMs });
  await ports.groupCommit.commit(parsed.rows, receipt);
  return await confirm(ports, run.runId, receiptId, payloadId);
}

/** Of two equal payloads in flight at once the first received counts; the other one is told it was a duplicate. */
async function confirm(ports: ReceivePorts, runId: string, receiptId: string, payloadId: string): Promise<ReceiptAnswer> {
  const held = await readReceipt(ports.store, runId, receiptId);
  if (held === undefined)
    throw new ProblemError('store-unavailable', 'the receipt was not found right after it was stored; retry', { retryAfterS: 1 });
  await assertReceiptCounts(ports, runId, receiptId);
  return toAnswer(held, held.payloadId !== payloadId);
}
