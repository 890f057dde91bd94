import type { Readable } from 'node:stream';
import { v7 as timeOrderedId } from 'uuid';
import { type GroupCommit, type Row, readReceipt, type StoredRun } from '../store/index.ts';
import { computeDigest } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import type { OtlpFormatId, OtlpSignal, Warning } from '../wire/payload.ts';
import { ProblemError } from '../wire/problems.ts';
import type { AcknowledgedOrigins } from './acknowledged-origins.ts';
import type { AcknowledgedSeries } from './acknowledged-series.ts';
import { readBody } from './body.ts';
import { readHeldReceipt } from './held-receipt.ts';
import {
  type Bound,
  bindResource,
  type ExportOutcome,
  type Mapped,
  type MappingContext,
  METRICS_SIGNAL,
  OtlpDecodeError,
  type OtlpEncoding,
  Rejected,
  Rejections,
  type ResourceBinding,
  type SeriesCache,
  type Signal,
  TRACES_SIGNAL,
  toEnvironmentFinding,
} from './otlp/index.ts';
import type { Attributes } from './otlp/messages.ts';
import type { ReadEnvironment } from './read-environment.ts';
import type { RecentReceipts } from './recent-receipts.ts';
import type { StoredRecord } from './records.ts';
import { createRowMaker, type RowCounts } from './rows.ts';
import { assertReceiptCounts, type SealPorts } from './seal.ts';

/** One export request on its way in. */
export type OtlpRequest = {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  readonly body: Readable;
  readonly contentEncoding: string | undefined;
  readonly tokenId: string;
};

export type OtlpPorts = SealPorts & {
  readonly groupCommit: GroupCommit;
  /** Series of earlier requests. */
  readonly cache: SeriesCache;
  readonly acknowledged: AcknowledgedSeries;
  readonly recent: RecentReceipts;
  readonly origins: AcknowledgedOrigins;
  /** The run, or why this caller cannot write to it. @throws ProblemError as the store */
  readonly findRun: (runId: string) => Promise<StoredRun | string>;
  /** Fills the environment of a run. @throws ProblemError */
  readonly putEnvironment: (runId: string, read: ReadEnvironment) => Promise<void>;
};

/** What became of one run's part of a request. */
export type OtlpReceipt = {
  readonly runId: string;
  readonly format: OtlpFormatId;
  readonly duplicate: boolean;
  /** Numbers stored: samples, readings, histograms and summaries. */
  readonly valueCount: number;
};

export type OtlpAnswer = { readonly outcome: ExportOutcome; readonly receipts: readonly OtlpReceipt[]; readonly bodyBytes: number };

/**
 * Takes an export request in: decodes it, makes a receipt for each run it brings something for, and only then answers. What cannot land is
 * counted in the outcome and does not keep the rest from landing; the same request again counts once.
 * @throws ProblemError invalid-payload for a body that is no such message; what may succeed later as 429 or 503, and then all of it may be
 * sent again
 */
export async function receiveOtlp(ports: OtlpPorts, request: OtlpRequest): Promise<OtlpAnswer> {
  return request.signal === 'metrics' ? await receive(ports, request, METRICS_SIGNAL) : await receive(ports, request, TRACES_SIGNAL);
}

type Decoded<Content> = { readonly contents: readonly Content[]; readonly bodyDigest: string; readonly bodyBytes: number };

async function receive<Content extends { readonly resource: Attributes }>(
  ports: OtlpPorts,
  request: OtlpRequest,
  signal: Signal<Content>,
): Promise<OtlpAnswer> {
  const { contents, bodyDigest, bodyBytes } = await decode(request, signal);
  const rejections = new Rejections();
  const notes = new Set<string>();
  const receipts: OtlpReceipt[] = [];
  const nowMs = ports.nowMs();
  for (const [runId, bound] of groupByRun(contents, signal, rejections)) {
    const count = bound.reduce((sum, { content }) => sum + signal.count(content), 0);
    const run = await ports.findRun(runId);
    if (typeof run === 'string') {
      rejections.add(run, count);
      continue;
    }
    const identity = identify(request, signal.kind, { runId, bound, bodyDigest });
    const mapped = signal.toRecords(bound, toContext(ports, run, identity.receiptId, nowMs));
    const stored = await storeOrReject(ports, { request, signal, run, bound, mapped, identity, bodyBytes, nowMs });
    if (typeof stored === 'string') rejections.add(stored, count);
    else {
      rejections.merge(mapped.rejections);
      for (const { code, detail } of mapped.warnings) if (code === 'better_unknown') notes.add(detail);
      if (stored !== null) receipts.push(stored);
    }
  }
  const message = [rejections.describe(signal.things), describeNotes([...notes])].filter((part) => part !== '').join('; ');
  return { outcome: { rejected: rejections.count, message }, receipts, bodyBytes };
}

