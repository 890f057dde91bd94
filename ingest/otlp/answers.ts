import type { OtlpEncoding } from './messages.ts';
import { writeInteger, writeMessage, writeText } from './protobuf-writer.ts';

/** What an OTLP/HTTP request is answered, in the encoding that it came in (OTLP specification, "OTLP/HTTP Response"). */

export type OtlpSignal = 'metrics' | 'traces';

/** How much of a request was not kept, and why; nothing of both is full success. */
export type ExportOutcome = { readonly rejected: bigint | number; readonly message: string };

const REJECTED = { metrics: 'rejectedDataPoints', traces: 'rejectedSpans' } as const;

/**
 * ExportMetricsServiceResponse or ExportTraceServiceResponse. `partialSuccess` is set when something was rejected, or when there is a warning.
 * @param outcome `rejected`: data points or spans; `message`: for people, with advice
 * @example encodeExportAnswer('traces', { rejected: 0, message: '' }, 'json').toString() // '{}'
 */
export function encodeExportAnswer(signal: OtlpSignal, outcome: ExportOutcome, encoding: OtlpEncoding): Buffer {
  const rejected = BigInt(outcome.rejected);
  const isFull = rejected === 0n && outcome.message === '';
  if (encoding === 'json') {
    const counted = rejected === 0n ? {} : { [REJECTED[signal]]: String(rejected) };
    const said = outcome.message === '' ? {} : { errorMessage: outcome.message.toWellFormed() };
    return Buffer.from(JSON.stringify(isFull ? {} : { partialSuccess: { ...counted, ...said } }));
  }
  return isFull ? Buffer.alloc(0) : writeMessage(1, writeInteger(1, rejected), writeText(2, outcome.message));
}

/** google.rpc.Status. `retryDelayMs`: an exporter shall wait so long and send again; without it it need not. */
export type OtlpStatus = { readonly code: number; readonly message: string; readonly retryDelayMs?: number };

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/**
 * A google.rpc.Status, with google.rpc.RetryInfo in its details when there is a delay.
 * @param status `code`: of google.rpc.Code, as `toRpcCode` gives it; `retryDelayMs` ≥ 0
 */
export function encodeStatus(status: OtlpStatus, encoding: OtlpEncoding): Buffer {
  const { code, message, retryDelayMs } = status;
  if (encoding === 'json') {
    const details = retryDelayMs === undefined ? {} : { details: [{ '@type': RETRY_INFO, retryDelay: `${retryDelayMs / 1000}s` }] };
    return Buffer.from(JSON.stringify({ code, message: message.toWellFormed(), ...details }));
  }
  const fields = [writeInteger(1, code), writeText(2, message)];
  if (retryDelayMs === undefined) return Buffer.concat(fields);
  const seconds = Math.floor(retryDelayMs / 1000);
  const nanos = Math.round((retryDelayMs - seconds * 1000) * 1e6);
  const retryInfo = writeMessage(1, writeInteger(1, seconds), writeInteger(2, nanos));
  return Buffer.concat([...fields, writeMessage(3, writeText(1, RETRY_INFO), writeMessage(2, retryInfo))]);
}

/**
 * google.rpc.Code by HTTP status (google/rpc/code.proto). The OTLP specification leaves the code to the server, and exporters go by the HTTP status;
 * for 413 it names RESOURCE_EXHAUSTED, what gRPC says of a message over the limit, and which without RetryInfo means: do not send it again.
 */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 9,
  413: 8,
  415: 3,
  422: 3,
  429: 8,
  500: 13,
  502: 14,
  503: 14,
  504: 4,
};

const INTERNAL = 13;
const INVALID_ARGUMENT = 3;

/** The google.rpc.Code that tells in a body what `httpStatus`, 400 to 599, says in the head. */
export function toRpcCode(httpStatus: number): number {
  return RPC_CODES[httpStatus] ?? (httpStatus < 500 ? INVALID_ARGUMENT : INTERNAL);
}
