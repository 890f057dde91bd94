import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { VERDICT_STATUSES } from '../../wire/verdict.ts';
import { EXAMPLE_RUN, exampleVerdict, RUN_ID } from './support/examples.ts';
import { startFakeService } from './support/fake-service.ts';
import { runCli } from './support/run-cli.ts';

const NOWHERE = 'http://127.0.0.1:1';
const OPEN = ['run', 'start', '--project', 'compute', '--suite', 'offload', '--subject', 'nvlink-driver@2.4.1', '--environment', '-'];
const ENVIRONMENT = '{"isa":"riscv64","hostname":"lab-07","firmware":{"board":"r13"},"rack":4}';
const RECEIPT = { receiptId: 'r-1', format: 'csv', records: 3, samples: 1200, histograms: 0, warnings: [], duplicate: false };
const PUSH = `POST /v1/runs/${RUN_ID}/samples`;
const SEAL = `POST /v1/runs/${RUN_ID}/seal`;

function writeFile(t: TestContext, text: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'latency.csv');
  writeFileSync(path, text);
  return path;
}

test('run start opens the run as described and prints its id alone', async (t) => {
  const service = await startFakeService(t, { 'POST /v1/runs': { status: 201, body: EXAMPLE_RUN } });
  const { code, out } = await runCli([...OPEN, '--commit', 'abc', '--label', 'rack=4', '--label', 'note=a=b'], service.url, {
    stdin: ENVIRONMENT,
  });
  assert.equal(code, 0);
  assert.equal(out, `${RUN_ID}\n`);
  assert.deepEqual(JSON.parse(service.asked[0]?.body ?? ''), {
    project: 'compute',
    suite: 'offload',
    kind: 'nightly',
    subject: { name: 'nvlink-driver', version: '2.4.1', commit: 'abc' },
    environment: { isa: 'riscv64', hostname: 'lab-07', firmware: { board: 'r13' }, rack: 4 },
    labels: { rack: '4', note: 'a=b' },
  });
});

test('run start gives every try the same key, so that a broken connection opens one run', async (t) => {
  const service = await startFakeService(t, { 'POST /v1/runs': ['break', { status: 201, body: EXAMPLE_RUN }] });
  assert.equal((await runCli(OPEN, service.url, { stdin: ENVIRONMENT })).code, 0);
  assert.deepEqual(
    service.asked.map(({ headers }) => headers['idempotency-key']),
    ['new-id', 'new-id'],
  );
  await runCli([...OPEN, '--idempotency-key', 'night-7'], service.url, { stdin: ENVIRONMENT });
  assert.equal(service.asked.at(-1)?.headers['idempotency-key'], 'night-7');
});

test('run start describes this machine when no environment is given', async (t) => {
  const service = await startFakeService(t, { 'POST /v1/runs': { status: 201, body: EXAMPLE_RUN } });
  assert.equal((await runCli(OPEN.slice(0, -2), service.url)).code, 0);
  const sent: { readonly environment: Readonly<Record<string, unknown>> } = JSON.parse(service.asked[0]?.body ?? '');
  assert.equal(typeof sent.environment['isa'], 'string');
  assert.equal(typeof sent.environment['hostname'], 'string');
});

for (const [what, stdin] of [
  ['no JSON', '{'],
  ['no object', '[]'],
  ['without hostname', '{"isa":"riscv64"}'],
] as const) {
  test(`run start refuses an environment that is ${what}`, async () => {
    assert.equal((await runCli(OPEN, NOWHERE, { stdin })).code, 3);
  });
}

test('run start refuses a kind that does not exist, naming those that do', async () => {
  const { code, error } = await runCli([...OPEN, '--kind', 'weekly'], NOWHERE, { stdin: ENVIRONMENT });
  assert.equal(code, 3);
  assert.match(error, /nightly, pr, release, canary, control/);
});

test('run push sends the bytes of the file and the parameters, and prints the receipt', async (t) => {
  const path = writeFile(t, 'value\n1\n2\n');
  const service = await startFakeService(t, {
    [PUSH]: { status: 201, body: { ...RECEIPT, warnings: [{ code: 'unused', detail: 'column x', line: 2 }] } },
  });
  const { code, out } = await runCli(
    ['run', 'push', RUN_ID, 'samples', path, '--format', 'csv', '--repetition', '2', '--param', 'region=a b', '--param', 'labels.x=+'],
    service.url,
  );
  assert.equal(code, 0);
  assert.deepEqual(service.asked[0]?.query, { format: 'csv', repetition: '2', region: 'a b', 'labels.x': '+' });
  assert.equal(service.asked[0]?.body, 'value\n1\n2\n');
  assert.equal(out, `r-1  ${path}  csv: 3 records, 1,200 samples\n  warning unused, line 2: column x\n`);
});

