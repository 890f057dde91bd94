import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The command as its users run it: processes of its own, a real service, a real store. */
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const FOLDER = mkdtempSync(join(tmpdir(), 'plumbline-walk-'));
const DATA = join(FOLDER, 'data');

type Started = { readonly url: string; readonly pid: number; readonly dataDir: string };
let service: ChildProcess | undefined;
let printed = '';
let environ: Readonly<Record<string, string | undefined>> = { ...process.env, PLUMBLINE_DATA: DATA, TMPDIR: FOLDER };

function spawnCli(argv: readonly string[], extra: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...argv], {
    cwd: ROOT,
    env: { ...environ, ...extra },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function run(argv: readonly string[], { stdin = '', ...extra }: Readonly<Record<string, string>> = {}) {
  const child = spawnCli(argv, extra);
  child.stdin?.end(stdin);
  const ended = once(child, 'close');
  const [out, error] = await Promise.all([child.stdout, child.stderr].map(async (stream) => (stream === null ? '' : await text(stream))));
  const [code] = await ended;
  return { code, out: out ?? '', error: error ?? '' };
}

async function succeed(argv: readonly string[], options: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, out, error } = await run(argv, options);
  assert.equal(code, 0, error);
  return out;
}

before(async () => {
  service = spawnCli(['start', '--port', '0', '--json']);
  for (const stream of [service.stdout, service.stderr]) {
    stream?.on('data', (chunk) => {
      printed += chunk;
    });
  }
  const lines = createInterface({ input: service.stdout ?? process.stdin });
  const [line] = await once(lines, 'line');
  const started: Started = JSON.parse(String(line));
  assert.deepEqual([started.dataDir, started.pid], [DATA, service.pid]);
  environ = { ...environ, PLUMBLINE_URL: started.url };
});

after(() => {
  service?.kill('SIGKILL');
  rmSync(FOLDER, { recursive: true, force: true });
});

/** Latencies around a centre; the same every time. */
const toSamples = (centreNs: number, seed: number) =>
  `value\n${Array.from({ length: 300 }, (_, i) => Math.round(centreNs * (1 + (((i * 7919 + seed * 31) % 101) - 50) / 5_000))).join('\n')}\n`;

async function measure(version: string, centreNs: number): Promise<string> {
  const runId = (await succeed(['run', 'start', '--project', 'walk', '--suite', 'copy', '--subject', `driver@${version}`])).trim();
  for (const repetition of [1, 2, 3]) {
    const file = join(FOLDER, `${version}-${repetition}.csv`);
    writeFileSync(file, toSamples(centreNs, repetition));
    await succeed([
      'run',
      'push',
      runId,
      'samples',
      file,
      '--repetition',
      String(repetition),
      '--param',
      'region=copy',
      '--param',
      'metric=latency',
      '--param',
      'unit=ns',
    ]);
  }
  return runId;
}

test('walks from samples to a gate that stops a regression', async () => {
  const golden = await measure('1.0', 10_000);
  const first = await run(['run', 'seal', golden]);
  assert.equal(first.code, 2, first.error);
  assert.match(first.out, /^INCONCLUSIVE {2}driver 1\.0\n/);

  const created: { readonly token: string } = JSON.parse(
    await succeed(['token', 'create', '--project', 'walk', '--scopes', 'baseline:propose', '--json']),
  );
  const propose = [
    'baseline',
    'propose',
    '--project',
    'walk',
    '--suite',
    'copy',
    '--name',
    'first',
    '--runs',
    golden,
    '--reason',
    'quiet night',
    '--json',
  ];
  const proposed: { readonly baselineId: string } = JSON.parse(await succeed(propose, { PLUMBLINE_TOKEN: created.token }));
  const selfish = await run(['baseline', 'approve', proposed.baselineId, '--reason', 'mine'], { PLUMBLINE_TOKEN: created.token });
  assert.equal(selfish.code, 3);
  assert.match(selfish.error, /scope/);
  assert.match(await succeed(['baseline', 'approve', proposed.baselineId, '--reason', 'reviewed']), /^status +active$/m);

  const same = await measure('1.1', 10_000);
  assert.equal((await run(['run', 'seal', same])).code, 0);
  assert.equal((await run(['gate', 'walk', '--subject', '1.1'])).code, 0);

  const slow = await measure('1.2', 13_000);
  const sealed = await run(['run', 'seal', slow, '--json']);
  assert.equal(sealed.code, 1, sealed.out + sealed.error);
  const gate = await run(['gate', 'walk', '--subject', '1.2']);
  assert.equal(gate.code, 1);
  assert.match(gate.out, /^FAIL {2}driver 1\.2: the subject must not go out/);
  assert.equal((await run(['gate', 'walk', '--subject', '9.9'])).code, 3);
  assert.match(await succeed(['report', slow, '--format', 'markdown']), /^### Plumbline: regression/);
  assert.match(await succeed(['run', 'list', '--project', 'walk']), /regression +walk +copy +nightly +driver@1\.2/);
});

test('a payload that cannot be read exits with 3 and says where it is wrong', async () => {
  const runId = (await succeed(['run', 'start', '--project', 'walk', '--suite', 'copy', '--subject', 'driver@2'])).trim();
  const { code, error } = await run(
    ['run', 'push', runId, 'samples', '-', '--format', 'csv', '--param', 'region=a', '--param', 'metric=latency', '--param', 'unit=ns'],
    { stdin: 'value\n1\nabc\n' },
  );
  assert.equal(code, 3);
  assert.match(error, /line 3/);
});

test('start refuses a port that is taken and a folder that is in use, with 4, and ends', async () => {
  const port = new URL(environ['PLUMBLINE_URL'] ?? '').port;
  const taken = await run(['start', '--data', join(FOLDER, 'other'), '--port', port]);
  assert.equal(taken.code, 4, taken.error);
  assert.match(taken.error, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use`));
  const locked = await run(['start', '--data', DATA, '--port', '0']);
  assert.equal(locked.code, 4, locked.error);
});

test('start refuses a port that is none, with 3', async () => {
  assert.equal((await run(['start', '--data', join(FOLDER, 'other'), '--port', 'http'])).code, 3);
});

test('the demo finds what it planted, and leaves nothing behind', async () => {
  const { code, out, error } = await run(['demo', '--json']);
  assert.equal(code, 0, out + error);
  const answer: { readonly ok: boolean; readonly checks: readonly unknown[] } = JSON.parse(out);
  assert.equal(answer.ok, true);
  assert.deepEqual(
    readdirSync(FOLDER).filter((name) => name.startsWith('plumbline-demo-')),
    [],
  );
});

test('the demo cleans up when it is interrupted', async () => {
  const child = spawnCli(['demo']);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  for await (const line of lines) if (line.includes('golden-1:')) break;
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 130);
  assert.deepEqual(
    readdirSync(FOLDER).filter((name) => name.startsWith('plumbline-demo-')),
    [],
  );
});

test('start ends with 0 after SIGTERM and never prints its token', async () => {
  assert.ok(service !== undefined && existsSync(join(DATA, 'admin-token')));
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  assert.equal(printed.trimEnd().split('\n').length, 1, printed);
  assert.ok(!printed.includes(readFileSync(join(DATA, 'admin-token'), 'utf8').trim()));
});
