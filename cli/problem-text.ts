import { CommandError, EXIT } from './exit.ts';
import { toLine } from './print.ts';

/** Statuses that say "later", not "wrong": they end in `unavailable` like a 5xx. */
const LATER = [408, 429];

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown) => (typeof value === 'string' ? toLine(value) : undefined);

function parseProblem(body: string): Json {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** `pointer: detail` lines of `errors`, and the receipts of `missing`. */
function listPlaces(problem: Json): readonly string[] {
  const items = [problem['errors'], problem['missing']].flatMap((list) => (Array.isArray(list) ? list : []));
  return items
    .filter(isObject)
    .map((item) => `${textOf(item['pointer'] ?? item['receiptId']) ?? '/'}: ${textOf(item['detail']) ?? 'is not valid'}`);
}

const HINTS: Readonly<Record<number, string>> = {
  401: 'PLUMBLINE_TOKEN says who asks; `plumbline token create` makes a token',
  403: '`plumbline token create` makes a token with other scopes or projects',
};

/**
 * An answer that is not a success, as the error the command ends with.
 * @param asked method and address, for the reader
 * @param body a problem document (RFC 9457), or whatever a proxy in between said
 */
export function toCommandError(asked: string, status: number, body: string): CommandError {
  const problem = parseProblem(body);
  const title =
    textOf(problem['title']) ??
    (status >= 300 && status < 400
      ? 'the address redirects; put the final one into PLUMBLINE_URL'
      : 'this does not look like an answer of Plumbline');
  const detail = textOf(problem['detail']);
  const hint = HINTS[status];
  return new CommandError(status >= 500 || LATER.includes(status) ? EXIT.unavailable : EXIT.badInput, `${title} (${status})`, {
    lines: [...(detail === undefined ? [] : [detail]), ...listPlaces(problem), ...(hint === undefined ? [] : [hint]), asked],
    members: { ...problem, status },
  });
}