test('run push prints one line of JSON a file', async (t) => {
  const path = writeFile(t, 'value\n1\n');
  const service = await startFakeService(t, { [PUSH]: { status: 200, body: { ...RECEIPT, duplicate: true } } });
  const { out } = await runCli(['run', 'push', RUN_ID, 'samples', path, path, '--json'], service.url);
  assert.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { file: path, ...RECEIPT, duplicate: true },
      { file: path, ...RECEIPT, duplicate: true },
    ],
  );
});

for (const [what, megabytes] of [
  ['a file', 1],
  ['a file that streams', 9],
] as const) {
  test(`run push sends ${what} again from its beginning after a 503 and a broken connection`, async (t) => {
    const path = writeFile(t, Buffer.alloc(megabytes * 1024 * 1024, '7'));
    const service = await startFakeService(t, {
      [PUSH]: [{ status: 503, headers: { 'retry-after': '1' } }, 'break', { status: 201, body: RECEIPT }],
    });
    const { code, pausesMs } = await runCli(['run', 'push', RUN_ID, 'samples', path], service.url);
    assert.equal(code, 0);
    assert.deepEqual(pausesMs, [1_000, 500]);
    assert.deepEqual(
      service.asked.map(({ body }) => body.length),
      [1, 2, 3].map(() => megabytes * 1024 * 1024),
    );
  });
}

test('run push gives up after seven tries', async (t) => {
  const path = writeFile(t, 'value\n1\n');
  const service = await startFakeService(t, { [PUSH]: { status: 503 } });
  const { code, pausesMs } = await runCli(['run', 'push', RUN_ID, 'samples', path], service.url);
  assert.equal(code, 4);
  assert.equal(service.asked.length, 7);
  assert.deepEqual(pausesMs, [250, 500, 1_000, 2_000, 4_000, 8_000]);
});

test('run push reads standard input, and can send that again too', async (t) => {
  const service = await startFakeService(t, { [PUSH]: [{ status: 503 }, { status: 201, body: RECEIPT }] });
  assert.equal((await runCli(['run', 'push', RUN_ID, 'samples', '-'], service.url, { stdin: 'value\n5\n' })).code, 0);
  assert.deepEqual(
    service.asked.map(({ body }) => body),
    ['value\n5\n', 'value\n5\n'],
  );
});

test('run push refuses a file that is not there before the service hears of it', async (t) => {
  const service = await startFakeService(t, {});
  const { code, error } = await runCli(['run', 'push', RUN_ID, 'samples', '/nowhere/x.csv'], service.url);
  assert.equal(code, 3);
  assert.match(error, /cannot read \/nowhere\/x\.csv: there is no such file/);
  assert.equal(service.asked.length, 0);
});

test('run push refuses a format that is given twice', async () => {
  assert.equal((await runCli(['run', 'push', RUN_ID, 'samples', '-', '--format', 'csv', '--param', 'format=ndjson'], NOWHERE)).code, 3);
});

for (const status of VERDICT_STATUSES) {
  const code = { pass: 0, drift: 0, improvement: 0, regression: 1, inconclusive: 2 }[status];
  test(`run seal exits with ${code} for ${status}, as text and as JSON`, async (t) => {
    const verdict = exampleVerdict(status);
    const service = await startFakeService(t, {
      [SEAL]: { status: 200, body: verdict },
      [`GET /v1/runs/${RUN_ID}`]: { status: 200, body: EXAMPLE_RUN },
    });
    const asText = await runCli(['run', 'seal', RUN_ID], service.url);
    assert.equal(asText.code, code);
    assert.ok(asText.out.startsWith(`${status.toUpperCase()}  nvlink-driver 2.4.1+nvf1.0\n`), asText.out);
    const asJson = await runCli(['run', 'seal', RUN_ID, '--json'], service.url);
    assert.equal(asJson.code, code);
    assert.deepEqual(JSON.parse(asJson.out), verdict);
  });
}

test('run seal sends the receipts it must find', async (t) => {
  const service = await startFakeService(t, { [SEAL]: { status: 200, body: exampleVerdict('pass') } });
  await runCli(['run', 'seal', RUN_ID, '--json', '--receipt', 'r-1', 'r-2'], service.url);
  assert.deepEqual(JSON.parse(service.asked[0]?.body ?? ''), { receipts: ['r-1', 'r-2'] });
  assert.deepEqual(service.asked[0]?.query, { wait: '30000ms' });
});

