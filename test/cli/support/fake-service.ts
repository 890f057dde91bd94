import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
export type Reply = { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } | 'break';
/** One reply for every call, or a list of them of which the last is repeated. */
export type Script = Readonly<Record<string, Reply | readonly Reply[]>>;

export type FakeService = { readonly url: string; readonly asked: readonly Asked[]; readonly to: (call: string) => readonly Asked[] };

const isList = (reply: Reply | readonly Reply[]): reply is readonly Reply[] => Array.isArray(reply);

/**
 * A service that answers from a script: `'POST /v1/runs'` → replies in their order; `break` drops the connection after reading the request.
 * Calls that the script does not name are answered 404.
 */
export async function startFakeService(t: TestContext, script: Script): Promise<FakeService> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const call = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: await text(request),
    };
    asked.push(call);
    const name = `${call.method} ${call.path}`;
    const replies = script[name] ?? {
      status: 404,
      body: { title: 'There is no such resource', status: 404, detail: `the script does not name ${name}` },
    };
    const count = asked.filter((earlier) => `${earlier.method} ${earlier.path}` === name).length;
    const reply = isList(replies) ? (replies[Math.min(count, replies.length) - 1] ?? 'break') : replies;
    if (reply === 'break') return void request.socket.destroy();
    const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
    response.writeHead(reply.status, { 'content-type': 'application/json', connection: 'close', ...reply.headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake service has no port');
  return { url: `http://127.0.0.1:${address.port}`, asked, to: (call) => asked.filter(({ method, path }) => `${method} ${path}` === call) };
}
