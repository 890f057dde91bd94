import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toPauseMs } from '../../cli/client.ts';
import { EXAMPLE_RUN, RUN_ID } from './support/examples.ts';
import { type Reply, startFakeService } from './support/fake-service.ts';
import { runCli, TOKEN } from './support/run-cli.ts';

const SHOW = ['run', 'show', RUN_ID];
const CALL = `GET /v1/runs/${RUN_ID}`;
const FOUND = { status: 200, body: EXAMPLE_RUN } as const satisfies Reply;

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('sends the token as a bearer', async (t) => {
  const service = await startFakeService(t, { [CALL]: FOUND });
  assert.equal((await runCli(SHOW, service.url)).code, 0);
  assert.equal(service.asked[0]?.headers.authorization, `Bearer ${TOKEN}`);
});

test('finds the admin token of this machine by itself', async (t) => {
  const folder = makeFolder(t);
  writeFileSync(join(folder, 'admin-token'), 'plb_admin\n');
  const service = await startFakeService(t, { [CALL]: FOUND });
  assert.equal((await runCli(SHOW, service.url, { environ: { PLUMBLINE_TOKEN: '', PLUMBLINE_DATA: folder } })).code, 0);
  assert.equal(service.asked[0]?.headers.authorization, 'Bearer plb_admin');
});

test('never sends the admin token of this machine to another one', async (t) => {
  const folder = makeFolder(t);
  writeFileSync(join(folder, 'admin-token'), 'plb_admin\n');
  const { code, error } = await runCli(SHOW, 'http://198.51.100.7:8420', { environ: { PLUMBLINE_TOKEN: '', PLUMBLINE_DATA: folder } });
  assert.equal(code, 3);
  assert.match(error, /another machine/);
});

test('says where a token comes from when there is none', async (t) => {
  const folder = makeFolder(t);
  const { code, error } = await runCli(SHOW, 'http://127.0.0.1:1', { environ: { PLUMBLINE_TOKEN: '', PLUMBLINE_DATA: folder } });
  assert.equal(code, 3);
  assert.ok(error.includes(join(folder, 'admin-token')), error);
});

for (const [what, environ] of [
  ['an address that is no http address', { PLUMBLINE_URL: 'ftp://127.0.0.1' }],
  ['an address that is none', { PLUMBLINE_URL: 'localhost' }],
  ['a token with a line end in it', { PLUMBLINE_TOKEN: 'plb_a\nb' }],
] as const) {
  test(`refuses ${what} before asking anybody`, async () => {
    assert.equal((await runCli(SHOW, 'http://127.0.0.1:1', { environ })).code, 3);
  });
}

/** An address where nobody listens any more. */
async function findClosedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(address !== null && typeof address === 'object');
  return `http://127.0.0.1:${address.port}`;
}

test('refuses a port that fetch does not speak to', async () => {
  const { code, error } = await runCli(SHOW, 'http://127.0.0.1:6000');
  assert.equal(code, 3);
  assert.match(error, /bad port/);
});

test('exits with 4 and says how to start the service when nobody answers', async () => {
  const url = await findClosedUrl();
  const { code, out, error, pausesMs } = await runCli(SHOW, url);
  assert.equal(code, 4);
  assert.equal(out, '');
  assert.ok(error.startsWith(`plumbline: no answer from ${url} (ECONNREFUSED)\n`), error);
  assert.match(error, /plumbline start/);
  assert.deepEqual(pausesMs, [250, 500]);
});

for (const [status, code] of [
  [400, 3],
  [401, 3],
  [403, 3],
  [404, 3],
  [409, 3],
  [422, 3],
  [429, 4],
  [500, 4],
  [503, 4],
] as const) {
  test(`exits with ${code} for a ${status}`, async (t) => {
    const service = await startFakeService(t, { [CALL]: { status, body: { title: 'A title', status, detail: 'What happened.' } } });
    const result = await runCli(SHOW, service.url);
    assert.equal(result.code, code);
    assert.match(result.error, new RegExp(`A title \\(${status}\\)\n {2}What happened\\.`));
  });
}

test('prints the places of a problem, one a line, with what was asked', async (t) => {
  const errors = [{ pointer: 'line 3, column 7', detail: '"abc" is not a number' }];
  const missing = [{ receiptId: 'r-1', detail: 'no such receipt in this run' }];
  const service = await startFakeService(t, {
    [CALL]: { status: 422, body: { title: 'Unreadable', detail: 'A value is wrong.', errors, missing } },
  });
  const { error } = await runCli(SHOW, service.url);
  assert.equal(
    error,
    [
      'plumbline: Unreadable (422)',
      '  A value is wrong.',
      '  line 3, column 7: "abc" is not a number',
      '  r-1: no such receipt in this run',
      `  GET ${service.url}/v1/runs/${RUN_ID}`,
      '',
    ].join('\n'),
  );
});

