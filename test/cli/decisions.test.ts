import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXAMPLE_RUN, exampleGate, exampleVerdict, RUN_ID } from './support/examples.ts';
import { startFakeService } from './support/fake-service.ts';
import { runCli } from './support/run-cli.ts';

/** Gates, baselines, reports, tokens, dashboards. */
const NOWHERE = 'http://127.0.0.1:6000';
const GATE = 'GET /v1/gates/compute/default';
const BASELINE_ID = '0190c1de-0000-7000-8000-0000000000b1';
const BASELINE = {
  baselineId: BASELINE_ID,
  project: 'compute',
  suite: 'offload',
  name: '2.4.1',
  status: 'active',
  digest: 'sha256:00',
  runIds: [RUN_ID],
  reason: 'release',
  proposedBy: 'a',
  proposedAt: '2026-11-21T01:00:00.000Z',
  expiresAt: null,
  approvedBy: 'b',
  approvedAt: '2026-11-21T02:00:00.000Z',
  approvalReason: 'reviewed',
  selfApproved: false,
  retiredBy: null,
  supersededBy: null,
};

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const [status, code] of [
  ['pass', 0],
  ['fail', 1],
  ['inconclusive', 2],
  ['unknown', 3],
] as const) {
  test(`gate exits with ${code} for ${status}, as text and as JSON`, async (t) => {
    const service = await startFakeService(t, { [GATE]: { status: 200, body: { data: exampleGate(status) } } });
    const asText = await runCli(['gate', 'compute', '--subject', '2.4.1'], service.url);
    assert.equal(asText.code, code);
    assert.ok(asText.out.startsWith(status.toUpperCase()), asText.out);
    const asJson = await runCli(['gate', 'compute', '--subject', '2.4.1', '--json'], service.url);
    assert.equal(asJson.code, code);
    assert.deepEqual(JSON.parse(asJson.out), exampleGate(status));
  });
}

test('gate keeps the + of a version, and asks for an answer whatever it is', async (t) => {
  const service = await startFakeService(t, { 'GET /v1/gates/compute/release': { status: 200, body: { data: exampleGate('pass') } } });
  await runCli(['gate', 'compute', 'release', '--subject', '2.4.1+nvf1.0', '--name', 'driver'], service.url);
  assert.deepEqual(service.asked[0]?.query, { subject: '2.4.1+nvf1.0', name: 'driver', status: '200' });
});

for (const [status, code] of [
  [404, 3],
  [503, 4],
] as const) {
  test(`gate exits with ${code} when the service answers ${status}, never with 0`, async (t) => {
    const service = await startFakeService(t, { [GATE]: { status, body: { title: 'x' } } });
    assert.equal((await runCli(['gate', 'compute', '--subject', '2.4.1'], service.url)).code, code);
  });
}

test('gate needs a subject', async () => {
  const { code, error } = await runCli(['gate', 'compute'], NOWHERE);
  assert.equal(code, 3);
  assert.match(error, /--subject/);
});

test('gate put sends the policy as it is written', async (t) => {
  const policy = '# ours\nversion: 1\nonDrift: fail\n';
  const answer = { project: 'compute', gate: 'default', version: 3, policyDigest: 'sha256:aa', policy: { version: 1 } };
  const service = await startFakeService(t, { 'PUT /v1/gates/compute/default': { status: 200, body: answer } });
  const { code, out } = await runCli(['gate', 'put', 'compute', 'default', '-'], service.url, { stdin: policy });
  assert.equal(code, 0);
  assert.equal(service.asked[0]?.body, policy);
  assert.equal(out, 'gate     compute/default\nversion  3\npolicy   sha256:aa\n');
});

test('gate check takes a valid policy without a service', async () => {
  const { code, out } = await runCli(['gate', 'check', '-', '--json'], NOWHERE, { stdin: 'version: 1\nonDrift: fail\n' });
  assert.equal(code, 0);
  const answer: { readonly ok: boolean; readonly policy: unknown } = JSON.parse(out);
  assert.deepEqual([answer.ok, answer.policy], [true, { version: 1, onDrift: 'fail' }]);
});

