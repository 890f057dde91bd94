import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from './support/run-cli.ts';

const NOWHERE = 'http://127.0.0.1:6000';
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const GOLDEN = join(ROOT, 'test/cli/help.golden.txt');

const COMMANDS = [
  '',
  'demo',
  'start',
  'run',
  'run start',
  'run push',
  'run seal',
  'run show',
  'run list',
  'run withdraw',
  'baseline',
  'baseline propose',
  'baseline approve',
  'baseline list',
  'baseline show',
  'baseline retire',
  'gate',
  'gate put',
  'gate check',
  'report',
  'token',
  'token create',
  'token list',
  'token revoke',
  'dashboards',
  'dashboards write',
  'completion',
];

const split = (command: string) => command.split(' ').filter((word) => word !== '');

test('the help of every command is what the golden file says', async () => {
  const pages = [];
  for (const command of COMMANDS) {
    const { code, out } = await runCli([...split(command), '--help'], NOWHERE);
    assert.equal(code, 0);
    pages.push(`$ plumbline ${[...split(command), '--help'].join(' ')}\n${out}`);
  }
  const text = pages.join('\n');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, 'utf8'));
});

for (const command of COMMANDS.filter((name) => !['run', 'baseline', 'token', 'dashboards'].includes(name))) {
  test(`the help of \`plumbline ${command}\` has an example`, async () => {
    assert.match((await runCli([...split(command), '--help'], NOWHERE)).out, /\nExample:\n {2}/);
  });
}

for (const [what, argv, said] of [
  [
    'an unknown option',
    ['run', 'push', 'r', 'pmu', 'f', '--formt', 'x'],
    "plumbline: unknown option '--formt'\n  (Did you mean --format?)\n  see `plumbline run push --help`\n",
  ],
  ['an unknown command', ['run', 'pusj'], "plumbline: unknown command 'pusj'\n  (Did you mean push?)\n  see `plumbline run --help`\n"],
  [
    'an argument too many',
    ['run', 'show', 'a', 'b'],
    "plumbline: too many arguments for 'show'. Expected 1 argument but got 2.\n  see `plumbline run show --help`\n",
  ],
  ['a missing option', ['gate', 'p'], "plumbline: required option '--subject <text>' not specified\n  see `plumbline gate --help`\n"],
] as const) {
  test(`${what} exits with 3 and a hint`, async () => {
    const { code, out, error } = await runCli(argv, NOWHERE);
    assert.equal(code, 3);
    assert.equal(out, '');
    assert.equal(error, said);
  });
}

test('a group without its command exits with 3 and explains the group', async () => {
  const { code, error } = await runCli(['run'], NOWHERE);
  assert.equal(code, 3);
  assert.match(error, /^Usage: plumbline run /);
});

test('--json turns a misspelt option into JSON as well', async () => {
  const { code, error } = await runCli(['run', 'list', '--jsn', '--json'], NOWHERE);
  assert.equal(code, 3);
  const parsed: { readonly exitCode: number } = JSON.parse(error);
  assert.equal(parsed.exitCode, 3);
});

test('--version prints the version of the package', async () => {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.deepEqual(await runCli(['--version'], NOWHERE), { code: 0, out: `${version}\n`, error: '', pausesMs: [] });
});

test('bash completes commands, options and kinds', async () => {
  const { out } = await runCli(['completion', 'bash'], NOWHERE);
  const complete = (...words: readonly string[]) => {
    const script = `${out}\nCOMP_WORDS=(plumbline ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _plumbline; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trimEnd().split('\n');
  };
  assert.deepEqual(complete('ba'), ['baseline']);
  assert.deepEqual(complete('run', 'se'), ['seal']);
  assert.deepEqual(complete('run', 'push', 'RUN', 'e'), ['ebpf', 'events']);
  assert.deepEqual(complete('run', 'push', 'RUN', 'pmu', '--f'), ['--format']);
  assert.deepEqual(complete('gate', 'compute', '--subject', 'x', '--j'), ['--json']);
});

for (const shell of ['zsh', 'fish'] as const) {
  test(`the completion for ${shell} names every command`, async () => {
    const { code, out } = await runCli(['completion', shell], NOWHERE);
    assert.equal(code, 0);
    for (const command of COMMANDS) for (const word of split(command)) assert.ok(out.includes(word), word);
    const parsed = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' });
    if (parsed.error === undefined) assert.equal(parsed.status, 0, parsed.stderr);
  });
}

/** Modules that load with a module, through static imports of values; packages by their name. */
function listLoaded(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const statements = readFileSync(join(ROOT, file), 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)(?:[^;]*?\sfrom\s+)?'([^']+)'/gm);
  for (const [, target = ''] of statements) {
    if (target.startsWith('.')) listLoaded(join(dirname(file), target), seen);
    else seen.add(target);
  }
  return seen;
}

test('client commands load neither the service nor the store nor a validator', () => {
  const loaded = [...listLoaded('cli/main.ts')];
  assert.ok(loaded.includes('cli/run/push.ts') && loaded.includes('commander'), loaded.join('\n'));
  const packages = loaded.filter((module) => !module.startsWith('node:') && !existsSync(join(ROOT, module)));
  assert.deepEqual(packages, ['commander']);
  assert.deepEqual(
    loaded.filter((module) => /^(service|store|ingest|analysis|baselines|dashboards|collectors)\//.test(module)),
    ['service/index.ts', 'service/config.ts', 'service/version.ts'],
  );
});
