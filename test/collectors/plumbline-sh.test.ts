import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const SCRIPT = fileURLToPath(new URL('../../collectors/plumbline.sh', import.meta.url));

type Seen = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer };
type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };
type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

let server: Server;
let folder: string;
let url: string;
let seen: Seen[] = [];
let answers: (Answer | 'hang up')[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-sh-'));
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined || answer === 'hang up') {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(JSON.stringify(answer.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${toPort(server.address())}`;
});

after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  seen = [];
  answers = [];
});

function toPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new RangeError(`address: expected host and port, got ${address}`);
  return address.port;
}

/** One request of those the server saw. */
function seenAt(index: number): Seen {
  const request = seen[index];
  assert.ok(request !== undefined, `the server saw ${seen.length} requests`);
  return request;
}

function plumbline(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const env = { PATH: process.env['PATH'] ?? '', PLUMBLINE_URL: url, PLUMBLINE_BACKOFF_S: '0', PLUMBLINE_ATTEMPTS: '4', ...environment };
  return new Promise((resolve) => {
    execFile('sh', [SCRIPT, ...args], { env, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const OPEN = ['open', '--project', 'acme', '--suite', 'offload', '--name', 'nvlink-driver', '--version', '2.4.1+nvf1.0'] as const;

test('opens a run with the environment of this machine and prints its id alone', async () => {
  answers = [{ status: 201, body: { runId: 'run-1' } }];
  const outcome = await plumbline([...OPEN, '--label', 'job=night "one"\\2', '--commit', 'abc']);
  assert.deepEqual(outcome, { code: 0, stdout: 'run-1\n', stderr: '' });
  const request = seenAt(0);
  assert.equal(`${request.method} ${request.url}`, 'POST /v1/runs');
  assert.equal(request.headers['content-type'], 'application/json');
  assert.match(String(request.headers['idempotency-key']), /^[0-9a-f-]{36}$/);
  const body = JSON.parse(request.body.toString());
  assert.deepEqual(body.subject, { name: 'nvlink-driver', version: '2.4.1+nvf1.0', commit: 'abc' });
  assert.deepEqual(body.labels, { job: 'night "one"\\2' });
  assert.equal(body.kind, 'nightly');
  assert.equal(typeof body.environment.isa, 'string');
});

test('opens a run with an environment from a file, as it stands there', async () => {
  const environment = { isa: 'riscv64', hostname: 'lab-07', firmware: { board: 'fwB100.r12.20260112' } };
  answers = [{ status: 201, body: { nested: { runId: 'not this' }, list: [{ runId: 'nor this' }], runId: 'run-2' } }];
  const outcome = await plumbline([...OPEN, '--environment', await fileOf('environment.json', JSON.stringify(environment))]);
  assert.equal(outcome.stdout, 'run-2\n');
  assert.deepEqual(JSON.parse(seenAt(0).body.toString()).environment, environment);
});

test('keeps one idempotency key over the attempts of one call', async () => {
  answers = [{ status: 503 }, 'hang up', { status: 201, body: { runId: 'run-3' } }];
  const outcome = await plumbline(OPEN);
  assert.equal(outcome.code, 0);
  assert.equal(new Set(seen.map((request) => request.headers['idempotency-key'])).size, 1);
  assert.equal(seen.length, 3);
});

test('pushes the bytes of a file unchanged, parameters percent-encoded, the token as a bearer', async () => {
  const bytes = Buffer.from([0x40, 0x66, 0x0a, 0x00, 0xff, 0x0d, 0x0a, 0x26]); // begins with @, holds NUL, CR LF and no UTF-8
  answers = [{ status: 201, body: { receiptId: 'r1' } }];
  const path = await fileOf('raw.bin', bytes);
  const token = 'plb_1_"quoted"\\secret';
  const outcome = await plumbline(['push', 'run 1', 'samples', path, 'format=csv', 'region=a/b&c=d é', 'labels.gpu=0'], {
    PLUMBLINE_TOKEN: token,
  });
  assert.equal(outcome.code, 0);
  assert.deepEqual(JSON.parse(outcome.stdout), { receiptId: 'r1' });
  const request = seenAt(0);
  assert.equal(request.url, '/v1/runs/run%201/samples?format=csv&region=a%2Fb%26c%3Dd%20%C3%A9&labels.gpu=0');
  assert.equal(request.headers['content-type'], 'application/octet-stream');
  assert.equal(request.headers['content-encoding'], undefined);
  assert.equal(request.headers.authorization, `Bearer ${token}`);
  assert.deepEqual(request.body, bytes);
});

for (const { bytes, encoding } of [
  { bytes: 65535, encoding: undefined },
  { bytes: 65536, encoding: 'gzip' },
]) {
  test(`sends ${bytes} bytes ${encoding === undefined ? 'as they are' : 'with gzip'}`, async () => {
    const content = Buffer.alloc(bytes, '12345\n');
    answers = [{ status: 200, body: { duplicate: true } }];
    await plumbline(['push', 'run-1', 'wcet', await fileOf('large.csv', content)]);
    const request = seenAt(0);
    assert.equal(request.headers['content-encoding'], encoding);
    assert.deepEqual(encoding === undefined ? request.body : gunzipSync(request.body), content);
  });
}

test('merges tool output into the environment with PUT', async () => {
  answers = [{ status: 200, body: {} }];
  await plumbline(['push', 'run-1', 'environment', await fileOf('gcc.txt', 'gcc version 12.2.0\n'), 'format=gcc-v']);
  assert.equal(`${seenAt(0).method} ${seenAt(0).url}`, 'PUT /v1/runs/run-1/environment?format=gcc-v');
});

test('tries again after 429, 500 and a cut connection', async () => {
  answers = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 500 }, 'hang up', { status: 201, body: {} }];
  const outcome = await plumbline(['push', 'run-1', 'pmu', await fileOf('stat.json', '{}')]);
  assert.equal(outcome.code, 0);
  assert.equal(seen.length, 4);
});

test('waits as long as Retry-After says', async () => {
  answers = [
    { status: 503, headers: { 'Retry-After': '1' } },
    { status: 201, body: {} },
  ];
  const began = performance.now();
  await plumbline(['push', 'run-1', 'pmu', await fileOf('stat.json', '{}')]);
  assert.ok(performance.now() - began >= 1000);
});

test('gives up after the last attempt with the code for unavailable', async () => {
  answers = [{ status: 503, body: { detail: 'store is down' } }];
  const outcome = await plumbline(['push', 'run-1', 'pmu', await fileOf('stat.json', '{}')]);
  assert.equal(outcome.code, 4);
  assert.equal(seen.length, 4);
  assert.match(outcome.stderr, /store is down/);
  assert.match(outcome.stderr, /gave up after 4 attempts/);
});

test('calls a service that nobody runs unavailable', async () => {
  const outcome = await plumbline(OPEN, { PLUMBLINE_URL: 'http://127.0.0.1:9', PLUMBLINE_ATTEMPTS: '2' });
  assert.equal(outcome.code, 4);
});

for (const status of [400, 401, 403, 404, 409, 413, 415, 422]) {
  test(`does not repeat what was refused with ${status}, and says why`, async () => {
    answers = [{ status, body: { type: 'x', errors: [{ detail: 'inner' }], detail: 'because of line 3' } }];
    const outcome = await plumbline(['push', 'run-1', 'pmu', await fileOf('stat.json', '{}')]);
    assert.equal(outcome.code, 3);
    assert.equal(seen.length, 1);
    assert.match(outcome.stderr, /because of line 3/);
  });
}

for (const { status, code } of [
  { status: 'pass', code: 0 },
  { status: 'drift', code: 0 },
  { status: 'improvement', code: 0 },
  { status: 'regression', code: 1 },
  { status: 'inconclusive', code: 2 },
]) {
  test(`ends a seal whose verdict is ${status} with ${code}`, async () => {
    const verdict = { comparability: { status: 'comparable' }, findings: [{ status: 'pass', evidence: { status: '}{' } }], status };
    answers = [{ status: 200, body: verdict }];
    const outcome = await plumbline(['seal', 'run-1', '5s']);
    assert.equal(outcome.code, code);
    assert.deepEqual(JSON.parse(outcome.stdout), verdict);
    assert.match(seenAt(0).url, /^\/v1\/runs\/run-1\/seal\?wait=[45]s$/);
  });
}

test('asks again while the run is being judged', async () => {
  answers = [{ status: 202 }, { status: 200, body: { id: 'v1', runId: 'run-1', status: 'pass' } }];
  const outcome = await plumbline(['seal', 'run-1', '30']);
  assert.equal(outcome.code, 0);
  assert.equal(seen.length, 2);
});

test('calls a verdict that did not come in time unavailable', async () => {
  answers = [{ status: 202 }];
  assert.equal((await plumbline(['seal', 'run-1', '0s'])).code, 4);
});

test('prints what the service misses when it refuses a seal', async () => {
  answers = [{ status: 409, body: { detail: 'incomplete', errors: [{ pointer: '/receipts/0', detail: 'not stored' }] } }];
  const outcome = await plumbline(['seal', 'run-1']);
  assert.equal(outcome.code, 3);
  assert.match(outcome.stderr, /\/receipts\/0/);
});

const badCalls: readonly { name: string; args: readonly string[]; says: RegExp }[] = [
  { name: 'no command', args: [], says: /plumbline\.sh open/ },
  { name: 'an unknown command', args: ['launch'], says: /not open, push, seal/ },
  { name: 'open without a version', args: OPEN.slice(0, -2), says: /--version/ },
  { name: 'an option without its value', args: [...OPEN, '--label'], says: /needs a value/ },
  { name: 'a label without a value', args: [...OPEN, '--label', 'x'], says: /KEY=VALUE/ },
  { name: 'an unknown kind', args: ['push', 'run-1', 'cpu', 'x'], says: /not one of ebpf/ },
  { name: 'a file that is not there', args: ['push', 'run-1', 'pmu', '/nowhere/x'], says: /cannot read/ },
  { name: 'a parameter without a value', args: ['push', 'run-1', 'pmu', '/dev/null', 'format'], says: /name=value/ },
  { name: 'a wait that is no time', args: ['seal', 'run-1', 'soon'], says: /60s or 2m/ },
];
for (const { name, args, says } of badCalls) {
  test(`refuses ${name} without asking the service`, async () => {
    const outcome = await plumbline(args);
    assert.equal(outcome.code, 3);
    assert.match(outcome.stderr, says);
    assert.equal(seen.length, 0);
  });
}

test('refuses an empty file: the tool wrote nothing', async () => {
  const outcome = await plumbline(['push', 'run-1', 'pmu', await fileOf('empty', '')]);
  assert.equal(outcome.code, 3);
  assert.match(outcome.stderr, /empty/);
});

test('pushes standard input when the file is a dash', async () => {
  answers = [{ status: 201, body: {} }];
  const piped = await new Promise<number>((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', PLUMBLINE_URL: url };
    const child = execFile('sh', [SCRIPT, 'push', 'run-1', 'pmu', '-'], { env }, (error) => resolve(error === null ? 0 : 1));
    child.stdin?.end('from a pipe\n');
  });
  assert.equal(piped, 0);
  assert.equal(seenAt(0).body.toString(), 'from a pipe\n');
});

test('prints an environment that parses, with ISA and hostname', async () => {
  const outcome = await plumbline(['environment']);
  assert.equal(outcome.code, 0);
  const environment = JSON.parse(outcome.stdout);
  assert.match(environment.isa, /^[a-z0-9_]+$/);
  assert.notEqual(environment.hostname, '');
});

test('agrees with the TypeScript capture about this machine', async () => {
  const { captureEnvironment, thisMachine } = await import('../../collectors/index.ts');
  const { clock: fromShell, ...shell } = JSON.parse((await plumbline(['environment'])).stdout);
  const { clock, ...typescript } = await captureEnvironment(thisMachine(Date.now()));
  assert.deepEqual(shell, typescript);
  assert.equal(typeof fromShell, typeof clock);
});

test('teaches a whole nightly with --help', async () => {
  const { code, stdout } = await plumbline(['--help']);
  assert.equal(code, 0);
  for (const word of ['open', 'push', 'seal', 'PLUMBLINE_URL', 'PLUMBLINE_TOKEN', 'Exit codes']) assert.ok(stdout.includes(word));
});