test('run seal asks again after 202 until the verdict is there', async (t) => {
  const judging = { status: 202, body: { runId: RUN_ID, state: 'sealed' } };
  const service = await startFakeService(t, { [SEAL]: [judging, judging, { status: 200, body: exampleVerdict('pass') }] });
  assert.equal((await runCli(['run', 'seal', RUN_ID, '--json', '--wait', '5m'], service.url)).code, 0);
  assert.deepEqual(
    service.asked.map(({ query }) => query['wait']),
    ['120000ms', '120000ms', '120000ms'],
  );
});

test('run seal exits with 4, never with 0, when no verdict comes in time', async (t) => {
  const service = await startFakeService(t, { [SEAL]: { status: 202, body: { runId: RUN_ID, state: 'sealed' } } });
  for (const wait of ['0s', '1s']) {
    const { code, out, error } = await runCli(['run', 'seal', RUN_ID, '--wait', wait], service.url);
    assert.equal(code, 4);
    assert.equal(out, '');
    assert.match(error, /is sealed, and has no verdict/);
  }
});

test('run seal prints the verdict for a token that may not read runs', async (t) => {
  const reasons = [{ code: 'no_baseline', detail: 'none is active' }] as const;
  const service = await startFakeService(t, {
    [SEAL]: { status: 200, body: exampleVerdict('inconclusive', { reasons }) },
    [`GET /v1/runs/${RUN_ID}`]: { status: 403 },
  });
  const { code, out } = await runCli(['run', 'seal', RUN_ID], service.url);
  assert.equal(code, 2);
  assert.match(out, /^INCONCLUSIVE {2}run .*\n {2}no_baseline: none is active\n/);
});

test('run seal exits with 3 when receipts are missing', async (t) => {
  const service = await startFakeService(t, {
    [SEAL]: { status: 409, body: { title: 'The run cannot be sealed yet', missing: [{ receiptId: 'r-9', detail: 'no such receipt' }] } },
  });
  const { code, error } = await runCli(['run', 'seal', RUN_ID], service.url);
  assert.equal(code, 3);
  assert.match(error, /r-9: no such receipt/);
});

test('colours a verdict on a terminal, and not when NO_COLOR is set or it goes to a pipe', async (t) => {
  const service = await startFakeService(t, {
    [SEAL]: { status: 200, body: exampleVerdict('regression') },
    [`GET /v1/runs/${RUN_ID}`]: { status: 200, body: EXAMPLE_RUN },
  });
  const outputs = [];
  for (const options of [{ isTerminal: true }, { isTerminal: true, noColor: true }, {}])
    outputs.push((await runCli(['run', 'seal', RUN_ID], service.url, options)).out);
  assert.deepEqual(
    outputs.map((out) => out.includes('\u001b[')),
    [true, false, false],
  );
});

test('run list filters, shows a table, and tells how to go on', async (t) => {
  const service = await startFakeService(t, { 'GET /v1/runs': { status: 200, body: { data: [EXAMPLE_RUN], nextCursor: '1~x' } } });
  const { out } = await runCli(['run', 'list', '--project', 'compute', '--subject', '2.4.1+nvf1.0'], service.url);
  assert.deepEqual(service.asked[0]?.query, { project: 'compute', subject: '2.4.1+nvf1.0', limit: '20' });
  assert.match(
    out,
    /^run +state +project .*\n0190c1de\S+ +judged +compute +offload +nightly +nvlink-driver@2\.4\.1\+nvf1\.0 +lab-07 .*\nmore with --cursor 1~x\n$/,
  );
});

test('run show lists what is known and leaves out what is not', async (t) => {
  const service = await startFakeService(t, { [`GET /v1/runs/${RUN_ID}`]: { status: 200, body: EXAMPLE_RUN } });
  const { out } = await runCli(['run', 'show', RUN_ID], service.url);
  assert.match(out, /^machine +lab-07, riscv64$/m);
  assert.doesNotMatch(out, /^(commit|withdrawn)/m);
});

test('run withdraw sends the reason', async (t) => {
  const service = await startFakeService(t, { [`POST /v1/runs/${RUN_ID}/withdraw`]: { status: 200, body: EXAMPLE_RUN } });
  assert.equal((await runCli(['run', 'withdraw', RUN_ID, '--reason', 'debug kernel'], service.url)).code, 0);
  assert.deepEqual(JSON.parse(service.asked[0]?.body ?? ''), { reason: 'debug kernel' });
  assert.equal((await runCli(['run', 'withdraw', RUN_ID], service.url)).code, 3);
});

test('an id from outside cannot change the path', async (t) => {
  const service = await startFakeService(t, {});
  await runCli(['run', 'show', '../tokens?x=1'], service.url);
  assert.equal(service.asked[0]?.path, '/v1/runs/..%2Ftokens%3Fx%3D1');
});
