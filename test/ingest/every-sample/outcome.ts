import { decodeUtf8 } from '../../../ingest/body.ts';
import { detectEnvironmentFormat, findEnvironmentFormat } from '../../../ingest/environment/index.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../../ingest/format.ts';
import { detectFormat, findFormat } from '../../../ingest/formats/index.ts';
import { assertTimesInWindow } from '../../../ingest/lexers/timestamp.ts';
import { assertExtraParameters, readPayloadQuery } from '../../../ingest/parameters.ts';
import type { IngestRecord } from '../../../ingest/records.ts';
import { createRowMaker } from '../../../ingest/rows.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { PAYLOAD_KINDS, type PayloadKind, type Warning } from '../../../wire/payload.ts';
import { ProblemError } from '../../../wire/problems.ts';
import type { Push, Query } from './row.ts';

/** 2026-11-21T00:00:00Z, soon after the captures: no clock of this machine decides whether a time is in the window. */
export const NOW_NS = 1_795_219_200_000_000_000n;
/** A second after the captures of chronyc, whose age matters. */
const CAPTURED_S = 1_795_200_693;
const HEAD_CHARACTERS = 4096;

export type Outcome =
  | { readonly is: 'read'; readonly records: readonly IngestRecord[]; readonly warnings: readonly Warning[] }
  | { readonly is: 'environment'; readonly environment: object; readonly warnings: readonly Warning[] }
  | { readonly is: 'refused'; readonly text: string };

/** The text of a body as the service decodes it. @throws ProblemError when it is no UTF-8 text */
export async function decode(bytes: Buffer): Promise<string> {
  const parts: string[] = [];
  async function* body(): AsyncGenerator<Buffer> {
    for (let start = 0; start < bytes.length; start += 1021) yield bytes.subarray(start, start + 1021);
  }
  for await (const part of decodeUtf8(body())) parts.push(part);
  return parts.join('');
}

/** @param piece characters given at once to a format that streams */
export function parseInPieces(format: Format, text: string, parameters: PayloadParameters, piece: number): ParseResult {
  if (format.mode === 'file') throw new RangeError(`${format.id} is no text`);
  if (format.mode === 'whole') return format.parse(text, parameters);
  const parser = format.open(parameters);
  const records: IngestRecord[] = [];
  for (let start = 0; start < text.length; start += piece) records.push(...parser.push(text.slice(start, start + piece)));
  records.push(...parser.end());
  return { records, warnings: parser.warnings() };
}

function readPayload(format: Format, text: string, query: Query, piece: number): Outcome {
  const { parameters } = readPayloadQuery(query);
  assertExtraParameters(format, parameters);
  const result = parseInPieces(format, text, parameters, piece);
  for (const record of result.records) assertTimesInWindow(record, NOW_NS, LIMITS);
  const place = { project: 'p', suite: 's', runId: 'run', payloadId: 'payload', receivedAtMs: Number(NOW_NS / 1_000_000n) };
  createRowMaker(place).toRows(result.records);
  return { is: 'read', ...result };
}

function refusalOf(error: unknown): Outcome {
  if (error instanceof ParseError) return { is: 'refused', text: `${error.line}:${error.column} ${error.message}` };
  if (error instanceof ProblemError) return { is: 'refused', text: `${error.type}: ${error.message}` };
  throw error;
}

/** What a text becomes when it is pushed with its format named, up to its rows. */
export function readAs(text: string, push: Push, piece = 65_536): Outcome {
  const [kind = '', id = ''] = push.to.split('/');
  try {
    if (text === '') throw new ProblemError('invalid-payload', 'the payload is empty');
    if (kind === 'environment') {
      const found = findEnvironmentFormat(id);
      if (found === undefined) throw new RangeError(`no format ${push.to}`);
      const { environment, warnings } = found.parse(text, { nowS: CAPTURED_S });
      return { is: 'environment', environment, warnings };
    }
    const format = PAYLOAD_KINDS.filter((one) => one === kind).map((one) => findFormat(one, id))[0];
    if (format === undefined) throw new RangeError(`no format ${push.to}`);
    return readPayload(format, text, push.query, piece);
  } catch (error) {
    return refusalOf(error);
  }
}

/** What a text is taken for without `format=`. */
export function detectAs(text: string, push: Push): string {
  const [kind = '', id = ''] = push.to.split('/');
  const head = text.slice(0, HEAD_CHARACTERS);
  const [payloadKind] = PAYLOAD_KINDS.filter((one) => one === kind);
  const found = payloadKind === undefined ? detectEnvironmentFormat(head) : detectFormat(payloadKind, head);
  if (typeof found === 'string') return found;
  return found.id === id ? 'itself' : found.id;
}

/** The kinds that a text is read by without `format=` and without a parameter, as `kind/format`: a refusal is none. */
export function readersOf(text: string): readonly string[] {
  const head = text.slice(0, HEAD_CHARACTERS);
  const readers = PAYLOAD_KINDS.flatMap((kind: PayloadKind) => {
    const format = detectFormat(kind, head);
    if (typeof format === 'string') return [];
    try {
      readPayload(format, text, {}, text.length + 1);
      return [`${kind}/${format.id}`];
    } catch (error) {
      refusalOf(error);
      return [];
    }
  });
  const environment = detectEnvironmentFormat(head);
  if (typeof environment === 'string') return readers;
  try {
    environment.parse(text, { nowS: CAPTURED_S });
    return [...readers, `environment/${environment.id}`];
  } catch (error) {
    refusalOf(error);
    return readers;
  }
}
