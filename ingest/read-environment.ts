import type { Readable } from 'node:stream';
import { computeDigest } from '../wire/canonical-json.ts';
import { LIMITS } from '../wire/limits.ts';
import { ProblemError } from '../wire/problems.ts';
import { readBody } from './body.ts';
import {
  detectEnvironmentFormat,
  ENVIRONMENT_FORMAT_IDS,
  type EnvironmentFinding,
  type EnvironmentFormat,
  findEnvironmentFormat,
} from './environment/index.ts';
import { ParseError } from './format.ts';
import { readTimestamp } from './lexers/timestamp.ts';

/** Output of a tool that describes the machine of a run, on its way in. */
export type EnvironmentRequest = {
  /** Query parameters `format` and `at` (when the output was captured; without it: now). */
  readonly format: string | undefined;
  readonly at: string | undefined;
  readonly body: Readable;
  readonly contentEncoding: string | undefined;
};

export type ReadEnvironment = {
  readonly format: string;
  readonly finding: EnvironmentFinding;
  /** `sha256:…` over format, time and body. */
  readonly contentDigest: string;
  readonly bodyBytes: number;
};

const HEAD_CHARACTERS = 4096;

function unsupported(detail: string): ProblemError {
  return new ProblemError('unsupported-format', `${detail}; formats of kind environment: ${ENVIRONMENT_FORMAT_IDS.join(', ')}`, {
    members: { formats: ENVIRONMENT_FORMAT_IDS },
  });
}

function chooseFormat(named: string | undefined, head: string): EnvironmentFormat {
  if (named !== undefined) {
    const format = findEnvironmentFormat(named);
    if (format !== undefined) return format;
    throw unsupported(`format ${JSON.stringify(named.slice(0, 80))} is not one of this kind`);
  }
  const detected = detectEnvironmentFormat(head);
  if (detected === 'none') throw unsupported('the text looks like no format of this kind; name it with ?format=');
  if (detected === 'ambiguous') throw unsupported('the text could be of more than one format; name it with ?format=');
  return detected;
}

function readCapturedS(at: string | undefined, nowMs: number): number {
  if (at === undefined) return nowMs / 1000;
  const reading = readTimestamp(at);
  if ('atNs' in reading) return Number(reading.atNs / 1_000_000n) / 1000;
  throw new ProblemError('invalid-parameter', `parameter at: ${reading.refusal}`, { errors: [{ pointer: 'at', detail: reading.refusal }] });
}

function toProblem(error: unknown): unknown {
  if (!(error instanceof ParseError)) return error;
  const pointer = `line ${error.line}, column ${error.column}`;
  return new ProblemError('invalid-payload', `${pointer}: ${error.message}`, {
    errors: [{ pointer, detail: error.message }],
    members: { line: error.line, column: error.column },
    cause: error,
  });
}

/** Every tool ends its last line; `version 12` may have been `version 12.2.0` before the text was cut off. JSON ends with its bracket. */
function warnOfCut(text: string, finding: EnvironmentFinding): EnvironmentFinding {
  if (/[\n}]\s*$/.test(text.slice(-64))) return finding;
  const detail =
    'the last line has no line end: if the text was cut off, what it says there is not whole; send the output as the tool printed it';
  return { ...finding, warnings: [...finding.warnings, { code: 'no_line_end', detail, line: text.split('\n').length }] };
}

/**
 * Reads what a tool says about a machine; nothing is stored.
 * @param nowMs now, milliseconds since the epoch
 * @throws ProblemError unsupported-format, invalid-parameter, invalid-payload with line and column, or as the body
 */
export async function readEnvironment(request: EnvironmentRequest, nowMs: number): Promise<ReadEnvironment> {
  const capturedS = readCapturedS(request.at, nowMs);
  const body = readBody(request.body, {
    contentEncoding: request.contentEncoding,
    limitBytes: LIMITS.environmentBodyBytes,
    ratio: LIMITS.decompressionRatio,
    graceBytes: LIMITS.ratioGraceBytes,
  });
  try {
    const parts: string[] = [];
    for await (const part of body.text()) parts.push(part);
    const text = parts.join('');
    const format = chooseFormat(request.format, text.slice(0, HEAD_CHARACTERS));
    const finding = warnOfCut(text, format.parse(text, { nowS: capturedS }));
    const contentDigest = computeDigest({ format: format.id, at: request.at ?? null, body: body.sha256() });
    return { format: format.id, finding, contentDigest, bodyBytes: body.byteCount() };
  } catch (error) {
    throw toProblem(error);
  } finally {
    body.discard();
  }
}