test('gate check points at what is wrong', async () => {
  const { code, error } = await runCli(['gate', 'check', '-'], NOWHERE, { stdin: 'version: 1\nonDrif: fail\n' });
  assert.equal(code, 3);
  assert.match(error, /onDrif/);
});

test('baseline propose sends the runs and when it ends', async (t) => {
  const service = await startFakeService(t, { 'POST /v1/baselines': { status: 201, body: BASELINE } });
  const argv = [
    'baseline',
    'propose',
    '--project',
    'compute',
    '--suite',
    'offload',
    '--name',
    '2.4.1',
    '--runs',
    'a, b,c',
    '--reason',
    'release',
    '--expires',
    '2027-01-31T00:00:00Z',
  ];
  assert.equal((await runCli(argv, service.url)).code, 0);
  assert.deepEqual(JSON.parse(service.asked[0]?.body ?? ''), {
    project: 'compute',
    suite: 'offload',
    name: '2.4.1',
    runIds: ['a', 'b', 'c'],
    reason: 'release',
    expiresAt: '2027-01-31T00:00:00Z',
  });
});

test('baseline approve sends a reason for every run it lets pass', async (t) => {
  const service = await startFakeService(t, { [`POST /v1/baselines/${BASELINE_ID}/approve`]: { status: 200, body: BASELINE } });
  const { code, out } = await runCli(
    ['baseline', 'approve', BASELINE_ID, '--reason', 'reviewed', '--override', 'r-1=known noise', '--override', 'r-2=fan = loud'],
    service.url,
  );
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(service.asked[0]?.body ?? ''), {
    reason: 'reviewed',
    overrides: [
      { runId: 'r-1', reason: 'known noise' },
      { runId: 'r-2', reason: 'fan = loud' },
    ],
  });
  assert.match(out, /^approved +b, 2026-11-21T02:00:00\.000Z$/m);
});

test('baseline list, show and retire ask for just that', async (t) => {
  const service = await startFakeService(t, {
    'GET /v1/baselines': { status: 200, body: { data: [BASELINE], nextCursor: null } },
    [`GET /v1/baselines/${BASELINE_ID}`]: { status: 200, body: BASELINE },
    [`POST /v1/baselines/${BASELINE_ID}/retire`]: { status: 200, body: { ...BASELINE, status: 'retired' } },
  });
  assert.match(
    (await runCli(['baseline', 'list', '--status', 'active'], service.url)).out,
    /\n\S+ +active +compute +offload +2\.4\.1 +1 run +/,
  );
  assert.deepEqual(service.asked[0]?.query, { status: 'active' });
  assert.deepEqual(JSON.parse((await runCli(['baseline', 'show', BASELINE_ID, '--json'], service.url)).out), BASELINE);
  assert.match((await runCli(['baseline', 'retire', BASELINE_ID, '--reason', 'old board'], service.url)).out, /^status +retired$/m);
});

const REPORTED = {
  [`GET /v1/runs/${RUN_ID}`]: { status: 200, body: EXAMPLE_RUN },
  [`GET /v1/runs/${RUN_ID}/verdict`]: { status: 200, body: exampleVerdict('regression') },
} as const;

for (const [format, begin] of [
  ['text', 'REGRESSION  nvlink-driver'],
  ['markdown', '### Plumbline: regression'],
  ['json', '{\n  "id"'],
] as const) {
  test(`report prints ${format} and exits with 0 whatever the verdict`, async (t) => {
    const service = await startFakeService(t, REPORTED);
    const { code, out } = await runCli(['report', RUN_ID, '--format', format], service.url);
    assert.equal(code, 0);
    assert.ok(out.startsWith(begin), out);
  });
}

