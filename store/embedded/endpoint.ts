// Where the engine answers, with which secrets, and how to tell that it does.

import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { STORE_USERNAME, TOKEN_HEADER } from './config.ts';

const HOST = '127.0.0.1';
const SECRET_BYTES = 32;
const PROBE_INTERVAL_MS = 5;
const ANSWER_TIMEOUT_MS = 5000;

/** A port with the secrets of one start. */
export interface Endpoint {
  readonly port: number;
  readonly token: string;
  readonly password: string;
}

/** Draws a free loopback port and fresh secrets. The port may be taken again before the engine binds it: the engine then says so. */
export async function createEndpoint(): Promise<Endpoint> {
  const port = await freePort();
  return { port, token: randomBytes(SECRET_BYTES).toString('hex'), password: randomBytes(SECRET_BYTES).toString('hex') };
}

/** The engine's base URL. */
export function endpointUrl(endpoint: Endpoint): string {
  return `http://${HOST}:${endpoint.port}`;
}

/**
 * Waits until the engine behind an endpoint answers a statement that needs its token and password; /ping alone might be a stranger.
 * @param endpoint port and secrets
 * @param signal aborts the wait (the engine ended, the store stops, the time is up)
 * @throws the signal's reason when aborted
 */
export async function awaitAnswer(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  const nonce = randomBytes(8).toString('hex');
  const expected = `${[...nonce].reverse().join('')}\n`;
  for (;;) {
    const answer = await ask(endpoint, `SELECT reverse('${nonce}')`).catch(() => undefined);
    signal.throwIfAborted();
    if (answer?.status === 200 && answer.body === expected) return;
    await sleep(PROBE_INTERVAL_MS);
  }
}

/**
 * Runs one statement of the start-up as the service's user.
 * @throws Error with the engine's answer when it is refused
 */
export async function execute(endpoint: Endpoint, statement: string): Promise<void> {
  const answer = await ask(endpoint, statement);
  if (answer.status !== 200) throw new Error(`the engine refused "${statement}": ${answer.body.trim()}`);
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function ask(endpoint: Endpoint, statement: string): Promise<Answer> {
  const options = {
    method: 'POST',
    host: HOST,
    port: endpoint.port,
    path: '/',
    headers: { [TOKEN_HEADER]: endpoint.token, 'X-ClickHouse-User': STORE_USERNAME, 'X-ClickHouse-Key': endpoint.password },
    // No keep-alive: an idle connection of the probe would delay a stop.
    agent: false,
    timeout: ANSWER_TIMEOUT_MS,
  } as const;
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('the engine did not answer in time')));
    outgoing.on('error', reject);
    outgoing.end(statement);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('a listening TCP server has no port'));
        else resolve(address.port);
      });
    });
  });
}
