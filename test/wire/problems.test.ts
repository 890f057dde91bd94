import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FORMATS, PAYLOAD_KINDS } from '../../wire/payload.ts';
import { PROBLEMS, ProblemError, type ProblemType } from '../../wire/problems.ts';
import { QUALITY_FLAGS } from '../../wire/quality.ts';
import { REASONS } from '../../wire/verdict.ts';

const ROOT = new URL('../../', import.meta.url);

/** The text of every source file below the folders, without comments. */
function readSources(folders: readonly string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(new URL(`${folder}/${name}`, ROOT), 'utf8')),
    )
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

const isProblemType = (name: string): name is ProblemType => Object.hasOwn(PROBLEMS, name);
const types = Object.keys(PROBLEMS).filter(isProblemType);

type Section = { readonly type: string; readonly status: number; readonly title: string; readonly advice: string };

/** The sections of docs/problems.md: a name, a line of status and title, and what to do. */
function readDocumented(): readonly Section[] {
  const [, ...sections] = readFileSync(new URL('docs/problems.md', ROOT), 'utf8').split(/^## /m);
  return sections.map((section) => {
    const [type = '', line = '', ...rest] = section.split('\n').filter((text) => text.trim() !== '');
    const [, status, title = ''] = /^(\d{3})\. (.*)\.$/.exec(line) ?? [];
    return { type, status: Number(status), title, advice: rest.join('\n').trim() };
  });
}

test('docs/problems.md lists exactly the table, in its order, with the same status and title', () => {
  assert.deepEqual(
    readDocumented().map(({ type, status, title }) => ({ type, status, title })),
    types.map((type) => ({ type, ...PROBLEMS[type] })),
  );
});

test('docs/problems.md says for every problem what to do', () => {
  for (const { type, advice } of readDocumented()) assert.ok(advice.length > 20, type);
});

test('every problem is an error of HTTP, and its title is a sentence without a full stop', () => {
  for (const type of types) {
    assert.match(type, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(PROBLEMS[type].status >= 400 && PROBLEMS[type].status <= 599, type);
    assert.match(PROBLEMS[type].title, /^[A-Z].*[^.]$/, type);
  }
});

test('every problem type is thrown somewhere', () => {
  const source = readSources(['service', 'ingest', 'store', 'baselines', 'analysis', 'dashboards']);
  const neverThrown = types.filter((type) => !source.includes(`'${type}'`));
  assert.deepEqual(neverThrown, []);
});

test('only types of the table are thrown', () => {
  const source = readSources(['service', 'ingest', 'store', 'baselines', 'cli']);
  const thrown = [...source.matchAll(/new ProblemError\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  assert.ok(thrown.length > 30);
  for (const type of thrown) assert.ok(isProblemType(type), type);
});

test('a problem carries its status, places, members and cause', () => {
  const cause = new Error('why');
  const problem = new ProblemError('run-incomplete', 'push more', {
    cause,
    retryAfterS: 2,
    errors: [{ pointer: '/a', detail: 'b' }],
    members: { missing: [1] },
  });
  assert.equal(problem.status, 409);
  assert.equal(problem.message, 'push more');
  assert.equal(problem.cause, cause);
  assert.equal(problem.retryAfterS, 2);
  assert.deepEqual(problem.errors, [{ pointer: '/a', detail: 'b' }]);
  assert.deepEqual(problem.members, { missing: [1] });
  assert.equal(new ProblemError('internal', 'x').cause, undefined);
});

// Nothing gives these yet; whoever uses one takes it off this list, and nothing may be added to it.
const UNUSED_REASONS = ['too_few_repetitions'];
const UNUSED_FLAGS = ['below_high_water_mark'];

test('every reason a verdict may carry is given somewhere, but for those on the list', () => {
  const source = readSources(['analysis', 'baselines']);
  assert.deepEqual(
    Object.keys(REASONS).filter((code) => !source.includes(`'${code}'`)),
    UNUSED_REASONS,
  );
});

test('every quality flag is set or looked at somewhere, but for those on the list', () => {
  const source = readSources(['ingest', 'analysis']);
  assert.deepEqual(
    Object.keys(QUALITY_FLAGS).filter((flag) => !source.includes(`'${flag}'`)),
    UNUSED_FLAGS,
  );
});

test('every reason and flag says what it means', () => {
  for (const [code, meaning] of [...Object.entries(REASONS), ...Object.entries(QUALITY_FLAGS)]) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.ok(meaning.length > 10, code);
  }
});

test('a format id belongs to one kind but for ndjson, which is our own for samples and for events, and every kind has a format', () => {
  assert.deepEqual([...PAYLOAD_KINDS].sort(), Object.keys(FORMATS).sort());
  const ids = PAYLOAD_KINDS.flatMap((kind) => FORMATS[kind].map(String));
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  assert.deepEqual(twice, ['ndjson']);
});
