import { readFileSync } from 'node:fs';
import { readClientConfig } from '../service/index.ts';
import { badInput, CommandError, EXIT } from './exit.ts';
import { toCommandError } from './problem-text.ts';
import type { Session } from './session.ts';

/** A call of the HTTP interface. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Begins with `/`; parts that come from outside are encoded already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly json?: unknown;
  /** A body that is not JSON, opened anew for every try. */
  readonly openBody?: () => Uint8Array | AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the service takes the call twice as once, so that it is repeated when the connection broke half-way. GET and PUT always are. */
  readonly isRepeatable?: boolean;
  /** How often it is sent at most, ≥ 1. */
  readonly tries?: number;
};

export type Answer = { readonly status: number; readonly text: string };

/** Speaks to one service with one token. */
export type Client = {
  readonly url: string;
  /** @throws CommandError bad input for a 4xx, unavailable for a 5xx or when nobody answers, after the tries */
  readonly call: (call: Call) => Promise<Answer>;
};

/** 502 and 504 come from a proxy whose service is just restarting. */
const RETRIED_STATUSES = [429, 502, 503, 504];
/** Nothing was sent when a connection was refused, or no address found. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];
const TRIES = 3;
/** For what a measuring machine sends: a service that restarts comes back within these. */
export const INGEST_TRIES = 7;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
const LONGEST_RETRY_AFTER_MS = 30_000;

type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly retryAfter: string | null }
  | { readonly kind: 'unreachable'; readonly code: string; readonly cause: unknown };

function readErrorCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

const describeCause = (error: unknown) =>
  error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);

/** Pause before the next try, milliseconds: what the service asked for within bounds, else doubling. */
export function toPauseMs(attempt: number, retryAfter: string | null, nowMs: number): number {
  const doubled = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
  if (retryAfter === null) return doubled;
  const asked = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - nowMs;
  return Number.isNaN(asked) ? doubled : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(FIRST_PAUSE_MS, asked));
}

function toAddress(base: string, { path, query = {} }: Call): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  return `${base}${path}${parameters.size === 0 ? '' : `?${parameters}`}`;
}

async function send(address: string, token: string, call: Call): Promise<Outcome> {
  const body = call.json === undefined ? call.openBody?.() : JSON.stringify(call.json);
  const type: Readonly<Record<string, string>> =
    body === undefined ? {} : { 'content-type': call.json === undefined ? 'application/octet-stream' : 'application/json' };
  try {
    const response = await fetch(address, {
      method: call.method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...type, ...call.headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    });
    return {
      kind: 'answer',
      answer: { status: response.status, text: await response.text() },
      retryAfter: response.headers.get('retry-after'),
    };
  } catch (error) {
    const code = readErrorCode(error);
    // fetch refuses some ports, such as 6000, by the text of its cause alone.
    if (code === undefined)
      throw badInput(`${address} cannot be asked: ${describeCause(error)}`, ['PLUMBLINE_URL says where the service is'], error);
    return { kind: 'unreachable', code, cause: error };
  }
}

const isSuccess = (status: number) => status >= 200 && status < 300;

function mayRetry(call: Call, outcome: Outcome): boolean {
  if (outcome.kind === 'answer') return RETRIED_STATUSES.includes(outcome.answer.status);
  return call.method !== 'POST' || (call.isRepeatable ?? false) || NEVER_SENT.includes(outcome.code);
}

function describeOutcome(outcome: Outcome): string {
  return outcome.kind === 'answer' ? `the service answered ${outcome.answer.status}` : `no answer (${outcome.code})`;
}

function finish(base: string, call: Call, outcome: Outcome): Answer {
  const asked = `${call.method} ${toAddress(base, call)}`;
  if (outcome.kind === 'answer') {
    if (isSuccess(outcome.answer.status)) return outcome.answer;
    throw toCommandError(asked, outcome.answer.status, outcome.answer.text);
  }
  throw new CommandError(EXIT.unavailable, `no answer from ${base} (${outcome.code})`, {
    lines: ['is the service running? `plumbline start` starts it; PLUMBLINE_URL says where it is', asked],
    members: { code: outcome.code },
    cause: outcome.cause,
  });
}

/**
 * A client of one service.
 * @param url address without a slash at the end
 * @param ports pauses between tries, and who is told of them
 */
export function createClient(
  { url, token }: { readonly url: string; readonly token: string },
  ports: Pick<Session, 'sleep' | 'nowMs' | 'progress'>,
): Client {
  return {
    url,
    call: async (call) => {
      const address = toAddress(url, call);
      const tries = call.tries ?? TRIES;
      for (let attempt = 1; ; attempt += 1) {
        const outcome = await send(address, token, call);
        if (attempt >= tries || !mayRetry(call, outcome)) return finish(url, call, outcome);
        const pauseMs = toPauseMs(attempt, outcome.kind === 'answer' ? outcome.retryAfter : null, ports.nowMs());
        ports.progress(`${describeOutcome(outcome)}; try ${attempt + 1} of ${tries} in ${pauseMs / 1_000} s`);
        await ports.sleep(pauseMs);
      }
    },
  };
}

/**
 * The JSON of an answer. Its type is what the service's contract says; a proxy's page in its place is an error.
 * @throws CommandError unavailable when it is not JSON
 */
export function readJson<T>(answer: Answer): T {
  try {
    const value: T = JSON.parse(answer.text);
    return value;
  } catch (error) {
    throw new CommandError(EXIT.unavailable, 'what answered is not Plumbline: its answer is not JSON', {
      lines: ['PLUMBLINE_URL says where the service is'],
      cause: error,
    });
  }
}

const isLoopback = (url: URL) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);

/** The operator's token goes to this machine only: sent elsewhere, it would hand this machine's service to whoever answers there. */
function readToken(url: URL, token: string | null, adminTokenFile: string): string {
  if (token !== null) return token.trim();
  if (!isLoopback(url))
    throw badInput(`PLUMBLINE_TOKEN is not set, and ${url.host} is another machine`, [
      'the admin token of this machine is used for a service on this machine only',
    ]);
  try {
    return readFileSync(adminTokenFile, 'utf8').trim();
  } catch (error) {
    throw badInput(
      'no token: set PLUMBLINE_TOKEN',
      [
        `on the machine of the service, \`plumbline start\` writes the admin token to ${adminTokenFile}`,
        'PLUMBLINE_DATA names another data folder',
      ],
      error,
    );
  }
}

/**
 * A client as the environment says: PLUMBLINE_URL, PLUMBLINE_TOKEN, else the admin token file of this machine.
 * @throws CommandError bad input
 */
export function connect(session: Session): Client {
  const { url, token, adminTokenFile } = readClientConfig(session.environ);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw badInput(`PLUMBLINE_URL must begin with http:// or https://, not ${JSON.stringify(url)}`);
  const chosen = readToken(new URL(url), token, adminTokenFile);
  if (!/^[\x21-\x7e]+$/.test(chosen)) throw badInput('the token is empty or holds characters that no token has');
  return createClient({ url, token: chosen }, session);
}
