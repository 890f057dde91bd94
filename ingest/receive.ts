import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { v7 as timeOrderedId } from 'uuid';
import {
  appendPayloadRows,
  type GroupCommit,
  type PayloadRows,
  type Row,
  type RunPlace,
  readReceipt,
  type StoredReceipt,
} from '../store/index.ts';
import { computeDigest } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import type { PayloadKind, ReceiptAnswer, Warning } from '../wire/payload.ts';
import { ProblemError } from '../wire/problems.ts';
import { type Body, decodeUtf8, readBody } from './body.ts';
import { type Format, ParseError, type StreamParser } from './format.ts';
import { detectFormat, findFormat } from './formats/index.ts';
import { readHeldReceipt } from './held-receipt.ts';
import { assertTimesInWindow } from './lexers/timestamp.ts';
import { assertExtraParameters, type PayloadQuery, readPayloadQuery, unsupportedFormat } from './parameters.ts';
import { BINARY_HEAD_BYTES, type BinaryHead, findBinaryHead } from './payload-head.ts';
import type { IngestRecord } from './records.ts';
import { createRowMaker, type RowMaker } from './rows.ts';
import { assertReceiptCounts, type SealPorts } from './seal.ts';
import { spoolBody } from './spool.ts';

/** One payload on its way in. */
export type PayloadRequest = {
  readonly run: RunPlace;
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

/** The format a binary file is read as. @throws ProblemError unsupported-format naming what it is and where it goes */
function chooseFileFormat(kind: PayloadKind, named: string | undefined, { name, destination }: BinaryHead): Format {
  const asked = named === undefined ? undefined : chooseFormat(kind, named, '');
  const advice =
    destination === null ? 'no kind receives that' : `send it to /v1/runs/{runId}/${destination.kind}?format=${destination.format}`;
  if (destination === null || destination.kind !== kind) throw unsupportedFormat(kind, `the payload is ${name}; ${advice}`);
  if (asked !== undefined && asked.id !== destination.format) {
    throw unsupportedFormat(kind, `the payload is ${name}, not ${asked.id}; say format=${destination.format}`);
  }
  return chooseFormat(kind, destination.format, '');
}

/** A place in the caller's payload becomes the answer's pointer. */
function toProblem(error: unknown): unknown {
  if (!(error instanceof ParseError)) return error;
  return placeProblem(error, `line ${error.line}, column ${error.column}`);
}

function placeProblem(error: ParseError, pointer: string): ProblemError {
  return new ProblemError('invalid-payload', `${pointer}: ${error.message}`, {
    errors: [{ pointer, detail: error.message }],
    members: { line: error.line, column: error.column },
    cause: error,
  });
}

/** Binary files have rows where texts have lines. */
function toFileProblem(error: unknown): unknown {
  const inRows = (text: string) => text.replace(/\bline (?=\d)/g, 'row ');
  if (error instanceof ParseError) {
    const place = { line: error.line, column: error.column };
    return placeProblem(new ParseError(inRows(error.message), place), error.line === 0 ? 'the file' : `row ${error.line}`);
  }
  if (!(error instanceof ProblemError) || error.errors.length === 0) return error;
  const errors = error.errors.map(({ pointer, detail }) => ({ pointer: inRows(pointer), detail }));
  return new ProblemError(error.type, inRows(error.message), { errors, members: error.members, cause: error });
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

/** Spools a binary payload, reads it from there, and leaves nothing behind. */
async function parseFile(
  format: Format & { readonly mode: 'file' },
  bytes: AsyncIterable<Buffer>,
  query: PayloadQuery,
  onRecords: (records: readonly IngestRecord[]) => Promise<void>,
): Promise<readonly Warning[]> {
  const spool = await spoolBody(bytes);
  try {
    const parser = format.openFile(spool, query.parameters);
    for await (const records of parser.records) {
      await onRecords(records);
      await nextTurn();
    }
    return parser.warnings();
  } catch (error) {
    throw toFileProblem(error);
  } finally {
    await spool.close();
  }
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
  { bytes, text }: Content,
  query: PayloadQuery,
  sink: { readonly rowMaker: RowMaker; readonly nowMs: number; readonly flush: Flush },
): Promise<Parsed> {
  const { rowMaker, nowMs, flush } = sink;
  if (format.mode === 'whole') {
    const { records, warnings } = await parseWhole(format, text(), query);
    assertTimes(records, nowMs);
    return { rows: rowMaker.toRows(records), warnings, rowMaker };
  }
  const gatherer = createGatherer(rowMaker, nowMs, flush);
  if (format.mode === 'file') {
    const warnings = await parseFile(format, bytes, query, gatherer.add);
    return { rows: await gatherer.rest(), warnings, rowMaker };
  }
  const parser = format.open(query.parameters);
  await parseStream(parser, text(), gatherer.add);
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

/** A body once its beginning is known: one of the two is read, once. */
type Content = { readonly bytes: AsyncIterable<Buffer>; readonly text: () => AsyncIterable<string> };

type Peeked<Part> = { readonly head: readonly Part[]; readonly all: AsyncIterable<Part> };

/** The first parts of a body until they are as long as asked, or all, and the whole body again. */
async function peek<Part extends string | Buffer>(parts: AsyncIterable<Part>, length: number): Promise<Peeked<Part>> {
  const iterator = parts[Symbol.asyncIterator]();
  const head: Part[] = [];
  let ended = false;
  for (let seen = 0; seen < length && !ended; ) {
    const next = await iterator.next();
    ended = next.done === true;
    if (next.done !== true) {
      head.push(next.value);
      seen += next.value.length;
    }
  }
  async function* all(): AsyncGenerator<Part> {
    yield* head;
    if (!ended) yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head, all: all() };
}

type Recognised = { readonly format: Format; readonly content: Content };

/** Tells the format of a body by its first bytes, and the body again. */
async function recognise(kind: PayloadKind, named: string | undefined, body: Body): Promise<Recognised> {
  const bytes = await peek(body.chunks, BINARY_HEAD_BYTES);
  if (bytes.head.length === 0)
    throw new ProblemError('invalid-payload', 'the payload is empty', { errors: [{ pointer: 'line 1, column 1', detail: 'empty' }] });
  const binary = findBinaryHead(Buffer.concat(bytes.head));
  const asked = named === undefined ? undefined : chooseFormat(kind, named, '');
  if (binary !== undefined || asked?.mode === 'file') {
    const format = binary === undefined ? asked : chooseFileFormat(kind, named, binary);
    if (format === undefined) throw new RangeError('recognise: neither a format was named nor a file told');
    return { format, content: { bytes: bytes.all, text: () => decodeUtf8(bytes.all) } };
  }
  const text = await peek(decodeUtf8(bytes.all), HEAD_CHARACTERS);
  const head = text.head.join('').slice(0, HEAD_CHARACTERS);
  if (head.length === 0)
    throw new ProblemError('invalid-payload', 'the payload is empty', { errors: [{ pointer: 'line 1, column 1', detail: 'empty' }] });
  return { format: asked ?? chooseFormat(kind, named, head), content: { bytes: bytes.all, text: () => text.all } };
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
    return await store(ports, request, { query, body, ...(await recognise(request.kind, query.format, body)) });
  } finally {
    body.discard();
  }
}

type Incoming = Recognised & { readonly query: PayloadQuery; readonly body: Body };

async function store(ports: ReceivePorts, request: PayloadRequest, { query, body, format, content }: Incoming): Promise<ReceiptAnswer> {
  const { run } = request;
  assertExtraParameters(format, query.parameters);
  if (format.mode === 'whole') body.lowerLimit(LIMITS.wholePayloadBytes);
  const payloadId = timeOrderedId();
  const nowMs = ports.nowMs();
  const rowMaker = createRowMaker({ project: run.project, suite: run.suite, runId: run.runId, payloadId, receivedAtMs: nowMs });
  const closed = run.state !== 'open';
  const flush: Flush = closed ? async () => undefined : (rows) => appendPayloadRows(ports.store, rows);
  const parsed = await parseBody(format, content, query, { rowMaker, nowMs, flush });
  const { receiptId, contentDigest } = identify(request, query, format, body);
  const earlier = await readReceipt(ports.store, run.runId, receiptId);
  if (earlier !== undefined) {
    await assertReceiptCounts(ports, run.runId, receiptId);
    return toAnswer(earlier, true);
  }
  if (closed) throw new ProblemError('run-sealed', `run ${run.runId} is sealed and takes no new content; open another run`);
  const receipt = toReceiptRow(request, query, { receiptId, contentDigest, payloadId, format, bodyBytes: body.byteCount(), parsed, nowMs });
  await ports.groupCommit.commit(parsed.rows, receipt);
  const held = await readHeldReceipt(ports, { runId: run.runId, receiptId, payloadId });
  return toAnswer(held.receipt, held.isDuplicate);
}