test('prints a problem as JSON on standard error under --json', async (t) => {
  const service = await startFakeService(t, {
    [CALL]: { status: 404, body: { type: 'urn:plumbline:problem:unknown-run', title: 'There is no such run', status: 404, detail: 'x' } },
  });
  const { code, out, error } = await runCli([...SHOW, '--json'], service.url);
  assert.equal(code, 3);
  assert.equal(out, '');
  const parsed: { readonly error: Readonly<Record<string, unknown>>; readonly exitCode: number } = JSON.parse(error);
  assert.equal(parsed.error['type'], 'urn:plumbline:problem:unknown-run');
  assert.equal(parsed.error['status'], 404);
  assert.equal(parsed.exitCode, 3);
});

test('shows control characters of an answer instead of obeying them', async (t) => {
  const service = await startFakeService(t, { [CALL]: { status: 404, body: { title: 'a\u001b[2Jb', detail: 'c\u202ed' } } });
  const { error } = await runCli(SHOW, service.url);
  assert.ok(error.includes('a\\u{1b}[2Jb'), error);
  assert.ok(error.includes('c\\u{202e}d'), error);
});

test('survives a proxy page in the place of a problem, and of an answer', async (t) => {
  const refused = await startFakeService(t, { [CALL]: { status: 403, body: '<html>no</html>' } });
  assert.equal((await runCli(SHOW, refused.url)).code, 3);
  const fooled = await startFakeService(t, { [CALL]: { status: 200, body: '<html>welcome</html>' } });
  const { code, error } = await runCli(SHOW, fooled.url);
  assert.equal(code, 4);
  assert.match(error, /not Plumbline/);
});

test('follows no redirect, which would turn a push into a GET', async (t) => {
  const service = await startFakeService(t, { [CALL]: { status: 301, headers: { location: 'https://elsewhere.example' } } });
  const { code, error } = await runCli(SHOW, service.url);
  assert.equal(code, 3);
  assert.match(error, /redirects/);
});

test('tries again after 503 and 429, as long as the service asks', async (t) => {
  const later = (status: number) => ({ status, headers: { 'retry-after': '3' } });
  const service = await startFakeService(t, { [CALL]: [later(503), later(429), FOUND] });
  const { code, pausesMs } = await runCli(SHOW, service.url);
  assert.equal(code, 0);
  assert.deepEqual(pausesMs, [3_000, 3_000]);
});

test('tries a GET again when the connection broke', async (t) => {
  const service = await startFakeService(t, { [CALL]: ['break', FOUND] });
  assert.equal((await runCli(SHOW, service.url)).code, 0);
});

test('does not repeat a proposal whose connection broke half-way', async (t) => {
  const service = await startFakeService(t, { 'POST /v1/baselines': 'break' });
  const argv = ['baseline', 'propose', '--project', 'p', '--suite', 's', '--name', 'n', '--runs', RUN_ID, '--reason', 'r'];
  assert.equal((await runCli(argv, service.url)).code, 4);
  assert.equal(service.asked.length, 1);
});

test('tells of a retry on a terminal only', async (t) => {
  const script = { [CALL]: [{ status: 503 }, FOUND] };
  assert.equal((await runCli(SHOW, (await startFakeService(t, script)).url)).error, '');
  const { error } = await runCli(SHOW, (await startFakeService(t, script)).url, { isTerminal: true });
  assert.equal(error, 'the service answered 503; try 2 of 3 in 0.25 s\n');
});

for (const [what, attempt, retryAfter, pauseMs] of [
  ['doubles without a Retry-After', 3, null, 1_000],
  ['stops doubling at 8 s', 9, null, 8_000],
  ['takes seconds', 1, '2', 2_000],
  ['waits 30 s at most', 1, '31', 30_000],
  ['takes a date', 1, 'Fri, 15 Jan 2027 08:00:05 GMT', 5_000],
  ['does not spin on a date that is over', 1, 'Fri, 15 Jan 2027 07:59:00 GMT', 250],
  ['ignores what is neither', 1, 'soon', 250],
] as const) {
  test(`a pause ${what}`, () => {
    assert.equal(toPauseMs(attempt, retryAfter, Date.parse('2027-01-15T08:00:00Z')), pauseMs);
  });
}
