import { request as openRequest } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoreAddress } from '../../store/index.ts';
import type { Stack } from './stack.ts';

/** HTTP as cheap as Node has it: the generator shares the machine with what it measures. */

export type Answer = { readonly status: number; readonly text: string };

type Call = {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | Readable;
};

/** Sends one request and reads the answer to its end. */
export async function send({ method, url, headers = {}, body = Buffer.alloc(0) }: Call): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const length = Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {};
    const outgoing = openRequest(url, { method, headers: { ...headers, ...length } }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    if (Buffer.isBuffer(body)) outgoing.end(body);
    else pipeline(body, outgoing).catch(reject);
  });
}

/** A call of the service that must succeed. @returns the answer as JSON */
export async function call<Result>(
  stack: Pick<Stack, 'url' | 'token'>,
  method: string,
  path: string,
  options: Pick<Call, 'headers' | 'body'> & { readonly json?: unknown } = {},
): Promise<Result> {
  const json = options.json === undefined ? {} : { body: Buffer.from(JSON.stringify(options.json)) };
  const type = options.json === undefined ? 'application/octet-stream' : 'application/json';
  const answer = await send({
    method,
    url: `${stack.url}${path}`,
    headers: { authorization: `Bearer ${stack.token}`, 'content-type': type, ...options.headers },
    ...(options.body === undefined ? json : { body: options.body }),
  });
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  const result: Result = JSON.parse(answer.text);
  return result;
}

const ENVIRONMENT = {
  isa: 'riscv64',
  hostname: 'lab-07',
  board: 'acme-b100',
  cpu: { model: 'rv64gc', microcode: 'u0012', cores: 8 },
  os: 'debian 13',
  kernel: '6.12.107',
  toolchain: { name: 'gcc', version: '14.2.0', flags: '-O2' },
  emulated: false,
};

/** Opens a run and answers its id. */
export async function openRun(stack: Stack, suite: string, version = '1.0.0'): Promise<string> {
  const body = { project: 'bench', suite, kind: 'nightly', subject: { name: 'driver', version }, environment: ENVIRONMENT };
  return (await call<{ runId: string }>(stack, 'POST', '/v1/runs', { json: body })).runId;
}

/** A statement straight to ClickHouse, past the service and its client. @param body rows of an INSERT */
export async function execute(address: StoreAddress, statement: string, body: Buffer = Buffer.alloc(0)): Promise<string> {
  const answer = await send({
    method: 'POST',
    url: `${address.url}/?database=${address.database}&wait_end_of_query=1&query=${encodeURIComponent(statement)}`,
    headers: { 'X-ClickHouse-User': address.username, 'X-ClickHouse-Key': address.password, ...address.httpHeaders },
    body,
  });
  if (answer.status !== 200) throw new Error(`ClickHouse answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  return answer.text.trim();
}
