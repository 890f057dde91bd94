import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Store } from './client.ts';

/** The folder of the numbered SQL files: beside this file in a checkout, in the package's store/ when this runs from the build. */
function locateMigrations(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, 'migrations');
  return existsSync(beside) ? beside : join(here, '..', '..', 'store', 'migrations');
}

/** Statements of one file: comments dropped, split where a line ends in a semicolon. */
export function splitStatements(sql: string): readonly string[] {
  const code = sql
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n');
  return code
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement.length > 0);
}

/**
 * Brings the database up to this version: applies the numbered files that `schema_migrations` does not list, in order. Every statement is
 * idempotent (IF NOT EXISTS), so two services that start together may both run it.
 * @returns the names applied now
 * @throws ProblemError as the store
 */
export async function migrate(store: Store): Promise<readonly string[]> {
  await store.command(
    'CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime64(3) DEFAULT now64(3)) ENGINE = MergeTree ORDER BY name',
  );
  const applied = new Set((await store.query<{ name: string }>('SELECT DISTINCT name FROM schema_migrations')).map((row) => row.name));
  const folder = locateMigrations();
  const pending = readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name) && !applied.has(name))
    .sort();
  for (const name of pending) {
    for (const statement of splitStatements(readFileSync(join(folder, name), 'utf8'))) await store.command(statement);
    await store.command('INSERT INTO schema_migrations (name) VALUES ({name:String})', { name });
  }
  return pending;
}
