import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connectStore, migrate, type Store, TABLES } from '../../store/index.ts';
import { splitStatements } from '../../store/migrate.ts';
import { useEmbeddedStore, withEmbeddedStore } from '../support/embedded-store.ts';

const MIGRATIONS = readdirSync(new URL('../../store/migrations', import.meta.url))
  .filter((name) => name.endsWith('.sql'))
  .sort();

type Description = { readonly table: string; readonly name: string; readonly type: string };

/** Columns of every table and view of the store's database, by table, in order of definition. */
async function readSchema(store: Store): Promise<ReadonlyMap<string, readonly { readonly name: string; readonly type: string }[]>> {
  const rows = await store.query<Description>(
    'SELECT table, name, type FROM system.columns WHERE database = currentDatabase() ORDER BY table, position',
  );
  const tables = new Map<string, { readonly name: string; readonly type: string }[]>();
  for (const { table, name, type } of rows) tables.set(table, [...(tables.get(table) ?? []), { name, type }]);
  return tables;
}

async function readTables(store: Store): Promise<readonly { readonly name: string; readonly create: string }[]> {
  return await store.query('SELECT name, create_table_query AS create FROM system.tables WHERE database = currentDatabase() ORDER BY name');
}

const embedded = useEmbeddedStore();
let store: Store;

describe('the schema after migrate', () => {
  before(async () => {
    store = connectStore(embedded.store());
    assert.deepEqual(await migrate(store), MIGRATIONS);
  });
  after(() => store.close());

  for (const [table, columns] of Object.entries(TABLES)) {
    test(`${table} has the columns that store/tables.ts says, in that order`, async () => {
      const described = await store.query<{ name: string; type: string }>(`DESCRIBE TABLE ${table}`);
      assert.deepEqual(
        described.map(({ name, type }) => ({ name, type })),
        columns.map(({ name, type }) => ({ name, type })),
      );
    });
  }

  test('there is no table beside those of store/tables.ts, the views and the list of migrations', async () => {
    const rows = await store.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'View' ORDER BY name",
    );
    assert.deepEqual(
      rows.map((row) => row.name),
      [...Object.keys(TABLES), 'schema_migrations'].sort(),
    );
  });

  test('every view can be read', async () => {
    const views = await store.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name",
    );
    assert.deepEqual(
      views.map((view) => view.name),
      ['finding_overview', 'run_verdicts', 'verdict_overview'],
    );
    for (const { name } of views) assert.deepEqual(await store.query(`SELECT * FROM ${name}`), []);
  });

  test('a second migrate applies nothing and changes nothing', async () => {
    const earlier = await readTables(store);
    assert.deepEqual(await migrate(store), []);
    assert.deepEqual(await readTables(store), earlier);
  });

  test('a migration that died half-way is finished by the next start', async () => {
    await withEmbeddedStore(async (other) => {
      const half = connectStore(other);
      // What is left of a process killed after the first statement: a table, and no line in schema_migrations.
      const [first] = await store.query<{ create: string }>(
        "SELECT create_table_query AS create FROM system.tables WHERE database = currentDatabase() AND name = 'runs'",
      );
      assert.ok(first);
      await half.command(first.create);
      assert.deepEqual(await migrate(half), MIGRATIONS);
      assert.deepEqual(await readSchema(half), await readSchema(store));
      await half.close();
    });
  });

  test('two services that start at once on an empty database both succeed and leave the same schema', async () => {
    await withEmbeddedStore(async (other) => {
      const services = [connectStore(other), connectStore(other), connectStore(other)];
      const applied = await Promise.all(services.map(migrate));
      assert.ok(applied.some((names) => names.length === MIGRATIONS.length));
      const [first] = services;
      assert.ok(first);
      assert.deepEqual(await readTables(first), await readTables(store));
      const names = await first.query<{ name: string }>('SELECT DISTINCT name FROM schema_migrations ORDER BY name');
      assert.deepEqual(
        names.map((row) => row.name),
        MIGRATIONS,
      );
      for (const service of services) await service.close();
    });
  });
});

const cases: readonly { readonly name: string; readonly sql: string; readonly statements: readonly string[] }[] = [
  { name: 'nothing', sql: '', statements: [] },
  { name: 'comments only', sql: '-- a\n  -- b;\n\n', statements: [] },
  { name: 'one statement without a semicolon', sql: 'SELECT 1', statements: ['SELECT 1'] },
  {
    name: 'two statements with a comment between',
    sql: 'SELECT 1;\n-- then; another\nSELECT\n  2;\n',
    statements: ['SELECT 1', 'SELECT\n  2'],
  },
  { name: 'blanks after the semicolon', sql: 'SELECT 1;  \nSELECT 2;\t', statements: ['SELECT 1', 'SELECT 2'] },
  { name: 'a semicolon within a line', sql: "SELECT ';' AS a, 1;\nSELECT 2;", statements: ["SELECT ';' AS a, 1", 'SELECT 2'] },
  { name: 'two dashes within a line', sql: "SELECT '--' AS a;\n", statements: ["SELECT '--' AS a"] },
];
for (const one of cases) {
  test(`splitStatements: ${one.name}`, () => {
    assert.deepEqual(splitStatements(one.sql), one.statements);
  });
}

test('every statement of every migration may run again: it creates only what is not there', () => {
  for (const name of MIGRATIONS) {
    const statements = splitStatements(readFileSync(new URL(`../../store/migrations/${name}`, import.meta.url), 'utf8'));
    assert.ok(statements.length > 0, name);
    for (const statement of statements)
      assert.match(
        statement,
        /^(CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS|ALTER TABLE \w+ (ADD COLUMN IF NOT EXISTS|MODIFY COLUMN))/,
        name,
      );
  }
});
