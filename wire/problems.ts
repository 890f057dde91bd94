/**
 * The closed table of everything that can go wrong for a caller. `ProblemError` is the only error the HTTP layer answers from; the
 * documentation (docs/problems.md) lists exactly these, and a test holds it.
 */
export const PROBLEMS = {
  'invalid-body': { status: 400, title: 'The request body does not have the required shape' },
  'invalid-parameter': { status: 400, title: 'A query or path parameter is not valid' },
  unauthenticated: { status: 401, title: 'A valid bearer token is required' },
  'scope-missing': { status: 403, title: 'The token lacks a scope that this call needs' },
  'project-not-allowed': { status: 403, title: 'The token is not bound to this project' },
  'not-found': { status: 404, title: 'There is no such resource' },
  'unknown-run': { status: 404, title: 'There is no such run' },
  'run-sealed': { status: 409, title: 'The run is sealed and takes no new content' },
  'run-incomplete': { status: 409, title: 'The run cannot be sealed yet' },
  'baseline-conflict': { status: 409, title: 'The baseline cannot be proposed or approved as asked' },
  'idempotency-conflict': { status: 409, title: 'The idempotency key was used for another request' },
  'payload-too-large': { status: 413, title: 'The body is over the limit, measured after decompression' },
  'unsupported-encoding': { status: 415, title: 'The Content-Encoding is not supported' },
  'unsupported-format': { status: 415, title: 'The payload format is not one of this kind' },
  'unsupported-media-type': { status: 415, title: 'The Content-Type is not one this call reads' },
  'invalid-payload': { status: 422, title: 'The payload could not be read as its format' },
  'limit-exceeded': { status: 422, title: 'The payload exceeds a named limit' },
  'rate-limited': { status: 429, title: 'Too many requests at once' },
  internal: { status: 500, title: 'The service failed; the request may be retried' },
  'store-unavailable': { status: 503, title: 'The store does not answer; retry later' },
  'run-sealing': { status: 503, title: 'The run is being sealed; retry shortly' },
  draining: { status: 503, title: 'The service is shutting down; retry elsewhere or later' },
} as const;

export type ProblemType = keyof typeof PROBLEMS;

/** One place in the caller's input: a JSON pointer, `line 3, column 7`, or a parameter's name. */
export type ProblemPlace = { readonly pointer: string; readonly detail: string };

export type ProblemOptions = {
  readonly errors?: readonly ProblemPlace[];
  readonly retryAfterS?: number;
  readonly cause?: unknown;
  /** Further members of the problem document, such as `missing` or `formats`. */
  readonly members?: Readonly<Record<string, unknown>>;
};

/** The caller or the store failed; answered as RFC 9457 with the status of its row in `PROBLEMS`. */
export class ProblemError extends Error {
  readonly type: ProblemType;
  readonly errors: readonly ProblemPlace[];
  readonly retryAfterS: number | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  /** @param detail what happened and what to do, in a sentence or two, without secrets, SQL or stack */
  constructor(type: ProblemType, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ProblemError';
    this.type = type;
    this.errors = options.errors ?? [];
    this.retryAfterS = options.retryAfterS;
    this.members = options.members ?? {};
  }

  get status(): number {
    return PROBLEMS[this.type].status;
  }
}
