// Runs the test files below the folders named (default: all of test/) with node:test through tsx. Node 20 takes no glob patterns, hence this.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const listTests = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => listTests(join(path, name)))
    : path.endsWith('.test.ts')
      ? [path]
      : [];

const folders = process.argv.slice(2);
const files = (folders.length === 0 ? ['test'] : folders).flatMap(listTests);
const flags = ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-timeout=600000'];
const { status } = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