const NOTES_TOLD = 3;

/** What the sender should know although everything landed: only the exporter's log will show it. */
function describeNotes(notes: readonly string[]): string {
  const rest = notes.length > NOTES_TOLD ? [`and ${notes.length - NOTES_TOLD} more such metrics`] : [];
  return [...notes.slice(0, NOTES_TOLD), ...rest].join('; ');
}

async function decode<Content extends { readonly resource: Attributes }>(
  request: OtlpRequest,
  signal: Signal<Content>,
): Promise<Decoded<Content>> {
  const body = readBody(request.body, {
    contentEncoding: request.contentEncoding,
    limitBytes: LIMITS.wholePayloadBytes,
    ratio: LIMITS.decompressionRatio,
    graceBytes: LIMITS.ratioGraceBytes,
  });
  try {
    const contents =
      request.encoding === 'json' ? signal.decodeJson(await readText(body.text())) : signal.decodeProtobuf(await readBytes(body.chunks));
    return { contents, bodyDigest: body.sha256(), bodyBytes: body.byteCount() };
  } catch (error) {
    if (!(error instanceof OtlpDecodeError)) throw error;
    throw new ProblemError('invalid-payload', error.message, { errors: [{ pointer: error.place, detail: error.message }], cause: error });
  } finally {
    body.discard();
  }
}

async function readText(text: AsyncIterable<string>): Promise<string> {
  const parts: string[] = [];
  for await (const part of text) parts.push(part);
  return parts.join('');
}

async function readBytes(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of chunks) parts.push(part);
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

function groupByRun<Content extends { readonly resource: Attributes }>(
  contents: readonly Content[],
  signal: Signal<Content>,
  rejections: Rejections,
): ReadonlyMap<string, readonly Bound<Content>[]> {
  const groups = new Map<string, Bound<Content>[]>();
  for (const content of contents) {
    const count = signal.count(content);
    if (count === 0) continue;
    try {
      const binding = bindResource(content.resource);
      const group = groups.get(binding.runId);
      if (group !== undefined) group.push({ binding, content });
      else if (groups.size < LIMITS.runsPerOtlpRequest) groups.set(binding.runId, [{ binding, content }]);
      else throw new Rejected(`one request brings points of more than ${LIMITS.runsPerOtlpRequest} runs; send smaller batches`);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      rejections.add(error.message, count);
    }
  }
  return groups;
}

const NS_PER_MS = 1_000_000n;

function toContext({ cache, origins }: OtlpPorts, run: StoredRun, receiptId: string, nowMs: number): MappingContext {
  const nowNs = BigInt(nowMs) * NS_PER_MS;
  return {
    runCreatedNs: BigInt(run.createdAtNs),
    earliestNs: nowNs - LIMITS.atBackNs,
    latestNs: nowNs + LIMITS.atAheadNs,
    cache,
    origins: origins.of(run.runId, receiptId),
  };
}

/** What a receipt is told by. */
type Identity = {
  readonly receiptId: string;
  readonly contentDigest: string;
  readonly format: OtlpFormatId;
  readonly repetition: number;
  readonly parameters: { readonly repetition: string };
};

function identify(
  { encoding }: OtlpRequest,
  kind: OtlpSignal,
  part: { readonly runId: string; readonly bound: readonly { readonly binding: ResourceBinding }[]; readonly bodyDigest: string },
): Identity {
  const format: OtlpFormatId = encoding === 'json' ? 'otlp-json' : 'otlp-protobuf';
  const repetitions = [...new Set(part.bound.map(({ binding }) => binding.repetition))].sort((a, b) => a - b);
  const parameters = { repetition: repetitions.join(',') };
  const content = { kind, format, parameters, body: part.bodyDigest };
  return {
    receiptId: computeDigest({ runId: part.runId, ...content }),
    contentDigest: computeDigest(content),
    format,
    repetition: repetitions[0] ?? 1,
    parameters,
  };
}

type Part<Content extends { readonly resource: Attributes }> = {
  readonly request: OtlpRequest;
  readonly signal: Signal<Content>;
  readonly run: StoredRun;
  readonly bound: readonly Bound<Content>[];
  readonly mapped: Mapped;
  readonly identity: Identity;
  readonly bodyBytes: number;
  readonly nowMs: number;
};

/** The receipt of one run's part, null when nothing of it could land, or why none of it counts. @throws ProblemError when a retry may help */
async function storeOrReject<Content extends { readonly resource: Attributes }>(
  ports: OtlpPorts,
  part: Part<Content>,
): Promise<OtlpReceipt | null | string> {
  if (part.mapped.records.length === 0) return null;
  try {
    return await store(ports, part);
  } catch (error) {
    if (error instanceof ProblemError && error.status < 500 && error.type !== 'rate-limited') return error.message;
    throw error;
  }
}

