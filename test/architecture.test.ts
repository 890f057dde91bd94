import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Holds the import table of ARCHITECTURE.md: which folder may import which, and through which door. */
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  store: ['wire'],
  ingest: ['wire', 'store'],
  analysis: ['wire'],
  baselines: ['wire', 'analysis'],
  dashboards: ['wire', 'store', 'analysis', 'baselines'],
  collectors: ['wire'],
  service: ['wire', 'store', 'ingest', 'analysis', 'baselines', 'dashboards'],
  cli: ['wire', 'store', 'ingest', 'analysis', 'baselines', 'dashboards', 'collectors', 'service'],
};

/** Folders whose files may touch neither disk, network, clock nor randomness. */
const PURE = ['wire', 'analysis', 'baselines', 'ingest/formats', 'ingest/lexers', 'ingest/environment', 'ingest/otlp', 'dashboards'];
const IMPURE = [
  /from 'node:(fs|net|http|https|child_process|os|dgram|worker_threads)/,
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
];

/** These hand a minimal environment on to the programs they start, and read no setting from it. */
const SETS_UP_CHILDREN = [join('store', 'embedded', 'engine-process.ts'), join('collectors', 'environment', 'this-machine.ts')];

const FILE_LINES_HARD = 400;

function listSources(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(ROOT, path)).isDirectory()) return name === 'captures' || name === 'make' ? [] : listSources(path);
    return name.endsWith('.ts') ? [path] : [];
  });
}

const readSource = (path: string) => readFileSync(join(ROOT, path), 'utf8');

function listImports(path: string): readonly string[] {
  return [...readSource(path).matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

const topFolder = (path: string) => path.split(sep)[0] ?? '';

for (const folder of Object.keys(MAY_IMPORT)) {
  test(`${folder}/ imports only the folders it may, through their index`, () => {
    for (const path of listSources(folder)) {
      for (const specifier of listImports(path).filter((name) => name.startsWith('.'))) {
        const target = relative(ROOT, resolve(ROOT, dirname(path), specifier));
        const other = topFolder(target);
        if (other === folder) continue;
        assert.ok((MAY_IMPORT[folder] ?? []).includes(other), `${path} imports ${target}`);
        const door = other === 'wire' || target.endsWith(`${sep}index.ts`) || target === join('store', 'tables.ts');
        assert.ok(door, `${path} reaches past the index of ${other}: ${target}`);
      }
    }
  });
}

test('pure folders touch no disk, network, clock or randomness', () => {
  for (const folder of PURE) {
    for (const path of listSources(folder)) {
      const source = readSource(path);
      for (const pattern of IMPURE) assert.ok(!pattern.test(source), `${path} matches ${pattern}`);
    }
  }
});

test('only service/config.ts reads settings from process.env', () => {
  for (const folder of Object.keys(MAY_IMPORT)) {
    for (const path of listSources(folder)) {
      if (SETS_UP_CHILDREN.includes(path) || path === join('service', 'config.ts')) continue;
      assert.ok(!/process\.env\b/.test(readSource(path)), `${path} reads process.env`);
    }
  }
});

/** Reads SQLite files that are sent in; ClickHouse's SQL stays in store/. */
const READS_SQLITE = join('ingest', 'sqlite-worker.ts');

test('SQL is written in store/ only, and by dashboards from its tables', () => {
  for (const folder of ['wire', 'ingest', 'analysis', 'baselines', 'collectors', 'service', 'cli']) {
    for (const path of listSources(folder)) {
      if (path === READS_SQLITE) continue;
      assert.ok(!/\b(SELECT\s[\s\S]{1,200}\bFROM\b|INSERT INTO|ALTER TABLE)/.test(readSource(path)), `${path} holds SQL`);
    }
  }
});

test('no file outgrows its room, and none weakens its types', () => {
  for (const folder of Object.keys(MAY_IMPORT)) {
    for (const path of listSources(folder)) {
      const source = readSource(path);
      assert.ok(source.split('\n').length <= FILE_LINES_HARD, `${path} has more than ${FILE_LINES_HARD} lines`);
      assert.ok(!/\bas any\b|: any\b|@ts-ignore|@ts-expect-error/.test(source), `${path} weakens its types`);
    }
  }
});
