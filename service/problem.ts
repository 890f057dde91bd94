import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS, ProblemError, type ProblemPlace } from '../wire/problems.ts';

/** RFC 9457 problem documents: the one place where an error becomes an answer. */
export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly ProblemPlace[];
  readonly [member: string]: unknown;
};

/** URI of a problem type; docs/problems.md has a section for each. */
export const toProblemUri = (type: string) => `urn:plumbline:problem:${type}`;

function toPlaces(error: FastifyError): readonly ProblemPlace[] {
  return (error.validation ?? []).map((issue) => {
    const extra = issue.params['additionalProperty'] ?? issue.params['missingProperty'];
    return {
      pointer: issue.instancePath === '' ? '/' : issue.instancePath,
      detail: `${issue.message ?? 'is not valid'}${extra === undefined ? '' : `: ${JSON.stringify(extra)}`}`,
    };
  });
}

/** Fastify's own errors by their code; anything unknown is ours. */
function fromFastify(error: FastifyError): ProblemError {
  if (error.validation !== undefined) {
    const type = error.validationContext === 'body' || error.validationContext === undefined ? 'invalid-body' : 'invalid-parameter';
    const errors = toPlaces(error);
    return new ProblemError(type, errors.map((place) => `${place.pointer} ${place.detail}`).join('; '), { errors, cause: error });
  }
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ProblemError(
        'payload-too-large',
        'this body is over the limit for JSON requests; payloads go to /v1/runs/{runId}/{kind}',
        { cause: error },
      );
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError('unsupported-media-type', 'send JSON with the header `Content-Type: application/json`', { cause: error });
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new ProblemError('invalid-body', 'the body is empty; send a JSON object', { cause: error });
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ProblemError('invalid-body', `the body is not JSON: ${error.message}`, { cause: error });
    default:
      if (error instanceof SyntaxError) return new ProblemError('invalid-body', `the body is not JSON: ${error.message}`, { cause: error });
      return new ProblemError('internal', 'the service failed on this request; it is logged under the request id', { cause: error });
  }
}

/** Whatever was thrown, as a ProblemError. */
export function toProblemError(error: FastifyError | ProblemError): ProblemError {
  return error instanceof ProblemError ? error : fromFastify(error);
}

/** The document of a problem, for a request's address. */
export function toProblemDocument(problem: ProblemError, instance: string): ProblemDocument {
  return {
    type: toProblemUri(problem.type),
    title: PROBLEMS[problem.type].title,
    status: problem.status,
    detail: problem.message,
    instance,
    ...(problem.errors.length === 0 ? {} : { errors: problem.errors }),
    ...problem.members,
  };
}

/** Fastify error handler: answers the document, logs what is ours to mend. */
export function answerProblem(error: FastifyError | ProblemError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblemError(error);
  if (problem.status >= 500) request.log.error({ err: problem.cause ?? problem, problem: problem.type }, problem.message);
  if (problem.retryAfterS !== undefined) void reply.header('retry-after', String(problem.retryAfterS));
  void reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(toProblemDocument(problem, request.url)));
}