async function store<Content extends { readonly resource: Attributes }>(ports: OtlpPorts, part: Part<Content>): Promise<OtlpReceipt> {
  const { run, request, mapped } = part;
  const { receiptId, contentDigest, format, repetition, parameters } = part.identity;
  const mayBeRepeated = run.state !== 'open' || ports.recent.has(receiptId);
  if (mayBeRepeated && (await readReceipt(ports.store, run.runId, receiptId)) !== undefined) {
    await assertReceiptCounts(ports, run.runId, receiptId);
    return { runId: run.runId, format, duplicate: true, valueCount: 0 };
  }
  if (run.state === 'sealing')
    throw new ProblemError('run-sealing', `run ${run.runId} is being sealed; send the same request again`, { retryAfterS: 2 });
  if (run.state !== 'open') throw new ProblemError('run-sealed', `run ${run.runId} is sealed and takes no new content; open another run`);
  const payloadId = timeOrderedId();
  const rowMaker = createRowMaker(
    { project: run.project, suite: run.suite, runId: run.runId, payloadId, receivedAtMs: part.nowMs },
    ports.acknowledged.of(run.runId, receiptId),
  );
  const rows = rowMaker.toRows(mapped.records);
  const counts = rowMaker.counts();
  const warnings = [...mapped.warnings, ...(await fillEnvironment(ports, part))];
  await ports.groupCommit.commit(rows, {
    run_id: run.runId,
    receipt_id: receiptId,
    content_digest: contentDigest,
    payload_id: payloadId,
    project: run.project,
    kind: part.signal.kind,
    format,
    repetition,
    sequence: 0,
    // Requests of a run are judged in the order of what they measured, whenever they arrived.
    at_ns: findEarliest(mapped.records),
    parameters,
    body_bytes: part.bodyBytes,
    ...toCountColumns(counts),
    warnings: JSON.stringify(toReceiptWarnings(warnings, mapped.rejections, part.signal.things)),
    received_at: part.nowMs,
    received_by: request.tokenId,
  });
  const { isDuplicate } = await readHeldReceipt(ports, { runId: run.runId, receiptId, payloadId });
  ports.recent.add(receiptId);
  if (isDuplicate) return { runId: run.runId, format, duplicate: true, valueCount: 0 };
  ports.acknowledged.add(run.runId, receiptId, rowMaker.definitions());
  ports.origins.add(run.runId, receiptId, mapped.origins);
  return {
    runId: run.runId,
    format,
    duplicate: false,
    valueCount: counts.samples + counts.readings + counts.histograms + counts.summaries,
  };
}

function toCountColumns(counts: RowCounts) {
  return {
    record_count: counts.records,
    sample_count: counts.samples,
    reading_count: counts.readings,
    histogram_count: counts.histograms,
    summary_count: counts.summaries,
    event_count: counts.events,
    span_count: counts.spans,
    series_count: counts.series,
  } satisfies Partial<Row<'receipts'>>;
}

function toReceiptWarnings(warnings: readonly Warning[], rejections: Rejections, things: string): readonly Warning[] {
  const rejected = rejections.describe(things);
  const told = rejected === '' ? [] : [{ code: 'rejected', detail: rejected, line: null }];
  return [...told, ...warnings].slice(0, LIMITS.warningsPerReceipt);
}

function findEarliest(records: readonly StoredRecord[]): bigint | null {
  let earliest: bigint | null = null;
  for (const record of records) {
    const atNs = toTime(record);
    if (atNs !== null && (earliest === null || atNs < earliest)) earliest = atNs;
  }
  return earliest;
}

/** Stretches are in the order of time. */
function toTime(record: StoredRecord): bigint | null {
  if (record.kind === 'summary') return null;
  if (record.kind === 'span') return record.startNs;
  return record.kind === 'samples' || record.kind === 'readings' ? (record.atNs[0] ?? null) : record.atNs;
}

/** Fills what the run's environment lacks; @returns what to say about it */
async function fillEnvironment<Content extends { readonly resource: Attributes }>(
  ports: OtlpPorts,
  { run, bound }: Part<Content>,
): Promise<readonly Warning[]> {
  const { finding, warnings } = toEnvironmentFinding(
    bound.map(({ content }) => content.resource),
    run.environment,
  );
  if (finding === null) return warnings;
  const contentDigest = computeDigest({ format: 'otlp-resource', facts: finding.fallback ?? null });
  try {
    await ports.putEnvironment(run.runId, { format: 'otlp-resource', finding, contentDigest, bodyBytes: 0 });
    return warnings;
  } catch (error) {
    // The environment is full: what was measured still counts.
    if (!(error instanceof ProblemError) || error.type !== 'limit-exceeded') throw error;
    return [...warnings, { code: 'environment_full', detail: error.message, line: null }];
  }
}