test('report writes a file without colours and says which', async (t) => {
  const service = await startFakeService(t, REPORTED);
  const file = join(makeFolder(t), 'report.txt');
  const { out } = await runCli(['report', RUN_ID, '--out', file], service.url, { isTerminal: true });
  assert.equal(out, `${file}\n`);
  assert.ok(readFileSync(file, 'utf8').startsWith('REGRESSION  nvlink-driver'));
});

test('report refuses a file it cannot write, and a format it does not have', async (t) => {
  const service = await startFakeService(t, REPORTED);
  assert.equal((await runCli(['report', RUN_ID, '--out', '/nowhere/x.txt'], service.url)).code, 3);
  assert.equal((await runCli(['report', RUN_ID, '--format', 'html'], service.url)).code, 3);
});

test('token create sends scopes and projects and prints id and token', async (t) => {
  const created = { id: 'abc', token: 'plb_abc_x', scopes: ['ingest', 'read'], projects: ['p', 'q'], expiresAt: null };
  const service = await startFakeService(t, { 'POST /v1/tokens': { status: 201, body: created } });
  const { code, out } = await runCli(
    [
      'token',
      'create',
      '--project',
      'p',
      '--project',
      'q',
      '--scopes',
      'ingest,read',
      '--label',
      'lab',
      '--expires-in-days',
      '30',
      '--json',
    ],
    service.url,
  );
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(service.asked[0]?.body ?? ''), {
    scopes: ['ingest', 'read'],
    projects: ['p', 'q'],
    label: 'lab',
    expiresInDays: 30,
  });
  const { id, token }: { readonly id: string; readonly token: string } = JSON.parse(out);
  assert.deepEqual([id, token], ['abc', 'plb_abc_x']);
});

for (const [what, argv] of [
  ['no project', ['--scopes', 'read']],
  ['a project and every project', ['--scopes', 'read', '--project', 'p', '--every-project']],
  ['a scope that does not exist', ['--scopes', 'read,write', '--project', 'p']],
  ['no scope', ['--scopes', ',', '--project', 'p']],
  ['an end that is no number', ['--scopes', 'read', '--project', 'p', '--expires-in-days', 'soon']],
] as const) {
  test(`token create refuses ${what} before asking the service`, async (t) => {
    const service = await startFakeService(t, {});
    assert.equal((await runCli(['token', 'create', ...argv], service.url)).code, 3);
    assert.equal(service.asked.length, 0);
  });
}

test('token create binds to every project only when told so', async (t) => {
  const service = await startFakeService(t, {
    'POST /v1/tokens': { status: 201, body: { id: 'a', token: 'b', scopes: ['read'], projects: null, expiresAt: null } },
  });
  await runCli(['token', 'create', '--every-project', '--scopes', 'read'], service.url);
  assert.deepEqual(JSON.parse(service.asked[0]?.body ?? ''), { scopes: ['read'], projects: null });
});

test('token list tells which tokens are revoked', async (t) => {
  const token = { id: 'abc', label: 'lab', scopes: ['read'], projects: null, createdAt: 'c', expiresAt: null, revoked: true };
  const service = await startFakeService(t, {
    'GET /v1/tokens': { status: 200, body: { data: [token], nextCursor: null } },
    'POST /v1/tokens/abc/revoke': { status: 200, body: token },
  });
  assert.match((await runCli(['token', 'list'], service.url)).out, /\nabc +lab +read +every project +c +revoked\n/);
  assert.equal((await runCli(['token', 'revoke', 'abc'], service.url)).out, 'token abc is revoked\n');
});

test('dashboards write makes the folder and writes every dashboard', async (t) => {
  const folder = join(makeFolder(t), 'a', 'b');
  const { code, out } = await runCli(['dashboards', 'write', '--out', folder, '--json'], NOWHERE);
  assert.equal(code, 0);
  const { files }: { readonly files: readonly string[] } = JSON.parse(out);
  assert.ok(files.length > 0);
  assert.deepEqual(
    files,
    readdirSync(folder).map((file) => join(folder, file)),
  );
  for (const file of files) JSON.parse(readFileSync(file, 'utf8'));
});
